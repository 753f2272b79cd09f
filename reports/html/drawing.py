"""Geometry of the page's few pictures: bars and rings. Lengths are parts of 100, as the templates need them."""

from __future__ import annotations

from dataclasses import dataclass

from assessor.model import Assessment, StepScore, TaskScore

from ..words import CODES, SYMBOLS, number, printable, whole


@dataclass(frozen=True, slots=True)
class Bar:
    """A score as a filled bar, with the range it may really lie in."""

    fill: str
    low: str
    spread: str
    label: str


@dataclass(frozen=True, slots=True)
class TaskView:
    """A task as a line below its step."""

    anchor: str
    title: str
    core: bool
    status: str
    symbol: str
    score: str


@dataclass(frozen=True, slots=True)
class StepView:
    """A station of the path."""

    id: int
    title: str
    state: str  # reached, here, done, ahead, unknown or outside: chooses its looks
    words: str
    score: str
    arc: str
    applicable: bool
    assessed: str
    bar: Bar
    held_by: tuple[str, ...]
    tasks: tuple[TaskView, ...]


_STATES = {
    "reached": "Reached",
    "here": "You are here",
    "done": "Done, but waits for an earlier step",
    "ahead": "Ahead",
    "unknown": "Not assessed",
    "outside": "Not part of this path",
}


def bar(score: float | None, bounds: tuple[float, float]) -> Bar:
    """Return the bar of a score and its bounds."""
    low, high = bounds
    if score is None:
        return Bar("0", "0", "100", "not assessed")
    label = f"{number(score)} of 100" + (f", between {whole(low)} and {whole(high)}" if high - low >= 1 else "")
    return Bar(_length(score), _length(low), _length(high - low), label)


def path(assessment: Assessment) -> tuple[StepView, ...]:
    """Return the five stations with where the organization stands."""
    level = assessment.organization.level
    return tuple(_step(step, _state(step, level)) for step in assessment.organization.steps)


def _state(step: StepScore, level: int) -> str:
    if not step.applicable:
        return "outside"
    if step.id <= level:
        return "reached"
    if step.id == level + 1:
        return "here"
    if step.score is None:
        return "unknown"
    return "ahead" if step.held_by else "done"


def _step(step: StepScore, state: str) -> StepView:
    return StepView(
        id=step.id,
        title=printable(step.title),
        state=state,
        words=_STATES[state],
        score=number(step.score),
        arc=_length(step.score or 0),
        applicable=step.applicable,
        assessed=whole(step.coverage),
        bar=bar(step.score, step.bounds),
        held_by=() if step.reached else tuple(printable(reason) for reason in step.held_by),
        tasks=tuple(_task(task) for task in step.tasks),
    )


def _task(task: TaskScore) -> TaskView:
    return TaskView(
        anchor=f"t-{task.id}",
        title=printable(task.title),
        core=task.core,
        status=CODES[task.status],
        symbol=SYMBOLS[task.status],
        score=whole(task.score) if task.score is not None else "–",
    )


def _length(value: float) -> str:
    return f"{max(0.0, min(value, 100.0)):.4g}"
