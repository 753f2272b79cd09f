"""Works on many repositories at once, each in a worker process that may fail without costing the others.

A worker is a fork of this process where that is safe (Linux, and no thread beside this one): it starts at once and shares
what is loaded. Elsewhere it is a fresh interpreter, started with ``-P``, because without it Python would import from the
current folder, which may be the very repository to be scanned.
"""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection, wait

import msgspec

from assessor.collectors.target import Target
from assessor.errors import UsageError

from .forking import Fork, cores, may_fork
from .results import Results
from .unit import Answer, Order, Unit
from .worker import serve

ATTEMPTS = 2
MANY = 200  # repositories that are worth another process to look at them
PREPARING = 200  # repositories that could be looked at in the time it takes to load what reading takes
STARTING = 60  # seconds in which a fresh interpreter must be ready


@dataclass(frozen=True, slots=True)
class Limits:
    """What one repository may cost when it is worked on in a worker."""

    seconds: float = 600
    memory: int = 3 * 1024**3  # bytes


LIMITS = Limits()


def gather(
    targets: Sequence[Target], order: Order, *, jobs: int = 0, limits: Limits = LIMITS, results: Results | None = None
) -> Generator[tuple[int, Answer]]:
    """Return what will yield each target's number and answer, as soon as it is there. Workers start at once, not with the first.

    What looks as it did when it was read is not read again: its answer has a state and no result. `jobs` 0 means one worker
    per core. With one job, where no worker starts quickly, the work is done in this process. `results` are read ahead while all
    workers are busy.
    """
    unit = Unit(order)
    jobs = jobs or cores()
    seen = _seen(targets, unit, jobs, limits)
    left = [number for number in range(len(targets)) if number not in seen]
    rest = [targets[number] for number in left]
    if rest and (seen or not unit.knows(rest)):
        unit.prepare()  # unless it has been while others were looking
    unit.close()  # nobody inherits an open database
    return _answers(seen, left, _worked_on(rest, unit, jobs, limits, results if seen else None))


def _seen(targets: Sequence[Target], unit: Unit, jobs: int, limits: Limits) -> dict[int, Answer]:
    """Return what is known at a glance, by number; where there is much to look at, in one process per core.

    This process looks at fewer than its helpers, because it also prepares for reading what has changed.
    """
    work = len(targets) + PREPARING
    processes = max(1, min(jobs, work // MANY)) if may_fork() else 1
    size = -(-work // processes)
    own = max(0, len(targets) - size * (processes - 1))
    shares = [targets[first : first + size] for first in range(own, len(targets), size)]
    helpers: list[Worker] = []
    for share in shares:
        try:
            helpers.append(Worker(unit, 0, helpers))
        except OSError:  # too many processes or open files
            break
        helpers[-1].look(share, limits.seconds)
    answers = [unit.glance(target) for target in targets[:own]]
    if helpers and any(answers) and not all(answers):
        unit.prepare()
    unit.close()
    for helper, share in zip(helpers, shares, strict=False):
        try:
            answers += helper.seen(limits.seconds)
        except Lost:
            answers += [None] * len(share)
        helper.stop()
    return {number: answer for number, answer in enumerate(answers) if answer}


def _answers(
    seen: dict[int, Answer], left: Sequence[int], answers: Generator[tuple[int, Answer]]
) -> Generator[tuple[int, Answer]]:
    with contextlib.closing(answers):
        yield from seen.items()
        for index, answer in answers:
            yield left[index], answer


def _worked_on(
    targets: Sequence[Target], unit: Unit, jobs: int, limits: Limits, results: Results | None
) -> Generator[tuple[int, Answer]]:
    if jobs <= 1 and not may_fork():
        return _here(targets, unit)
    pool = _Pool(targets, unit, limits, results)
    pool.hire(jobs)
    return pool.answers()


def _here(targets: Sequence[Target], unit: Unit) -> Generator[tuple[int, Answer]]:
    try:
        for number, target in enumerate(targets):
            yield number, unit.answer(target)
    finally:
        unit.close()


class Lost(Exception):
    """A worker that is no longer to be waited for; the message says why."""


class Worker:
    """A worker process, the target it is at, and when it must be done."""

    def __init__(self, unit: Unit, memory: int, others: Sequence[Worker]) -> None:
        ours, theirs = socket.socketpair()
        pipe, self._lifeline = os.pipe()  # never written to: it ends the worker when we end
        self.connection = Connection(ours.detach())
        self.index = -1
        self.deadline = 0.0
        self._ready = True
        if may_fork():
            serving = partial(_serve, unit, (theirs.fileno(), pipe, memory), (*others, self))
            self.process: subprocess.Popen[bytes] | Fork = Fork(serving)
        else:
            command = (sys.executable, "-P", "-m", "assessor.execution.worker", *map(str, (theirs.fileno(), pipe, memory)))
            self.process = subprocess.Popen(  # noqa: S603  our own interpreter and module
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=(theirs.fileno(), pipe),
            )
            self._ready = False
            self._send(unit.order)
        theirs.close()
        os.close(pipe)

    def start(self, index: int, target: Target, seconds: float) -> None:
        """Hand it a target, to be done within so many seconds from when it is ready."""
        if not self._ready:
            with contextlib.suppress(EOFError, OSError):  # it has ended already: noticed when its answer is waited for
                if self.connection.poll(STARTING):
                    self.connection.recv()
            self._ready = True
        self.index = index
        self.deadline = time.monotonic() + seconds
        self._send(target)

    def look(self, targets: Sequence[Target], seconds: float) -> None:
        """Have it look at targets, to be done within so many seconds."""
        self.deadline = time.monotonic() + seconds
        self._send(tuple(targets))

    def seen(self, seconds: float) -> list[Answer | None]:
        """Wait for what it saw of each target; raises `Lost`."""
        return msgspec.msgpack.decode(self._received(seconds), type=list[Answer | None])

    def result(self, seconds: float) -> Answer:
        """Wait for the answer until it must be there; raises `Lost`."""
        return msgspec.msgpack.decode(self._received(seconds), type=Answer)

    def _received(self, seconds: float) -> bytes:
        if not self.connection.poll(max(0.0, self.deadline - time.monotonic())):
            raise Lost(f"it took longer than {seconds:g} s")
        try:
            return self.connection.recv_bytes()
        except (EOFError, OSError) as error:
            raise Lost(f"the process that read it ended unexpectedly: {self.stop(1)}") from error

    def _send(self, value: object) -> None:
        with contextlib.suppress(OSError):  # it has ended already: noticed when its answer is waited for
            self.connection.send(value)

    def stop(self, patience: float = 0) -> str:
        """End the process at once and say how it ended, where it has ended by itself."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(patience)
        code = self.process.poll()
        self.process.kill()
        self.process.wait()
        self.release()
        return "" if code is None else f"signal {-code}" if code < 0 else f"exit code {code}"

    def release(self) -> None:
        """Let go of our ends."""
        self.connection.close()
        if self._lifeline >= 0:
            os.close(self._lifeline)
            self._lifeline = -1


def _serve(unit: Unit, arguments: tuple[int, int, int], inherited: Sequence[Worker]) -> None:
    """Serve in a fork, without what belongs to the parent."""
    for worker in inherited:
        worker.release()
    serve(unit, *arguments)
    unit.close()


class _Pool:
    """Hands targets to workers; a worker that fails is replaced, and its target tried once more."""

    def __init__(self, targets: Sequence[Target], unit: Unit, limits: Limits, results: Results | None) -> None:
        self.targets = targets
        self.unit = unit
        self.limits = limits
        self.results = results
        self.busy: dict[Connection, Worker] = {}
        self.resting: list[Worker] = []
        self.attempts = [0] * len(targets)
        # The largest first, so that no worker is left with one at the end.
        self.waiting = sorted(range(len(targets)), key=lambda number: (weight(targets[number]), -number))

    def hire(self, jobs: int) -> None:
        """Start so many workers, each on a target; one rests as long as this process is at work itself, on results."""
        if self.results:
            self.results.close()
        new: list[Worker] = []
        while len(self.busy) + len(new) < jobs and len(new) < len(self.waiting):
            try:
                new.append(Worker(self.unit, self.limits.memory, [*self.busy.values(), *self.resting, *new]))
            except OSError as error:
                if new or self.busy or self.resting:
                    break  # fewer will do
                raise UsageError(f"no worker can be started: {error.strerror}", "Let the process open more files.") from error
        if self.results and len(new) > 1:
            self.resting.append(new.pop())
        for worker in new:
            self._next(worker)

    def answers(self) -> Generator[tuple[int, Answer]]:
        """Yield each target's number and answer as it is there."""
        try:
            while self.busy:
                ready = self._ready()
                now = time.monotonic()
                for worker in [w for connection, w in self.busy.items() if connection in ready or w.deadline <= now]:
                    yield from self._settled(worker)
        finally:
            for worker in (*self.busy.values(), *self.resting):
                worker.stop()
            self.busy.clear()

    def _ready(self) -> Sequence[object]:
        """Wait until a worker is done or must be; as long as there are results, read them meanwhile."""
        while self.results:
            if ready := wait(list(self.busy), 0):
                return ready
            if not self.results.ahead():
                self.results = None
                while self.resting:
                    self._next(self.resting.pop())
        first = min(worker.deadline for worker in self.busy.values())
        return wait(list(self.busy), max(0.0, first - time.monotonic()))

    def _next(self, worker: Worker) -> None:
        """Give a worker its next target, or let it go."""
        if not self.waiting:
            worker.stop()
            return
        self.busy[worker.connection] = worker
        number = self.waiting.pop()
        self.attempts[number] += 1
        worker.start(number, self.targets[number], self.limits.seconds)

    def _settled(self, worker: Worker) -> Generator[tuple[int, Answer]]:
        """Yield the answer of a worker that is done or lost, unless its repository is tried again."""
        del self.busy[worker.connection]
        index = worker.index
        try:
            answer = worker.result(self.limits.seconds)
        except Lost as error:
            answer = Answer(failure=str(error), again=True)
        if not answer.again:
            self._next(worker)
            yield index, answer
            return
        worker.stop()
        again = self.attempts[index] < ATTEMPTS
        if again:
            self.waiting.append(index)
        self.hire(len(self.busy) + 1)
        if not again:
            yield index, answer


def weight(target: Target) -> int:
    """Guess how long a repository takes from the size of its index, which grows with its files."""
    for name in (".git/index", "packed-refs"):
        try:
            return (target.location / name).stat().st_size
        except OSError:
            continue
    return 0
