"""Spreads the work over a Dask cluster: ``--executor dask://host:port``. Scheduling, spreading and losing workers are Dask's.

A task is a share of the repositories: some, where there are many, because a task costs Dask milliseconds. A worker reads a
repository where it is, if it has the same path (a shared file system, or one machine); else it clones the repository's remote
as a bare, bounded clone with the token of its own environment. Only results travel back. In a worker, too, the work is done in
a process of its own, so that a repository which crashes it or goes beyond its limits costs itself only; the process is kept for
the next repository.
"""

from __future__ import annotations

import logging
import os
import re
import threading
import time
import uuid
from collections.abc import Generator, Iterator, Sequence
from dataclasses import replace
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import msgspec

from assessor import __version__
from assessor.collectors.cloning import CloneError, Remote, clone, clones_folder
from assessor.collectors.opening import open_repository
from assessor.collectors.target import Target, is_repository
from assessor.collectors.tree import head_of
from assessor.errors import ParseError, UsageError
from assessor.observing import Access
from assessor.plugins import points
from assessor.settings import LiveSettings

from .local import ATTEMPTS, LIMITS, Limits, Lost, Worker, weight
from .results import Results
from .unit import Answer, Order, Unit

SCHEME = "dask://"
CONNECT = 20  # seconds until a scheduler must have answered, and until it must have a worker
_SCP = re.compile(r"([\w.-]+@[\w.-]+):(?!//)(.+)")  # git@host:owner/name.git
SHARES, MOST = 8, 25  # tasks for each thread of the cluster, so that all end about together; repositories in one
WATCH = 5.0  # seconds between looks at whether there is still a worker
ABANDONED = 120.0  # seconds without any worker after which none is waited for; a cluster may replace its machines


def gather(
    targets: Sequence[Target], order: Order, address: str, *, limits: Limits = LIMITS, results: Results | None = None
) -> Generator[tuple[int, Answer]]:
    """Yield each target's number and answer as it is there; raises `UsageError` when there is no cluster, or no longer.

    `results` are read ahead while there is nothing new.
    """
    order = msgspec.structs.replace(order, settings=msgspec.structs.replace(order.settings, live=LiveSettings()))
    client = _connect(address)
    run = uuid.uuid4().hex  # keeps the processes of one scan apart from those of another
    done = 0
    try:
        tasks = _Tasks(client, targets, (run, order, limits, versions()), results)
        for share in shares(targets, sum(client.nthreads().values())):
            tasks.submit(share)
        Unit(order).prepare()  # what joining takes, while the workers work
        for number, answer in tasks.answers():
            done += 1
            yield number, answer
    except _Gone as error:
        raise UsageError(
            f"the Dask cluster at {address} is gone; {done} of {len(targets)} repositories were done",
            "Start it again and repeat the scan with --resume.",
        ) from error
    finally:
        _leave(client, run)


def shares(targets: Sequence[Target], threads: int) -> list[list[int]]:
    """Deal the numbers of the targets, the largest first, so that the shares are about equal."""
    count = min(len(targets), max(SHARES * threads, -(-len(targets) // MOST)))
    order = sorted(range(len(targets)), key=lambda number: (-weight(targets[number]), number))
    return [order[first::count] for first in range(count)]


class _Gone(Exception):
    """The scheduler is lost, or every worker for good."""


class _Tasks:
    """The tasks under way, each with the numbers of the targets in its share."""

    def __init__(
        self, client: Any, targets: Sequence[Target], asked: tuple[str, Order, Limits, str], results: Results | None
    ) -> None:
        from distributed import as_completed

        self.client = client
        self.targets = list(targets)
        self.asked = asked
        self.results = results
        # With their results: one that is lost with the worker that held it has not ended.
        self.ended = as_completed(loop=client.loop, with_results=True, raise_errors=False)
        self.under_way: dict[str, Sequence[int]] = {}

    def submit(self, share: Sequence[int]) -> None:
        """Have a share worked on."""
        targets = [self.targets[number] for number in share]
        future = self.client.submit(work, targets, *self.asked, pure=False, retries=1)
        self.under_way[future.key] = share
        self.ended.add(future)

    def answers(self) -> Iterator[tuple[int, Answer]]:
        """Yield the number and the answer of each target; raises `_Gone`."""
        while self.under_way:
            future, result = self._next()
            share = self.under_way.pop(future.key)
            found = _answers(future, result, len(share))
            future.release()
            if found is not None:
                yield from self._settled(share, found)
            elif len(share) == 1:
                yield share[0], Answer(failure="the workers that read it were lost")
            else:  # one of them may be what its workers are lost by
                for number in share:
                    self.submit([number])

    def _settled(self, share: Sequence[int], found: Sequence[Answer]) -> Iterator[tuple[int, Answer]]:
        """Yield the answers; what a worker does not have at hand is given out again, with the remote it can clone."""
        elsewhere = []
        for number, answer in zip(share, found, strict=True):
            if answer.again and (target := _with_remote(self.targets[number])) != self.targets[number]:
                self.targets[number] = target
                elsewhere.append(number)
            else:
                yield number, answer
        if elsewhere:
            self.submit(elsewhere)

    def _next(self) -> tuple[Any, Any]:
        """Return the next task that has ended, and its result; raises `_Gone`."""
        alone, looked = 0.0, time.monotonic()
        while not self.ended.has_ready():
            if not self.results or not self.results.ahead():
                time.sleep(0.01)
            if (now := time.monotonic()) - looked >= WATCH:
                alone = 0.0 if self._has_workers() else alone + now - looked
                looked = now
                if alone >= ABANDONED:
                    raise _Gone
        future, result = next(self.ended)
        if future.cancelled() or future.status == "lost":
            raise _Gone
        return future, result

    def _has_workers(self) -> bool:
        try:
            return bool(self.client.nthreads())
        except (OSError, TimeoutError, ValueError, RuntimeError):
            return True  # the scheduler does not answer: its tasks end as cancelled when it is gone


def _connect(address: str) -> Any:
    if not address.startswith(SCHEME):
        raise UsageError(f"--executor: {address!r} is no address of a Dask scheduler", "It looks like dask://host:8786.")
    try:
        import dask
        from distributed import Client
    except ImportError as error:
        raise UsageError("--executor needs Dask", "Install it: pip install 'gitops-assess[dask]'.") from error
    logging.getLogger("distributed").setLevel(logging.CRITICAL)  # what is lost is told in our own words
    secured = dask.config.get("distributed.comm.require-encryption", None)
    try:
        client = Client(f"{'tls' if secured else 'tcp'}://{address.removeprefix(SCHEME)}", timeout=CONNECT, set_as_default=False)
    except (OSError, ValueError) as error:
        raise UsageError(
            f"no Dask scheduler answers at {address}", "Start one, e.g. `dask scheduler`, and its workers."
        ) from error
    try:
        client.wait_for_workers(1, timeout=CONNECT)
    except TimeoutError as error:
        client.close()
        raise UsageError(f"the Dask scheduler at {address} has no worker", "Start some, e.g. `dask worker ADDRESS`.") from error
    return client


def _answers(future: Any, result: Any, count: int) -> list[Answer] | None:
    """Return the answers of a task that ended; None when every worker that had it was lost."""
    from distributed import KilledWorker

    if isinstance(result, list):
        return [msgspec.msgpack.decode(answer, type=Answer) for answer in result]
    error = future.exception()
    if isinstance(error, KilledWorker):
        return None
    return [Answer(failure=f"the scan of it failed: {type(error).__name__}: {error}")] * count


def _leave(client: Any, run: str) -> None:
    try:
        if client.status == "running":
            client.run(dismiss, run, on_error="ignore")
    except (OSError, TimeoutError, ValueError, RuntimeError):
        pass  # the cluster is gone, and its workers' processes with it
    finally:
        client.close(timeout=5)


def _with_remote(target: Target) -> Target:
    """Return the target with the address and branch it can be cloned from."""
    if not is_repository(target.location):
        return target
    try:
        _, branch, address = head_of(open_repository(target.location), [])
    except ParseError:
        return target
    written = _SCP.fullmatch(address)
    return replace(target, remote=f"ssh://{written[1]}/{written[2]}" if written else address, branch=target.ref or branch)


@cache
def versions() -> str:
    """Say what is installed here, as far as results depend on it."""
    groups = ("gitops_assess.checks", "gitops_assess.readers")
    found = {f"{point.dist.name} {point.dist.version}" for group in groups for point in points(group) if point.dist}
    return ", ".join(sorted(found | {f"gitops-assess {__version__}"}))


# ---- in a Dask worker


def work(targets: Sequence[Target], run: str, order: Order, limits: Limits, wanted: str) -> list[bytes]:
    """Do the work on a share of the repositories in a Dask worker and return each answer as bytes."""
    if versions() != wanted:
        other = Answer(failure=f"a worker has other versions installed: {versions()}; wanted: {wanted}")
        return [_bytes(other)] * len(targets)
    return [_bytes(_answer(run, order, target, limits)) for target in targets]


def _answer(run: str, order: Order, target: Target, limits: Limits) -> Answer:
    try:
        target = _at_hand(target)
    except (CloneError, UsageError, ValueError, OSError) as error:
        return Answer(failure=f"a worker could not clone it: {error}", again=not target.remote)
    return _attendant(run, order, limits).answer(target)


def _bytes(answer: Answer) -> bytes:
    return msgspec.msgpack.encode(answer)


def _at_hand(target: Target) -> Target:
    """Return the target where this machine has it: at the same path, or as a clone of its remote."""
    if target.location.is_dir() and os.access(target.location, os.R_OK):
        return target
    if not target.remote:
        raise CloneError("it is not at the same path there, and has no remote")
    folder = clone(Remote(target.remote, target.branch), clones_folder(), access_to(target.remote))
    return replace(target, location=folder, ref="")


def access_to(address: str) -> Access:
    """Return how a worker reaches a remote: over HTTPS, with the forge's token if its environment has one."""
    host = urlsplit(address).netloc
    for known, user, name in (("github.com", "x-access-token", "GITHUB_TOKEN"), ("gitlab.com", "oauth2", "GITLAB_TOKEN")):
        if host == known and os.environ.get(name):
            return Access(host, user, os.environ[name], protocols=("https", "ssh"))
    return Access(protocols=("https", "ssh"))


class _Attendant:
    """Keeps a worker process for the repositories that one thread of a Dask worker is given."""

    def __init__(self, order: Order, limits: Limits) -> None:
        self.unit = Unit(order)
        self.limits = limits
        self._worker: Worker | None = None
        self._lock = threading.Lock()

    def answer(self, target: Target) -> Answer:
        """Return what comes of a repository; tried once more when the process that is at it is lost."""
        failure = ""
        for _ in range(ATTEMPTS):
            worker = self._worker = self._worker or Worker(self.unit, self.limits.memory, ())
            try:
                worker.start(0, target, self.limits.seconds)
                answer = worker.result(self.limits.seconds)
                if not answer.again:
                    return answer
                failure = answer.failure
            except Lost as error:
                failure = str(error)
            self.stop()
        return Answer(failure=failure)

    def stop(self) -> None:
        """Let the process go."""
        with self._lock:
            worker, self._worker = self._worker, None
        if worker is not None:
            worker.stop()


_attendants: dict[tuple[str, int], _Attendant] = {}


def _attendant(run: str, order: Order, limits: Limits) -> _Attendant:
    key = (run, threading.get_ident())
    if key not in _attendants:
        _attendants[key] = _Attendant(order, limits)
    return _attendants[key]


def dismiss(run: str) -> None:
    """Let the processes that worked for a scan go."""
    for key in [key for key in list(_attendants) if key[0] == run]:
        _attendants.pop(key).stop()
