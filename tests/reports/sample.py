"""Builds assessments for the tests of the renderers: an ordinary organization, a hostile one, a large one.

Scores are aggregated as the design says (means of means), so that the numbers on a page agree with each other. The
verdicts are drawn from a seeded generator: the same arguments always give the same assessment.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Sequence
from statistics import fmean

import msgspec

from assessor.facts.base import Gap
from assessor.model import (
    Action,
    Assessment,
    CheckInfo,
    CheckResult,
    CheckScore,
    Contradiction,
    Evidence,
    Finding,
    OrganizationScore,
    RepositoryScore,
    ServiceTrace,
    Status,
    Step,
    StepScore,
    Subject,
    Task,
    TaskScore,
    Tool,
    TraceStep,
    Waiver,
)

from .sample_checks import CHECKS, SHOWN

HOSTILE_NAMES = (
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)> '`${7*7}`{{7*7}}",
    "invoice\u202efdp.exe\u2066 \u200fמאגר\u200e",
    "x" * 10_000,
    "two\nlines\r\n\x1b[31mred\x07\x00|pipe|*stars*",
    "=cmd|' /C calc'!A0",
)
NAMES = ("clusters", "infrastructure", "mobile-backend", "payments-api", "shared-libraries", "web-shop")
TEAMS = ("Platform", "Platform", "Apps", "Payments", "", "Apps")
LANGUAGES = ("", "", "Python", "Go", "Java", "TypeScript")
COMMIT = "4f2a91c07be3d58816c0a1b2c3d4e5f60718293a"
CHANCES: dict[int, tuple[int, ...]] = {
    1: (74, 12, 10, 4),
    2: (70, 12, 13, 5),
    3: (58, 14, 22, 6),
    4: (38, 16, 32, 14),
    5: (16, 10, 64, 10),
}
DRAWN = (Status.PASS, Status.PARTIAL, Status.FAIL, Status.NOT_OBSERVED)
WORST = (Status.FAIL, Status.ERROR, Status.PARTIAL, Status.NOT_OBSERVED, Status.WAIVED, Status.PASS, Status.NOT_APPLICABLE)


def assessment(*, repositories: int = 6, hostile: bool = False, seed: int = 7, date: str = "2026-11-23") -> Assessment:
    """Return an assessment of that many repositories; a hostile one is named, everywhere, by `HOSTILE_NAMES`."""
    chance = random.Random(seed)  # noqa: S311  test data
    repos = [_repository(n, repositories, hostile) for n in range(repositories)]
    waiver = Waiver(
        check="ctr.non-root", owner="Dana Okafor", reason="The legacy image needs root until the migration.",
        until="2027-03-31", repository=repos[-1].name,
    )  # fmt: skip
    findings = _findings(chance, repos, waiver, hostile)
    repos = [_judged(repo, [f for f in findings if f.repository == repo.name]) for repo in repos]
    name = HOSTILE_NAMES[0] if hostile else "Acme Commerce"
    return Assessment(
        schema_version="1",
        tool=Tool("gitops-assess", "0.1.0"),
        date=date,
        organization=_organization(name, findings),
        repositories=tuple(repos),
        findings=tuple(findings),
        actions=tuple(_actions(findings)),
        gaps=_gaps(repos, hostile),
        waivers=(waiver,),
        notes=("12 files larger than 2 MB were not read.",),
        checks=CHECKS,
        services=tuple(_services(repos)),
        asked=("aws", "kubernetes"),
        contradictions=tuple(_contradictions(hostile)),
    )


def _contradictions(hostile: bool) -> Iterable[Contradiction]:
    name = HOSTILE_NAMES[1] if hostile else "Application/web-shop"
    file = Evidence("applications/web-shop.yaml", 12, HOSTILE_NAMES[0] if hostile else "automated:", NAMES[0])
    seen = Evidence(f"prod/argocd/{name}", 0, "", "", "kubernetes")
    check = "gop.auto-sync"
    yield Contradiction(
        name="drifted", subject=name, summary="out of sync for 9 days", step=5, check=check, declared=file, observed=seen
    )
    yield Contradiction(name="running-not-declared", subject=name, summary="runs, put there by hand", step=4, observed=seen)
    bucket = Evidence("arn:aws:s3:::acme-state", 0, "", "", "aws")
    yield Contradiction(
        name="bucket-unversioned", subject="acme-state", summary="no versioning", step=1, declared=file, observed=bucket
    )
    page = Evidence("https://github.com/acme/shop/settings/rules" + ("'\"><script>" if hostile else ""), 0, "", "", "github")
    yield Contradiction(
        name="unprotected", subject="web-shop", summary="the branch takes pushes", step=4, check="gone.check", observed=page
    )


def empty() -> Assessment:
    """Return an assessment in which nothing could be observed."""
    steps = tuple(
        StepScore(
            id=int(step), name=step.short, title=step.title, score=None, coverage=0.0, bounds=(0.0, 100.0),
            reached=False, applicable=True, held_by=("nothing could be observed",), tasks=(),
        )
        for step in Step
    )  # fmt: skip
    whole = OrganizationScore(
        name="Nothing", score=None, level=0, coverage=0.0, bounds=(0.0, 100.0), iac_coverage=None, gitops_coverage=None, steps=steps,
    )  # fmt: skip
    return Assessment(
        schema_version="1", tool=Tool("gitops-assess", "0.1.0"), date="2026-11-23", organization=whole,
        repositories=(), findings=(), actions=(), gaps=(Gap("files", "repositories", "the folder is empty"),),
    )  # fmt: skip


def _repository(number: int, count: int, hostile: bool) -> RepositoryScore:
    index = number % len(NAMES)
    name = HOSTILE_NAMES[index] if hostile else NAMES[index]
    if number >= len(NAMES):
        name = f"{name}-{number:03}"
    return RepositoryScore(
        name=name,
        path=name if count > 1 else ".",
        commit=COMMIT,
        branch="main",
        remote="" if index == 4 else ("javascript:alert(1)" if hostile else f"git@github.com:acme-commerce/{name}.git"),
        team=(HOSTILE_NAMES[1] if hostile else TEAMS[index]),
        level=0,
        score=None,
        coverage=0.0,
        bounds=(0.0, 100.0),
        inventory={"service": 2, "terraform-root": 3, "workload": 4} if index != 4 else {},
        set_aside={"vendored": 112, "fixture": 9} if index < 3 else {},
        steps={},
        checks={},
    )


def _findings(chance: random.Random, repos: Sequence[RepositoryScore], waiver: Waiver, hostile: bool) -> list[Finding]:
    found = []
    for check in CHECKS:
        if check.live:
            found.append(_finding(check, "", "organization", Status.NOT_OBSERVED, "live evidence was not requested", hostile))
            continue
        for repo in repos:
            found += _for_repository(chance, check, repo, waiver, hostile)
    return found


def _for_repository(
    chance: random.Random, check: CheckInfo, repo: RepositoryScore, waiver: Waiver, hostile: bool
) -> Iterable[Finding]:
    kind = ("terraform-root", "service", "workload", "application", "repository")[check.step - 1]
    if not repo.inventory or (chance.random() < 0.3 and check.id != waiver.check):
        yield _finding(check, repo.name, repo.name, Status.NOT_APPLICABLE, f"no {kind} found", hostile)
        return
    for number in range(chance.choice((1, 1, 1, 2, 3))):
        status = chance.choices(DRAWN, CHANCES[check.step])[0]
        waived = waiver.check == check.id and waiver.repository == repo.name
        finding = _finding(check, repo.name, f"{kind}-{number + 1}", Status.WAIVED if waived else status, "", hostile)
        yield msgspec.structs.replace(finding, waiver=waiver) if waived else finding


def _finding(check: CheckInfo, repository: str, subject: str, status: Status, summary: str, hostile: bool) -> Finding:
    shown = SHOWN[check.step]
    excerpt = HOSTILE_NAMES[len(check.id) % len(HOSTILE_NAMES)] if hostile else shown.excerpt
    path = f"{shown.folder}/{subject}/{shown.file}"
    places = () if summary else (Evidence(path, shown.line + len(check.id), excerpt, repository),)
    repairs = status in (Status.FAIL, Status.PARTIAL)
    return Finding(
        check=check.id,
        title=check.title,
        task=check.task,
        step=check.step,
        repository=repository,
        subject=Subject("subject", subject),
        status=status,
        score={Status.PASS: 100.0, Status.PARTIAL: 50.0, Status.FAIL: 0.0}.get(status),
        summary=summary or _summary(check, status),
        evidence=places,
        remediation=check.fix if repairs else "",
        scaffold=check.scaffold if repairs else None,
    )


def _summary(check: CheckInfo, status: Status) -> str:
    claim = check.title[0].lower() + check.title[1:]
    return {
        Status.PASS: f"seen: {claim}",
        Status.PARTIAL: f"holds for one of two: {claim}",
        Status.FAIL: f"nothing shows that {claim}",
        Status.WAIVED: f"accepted for now: {claim}",
    }.get(status, "the value is a variable that only exists at run time")


def _mean(values: Iterable[float | None]) -> float | None:
    seen = [v for v in values if v is not None]
    return round(fmean(seen), 1) if seen else None


def _worst(statuses: Iterable[Status]) -> Status:
    return min(statuses, key=WORST.index, default=Status.NOT_APPLICABLE)


def _judged(repo: RepositoryScore, findings: Sequence[Finding]) -> RepositoryScore:
    checks = {}
    for check in CHECKS:
        own = [f for f in findings if f.check == check.id]
        if own:
            checks[check.id] = CheckResult(_worst(f.status for f in own), _mean(f.score for f in own))
    steps = {step.short: _mean(f.score for f in findings if f.step == step) for step in Step}
    level = 0
    while level < 5 and (steps[Step(level + 1).short] or 0) >= 70:
        level += 1
    coverage, bounds = _bounds(findings)
    return RepositoryScore(
        name=repo.name, path=repo.path, commit=repo.commit, branch=repo.branch, remote=repo.remote, team=repo.team,
        level=level, score=_mean(steps.values()), coverage=coverage, bounds=bounds, inventory=repo.inventory, set_aside=repo.set_aside, steps=steps, checks=checks,
    )  # fmt: skip


def _bounds(findings: Sequence[Finding]) -> tuple[float, tuple[float, float]]:
    """Return coverage and bounds of findings that count alike."""
    seen = [f.score for f in findings if f.score is not None]
    unknown = sum(f.status.unknown for f in findings)
    count = len(seen) + unknown
    if not count:
        return 100.0, (0.0, 100.0)
    low = sum(seen) / count
    return round(100 * len(seen) / count, 1), (round(low, 1), round(low + 100 * unknown / count, 1))


def _check_score(info: CheckInfo, findings: Sequence[Finding]) -> CheckScore:
    coverage, bounds = _bounds(findings)
    return CheckScore(
        id=info.id,
        title=info.title,
        weight=info.weight,
        status=_worst(f.status for f in findings),
        score=_mean(f.score for f in findings),
        coverage=coverage,
        bounds=bounds,
        subjects=dict(Counter(f.status.value for f in findings)),
    )


def _task_score(task: Task, findings: Sequence[Finding]) -> TaskScore:
    own = [f for f in findings if f.task == task.id]
    coverage, bounds = _bounds(own)
    score = _mean(f.score for f in own)
    status = (
        _worst(f.status for f in own)
        if score is None
        else Status.PASS
        if score == 100
        else Status.PARTIAL
        if score
        else Status.FAIL
    )
    checks = tuple(_check_score(info, [f for f in own if f.check == info.id]) for info in CHECKS if info.task == task.id)
    return TaskScore(
        id=task.id, title=task.title, core=task.core, status=status, score=score, coverage=coverage, bounds=bounds, checks=checks
    )


def _step_score(step: Step, findings: Sequence[Finding]) -> StepScore:
    own = [f for f in findings if f.step == step]
    tasks = tuple(_task_score(task, own) for task in Task if task.step is step)
    coverage, bounds = _bounds(own)
    score = _mean(t.score for t in tasks)
    reached = (score or 0) >= 70 and coverage >= 50
    held = () if reached else (f"score {score} is below 70",)
    return StepScore(
        id=int(step), name=step.short, title=step.title, score=score, coverage=coverage, bounds=bounds,
        reached=reached, applicable=True, held_by=held, tasks=tasks,
    )  # fmt: skip


def _organization(name: str, findings: Sequence[Finding]) -> OrganizationScore:
    steps = tuple(_step_score(step, findings) for step in Step)
    coverage, bounds = _bounds(findings)
    level = next((s.id - 1 for s in steps if not s.reached), 5)
    return OrganizationScore(
        name=name, score=_mean(s.score for s in steps), level=level, coverage=coverage, bounds=bounds,
        iac_coverage=None, gitops_coverage=41.7, steps=steps,
    )  # fmt: skip


def _actions(findings: Sequence[Finding]) -> Iterable[Action]:
    failing = Counter(f.check for f in findings if f.status is Status.FAIL)
    gain = 6.4
    for info in sorted((c for c in CHECKS if failing[c.id]), key=lambda c: (c.effort, -failing[c.id], c.id))[:12]:
        repositories = sorted({f.repository for f in findings if f.check == info.id and f.status is Status.FAIL})
        yield Action(
            check=info.id,
            title=info.title,
            step=info.step,
            gain=round(gain, 1),
            level_after=3,
            effort=info.effort,
            repositories=tuple(repositories),
            summary=f"{failing[info.id]} subjects in {len(repositories)} repositories fail",
            command=f"gitops-assess scaffold step {info.step} --only {info.scaffold}" if info.scaffold else None,
        )
        gain *= 0.8


def _gaps(repos: Sequence[RepositoryScore], hostile: bool) -> tuple[Gap, ...]:
    subject = HOSTILE_NAMES[1] if hostile else "deploy/legacy.yaml"
    return (
        Gap("aws", "AWS account", "live evidence was not requested: add --aws to read it", "", ("aws-account",)),
        Gap("files", subject, "line 14: mapping values are not allowed here", repos[0].name, ("workload",)),
        Gap("git", "history", "the clone is shallow: fetch it with full history", repos[-1].name),
    )


def _services(repos: Sequence[RepositoryScore]) -> Iterable[ServiceTrace]:
    for number, repo in enumerate(repos):
        if not repo.inventory:
            continue
        steps = tuple(_station(step, DRAWN[(number + step) % 4] if step > 2 else Status.PASS, repo.name) for step in Step)
        yield ServiceTrace(name=repo.name, repository=repo.name, path="src", language=LANGUAGES[number % 6], steps=steps)


def _station(step: Step, status: Status, repository: str) -> TraceStep:
    words = {
        Status.PASS: (
            "state in s3",
            "image from Dockerfile",
            "chart, 2 overlays",
            "Application, auto-sync",
            "Rollout with analysis",
        ),
        Status.PARTIAL: ("", "", "plain manifests", "Application, manual sync", "Rollout, timed pauses"),
        Status.FAIL: ("", "", "no manifests", "no Application", "no Rollout"),
        Status.NOT_OBSERVED: (
            "",
            "",
            "chart is in another repository",
            "ApplicationSet with a variable",
            "live evidence not read",
        ),
    }[status][step - 1]
    seen = status in (Status.PASS, Status.PARTIAL)
    places = (Evidence(f"services/{repository}/{step.short}.yaml", 12, "kind: Deployment", repository),) if seen else ()
    return TraceStep(step=int(step), status=status, summary=words, evidence=places)
