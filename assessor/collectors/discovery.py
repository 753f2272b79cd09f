"""From the paths a user names to the repositories to scan.

What a path is:

* a git work tree (a linked one or a submodule as well) or a bare repository: one repository;
* a folder with repositories up to three folders below it (``organization/team/repository``): an organization. Plain
  folders and loose files beside them are left out, and `survey` says so;
* any other folder: one repository without history, whatever folders it has;
* but with `folders_are_repositories` (the settings file beside them names an organization), every folder directly below
  is a repository, unless repositories are found inside it.

Links are followed only where the user named them. Names are unique and do not depend on the order of the paths.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from assessor.errors import NothingToAssess, UsageError
from assessor.facts.base import Gap
from assessor.parsing.globs import matches
from assessor.redaction import printable
from assessor.settings import FILE_NAME

from .target import Target, is_repository

DEPTH = 3  # organization/team/repository
MAX_FOLDERS = 100_000

# Folders that hold other people's repositories, or none.
_OTHERS = frozenset(("node_modules", "vendor", "third_party", "venv", "__pycache__"))


@dataclass(frozen=True, slots=True)
class Survey:
    """The repositories found, by name, and what was seen beside them and left out."""

    targets: tuple[Target, ...]
    gaps: tuple[Gap, ...] = ()


def discover(
    paths: list[Path], ref: str = "", exclude: tuple[str, ...] = (), *, folders_are_repositories: bool = False
) -> list[Target]:
    """Return the repositories below the paths, sorted by name; raises `UsageError` or `NothingToAssess`."""
    return list(survey(paths, ref, exclude, folders_are_repositories=folders_are_repositories).targets)


def survey(
    paths: Iterable[Path], ref: str = "", exclude: tuple[str, ...] = (), *, folders_are_repositories: bool = False
) -> Survey:
    """Return the repositories below the paths, and what was left out. An excluded folder's repositories are not found."""
    search = _Search(ref, exclude, folders_are_repositories)
    for root in sorted({_folder(path) for path in paths}):
        search.add(root)
    if not search.found:
        raise NothingToAssess("every repository is excluded", "Take a pattern out of --exclude or the settings file.")
    return Survey(tuple(sorted(named(search.found.values()), key=lambda target: target.name)), tuple(sorted(search.gaps)))


def _folder(path: Path) -> Path:
    """Return the folder a path names, with links resolved."""
    try:
        folder = path.resolve(strict=True)
        if not folder.is_dir():
            raise UsageError(f"{path}: a file, not a folder", "Name the folder or repository it lies in.")
        with os.scandir(folder) as items:
            if next(items, None) is None:
                raise NothingToAssess(f"{path}: an empty folder", "Name a folder that holds a repository.")
    except FileNotFoundError as error:
        raise UsageError(f"{path}: no such folder", "Check the path.") from error
    except PermissionError as error:
        raise UsageError(f"{path}: permission denied", "Run as a user who may read it.") from error
    except (OSError, RuntimeError, ValueError) as error:  # a circle of links, a name too long or with a zero byte
        raise UsageError(
            f"{printable(str(path))}: cannot be opened: {getattr(error, 'strerror', error)}", "Check the path."
        ) from error
    return folder


class _Search:
    """The repositories found so far, by where they are."""

    def __init__(self, ref: str, exclude: tuple[str, ...], folders_are_repositories: bool) -> None:
        self.ref = ref
        self.exclude = exclude
        self.folders_are_repositories = folders_are_repositories
        self.found: dict[Path, Target] = {}
        self.gaps: list[Gap] = []
        self.listed = 0
        self.excluded = False  # a repository was found below the present path, and excluded

    def add(self, root: Path) -> None:
        """Add what one path of the user's holds."""
        if is_repository(root):
            self._found(root, ".")
            return
        self.excluded = False
        inner = list(self._below(root, root, DEPTH))
        if self.excluded and not inner:
            return
        if inner or self.folders_are_repositories:
            self._organization(root, inner)
        else:
            self._found(root, ".")

    def _organization(self, root: Path, repositories: list[Path]) -> None:
        loose = 0
        holding = {repository.relative_to(root).parts[0] for repository in repositories}
        for item in self._list(root, root):
            if not item.is_dir(follow_symlinks=False):
                loose += not item.name.startswith(".") and item.name != FILE_NAME
            elif item.name in holding or self._skipped(root, item):
                continue
            elif self.folders_are_repositories:
                self._found(Path(item.path), item.name)
            else:
                self._left_out(item.name, "not a git repository, among repositories; name it to scan it")
        if loose:
            what = (
                "a loose file beside the repositories was" if loose == 1 else f"{loose} loose files beside the repositories were"
            )
            self._left_out(root.name, f"{what} not read")
        for repository in repositories:
            self._found(repository, str(repository.relative_to(root)))

    def _below(self, root: Path, folder: Path, depth: int) -> Iterator[Path]:
        """Yield the repositories below a folder, not looking inside repositories."""
        for item in self._list(root, folder):
            if not item.is_dir(follow_symlinks=False):
                if item.is_symlink() and is_repository(Path(item.path)):
                    self._left_out(os.path.relpath(item.path, root), "a link to a repository; links are not followed")
                continue
            if self._skipped(root, item):
                continue
            inner = Path(item.path)
            if is_repository(inner):
                yield inner
            elif depth > 1:
                yield from self._below(root, inner, depth - 1)

    def _list(self, root: Path, folder: Path) -> list[os.DirEntry[str]]:
        self.listed += 1
        if self.listed > MAX_FOLDERS:
            return []
        try:
            with os.scandir(folder) as scan:
                return sorted(scan, key=lambda item: item.name)
        except OSError as error:
            self._left_out(os.path.relpath(folder, root), f"cannot be listed: {error.strerror}")
            return []

    def _skipped(self, root: Path, item: os.DirEntry[str]) -> bool:
        """Say whether a folder is hidden, other people's, or excluded as a whole."""
        if item.name.startswith(".") or item.name in _OTHERS:
            return True
        path = os.path.relpath(item.path, root)
        if any(matches(path, pattern) or matches(path + "/", pattern) for pattern in self.exclude):
            self.excluded = self.excluded or is_repository(Path(item.path))
            return True
        return False

    def _found(self, location: Path, path: str) -> None:
        # Found twice (named itself and through its organization), it keeps the longer path.
        if location not in self.found or self.found[location].path == ".":
            self.found[location] = Target("", printable(path), location, self.ref)

    def _left_out(self, subject: str, reason: str) -> None:
        self.gaps.append(Gap("files", printable(subject), reason))


def named(targets: Iterable[Target]) -> Iterator[Target]:
    """Give each target the shortest unique name: its folder's, with as many parents' as it takes."""
    pending = sorted(targets, key=lambda target: target.location)
    beside = {target.location for target in pending}  # `shop` keeps `shop.git` from losing its ending
    size = 1
    while pending:
        names = {target.location: _name(target.location, size, beside) for target in pending}
        counts = Counter(names.values())
        yield from (replace(t, name=names[t.location]) for t in pending if counts[names[t.location]] == 1)
        longest = max(len(target.location.parts) for target in pending)
        pending = [target for target in pending if counts[names[target.location]] > 1]
        size += 1
        if size > longest:  # only the spelling differs: bytes that print alike
            names = {target.location: _name(target.location, 1, beside) for target in pending}
            yield from (replace(target, name=f"{names[target.location]} ({number})") for number, target in enumerate(pending, 1))
            return


def _name(location: Path, size: int, beside: Collection[Path]) -> str:
    *parents, last = location.parts[-size:]
    short = last.removesuffix(".git") or last
    return printable("/".join((*parents, last if location.with_name(short) in beside else short)))
