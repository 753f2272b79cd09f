"""Compares two assessments of one organization, subject by subject: the one comparison behind every report and command.

`Comparison` is a published JSON format (see `schema`): frozen, sorted by step, check and repository.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from assessor.model import Assessment, Evidence, Finding, Status, Subject

Key = tuple[str, str, str, str]


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One subject of one check then and now; a status is null where the subject did not exist. Scores are 0 to 100, or null.

    `summary` and `evidence` are those of now, or of then when the subject is gone.
    """

    check: str
    title: str
    step: int
    repository: str
    subject: Subject
    before: Status | None
    now: Status | None
    score_before: float | None
    score: float | None
    summary: str
    evidence: tuple[Evidence, ...] = ()


class StepChange(msgspec.Struct, frozen=True, kw_only=True):
    """A step then and now; `change` in points, null when one of the two was not assessed."""

    id: int
    title: str
    before: float | None
    score: float | None
    change: float | None
    reached_before: bool
    reached: bool


class Side(msgspec.Struct, frozen=True, kw_only=True):
    """What the two assessments are."""

    organization: str
    date: str
    version: str
    level: int
    score: float | None
    coverage: float


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """What became of an earlier assessment.

    `score`, `level` and `coverage` are differences in points, levels and percentage points. A verdict that merely became
    visible (`found`) or invisible (`lost`) is no regression: what could not be seen is never a pass and never a fail.
    """

    before: Side
    now: Side
    score: float | None
    level: int
    coverage: float
    regression: bool  # a verdict is worse, a problem is new, or the level fell
    steps: tuple[StepChange, ...]
    improved: tuple[Change, ...]
    regressed: tuple[Change, ...]
    new: tuple[Change, ...]  # problems of subjects that did not exist, did not apply, or whose waiver ended
    found: tuple[Change, ...]  # problems that the baseline could not see, or did not look for
    lost: tuple[Change, ...]  # subjects that can no longer be judged
    waived: tuple[Change, ...]  # accepted since, by an owner and until a date
    gone: tuple[Change, ...]  # subjects judged before that exist no more
    repositories_added: tuple[str, ...]
    repositories_removed: tuple[str, ...]
    caveats: tuple[str, ...]  # why the two may not be comparable

    @property
    def silent(self) -> bool:
        """Whether no verdict changed."""
        return not (
            self.improved or self.regressed or self.new or self.found or self.lost or self.waived or self.gone
        )  # fmt: skip


GROUPS = ("improved", "regressed", "new", "found", "lost", "waived", "gone")


def schema() -> dict[str, object]:
    """Return the JSON Schema of a comparison."""
    return msgspec.json.schema(Comparison)


def compare(baseline: Assessment, assessment: Assessment) -> Comparison:
    """Return what improved, what regressed and what is new since the baseline."""
    before, now = _worst(baseline.findings), _worst(assessment.findings)
    looked_for = {check.id for check in baseline.checks}
    groups: dict[str, list[Change]] = {name: [] for name in GROUPS}
    for key, finding in now.items():
        group = _group(before.get(key), finding, unasked=bool(looked_for) and finding.check not in looked_for)
        if group:
            groups[group].append(_change(before.get(key), finding))
    looks_for = {check.id for check in assessment.checks}
    groups["gone"] = [
        _change(finding, None)
        for key, finding in before.items()
        if key not in now and finding.score is not None and (not looks_for or finding.check in looks_for)
    ]
    old, new = baseline.organization, assessment.organization
    there, here = ({r.name for r in side.repositories} for side in (baseline, assessment))
    return Comparison(
        before=_side(baseline),
        now=_side(assessment),
        score=_difference(old.score, new.score),
        level=new.level - old.level,
        coverage=round(new.coverage - old.coverage, 1),
        regression=bool(groups["regressed"] or groups["new"]) or new.level < old.level,
        steps=tuple(_steps(baseline, assessment)),
        repositories_added=tuple(sorted(here - there)),
        repositories_removed=tuple(sorted(there - here)),
        caveats=tuple(_caveats(baseline, assessment)),
        **{name: tuple(changes) for name, changes in groups.items()},
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
    return finding.status.urgency, finding.score or 0.0


def _group(before: Finding | None, now: Finding, *, unasked: bool) -> str:
    """Name the group a change belongs to, "" when there is none worth telling."""
    if now.status is Status.WAIVED:
        return "waived" if before is None or before.status is not Status.WAIVED else ""
    if now.score is None:
        return "lost" if now.status.unknown and before is not None and before.score is not None else ""
    if before is None or before.score is None:
        unseen = unasked or (before is not None and before.status.unknown)
        return ("found" if unseen else "new") if now.score < 100 else ""
    if now.score == before.score:
        return ""
    return "improved" if now.score > before.score else "regressed"


def _change(before: Finding | None, now: Finding | None) -> Change:
    about = now or before
    assert about is not None  # noqa: S101  one of the two is always there
    return Change(
        check=about.check,
        title=about.title,
        step=about.step,
        repository=about.repository,
        subject=about.subject,
        before=before.status if before else None,
        now=now.status if now else None,
        score_before=before.score if before else None,
        score=now.score if now else None,
        summary=about.summary,
        evidence=about.evidence,
    )


def _side(assessment: Assessment) -> Side:
    whole = assessment.organization
    return Side(
        organization=whole.name,
        date=assessment.date,
        version=assessment.tool.version,
        level=whole.level,
        score=whole.score,
        coverage=whole.coverage,
    )


def _steps(baseline: Assessment, assessment: Assessment) -> Iterator[StepChange]:
    earlier = {step.id: step for step in baseline.organization.steps}
    for step in assessment.organization.steps:
        old = earlier.get(step.id)
        yield StepChange(
            id=step.id,
            title=step.title,
            before=old.score if old else None,
            score=step.score,
            change=_difference(old.score if old else None, step.score),
            reached_before=bool(old and old.reached),
            reached=step.reached,
        )


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
