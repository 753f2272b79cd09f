"""Builds the runs of a year for the tests of trends: steps that rise at their own pace, one unseen for a while."""

from __future__ import annotations

import datetime

from assessor.model import Run, Step

START = datetime.datetime(2025, 11, 20, 3, 0, tzinfo=datetime.UTC)


def runs(count: int = 52, *, days: float = 7) -> list[Run]:
    """Return that many runs of the sample organization, the newest first."""
    made = [_run(number, number / max(count - 1, 1), START + datetime.timedelta(days=days * number)) for number in range(count)]
    return made[::-1]


def _run(number: int, way: float, at: datetime.datetime) -> Run:
    steps: dict[str, float | None] = {
        step.short: round(min(100.0, (20 + 75 * way) * (1.1 - step * 0.12) + (number * step) % 5), 1) for step in Step
    }
    if 0.4 < way < 0.55:
        steps["gop"] = None
    known = [score for score in steps.values() if score is not None]
    return Run(
        id=number + 1,
        organization="Acme Commerce",
        taken_at=at.isoformat().replace("+00:00", "Z"),
        version="0.1.0",
        repositories=6,
        level=round(3 * way),
        score=round(sum(known) / len(known), 1),
        coverage=90.0,
        bounds=(10.0, 90.0),
        steps=steps,
    )
