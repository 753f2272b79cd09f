"""Verdicts by thresholds: how large a share is enough, and how small a share is nothing."""

from __future__ import annotations

from collections.abc import Iterable

from assessor.checking import Place, Verdict, failed, measured, partial, passed


def banded(share: float, summary: str, at: Iterable[Place], *, enough: float, least: float = 0.0) -> Verdict:
    """Pass from `enough` on, fail below `least` (and at 0), partial between."""
    if share >= enough:
        verdict = passed(summary, at)
    else:
        verdict = partial(share, summary, at) if share > 0 and share >= least else failed(summary, at)
    return measured(share, verdict)


def count(number: int, noun: str) -> str:
    """Return a number with its noun: 1 application, 3 applications."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
