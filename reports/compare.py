"""Compares two assessments of one organization, subject by subject."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from assessor.model import Assessment, Finding

from .words import URGENCY

Key = tuple[str, str, str, str]


@dataclass(frozen=True, slots=True)
class Change:
    """One subject of one check, before and now; `before` is None when it is new."""

    before: Finding | None
    now: Finding


@dataclass(frozen=True, slots=True)
class Comparison:
    """What became of an earlier assessment. Changes are sorted by step, check and repository."""

    baseline: Assessment
    score: float | None  # points gained; None when one of the two was not assessed
    level: int
    coverage: float
    improved: tuple[Change, ...]
    regressed: tuple[Change, ...]
    new: tuple[Change, ...]  # problems of subjects or checks that the baseline did not have
    found: tuple[Change, ...]  # problems that the baseline could not see
    lost: tuple[Change, ...]  # subjects that can no longer be judged
    gone: int  # subjects judged before that exist no more
    steps: dict[int, float | None]  # points gained by step
    caveats: tuple[str, ...]  # why the two may not be comparable

    @property
    def silent(self) -> bool:
        """Whether no verdict changed."""
        return not (self.improved or self.regressed or self.new or self.found or self.lost or self.gone)


def compare(baseline: Assessment, assessment: Assessment) -> Comparison:
    """Return what improved, what regressed and what is new since the baseline."""
    before, now = _worst(baseline.findings), _worst(assessment.findings)
    groups: dict[str, list[Change]] = {name: [] for name in ("improved", "regressed", "new", "found", "lost")}
    for key, finding in now.items():
        group = _group(before.get(key), finding)
        if group:
            groups[group].append(Change(before.get(key), finding))
    old, new = baseline.organization, assessment.organization
    earlier = {step.id: step.score for step in old.steps}
    return Comparison(
        baseline=baseline,
        score=_difference(old.score, new.score),
        level=new.level - old.level,
        coverage=round(new.coverage - old.coverage, 1),
        improved=tuple(groups["improved"]),
        regressed=tuple(groups["regressed"]),
        new=tuple(groups["new"]),
        found=tuple(groups["found"]),
        lost=tuple(groups["lost"]),
        gone=sum(1 for key, finding in before.items() if key not in now and finding.score is not None),
        steps={step.id: _difference(earlier.get(step.id), step.score) for step in new.steps},
        caveats=tuple(_caveats(baseline, assessment)),
    )


def _worst(findings: Iterable[Finding]) -> dict[Key, Finding]:
    """Index findings by what they are about; of several about the same, the most urgent counts."""
    found: dict[Key, Finding] = {}
    for finding in findings:
        key = (finding.check, finding.repository, finding.subject.kind, finding.subject.name)
        if key not in found or _urgency(finding) < _urgency(found[key]):
            found[key] = finding
    return found


def _urgency(finding: Finding) -> tuple[int, float]:
    return URGENCY[finding.status], finding.score or 0.0


def _group(before: Finding | None, now: Finding) -> str:
    """Name the group a change belongs to, "" when there is none worth telling."""
    if now.score is None:
        return "lost" if now.status.unknown and before is not None and before.score is not None else ""
    if before is None or before.score is None:
        problem = now.score < 100
        return ("found" if before is not None and before.status.unknown else "new") if problem else ""
    if now.score == before.score:
        return ""
    return "improved" if now.score > before.score else "regressed"


def _difference(before: float | None, now: float | None) -> float | None:
    return None if before is None or now is None else round(now - before, 1)


def _caveats(baseline: Assessment, assessment: Assessment) -> Iterable[str]:
    if baseline.organization.name != assessment.organization.name:
        yield "The baseline is of another organization name."
    if baseline.tool.version != assessment.tool.version:
        yield f"The baseline was made by version {baseline.tool.version}, this assessment by {assessment.tool.version}."
    added = {c.id for c in assessment.checks} ^ {c.id for c in baseline.checks}
    if baseline.checks and assessment.checks and added:
        yield f"{len(added)} checks exist in only one of the two."
    missing = {r.name for r in baseline.repositories} - {r.name for r in assessment.repositories}
    if missing:
        yield f"{len(missing)} repositories of the baseline were not assessed now."
