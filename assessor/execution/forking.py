"""Forks of this process: each starts at once and shares what is loaded."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable


def cores() -> int:
    """Return how many processors this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on this system
        return os.cpu_count() or 1


def may_fork() -> bool:
    """Say whether a fork of this process is sound: no other thread, not even of a library, can hold a lock for ever."""
    try:
        return sys.platform == "linux" and len(os.listdir("/proc/self/task")) == 1  # noqa: PTH208  no Path is needed
    except OSError:
        return False


class Fork:
    """A child process by fork, with as much of what `subprocess.Popen` offers as is needed."""

    def __init__(self, run: Callable[[], None]) -> None:
        """Start a child that runs a function and ends; it does not hear of Ctrl-C, and what it prints goes nowhere."""
        self._code: int | None = None
        blocked = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # else Ctrl-C may strike before a child can ignore it
        try:
            self.pid = os.fork()
            if self.pid == 0:
                signal.signal(signal.SIGINT, signal.SIG_IGN)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
        if self.pid == 0:
            self._run(run)

    def _run(self, run: Callable[[], None]) -> None:
        try:
            nowhere = os.open(os.devnull, os.O_RDWR)
            for handle in range(3):
                os.dup2(nowhere, handle)
            run()
        finally:
            os._exit(1 if sys.exc_info()[0] else 0)  # nothing of the parent's is to be finished here

    def poll(self) -> int | None:
        """Return how it ended, None while it runs: a signal as a negative number."""
        if self._code is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self._code = os.waitstatus_to_exitcode(status)
        return self._code

    def wait(self, timeout: float | None = None) -> int:
        """Wait until it has ended; raises `subprocess.TimeoutExpired`."""
        end = time.monotonic() + (timeout if timeout is not None else float("inf"))
        while (code := self.poll()) is None:
            if time.monotonic() >= end:
                raise subprocess.TimeoutExpired("worker", timeout or 0)
            time.sleep(0.001)
        return code

    def kill(self) -> None:
        """Kill it, if it still runs."""
        if self.poll() is None:
            os.kill(self.pid, signal.SIGKILL)
