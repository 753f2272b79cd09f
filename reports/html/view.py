"""What the templates show: every text ready, every number written, every decision made."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from assessor.model import Action, Assessment, Finding, Gap, RepositoryScore, ServiceTrace, Status, Step, Waiver

from ..compare import Change, Comparison, compare
from ..links import Forge, forge
from ..words import (
    EFFORTS,
    STATUSES,
    SYMBOLS,
    level_line,
    listing,
    number,
    plural,
    printable,
    repositories,
    score_line,
    whole,
)
from .drawing import Bar, StepView, bar, path
from .findings import Findings, PlaceView, StepGroup
from .heatmap import Heatmap, heatmap

SERVICES, CHANGES, GAPS = 250, 60, 200

# How to let us see what could not be seen, by where we looked.
ADVICE = {
    "files": "Correct the file, or leave it out of the scan if it is not yours; then scan again.",
    "git": "Clone with full history (git fetch --unshallow) and scan again.",
    "aws": "Scan again with AWS evidence switched on. Read-only permissions are enough; a missing one is named.",
    "cluster": "Scan again with cluster evidence switched on and a context that may list the objects named.",
    "kubernetes": "Scan again with cluster evidence switched on and a context that may list the objects named.",
    "forge": "Scan again with a token that may read the repositories' settings and pull requests.",
    "github": "Scan again with a token that may read the repositories' settings and pull requests.",
    "gitlab": "Scan again with a token that may read the projects' settings and merge requests.",
}


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


@dataclass(frozen=True, slots=True)
class Mapped:
    """A practice of a framework and the checks that speak to it."""

    framework: str
    practice: str
    checks: tuple[tuple[str, str, str, str], ...]  # anchor, status, symbol, title


@dataclass(frozen=True, slots=True)
class Scanned:
    """A repository as it was read."""

    name: str
    href: str
    branch: str
    commit: str
    inventory: str
    set_aside: str


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
    comparison: ComparisonView | None
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


def build(assessment: Assessment, baseline: Assessment | None) -> Page:
    """Return the page of an assessment."""
    forges = {repo.name: forge(repo.remote, repo.commit) for repo in assessment.repositories}
    findings = Findings(assessment, forges)
    organization = assessment.organization
    return Page(
        organization=printable(organization.name, 80),
        date=printable(assessment.date, 20),
        tool=printable(f"{assessment.tool.name} {assessment.tool.version}", 60),
        scope=repositories(assessment),
        level=organization.level,
        level_line=level_line(assessment),
        level_words=level_line(assessment).partition(": ")[2],
        score=number(organization.score),
        score_line=score_line(assessment),
        score_bar=bar(organization.score, organization.bounds),
        path=path(assessment),
        figures=tuple(_figures(assessment)),
        actions=tuple(_action(action, assessment) for action in assessment.actions),
        comparison=_comparison(compare(baseline, assessment), findings, assessment) if baseline else None,
        heatmap=heatmap(assessment, findings, forges),
        steps=findings.steps,
        complete=findings.complete,
        statuses=tuple((status.value, SYMBOLS[status], STATUSES[status]) for status in SYMBOLS),
        traces=tuple(_trace(service, findings) for service in assessment.services[:SERVICES]),
        more_traces=_more(len(assessment.services) - SERVICES, "service"),
        waivers=tuple(_waiver(waiver, assessment) for waiver in assessment.waivers),
        gaps=tuple(_gaps(assessment.gaps)),
        unknowns=tuple(_unknowns(assessment)),
        errors=tuple(f"{f.check}: {printable(f.summary)}" for f in assessment.findings if f.status is Status.ERROR),
        mapping=tuple(_mapping(assessment)),
        scanned=tuple(_scanned(repo, forges[repo.name]) for repo in assessment.repositories),
        notes=tuple(printable(note, 400) for note in assessment.notes),
    )


def _more(count: int, one: str) -> str:
    return f"and {plural(count, f'more {one}')} in the JSON assessment" if count > 0 else ""


def _figures(assessment: Assessment) -> Iterable[Figure]:
    whole_score = assessment.organization
    for title, value, words in (
        ("Infrastructure as code", whole_score.iac_coverage, "of what exists is declared in code"),
        ("GitOps", whole_score.gitops_coverage, "of workloads are reconciled from Git"),
    ):
        if value is None:
            yield Figure(title, "", "Not observed: nothing shows what exists beyond these repositories.", None)
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
        gain=f"+{number(action.gain)}",
        score_after=number(after),
        level_after=f"level {level} → {action.level_after}" if action.level_after > level else "",
        effort=EFFORTS.get(action.effort, ""),
        concerns=listing(action.repositories, 3),
        teams=listing(teams, 3),
        summary=printable(action.summary, 300),
        command=printable(action.command or "", 300),
    )


def _comparison(comparison: Comparison, findings: Findings, assessment: Assessment) -> ComparisonView:
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
        title, len(changes), tuple(_change(c, findings) for c in changes[:CHANGES]), _more(len(changes) - CHANGES, "change")
    )


def _change(change: Change, findings: Findings) -> ChangeView:
    now = change.now
    return ChangeView(
        symbol=SYMBOLS[now.status],
        status=now.status.value,
        href=findings.target(now.check, now.repository),
        title=printable(now.title),
        where=listing(dict.fromkeys(filter(None, (now.repository, now.subject.name))), 2, 60),
        summary=printable(now.summary),
        before=f"was {STATUSES[change.before.status]}" if change.before else "",
    )


def _trace(service: ServiceTrace, findings: Findings) -> Trace:
    by_step = {step.step: step for step in service.steps}
    stations = []
    for step in Step:
        seen = by_step.get(step)
        status = seen.status if seen else Status.NOT_APPLICABLE
        place = findings.place(seen.evidence[0]) if seen and seen.evidence else None
        summary = printable(seen.summary, 120) if seen else ""
        stations.append(Station(status.value, SYMBOLS[status], STATUSES[status], summary, place))
    return Trace(printable(service.name, 60), printable(service.repository, 60), printable(service.language, 30), tuple(stations))


def _waiver(waiver: Waiver, assessment: Assessment) -> WaiverView:
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


def _gaps(gaps: Sequence[Gap]) -> Iterable[GapGroup]:
    sources: dict[str, list[Gap]] = defaultdict(list)
    for gap in gaps:
        sources[gap.source].append(gap)
    for source, group in sorted(sources.items()):
        shown = (": ".join(filter(None, (gap.repository[:80], gap.subject, gap.reason))) for gap in group[:GAPS])
        advice = ADVICE.get(source, "Scan again with access to this source.")
        lines = tuple(printable(line, 300) for line in shown)
        yield GapGroup(printable(source, 40), advice, lines, _more(len(group) - GAPS, "gap"))


def _unknowns(assessment: Assessment) -> Iterable[Unknown]:
    """Yield why checks could not tell, the most frequent reason first."""
    reasons: dict[str, list[Finding]] = defaultdict(list)
    for finding in assessment.findings:
        if finding.status is Status.NOT_OBSERVED:
            reasons[finding.summary].append(finding)
    for reason, findings in sorted(reasons.items(), key=lambda item: (-len(item[1]), item[0]))[:30]:
        checks = {(f"c-{f.check}", printable(f.title)) for f in findings}
        yield Unknown(printable(reason), plural(len(findings), "subject"), tuple(sorted(checks, key=lambda c: c[1])))


def _mapping(assessment: Assessment) -> Iterable[Mapped]:
    scores = {c.id: c for s in assessment.organization.steps for t in s.tasks for c in t.checks}
    practices: dict[str, list[tuple[str, str, str, str]]] = defaultdict(list)
    for info in assessment.checks:
        score = scores.get(info.id)
        status = score.status if score else Status.NOT_APPLICABLE
        for name in info.frameworks:
            practices[name].append((f"c-{info.id}", status.value, SYMBOLS[status], printable(info.title)))
    for name, checks in sorted(practices.items()):
        framework, _, practice = name.partition(":") if ":" in name else (name, "", "")
        yield Mapped(printable(framework, 60), printable(practice, 120), tuple(checks))


def _scanned(repo: RepositoryScore, where: Forge) -> Scanned:
    inventory = Counter(repo.inventory)
    return Scanned(
        name=printable(repo.name, 60),
        href=where.base,
        branch=printable(repo.branch, 40),
        commit=printable(repo.commit[:10], 20),
        inventory=", ".join(f"{count} {printable(kind.replace('-', ' '), 30)}" for kind, count in sorted(inventory.items())),
        set_aside=", ".join(f"{count:,} {printable(kind, 30)}" for kind, count in sorted(repo.set_aside.items())),
    )
