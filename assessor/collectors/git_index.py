"""Reads git's index: which paths are tracked, and which of them are unchanged since git last looked at them.

The format is the documented one (``gitformat-index``), versions 2 to 4. It is read here rather than through libgit2
because libgit2 shows no stat data, which saves reading unchanged files, and refuses a sparse index.
"""

from __future__ import annotations

import os
import struct
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from assessor.errors import ParseError

MAX_BYTES = 512 * 1024 * 1024
SUBMODULE, LINK, FOLDER = 0o160000, 0o120000, 0o040000

_HEADER = struct.Struct(">4sII")
_FIXED = struct.Struct(">10I20sH")  # ctime, mtime (seconds and nanoseconds each), dev, ino, mode, uid, gid, size, id, flags
_EXTENSION = struct.Struct(">4sI")
_EXTENDED, _NAME_LENGTH = 0x4000, 0xFFF
_INTENT_TO_ADD = 0x2000
_CHECKSUM = 20
_BITS = 0xFFFFFFFF
_ENCODING, _ERRORS = sys.getfilesystemencoding(), sys.getfilesystemencodeerrors()  # as `os.fsdecode`, for every file of a scan


class Tracked(NamedTuple):
    """A tracked path: its mode, the id of its content, and what the file looked like when that was computed."""

    mode: int
    oid: bytes = b""
    stat: tuple[int, ...] = ()  # seconds and nanoseconds of ctime and mtime, inode, size; each modulo 2³²


@dataclass(frozen=True, slots=True)
class Index:
    """The tracked paths, as the file system spells them. A sparse index has folders among them, ending in a slash."""

    paths: dict[str, Tracked] = field(default_factory=dict)
    written: int = 0  # when the index file was written, in nanoseconds

    def unchanged(self, tracked: Tracked, info: os.stat_result) -> str:
        """Return the content's id in hexadecimal when the file is certainly what git saw, else "".

        A file changed in the very moment the index was written looks unchanged; git calls it racy and so do we.
        """
        if not tracked.oid or info.st_mtime_ns >= self.written:
            return ""
        seconds, rest = divmod(info.st_mtime_ns, 10**9)
        if (seconds & _BITS, rest, info.st_ino & _BITS, info.st_size & _BITS) != tracked.stat[2:]:
            return ""
        seconds, rest = divmod(info.st_ctime_ns, 10**9)
        return tracked.oid.hex() if (seconds & _BITS, rest) == tracked.stat[:2] else ""


def read_index(file: Path) -> Index:
    """Read an index file; one that does not exist is empty. Raises `ParseError` when it is broken or split."""
    try:
        with file.open("rb") as handle:
            info = os.fstat(handle.fileno())
            if info.st_size > MAX_BYTES:
                raise ParseError("the index is too large")
            data = handle.read()
    except FileNotFoundError:
        return Index()
    except OSError as error:
        raise ParseError(f"the index cannot be read: {error.strerror}") from error
    try:
        return Index(dict(_entries(data)), info.st_mtime_ns)
    except (struct.error, ValueError, IndexError) as error:
        raise ParseError("the index is damaged") from error


def _entries(data: bytes) -> Iterator[tuple[str, Tracked]]:
    signature, version, count = _HEADER.unpack_from(data)
    if signature != b"DIRC" or version not in (2, 3, 4):
        raise ValueError(signature)
    at, name = _HEADER.size, b""
    for _ in range(count):
        start = at
        created, created_rest, changed, changed_rest, _, inode, mode, _, _, size, oid, flags = _FIXED.unpack_from(data, at)
        at += _FIXED.size
        if flags & _EXTENDED:
            if struct.unpack_from(">H", data, at)[0] & _INTENT_TO_ADD:
                oid = b""  # the file's content is not in the index yet
            at += 2
        if version == 4:
            shared, at = _variable_length(data, at)
            if shared > len(name):
                raise ValueError("damaged path")
            name = name[: len(name) - shared]
        else:
            name = b""
        end = data.index(b"\0", at)
        name += data[at:end]
        at = end + 1 if version == 4 else start + ((end - start) // 8 + 1) * 8
        stat = (created, created_rest, changed, changed_rest, inode, size)
        yield name.decode(_ENCODING, _ERRORS), Tracked(mode, oid, stat)
    _refuse_split(data, at)


def _variable_length(data: bytes, at: int) -> tuple[int, int]:
    """Read the number of bytes a version 4 path does not share with the one before it, and where the rest begins."""
    value = data[at] & 0x7F
    while data[at] & 0x80:
        at += 1
        value = ((value + 1) << 7) | (data[at] & 0x7F)
        if value > MAX_BYTES:
            raise ValueError("damaged path")
    return value, at + 1


def _refuse_split(data: bytes, at: int) -> None:
    """Raise `ParseError` if the extensions say that most entries are in another file."""
    while at + _EXTENSION.size <= len(data) - _CHECKSUM:
        signature, size = _EXTENSION.unpack_from(data, at)
        if signature == b"link":
            raise ParseError("the index is split")
        at += _EXTENSION.size + size
