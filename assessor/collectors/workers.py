"""Collects many repositories at once, each in a worker process that may fail without costing the others.

Workers are fresh interpreters, not forks: a fork of a process with threads can hang, and this way nothing of the caller's
program is imported again. They start with ``-P``, because without it Python would import from the current folder, which
may be the very repository to be scanned.
"""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait

from assessor.errors import UsageError
from assessor.facts.base import Gap, Place
from assessor.facts.repository import Repository
from assessor.registry import load_readers

from .cache import open_cache
from .files import collect_repository
from .tree import Target
from .wire import NOT_FACTS, codec

Progress = Callable[[Repository], object]


@dataclass(frozen=True, slots=True)
class Limits:
    """What one repository may cost when it is collected in a worker."""

    seconds: float = 600
    memory: int = 3 * 1024**3  # bytes


def collect_all(
    targets: Sequence[Target],
    *,
    jobs: int = 0,
    exclude: tuple[str, ...] = (),
    cache: bool = True,
    progress: Progress = lambda _repository: None,
    limits: Limits = Limits(),
) -> Iterator[Repository]:
    """Yield the repositories in the order of their targets; `progress` hears of each as soon as it is done.

    One target, or one job, is collected in this process. `jobs` 0 means one per core. A repository that cannot be
    collected is yielded empty, with a gap that says why; only for a single target is a `UsageError` raised instead.
    """
    codec()  # loads the readers: a broken plug-in is told of here, once
    jobs = min(jobs or cores(), len(targets))
    if jobs <= 1:
        yield from _here(targets, exclude, cache, progress)
        return
    done: dict[int, Repository] = {}
    with _Pool(targets, exclude, cache, limits) as pool:
        results = pool.results(jobs)
        for number in range(len(targets)):
            while number not in done:
                index, repository = next(results)
                done[index] = repository
                progress(repository)
            yield done.pop(number)


def cores() -> int:
    """Return how many processors this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on this system
        return os.cpu_count() or 1


def nothing(target: Target, reason: str) -> Repository:
    """Return the repository of which nothing could be seen."""
    gap = Gap("files", target.path, reason, target.name)
    return Repository(at=Place(target.name, ""), name=target.name, path=target.path, gaps=(gap,))


def _here(targets: Sequence[Target], exclude: tuple[str, ...], use_cache: bool, progress: Progress) -> Iterator[Repository]:
    cache = open_cache(load_readers().values()) if use_cache else None
    try:
        for target in targets:
            try:
                repository = collect_repository(target, exclude, cache)
            except UsageError as error:
                if len(targets) == 1:
                    raise
                repository = nothing(target, str(error))
            progress(repository)
            yield repository
    finally:
        if cache:
            cache.close()


class _Worker:
    """A worker process, the target it is at, and when it must be done."""

    def __init__(self, greeting: object, memory: int) -> None:
        ours, theirs = socket.socketpair()
        command = (sys.executable, "-P", "-m", "assessor.collectors.worker", str(theirs.fileno()), str(memory))
        self.process = subprocess.Popen(  # noqa: S603  our own interpreter and module
            command,
            stdin=subprocess.PIPE,  # never written to: it ends the worker when we end
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=(theirs.fileno(),),
        )
        theirs.close()
        self.connection = Connection(ours.detach())
        self._send(greeting)
        self.index = -1
        self.deadline = 0.0

    def start(self, index: int, target: Target, seconds: float) -> None:
        """Hand it a target, to be done within so many seconds."""
        self.index = index
        self.deadline = time.monotonic() + seconds
        self._send(target)

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
        self.connection.close()
        if self.process.stdin:
            self.process.stdin.close()
        return "" if code is None else f"signal {-code}" if code < 0 else f"exit code {code}"


class _Pool:
    """Hands targets to workers; a worker that fails is replaced."""

    def __init__(self, targets: Sequence[Target], exclude: tuple[str, ...], cache: bool, limits: Limits) -> None:
        self.targets = targets
        self.limits = limits
        self.greeting = (exclude, cache)
        self.busy: dict[Connection, _Worker] = {}
        if cache:
            open_cache(load_readers().values()).close()  # a damaged one is told of here, once
        # The largest first, so that no worker is left with one at the end.
        self.waiting = sorted(range(len(targets)), key=lambda number: (_weight(targets[number]), -number))

    def __enter__(self) -> _Pool:
        return self

    def __exit__(self, *_: object) -> None:
        while self.busy:
            self.busy.popitem()[1].stop()

    def results(self, jobs: int) -> Iterator[tuple[int, Repository]]:
        """Yield each repository, with its number, as it is done."""
        while len(self.busy) < jobs and self.waiting:
            self._next(self._hire())
        while self.busy:
            first = min(worker.deadline for worker in self.busy.values())
            ready = wait(list(self.busy), max(0.0, first - time.monotonic()))
            for worker in [worker for connection, worker in self.busy.items() if connection in ready]:
                yield self._done(worker)
            for worker in [worker for worker in self.busy.values() if worker.deadline <= time.monotonic()]:
                yield self._failed(worker, f"it took longer than {self.limits.seconds:g} s")

    def _hire(self) -> _Worker:
        return _Worker(self.greeting, self.limits.memory)

    def _next(self, worker: _Worker) -> None:
        """Give a worker its next target, or let it go."""
        if not self.waiting:
            worker.stop()
            return
        self.busy[worker.connection] = worker
        number = self.waiting.pop()
        worker.start(number, self.targets[number], self.limits.seconds)

    def _done(self, worker: _Worker) -> tuple[int, Repository]:
        index = worker.index
        try:
            answer = worker.connection.recv_bytes()
        except (EOFError, OSError):
            return self._failed(worker, "")
        del self.busy[worker.connection]
        self._next(worker)
        if answer[:1] == b"-":
            return index, nothing(self.targets[index], answer[1:].decode("utf-8", "replace"))
        try:
            return index, codec().read_repository(answer[1:])
        except NOT_FACTS as error:
            return index, nothing(self.targets[index], f"what was found in it is not what it should be: {error}")

    def _failed(self, worker: _Worker, reason: str) -> tuple[int, Repository]:
        del self.busy[worker.connection]
        end = worker.stop(0 if reason else 1)
        if self.waiting:
            self._next(self._hire())
        return worker.index, nothing(self.targets[worker.index], reason or f"the process that read it ended unexpectedly: {end}")


def _weight(target: Target) -> int:
    """Guess how long a repository takes from the size of its index, which grows with its files."""
    for name in (".git/index", "packed-refs"):
        try:
            return (target.location / name).stat().st_size
        except OSError:
            continue
    return 0
