"""Several processes judge what one would have found, and none of them is needed for the result."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from assessor import engine
from assessor.checking import Check
from assessor.collectors.discovery import discover
from assessor.collectors.files import collect_repository
from assessor.deriving import derive_organization
from assessor.execution import judging
from assessor.execution.forking import Fork
from assessor.facts.base import Place
from assessor.facts.repository import Organization
from assessor.model import Finding, Waiver
from assessor.registry import load_checks
from tests.organizations import TODAY

SAMPLE = Path(__file__).parent.parent.parent / "examples" / "acme"


@pytest.fixture(scope="module")
def organization() -> Organization:
    targets = discover([SAMPLE], folders_are_repositories=True)
    repositories = tuple(collect_repository(target) for target in targets)
    return derive_organization(Organization(at=Place("", ""), name="acme", repositories=repositories))


@pytest.fixture
def forks(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Let a small organization be worth several processes; return a list of those that were started."""
    started: list[int] = []
    begin = Fork.__init__

    def noted(self: Fork, run: Any) -> None:
        begin(self, run)
        started.append(self.pid)

    monkeypatch.setattr(Fork, "__init__", noted)
    monkeypatch.setattr(judging, "MANY", 10)
    monkeypatch.setattr(judging, "may_fork", lambda: True)
    return started


def alone(organization: Organization, checks: dict[str, Check[Any]], waivers: tuple[Waiver, ...] = ()) -> list[Finding]:
    return engine.judge(organization, checks.values(), waivers, TODAY)


@pytest.mark.parametrize("jobs", [1, 2, 3, 8])
def test_any_number_of_processes_finds_the_same_in_the_same_order(
    organization: Organization, forks: list[int], jobs: int
) -> None:
    checks = load_checks()
    waivers = (Waiver(check="ctr.non-root", until="2030-01-01", owner="o", reason="r"),)
    expected = alone(organization, checks, waivers)
    assert len(expected) > len(checks)
    assert judging.judge(organization, checks.values(), waivers, TODAY, jobs=jobs) == expected
    assert len(forks) == jobs - 1
    for pid in forks:
        with pytest.raises(ChildProcessError):
            os.waitpid(pid, 0)  # none is left behind


def test_a_small_organization_and_a_process_with_threads_judge_alone(
    organization: Organization, forks: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    checks = load_checks()
    monkeypatch.setattr(judging, "may_fork", lambda: False)
    assert judging.judge(organization, checks.values(), (), TODAY, jobs=4) == alone(organization, checks)
    monkeypatch.setattr(judging, "may_fork", lambda: True)
    monkeypatch.setattr(judging, "MANY", 10**6)
    assert judging.judge(organization, checks.values(), (), TODAY, jobs=4) == alone(organization, checks)
    assert forks == []


@pytest.mark.parametrize("lost", ["killed", "crashes", "sends half", "not started"])
def test_what_a_lost_process_would_have_found_is_found_here(
    organization: Organization, forks: list[int], monkeypatch: pytest.MonkeyPatch, lost: str
) -> None:
    checks = load_checks()
    here = os.getpid()
    judge = engine.judge

    def dies(*arguments: Any, **named: Any) -> list[Finding]:
        if os.getpid() != here:
            if lost == "killed":
                os.kill(os.getpid(), signal.SIGKILL)
            raise MemoryError
        return judge(*arguments, **named)

    def half(work: Any, theirs: int, pipe: int) -> None:
        os.write(pipe, msgspec.msgpack.encode(work())[:-100])

    def none(self: Fork, run: Any) -> None:
        raise OSError("no process is to be had")

    expected = alone(organization, checks)
    if lost == "sends half":
        monkeypatch.setattr(judging, "_send", half)
    elif lost == "not started":
        monkeypatch.setattr(Fork, "__init__", none)
    else:
        monkeypatch.setattr(engine, "judge", dies)
    open_before = len(list(Path("/proc/self/fd").iterdir()))
    assert judging.judge(organization, checks.values(), (), TODAY, jobs=3) == expected
    assert len(list(Path("/proc/self/fd").iterdir())) == open_before


def test_an_interruption_ends_every_process(
    organization: Organization, forks: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    here = os.getpid()
    judge = engine.judge

    def interrupted(*arguments: Any, **named: Any) -> list[Finding]:
        if os.getpid() == here:
            raise KeyboardInterrupt
        signal.pause()
        return judge(*arguments, **named)

    monkeypatch.setattr(engine, "judge", interrupted)
    with pytest.raises(KeyboardInterrupt):
        judging.judge(organization, load_checks().values(), (), TODAY, jobs=3)
    assert len(forks) == 2
    for pid in forks:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_every_check_is_dealt_once_and_those_of_the_whole_come_last(organization: Organization, forks: list[int]) -> None:
    checks = tuple(load_checks().values())
    piles = judging.deal(organization, checks, 4)
    assert len(piles) == 4
    dealt = [check for pile in piles for check in pile]
    assert sorted(check.id for check in dealt) == sorted(check.id for check in checks)
    whole = [check.subject is Organization for check in dealt]
    assert whole == sorted(whole)
    assert judging.deal(Organization(at=Place("", ""), name="none"), (), 4) == [[]]
