"""Tells at a glance that a repository is as it was: its files and folders look the same, so listing it would find the same.

Nothing is opened or listed: each file that counts, each folder that was listed, and each file that says what is checked out
and ignored is looked at (`os.stat`). A file that is written, a name that comes or goes, a commit, a branch, a setting: each
changes the times of one of them. What had changed shortly before it was first looked at could change again and look the
same, so such a repository is listed anew.
"""

from __future__ import annotations

import os
from array import array
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

SETTLED = 3 * 10**9  # nanoseconds: a file changed later than this before it was looked at may change again and look the same
_POSITIVE = 2**63 - 1  # some file systems number their files with all 64 bits
_MISSING = (0, 0, 0, 0, 0)


class Look(msgspec.Struct, frozen=True, array_like=True):
    """How a repository of a known state looked."""

    state: str
    inside: bytes  # paths below it, joined by zero bytes
    outside: tuple[str, ...]  # paths anywhere, of files that may be missing
    looks: bytes


def remember(location: Path, state: str, inside: Sequence[str], outside: Sequence[str], since: int) -> bytes:
    """Return how a repository of a state looks; b"" where anything has changed since (a time in nanoseconds).

    `inside` are paths below it, `outside` those of files anywhere, which may be missing.
    """
    try:
        looks = _look(location, inside, outside)
    except (OSError, OverflowError, ValueError):  # gone meanwhile, or with a time or name that cannot be
        return b""
    if max((*looks[3::5], *looks[4::5]), default=0) > since:
        return b""
    return msgspec.msgpack.encode(Look(state, os.fsencode("\0".join(inside)), tuple(outside), looks.tobytes()))


def recall(remembered: bytes, location: Path) -> str:
    """Return the state of a repository that looks as remembered, "" for one that does not."""
    try:
        look = msgspec.msgpack.decode(remembered, type=Look)
        inside = os.fsdecode(look.inside).split("\0") if look.inside else []
        return look.state if _look(location, inside, look.outside).tobytes() == look.looks else ""
    except (OSError, OverflowError, ValueError):  # gone, or damaged
        return ""


def _look(location: Path, inside: Sequence[str], outside: Iterable[str]) -> array[int]:
    """Return mode, number, size and times of each path; raises `OSError` where one inside is missing."""
    found: list[int] = []
    stat = os.stat  # called for every file of a scan
    handle = os.open(location, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for path in inside:
            info = stat(path, dir_fd=handle, follow_symlinks=False)
            found += (info.st_mode, info.st_ino & _POSITIVE, info.st_size, info.st_mtime_ns, info.st_ctime_ns)
    finally:
        os.close(handle)
    for path in outside:
        try:
            info = stat(path)
        except OSError:
            found += _MISSING
        else:
            found += (info.st_mode, info.st_ino & _POSITIVE, info.st_size, info.st_mtime_ns, info.st_ctime_ns)
    return array("q", found)
