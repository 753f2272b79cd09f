"""Joins Kubernetes objects with the chart whose templates they are, and takes out what is no object of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from assessor.facts.base import Fact
from assessor.facts.manifests import (
    BrokenManifest,
    ChartValues,
    Container,
    HelmChart,
    KubernetesObject,
    Kustomization,
    SecretManifest,
    SecretTool,
)
from assessor.parsing.yaml import PLACEHOLDER, is_dynamic

from .base import Deriver, Joiner, Material, deriver, enclosing
from .charts import charts
from .kustomizations import is_local, kustomizations, target

_VALUE = re.compile(re.escape(PLACEHOLDER) + r"Values\.(\w+(?:\.\w+)*)")
_APP_VERSION = PLACEHOLDER + "Chart.AppVersion"


@deriver(replaces=(KubernetesObject, BrokenManifest, SecretManifest, SecretTool))
def own_objects(material: Material) -> Iterator[Fact]:
    """Drop what copied charts and Kustomize patches hold; complete what stands in own charts."""
    found = {chart.folder: chart for chart in material.of(HelmChart)}
    values = {fact.folder: fact.values for fact in material.of(ChartValues)}
    patches = _patch_files(material)
    for fact in material.all_facts:
        if not isinstance(fact, own_objects.replaces):
            continue
        folder = enclosing(found, fact.at.path) if found else None
        if folder is not None and found[folder].vendored:
            continue
        if isinstance(fact, KubernetesObject | BrokenManifest) and fact.at.path in patches:
            continue
        if isinstance(fact, KubernetesObject) and folder is not None and _is_template(fact, folder):
            yield _in_chart(fact, found[folder], values.get(folder, {}))
        else:
            yield fact


def _patch_files(material: Material) -> set[str]:
    """Return the files that are patches: fragments that a kustomization lays over complete objects."""
    found = set()
    for build in material.of(Kustomization):
        whole = {target(build.folder, reference) for reference in build.resources if is_local(reference)}
        for reference in build.patches:
            path = target(build.folder, reference) if is_local(reference) else None
            if path and path not in whole:
                found.add(path)
    return found


def _is_template(fact: KubernetesObject, folder: str) -> bool:
    inside = fact.at.path[len(folder) + 1 :] if folder else fact.at.path
    return inside.startswith(("templates/", "crds/"))


def _in_chart(fact: KubernetesObject, chart: HelmChart, values: dict[str, str]) -> KubernetesObject:
    containers = tuple(_with_values(container, chart, values) for container in fact.containers)
    return msgspec.structs.replace(fact, chart=chart.folder, containers=containers)


def _with_values(container: Container, chart: HelmChart, values: dict[str, str]) -> Container:
    """Resolve an image from the chart's own default values; what an install must set stays dynamic."""
    if not is_dynamic(container.image):
        return container

    def value(match: re.Match[str]) -> str:
        # an empty tag or digest falls back on the chart's app version, by the convention of `helm create`
        return values.get(match[1], "") or (chart.app_version if match[1].lower().endswith("tag") else "") or match[0]

    image = _VALUE.sub(value, container.image).replace(_APP_VERSION, chart.app_version or _APP_VERSION)
    return msgspec.structs.replace(container, image=image)


DERIVERS: tuple[Deriver, ...] = (charts, kustomizations, own_objects)
JOINERS: tuple[Joiner, ...] = ()
