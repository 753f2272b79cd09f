"""Joins Kustomize build files into a graph: what builds on what, and which references lead nowhere."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

import msgspec
import pathspec

from assessor.facts.infrastructure import IgnoreFile
from assessor.facts.manifests import Kustomization

from .base import Material, deriver

_REMOTE = re.compile(
    r"\A(?:[a-z][a-z0-9+.-]*:|[\w.-]+@)|\A(?:[\w-]+\.)+(?:com|org|io|net|dev|cloud)/|//|\?(?:ref|version|timeout)=", re.I
)
_DYNAMIC = re.compile(r"\$\{|\$\(|\{\{|tpl-|<[A-Za-z]|\A[A-Z][A-Z0-9_]{3,}\Z")
# Folders the scan sets aside: what a reference finds there may exist although no path of own content says so.
_ASIDE = re.compile(
    r"(?:^|/)(?:vendor|vendored|third[_-]?party|node_modules|tests?|testing|testdata|fixtures?|e2e|specs?|mocks?|snapshots?|docs?|"
    r"documentation|website|site|wiki|examples?|samples?|demos?|tutorials?|playground|quickstarts?)(?:/|\Z)",
    re.I,
)


def is_local(reference: str) -> bool:
    """Say whether a reference names a path whose existence can be told: no address, no variable, no inline text."""
    return "\n" not in reference and not _REMOTE.search(reference) and not _DYNAMIC.search(reference)


def target(folder: str, reference: str) -> str | None:
    """Return the repository path a reference leads to, "" for the root, None when it leads out of the repository."""
    path = posixpath.normpath(posixpath.join(folder, reference))
    return None if path.startswith(("..", "/")) else "" if path == "." else path


@deriver(replaces=(Kustomization,))
def kustomizations(material: Material) -> Iterator[Kustomization]:
    """Set `base_of` and `missing` of every build file."""
    found = material.of(Kustomization)
    folders = {build.folder for build in found}
    users: dict[str, set[str]] = {}
    for build in found:
        for reference in build.resources:
            path = target(build.folder, reference) if is_local(reference) else None
            if path is not None and path in folders and path != build.folder:
                users.setdefault(path, set()).add(build.folder)
    paths = _Paths(material)
    for build in found:
        missing = (r for r in (*build.resources, *build.patches) if is_local(r) and paths.lacks(target(build.folder, r), folders))
        yield msgspec.structs.replace(build, base_of=tuple(sorted(users.get(build.folder, ()))), missing=tuple(missing))


class _Paths:
    """Says which paths do not exist in a repository, as far as that can be told."""

    def __init__(self, material: Material) -> None:
        self.files = material.files
        self.unseen = tuple(gap.subject for gap in material.repository.gaps if "submodule" in gap.reason or "link" in gap.reason)
        self.ignore = [fact for fact in material.of(IgnoreFile) if posixpath.basename(fact.at.path) == ".gitignore"]
        self.specs: dict[str, pathspec.GitIgnoreSpec] = {}

    def lacks(self, path: str | None, built: set[str]) -> bool:
        """Say whether a path is missing: neither a file, nor a folder with a build file, nor generated, nor out of sight."""
        if path is None or path in self.files or path in built or _ASIDE.search(path):
            return False
        if any(path == subject or path.startswith(subject + "/") for subject in self.unseen):
            return False
        return not self._generated(path)

    def _generated(self, path: str) -> bool:
        """Say whether git ignores the path: then a tool writes it before the build."""
        for fact in self.ignore:
            folder = posixpath.dirname(fact.at.path)
            if not folder or path.startswith(folder + "/"):
                relative = path[len(folder) + 1 :] if folder else path
                if self._spec(fact).match_file(relative):
                    return True
        return False

    def _spec(self, fact: IgnoreFile) -> pathspec.GitIgnoreSpec:
        if fact.at.path not in self.specs:
            spec = pathspec.GitIgnoreSpec.from_lines(pattern for pattern in fact.patterns if _is_pattern(pattern))
            self.specs[fact.at.path] = spec
        return self.specs[fact.at.path]


def _is_pattern(line: str) -> bool:
    """Say whether git would understand a line of an ignore file; it skips the others."""
    try:
        pathspec.GitIgnoreSpec.from_lines([line])
    except ValueError:
        return False
    return True
