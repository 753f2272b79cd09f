"""From an organization and checks to findings: the engine alone decides who is judged, what does not apply, what failed to run."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from assessor.checking import Check
from assessor.deriving import derive_organization
from assessor.facts.base import Fact, Place
from assessor.facts.repository import Organization, Repository
from assessor.model import Evidence, Finding, Status, Subject, Verdict, Waiver


def judge(
    organization: Organization, checks: Iterable[Check[Any]], waivers: Iterable[Waiver], today: datetime.date
) -> list[Finding]:
    """Return the findings of every check on every subject of its kind, sorted; a check without subject does not apply."""
    active = [w for w in waivers if datetime.date.fromisoformat(w.until) >= today]
    findings = []
    for check in checks:
        subjects = organization.of(check.subject) if check.subject is not Organization else (organization,)
        if not subjects:
            findings.append(_finding(check, organization, _nothing(check, organization)))
        findings += [_waive(_finding(check, subject, _run(check, subject)), active) for subject in subjects]
    return sorted(findings, key=_order)


def alone(organization: Organization, repository: Repository) -> Organization:
    """Return the organization as if it had this repository only."""
    return derive_organization(msgspec.structs.replace(organization, repositories=(repository,), facts=(), gaps=()))


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


def _finding(check: Check[Any], subject: Fact, verdict: Verdict) -> Finding:
    score = round(verdict.share * 100, 1) if verdict.status.observed else None
    repairs = verdict.status in (Status.FAIL, Status.PARTIAL)
    return Finding(
        check=check.id,
        title=check.title,
        task=check.task.id,
        step=int(check.step),
        repository=subject.at.repository,
        subject=Subject(subject.kind, subject.label),
        status=verdict.status,
        score=score,
        summary=verdict.summary,
        evidence=tuple(_evidence(place) for place in verdict.places),
        remediation=check.section("Fix") if repairs else "",
        scaffold=check.scaffold if repairs else None,
    )


def _evidence(place: Place) -> Evidence:
    return Evidence(place.path, place.line, place.excerpt, place.repository)


def _waive(finding: Finding, waivers: Iterable[Waiver]) -> Finding:
    if finding.status not in (Status.FAIL, Status.PARTIAL):
        return finding
    for waiver in waivers:
        if _covers(waiver, finding):
            return msgspec.structs.replace(finding, status=Status.WAIVED, score=None, waiver=waiver)
    return finding


def _covers(waiver: Waiver, finding: Finding) -> bool:
    return (
        waiver.check == finding.check
        and waiver.repository in ("", finding.repository)
        and waiver.subject in ("", finding.subject.name)
    )


def _order(finding: Finding) -> tuple[Any, ...]:
    first = finding.evidence[0] if finding.evidence else Evidence("", 0, "", "")
    return (finding.step, finding.check, finding.repository, finding.subject, first.path, first.line, finding.summary)


def statuses(findings: Iterable[Finding]) -> Iterator[Status]:
    """Yield the status of each finding."""
    return (finding.status for finding in findings)
