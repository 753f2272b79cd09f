"""The way travelled: the score of each step over the runs that were kept, as pictures and as a table."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

from assessor.model import Assessment, Run, StepScore

from ..words import number, plural, printable

POINTS = 120  # drawn and listed; of more, every so many are left out
WIDTH, HEIGHT = 100, 40
LEVELS = 8


@dataclass(frozen=True, slots=True)
class Line:
    """A score over time: lines where it is known without a break, a dot at each place that has no neighbour and at the end."""

    title: str
    first: str
    last: str
    change: str
    label: str
    needed: str  # how high the score is that a step needs
    lines: tuple[str, ...]
    areas: tuple[str, ...]
    dots: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Row:
    """One run in the table."""

    date: str
    level: str
    score: str
    steps: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Trend:
    """The pictures, the same as a table, and when the level changed."""

    since: str
    until: str
    runs: str
    lines: tuple[Line, ...]
    levels: tuple[str, ...]
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    thinned: str


@dataclass(frozen=True, slots=True)
class _Point:
    at: datetime.datetime
    level: int
    score: float | None
    steps: dict[str, float | None]

    @property
    def day(self) -> str:
        return self.at.date().isoformat()


def trend(assessment: Assessment, history: Sequence[Run]) -> Trend | None:
    """Return the trend up to this assessment, None when there is no earlier run; `history` has the newest first."""
    every = [_of_run(run) for run in reversed(history)]
    if not every:
        return None
    every.append(_of(assessment, every[-1].at))
    points = _thinned(every)
    steps = [step for step in assessment.organization.steps if step.applicable]
    return Trend(
        since=points[0].day,
        until=points[-1].day,
        runs=plural(len(every), "run"),
        lines=(
            _line("The whole", points, lambda point: point.score),
            *(_step_line(step, points, _y(assessment.thresholds.score)) for step in steps),
        ),
        levels=tuple(_levels(every))[-LEVELS:],
        columns=tuple(printable(f"{step.id}. {step.title}", 60) for step in steps),
        rows=tuple(_row(point, steps) for point in reversed(points)),
        thinned=f"Shown are {len(points)} of {plural(len(every), 'run')}." if len(points) < len(every) else "",
    )


def _of_run(run: Run) -> _Point:
    return _Point(datetime.datetime.fromisoformat(run.taken_at), run.level, run.score, run.steps)


def _of(assessment: Assessment, last: datetime.datetime) -> _Point:
    """Return the point of the assessment itself: its day, but never before the run before it."""
    whole = assessment.organization
    try:
        day = datetime.datetime.combine(datetime.date.fromisoformat(assessment.date), datetime.time(), datetime.UTC)
    except ValueError:
        day = last
    return _Point(max(day, last), whole.level, whole.score, {step.name: step.score for step in whole.steps})


def _thinned(points: list[_Point]) -> list[_Point]:
    if len(points) <= POINTS:
        return points
    span = len(points) - 1
    return [points[round(index * span / (POINTS - 1))] for index in range(POINTS)]


def _step_line(step: StepScore, points: Sequence[_Point], needed: str) -> Line:
    return _line(printable(f"{step.id}. {step.title}", 60), points, lambda point: point.steps.get(step.name), needed)


def _line(title: str, points: Sequence[_Point], value: Callable[[_Point], float | None], needed: str = "") -> Line:
    places = _places(points)
    known = [(x, score, point.day) for x, point in zip(places, points, strict=True) if (score := value(point)) is not None]
    pieces = [
        [(x, score) for x, score in piece if score is not None]
        for there, piece in groupby(
            ((x, value(point)) for x, point in zip(places, points, strict=True)), lambda pair: pair[1] is not None
        )
        if there
    ]
    ends = {piece[0] for piece in pieces if len(piece) == 1} | {piece[-1] for piece in pieces[-1:]}
    first, last = value(points[0]), value(points[-1])
    return Line(
        title=title,
        first=number(known[0][1]) if known else "–",
        last=number(last),
        change="" if first is None or last is None else f"{last - first:+.1f}" if round(last - first, 1) else "unchanged",
        label=_label(title, known),
        needed=needed,
        lines=tuple(" ".join(f"{x:.4g},{_y(score)}" for x, score in piece) for piece in pieces if len(piece) > 1),
        areas=tuple(
            f"{piece[0][0]:.4g},{HEIGHT} " + " ".join(f"{x:.4g},{_y(s)}" for x, s in piece) + f" {piece[-1][0]:.4g},{HEIGHT}"
            for piece in pieces
            if len(piece) > 1
        ),
        dots=tuple(sorted((f"{x:.4g}", _y(score)) for x, score in ends)),
    )


def _label(title: str, known: Sequence[tuple[float, float, str]]) -> str:
    if not known:
        return f"{title}: not assessed in any of these runs"
    scores = [score for _, score, _ in known]
    return (
        f"{title}: {number(scores[0])} on {known[0][2]}, {number(scores[-1])} on {known[-1][2]}; "
        f"lowest {number(min(scores))}, highest {number(max(scores))}"
    )


def _places(points: Sequence[_Point]) -> list[float]:
    """Return where points lie from left to right: by time, or one after the other when all are of one day."""
    start, end = points[0].at, points[-1].at
    if end - start < datetime.timedelta(days=1):
        return [WIDTH * index / max(len(points) - 1, 1) for index in range(len(points))]
    return [WIDTH * ((point.at - start) / (end - start)) for point in points]


def _y(score: float) -> str:
    return f"{HEIGHT * (1 - max(0.0, min(score, 100.0)) / 100):.4g}"


def _levels(points: Sequence[_Point]) -> Iterator[str]:
    yield f"level {points[0].level} on {points[0].day}"
    yield from (f"level {now.level} since {now.day}" for before, now in pairwise(points) if now.level != before.level)


def _row(point: _Point, steps: Sequence[StepScore]) -> Row:
    return Row(point.day, str(point.level), number(point.score), tuple(number(point.steps.get(step.name)) for step in steps))
