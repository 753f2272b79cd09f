"""Generators of an ApplicationSet: what they are, and the parameters they give that can be read from the file.

``docs/operator-manual/applicationset`` upstream: list, clusters, git, scmProvider, clusterDecisionResource,
pullRequest, matrix, merge, plugin. Parameters of list elements and directory globs are literal; those of clusters,
repositories and pull requests exist only at run time and stay as written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product

from assessor.facts.gitops import AppSource
from assessor.parsing.yaml import Map

from .objects import items, mapping, text, unique

MAX_SETS = 200
MAX_DEPTH = 3  # upstream allows matrix in merge and the reverse, no deeper
TYPES = (
    "list", "clusters", "git", "scmProvider", "clusterDecisionResource", "pullRequest", "matrix", "merge", "plugin",
)  # fmt: skip
_PARAMETER = re.compile(r"\{\{-?\s*\.?([\w.\-]+)\s*-?\}\}")

Parameters = dict[str, str]


def generator_types(generators: object, depth: int = 0) -> tuple[str, ...]:
    """Return the types of generators used, those inside matrix and merge included."""
    found: list[str] = []
    for generator in items(generators):
        for kind in TYPES:
            if isinstance(generator, Map) and kind in generator:
                found.append(kind)
                if kind in ("matrix", "merge") and depth < MAX_DEPTH:
                    found += generator_types(mapping(generator, kind).get("generators"), depth + 1)
    return unique(found)


def stands_for(generators: object) -> int:
    """Return how many applications the generators make, 1 when that cannot be told."""
    lists = [items(generator, "list", "elements") for generator in items(generators) if isinstance(generator, Map)]
    return sum(map(len, lists)) if lists and all(lists) else 1


def parameters(generators: object, depth: int = 0) -> Iterator[Parameters]:
    """Yield the parameter sets the generators give, as far as the file says."""
    for generator in items(generators):
        if isinstance(generator, Map):
            yield from _of_one(generator, depth)


def _of_one(generator: Map, depth: int) -> Iterator[Parameters]:
    children = [
        list(parameters_of(child, depth)) for kind in ("matrix", "merge") for child in items(generator, kind, "generators")
    ]
    if "list" in generator:
        yield from (_flat(element) for element in items(generator, "list", "elements"))
    elif "git" in generator:
        yield from _git(mapping(generator, "git"))
    elif "matrix" in generator and depth < MAX_DEPTH:
        for number, combination in enumerate(product(*children[:2])):
            if number >= MAX_SETS:
                return
            yield {key: value for part in combination for key, value in part.items()}
    elif "merge" in generator and depth < MAX_DEPTH:
        merged: Parameters = {}
        for child in children:
            merged = {**merged, **(child[0] if len(child) == 1 else {})}
        yield merged
    else:
        kind = next((kind for kind in TYPES if kind in generator), "")
        yield {f"values.{key}": text(value) for key, value in mapping(generator, kind, "values").items() if text(value)}


def parameters_of(generator: object, depth: int) -> Iterator[Parameters]:
    """Yield the parameter sets of a generator inside another."""
    if isinstance(generator, Map) and depth < MAX_DEPTH:
        yield from _of_one(generator, depth + 1)


def _git(generator: Map) -> Iterator[Parameters]:
    values = {f"values.{key}": text(value) for key, value in mapping(generator, "values").items() if text(value)}
    for entry in items(generator, "directories"):
        path = text(entry, "path")
        if path and not (isinstance(entry, Map) and entry.get("exclude") is True):
            yield {**values, **_folder(path)}
    for entry in items(generator, "files"):
        if path := text(entry, "path"):
            yield {**values, **_folder(path.rpartition("/")[0])}


def _folder(path: str) -> Parameters:
    """Return the parameters of a folder, in both spellings (with and without Go templates)."""
    name = path.rstrip("/").rpartition("/")[2]
    found = {"path": path, "path.path": path}
    return found | ({} if "*" in name else {"path.basename": name})


def _flat(element: object) -> Parameters:
    if not isinstance(element, Map):
        return {}
    found = {key: text(value) for key, value in element.items() if text(value)}
    return found | {f"values.{key}": text(value) for key, value in mapping(element, "values").items() if text(value)}


def expand(source: AppSource, sets: list[Parameters]) -> Iterator[AppSource]:
    """Yield the source once for each parameter set, with what the set knows filled in."""
    for known in sets or [{}]:
        yield AppSource(
            repository=_fill(source.repository, known),
            path=_fill(source.path, known),
            chart=_fill(source.chart, known),
            revision=_fill(source.revision, known),
            reference=source.reference,
            shallow=source.shallow,
        )


def _fill(template: str, known: Parameters) -> str:
    if "{{" not in template:
        return template
    return _PARAMETER.sub(lambda match: known.get(match[1], match[0]), template)[:1000]
