"""What the page says of waivers, of what could not be seen and of how to let us see it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from assessor.facts.base import Gap
from assessor.model import Assessment, Finding, Status, Waiver

from ..words import SOURCES, listing, more, plural, printable

GAPS, REASONS = 200, 30

# How to let us see what could not be seen, by where we looked.
ADVICE = {
    "files": "Correct the file, or leave it out of the scan if it is not yours; then scan again.",
    "git": "Clone with full history (git fetch --unshallow) and scan again.",
    "aws": "Scan again with AWS evidence switched on. Read-only permissions are enough; a missing one is named.",
    "kubernetes": "Scan again with cluster evidence switched on and a context that may list the objects named.",
    "forge": "Scan again with a token that may read the repositories' settings and pull requests.",
    "github": "Scan again with a token that may read the repositories' settings and pull requests.",
    "gitlab": "Scan again with a token that may read the projects' settings and merge requests.",
}


@dataclass(frozen=True, slots=True)
class WaiverView:
    """A waiver and what it does."""

    title: str
    href: str
    scope: str
    owner: str
    reason: str
    until: str
    effect: str


@dataclass(frozen=True, slots=True)
class GapGroup:
    """Gaps of one source with what to do."""

    source: str
    advice: str
    gaps: tuple[str, ...]
    more: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """A reason for which checks could not tell."""

    reason: str
    count: str
    checks: tuple[tuple[str, str], ...]  # anchor, title


def waiver_view(waiver: Waiver, assessment: Assessment) -> WaiverView:
    """Return a waiver with what it does today."""
    used = sum(1 for finding in assessment.findings if finding.waiver == waiver)
    titles = {info.id: info.title for info in assessment.checks}
    expired = waiver.until < assessment.date
    return WaiverView(
        title=printable(titles.get(waiver.check, waiver.check)),
        href=f"c-{waiver.check}" if waiver.check in titles else "",
        scope=listing(filter(None, (waiver.repository, waiver.subject)), 2, 60) or "everywhere",
        owner=printable(waiver.owner, 80),
        reason=printable(waiver.reason, 300),
        until=printable(waiver.until, 20),
        effect="expired: counts again" if expired else plural(used, "finding") if used else "matches nothing",
    )


def gap_groups(gaps: Sequence[Gap]) -> Iterable[GapGroup]:
    """Yield the gaps by where we looked."""
    sources: dict[str, list[Gap]] = defaultdict(list)
    for gap in gaps:
        sources[gap.source].append(gap)
    for source, group in sorted(sources.items()):
        shown = (": ".join(filter(None, (gap.repository[:80], gap.subject, gap.reason))) for gap in group[:GAPS])
        advice = ADVICE.get(source, "Scan again with access to this source.")
        lines = tuple(printable(line, 300) for line in shown)
        yield GapGroup(SOURCES.get(source, printable(source, 40)), advice, lines, more(len(group) - GAPS, "gap"))


def unknowns(assessment: Assessment) -> Iterable[Unknown]:
    """Yield why checks could not tell, the most frequent reason first."""
    reasons: dict[str, list[Finding]] = defaultdict(list)
    for finding in assessment.findings:
        if finding.status is Status.NOT_OBSERVED:
            reasons[finding.summary].append(finding)
    for reason, findings in sorted(reasons.items(), key=lambda item: (-len(item[1]), item[0]))[:REASONS]:
        checks = {(f"c-{f.check}", printable(f.title)) for f in findings}
        yield Unknown(printable(reason), plural(len(findings), "subject"), tuple(sorted(checks, key=lambda c: c[1])))
