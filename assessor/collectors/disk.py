"""Lists and reads files on disk as if they wanted to harm: no link is followed, nothing blocks, everything is bounded."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

from assessor.errors import ParseError
from assessor.redaction import printable

MAX_BYTES = 4 * 1024 * 1024  # larger files are gaps: hand-written configuration never is
MAX_FILES = 400_000
MAX_DEPTH = 60  # folders within folders

_BARE = {"HEAD", "objects", "refs"}


class Filter:
    """What a walk leaves out; by itself nothing but repositories inside."""

    def ignored(self, path: str, is_folder: bool) -> bool:
        """Say whether a path is not to be listed."""
        return False

    def own(self, folder: str) -> bool:
        """Say whether a folder holds listed files even if it looks like a repository of its own."""
        return False

    def submodule(self, folder: str) -> bool:
        """Say whether a folder is known to be another repository's."""
        return False


class Walk:
    """The files below a folder: path as the file system spells it, its stat, and the target if it is a link."""

    def __init__(self, root: Path, problems: list[str], filter: Filter | None = None) -> None:
        self.root = str(root)
        self.problems = problems
        self.filter = filter or Filter()
        self.stack: list[tuple[str, bool]] = [("", True)]  # folders to list, and whether ignore rules are asked there
        self.folders: list[str] = []  # those listed, and the ignore files in them

    def __iter__(self) -> Iterator[tuple[str, os.stat_result, str]]:
        count = 0
        while self.stack:
            folder, ask = self.stack.pop()
            items = self._items(folder)
            self.folders.append(folder or ".")
            ignore = next((item for item in items if item.name == ".gitignore"), None)
            if ignore is not None:
                self.folders.append(f"{folder}/{ignore.name}" if folder else ignore.name)
                # Reading an ignore file that is a pipe would block for ever: below one, nothing counts as ignored.
                ask = ask and (ignore.is_file() or ignore.is_dir())
            for item in items:
                count += 1
                if count > MAX_FILES:
                    self.problems.append(f"more than {MAX_FILES} files; the rest was not read")
                    return
                path = f"{folder}/{item.name}" if folder else item.name
                if item.name == ".git":  # a folder, or the file of a linked work tree
                    continue
                if item.is_dir(follow_symlinks=False):
                    self._descend(path, ask)
                elif not (ask and self.filter.ignored(path, False)):
                    yield from self._file(path, item)

    def _items(self, folder: str) -> list[os.DirEntry[str]]:
        try:
            with os.scandir(f"{self.root}/{folder}") as scan:
                items = sorted(scan, key=lambda item: item.name)
        except FileNotFoundError:
            return []  # vanished since its parent was listed
        except OSError as error:
            self.problems.append(f"{printable(folder) or '.'}: cannot be listed: {error.strerror}")
            return []
        names = {item.name for item in items}
        if folder and (".git" in names or names >= _BARE) and not self.filter.own(folder):
            self.problems.append(f"{printable(folder)}: a repository of its own; name it to scan it")
            return []
        return items

    def _descend(self, path: str, ask: bool) -> None:
        if self.filter.submodule(path) or (ask and self.filter.ignored(path, True)):
            return
        if path.count("/") >= MAX_DEPTH:
            self.problems.append(f"{printable(path)}: more than {MAX_DEPTH} folders deep; not read")
        else:
            self.stack.append((path, ask))

    def _file(self, path: str, item: os.DirEntry[str]) -> Iterable[tuple[str, os.stat_result, str]]:
        try:
            link = os.readlink(item.path) if item.is_symlink() else ""  # noqa: PTH115  a Path would rewrite the target
            return [(path, item.stat(follow_symlinks=False), link)]
        except FileNotFoundError:
            return []  # vanished since its folder was listed
        except OSError as error:
            self.problems.append(f"{printable(path)}: cannot be read: {error.strerror}")
            return []


class Below:
    """Reads regular files of at most `MAX_BYTES` below a folder, going through no link.

    Each folder on the way is opened from the one before it, so that nothing exchanged meanwhile can lead elsewhere. The last
    one stays open: files come folder by folder.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.moved = False  # a file read was not what it was when it was listed
        self._folder: str | None = None
        self._handle = -1

    def read(self, path: str, seen: tuple[int, ...] = ()) -> bytes:
        """Return a file's bytes; raises `ParseError`. `seen` is what it looked like when it was listed."""
        handle = -1
        try:
            handle = self._open(path)
            info = os.fstat(handle)
            if seen and (info.st_mode, info.st_ino, info.st_size, info.st_mtime_ns, info.st_ctime_ns) != seen:
                self.moved = True
            if info.st_size > MAX_BYTES:
                raise too_large()
            data = _all(handle, info.st_size)
        except FileNotFoundError as error:
            raise ParseError("vanished while the scan ran") from error
        except OSError as error:
            if error.errno in (errno.ELOOP, errno.ENOTDIR):
                raise ParseError("reached through a link; links are not followed") from error
            raise ParseError(f"cannot be read: {error.strerror}") from error
        finally:
            if handle >= 0:
                os.close(handle)
        if len(data) > MAX_BYTES:
            raise too_large()
        return data

    def close(self) -> None:
        """Close the folder that is still open."""
        if self._folder is not None:
            self._folder = None
            os.close(self._handle)

    __del__ = close

    def _open(self, path: str) -> int:
        folder, _, name = path.rpartition("/")
        if folder != self._folder:
            self.close()
            self._handle = self._open_folder(folder)
            self._folder = folder
        if not stat.S_ISREG(os.stat(name, dir_fd=self._handle, follow_symlinks=False).st_mode):
            raise ParseError("not a regular file")  # opening a device can have effects
        return os.open(name, _FLAGS | os.O_NONBLOCK, dir_fd=self._handle)

    def _open_folder(self, folder: str) -> int:
        at = os.open(self.root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        for part in folder.split("/") if folder else ():
            try:
                inner = os.open(part, _FLAGS | os.O_DIRECTORY, dir_fd=at)
            finally:
                os.close(at)
            at = inner
        return at


_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC


def _all(handle: int, size: int) -> bytes:
    """Return what can be read of a file: one call where it has the size it says, and no buffer in between."""
    data = os.read(handle, size + 1)
    while len(data) not in (0, size) and len(data) <= MAX_BYTES and (more := os.read(handle, MAX_BYTES + 1 - len(data))):
        data += more
    return data


def too_large() -> ParseError:
    """Return the error for a file beyond the limit."""
    return ParseError(f"larger than {MAX_BYTES // 2**20} MiB")
