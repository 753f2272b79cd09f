"""From findings to scores: checks, tasks, steps, the whole, and the maturity level.

All arithmetic is exact (fractions) and rounded only where a value enters the assessment. A value that was not
observed leaves the score, lowers the coverage and widens the bounds; it never raises or lowers the score.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Any, Protocol

from assessor.checking import Check
from assessor.model import CheckResult, CheckScore, OrganizationScore, Status, Step, StepScore, Task, TaskScore, Thresholds

IAC_COVERAGE = "iac.coverage"
GITOPS_COVERAGE = "gop.workload-coverage"


@dataclass(frozen=True, slots=True)
class Tally:
    """A score with what is known of it, as shares from 0 to 1. `score` None: nothing observed; `applicable` False: no subject."""

    score: Fraction | None
    coverage: Fraction
    low: Fraction
    high: Fraction
    applicable: bool = True

    @property
    def bounds(self) -> tuple[float, float]:
        """The score if every unknown failed, and if every unknown passed."""
        return (percent(self.low), percent(self.high))


_ALL = Fraction(1)
NOTHING = Tally(None, Fraction(0), Fraction(0), Fraction(1), applicable=False)


def percent(share: Fraction) -> float:
    """Return a share as a percentage with one decimal."""
    return float(round(share * 1000)) / 10


def _score(tally: Tally) -> float | None:
    return None if tally.score is None else percent(tally.score)


class Outcome(Protocol):
    """What scoring needs of a finding: which check, its status, and its score from 0 to 100 if it was observed."""

    @property
    def check(self) -> str:
        """The check's id."""

    @property
    def status(self) -> Status:
        """How it came out."""

    @property
    def score(self) -> float | None:
        """From 0 to 100, None when not observed."""

    @property
    def measured(self) -> float | None:
        """The share behind the score in percent, where thresholds made the one of the other."""


@cache
def _share(score: float) -> Fraction:
    """Return a percentage with one decimal, of which there are a thousand, as a share."""
    return Fraction(str(score)) / 100


def tally_subjects(outcomes: Iterable[Outcome]) -> Tally:
    """Return the mean over a check's subjects."""
    observed: list[Fraction] = []
    unknown = 0
    for outcome in outcomes:
        if outcome.status.observed and outcome.score is not None:
            observed.append(_share(outcome.score))
        unknown += outcome.status.unknown
    applicable = len(observed) + unknown
    if not applicable:
        return NOTHING
    if len(observed) == applicable == 1:  # nearly always
        return Tally(observed[0], _ALL, observed[0], observed[0])
    total = _sum([(1, share) for share in observed])
    if not unknown:
        return Tally(total / applicable, _ALL, total / applicable, total / applicable)
    score = total / len(observed) if observed else None
    return Tally(score, Fraction(len(observed), applicable), total / applicable, (total + unknown) / applicable)


def weighted(parts: Iterable[tuple[int, Tally]]) -> Tally:
    """Return the weighted mean of tallies; what does not apply has no weight, what was not observed none in the score."""
    applicable = [(weight, tally) for weight, tally in parts if tally.applicable]
    if not applicable:
        return NOTHING
    if all(tally.coverage is _ALL for _, tally in applicable):
        mean = _sum([(w, t.low) for w, t in applicable], sum([w for w, _ in applicable]))
        return Tally(mean, _ALL, mean, mean)
    total = sum(weight for weight, _ in applicable)
    seen = [(weight, tally.score) for weight, tally in applicable if tally.score is not None]
    mass = sum(weight for weight, _ in seen)
    return Tally(
        _sum(seen, mass) if mass else None,
        _sum([(w, t.coverage) for w, t in applicable], total),
        _sum([(w, t.low) for w, t in applicable], total),
        _sum([(w, t.high) for w, t in applicable], total),
    )


def _sum(values: Sequence[tuple[int, Fraction]], divisor: int = 1) -> Fraction:
    """Return the weighted sum over the divisor: over one common denominator, which is far quicker than fraction by fraction."""
    denominator = math.lcm(*[value.denominator for _, value in values])
    return Fraction(sum([w * v.numerator * (denominator // v.denominator) for w, v in values]), denominator * divisor)


def status_of(statuses: Iterable[Status]) -> Status:
    """Return one status for several subjects: what was observed decides, an error shows."""
    found = set(statuses)
    if len(found) == 1:
        return found.pop()
    if Status.ERROR in found:
        return Status.ERROR
    observed = {status for status in found if status.observed}
    if observed:
        return observed.pop() if len(observed) == 1 else Status.PARTIAL
    for status in (Status.NOT_OBSERVED, Status.WAIVED):
        if status in found:
            return status
    return Status.NOT_APPLICABLE


@dataclass(frozen=True, slots=True)
class Judged:
    """A check with its findings' outcome: what the rest of scoring needs of it."""

    check: Check[Any]
    tally: Tally
    status: Status
    subjects: dict[str, int]
    measured: float | None = None


def judged(outcomes: Iterable[Outcome], checks: Mapping[str, Check[Any]]) -> dict[str, Judged]:
    """Group outcomes by check."""
    grouped: dict[str, list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        grouped[outcome.check].append(outcome)
    return {id: _judged(checks[id], found) for id, found in sorted(grouped.items())}


def _judged(check: Check[Any], found: list[Outcome]) -> Judged:
    if len(found) == 1:
        return Judged(check, tally_subjects(found), found[0].status, {str(found[0].status): 1}, found[0].measured)
    counts = Counter(str(f.status) for f in found)
    return Judged(check, tally_subjects(found), status_of(f.status for f in found), dict(sorted(counts.items())))


def check_results(results: Mapping[str, Judged]) -> dict[str, CheckResult]:
    """Return each check's status and score."""
    return {id: CheckResult(result.status, _score(result.tally)) for id, result in results.items()}


_TASKS = {step: [task for task in Task if task.step is step] for step in Step}
TaskTally = tuple[Task, Tally, list[Judged]]


@dataclass(frozen=True, slots=True)
class StepTally:
    """One step: its tally, that of its tasks, what holds it, and whether it is reached."""

    step: Step
    tally: Tally
    tasks: list[TaskTally]
    held_by: tuple[str, ...]
    reached: bool


@dataclass(frozen=True, slots=True)
class PathTally:
    """The whole path. The level is the highest step that holds with every step before it."""

    steps: list[StepTally]
    whole: Tally
    level: int

    @property
    def score(self) -> float | None:
        """The score in percent, None when nothing was observed."""
        return _score(self.whole)

    @property
    def coverage(self) -> float:
        """How much of what applies was observed, in percent."""
        return percent(self.whole.coverage)


def tally_path(results: Mapping[str, Judged], thresholds: Thresholds, steps: Iterable[Step] = tuple(Step)) -> PathTally:
    """Add the checks up to tasks, steps and the whole."""
    found: list[StepTally] = []
    level, unbroken = 0, True
    by_task: dict[Task, list[Judged]] = {}
    for result in results.values():
        by_task.setdefault(result.check.task, []).append(result)
    for step in sorted(steps):
        tasks = _tasks(step, by_task)
        tally = weighted((int(task.weight), task_tally) for task, task_tally, _ in tasks)
        held_by = tuple(_held_by(step, tasks, tally, results, thresholds))
        unbroken = unbroken and not held_by
        level = int(step) if unbroken else level
        found.append(StepTally(step, tally, tasks, held_by, unbroken))
    return PathTally(found, weighted((1, step.tally) for step in found), level)


def score_organization(
    name: str, results: Mapping[str, Judged], thresholds: Thresholds, steps: Iterable[Step] = tuple(Step)
) -> OrganizationScore:
    """Score the path, with every task and check."""
    path = tally_path(results, thresholds, steps)
    return OrganizationScore(
        name=name,
        score=path.score,
        level=path.level,
        coverage=path.coverage,
        bounds=path.whole.bounds,
        iac_coverage=_headline(results, IAC_COVERAGE),
        gitops_coverage=_headline(results, GITOPS_COVERAGE),
        steps=tuple(_step_score(step) for step in path.steps),
    )


def _step_score(found: StepTally) -> StepScore:
    return StepScore(
        id=int(found.step),
        name=found.step.short,
        title=found.step.title,
        score=_score(found.tally),
        coverage=percent(found.tally.coverage),
        bounds=found.tally.bounds,
        reached=found.reached,
        applicable=found.tally.applicable,
        held_by=found.held_by,
        tasks=tuple(_task_score(*task) for task in found.tasks),
    )


def step_scores(path: PathTally) -> dict[str, float | None]:
    """Return the steps' scores by short name."""
    return {step.step.short: _score(step.tally) for step in path.steps}


def _headline(results: Mapping[str, Judged], id: str) -> float | None:
    """Return a figure of breadth: what was measured, not the score that thresholds made of it."""
    if id not in results or not results[id].status.observed:
        return None
    found = results[id].measured
    return _score(results[id].tally) if found is None else found


def _tasks(step: Step, results: Mapping[Task, list[Judged]]) -> list[TaskTally]:
    return [
        (task, weighted([(int(r.check.weight), r.tally) for r in results[task]]), results[task])
        for task in _TASKS[step]
        if task in results
    ]


def _held_by(
    step: Step, tasks: list[TaskTally], tally: Tally, results: Mapping[str, Judged], thresholds: Thresholds
) -> Iterable[str]:
    """Yield what keeps a step from being reached."""
    if not tally.applicable:
        return
    if tally.score is None:
        yield "nothing of it could be observed"
        return
    if tally.score * 100 < thresholds.score:
        yield f"its score {percent(tally.score):g} is below {thresholds.score:g}"
    for task, task_tally, _ in tasks:
        if task.core and task_tally.score == 0:
            yield f"nothing done for: {task.title}"
    if tally.coverage * 100 < thresholds.coverage:
        yield f"only {percent(tally.coverage):g} % of it could be observed, {thresholds.coverage:g} % are needed"
    if step is Step.IAC:
        for result in results.values():
            if result.check.gate and result.subjects.get(str(Status.FAIL)):
                yield f"gate fails: {result.check.title}"


def _task_score(task: Task, tally: Tally, results: list[Judged]) -> TaskScore:
    return TaskScore(
        id=task.id,
        title=task.title,
        core=task.core,
        status=_task_status(tally, results),
        score=_score(tally),
        coverage=percent(tally.coverage),
        bounds=tally.bounds,
        checks=tuple(
            CheckScore(
                id=result.check.id,
                title=result.check.title,
                weight=int(result.check.weight),
                status=result.status,
                score=_score(result.tally),
                coverage=percent(result.tally.coverage),
                bounds=result.tally.bounds,
                subjects=result.subjects,
            )
            for result in results
        ),
    )


def _task_status(tally: Tally, results: list[Judged]) -> Status:
    if tally.score is None:
        return status_of(result.status for result in results)
    if tally.score == 1:
        return Status.PASS
    return Status.FAIL if tally.score == 0 else Status.PARTIAL
