"""From one file to its facts: remembered ones where the content is known, else what its readers find."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import cache

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


@cache
def readers_of() -> Dispatch:
    """Return what finds the readers of a path."""
    return Dispatch(load_readers().values())


class Extraction:
    """Extracts the facts of one repository's files."""

    def __init__(self, repository: str, tree: Tree, cache: FactCache | None) -> None:
        self.repository = repository
        self.tree = tree
        self.cache = cache
        self.readers = readers_of()

    def of(self, entry: Entry) -> Answer:
        """Return the facts of a file, what could not be read in it, and whether it could be opened at all."""
        readers = self.readers(entry.path)
        if not readers:
            return (), (), True
        key = self._key(entry, f"{entry.oid}:{entry.size}") if entry.oid else b""
        found = self._remembered(key)
        if found is None:
            try:
                data = self.tree.read(entry)
            except ParseError as error:
                return (), ((str(error), error.line),), False
            if not key or self.tree.moved:  # then its content is not the one it was listed with
                key = self._key(entry, hashlib.blake2b(data, digest_size=20).hexdigest())
                found = self._remembered(key)
            if found is None:
                found = self._read(readers, Source(self.repository, entry.path, data), key)
        return *found, True

    def _key(self, entry: Entry, content: str) -> bytes:
        return self.cache.key(self.repository, entry.path, content) if self.cache else b""

    def _remembered(self, key: bytes) -> Found | None:
        value = self.cache.get(key) if self.cache and key else None
        if value is None:
            return None
        try:
            return codec().read_file(value)
        except NOT_FACTS:
            return None

    def _read(self, readers: list[Reader], source: Source, key: bytes) -> Found:
        """Run the readers. What they yield is checked against the declared types by encoding it."""
        problems: dict[str, int] = {}
        facts = [fact for reader in readers for fact in _run(reader, source, problems)]
        problems |= {str(problem): problem.line for problem in source.problems.values()}
        if not facts and not problems:  # nearly every source file
            if self.cache:
                self.cache.put(key, _nothing())
            return NOTHING
        try:
            value = codec().file(facts, problems.items())
            found = codec().read_file(value)
        except NOT_FACTS:
            found = tuple(_sound(facts, problems)), tuple(problems.items())
        else:
            if self.cache:
                self.cache.put(key, value)
        return found


@cache
def _nothing() -> bytes:
    return codec().file((), ())


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
