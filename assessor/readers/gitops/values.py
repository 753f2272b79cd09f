"""Argo CD objects inside Helm values: the argocd-apps chart, and what the argo-cd chart takes as extra objects.

The argocd-apps chart turns ``applications``, ``applicationsets`` and ``projects`` (mappings by name since its 2.0,
lists before) into objects, so a repository may hold an ApplicationSet without the word ``kind`` anywhere near it.
"""

from __future__ import annotations

from collections.abc import Iterator

from assessor.facts.base import Fact
from assessor.parsing.yaml import Map, Seq
from assessor.reading import Source, reader

from .argocd import GROUP, is_application, read_application, read_application_set, read_project
from .notifying import read_values as read_notifications
from .objects import MAX_ITEMS, Manifest, embedded, mapping, text

_WORDS = ("applications", "applicationsets", "additionalApplications", "notifications", "extraObjects", "projects")
_BLOCKS = {
    "applications": "Application",
    "applicationsets": "ApplicationSet",
    "projects": "AppProject",
    "additionalApplications": "Application",
    "additionalProjects": "AppProject",
}
MAX_DEPTH = 2  # of subcharts: argo-cd, or platform.argo-cd


@reader("argocd-values", names=("*values*.yaml", "*values*.yml", "values/*.y*ml", "**/values/*.y*ml", "*values*.yaml.gotmpl"))
def read_argocd_values(source: Source) -> Iterator[Fact]:
    """Yield the Argo CD objects and notifications of a values file."""
    if not any(word in source.text for word in _WORDS):
        return
    for document in source.documents:
        if isinstance(document.value, Map) and not document.value.get("kind"):
            yield from objects_of(source, document.value)


def objects_of(source: Source, values: Map, depth: int = 0) -> Iterator[Fact]:
    """Yield the objects that values of the argo-cd or argocd-apps chart hold, at top level or under a subchart's name."""
    for holder in (values, mapping(values, "server")):
        for block, kind in _BLOCKS.items():
            yield from _block(source, holder.get(block), kind)
    for manifest in embedded(source, values.get("extraObjects")):
        if manifest.group == GROUP:
            yield from _READ.get(manifest.kind, _nothing)(manifest)
    notifications = mapping(values, "notifications")
    if any(key in notifications for key in ("notifiers", "triggers", "subscriptions", "templates")):
        yield from read_notifications(source.place(values.line_of("notifications")), notifications)
    if depth < MAX_DEPTH:
        for key, below in values.items():
            if isinstance(below, Map) and "argo" in key.lower():
                yield from objects_of(source, below, depth + 1)


def _block(source: Source, block: object, kind: str) -> Iterator[Fact]:
    for name, line, value in _entries(block):
        if kind == "Application" and not is_application(value):
            continue  # input of a template of the repository's own
        if kind == "ApplicationSet" and not ("generators" in value and "template" in value):
            continue
        if kind == "AppProject" and not ("destinations" in value or "sourceRepos" in value):
            continue
        yield from _READ[kind](_as_object(source, name, line, value, kind))


def _entries(block: object) -> Iterator[tuple[str, int, Map]]:
    if isinstance(block, Map):
        for name, value in list(block.items())[:MAX_ITEMS]:
            if isinstance(value, Map):
                yield name, block.lines.get(name, value.line), value
    elif isinstance(block, Seq):
        for value in block[:MAX_ITEMS]:
            if isinstance(value, Map):
                yield text(value, "name"), value.line, value


def _as_object(source: Source, name: str, line: int, value: Map, kind: str) -> Manifest:
    """Return the object the chart would make of an entry."""
    whole, metadata = Map(line), Map(line)
    metadata["name"], metadata["namespace"] = name, text(value, "namespace")
    annotations = value.get("additionalAnnotations", value.get("annotations"))
    if isinstance(annotations, Map):
        metadata["annotations"] = annotations
    whole["metadata"], whole["spec"] = metadata, value
    return Manifest(source, whole, GROUP, "v1alpha1", kind, line)


def _nothing(_manifest: Manifest) -> Iterator[Fact]:
    yield from ()


_READ = {"Application": read_application, "ApplicationSet": read_application_set, "AppProject": read_project}
