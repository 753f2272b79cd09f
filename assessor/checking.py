"""What the author of a check imports.

A check is a function of one typed fact; the annotation of its parameter chooses the subject, its docstring is its
page (first line: a claim that is true when it passes; then ``## Why`` and ``## Fix``).
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any, Generic, TypeVar, get_args, get_type_hints

import msgspec

from assessor.facts.base import Fact, Place
from assessor.model import Status, Step, Task, Verdict, Weight

__all__ = [
    "CORE", "HYGIENE", "SUPPORT", "Check", "Fact", "Place", "Step", "Task", "Verdict", "Weight",
    "check", "failed", "graded", "measured", "not_applicable", "not_observed", "partial", "passed",
]  # fmt: skip

CORE, SUPPORT, HYGIENE = Weight.CORE, Weight.SUPPORT, Weight.HYGIENE
MAX_PLACES = 8

F = TypeVar("F", bound=Fact)


@cache
def _doc(judge: Callable[..., Verdict]) -> str:
    return inspect.getdoc(judge) or ""


@dataclass(frozen=True, slots=True)
class Check(Generic[F]):
    """A check: its metadata and the pure function behind it."""

    id: str
    task: Task
    weight: Weight
    subject: type[F]
    judge: Callable[[F], Verdict]
    scaffold: str | None  # the template that repairs it
    effort: int  # 1 hours, 2 days, 3 weeks
    frameworks: tuple[str, ...]  # e.g. "OpenGitOps 2: Versioned and Immutable"
    gate: bool  # a fail holds step 1, whatever the scores
    live: bool  # has no static evidence at all
    others: tuple[type[Fact], ...] = ()  # further kinds of subject, judged in the same way
    origin: str = ""  # the distribution or folder it came from

    @property
    def subjects(self) -> str:
        """The kinds of its subjects, in words."""
        kinds: tuple[type[Fact], ...] = (self.subject, *self.others)
        return " and ".join(kind.kind.replace("-", " ") for kind in kinds)

    @property
    def step(self) -> Step:
        """The step it counts in."""
        return self.task.step

    @property
    def doc(self) -> str:
        """The docstring, in Markdown."""
        return _doc(self.judge)

    @property
    def title(self) -> str:
        """The docstring's first line without its full stop."""
        return self.doc.partition("\n")[0].rstrip(".")

    def section(self, heading: str) -> str:
        """Return the text under a ``## heading`` of the docstring."""
        _, found, rest = self.doc.partition(f"## {heading}\n")
        return rest.partition("\n## ")[0].strip() if found else ""


def check(
    id: str,
    *,
    task: Task,
    weight: Weight,
    scaffold: str | None = None,
    effort: int = 1,
    frameworks: Iterable[str] = (),
    gate: bool = False,
    live: bool = False,
) -> Callable[[Callable[[F], Verdict]], Check[F]]:
    """Turn a function of one fact into a check about that kind of fact, or of either of two (`Repository | Cluster`)."""

    def wrap(judge: Callable[[F], Verdict]) -> Check[F]:
        parameter = next(iter(inspect.signature(judge).parameters))
        hint: Any = get_type_hints(judge)[parameter]
        subject, *others = get_args(hint) or (hint,)
        return Check(id, task, weight, subject, judge, scaffold, effort, tuple(frameworks), gate, live, tuple(others))

    return wrap


def passed(summary: str, at: Iterable[Place] = ()) -> Verdict:
    """The practice holds; `at` proves it."""
    return Verdict(Status.PASS, 1.0, summary, _few(at))


def partial(share: float, summary: str, at: Iterable[Place] = ()) -> Verdict:
    """The practice holds for a share (strictly between 0 and 1) of what it applies to."""
    return Verdict(Status.PARTIAL, min(max(share, 0.01), 0.99), summary, _few(at))


def failed(summary: str, at: Iterable[Place] = ()) -> Verdict:
    """The practice does not hold; `at` shows where it should."""
    return Verdict(Status.FAIL, 0.0, summary, _few(at))


def graded(share: float, summary: str, at: Iterable[Place] = ()) -> Verdict:
    """Pass at 1, fail at 0, partial between."""
    if share >= 1:
        return passed(summary, at)
    return partial(share, summary, at) if share > 0 else failed(summary, at)


def measured(share: float, verdict: Verdict) -> Verdict:
    """Keep in a verdict the share (0 to 1) that thresholds turned into it: reports show the figure itself."""
    return msgspec.structs.replace(verdict, measured=share)


def not_observed(reason: str, at: Iterable[Place] = ()) -> Verdict:
    """It cannot be told from what was seen: a value that only exists at run time, a source that was denied."""
    return Verdict(Status.NOT_OBSERVED, 0.0, reason, _few(at))


def not_applicable(reason: str, at: Iterable[Place] = ()) -> Verdict:
    """The question does not arise for this subject, and nothing is hidden that could change that."""
    return Verdict(Status.NOT_APPLICABLE, 0.0, reason, _few(at))


def _few(places: Iterable[Place]) -> tuple[Place, ...]:
    unique: dict[Place, None] = {}
    for place in places:
        unique[place] = None
        if len(unique) == MAX_PLACES:
            break
    return tuple(unique)
