"""Which files a controller gets to see when it is pointed at a folder: Kustomize graphs, charts, plain folders."""

from __future__ import annotations

import fnmatch
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from functools import cached_property

from assessor.facts.base import Holder
from assessor.facts.manifests import HelmChart, KubernetesObject, Kustomization
from assessor.facts.repository import Repository

from .kustomizations import is_local, target

MAX_FOLDERS = 20_000  # visited for one folder; a cycle ends earlier


class Builds:
    """The builds of one repository's folders, computed once each."""

    def __init__(self, repository: Repository, facts: Holder) -> None:
        self.repository = repository
        self.kustomizations = {build.folder: build for build in facts.of(Kustomization)}
        self.charts = {chart.folder: chart for chart in facts.of(HelmChart)}
        self._built: dict[tuple[str, bool], frozenset[str]] = {}
        self._meant: dict[str, tuple[str, ...]] = {}
        self._facts = facts

    def files(self, folder: str, *, shallow: bool = False) -> frozenset[str]:
        """Return the files that the build of a folder takes in.

        A Kustomize file decides for its folder; a chart brings its own files and those of charts beside it; any other
        folder brings all files below it (`shallow`: only those in it).
        """
        key = (folder, shallow)
        if key not in self._built:
            self._built[key] = frozenset(self._walk(folder, shallow=shallow))
        return self._built[key]

    def objects(self, folder: str) -> Iterator[KubernetesObject]:
        """Yield the objects in the files that the build of a folder takes in, by path."""
        for path in sorted(path for path in self.files(folder) if path in self._objects):
            yield from self._objects[path]

    @cached_property
    def _objects(self) -> dict[str, list[KubernetesObject]]:
        found: dict[str, list[KubernetesObject]] = {}
        for item in self._facts.of(KubernetesObject):
            found.setdefault(item.at.path, []).append(item)
        return found

    def _walk(self, start: str, *, shallow: bool) -> Iterator[str]:
        pending, seen = [start], {start}
        while pending and len(seen) < MAX_FOLDERS:
            folder = pending.pop()
            build = self.kustomizations.get(folder)
            if build is None:
                yield from self._plain(folder, shallow=shallow and folder not in self.charts)
                further = self._local_charts(folder)
            else:
                paths = [target(folder, reference) for reference in (*build.resources, *build.patches) if is_local(reference)]
                yield from (path for path in paths if path is not None and path in self.repository.file_set)
                further = [path for path in paths if path is not None and path not in self.repository.file_set]
            for path in further:
                if path not in seen and path in self.repository.folders:
                    seen.add(path)
                    pending.append(path)

    def _plain(self, folder: str, *, shallow: bool) -> Iterator[str]:
        prefix = f"{folder}/" if folder else ""
        files = self.repository.files
        for index in range(bisect_left(files, prefix), len(files)):
            path = files[index]
            if not path.startswith(prefix):
                return
            if not (shallow and "/" in path[len(prefix) :]):
                yield path

    def _local_charts(self, folder: str) -> list[str]:
        chart = self.charts.get(folder)
        dependencies = chart.dependencies if chart else ()
        paths = (target(folder, d.repository.removeprefix("file://")) for d in dependencies if d.repository.startswith("file://"))
        return [path for path in paths if path is not None]

    @cached_property
    def _by_depth(self) -> dict[int, list[str]]:
        found: dict[int, list[str]] = {}
        for folder in sorted(self.repository.folders):
            found.setdefault(folder.count("/"), []).append(folder)
        return found

    def folders(self, pattern: str) -> tuple[str, ...]:
        """Return the folders that a path of a generator means: ``*`` within one name, ``**`` any folders."""
        if pattern not in self._meant:
            self._meant[pattern] = tuple(self._matching(pattern))
        return self._meant[pattern]

    def _matching(self, pattern: str) -> list[str]:
        if "*" not in pattern and "?" not in pattern:
            return [pattern] if pattern in self.repository.folders else []
        prefix = pattern.partition("*")[0].partition("?")[0].rpartition("/")[0]
        inside = f"{prefix}/" if prefix else ""
        if "**" in pattern:
            last = pattern.rpartition("**")[2].strip("/")
            return [
                f for f in sorted(self.repository.folders) if f.startswith(inside) and f and fnmatch.fnmatchcase(f, f"*{last}")
            ]
        wanted = pattern.split("/")
        candidates: Iterable[str] = self._by_depth.get(len(wanted) - 1, ())
        return [f for f in candidates if f.startswith(inside) and f and _matches(f.split("/"), wanted)]


def _matches(parts: list[str], wanted: list[str]) -> bool:
    return all(fnmatch.fnmatchcase(part, pattern) for part, pattern in zip(parts, wanted, strict=True))
