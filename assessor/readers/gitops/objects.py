"""Kubernetes objects of a file as GitOps readers see them, and safe access to their values.

Nothing here trusts the shape of a document: a list where a mapping is expected, a number as a name, a missing key all
read as "not given".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from assessor.facts.base import Place
from assessor.parsing.yaml import Map, Seq
from assessor.reading import Source

EMPTY = Map()
MAX_ITEMS = 5000  # of a List; more is no hand-written manifest
_BLOCK = re.compile(r"\{\{-?\s*(if|with|range|define|block|end)\b")


@dataclass(frozen=True, slots=True)
class Manifest:
    """One object: its value, and what it takes to say where things in it stand."""

    source: Source
    value: Map
    group: str
    version: str
    kind: str
    line: int  # of its ``kind``
    templated: bool = False
    depths: tuple[int, ...] = ()  # of template conditions, by line; only in templates

    @property
    def name(self) -> str:
        """Its metadata.name, "" when it has none."""
        return text(self.value, "metadata", "name")

    @property
    def namespace(self) -> str:
        """Its metadata.namespace, "" when it has none."""
        return text(self.value, "metadata", "namespace")

    @property
    def spec(self) -> Map:
        """Its spec, empty when it has none."""
        return mapping(self.value, "spec")

    @property
    def place(self) -> Place:
        """The line of its kind."""
        return self.source.place(self.line)

    def at(self, *path: str | int) -> Place:
        """Return the place of the value at a path of keys, or of its nearest parent."""
        return self.source.place(self.value.line_of(*path) if get(self.value, *path[:1]) is not None else self.line)

    def conditional(self, line: int) -> bool:
        """Say whether a template condition decides about a line of the object (and not about the whole object)."""
        if not self.depths or line >= len(self.depths) or self.line >= len(self.depths):
            return False
        return self.depths[line] > self.depths[self.line]


def manifests(source: Source) -> Iterator[Manifest]:
    """Yield the Kubernetes objects of a file, those of a ``List`` included."""
    depths: tuple[int, ...] = ()
    for document in source.documents:
        if document.templated and not depths:
            depths = _depths(source)
        for value in _objects(document.value):
            api, kind = text(value, "apiVersion"), text(value, "kind")
            group, _, version = api.rpartition("/")
            line = value.lines.get("kind", value.line)
            yield Manifest(source, value, group, version, kind, line, document.templated, depths)


def embedded(source: Source, values: object) -> Iterator[Manifest]:
    """Yield the objects of a list inside another value, e.g. ``extraObjects`` of a chart."""
    for value in items(values):
        if isinstance(value, Map) and value.get("apiVersion") and value.get("kind"):
            group, _, version = text(value, "apiVersion").rpartition("/")
            yield Manifest(source, value, group, version, text(value, "kind"), value.lines.get("kind", value.line))


def _objects(value: object) -> Iterator[Map]:
    if not isinstance(value, Map) or not value.get("kind") or not value.get("apiVersion"):
        return
    if text(value, "kind") == "List":
        yield from (item for item in items(value.get("items")) if isinstance(item, Map) and item.get("kind"))
    else:
        yield value


def _depths(source: Source) -> tuple[int, ...]:
    """Return, for each line number, how many ``if`` and ``with`` blocks are open on it (on an opening line: with it)."""
    depths = [0]
    stack: list[bool] = []
    for line in source.lines:
        most = sum(stack) if len(stack) < 50 else 50
        for match in _BLOCK.finditer(line):
            if match[1] != "end":
                stack.append(match[1] in ("if", "with"))
            elif stack:
                stack.pop()
            most = max(most, sum(stack) if len(stack) < 50 else 50)
        depths.append(most)
    return tuple(depths)


def get(value: object, *path: str | int) -> object:
    """Return the value at a path of keys and indexes, None when there is none."""
    for step in path:
        if isinstance(value, Map) and isinstance(step, str):
            value = value.get(step)
        elif isinstance(value, Seq) and isinstance(step, int) and -len(value) <= step < len(value):
            value = value[step]
        else:
            return None
    return value


def mapping(value: object, *path: str | int) -> Map:
    """Return the mapping at a path; empty when there is none."""
    found = get(value, *path)
    return found if isinstance(found, Map) else EMPTY


def items(value: object, *path: str | int) -> list[object]:
    """Return the sequence at a path; empty when there is none."""
    found = get(value, *path)
    return found[:MAX_ITEMS] if isinstance(found, Seq) else []


def text(value: object, *path: str | int) -> str:
    """Return the scalar at a path as text; "" when there is none or it is no name-like scalar."""
    found = get(value, *path)
    if isinstance(found, str):
        return found[:1000]
    return str(found) if isinstance(found, int | float) and not isinstance(found, bool) else ""


def unique(values: Iterator[str] | list[str]) -> tuple[str, ...]:
    """Return the non-empty values, each once, sorted."""
    return tuple(sorted({value for value in values if value}))
