"""Remembers results by what they depend on, so that a rescan costs what changed.

One SQLite file in the user's cache folder, shared by concurrent scans and worker processes. It holds facts and scores, which
hold no secrets. It is only a cache: whatever is wrong with it costs time, never a result.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import logging
import os
import sqlite3
import stat
import sys
import time
import zlib
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from assessor import __version__
from assessor.plugins import points

MAX_SIZE = 1024**3  # bytes on disk
DAY = 24 * 60 * 60
BUSY = 5.0  # seconds to wait for another process that writes
SCHEMA = 3
FAST = 1  # of zlib's levels: facts repeat themselves, and shrink to a fifth and less at any
_LIBRARIES = frozenset(("msgspec", "pygit2", "tree_sitter", "tree_sitter_hcl", "yaml"))

_log = logging.getLogger(__name__)

_CREATE = """
CREATE TABLE IF NOT EXISTS facts (id INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE, used INTEGER NOT NULL, value BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS facts_used ON facts (used);
"""


def cache_file() -> Path:
    """Return where the cache is: below ``$XDG_CACHE_HOME``, or ``~/.cache``."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    folder = Path(base) if base.startswith("/") else Path.home() / ".cache"
    return folder / "gitops-assess" / "facts.sqlite"


@cache
def code_version(*groups: str, folders: tuple[str, ...] = ()) -> str:
    """Return what results depend on beside their input: the tool, the plug-ins of these entry-point groups, local folders.

    Code is told by the size and time of its files, so that what an edited reader or check gave before is not taken for
    what it gives now. Nothing of it is imported: a scan that finds everything in the cache does without.
    """
    found = [point for group in sorted(groups) for point in points(group)]
    parts = [__version__, sys.version, *(f"{p.group} {p.name} {p.value} {p.dist and p.dist.version}" for p in found)]
    for name in sorted({"assessor", *_LIBRARIES, *(_package(point.module) for point in found)}):
        spec = importlib.util.find_spec(name)
        if spec is not None:
            inner = spec.submodule_search_locations if name not in _LIBRARIES else None
            parts += _files(inner or [spec.origin or ""])
    parts += _files(folders)
    return hashlib.blake2b("\n".join(parts).encode("utf-8", "replace"), digest_size=16).hexdigest()


def _package(module: str) -> str:
    """Return the package whose files a plug-in's result depends on; finding one inside another would import the outer."""
    first, _, rest = module.partition(".")
    return f"{first}.{rest.partition('.')[0]}" if first == "assessor" and rest else first


def _files(roots: Iterable[str]) -> list[str]:
    """Return name, size and time of files, and of all below folders."""
    found, stack = [], list(roots)
    while stack:
        root = stack.pop()
        with contextlib.suppress(OSError):
            if stat.S_ISDIR((info := os.stat(root)).st_mode):  # noqa: PTH116  called for every file of the tool at every start
                with os.scandir(root) as scan:
                    stack += (item.path for item in scan if item.name != "__pycache__")
            else:
                found.append(f"{root} {info.st_size} {info.st_mtime_ns}")
    return sorted(found)


class FactCache:
    """The cache of one process. Every method works whatever state the file is in; at worst nothing is remembered."""

    def __init__(self, file: Path, version: str, max_size: int = MAX_SIZE) -> None:
        self.file = file
        self.max_size = max_size
        self._version = hashlib.blake2b(version.encode(), digest_size=20)
        self._now = int(time.time())
        self._new: dict[bytes, bytes] = {}
        self._touched: set[bytes] = set()
        self._connection = self._open()

    def key(self, *what: str) -> bytes:
        """Return the key of a value that depends on these and on the code, and on nothing else."""
        digest = self._version.copy()
        for part in what:
            data = part.encode("utf-8", "surrogateescape")
            digest.update(b"%d " % len(data) + data)
        return digest.digest()

    def get(self, key: bytes) -> bytes | None:
        """Return what was remembered under a key."""
        if self._connection is None:
            return None
        try:
            row = self._connection.execute("SELECT value, used FROM facts WHERE key = ?", (key,)).fetchone()
        except sqlite3.Error as error:
            self._failed(error)
            return None
        if row is None:
            return None
        if self._now - row[1] > DAY:
            self._touched.add(key)
        try:
            return zlib.decompress(row[0])
        except zlib.error:  # its checksum tells of a flipped bit, which the database does not notice
            return None

    def has(self, key: bytes) -> bool:
        """Say whether something is remembered under a key; whether it is sound shows when it is asked for."""
        if self._connection is None:
            return False
        try:
            return self._connection.execute("SELECT 1 FROM facts WHERE key = ?", (key,)).fetchone() is not None
        except sqlite3.Error as error:
            self._failed(error)
            return False

    def put(self, key: bytes, value: bytes) -> None:
        """Remember a value; it is written by the next `flush`."""
        self._new[key] = zlib.compress(value, FAST)

    def forget(self, keys: Iterable[bytes]) -> None:
        """Forget what is remembered under these keys."""
        keys = set(keys)
        self._new = {key: value for key, value in self._new.items() if key not in keys}
        if self._connection is not None:
            try:
                with self._connection:
                    self._connection.execute("BEGIN IMMEDIATE")
                    self._connection.executemany("DELETE FROM facts WHERE key = ?", [(key,) for key in keys])
            except sqlite3.Error as error:
                self._failed(error)

    def flush(self) -> None:
        """Write what is new in one transaction, and keep the file within its size."""
        if self._connection is not None and (self._new or self._touched):
            try:
                self._write(self._connection)
            except sqlite3.Error as error:
                self._failed(error)
        self._new, self._touched = {}, set()

    def close(self) -> None:
        """Write what is new and close the file."""
        self.flush()
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _write(self, connection: sqlite3.Connection) -> None:
        with connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany(
                "INSERT OR REPLACE INTO facts (key, used, value) VALUES (?, ?, ?)",
                [(key, self._now, value) for key, value in self._new.items()],
            )
            connection.executemany("UPDATE facts SET used = ? WHERE key = ?", [(self._now, key) for key in self._touched])
            self._evict(connection)

    def _evict(self, connection: sqlite3.Connection) -> None:
        """Forget the least recently used quarter until what is left fits."""
        size = _pragma(connection, "page_size")
        while (_pragma(connection, "page_count") - _pragma(connection, "freelist_count")) * size > self.max_size:
            few = "SELECT id FROM facts ORDER BY used, id LIMIT (SELECT count(*) / 4 + 1 FROM facts)"
            if not connection.execute(f"DELETE FROM facts WHERE id IN ({few})").rowcount:  # noqa: S608  a constant
                return

    def _open(self) -> sqlite3.Connection | None:
        try:
            return self._connect()
        except sqlite3.OperationalError as error:  # busy, full, read-only: not damaged
            _log.warning("the cache %s is not used: %s", self.file, error)
        except sqlite3.DatabaseError as error:
            return self._recreate(error)
        except OSError as error:
            _log.warning("the cache %s is not used: %s", self.file, error.strerror)
        return None

    def _connect(self) -> sqlite3.Connection:
        self.file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        connection = sqlite3.connect(self.file, timeout=BUSY, isolation_level=None)
        connection.text_factory = bytes  # nothing in it is text; what is after all is damage to one value, not to the cache
        try:
            connection.execute("PRAGMA auto_vacuum = FULL")
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            _prepare(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _recreate(self, reason: sqlite3.Error) -> sqlite3.Connection | None:
        _log.warning("the cache %s is made anew: %s", self.file, reason)
        for suffix in ("", "-wal", "-shm"):
            with contextlib.suppress(OSError):
                self.file.with_name(self.file.name + suffix).unlink()
        try:
            return self._connect()
        except (sqlite3.Error, OSError) as error:
            _log.warning("the cache %s is not used: %s", self.file, error)
            return None

    def _failed(self, error: sqlite3.Error) -> None:
        """Go on without a cache; a damaged file is made anew for the next scan."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        if isinstance(error, sqlite3.OperationalError):
            _log.warning("the cache %s is not used: %s", self.file, error)
        else:
            self._connection = self._recreate(error)


def _prepare(connection: sqlite3.Connection) -> None:
    version = _pragma(connection, "user_version")
    if version not in (0, SCHEMA):
        raise sqlite3.DatabaseError("it is of another version")
    if version == 0:
        connection.executescript(f"BEGIN IMMEDIATE; {_CREATE} PRAGMA user_version = {SCHEMA}; COMMIT;")


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    value: int = connection.execute(f"PRAGMA {name}").fetchone()[0]
    return value


def open_cache() -> FactCache:
    """Open the user's cache for what the installed readers find."""
    return FactCache(cache_file(), code_version("gitops_assess.readers"))
