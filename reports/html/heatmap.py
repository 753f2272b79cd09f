"""The heat map: repositories, and teams where settings name them, by tasks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean

from assessor.model import Assessment, RepositoryScore, Status, TaskScore

from ..links import Forge
from ..words import CODES, STATUSES, SYMBOLS, number, printable
from .findings import Findings


@dataclass(frozen=True, slots=True)
class Column:
    """A task."""

    anchor: str
    title: str
    core: bool
    first: bool  # the first of its step: a rule divides them


@dataclass(frozen=True, slots=True)
class Head:
    """A step above its tasks."""

    id: int
    title: str
    span: int


@dataclass(frozen=True, slots=True)
class Cell:
    """How one repository, or one team, does on one task."""

    status: str
    text: str
    label: str
    target: str
    first: bool


@dataclass(frozen=True, slots=True)
class Row:
    """A repository or a team."""

    name: str
    href: str
    team: str
    level: str
    score: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Heatmap:
    """The table."""

    heads: tuple[Head, ...]
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    teams: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class _Outcome:
    status: Status
    score: float | None
    check: str  # the most urgent one


def heatmap(assessment: Assessment, findings: Findings, forges: dict[str, Forge]) -> Heatmap:
    """Return the heat map of an assessment."""
    steps = [step for step in assessment.organization.steps if step.tasks]
    tasks = [task for step in steps for task in step.tasks]
    starts = {step.tasks[0].id for step in steps}
    outcomes = {repo.name: [_outcome(task, repo) for task in tasks] for repo in assessment.repositories}
    rows = []
    for repo in assessment.repositories:
        cells = (
            _cell(outcome, findings.target(outcome.check, repo.name) if outcome.check else f"t-{task.id}", task.id in starts)
            for task, outcome in zip(tasks, outcomes[repo.name], strict=True)
        )
        href = forges[repo.name].base
        rows.append(
            Row(printable(repo.name, 48), href, printable(repo.team, 32), str(repo.level), number(repo.score), tuple(cells))
        )
    return Heatmap(
        heads=tuple(Head(step.id, printable(step.title), len(step.tasks)) for step in steps),
        columns=tuple(Column(f"t-{t.id}", printable(t.title), t.core, t.id in starts) for t in tasks),
        rows=tuple(rows),
        teams=tuple(_teams(assessment.repositories, tasks, outcomes, starts)),
    )


def _outcome(task: TaskScore, repository: RepositoryScore) -> _Outcome:
    """Join the checks of a task on one repository, weighted as in the score."""
    results = [(check, repository.checks[check.id]) for check in task.checks if check.id in repository.checks]
    if not results:
        return _Outcome(Status.NOT_APPLICABLE, None, "")
    worst = min(results, key=lambda item: (item[1].status.urgency, -item[0].weight))
    scored = [(check.weight, result.score) for check, result in results if result.score is not None]
    if not scored:
        return _Outcome(worst[1].status, None, worst[0].id)
    score = sum(weight * value for weight, value in scored) / sum(weight for weight, _ in scored)
    return _Outcome(_graded(score), round(score, 1), worst[0].id)


def _graded(score: float) -> Status:
    return Status.PASS if score >= 100 else Status.PARTIAL if score > 0 else Status.FAIL


def _cell(outcome: _Outcome, target: str, first: bool) -> Cell:
    return Cell(CODES[outcome.status], SYMBOLS[outcome.status], STATUSES[outcome.status], target, first)


def _teams(
    repositories: Iterable[RepositoryScore],
    tasks: Sequence[TaskScore],
    outcomes: dict[str, list[_Outcome]],
    starts: set[str],
) -> Iterable[Row]:
    """Yield a row per team, if there are any: the mean of its repositories."""
    members: dict[str, list[RepositoryScore]] = defaultdict(list)
    for repo in repositories:
        members[repo.team].append(repo)
    for team, repos in sorted(members.items()) if set(members) - {""} else ():
        cells = []
        for index, task in enumerate(tasks):
            scores = [score for repo in repos if (score := outcomes[repo.name][index].score) is not None]
            cells.append(_mean_cell(scores, task.id, task.id in starts))
        seen = [repo.score for repo in repos if repo.score is not None]
        level = str(min(repo.level for repo in repos))
        mean = number(fmean(seen) if seen else None)
        yield Row(printable(team, 48) or "no team", "", "", level, mean, tuple(cells))


def _mean_cell(scores: Sequence[float], task: str, first: bool) -> Cell:
    if not scores:
        return Cell(CODES[Status.NOT_APPLICABLE], "–", STATUSES[Status.NOT_APPLICABLE], f"t-{task}", first)
    mean = fmean(scores)
    return Cell(CODES[_graded(mean)], f"{mean:.0f}", f"{mean:.0f} of 100", f"t-{task}", first)
