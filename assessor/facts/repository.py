"""A repository and the organization it belongs to: the two facts that hold the others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

import msgspec

from .base import Fact, FactSet, Gap, Holder, Place

if TYPE_CHECKING:
    Paths = Sequence[str]
else:
    Paths = tuple[str, ...]  # as it is decoded; what was collected elsewhere comes packed (`assessor.facts.paths`)


class Change(msgspec.Struct, frozen=True):
    """One commit of the default branch's first-parent line, newest first."""

    commit: str
    subject: str
    parents: int
    committer: str = ""  # name only: "GitHub" marks a merge done on the forge
    brings: str = ""  # of a merge: the subject of the newest commit it brings in


class Repository(Fact, Holder, frozen=True, kw_only=True, dict=True):
    """One repository as scanned, with everything that was learned from it."""

    name: str
    path: str  # relative to the folder scanned; "." when that is the repository itself
    commit: str = ""  # empty: a plain folder, or no commit yet
    branch: str = ""
    remote: str = ""  # the origin's address without credentials
    shallow: bool = False  # its history ends early, before as many commits as are looked at
    history: tuple[Change, ...] = ()
    is_library: bool = False  # its product is code for others to import; its examples are documentation
    untracked: tuple[str, ...] = ()  # own files that git does not track (yet) and does not ignore
    files: Paths = ()  # paths of its own content, sorted
    set_aside: dict[str, int] = {}  # files seen and not scored, by origin: vendored, generated, fixture, …
    facts: tuple[Fact, ...] = ()
    gaps: tuple[Gap, ...] = ()

    @property
    def label(self) -> str:
        """Its name."""
        return self.name

    @property
    def all_facts(self) -> Iterable[Fact]:
        """The facts learned from it."""
        return self.facts

    @cached_property
    def folders(self) -> frozenset[str]:
        """Every folder that holds own content, "" for the root."""
        found = {""}
        for path in self.files:
            folder = path.rpartition("/")[0]
            while folder not in found:
                found.add(folder)
                folder = folder.rpartition("/")[0]
        return frozenset(found)

    @cached_property
    def file_set(self) -> frozenset[str]:
        """The paths of its own content, for look-ups."""
        return frozenset(self.files)


class Organization(Fact, Holder, frozen=True, kw_only=True, dict=True):
    """Several repositories assessed together, with the facts that join them and those of live systems."""

    name: str
    repositories: tuple[Repository, ...] = ()
    facts: tuple[Fact, ...] = ()
    gaps: tuple[Gap, ...] = ()
    asked: tuple[str, ...] = ()  # the live systems that were asked: aws, kubernetes, github, gitlab

    @property
    def label(self) -> str:
        """Its name."""
        return self.name

    @property
    def all_facts(self) -> Iterator[Fact]:
        """Its own facts, then each repository and that repository's facts."""
        yield from self.facts
        for repository in self.repositories:
            yield repository
            yield from repository.facts

    @cached_property
    def by_type(self) -> dict[type[Fact], list[Fact]]:
        """The facts by type, joined from each repository's own index: these outlive a join that changes few repositories."""
        found: dict[type[Fact], list[Fact]] = {kind: list(facts) for kind, facts in self.own.by_type.items()}
        for repository in self.repositories:
            found.setdefault(Repository, []).append(repository)
            for kind, facts in repository.by_type.items():
                found.setdefault(kind, []).extend(facts)
        return found

    @cached_property
    def own(self) -> FactSet:
        """Its own facts alone, for look-ups."""
        return FactSet(self.facts)

    @cached_property
    def all_gaps(self) -> tuple[Gap, ...]:
        """What could not be seen, anywhere."""
        return self.gaps + tuple(gap for repository in self.repositories for gap in repository.gaps)


def organization_place() -> Place:
    """Return where an organization "is": nowhere one can open."""
    return Place("", "")
