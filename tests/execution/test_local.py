"""Worker processes change how long a scan takes and nothing else; one that fails costs its repository only."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from assessor.collectors import workers
from assessor.collectors.discovery import discover
from assessor.collectors.tree import Target
from assessor.collectors.workers import Limits, collect_all
from assessor.errors import UsageError
from assessor.facts.repository import Repository
from tests.collectors.repositories import repository
from tests.organizations import write


@pytest.fixture(autouse=True)
def _cache_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def organization(tmp_path: Path) -> list[Target]:
    for number in range(6):
        repository(
            tmp_path / f"o/r{number}", {".gitignore": f"{number}\n", "main.tf": 'resource "a" "b" {}', "Chart.yaml": "a: ["}
        )
    write(tmp_path / "o/r5", {f"{n}.tf": "" for n in range(50)})
    return discover([tmp_path / "o"])


def children(of: int) -> list[int]:
    """Return the processes that another has started and not yet seen end."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            pid, _, rest = status.read_text().partition(" (")
            if rest.rpartition(") ")[2].split()[1] == str(of):
                found.append(int(pid))
    return found


def wait_until(condition: Callable[[], bool], seconds: float = 60) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.05)
    return False


def test_workers_find_what_one_process_finds_in_the_order_of_the_targets(organization: list[Target]) -> None:
    alone = list(collect_all(organization, jobs=1, cache=False))
    assert [found.name for found in alone] == [target.name for target in organization]
    assert alone[0].facts
    assert alone[0].gaps
    for cache in (False, True, True):
        assert list(collect_all(organization, jobs=3, cache=cache)) == alone
    assert list(collect_all(reversed_targets := organization[::-1], jobs=2, cache=False)) == alone[::-1]
    assert len(reversed_targets) == 6


def test_progress_hears_of_every_repository_once(organization: list[Target]) -> None:
    for jobs in (1, 3):
        heard: list[str] = []
        list(collect_all(organization, jobs=jobs, progress=lambda found: heard.append(found.name)))  # noqa: B023  used at once
        assert sorted(heard) == [target.name for target in organization]


def test_nothing_to_collect_is_nothing(organization: list[Target]) -> None:
    assert list(collect_all([], jobs=4)) == []
    assert len(list(collect_all(organization[:1], jobs=4))) == 1


def test_what_is_excluded_is_excluded_in_workers_too(organization: list[Target]) -> None:
    found = list(collect_all(organization, jobs=2, exclude=("*.tf",)))
    assert {path for each in found for path in each.files} == {".gitignore", "Chart.yaml"}


def test_a_ref_that_one_repository_lacks_costs_that_repository_only(organization: list[Target]) -> None:
    targets = [Target(t.name, t.path, t.location, "main" if n else "nowhere") for n, t in enumerate(organization)]
    for jobs in (1, 3):
        found = list(collect_all(targets, jobs=jobs))
        assert ["no commit 'nowhere'" in str(each.gaps) for each in found] == [True] + [False] * 5
    with pytest.raises(UsageError, match="no commit 'nowhere'"):
        list(collect_all(targets[:1]))


FAULTY = """
import os, resource, time
import assessor.collectors.files as files
real = files.collect_repository
def collect(target, exclude=(), cache=None):
    if target.name == "r2":
        {fault}
    return real(target, exclude, cache)
files.collect_repository = collect
"""


@pytest.fixture
def fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Return a function that makes the worker which meets repository r2 run some code."""

    def make(code: str) -> None:
        write(tmp_path, {"faulty/sitecustomize.py": FAULTY.format(fault=code)})
        monkeypatch.setenv("PYTHONPATH", str(tmp_path / "faulty"), prepend=os.pathsep)

    return make


@pytest.mark.parametrize(
    ("code", "limits", "reason"),
    [
        ("os.abort()", Limits(), "ended unexpectedly: signal 6"),
        ("os._exit(7)", Limits(), "ended unexpectedly: exit code 7"),
        ("os.kill(os.getpid(), 9)", Limits(), "ended unexpectedly: signal 9"),
        ("time.sleep(60)", Limits(seconds=2), "took longer than 2 s"),
        ("bytearray(10**9)", Limits(memory=500 * 2**20), "the scan of it failed: MemoryError"),
        ("raise ValueError('odd')", Limits(), "the scan of it failed: ValueError: odd"),
    ],
)
def test_a_worker_that_fails_costs_its_repository_only(
    organization: list[Target], fault: Callable[[str], None], code: str, limits: Limits, reason: str
) -> None:
    fault(code)
    found = list(collect_all(organization, jobs=2, cache=False, limits=limits))
    assert [bool(each.files) for each in found] == [True, True, False, True, True, True]
    assert [reason in gap.reason for gap in found[2].gaps] == [True]
    assert children(os.getpid()) == []


def test_workers_that_cannot_start_cost_every_repository_and_end(
    organization: list[Target], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    found = list(collect_all(organization, jobs=2))
    assert all("ended unexpectedly: exit code 1" in each.gaps[0].reason for each in found)


def test_no_worker_is_left_when_the_results_are_no_longer_wanted(organization: list[Target]) -> None:
    results = collect_all(organization, jobs=3)
    assert isinstance(next(results), Repository)
    results.close()  # type: ignore[attr-defined] # a generator
    assert children(os.getpid()) == []


SCAN = """
import sys
from pathlib import Path
from assessor.collectors.discovery import discover
from assessor.collectors.workers import collect_all
print("ready", flush=True)
print(len(list(collect_all(discover([Path(sys.argv[1])]), jobs=2, cache=False))))
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_however_the_scan_ends_its_workers_end_with_it(
    organization: list[Target], fault: Callable[[str], None], number: int
) -> None:
    fault("time.sleep(60)")
    command = (sys.executable, "-P", "-c", SCAN, str(organization[0].location.parent))
    scan = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert wait_until(lambda: len(children(scan.pid)) == 2)
    pids = children(scan.pid)
    started = time.monotonic()
    scan.send_signal(number)
    scan.communicate()
    assert time.monotonic() - started < 30
    assert wait_until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in pids), 30)


def test_nothing_is_imported_from_the_current_folder(
    organization: list[Target], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trap = f"open({str(tmp_path / 'ran')!r}, 'w')\n"
    names = ("yaml", "msgspec", "pygit2", "assessor", "multiprocessing", "socket", "sitecustomize", "json", "random")
    monkeypatch.chdir(write(tmp_path / "hostile", {f"{name}.py": trap for name in names}))
    found = list(collect_all(organization, jobs=2))
    assert all(each.files for each in found)
    assert not (tmp_path / "ran").exists()


def test_the_program_that_asks_is_not_run_again(organization: list[Target], tmp_path: Path) -> None:
    script = write(tmp_path, {"program.py": "print('begin')\n" + SCAN}) / "program.py"
    done = subprocess.run(
        (sys.executable, str(script), str(organization[0].location.parent)), capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["begin", "ready", "6"]


def test_the_default_is_a_worker_per_core(organization: list[Target], monkeypatch: pytest.MonkeyPatch) -> None:
    hired: list[workers._Worker] = []
    hire = workers._Pool._hire

    def noted(pool: workers._Pool) -> workers._Worker:
        hired.append(hire(pool))
        return hired[-1]

    monkeypatch.setattr(workers._Pool, "_hire", noted)
    monkeypatch.setattr(workers, "cores", lambda: 3)
    list(collect_all(organization))
    assert len(hired) == 3
