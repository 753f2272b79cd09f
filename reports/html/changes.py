"""What the page says of the changes since a baseline."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from assessor.comparing import Change, Comparison
from assessor.model import Status

from ..words import CODES, STATUSES, SYMBOLS, listing, more, number, plural, printable
from .findings import Findings

CHANGES = 60


@dataclass(frozen=True, slots=True)
class ChangeView:
    """One verdict that changed."""

    symbol: str
    status: str
    href: str
    title: str
    where: str
    summary: str
    before: str


@dataclass(frozen=True, slots=True)
class ChangeGroup:
    """Changes of one kind."""

    title: str
    count: int
    changes: tuple[ChangeView, ...]
    more: str


@dataclass(frozen=True, slots=True)
class StepChange:
    """A step then and now."""

    title: str
    before: str
    now: str
    change: str


@dataclass(frozen=True, slots=True)
class ComparisonView:
    """What became of the baseline."""

    line: str
    date: str
    groups: tuple[ChangeGroup, ...]
    steps: tuple[StepChange, ...]
    caveats: tuple[str, ...]
    repositories: tuple[str, ...]


def comparison_view(comparison: Comparison, findings: Findings) -> ComparisonView:
    """Return a comparison in words."""
    groups = (
        ("Improved", comparison.improved),
        ("Regressed", comparison.regressed),
        ("New problems", comparison.new),
        ("Problems seen for the first time", comparison.found),
        ("No longer visible", comparison.lost),
        ("Waived", comparison.waived),
        ("No longer there", comparison.gone),
    )
    score = "The scores cannot be compared" if comparison.score is None else f"{comparison.score:+.1f} points"
    level = f", {comparison.level:+d} level" if comparison.level else ", same level"
    seen = f", {comparison.coverage:+.1f} % assessed" if comparison.coverage else ""
    return ComparisonView(
        line=f"{score}{level}{seen}",
        date=printable(comparison.before.date, 20),
        groups=tuple(_changes(title, changes, findings) for title, changes in groups if changes),
        steps=tuple(
            StepChange(printable(step.title), number(step.before), number(step.score), _signed(step.change))
            for step in comparison.steps
        ),
        caveats=tuple(printable(caveat) for caveat in comparison.caveats),
        repositories=tuple(_moved(comparison)),
    )


def _moved(comparison: Comparison) -> Iterator[str]:
    for names, words in ((comparison.repositories_added, "New"), (comparison.repositories_removed, "No longer assessed")):
        if names:
            yield f"{words}: {plural(len(names), 'repository', 'repositories')} ({listing(names)})."


def _signed(change: float | None) -> str:
    return "–" if change is None else f"{change:+.1f}" if change else "unchanged"


def _changes(title: str, changes: Sequence[Change], findings: Findings) -> ChangeGroup:
    return ChangeGroup(
        title, len(changes), tuple(_change(c, findings) for c in changes[:CHANGES]), more(len(changes) - CHANGES, "change")
    )


def _change(change: Change, findings: Findings) -> ChangeView:
    shown = change.now or Status.NOT_APPLICABLE
    return ChangeView(
        symbol=SYMBOLS[shown],
        status=CODES[shown],
        href=findings.anchor(change.check, change.repository),
        title=printable(change.title),
        where=listing(dict.fromkeys(filter(None, (change.repository, change.subject.name))), 2, 60),
        summary=printable(change.summary),
        before=f"was {STATUSES[change.before]}" if change.before else "",
    )
