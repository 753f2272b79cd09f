"""Joins a Helm chart with the files around it: templates, schema, notes, values, requirements; tells copied ones apart."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

import msgspec

from assessor.facts.manifests import ChartDependency, HelmChart
from assessor.facts.pipelines import Activity, Purpose

from .base import Material, deriver, enclosing

_VALUES_FILE = re.compile(r"(?:^|/)(?:[\w.-]*values[\w.-]*|(?:values|environments|env|envs)/[\w.-]+)\.ya?ml\Z", re.I)
_TEMPLATES = (".yaml", ".yml", ".json", ".tpl")
_HELPERS = ("_helpers.tpl", "_helper.tpl")


@deriver(replaces=(HelmChart,))
def charts(material: Material) -> Iterator[HelmChart]:
    """Complete each chart from the repository's other files; the requirements of API version 1 are merged in."""
    found = material.of(HelmChart)
    by_folder = {chart.folder: chart for chart in found if chart.name}
    for extra in found:
        if not extra.name and extra.folder in by_folder:
            owner = by_folder[extra.folder]
            by_folder[extra.folder] = msgspec.structs.replace(owner, dependencies=(*owner.dependencies, *extra.dependencies))
    inside = _files_inside(by_folder, material)
    vendored = _vendored(by_folder)
    linting = [
        _linted(activity, by_folder)
        for activity in material.of(Activity)
        if not activity.manual
        and (activity.purpose is Purpose.LINT_CHART or (activity.purpose is Purpose.RENDER and "helm" in activity.tool))
    ]
    everywhere, named = "" in linting, set(linting)
    for folder, chart in by_folder.items():
        files = inside.get(folder, ())
        yield msgspec.structs.replace(
            chart,
            templates=sum(_is_template(file) for file in files),
            values_schema="values.schema.json" in files,
            notes="templates/NOTES.txt" in files,
            values_files=tuple(posixpath.join(folder, file) for file in files if _is_values(file)),
            vendored=folder in vendored,
            linted=everywhere or enclosing(named, f"{folder}/Chart.yaml") is not None,
        )


def _linted(activity: Activity, by_folder: dict[str, HelmChart]) -> str:
    """Return the folder of the only charts that are linted, "" where they may be all: no folder that holds a chart is named."""
    folder = activity.subject if activity.purpose is Purpose.LINT_CHART else ""
    return folder if any(chart == folder or chart.startswith(folder + "/") for chart in by_folder) else ""


def _files_inside(by_folder: dict[str, HelmChart], material: Material) -> dict[str, list[str]]:
    """Return each chart's files, relative to it; a file belongs to the nearest chart only."""
    inside: dict[str, list[str]] = {}
    if by_folder:
        for path in material.repository.files:
            folder = enclosing(by_folder, path)
            if folder is not None:
                inside.setdefault(folder, []).append(path[len(folder) + 1 :] if folder else path)
    return inside


def _is_template(file: str) -> bool:
    return file.startswith("templates/") and file.endswith(_TEMPLATES) and not file.endswith(_HELPERS)


def _is_values(file: str) -> bool:
    return not file.startswith("templates/") and bool(_VALUES_FILE.search(file))


def _vendored(by_folder: dict[str, HelmChart]) -> set[str]:
    """Return the folders of charts unpacked under ``charts/`` of a chart that fetches them from a repository.

    A chart in that place which its parent does not fetch is a part somebody wrote (a subchart). Addresses and
    maintainers in a Chart.yaml prove nothing: generators and forks leave them behind.
    """
    found: set[str] = set()
    for folder in sorted(by_folder):
        above, _, name = folder.rpartition("/")
        owner = posixpath.dirname(above)
        if posixpath.basename(above) != "charts" or owner not in by_folder:
            continue
        fetched = {dependency.name for dependency in by_folder[owner].dependencies if _is_remote(dependency)}
        if owner in found or fetched & {name, by_folder[folder].name}:
            found.add(folder)
    return found


def _is_remote(dependency: ChartDependency) -> bool:
    return bool(dependency.repository) and not dependency.repository.startswith(("file:", "."))
