"""What the templates show: every text ready, every number written, every decision made."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from assessor.comparing import compare
from assessor.model import Action, Assessment, Run, ServiceTrace, Status, Step
from assessor.scoring import GITOPS_COVERAGE, IAC_COVERAGE

from ..links import forge
from ..words import (
    CODES,
    EFFORTS,
    STATUSES,
    SYMBOLS,
    level_line,
    level_words,
    listing,
    more,
    number,
    printable,
    repositories,
    score_line,
    sentence,
    systems,
    whole,
)
from .changes import ComparisonView, comparison_view
from .contradictions import Contradictions, contradictions
from .drawing import Bar, StepView, bar, path
from .findings import Findings, PlaceView, StepGroup
from .heatmap import Heatmap, heatmap
from .limits import GapGroup, Unknown, WaiverView, gap_groups, unknowns, waiver_view
from .method import Mapped, Scanned, mapping, scanned
from .trend import Trend, trend

SERVICES = 250


@dataclass(frozen=True, slots=True)
class Figure:
    """A headline share."""

    title: str
    value: str
    words: str
    bar: Bar | None


@dataclass(frozen=True, slots=True)
class ActionView:
    """A next best action."""

    title: str
    href: str
    step: str
    gain: str
    score_after: str
    level_after: str
    effort: str
    concerns: str
    teams: str
    summary: str
    command: str


@dataclass(frozen=True, slots=True)
class Station:
    """A service on one step."""

    status: str
    symbol: str
    word: str
    summary: str
    place: PlaceView | None


@dataclass(frozen=True, slots=True)
class Trace:
    """A service along the five steps."""

    name: str
    repository: str
    language: str
    stations: tuple[Station, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """The whole report."""

    organization: str
    date: str
    tool: str
    scope: str
    level: int
    level_line: str
    level_words: str
    score: str
    score_line: str
    score_bar: Bar
    path: tuple[StepView, ...]
    figures: tuple[Figure, ...]
    actions: tuple[ActionView, ...]
    trend: Trend | None
    comparison: ComparisonView | None
    contradictions: Contradictions | None
    heatmap: Heatmap
    steps: tuple[StepGroup, ...]
    complete: bool
    statuses: tuple[tuple[str, str, str], ...]  # id, symbol, word
    traces: tuple[Trace, ...]
    more_traces: str
    waivers: tuple[WaiverView, ...]
    gaps: tuple[GapGroup, ...]
    unknowns: tuple[Unknown, ...]
    errors: tuple[str, ...]
    mapping: tuple[Mapped, ...]
    scanned: tuple[Scanned, ...]
    notes: tuple[str, ...]
    needed_score: str
    needed_coverage: str


def build(assessment: Assessment, baseline: Assessment | None, history: Sequence[Run] = ()) -> Page:
    """Return the page of an assessment."""
    forges = {repo.name: forge(repo.remote, repo.commit) for repo in assessment.repositories}
    findings = Findings(assessment, forges)
    organization = assessment.organization
    return Page(
        organization=printable(organization.name, 80),
        date=printable(assessment.date, 20),
        tool=printable(f"{assessment.tool.name} {assessment.tool.version}", 60),
        scope=" and ".join(filter(None, (repositories(assessment), systems(assessment)))),
        needed_score=number(assessment.thresholds.score),
        needed_coverage=number(assessment.thresholds.coverage),
        level=organization.level,
        level_line=level_line(assessment),
        level_words=level_words(assessment),
        score=number(organization.score),
        score_line=score_line(assessment),
        score_bar=bar(organization.score, organization.bounds),
        path=path(assessment),
        figures=tuple(_figures(assessment)),
        actions=tuple(_action(action, assessment) for action in assessment.actions),
        trend=trend(assessment, history),
        comparison=comparison_view(compare(baseline, assessment), findings) if baseline else None,
        contradictions=contradictions(assessment, findings),
        heatmap=heatmap(assessment, findings, forges),
        steps=findings.steps,
        complete=findings.complete,
        statuses=tuple((CODES[status], SYMBOLS[status], STATUSES[status]) for status in SYMBOLS),
        traces=tuple(_trace(service, findings) for service in assessment.services[:SERVICES]),
        more_traces=more(len(assessment.services) - SERVICES, "service"),
        waivers=tuple(waiver_view(waiver, assessment) for waiver in assessment.waivers),
        gaps=tuple(gap_groups(assessment.gaps)),
        unknowns=tuple(unknowns(assessment)),
        errors=tuple(f"{f.check}: {printable(f.summary)}" for f in assessment.findings if f.status is Status.ERROR),
        mapping=tuple(mapping(assessment)),
        scanned=tuple(scanned(repo, forges[repo.name]) for repo in assessment.repositories),
        notes=tuple(printable(note, 400) for note in assessment.notes),
    )


def _figures(assessment: Assessment) -> Iterable[Figure]:
    whole_score = assessment.organization
    iac, gitops = whole_score.iac_coverage, whole_score.gitops_coverage
    for title, value, words, hidden, check in (
        ("Infrastructure as code", iac, "of what exists is declared in code", "what exists beyond the code", IAC_COVERAGE),
        ("GitOps", gitops, "of workloads are reconciled from Git", "what runs, and where it comes from", GITOPS_COVERAGE),
    ):
        if value is None:
            told = [f.summary for f in assessment.findings if f.check == check and f.status.unknown and assessment.asked]
            reason = printable(told[0], 300) if told else f"nothing that was scanned shows {hidden}"
            yield Figure(title, "", f"Not observed: {reason}.", None)
        else:
            yield Figure(title, f"{whole(value)} %", words, bar(value, (value, value)))


def _action(action: Action, assessment: Assessment) -> ActionView:
    score = assessment.organization.score
    level = assessment.organization.level
    teams = sorted({r.team for r in assessment.repositories if r.name in set(action.repositories)} - {""})
    after = min(100.0, (score or 0.0) + action.gain)
    return ActionView(
        title=printable(action.title),
        href=f"c-{action.check}",
        step=f"Step {action.step}",
        gain=f"{action.gain:+.1f}",
        score_after=number(after),
        level_after=f"level {level} → {action.level_after}" if action.level_after > level else "",
        effort=EFFORTS.get(action.effort, ""),
        concerns=listing(action.repositories, 3) or "the whole organization",
        teams=listing(teams, 3),
        summary=sentence(printable(action.summary, 300)),
        command=printable(action.command or "", 300),
    )


def _trace(service: ServiceTrace, findings: Findings) -> Trace:
    by_step = {step.step: step for step in service.steps}
    stations = []
    for step in Step:
        seen = by_step.get(step)
        status = seen.status if seen else Status.NOT_APPLICABLE
        place = findings.place(seen.evidence[0]) if seen and seen.evidence else None
        summary = printable(seen.summary, 120) if seen and seen.summary else STATUSES[status]
        stations.append(Station(CODES[status], SYMBOLS[status], STATUSES[status], summary, place))
    return Trace(printable(service.name, 60), printable(service.repository, 60), printable(service.language, 30), tuple(stations))
