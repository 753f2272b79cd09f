"""From one file to its facts: remembered ones where the content is known, else what its readers find."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import cache

import msgspec

from assessor.errors import ParseError
from assessor.facts.base import Fact
from assessor.reading import Dispatch, Reader, Source
from assessor.registry import load_readers

from .cache import FactCache
from .tree import Entry, Tree
from .wire import NOT_FACTS, Problem, codec

Found = tuple[tuple[Fact, ...], tuple[Problem, ...]]
Answer = tuple[tuple[Fact, ...], tuple[Problem, ...], bool]
NOTHING: Found = ((), ())
Kept = tuple[str, bytes]  # what identifies the content of a file, and what it gave; b"" for nothing, as nearly every source file

_KEPT = msgspec.msgpack.Encoder()
_READ_KEPT = msgspec.msgpack.Decoder(dict[str, Kept])


@cache
def readers_of() -> Dispatch:
    """Return what finds the readers of a path."""
    return Dispatch(load_readers().values())


class Extraction:
    """Extracts the facts of one repository's files.

    What the files of a repository gave is remembered together: one look-up and one write for all of them.
    """

    def __init__(self, repository: str, tree: Tree, cache: FactCache | None) -> None:
        self.repository = repository
        self.tree = tree
        self.cache = cache
        self.readers = readers_of()
        self.key = cache.key("files", repository, tree.remote) if cache else b""
        self.known = self._remembered()
        self.seen: dict[str, Kept] = {}

    def of(self, entry: Entry) -> Answer:
        """Return the facts of a file, what could not be read in it, and whether it could be opened at all."""
        readers = self.readers(entry.path)
        if not readers:
            return (), (), True
        content = f"{entry.oid}:{entry.size}" if entry.oid else ""
        found = self._of(entry.path, content)
        if found is None:
            try:
                data = self.tree.read(entry)
            except ParseError as error:
                return (), ((str(error), error.line),), False
            if not content or self.tree.moved:  # then its content is not the one it was listed with
                content = hashlib.blake2b(data, digest_size=20).hexdigest() if self.cache else ""
                found = self._of(entry.path, content)
            if found is None:
                found = self._read(readers, Source(self.repository, entry.path, data), content)
        return *found, True

    def remember(self) -> None:
        """Remember what the files asked for gave, until the cache is flushed."""
        if self.cache and self.seen != self.known:
            self.cache.put(self.key, _KEPT.encode(self.seen))

    def _remembered(self) -> dict[str, Kept]:
        value = self.cache.get(self.key) if self.cache else None
        try:
            return _READ_KEPT.decode(value) if value is not None else {}
        except NOT_FACTS:
            return {}

    def _of(self, path: str, content: str) -> Found | None:
        """Return what the file gave when it had the same content."""
        kept = self.known.get(path) if content else None
        if kept is None or kept[0] != content:
            return None
        try:
            found = codec().read_file(kept[1]) if kept[1] else NOTHING
        except NOT_FACTS:
            return None
        self.seen[path] = kept
        return found

    def _read(self, readers: list[Reader], source: Source, content: str) -> Found:
        """Run the readers. What they yield is checked against the declared types by encoding it."""
        problems: dict[str, int] = {}
        facts = [fact for reader in readers for fact in _run(reader, source, problems)]
        problems |= {str(problem): problem.line for problem in source.problems.values()}
        if not facts and not problems:  # nearly every source file
            self.seen[source.path] = (content, b"")
            return NOTHING
        try:
            value = codec().file(facts, problems.items())
            found = codec().read_file(value)
        except NOT_FACTS:
            found = tuple(_sound(facts, problems)), tuple(problems.items())
        else:
            self.seen[source.path] = (content, value)
        return found


def _run(reader: Reader, source: Source, problems: dict[str, int]) -> Iterator[Fact]:
    try:
        yield from reader.read(source)
    except ParseError as error:
        problems.setdefault(str(error), error.line)
    except MemoryError:
        raise  # the limit of the whole repository, nothing this file may be remembered for
    except Exception as error:  # noqa: BLE001  one bad file never costs the rest of the scan
        problems[f"the {reader.id} reader failed: {type(error).__name__}: {error}"] = 0


def _sound(facts: list[Fact], problems: dict[str, int]) -> Iterator[Fact]:
    """Yield the facts that are what they declare; a reader took a hostile value for something it is not in the others."""
    for fact in facts:
        try:
            yield from codec().read_file(codec().file((fact,), ()))[0]
        except NOT_FACTS as error:
            problems[f"a {type(fact).kind} in it is not what it should be: {error}"] = 0
