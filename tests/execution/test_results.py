"""Results are read ahead only while somebody is waited for, and are the same whenever they are read."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest

from assessor.collectors.discovery import discover
from assessor.collectors.target import Target
from assessor.execution import local
from assessor.execution.local import gather
from assessor.execution.results import Results
from assessor.execution.unit import Answer, Order, Unit
from tests.collectors.repositories import repository
from tests.execution.test_unit import settled, unmoved

ORDER = Order(today=datetime.date(2026, 1, 1))
COUNT = 30


@pytest.fixture
def targets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Target]:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    unmoved(monkeypatch)
    monkeypatch.setattr(local, "may_fork", lambda: True)  # whatever threads the tests have: a fork knows what is patched
    for number in range(COUNT):
        settled(repository(tmp_path / "o" / f"r{number:02}", {f"{number}.tf": 'resource "a" "b" {}'}))
    return discover([tmp_path / "o"])


class Noting(Results):
    """Results that note whether one was there to be read when all workers were busy."""

    ahead_of_all = 0

    def ahead(self) -> bool:
        found = super().ahead()
        self.ahead_of_all += found
        return found


def gathered(targets: list[Target], jobs: int = 2) -> Noting:
    results = Noting(targets, ORDER)
    for number, answer in gather(targets, ORDER, jobs=jobs, results=results):
        results.take(number, answer)
    return results


def test_what_is_unchanged_is_not_read_unless_something_has_changed(targets: list[Target]) -> None:
    first = gathered(targets).whole()
    assert [found.name for found, _ in first] == [target.name for target in targets]
    same = gathered(targets)
    assert same.ahead_of_all == 0
    assert all(answer.state and not answer.result for answer in same.answers)
    (targets[3].location / "3.tf").write_text('resource "a" "c" {}')
    changed = gathered(targets)
    assert changed.ahead_of_all > 0
    found = changed.whole()
    assert found[3] != first[3]
    assert [r for n, r in enumerate(found) if n != 3] == [r for n, r in enumerate(first) if n != 3]


def test_this_process_is_one_of_those_at_work_until_there_is_nothing_left_to_read(
    targets: list[Target], monkeypatch: pytest.MonkeyPatch
) -> None:
    gathered(targets)
    for target in targets[::2]:
        (target.location / "new.tf").write_text('resource "a" "c" {}')
    results = Noting(targets, ORDER)
    begun: list[
        tuple[int, bool]
    ] = []  # by each worker that is given a target: how many have one, and whether any result was read
    give = local._Pool._next

    def noted(pool: local._Pool, worker: local.Worker) -> None:
        begun.append((len(pool.busy) + 1, results.ahead_of_all > 0))
        give(pool, worker)

    monkeypatch.setattr(local._Pool, "_next", noted)
    for number, answer in gather(targets, ORDER, jobs=3, results=results):
        results.take(number, answer)
    assert max(count for count, read in begun if not read) == 2
    assert max(count for count, read in begun if read) == 3
    assert len(results.whole()) == COUNT


def test_the_cache_is_closed_before_a_process_is_forked(targets: list[Target], monkeypatch: pytest.MonkeyPatch) -> None:
    gathered(targets)
    results = Results(targets, ORDER)
    unit = Unit(ORDER)
    for number, target in enumerate(targets):
        results.take(number, unit.glance(target) or Answer(failure="changed"))
    assert results.ahead()
    assert results._unit._cache is not None
    results.close()
    assert results._unit._cache is None
    assert results.ahead()  # and opened again
    results.close()


def test_what_the_cache_has_lost_is_told_and_may_come_once_more(targets: list[Target]) -> None:
    before = gathered(targets).whole()
    results = gathered(targets)
    unit = Unit(ORDER)
    assert unit.cache
    unit.cache.forget([unit._key(results.answers[number].state) for number in (4, 7)])
    unit.close()
    assert results.lost() == [4, 7]
    unit = Unit(ORDER)
    results.take(4, unit.answer(targets[4]))
    unit.close()
    whole = results.whole()
    assert [n for n in range(COUNT) if whole[n] != before[n]] == [7]
    assert [gap.reason for gap in whole[7][0].gaps] == ["what was remembered of it was lost twice"]
