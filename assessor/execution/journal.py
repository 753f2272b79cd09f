"""Keeps what a running scan has found so far, so that ``--resume`` can go on where an interrupted one was stopped.

A scan that is not interrupted forgets it at its end, also what an earlier one had kept of the same repositories; and one that ends within seconds never writes any. What is resumed is
taken as it was found, even of a repository that has changed since: it is one scan, of one moment, continued. (Without
``--resume`` every repository is looked at again, and those unchanged are remembered by the cache.)
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import msgspec

from assessor.collectors.cache import FactCache, cache_file, code_version
from assessor.collectors.target import Target

from .unit import Answer, Order

FIRST, EVERY = 3.0, 1.0  # seconds until answers are first written, and between one writing and the next
MAX_SIZE = 2 * 1024**3


class Journal:
    """The answers of one scan, by repository; another order, or another version of the tool, is another scan."""

    def __init__(self, order: Order) -> None:
        self._order = order.digest()
        self._used = order.cache
        self._open: FactCache | None = None
        self._pending: list[tuple[Target, Answer]] = []
        self._kept: list[bytes] = []
        self._due = time.monotonic() + FIRST

    def answers(self, targets: Sequence[Target]) -> dict[int, Answer]:
        """Return what an interrupted scan had found, by the number of the target."""
        found = {}
        for number, target in enumerate(targets):
            value = self._store.get(self._key(target))
            if value is not None:
                found[number] = msgspec.msgpack.decode(value, type=Answer)
                self._kept.append(self._key(target))
        return found

    def note(self, target: Target, answer: Answer) -> None:
        """Keep an answer; a failure is not kept, so that it is tried again."""
        if self._used and not answer.failure:
            self._pending.append((target, answer))
            if time.monotonic() >= self._due:
                self._write()

    def interrupted(self) -> int:
        """Write what is not yet written; return how many repositories are kept."""
        self._write()
        if self._open:
            self._open.close()
        return len(self._kept)

    def finished(self, targets: Sequence[Target]) -> None:
        """Forget what is kept of these, by whichever scan of this order."""
        if self._used and _file().exists():
            self._store.forget([self._key(target) for target in targets])
        if self._open:
            self._open.close()

    def _write(self) -> None:
        for target, answer in self._pending:
            key = self._key(target)
            self._store.put(key, msgspec.msgpack.encode(answer))
            self._kept.append(key)
        if self._pending:
            self._store.flush()
        self._pending = []
        self._due = time.monotonic() + EVERY

    @property
    def _store(self) -> FactCache:
        if self._open is None:
            version = code_version("gitops_assess.readers")
            self._open = FactCache(_file(), version, MAX_SIZE)
        return self._open

    def _key(self, target: Target) -> bytes:
        return self._store.key("answer", self._order, target.name, str(target.location), target.ref)


def _file() -> Path:
    return cache_file().with_name("journal.sqlite")
