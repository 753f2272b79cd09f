"""What every fact is: a frozen value that says where it was seen."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Any, ClassVar, TypeVar

import msgspec

FILES = "files"


class Place(msgspec.Struct, frozen=True, order=True, omit_defaults=True):
    """A place a person can open: a line of a file in a repository (line 0 = the file as a whole), or a live object.

    Of a live object `source` is the system that was asked, and `path` names it there: an ARN, ``context/namespace/kind/name``
    of a cluster, an address of a forge.
    """

    repository: str
    path: str
    line: int = 0
    excerpt: str = ""  # the line itself, shortened and with secrets taken out
    source: str = FILES  # files, aws, kubernetes, github, gitlab

    @property
    def live(self) -> bool:
        """Whether it was seen in a running system rather than in a file."""
        return self.source != FILES

    def __str__(self) -> str:
        return f"{self.path}:{self.line}" if self.line else self.path


class Fact(msgspec.Struct, frozen=True, kw_only=True, tag=True, tag_field="fact"):
    """Something observed. Values only: no client, no open file, no secret."""

    kind: ClassVar[str] = ""
    transient: ClassVar[bool] = False  # only input to deriving; dropped afterwards
    at: Place

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if "kind" not in cls.__dict__:
            cls.kind = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", cls.__name__).lower()

    @property
    def label(self) -> str:
        """What to call this one among its kind."""
        return self.at.path


class Gap(msgspec.Struct, frozen=True, order=True):
    """Something that could not be seen, and why.

    `source` is where we looked (files, git, aws …), `subject` what we looked for, `kinds` the kinds of fact
    that may be missing because of it (empty: unknown).
    """

    source: str
    subject: str
    reason: str
    repository: str = ""
    kinds: tuple[str, ...] = ()


F = TypeVar("F", bound=Fact)


class Holder:
    """Mixin for a value with `all_facts`: looks facts up by type, subclasses included, in a stable order."""

    @property
    def all_facts(self) -> Iterable[Fact]:
        """Every fact held, in a stable order."""
        raise NotImplementedError

    @cached_property
    def by_type(self) -> dict[type[Fact], list[Fact]]:
        """The facts by their own type, each in the order of `all_facts`."""
        found: dict[type[Fact], list[Fact]] = {}
        for fact in self.all_facts:
            found.setdefault(type(fact), []).append(fact)
        return found

    @cached_property
    def _looked_up(self) -> dict[type[Fact], tuple[Fact, ...]]:
        return {}

    def of(self, kind: type[F]) -> tuple[F, ...]:
        """Return the facts of one kind."""
        found = self._looked_up.get(kind)
        if found is None:
            kinds = [each for each in self.by_type if issubclass(each, kind)]
            if len(kinds) > 1:
                found = tuple(fact for fact in self.all_facts if isinstance(fact, kind))
            else:
                found = tuple(self.by_type[kinds[0]]) if kinds else ()
            self._looked_up[kind] = found
        return found  # type: ignore[return-value]  # the index maps a type to its own instances


class FactSet(Holder):
    """Some facts to look up by type, apart from any repository."""

    def __init__(self, facts: Iterable[Fact] = ()) -> None:
        self._facts = tuple(facts)

    @property
    def all_facts(self) -> Iterable[Fact]:
        """Every fact held, in the order given."""
        return self._facts

    def __iter__(self) -> Iterator[Fact]:
        return iter(self._facts)

    def __len__(self) -> int:
        return len(self._facts)
