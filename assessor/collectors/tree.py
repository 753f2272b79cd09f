"""Where files come from: a git work tree, a commit in an object store, or a plain folder.

Git is read through libgit2, in this process: no git program runs, so nothing in a repository's configuration
can start one. Symbolic links are listed and never followed.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import pygit2

from assessor.errors import ParseError, UsageError

MAX_FILES = 400_000
MAX_PATH_DEPTH = 60


@dataclass(frozen=True, slots=True)
class Entry:
    """A path of a tree. `kind` is file, symlink or submodule; only files can be read."""

    path: str
    size: int
    kind: str = "file"
    tracked: bool = True
    oid: str = ""  # the content's git id, where it is known without reading


@dataclass(frozen=True, slots=True)
class Target:
    """A repository to scan: `name` for reports, `path` relative to what the user named, `location` on disk."""

    name: str
    path: str
    location: Path
    ref: str = ""


class Tree(Protocol):
    """The files of one repository at one moment."""

    commit: str
    branch: str
    remote: str
    problems: list[str]

    def entries(self) -> Iterator[Entry]:
        """Yield every path, in any order."""

    def read(self, entry: Entry) -> bytes:
        """Return a file's bytes; raises `ParseError` when that cannot be done."""


def open_tree(target: Target) -> Tree:
    """Open a target; raises `UsageError` for a ref that does not exist, `ParseError` for a broken repository."""
    repository = _repository(target.location)
    if repository is None:
        if target.ref:
            raise UsageError(f"{target.location} is not a git repository, so it has no {target.ref!r}", "Drop --ref.")
        return FolderTree(target.location)
    if target.ref or repository.is_bare:
        return CommitTree(repository, target.ref)
    return WorkTree(repository)


def _repository(location: Path) -> pygit2.Repository | None:
    if not is_repository(location):
        return None
    try:
        return pygit2.Repository(str(location), pygit2.enums.RepositoryOpenFlag.NO_SEARCH)
    except (pygit2.GitError, KeyError, ValueError, OSError) as error:
        raise ParseError(f"not a readable git repository: {error}") from error


def is_repository(location: Path) -> bool:
    """Say whether a folder is a git work tree or a bare repository."""
    return (location / ".git").exists() or ((location / "HEAD").is_file() and (location / "objects").is_dir())


@dataclass
class FolderTree:
    """A plain folder."""

    root: Path
    commit: str = ""
    branch: str = ""
    remote: str = ""
    problems: list[str] = field(default_factory=list)

    def entries(self) -> Iterator[Entry]:
        """Yield the files below the folder."""
        yield from _walk(self.root, lambda _path, _is_folder: False, self.problems)

    def read(self, entry: Entry) -> bytes:
        """Return a file's bytes."""
        return _read_file(self.root, entry.path)


class WorkTree:
    """A git work tree: tracked files, and untracked ones that are not ignored, as they are on disk."""

    def __init__(self, repository: pygit2.Repository) -> None:
        self.repository = repository
        self.root = Path(repository.workdir)
        self.commit, self.branch, self.remote = _head(repository)
        self.problems: list[str] = []

    def entries(self) -> Iterator[Entry]:
        """Yield tracked files that exist on disk, submodules, and untracked files that are not ignored."""
        tracked: dict[str, int] = {item.path: item.mode for item in self.repository.index}
        folders = {parent for path in tracked for parent in _parents(path)}
        missing = 0
        for path, mode in tracked.items():
            if mode == pygit2.enums.FileMode.COMMIT:
                yield Entry(path, 0, "submodule")
                continue
            try:
                info = (self.root / path).lstat()
            except OSError:
                missing += 1
                continue
            kind = "symlink" if stat.S_ISLNK(info.st_mode) or mode == pygit2.enums.FileMode.LINK else "file"
            yield Entry(path, info.st_size, kind)
        if missing:
            self.problems.append(f"{missing} tracked files are not on disk (sparse or incomplete checkout)")

        def ignored(path: str, is_folder: bool) -> bool:
            if path in tracked or (is_folder and path in folders):
                return False
            try:
                return self.repository.path_is_ignored(path + "/" if is_folder else path)
            except (pygit2.GitError, ValueError):
                return False

        for entry in _walk(self.root, ignored, self.problems, skip=tracked.keys()):
            yield Entry(entry.path, entry.size, entry.kind, tracked=False)

    def read(self, entry: Entry) -> bytes:
        """Return a file's bytes as on disk."""
        return _read_file(self.root, entry.path)


class CommitTree:
    """A commit, read from the object store without a checkout."""

    def __init__(self, repository: pygit2.Repository, ref: str) -> None:
        self.repository = repository
        self.commit, self.branch, self.remote = _head(repository)
        self.problems: list[str] = []
        self._tree: pygit2.Tree | None = None
        self.ref = ref
        if not ref and not self.commit:
            return
        try:
            commit = repository.revparse_single(ref or "HEAD").peel(pygit2.Commit)
        except (KeyError, ValueError, pygit2.GitError) as error:
            raise UsageError(f"no commit {ref!r} in {repository.path}", "Name a branch, a tag or a commit id.") from error
        self.commit = str(commit.id)
        self._tree = commit.tree

    def entries(self) -> Iterator[Entry]:
        """Yield the files of the commit."""
        stack: list[tuple[str, pygit2.Tree]] = [("", self._tree)] if self._tree is not None else []
        while stack:
            prefix, tree = stack.pop()
            for item in tree:
                path = f"{prefix}{item.name}"
                if item.filemode == pygit2.enums.FileMode.COMMIT:
                    yield Entry(path, 0, "submodule")
                elif isinstance(item, pygit2.Tree):
                    if path.count("/") < MAX_PATH_DEPTH:
                        stack.append((path + "/", item))
                else:
                    kind = "symlink" if item.filemode == pygit2.enums.FileMode.LINK else "file"
                    yield Entry(path, item.size if isinstance(item, pygit2.Blob) else 0, kind, oid=str(item.id))

    def read(self, entry: Entry) -> bytes:
        """Return a blob's bytes."""
        try:
            blob = self.repository[entry.oid]
        except (KeyError, ValueError, pygit2.GitError) as error:
            raise ParseError("its content is not in the object store (partial clone)") from error
        return blob.data if isinstance(blob, pygit2.Blob) else b""


def _head(repository: pygit2.Repository) -> tuple[str, str, str]:
    """Return commit, branch and remote address, empty where there is none."""
    commit = branch = remote = ""
    if not repository.head_is_unborn:
        commit = str(repository.head.target)
        branch = "" if repository.head_is_detached else repository.head.shorthand
    try:
        remote = repository.remotes["origin"].url or ""
    except (KeyError, ValueError, pygit2.GitError):
        pass
    return commit, branch, without_credentials(remote)


def without_credentials(url: str) -> str:
    """Return a remote's address without user and password."""
    scheme, separator, rest = url.partition("://")
    if not separator:
        return url
    host, slash, path = rest.partition("/")
    return f"{scheme}://{host.rpartition('@')[2]}{slash}{path}"


def _parents(path: str) -> Iterator[str]:
    while "/" in path:
        path = path.rpartition("/")[0]
        yield path


def _walk(root: Path, ignored: object, problems: list[str], skip: object = ()) -> Iterator[Entry]:
    """Yield files below a folder without following links; nested repositories are skipped."""
    stack = [""]
    while stack:
        folder = stack.pop()
        try:
            with os.scandir(root / folder) as scan:
                items = sorted(scan, key=lambda item: item.name)
        except OSError as error:
            problems.append(f"{folder or '.'}: {error.strerror}")
            continue
        for item in items:
            path = f"{folder}/{item.name}" if folder else item.name
            if item.is_dir(follow_symlinks=False):
                nested = path and (root / path / ".git").exists()
                if item.name != ".git" and not nested and path.count("/") < MAX_PATH_DEPTH and not ignored(path, True):  # type: ignore[operator]
                    stack.append(path)
            elif path not in skip and not ignored(path, False):  # type: ignore[operator]
                yield Entry(path, item.stat(follow_symlinks=False).st_size, "symlink" if item.is_symlink() else "file")


def _read_file(root: Path, path: str) -> bytes:
    """Read a regular file without following a link at its end, refusing one reached through a linked folder."""
    full = root / path
    try:
        if not full.resolve().is_relative_to(root.resolve()):
            raise ParseError("reached through a link that leads out of the repository")
        handle = os.open(full, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        raise ParseError(f"cannot be read: {error.strerror}") from error
    with os.fdopen(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise ParseError("not a regular file")
        return file.read()
