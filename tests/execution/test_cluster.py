"""A Dask cluster changes where the work is done and nothing else; what is lost there is done again, or a gap."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

pytest.importorskip("distributed", reason="Dask is not installed")

from assessor.cli import _scanning
from assessor.collectors.discovery import discover
from assessor.collectors.target import Target
from assessor.errors import UsageError
from assessor.execution import cluster as module
from assessor.execution.cluster import access_to, gather, shares, versions, work
from assessor.execution.local import LIMITS, Limits
from assessor.execution.results import Results
from assessor.execution.unit import Answer, Order, read_answer
from assessor.model import Assessment
from assessor.observing import Access
from tests.collectors.repositories import git, repository
from tests.execution.dask_cluster import Cluster, dask_cluster
from tests.execution.test_local import FAULTY
from tests.organizations import TODAY, write

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")  # Dask's own sockets

ORDER = Order(today=TODAY, cache=False)


@pytest.fixture(autouse=True)
def _cache_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    folder = tmp_path_factory.mktemp("cluster")
    with dask_cluster(folder, environment={"XDG_CACHE_HOME": str(folder / "cache")}) as running:
        yield running


@pytest.fixture
def organization(tmp_path: Path) -> Path:
    for number in range(6):
        repository(tmp_path / f"o/r{number}", {".gitignore": f"{number}\n", "main.tf": 'resource "a" "b" {}'})
    return tmp_path / "o"


def fault(tmp_path: Path, code: str) -> dict[str, str]:
    """Return an environment in which whoever meets repository r2 runs some code."""
    write(tmp_path, {"faulty/sitecustomize.py": FAULTY.format(fault=code)})
    return {"PYTHONPATH": str(tmp_path / "faulty"), "XDG_CACHE_HOME": str(tmp_path / "cache")}


def answers(folder: Path, address: str, limits: Limits = LIMITS) -> list[Answer]:
    targets = discover([folder])
    found = dict(gather(targets, ORDER, address, limits=limits))
    return [found[number] for number in range(len(targets))]


def scan(folder: Path, **options: object) -> Assessment:
    return _scanning.run(_scanning.Request(paths=(folder,), quiet=True, **options))  # type: ignore[arg-type]


def test_a_cluster_finds_what_this_machine_finds(organization: Path, cluster: Cluster) -> None:
    assert scan(organization, executor=cluster.address) == scan(organization, cache=False)
    assert scan(organization, executor=cluster.address, cache=False) == scan(organization)


@pytest.mark.parametrize(
    ("code", "limits", "reason"),
    [
        ("os._exit(7)", Limits(), "ended unexpectedly: exit code 7"),
        ("time.sleep(60)", Limits(seconds=1), "took longer than 1 s"),
        ("bytearray(10**9)", Limits(memory=600 * 2**20), "the scan of it failed: MemoryError"),
    ],
)
def test_a_repository_that_fails_costs_itself_only(
    organization: Path, tmp_path: Path, code: str, limits: Limits, reason: str
) -> None:
    with dask_cluster(tmp_path / "cluster", workers=1, environment=fault(tmp_path, code)) as running:
        found = answers(organization, running.address, limits=limits)
    assert [bool(answer.failure) for answer in found] == [False, False, True, False, False, False]
    assert reason in found[2].failure


def test_what_a_killed_worker_was_at_is_done_by_another(organization: Path, tmp_path: Path) -> None:
    met = tmp_path / "met"
    environment = fault(tmp_path, f"open({str(met)!r}, 'a').write(str(os.getppid()) + chr(10)) and time.sleep(3)")
    with dask_cluster(tmp_path / "cluster", environment=environment) as running:

        def kill() -> None:
            while not met.exists():
                time.sleep(0.05)
            os.kill(int(met.read_text().split()[0]), signal.SIGKILL)

        thread = threading.Thread(target=kill)
        thread.start()
        found = answers(organization, running.address)
        thread.join()
        assert sum(worker.poll() is not None for worker in running.workers) == 1
    assert [answer.failure for answer in found] == [""] * 6
    assert len(met.read_text().split()) == 2


def test_of_a_share_that_its_workers_are_lost_by_only_one_repository_is_given_up(
    organization: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SHARES", 1)
    # The share takes one worker with it; then the repository another, and nobody else's work, as the others are done.
    first, others = tmp_path / "first", tmp_path / "others"
    wait = f"while os.path.exists({str(first)!r}) and not os.path.exists({str(others)!r}): time.sleep(0.05)"
    code = f"\n            {wait}\n            open({str(first)!r}, 'a').close()\n            os.kill(os.getppid(), 9)"
    at_once = {"DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "0"}
    found: dict[int, Answer] = {}
    with dask_cluster(tmp_path / "cluster", workers=3, environment=fault(tmp_path, code) | at_once) as running:
        for number, answer in gather(discover([organization]), ORDER, running.address, limits=LIMITS):
            found[number] = answer
            if len(found) == 5:
                others.touch()
    assert {number: answer.failure for number, answer in found.items() if answer.failure} == {
        2: "the workers that read it were lost"
    }
    assert len(found) == 6


def test_a_scan_ends_when_no_worker_is_left(organization: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "WATCH", 0.2)
    monkeypatch.setattr(module, "ABANDONED", 1.0)
    environment = fault(tmp_path, "__import__('os').kill(os.getppid(), 9)")
    with (
        dask_cluster(tmp_path / "cluster", workers=1, environment=environment) as running,
        pytest.raises(UsageError, match=r"is gone; [0-5] of 6 repositories were done"),
    ):
        answers(organization, running.address)


@pytest.mark.parametrize(
    ("count", "threads", "tasks"), [(0, 2, 0), (1, 2, 1), (6, 2, 6), (100, 2, 16), (1000, 2, 40), (1000, 50, 400)]
)
def test_shares_are_equal_and_hold_each_repository_once(tmp_path: Path, count: int, threads: int, tasks: int) -> None:
    dealt = shares([Target(f"r{number}", ".", tmp_path) for number in range(count)], threads)
    assert len(dealt) == tasks
    assert sorted(number for share in dealt for number in share) == list(range(count))
    assert not dealt or max(map(len, dealt)) - min(map(len, dealt)) <= 1


def test_when_the_scheduler_is_lost_the_scan_says_so_and_can_be_resumed(
    organization: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cluster: Cluster
) -> None:
    read, answered = module._answers, threading.Event()

    def noting(*arguments: object) -> list[Answer] | None:
        answered.set()
        return read(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(module, "_answers", noting)
    with dask_cluster(tmp_path / "cluster", environment=fault(tmp_path, "time.sleep(60)")) as running:

        def kill() -> None:
            answered.wait()
            running.scheduler.kill()

        thread = threading.Thread(target=kill)
        thread.start()
        with pytest.raises(UsageError, match=r"is gone; [1-5] of 6 repositories were done") as raised:
            scan(organization, executor=running.address)
        thread.join()
    assert "--resume" in raised.value.hint
    again: list[Target] = []
    spread = _scanning._spread

    def noted(numbers: list[int], order: Order, request: _scanning.Request, results: Results, *rest: object) -> None:
        again.extend(results.targets[number] for number in numbers)
        spread(numbers, order, request, results, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(_scanning, "_spread", noted)
    resumed = scan(organization, executor=cluster.address, resume=True)
    assert f"; {6 - len(again)} of 6" in str(raised.value)
    assert "r2" in [target.name for target in again]
    assert resumed == scan(organization, cache=False)


def test_no_cluster_is_a_clear_error(organization: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CONNECT", 1)
    with pytest.raises(UsageError, match="no address of a Dask scheduler"):
        scan(organization, executor="tcp://127.0.0.1:1")
    with pytest.raises(UsageError, match="no Dask scheduler answers"):
        scan(organization, executor="dask://127.0.0.1:1")
    with dask_cluster(tmp_path / "cluster", workers=0) as running, pytest.raises(UsageError, match="has no worker"):
        scan(organization, executor=running.address)


def test_a_worker_without_the_folder_clones_the_remote(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    origin = repository(tmp_path / "origin.git", {"main.tf": 'resource "a" "b" {}'})
    git(origin, "checkout", "-q", "-b", "feature")
    monkeypatch.setattr(module, "access_to", lambda _: Access(protocols=("file",)))
    target = Target("r", "r", tmp_path / "elsewhere", remote=origin.as_uri(), branch="feature")
    found, score = read_answer(read(target), target)
    assert found.files == ("main.tf",)
    assert (found.branch, found.name) == ("feature", "r")
    assert score is not None
    module.dismiss("run")
    for broken in (Target("r", "r", tmp_path / "elsewhere"), Target("r", "r", tmp_path / "elsewhere", remote="https://[")):
        assert "a worker could not clone it" in read(broken).failure


def read(target: Target, wanted: str = "") -> Answer:
    (answer,) = work([target], "run", ORDER, Limits(), wanted or versions())
    return msgspec.msgpack.decode(answer, type=Answer)


def test_a_worker_that_does_not_have_the_folders_is_told_their_remotes(organization: Path, tmp_path: Path) -> None:
    git(organization / "r0", "remote", "add", "origin", "https://127.0.0.1:1/r0.git")
    nothing = "import os\nreal = os.access\nos.access = lambda path, *rest: '/o/r' not in str(path) and real(path, *rest)\n"
    write(tmp_path, {"elsewhere/sitecustomize.py": nothing})
    with dask_cluster(tmp_path / "cluster", environment={"PYTHONPATH": str(tmp_path / "elsewhere")}) as running:
        found = answers(organization, running.address)
    assert "https://127.0.0.1:1/r0.git" in found[0].failure
    assert ["and has no remote" in answer.failure for answer in found] == [False, True, True, True, True, True]


def test_a_worker_with_other_versions_does_not_work(tmp_path: Path) -> None:
    assert "other versions installed" in read(Target("r", "r", tmp_path), "gitops-assess 99").failure


def test_a_token_goes_to_its_forge_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", "t1")
    monkeypatch.setenv("GITLAB_TOKEN", "t2")
    assert access_to("https://github.com/o/r.git").token.endswith("1")
    assert access_to("https://gitlab.com/o/r.git").token.endswith("2")
    for other in ("https://github.com.evil.example/o/r", "http://127.0.0.1/o/r", "ssh://git@github.com:22/o/r", "file:///r"):
        assert access_to(other).token == ""
