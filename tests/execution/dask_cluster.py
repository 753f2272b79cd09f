"""Starts a real Dask cluster of separate processes: a scheduler and workers, as an administrator would."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Cluster:
    """A running cluster; `address` as `--executor` takes it."""

    folder: Path
    environment: Mapping[str, str]
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)
    address: str = ""

    def start(self, *command: str) -> subprocess.Popen[bytes]:
        program = (sys.executable, "-m", "dask", *command)
        log = (self.folder / f"log-{len(self.processes)}.txt").open("wb")
        self.processes.append(
            subprocess.Popen(program, env={**os.environ, **self.environment}, stdout=log, stderr=log, cwd=self.folder)
        )
        return self.processes[-1]

    def add_worker(self) -> None:
        address = self.address.replace("dask://", "tcp://")
        self.start("worker", address, "--nthreads", "1", "--no-dashboard", "--no-nanny", "--local-directory", str(self.folder))

    @property
    def scheduler(self) -> subprocess.Popen[bytes]:
        return self.processes[0]

    @property
    def workers(self) -> list[subprocess.Popen[bytes]]:
        return self.processes[1:]


@contextlib.contextmanager
def dask_cluster(folder: Path, workers: int = 2, environment: Mapping[str, str] = {}) -> Iterator[Cluster]:
    """Run a cluster whose workers have an environment."""
    folder.mkdir(parents=True, exist_ok=True)
    cluster = Cluster(folder, environment)
    file = folder / "scheduler.json"
    try:
        cluster.start("scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(file))
        cluster.address = _address(file).replace("tcp://", "dask://")
        for _ in range(workers):
            cluster.add_worker()
        yield cluster
    finally:
        for process in cluster.processes:
            process.kill()
            process.wait()


def _address(file: Path) -> str:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        with contextlib.suppress(OSError, ValueError, KeyError):
            return str(json.loads(file.read_text())["address"])
        time.sleep(0.05)
    raise TimeoutError("the scheduler did not start")
