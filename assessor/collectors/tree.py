"""Where files come from: a git work tree, a commit in an object store, or a plain folder.

Git is read through libgit2, in this process: no git program runs, so nothing in a repository's configuration
can start one. Symbolic links are listed and never followed.
"""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, Protocol

import pygit2

from assessor.errors import ParseError, UsageError
from assessor.redaction import printable, without_credentials

from .disk import MAX_BYTES, MAX_DEPTH, MAX_FILES, Below, Filter, Walk, too_large
from .git_index import FOLDER, LINK, SUBMODULE, Index, Tracked, read_index
from .opening import open_repository, shallow_at
from .target import Target, is_bare, is_repository


class Entry(NamedTuple):
    """A path of a tree. `kind` is file, link, outward (a link that leads out of the tree) or submodule; only files can be read."""

    path: str  # printable
    size: int  # -1 when it is not known without reading
    kind: str = "file"
    tracked: bool = True
    oid: str = ""  # the content's git id, where it is known without reading
    raw: str = ""  # the path as the file system spells it, where that is not printable
    seen: tuple[int, ...] = ()  # on disk: mode, inode, size, and when its content and its properties changed, in nanoseconds

    @property
    def newest(self) -> int:
        """When it last changed in any way, in nanoseconds; 0 when that is not known."""
        return max(self.seen[3:], default=0)


class Tree(Protocol):
    """The files of one repository at one moment."""

    commit: str
    branch: str
    remote: str
    depth: str  # what ends a shallow history
    problems: list[str]
    folders: list[str]  # on disk: those listed so far, and the ignore files in them, as the file system spells them

    @property
    def listed_by(self) -> str:
        """What alone says which files there are; "" where only listing them does."""

    @property
    def moved(self) -> bool:
        """Whether a file was no longer, when it was read, as it had been listed."""

    @property
    def repository(self) -> pygit2.Repository | None:
        """The git repository, unless it is a plain folder."""

    def entries(self) -> Iterator[Entry]:
        """Yield every path, in any order."""

    def read(self, entry: Entry) -> bytes:
        """Return a file's bytes; raises `ParseError` when that cannot be done or it is larger than `MAX_BYTES`."""


def open_tree(target: Target) -> Tree:
    """Open a target; raises `UsageError` for a ref that does not exist, `ParseError` for a bare repository that is broken.

    A work tree whose git folder is broken or not to be trusted is read as a plain folder, and says so.
    """
    if not is_repository(target.location):
        if target.ref:
            raise UsageError(f"{target.location} is not a git repository, so it has no {target.ref!r}", "Drop --ref.")
        return FolderTree(target.location)
    try:
        repository = open_repository(target.location)
    except ParseError as error:
        if target.ref or is_bare(target.location):
            raise
        return FolderTree(target.location, problems=[f"{error}; its files are read as those of a plain folder"])
    if target.ref or repository.is_bare:
        return CommitTree(repository, target.ref)
    return WorkTree(repository, target.location)


class FolderTree:
    """A plain folder."""

    repository = None
    commit = branch = remote = depth = listed_by = ""

    def __init__(self, root: Path, problems: list[str] | None = None) -> None:
        self.root = root
        self.problems = problems or []
        self.folders: list[str] = []
        self._below = Below(root)

    def entries(self) -> Iterator[Entry]:
        """Yield the files below the folder."""
        walk = Walk(self.root, self.problems)
        self.folders = walk.folders
        for path, info, link in walk:
            yield _entry(path, info, link)

    def read(self, entry: Entry) -> bytes:
        """Return a file's bytes."""
        return self._below.read(entry.raw or entry.path, entry.seen)

    @property
    def moved(self) -> bool:
        """Whether a file was no longer as listed."""
        return self._below.moved


class WorkTree:
    """A git work tree: tracked files, and untracked ones that are not ignored, as they are on disk."""

    listed_by = ""

    def __init__(self, repository: pygit2.Repository, root: Path) -> None:
        self.repository = repository
        self.root = root
        self._below = Below(root)
        self.problems: list[str] = []
        self.folders: list[str] = []
        self.commit, self.branch, self.remote = head_of(repository, self.problems)
        self.depth = shallow_at(repository)

    def entries(self) -> Iterator[Entry]:
        """Yield tracked files that exist on disk, submodules, and untracked files that are not ignored."""
        index = self._index()
        missing = dict(index.paths)
        for path, tracked in index.paths.items():
            if tracked.mode == SUBMODULE:
                del missing[path]
                yield _entry(path)._replace(kind="submodule")
        walk = Walk(self.root, self.problems, _Rules(self.repository, index.paths))
        self.folders = walk.folders
        for path, info, link in walk:
            known = missing.pop(path, None)
            if known is None:
                yield _entry(path, info, link, tracked=False)
            elif known.mode == LINK and not link:
                yield _entry(path)._replace(kind="link")  # checked out as a file that holds the link's text
            else:
                yield _entry(path, info, link, oid=index.unchanged(known, info))
        if missing:
            what = "a tracked file is" if len(missing) == 1 else f"{len(missing)} tracked files are"
            self.problems.append(f"{what} not on disk (sparse or incomplete checkout, or deleted)")

    def read(self, entry: Entry) -> bytes:
        """Return a file's bytes as on disk."""
        return self._below.read(entry.raw or entry.path, entry.seen)

    @property
    def moved(self) -> bool:
        """Whether a file was no longer as listed."""
        return self._below.moved

    def _index(self) -> Index:
        """Return the index; the files of the newest commit stand in for one that cannot be read."""
        try:
            return read_index(Path(self.repository.path) / "index")
        except ParseError as error:
            self.problems.append(f"{error}; the newest commit says which files are tracked")
        if not self.commit:
            return Index()
        newest = CommitTree(self.repository, self.commit)
        kinds = {"link": LINK, "outward": LINK, "submodule": SUBMODULE}
        return Index({entry.raw or entry.path: Tracked(kinds.get(entry.kind, 0)) for entry in newest.entries()})


class _Rules(Filter):
    """What git would not list in a work tree: untracked paths that an ignore rule covers, and submodules."""

    def __init__(self, repository: pygit2.Repository, tracked: dict[str, Tracked]) -> None:
        self.repository = repository
        self.tracked = tracked
        self.folders: set[str] = set()
        for path in tracked:
            while (path := path.rpartition("/")[0]) and path not in self.folders:
                self.folders.add(path)

    def ignored(self, path: str, is_folder: bool) -> bool:
        """Say whether git ignores a path."""
        if path in self.tracked or (is_folder and path in self.folders):
            return False
        try:
            return self.repository.path_is_ignored(path + "/" if is_folder else path)
        except (pygit2.GitError, ValueError):  # a name that is not UTF-8
            return False

    def own(self, folder: str) -> bool:
        """Say whether a folder holds tracked files."""
        return folder in self.folders

    def submodule(self, folder: str) -> bool:
        """Say whether a folder is a submodule."""
        return folder in self.tracked and self.tracked[folder].mode == SUBMODULE


class CommitTree:
    """A commit, read from the object store without a checkout."""

    moved = False

    def __init__(self, repository: pygit2.Repository, ref: str) -> None:
        self.repository = repository
        self.problems: list[str] = []
        self.folders: list[str] = []
        self.commit, self.branch, self.remote = head_of(repository, self.problems)
        self.depth = shallow_at(repository)
        self._tree: pygit2.Tree | None = None
        if not ref and not self.commit:
            return
        commit = _resolve(repository, ref or self.commit)
        if ref:
            self.branch = ref.removeprefix("origin/") if _is_branch(repository, ref) else ""
        self.commit = str(commit.id)
        try:
            self._tree = commit.tree
        except (KeyError, ValueError, pygit2.GitError):
            self.problems.append("the files of the commit are not in the object store")

    @property
    def listed_by(self) -> str:
        """The commit, which cannot have other files."""
        return self.commit

    def entries(self) -> Iterator[Entry]:
        """Yield the files of the commit."""
        stack: list[tuple[bytes, pygit2.Tree]] = [(b"", self._tree)] if self._tree is not None else []
        count = 0
        while stack:
            prefix, tree = stack.pop()
            for item in tree:
                count += 1
                if count > MAX_FILES:  # a few trees that hold each other's ids can claim billions of files
                    self.problems.append(f"more than {MAX_FILES} files; the rest was not read")
                    return
                name = prefix + (item.raw_name or b"")
                if item.filemode == FOLDER:
                    self._descend(stack, name, item)
                else:
                    yield self._entry(os.fsdecode(name), item)

    def _descend(self, stack: list[tuple[bytes, pygit2.Tree]], name: bytes, item: pygit2.Object) -> None:
        path = printable(os.fsdecode(name))
        if name.count(b"/") >= MAX_DEPTH:
            self.problems.append(f"{path}: more than {MAX_DEPTH} folders deep; not read")
            return
        try:
            stack.append((name + b"/", item.peel(pygit2.Tree)))
        except (KeyError, ValueError, pygit2.GitError):
            self.problems.append(f"{path}: the folder is not in the object store (partial clone or damage)")

    def _entry(self, path: str, item: pygit2.Object) -> Entry:
        entry = _entry(path, oid=str(item.id))._replace(size=-1)
        if item.filemode == SUBMODULE:
            return entry._replace(kind="submodule")
        if item.filemode != LINK:
            return entry
        try:
            return entry._replace(kind=_link(path, os.fsdecode(self.read(entry))))
        except ParseError:
            return entry._replace(kind="link")

    def read(self, entry: Entry) -> bytes:
        """Return a blob's bytes."""
        try:
            _, size = self.repository.odb.read_header(entry.oid)
            if size > MAX_BYTES:
                raise too_large()
            blob = self.repository[entry.oid]
        except (KeyError, ValueError, pygit2.GitError) as error:
            raise ParseError("its content is not in the object store (partial clone or damage)") from error
        return blob.data if isinstance(blob, pygit2.Blob) else b""


def _resolve(repository: pygit2.Repository, ref: str) -> pygit2.Commit:
    """Find a commit by branch, tag or id; a branch that only the origin has is found as well."""
    for name in (ref, f"refs/remotes/origin/{ref}"):
        try:
            return repository.revparse_single(name).peel(pygit2.Commit)
        except (KeyError, ValueError, pygit2.GitError):
            continue
    raise UsageError(f"no commit {ref!r} in {repository.path}", "Name a branch, a tag or a commit id.")


def _is_branch(repository: pygit2.Repository, ref: str) -> bool:
    try:
        return any(f"{space}/{ref}" in repository.references for space in ("refs/heads", "refs/remotes", "refs/remotes/origin"))
    except (ValueError, pygit2.GitError):
        return False


def head_of(repository: pygit2.Repository, problems: list[str]) -> tuple[str, str, str]:
    """Return commit, branch and remote address, empty where there is none."""
    commit = branch = remote = ""
    try:
        if not repository.head_is_unborn:
            commit = str(repository.head.peel(pygit2.Commit).id)
            branch = "" if repository.head_is_detached else printable(repository.head.shorthand)
    except (KeyError, ValueError, pygit2.GitError):
        problems.append("its newest commit cannot be read")
    try:
        names = sorted(name for name in repository.remotes.names() if name)
        name = "origin" if "origin" in names else next(iter(names), "")
        remote = (repository.remotes[name].url or "") if name else ""
    except (KeyError, ValueError, pygit2.GitError):
        problems.append("its remotes cannot be read")
    return commit, branch, printable(without_credentials(remote))


def _entry(path: str, info: os.stat_result | None = None, link: str = "", *, tracked: bool = True, oid: str = "") -> Entry:
    """Return the entry of a path as the file system spells it; `link` is what it points to, if it is a link."""
    shown = printable(path)
    seen = (info.st_mode, info.st_ino, info.st_size, info.st_mtime_ns, info.st_ctime_ns) if info else ()
    kind = _link(path, link) if link else "file"
    return Entry(shown, info.st_size if info else 0, kind, tracked, oid, "" if shown == path else path, seen)


def _link(path: str, target: str) -> str:
    """Say whether a link stays within its tree."""
    end = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
    return "outward" if end == ".." or end.startswith(("/", "../")) else "link"
