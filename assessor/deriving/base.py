"""What a deriver is: a function from a repository's facts to wider facts, joined from several files.

Derivers run in the order of `assessor.deriving.DERIVERS`; each sees what earlier ones added. A deriver that improves
facts rather than adding to them names their kind in `replaces`: the old ones are dropped and what it yields takes
their place.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from functools import cached_property

from assessor.facts.base import Fact, Holder, Place
from assessor.facts.repository import Organization, Repository


class Material(Holder):
    """A repository (without its facts) and the facts collected so far."""

    def __init__(self, repository: Repository, facts: Iterable[Fact]) -> None:
        self.repository = repository
        self._facts = tuple(facts)

    @property
    def all_facts(self) -> tuple[Fact, ...]:
        """The facts collected so far."""
        return self._facts

    @cached_property
    def files(self) -> frozenset[str]:
        """Paths of the repository's own content."""
        return frozenset(self.repository.files)

    def place(self, path: str, line: int = 0) -> Place:
        """Return a place in this repository."""
        return Place(self.repository.name, path, line)


@dataclass(frozen=True, slots=True)
class Deriver:
    """A deriver of one repository's facts."""

    name: str
    derive: Callable[[Material], Iterable[Fact]]
    replaces: tuple[type[Fact], ...] = ()


@dataclass(frozen=True, slots=True)
class Joiner:
    """A deriver across the repositories of an organization; what it `replaces` may belong to any of them."""

    name: str
    derive: Callable[[Organization], Iterable[Fact]]
    replaces: tuple[type[Fact], ...] = ()


def deriver(*, replaces: tuple[type[Fact], ...] = ()) -> Callable[[Callable[[Material], Iterable[Fact]]], Deriver]:
    """Turn a function of a repository's material into a deriver."""

    def wrap(derive: Callable[[Material], Iterable[Fact]]) -> Deriver:
        return Deriver(derive.__name__, derive, replaces)

    return wrap


def joiner(*, replaces: tuple[type[Fact], ...] = ()) -> Callable[[Callable[[Organization], Iterable[Fact]]], Joiner]:
    """Turn a function of an organization into a joiner. A fact's `at.repository` says whose it is."""

    def wrap(derive: Callable[[Organization], Iterable[Fact]]) -> Joiner:
        return Joiner(derive.__name__, derive, replaces)

    return wrap


def enclosing(folders: Collection[str], path: str) -> str | None:
    """Return the nearest of the folders around a path, None when none is. `folders` should be quick to search."""
    while "/" in path:
        path = path.rpartition("/")[0]
        if path in folders:
            return path
    return "" if "" in folders else None
