"""What happens when things go wrong: kills, full disks and two scans at once, tried with the real program.

usage: python benchmarks/faults.py [--kills N] [--seed S]

Prints a line for each trial and exits with 1 if one did not end as it should: the next scan works and gives the bytes of a
scan without a cache, the cache is whole, an output is there in full or not at all, no process is left.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import resource
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from organization import generate  # the sibling module

PROGRAM = str(Path(sys.executable).with_name("gitops-assess"))


class Trials:
    """An organization, a cache, and what a scan of it must give."""

    def __init__(self, scratch: Path, repositories: int) -> None:
        self.folder, self.cache, self.out = scratch / "organization", scratch / "cache", scratch / "out.json"
        generate(self.folder, repositories, repositories * 40)
        self.wanted = self._bytes("--no-cache")
        self.failures = 0

    def command(self, *options: str) -> list[str]:
        return [PROGRAM, "scan", str(self.folder), "--quiet", "-o", str(self.out), *options]

    def environment(self) -> dict[str, str]:
        return {**os.environ, "XDG_CACHE_HOME": str(self.cache), "SOURCE_DATE_EPOCH": "1800000000"}

    def start(self, *options: str, prepare: Callable[[], None] | None = None) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            self.command(*options), env=self.environment(), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, preexec_fn=prepare
        )

    def _bytes(self, *options: str) -> bytes:
        subprocess.run(self.command(*options), env=self.environment(), check=True, capture_output=True)
        return self.out.read_bytes()

    def whole(self) -> bool:
        """Say whether the next scan works and the cache is sound."""
        for name in ("facts.sqlite", "journal.sqlite"):
            file = self.cache / "gitops-assess" / name
            if file.exists():
                with contextlib.closing(sqlite3.connect(file)) as connection:
                    if connection.execute("PRAGMA integrity_check").fetchone() != ("ok",):
                        return False
        return self._bytes("--resume") == self.wanted

    def said(self, trial: str, ended: bool) -> None:
        self.failures += not ended
        print(f"{'ok    ' if ended else 'FAILED'} {trial}", flush=True)

    def kills(self, count: int, generator: random.Random) -> None:
        """Kill a scan at random moments, and a worker of it."""
        good = left = 0
        length = self._length()
        for number in range(count):
            for file in (self.cache / "gitops-assess").glob("facts.sqlite*") if number % 3 == 0 else ():
                file.unlink()
            self.out.unlink(missing_ok=True)
            process = self.start()
            time.sleep(generator.uniform(0, length))
            workers = children(process.pid)
            process.send_signal(signal.SIGKILL)
            process.communicate()
            complete = not self.out.exists() or self.out.read_bytes() == self.wanted
            left += not gone(workers)
            good += complete and self.whole()
        self.said(
            f"kill -9 of the scan at {count} random moments: {good} times all was well after, {left} workers left",
            good == count and not left,
        )

    def workers(self, count: int, generator: random.Random) -> None:
        """Kill a worker: the scan goes on, and loses nothing."""
        good = 0
        for _ in range(count):
            process = self.start("--no-cache")
            time.sleep(generator.uniform(0.3, self._length()))
            for worker in children(process.pid)[:1]:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(worker, signal.SIGKILL)
            process.communicate()
            good += process.returncode == 0 and self.out.read_bytes() == self.wanted
        self.said(f"kill -9 of a worker at {count} random moments: {good} scans gave all", good == count)

    def together(self) -> None:
        """Scan twice at once on one new cache."""
        for file in (self.cache / "gitops-assess").glob("*"):
            file.unlink()
        both = [self.start(), self.start()]
        ended = [process.communicate()[1] for process in both]
        self.said("two scans at once on one cache", all(p.returncode == 0 for p in both) and not any(ended) and self.whole())

    def full(self) -> None:
        """Let files grow to 100 kB only: the cache, then the output, cannot be written in full."""

        def limited() -> None:
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # as a full disk: an error, not a signal
            resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))

        for file in (self.cache / "gitops-assess").glob("*"):
            file.unlink()
        self.out.unlink(missing_ok=True)
        process = self.start(prepare=limited)
        _, said = process.communicate()
        clean = process.returncode == 2 and b"cannot be written" in said and b"Traceback" not in said and not self.out.exists()
        left = list(self.out.parent.glob(".out.json*"))
        self.said("disk full in cache and output: exit code 2, nothing half written", clean and not left and self.whole())

    def _length(self) -> float:
        start = time.monotonic()
        self._bytes("--no-cache")
        return time.monotonic() - start


def children(of: int) -> list[int]:
    """Return a process's children."""
    try:
        return [int(pid) for pid in Path(f"/proc/{of}/task/{of}/children").read_text().split()]
    except OSError:
        return []


def gone(pids: list[int]) -> bool:
    """Say whether processes end within ten seconds."""
    end = time.monotonic() + 10
    while any(Path(f"/proc/{pid}").exists() for pid in pids):
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def main() -> int:
    """Try everything."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--repositories", type=int, default=150)  # enough to be judged in several processes
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    generator = random.Random(options.seed)
    with tempfile.TemporaryDirectory() as scratch:
        trials = Trials(Path(scratch), options.repositories)
        trials.together()
        trials.full()
        trials.workers(max(1, options.kills // 5), generator)
        trials.kills(options.kills, generator)
    return 1 if trials.failures else 0


if __name__ == "__main__":
    sys.exit(main())
