"""Gathers what came of each repository and reads it, ahead where there is nothing else to do but wait for the others."""

from __future__ import annotations

import contextlib
import gc
from collections import deque
from collections.abc import Iterator, Sequence

import msgspec

from assessor.collectors.target import Target
from assessor.facts.repository import Repository
from assessor.model import RepositoryScore

from .unit import Answer, Order, Unit, read_answer

FEW = 4  # results that are read before somebody waits for us again: a millisecond
Result = tuple[Repository, RepositoryScore | None]  # the score it has alone; none where nothing could be read


class Results:
    """The answers of a scan by the numbers of its targets, and the results read from them."""

    def __init__(self, targets: Sequence[Target], order: Order) -> None:
        self.targets = targets
        self._unit = Unit(order)
        self._answers: dict[int, Answer] = {}
        self._read: dict[int, Result] = {}
        self._unread: deque[int] = deque()

    @property
    def answers(self) -> list[Answer]:
        """The answers of every target, in their order."""
        return [self._answers[number] for number in range(len(self.targets))]

    def take(self, number: int, answer: Answer) -> None:
        """Take an answer. It is only read when its result is asked for, or ahead."""
        self._answers[number] = answer
        self._unread.append(number)

    def ahead(self) -> bool:
        """Read a few results of those taken; say whether there was one left."""
        few = [self._unread.popleft() for _ in range(min(FEW, len(self._unread)))]
        with uncollected():
            for number in few:
                self._read_one(number)
        return bool(few)

    def lost(self) -> list[int]:
        """Read what is left; return the numbers of those whose result the cache has lost since their answer was given."""
        while self.ahead():
            pass
        self.close()
        return [number for number in range(len(self.targets)) if number not in self._read]

    def whole(self) -> list[Result]:
        """Return the result of every target; what was lost again is empty, with a gap that says so."""
        for number in self.lost():
            self._read[number] = read_answer(Answer(failure="what was remembered of it was lost twice"), self.targets[number])
        return [self._read.pop(number) for number in range(len(self.targets))]

    def close(self) -> None:
        """Close the cache; it is opened again when needed. A process forked meanwhile must not inherit an open database."""
        self._unit.close()

    def _read_one(self, number: int) -> None:
        whole = self._unit.result(self._answers[number])
        if whole is not None:
            self._read[number] = read_answer(whole, self.targets[number])
            self._answers[number] = msgspec.structs.replace(whole, result=b"")  # not kept twice


@contextlib.contextmanager
def uncollected() -> Iterator[None]:
    """Make many values without looking for garbage among them: none refers to another in a circle, and a fifth of the time went."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()  # nor later
        gc.enable()
