"""What the page says of the changes since a baseline."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from assessor.model import Assessment

from ..compare import Change, Comparison
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
    gone: str


def comparison_view(comparison: Comparison, findings: Findings, assessment: Assessment) -> ComparisonView:
    """Return a comparison in words."""
    groups = (
        ("Improved", comparison.improved),
        ("Regressed", comparison.regressed),
        ("New problems", comparison.new),
        ("Problems seen for the first time", comparison.found),
        ("No longer visible", comparison.lost),
    )
    earlier = {step.id: step.score for step in comparison.baseline.organization.steps}
    score = "The scores cannot be compared" if comparison.score is None else f"{comparison.score:+.1f} points"
    level = f", {comparison.level:+d} level" if comparison.level else ", same level"
    seen = f", {comparison.coverage:+.1f} % assessed" if comparison.coverage else ""
    return ComparisonView(
        line=f"{score}{level}{seen}",
        date=printable(comparison.baseline.date, 20),
        groups=tuple(_changes(title, changes, findings) for title, changes in groups if changes),
        steps=tuple(
            StepChange(printable(s.title), number(earlier.get(s.id)), number(s.score), _signed(comparison.steps.get(s.id)))
            for s in assessment.organization.steps
        ),
        caveats=tuple(printable(caveat) for caveat in comparison.caveats),
        gone=f"{plural(comparison.gone, 'subject')} judged then no longer exist." if comparison.gone else "",
    )


def _signed(change: float | None) -> str:
    return "–" if change is None else f"{change:+.1f}" if change else "unchanged"


def _changes(title: str, changes: Sequence[Change], findings: Findings) -> ChangeGroup:
    return ChangeGroup(
        title, len(changes), tuple(_change(c, findings) for c in changes[:CHANGES]), more(len(changes) - CHANGES, "change")
    )


def _change(change: Change, findings: Findings) -> ChangeView:
    now = change.now
    return ChangeView(
        symbol=SYMBOLS[now.status],
        status=CODES[now.status],
        href=findings.target(now.check, now.repository),
        title=printable(now.title),
        where=listing(dict.fromkeys(filter(None, (now.repository, now.subject.name))), 2, 60),
        summary=printable(now.summary),
        before=f"was {STATUSES[change.before.status]}" if change.before else "",
    )
