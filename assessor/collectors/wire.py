"""Facts as bytes: what travels between processes and rests in the cache.

The bytes are MessagePack of the facts' fields, decoded by the declared types: nothing in them can name code to run.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import Any, Union

import msgspec

import assessor.deriving  # noqa: F401  derivers may declare kinds of their own
from assessor.errors import UsageError
from assessor.facts.base import Fact
from assessor.facts.paths import PackedPaths, packed
from assessor.facts.repository import Organization, Repository
from assessor.model import RepositoryScore
from assessor.redaction import may_hold_secrets, scrub
from assessor.registry import load_readers

Problem = tuple[str, int]  # what is wrong, and the line, 0 when unknown
NOT_FACTS = (msgspec.MsgspecError, TypeError, ValueError, OverflowError, RecursionError)


class Codec:
    """Encodes and decodes every kind of fact that our own modules and the readers' packages declare."""

    def __init__(self, kinds: Sequence[type[Fact]]) -> None:
        fact: Any = Union[tuple(kinds)]  # noqa: UP007  the members are only known now
        self._encoder = msgspec.msgpack.Encoder()
        self._file: msgspec.msgpack.Decoder[Any] = msgspec.msgpack.Decoder(tuple[tuple[fact, ...], tuple[Problem, ...]])
        self._result: msgspec.msgpack.Decoder[Any] = msgspec.msgpack.Decoder(
            tuple[Repository, bytes, tuple[fact, ...], RepositoryScore]
        )

    def file(self, facts: Iterable[Fact], problems: Iterable[Problem]) -> bytes:
        """Encode what was learned from one file, without secrets; raises one of `NOT_FACTS`.

        Readers keep secrets out of facts. What one of them overlooks is taken out here, before anything is kept.
        """
        data = self._encoder.encode((tuple(facts), tuple(problems)))
        return self._encoder.encode(scrub(msgspec.msgpack.decode(data))) if may_hold_secrets(data.decode("latin-1")) else data

    def read_file(self, data: bytes) -> tuple[tuple[Fact, ...], tuple[Problem, ...]]:
        """Decode what was learned from one file; raises one of `NOT_FACTS`."""
        found: tuple[tuple[Fact, ...], tuple[Problem, ...]] = self._file.decode(data)
        return found

    def result(self, repository: Repository, score: RepositoryScore) -> bytes:
        """Encode a repository with its facts, and how it scores alone; raises one of `NOT_FACTS`."""
        bare = msgspec.structs.replace(repository, files=(), facts=())
        return self._encoder.encode((bare, packed(repository.files), repository.facts, score))

    def read_result(self, data: bytes) -> tuple[Repository, RepositoryScore]:
        """Decode a repository with its facts, and its score; raises one of `NOT_FACTS`."""
        decoded: tuple[Repository, bytes, tuple[Fact, ...], RepositoryScore] = self._result.decode(data)
        repository, files, facts, score = decoded
        return msgspec.structs.replace(repository, files=PackedPaths(files), facts=facts), score


@cache
def codec() -> Codec:
    """Return the codec of everything installed; raises `UsageError` when two kinds of fact have one name."""
    packages = {"assessor", *(reader.read.__module__.partition(".")[0] for reader in load_readers().values())}
    kinds: dict[str, type[Fact]] = {}
    for kind in sorted(_kinds(Fact), key=lambda kind: (kind.__module__, kind.__qualname__)):
        if kind.__module__.partition(".")[0] not in packages:
            continue
        other = kinds.setdefault(kind.__name__, kind)
        if other is not kind:
            raise UsageError(
                f"two kinds of fact are called {kind.__name__}: in {other.__module__} and in {kind.__module__}",
                "Rename one of them.",
            )
    return Codec(tuple(kinds.values()))


def _kinds(base: type[Fact]) -> Iterator[type[Fact]]:
    for kind in base.__subclasses__():
        if kind not in (Repository, Organization):
            yield kind
            yield from _kinds(kind)
