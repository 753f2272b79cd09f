"""From an organization to its assessment: judge, score, plan.

The engine alone decides who is judged, what does not apply, and what failed to run.
"""

from __future__ import annotations

import datetime
import difflib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple

import msgspec

from assessor import __version__, scoring
from assessor.checking import Check
from assessor.deriving import derive_organization
from assessor.errors import UsageError
from assessor.facts import live as facts
from assessor.facts.base import Fact, Place
from assessor.facts.repository import Organization, Repository
from assessor.inventory import inventory
from assessor.model import (
    SCHEMA_VERSION,
    Assessment,
    CheckInfo,
    Contradiction,
    Evidence,
    Finding,
    RepositoryScore,
    Status,
    Subject,
    Tool,
    Verdict,
    Waiver,
    Weight,
)
from assessor.planning import next_actions
from assessor.settings import Settings
from assessor.tracing import trace_services

Checks = Mapping[str, Check[Any]]
Judging = Callable[[Organization, Iterable[Check[Any]], Iterable[Waiver], datetime.date], list[Finding]]
WANTING = (Status.FAIL, Status.PARTIAL)


def assess(
    organization: Organization,
    checks: Checks,
    settings: Settings,
    today: datetime.date,
    templates: Iterable[str] = (),
    scored: Mapping[str, RepositoryScore] | None = None,
    judging: Judging | None = None,
) -> Assessment:
    """Judge, score and plan. `checks` are those selected, `templates` the scaffolds that can be generated.

    `scored` holds repositories that were judged on their own already, by name; `judging` does what `judge` does.
    """
    scored = scored or {}
    ordered = sorted(organization.repositories, key=lambda repository: (repository.name, repository.path))
    organization = msgspec.structs.replace(organization, repositories=tuple(ordered))
    services = trace_services(organization)  # before `judging` may fork: what is looked at afterwards is copied
    findings = _complete_path((judging or judge)(organization, checks.values(), settings.waivers, today), checks)
    results = scoring.judged(findings, checks)
    score = scoring.score_organization(organization.name, results, settings.thresholds, settings.path)
    return Assessment(
        schema_version=SCHEMA_VERSION,
        tool=Tool("gitops-assess", __version__),
        date=today.isoformat(),
        organization=score,
        repositories=tuple(scored.get(r.name) or score_repository(r, checks, settings, today) for r in organization.repositories),
        findings=tuple(findings),
        actions=next_actions(score, results, findings, settings.thresholds, settings.path, templates),
        gaps=tuple(sorted(set(organization.all_gaps))),
        waivers=settings.waivers,
        notes=tuple(_notes(settings.waivers, findings, today)),
        checks=tuple(_info(check) for check in sorted(checks.values(), key=lambda c: (c.step, c.id))),
        services=services,
        thresholds=settings.thresholds,
        asked=organization.asked,
        contradictions=tuple(sorted(_contradiction(fact) for fact in organization.of(facts.Contradiction))),
    )


def _contradiction(fact: facts.Contradiction) -> Contradiction:
    return Contradiction(
        name=fact.name,
        subject=fact.subject,
        summary=fact.summary,
        step=fact.step,
        check=fact.check,
        declared=Evidence.of(fact.declared) if fact.declared else None,
        observed=Evidence.of(fact.observed) if fact.observed else None,
    )


def selected(checks: Checks, settings: Settings) -> dict[str, Check[Any]]:
    """Keep the checks of the path that are selected and not ignored; a pattern that matches none is an error."""
    for pattern in (*settings.select, *settings.ignore, *(waiver.check for waiver in settings.waivers)):
        if not any(_chosen(id, pattern) for id in checks):
            near = difflib.get_close_matches(pattern, checks, 1)
            raise UsageError(
                f"no check {pattern!r}", f"Did you mean {near[0]!r}?" if near else "`gitops-assess checks` lists them."
            )
    return {
        id: check
        for id, check in checks.items()
        if check.step in settings.path
        and (not settings.select or any(_chosen(id, pattern) for pattern in settings.select))
        and not any(_chosen(id, pattern) for pattern in settings.ignore)
    }


def _chosen(id: str, pattern: str) -> bool:
    return id == pattern or id.startswith(pattern.rstrip(".*") + ".")


def score_repository(repository: Repository, checks: Checks, settings: Settings, today: datetime.date) -> RepositoryScore:
    """Judge one repository on its own, as if the organization had no other."""
    single = derive_organization(Organization(at=Place("", ""), name=repository.name, repositories=(repository,)))
    active = _active(settings.waivers, today)
    outcomes = [_outcome(check, subject, verdict, active) for check, subject, verdict in _verdicts(single, checks.values())]
    results = scoring.judged(outcomes, checks)
    path = scoring.tally_path(results, settings.thresholds, settings.path)
    return RepositoryScore(
        name=repository.name,
        path=repository.path,
        commit=repository.commit,
        branch=repository.branch,
        remote=repository.remote,
        team=settings.team_of(repository.name),
        level=path.level,
        score=path.score,
        coverage=path.coverage,
        bounds=path.whole.bounds,
        inventory=inventory(single.repositories[0]),
        set_aside=repository.set_aside,
        steps=scoring.step_scores(path),
        checks=scoring.check_results(results),
    )


class Outcome(NamedTuple):
    """A verdict as far as scoring goes."""

    check: str
    status: Status
    score: float | None
    measured: float | None = None


def _outcome(check: Check[Any], subject: Fact, verdict: Verdict, waivers: Iterable[Waiver]) -> Outcome:
    status = verdict.status
    repository = subject.at.repository or organization_of_one(subject)
    if status in WANTING and any(_covers(w, check.id, repository, subject.label) for w in waivers):
        status = Status.WAIVED
    return Outcome(check.id, status, round(verdict.share * 100, 1) if status.observed else None)


def _complete_path(findings: list[Finding], checks: Checks) -> list[Finding]:
    """Let a core task without subject fail where its whole step is missing: that is what the path is for.

    A step is missing when a core check of it fails and none holds even in part, e.g. no Kubernetes at all.
    """
    core = {id: check for id, check in checks.items() if check.task.core and check.weight is Weight.CORE}
    missing = set()
    for step in {check.step for check in core.values()}:
        found = {f.status for f in findings if f.check in core and f.step == step}
        if Status.FAIL in found and not found & {Status.PASS, Status.PARTIAL, Status.WAIVED}:
            missing.add(int(step))
    return [
        msgspec.structs.replace(
            finding,
            status=Status.FAIL,
            score=0.0,
            summary=f"the step is not begun: {finding.summary}",
            remediation=checks[finding.check].section("Fix"),
            scaffold=checks[finding.check].scaffold,
        )
        if finding.status is Status.NOT_APPLICABLE and finding.check in core and finding.step in missing
        else finding
        for finding in findings
    ]


def _notes(waivers: Iterable[Waiver], findings: Iterable[Finding], today: datetime.date) -> Iterable[str]:
    """Say which waivers have expired and which match nothing."""
    used = {finding.waiver for finding in findings if finding.waiver}
    for waiver in waivers:
        about = f"the waiver of {waiver.check} by {waiver.owner}"
        if datetime.date.fromisoformat(waiver.until) < today:
            yield f"{about} expired on {waiver.until}: what it covered counts again"
        elif waiver not in used:
            yield f"{about} covers nothing any more"


def _info(check: Check[Any]) -> CheckInfo:
    return CheckInfo(
        id=check.id,
        title=check.title,
        task=check.task.id,
        step=int(check.step),
        weight=int(check.weight),
        effort=check.effort,
        why=check.section("Why"),
        fix=check.section("Fix"),
        frameworks=check.frameworks,
        scaffold=check.scaffold,
        gate=check.gate,
        live=check.live,
    )


def judge(
    organization: Organization, checks: Iterable[Check[Any]], waivers: Iterable[Waiver], today: datetime.date
) -> list[Finding]:
    """Return the findings of every check on every subject of its kind, sorted; a check without subject does not apply."""
    active = _active(waivers, today)
    checks = tuple(checks)
    told = {check.id: _info(check) for check in checks}
    findings = (_finding(told[check.id], subject, verdict) for check, subject, verdict in _verdicts(organization, checks))
    return sorted((_waive(finding, active) for finding in findings), key=order)


def _verdicts(organization: Organization, checks: Iterable[Check[Any]]) -> Iterator[tuple[Check[Any], Fact, Verdict]]:
    for check in checks:
        subjects = (organization,) if check.subject is Organization else organization.of(check.subject)
        subjects = (*subjects, *(fact for kind in check.others for fact in organization.of(kind)))
        if not subjects:
            yield check, organization, _nothing(check, organization)
        for subject in subjects:
            yield check, subject, _run(check, subject)


def _active(waivers: Iterable[Waiver], today: datetime.date) -> list[Waiver]:
    return [waiver for waiver in waivers if datetime.date.fromisoformat(waiver.until) >= today]


def _run(check: Check[Any], subject: Fact) -> Verdict:
    try:
        return check.judge(subject)
    except Exception as error:  # noqa: BLE001  a broken check is shown as such and never costs the rest of the scan
        return Verdict(Status.ERROR, 0.0, f"the check failed: {type(error).__name__}: {error}", (subject.at,))


def _nothing(check: Check[Any], organization: Organization) -> Verdict:
    """Say why there was nothing to judge: nothing of the kind exists, or something hides it."""
    hidden = [gap for gap in organization.all_gaps if check.subject.kind in gap.kinds]
    if hidden:
        return Verdict(Status.NOT_OBSERVED, 0.0, f"{hidden[0].subject}: {hidden[0].reason}")
    return Verdict(Status.NOT_APPLICABLE, 0.0, f"no {check.subject.kind.replace('-', ' ')} found")


def _finding(told: CheckInfo, subject: Fact, verdict: Verdict) -> Finding:
    score = round(verdict.share * 100, 1) if verdict.status.observed else None
    repairs = verdict.status in WANTING
    return Finding(
        check=told.id,
        title=told.title,
        task=told.task,
        step=told.step,
        repository=subject.at.repository or organization_of_one(subject),
        subject=Subject(subject.kind, subject.label),
        status=verdict.status,
        score=score,
        summary=verdict.summary,
        evidence=tuple([Evidence.of(place) for place in verdict.places if place.path]),  # a whole repository is no place to open
        remediation=told.fix if repairs else "",
        scaffold=told.scaffold if repairs else None,
        basis=_basis(verdict.places),
        measured=None if verdict.measured is None else round(verdict.measured * 100, 1),
    )


def _basis(places: Sequence[Place]) -> Literal["files", "live", "both"]:
    live = sum(place.live for place in places)
    if not live:
        return "files"
    return "both" if live < len(places) else "live"


def organization_of_one(subject: Fact) -> str:
    """Return the name of an organization's only repository, else ""."""
    if isinstance(subject, Organization) and len(subject.repositories) == 1:
        return subject.repositories[0].name
    return ""


def _waive(finding: Finding, waivers: Iterable[Waiver]) -> Finding:
    if finding.status in WANTING:
        for waiver in waivers:
            if _covers(waiver, finding.check, finding.repository, finding.subject.name):
                return msgspec.structs.replace(finding, status=Status.WAIVED, score=None, waiver=waiver)
    return finding


def _covers(waiver: Waiver, check: str, repository: str, subject: str) -> bool:
    return waiver.check == check and waiver.repository in ("", repository) and waiver.subject in ("", subject)


def order(finding: Finding) -> tuple[Any, ...]:
    """Return what findings are sorted by."""
    first = finding.evidence[0] if finding.evidence else Evidence("", 0, "", "")
    return (finding.step, finding.check, finding.repository, finding.subject, first.path, first.line, finding.summary)
