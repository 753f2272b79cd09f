"""Reads Helm charts: Chart.yaml, Helm 2's requirements.yaml, and the default values that make up image names."""

from __future__ import annotations

from collections.abc import Iterator

from assessor.facts.manifests import ChartDependency, ChartValues, HelmChart
from assessor.parsing.manifests import mapping, sequence, text
from assessor.parsing.yaml import Map
from assessor.reading import Source, reader

MAX_VALUES = 2_000
MAX_LENGTH = 200
MAX_DEPTH = 12
_IMAGE_KEYS = {"image", "repository", "tag", "registry", "digest", "name", "version", "hub", "imagename", "imagetag", "repo"}


@reader("helm-chart", names=("Chart.yaml",))
def read_chart(source: Source) -> Iterator[HelmChart]:
    """Yield a chart; both API versions. What depends on its other files is joined later."""
    chart = mapping(source.yaml)
    if "name" not in chart or chart.get("apiVersion") not in ("v1", "v2", None) or "kind" in chart:
        return
    yield HelmChart(
        at=source.place(chart.line_of("name")),
        folder=source.folder,
        name=text(chart.get("name")),
        version=text(chart.get("version")),
        app_version=text(chart.get("appVersion")),
        api_version=text(chart.get("apiVersion")) or "v1",
        type=text(chart.get("type")) or "application",
        dependencies=tuple(_dependencies(chart)),
    )


@reader("helm-requirements", names=("requirements.yaml",))
def read_requirements(source: Source) -> Iterator[HelmChart]:
    """Yield the dependencies a chart of API version 1 keeps beside it, as a nameless chart that is merged into it."""
    requirements = mapping(source.yaml)
    dependencies = tuple(_dependencies(requirements))
    if dependencies:
        yield HelmChart(at=source.place(), folder=source.folder, name="", dependencies=dependencies)


def _dependencies(chart: Map) -> Iterator[ChartDependency]:
    for item in sequence(chart.get("dependencies")):
        if isinstance(item, Map) and text(item.get("name")):
            yield ChartDependency(*(text(item.get(key)) for key in ("name", "repository", "version", "condition")))


@reader("helm-values", names=("values.yaml", "values.yml"))
def read_values(source: Source) -> Iterator[ChartValues]:
    """Yield the values of a folder that may name images, flattened to dotted paths. Nothing else is kept."""
    values = dict(_flat(source.yaml))
    if values:
        yield ChartValues(at=source.place(), folder=source.folder, values=values)


def _flat(value: object) -> Iterator[tuple[str, str]]:
    """Yield dotted path and text of scalars that may be part of an image's name; bounded."""
    stack = [("", value, 0)]
    found = 0
    while stack and found < MAX_VALUES:
        prefix, item, depth = stack.pop()
        if not isinstance(item, Map) or depth > MAX_DEPTH:
            continue
        for key, child in item.items():
            path = f"{prefix}.{key}" if prefix else key
            if isinstance(child, Map):
                stack.append((path, child, depth + 1))
            elif key.lower() in _IMAGE_KEYS or key.lower().endswith(("image", "tag")):
                found += 1
                if len(text(child)) <= MAX_LENGTH and not isinstance(child, list):
                    yield path, text(child)
