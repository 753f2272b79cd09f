"""What the page says where files and what runs do not agree: both sides, beside each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from assessor.model import Assessment, Contradiction, Evidence

from ..words import by_kind, contradiction_title, located, more, printable, sentence, systems
from .findings import Findings, PlaceView

LISTED = 40  # of one kind


@dataclass(frozen=True, slots=True)
class ContradictionView:
    """One contradiction; a side with nothing on it is None."""

    subject: str
    summary: str
    href: str
    declared: PlaceView | None
    observed: PlaceView | None


@dataclass(frozen=True, slots=True)
class ContradictionGroup:
    """Contradictions of one kind."""

    title: str
    count: int
    found: tuple[ContradictionView, ...]
    more: str


@dataclass(frozen=True, slots=True)
class Contradictions:
    """All of them, and which systems were asked."""

    asked: str
    groups: tuple[ContradictionGroup, ...]


def contradictions(assessment: Assessment, findings: Findings) -> Contradictions | None:
    """Return what does not agree; None where only files were read."""
    if not assessment.asked and not assessment.contradictions:
        return None
    return Contradictions(systems(assessment), tuple(_groups(assessment.contradictions, findings)))


def _groups(found: Sequence[Contradiction], findings: Findings) -> Iterator[ContradictionGroup]:
    for members in by_kind(found):
        shown = tuple(_view(one, findings) for one in members[:LISTED])
        yield ContradictionGroup(
            contradiction_title(members[0]), len(members), shown, more(len(members) - LISTED, "contradiction")
        )


def _view(one: Contradiction, findings: Findings) -> ContradictionView:
    return ContradictionView(
        subject=printable(one.subject, 80),
        summary=sentence(printable(one.summary, 240)),
        href=findings.anchor(one.check, "") if one.check else "",
        declared=_side(one.declared, findings),
        observed=_side(one.observed, findings),
    )


def _side(place: Evidence | None, findings: Findings) -> PlaceView | None:
    return replace(findings.place(place), text=located(place)) if place else None
