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

from assessor.collectors import files
from assessor.collectors.discovery import discover
from assessor.collectors.target import Target
from assessor.execution import local
from assessor.execution.local import Limits, gather
from assessor.execution.results import Results
from assessor.execution.unit import Order
from assessor.facts.repository import Repository
from assessor.settings import Settings
from tests.collectors.repositories import repository
from tests.organizations import TODAY, write


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


UNLIMITED = Limits()


def collected(
    targets: list[Target], *, jobs: int = 0, cache: bool = True, exclude: tuple[str, ...] = (), limits: Limits = UNLIMITED
) -> list[Repository]:
    order = Order(settings=Settings(exclude=exclude), today=TODAY, cache=cache)
    results = Results(targets, order)
    for number, answer in gather(targets, order, jobs=jobs, limits=limits, results=results):
        results.take(number, answer)
    return [found for found, _ in results.whole()]


@pytest.fixture(params=["forks", "fresh interpreters"])
def kind(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Have workers be forks, whatever threads the tests have, or fresh interpreters."""
    if request.param == "forks" and sys.platform != "linux":
        pytest.skip("workers are forked on Linux only")
    monkeypatch.setattr(local, "may_fork", lambda: request.param == "forks")
    return str(request.param)


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


def test_workers_find_what_one_process_finds(organization: list[Target], kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as here:
        here.setattr(local, "may_fork", lambda: False)
        alone = collected(organization, jobs=1, cache=False)
    assert [found.name for found in alone] == [target.name for target in organization]
    assert alone[0].facts
    assert alone[0].gaps
    for cache in (False, True, True):
        assert collected(organization, jobs=3, cache=cache) == alone
    assert collected(organization[::-1], jobs=2, cache=False) == alone[::-1]


def test_every_repository_is_answered_once(organization: list[Target], kind: str) -> None:
    for jobs in (1, 3):
        assert sorted(number for number, _ in gather(organization, Order(today=TODAY), jobs=jobs)) == list(range(6))


def test_nothing_to_collect_is_nothing(organization: list[Target]) -> None:
    assert collected([], jobs=4) == []
    assert len(collected(organization[:1], jobs=4)) == 1


def test_what_is_excluded_is_excluded_in_workers_too(organization: list[Target], kind: str) -> None:
    found = collected(organization, jobs=2, exclude=("*.tf",))
    assert {path for each in found for path in each.files} == {".gitignore", "Chart.yaml"}


def test_a_ref_that_one_repository_lacks_costs_that_repository_only(organization: list[Target], kind: str) -> None:
    targets = [Target(t.name, t.path, t.location, "main" if n else "nowhere") for n, t in enumerate(organization)]
    for jobs in (1, 3):
        found = collected(targets, jobs=jobs)
        assert ["no commit 'nowhere'" in str(each.gaps) for each in found] == [True] + [False] * 5


FAULTY = """
import os, resource, time
from assessor.collectors import files
class Faulty(files.Reading):
    def repository(self):
        with open(os.environ.get("MET", os.devnull), "a") as met:
            met.write(self.target.name + "\\n")
        if self.target.name == "r2":
            {fault}
        return super().repository()
files.Reading = Faulty
"""


@pytest.fixture
def fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Return a function that makes the worker which meets repository r2 run some code, however the worker starts."""

    def make(code: str) -> None:
        write(tmp_path, {"faulty/sitecustomize.py": FAULTY.format(fault=code)})
        monkeypatch.setenv("PYTHONPATH", str(tmp_path / "faulty"), prepend=os.pathsep)
        monkeypatch.setattr(files, "Reading", files.Reading)  # put back afterwards
        exec((tmp_path / "faulty/sitecustomize.py").read_text(), {})  # noqa: S102  our own text, above

    return make


@pytest.mark.parametrize(
    ("code", "limits", "reason"),
    [
        ("os.abort()", Limits(), "ended unexpectedly: signal 6"),
        ("os._exit(7)", Limits(), "ended unexpectedly: exit code 7"),
        ("os.kill(os.getpid(), 9)", Limits(), "ended unexpectedly: signal 9"),
        ("time.sleep(60)", Limits(seconds=2), "took longer than 2 s"),
        ("bytearray(10**9)", Limits(memory=900 * 2**20), "the scan of it failed: MemoryError"),
        ("raise ValueError('odd')", Limits(), "the scan of it failed: ValueError: odd"),
    ],
)
def test_a_worker_that_fails_costs_its_repository_only(
    organization: list[Target], kind: str, fault: Callable[[str], None], code: str, limits: Limits, reason: str
) -> None:
    fault(code)
    found = collected(organization, jobs=2, cache=False, limits=limits)
    assert [bool(each.files) for each in found] == [True, True, False, True, True, True]
    assert [reason in gap.reason for gap in found[2].gaps] == [True]
    assert children(os.getpid()) == []


def test_a_repository_that_only_fails_once_costs_nothing(
    organization: list[Target], kind: str, fault: Callable[[str], None], tmp_path: Path
) -> None:
    once = str(tmp_path / "once")
    fault(f"os.path.exists({once!r}) or (open({once!r}, 'w').close(), os._exit(7))")
    assert all(each.files for each in collected(organization, jobs=2, cache=False))
    assert Path(once).exists()


def test_a_single_repository_has_limits_too(organization: list[Target], fault: Callable[[str], None], kind: str) -> None:
    if kind != "forks":
        pytest.skip("a fresh interpreter would double the time of a small scan")
    fault("time.sleep(60)")
    found = collected(organization[2:3], limits=Limits(seconds=0.5), cache=False)
    assert "took longer than 0.5 s" in found[0].gaps[0].reason


def test_workers_that_cannot_start_cost_every_repository_and_end(
    organization: list[Target], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local, "may_fork", lambda: False)
    monkeypatch.setattr(sys, "executable", "/bin/false")
    found = collected(organization, jobs=2)
    assert all("ended unexpectedly: exit code 1" in each.gaps[0].reason for each in found)


def test_no_worker_is_left_when_the_results_are_no_longer_wanted(organization: list[Target], kind: str) -> None:
    results = gather(organization, Order(today=TODAY), jobs=3)
    next(results)
    results.close()
    assert children(os.getpid()) == []


SCAN = """
import datetime, sys
from pathlib import Path
from assessor.collectors.discovery import discover
from assessor.execution import local
from assessor.execution.unit import Order
fork = local.may_fork()
local.may_fork = lambda: fork and sys.argv[2:] == ["forks"]
print("ready", flush=True)
order = Order(today=datetime.date(2026, 11, 23), cache=False)
print(len(list(local.gather(discover([Path(sys.argv[1])]), order, jobs=2))))
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_however_the_scan_ends_its_workers_end_with_it(
    organization: list[Target], kind: str, fault: Callable[[str], None], number: int
) -> None:
    fault("time.sleep(60)")
    command = (sys.executable, "-P", "-c", SCAN, str(organization[0].location.parent), kind)
    scan = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert wait_until(lambda: bool(children(scan.pid)))
    pids = children(scan.pid)
    started = time.monotonic()
    scan.send_signal(number)
    scan.communicate()
    assert time.monotonic() - started < 30
    assert wait_until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in pids), 30)


def test_nothing_is_imported_from_the_current_folder(
    organization: list[Target], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    trap = f"open({str(tmp_path / 'ran')!r}, 'w')\n"
    names = ("yaml", "msgspec", "pygit2", "assessor", "multiprocessing", "socket", "sitecustomize", "json", "random")
    monkeypatch.chdir(write(tmp_path / "hostile", {f"{name}.py": trap for name in names}))
    found = collected(organization, jobs=2)
    assert all(each.files for each in found)
    assert not (tmp_path / "ran").exists()


def test_the_program_that_asks_is_not_run_again(organization: list[Target], tmp_path: Path, kind: str) -> None:
    script = write(tmp_path, {"program.py": "print('begin')\n" + SCAN}) / "program.py"
    done = subprocess.run(
        (sys.executable, str(script), str(organization[0].location.parent), kind), capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["begin", "ready", "6"]


def test_the_default_is_a_worker_per_core(organization: list[Target], monkeypatch: pytest.MonkeyPatch) -> None:
    hired: list[int] = []
    hire = local._Pool.hire

    def noted(pool: local._Pool, jobs: int) -> None:
        hired.append(jobs)
        hire(pool, jobs)

    monkeypatch.setattr(local._Pool, "hire", noted)
    monkeypatch.setattr(local, "cores", lambda: 3)
    collected(organization)
    assert hired == [3]
