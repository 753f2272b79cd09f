"""Objects of a cluster as the readers of manifests see them: one rule for what a file says and what a cluster holds."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Any

import msgspec

from assessor.facts.base import Fact, Place
from assessor.facts.manifests import Workload
from assessor.parsing import manifests as parsed
from assessor.parsing.yaml import Document, Map, Seq
from assessor.readers.gitops.kubernetes import facts_of
from assessor.readers.gitops.objects import Manifest
from assessor.readers.manifests import object_of
from assessor.reading import Source
from assessor.redaction import printable

SOURCE = "kubernetes"
KEPT_LABELS = frozenset({"helm.sh/chart", "app.kubernetes.io/name", "app.kubernetes.io/instance"})
# Parts of objects that no rule reads: large, and some may hold what nobody should keep (variables of containers).
_UNREAD = frozenset(
    {
        "managedFields", "env", "envFrom", "args", "command", "lifecycle", "volumes", "volumeMounts", "affinity", "tolerations",
        "topologySpreadConstraints", "history", "syncResult", "operation", "kubectl.kubernetes.io/last-applied-configuration",
    }
)  # fmt: skip
MAX_DEPTH = 60  # of an object; deeper ones are cut


class Live(Source):
    """One object of a cluster, in the place of a file."""

    def __init__(self, context: str, value: dict[str, Any], kind: str, api_version: str) -> None:
        self.value = _mapping(value)
        self.value["kind"], self.value["apiVersion"] = kind, api_version  # lists leave them out
        self.metadata = parsed.mapping(self.value.get("metadata"))
        self.object_name = parsed.text(self.metadata.get("name"))
        self.namespace = parsed.text(self.metadata.get("namespace"))
        parts = (context, self.namespace or "-", kind, self.object_name)
        super().__init__("", "/".join(printable(part)[:253] for part in parts), b"")

    def place(self, line: int = 0) -> Place:
        """Return where the object is."""
        return Place("", self.path, source=SOURCE)

    @cached_property
    def documents(self) -> list[Document]:
        """The object."""
        return [Document(self.value, 0)]

    @property
    def identity(self) -> tuple[str, str, str, str]:
        """Group, kind, namespace and name."""
        group = str(self.value["apiVersion"]).rpartition("/")[0]
        return group, str(self.value["kind"]), self.namespace, self.object_name

    @property
    def owner(self) -> tuple[str, str]:
        """Kind and name of the object that made it and controls it, empty if none does."""
        references = parsed.sequence(self.metadata.get("ownerReferences"))
        found = [parsed.mapping(item) for item in references]
        chosen = next((item for item in found if item.get("controller") is True), found[0] if found else Map())
        return parsed.text(chosen.get("kind")), parsed.text(chosen.get("name"))

    def labels(self) -> dict[str, str]:
        """Return its labels and annotations, which share no key in practice; annotations win."""
        return {**parsed.texts(self.metadata.get("labels")), **parsed.texts(self.metadata.get("annotations"))}

    def said(self, *path: str) -> str:
        """Return the scalar at a path of keys, "" if there is none."""
        return parsed.text(parsed.dig(self.value, *path))

    def items(self, *path: str) -> list[Map]:
        """Return the mappings of the sequence at a path of keys."""
        return [item for item in parsed.sequence(parsed.dig(self.value, *path)) if isinstance(item, Map)]

    def condition(self, type: str) -> Map:
        """Return one of its conditions, empty if it has none of the type."""
        return next((item for item in self.items("status", "conditions") if item.get("type") == type), Map())

    def facts(self) -> Iterator[Fact]:
        """Yield what the readers of GitOps objects make of it."""
        group, kind, _, _ = self.identity
        version = str(self.value["apiVersion"]).rpartition("/")[2]
        yield from facts_of(Manifest(self, self.value, group, version, kind, 0))

    def workload(self) -> Workload | None:
        """Return it as a workload; None if it is none."""
        for found in parsed.manifests(self.documents):
            fact = object_of(self, found)
            if isinstance(fact, Workload):
                kept = {key: value for key, value in fact.labels.items() if key in KEPT_LABELS}
                return msgspec.structs.replace(fact, labels=kept, annotations={})
        return None


def _mapping(value: dict[str, Any]) -> Map:
    converted = _converted(value, 0)
    return converted if isinstance(converted, Map) else Map()


def _converted(value: Any, depth: int) -> Any:
    """Return JSON as the values that the readers expect; they have no lines."""
    if depth > MAX_DEPTH:
        return None
    if isinstance(value, dict):
        found = Map()
        found.update((key, _converted(item, depth + 1)) for key, item in value.items() if key not in _UNREAD)
        return found
    if isinstance(value, list):
        sequence = Seq()
        sequence.extend(_converted(item, depth + 1) for item in value)
        sequence.lines.extend(0 for _ in value)
        return sequence
    return value
