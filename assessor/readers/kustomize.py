"""Reads Kustomize build files (``kustomize.config.k8s.io``), never Flux's controller objects of the same kind."""

from __future__ import annotations

from collections.abc import Iterator

from assessor.facts.manifests import Kustomization
from assessor.parsing.manifests import mapping, sequence, text
from assessor.parsing.yaml import Map, Seq
from assessor.reading import Source, reader

_DEPRECATED = (
    "bases",
    "patchesStrategicMerge",
    "patchesJson6902",
    "vars",
    "commonLabels",
    "imageTags",
    "helmChartInflationGenerator",
)
_GENERATORS = ("configMapGenerator", "secretGenerator", "generators")
MAX_REFERENCES = 2_000


@reader("kustomize", names=("kustomization.yaml", "kustomization.yml", "Kustomization"))
def read_kustomization(source: Source) -> Iterator[Kustomization]:
    """Yield the build file. Without `apiVersion` the name alone makes it one (an empty file is none)."""
    build = mapping(source.yaml)
    api = text(build.get("apiVersion"))
    if not build or (api and not api.startswith("kustomize.config.k8s.io/")):
        return
    lines: dict[str, int] = {}
    resources = [*_references(build, "resources", lines), *_references(build, "bases", lines)]
    resources += _references(build, "components", lines)
    yield Kustomization(
        at=source.place(build.line),
        folder=source.folder,
        component=build.get("kind") == "Component",
        resources=tuple(dict.fromkeys(resources)),
        patches=tuple(dict.fromkeys(_patches(build, lines))),
        images=dict(_images(build)),
        helm_charts=tuple(dict.fromkeys(_charts(build))),
        generators=sum(len(sequence(build.get(key))) for key in _GENERATORS),
        namespace=text(build.get("namespace")),
        lines=lines,
        deprecated=tuple(key for key in _DEPRECATED if key in build),
    )


def _references(build: Map, key: str, lines: dict[str, int]) -> Iterator[str]:
    """Yield the paths or addresses of a list; text over several lines is an object written in place."""
    items = build.get(key)
    if isinstance(items, Seq):
        for item, line in list(zip(items, items.lines, strict=True))[:MAX_REFERENCES]:
            if isinstance(item, str) and item.strip() and "\n" not in item.strip():
                lines.setdefault(item.strip(), line)
                yield item.strip()


def _patches(build: Map, lines: dict[str, int]) -> Iterator[str]:
    """Yield the files patches stand in."""
    yield from _references(build, "patchesStrategicMerge", lines)
    for key in ("patches", "patchesJson6902"):
        for number, item in enumerate(sequence(build.get(key))[:MAX_REFERENCES]):
            path = item if isinstance(item, str) and "\n" not in item.strip() else text(mapping(item).get("path"))
            if path:
                lines.setdefault(path, build.line_of(key, number))
                yield path


def _images(build: Map) -> Iterator[tuple[str, str]]:
    for item in sequence(build.get("images")):
        if isinstance(item, Map) and text(item.get("name")):
            yield text(item["name"]), text(item.get("digest")) or text(item.get("newTag"))


def _charts(build: Map) -> Iterator[str]:
    for key in ("helmCharts", "helmChartInflationGenerator"):
        for item in sequence(build.get(key)):
            name = text(mapping(item).get("name")) or text(mapping(item).get("chartName"))
            if name:
                yield name
