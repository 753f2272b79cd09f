"""Judges a large organization in one process per core: the checks are dealt out, and what each finds is brought together.

A check judges one fact and knows of no other check, so it does not matter who runs it. Where no other process can be had, or
one is lost, its checks are run in this one.
"""

from __future__ import annotations

import contextlib
import datetime
import os
from collections.abc import Iterable
from functools import partial
from typing import Any

import msgspec

from assessor import engine
from assessor.checking import Check
from assessor.facts.repository import Organization
from assessor.model import Finding, Waiver

from .forking import Fork, cores, may_fork

MANY = 10_000  # facts to judge that are worth another process


def judge(
    organization: Organization, checks: Iterable[Check[Any]], waivers: Iterable[Waiver], today: datetime.date, *, jobs: int = 0
) -> list[Finding]:
    """Return what `engine.judge` returns. `jobs` 0 means one process per core."""
    own, *others = deal(organization, tuple(checks), (jobs or cores()) if may_fork() else 1)
    work = partial(engine.judge, organization, waivers=waivers, today=today)
    helpers: list[_Helper] = []
    try:
        with contextlib.suppress(OSError):  # no process is to be had
            helpers.extend(_Helper(partial(work, pile)) for pile in others)
        findings = work(own)
        for number, pile in enumerate(others):
            theirs = helpers[number].findings() if number < len(helpers) else None
            findings += work(pile) if theirs is None else theirs
    finally:
        for helper in helpers:
            helper.end()
    return sorted(findings, key=engine.order) if others else findings


def deal(organization: Organization, checks: tuple[Check[Any], ...], most: int) -> list[list[Check[Any]]]:
    """Deal the checks to at most so many piles that take about equally long.

    Checks of the organization as a whole come last: they find little, so that little has to be sent here.
    """
    work = {check.id: _work(organization, check) for check in checks}
    total = max(1, sum(work.values()))
    piles: list[list[Check[Any]]] = [[] for _ in range(max(1, min(most, total // MANY)))]
    done = 0
    for check in sorted(checks, key=lambda check: check.subject is Organization):
        piles[done * len(piles) // total].append(check)
        done += work[check.id]
    return piles


def _work(organization: Organization, check: Check[Any]) -> int:
    """Return how many facts a check judges; one of the organization as a whole looks at every repository, and at more there."""
    if check.subject is Organization:
        return len(organization.repositories) * 5 // 4
    return sum(len(organization.of(kind)) for kind in (check.subject, *check.others))


class _Helper:
    """A fork that judges, and its end of a pipe."""

    def __init__(self, work: partial[list[Finding]]) -> None:
        self._pipe, theirs = os.pipe()
        try:
            self._process = Fork(partial(_send, work, self._pipe, theirs))
        except OSError:
            os.close(self._pipe)
            raise
        finally:
            os.close(theirs)

    def findings(self) -> list[Finding] | None:
        """Wait for what it found; None when it was lost."""
        with open(self._pipe, "rb", closefd=False) as pipe:
            data = pipe.read()
        try:
            return msgspec.msgpack.decode(data, type=list[Finding])
        except (msgspec.MsgspecError, ValueError):
            return None

    def end(self) -> None:
        """End it, whatever it is at."""
        os.close(self._pipe)
        self._process.kill()
        self._process.wait()


def _send(work: partial[list[Finding]], theirs: int, pipe: int) -> None:
    os.close(theirs)  # else a parent that is gone would not be noticed
    with contextlib.suppress(BrokenPipeError), open(pipe, "wb") as whole:
        whole.write(msgspec.msgpack.encode(work()))
