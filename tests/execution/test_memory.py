"""A rescan gives the bytes of a scan that knows nothing, whatever is remembered, whoever does the work."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from assessor.cli import _scanning
from assessor.collectors.cache import cache_file
from assessor.execution import local
from assessor.execution.memory import Memory
from assessor.execution.unit import Unit
from assessor.model import Assessment
from tests.collectors.repositories import repository
from tests.execution.test_unit import settled, unmoved
from tests.organizations import write


@pytest.fixture
def organization(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    sample = Path(__file__).parent.parent.parent / "examples" / "acme"
    for source in sorted(path for path in sample.iterdir() if path.is_dir()):
        files = {str(p.relative_to(source)): p.read_bytes() for p in source.rglob("*") if p.is_file()}
        settled(repository(tmp_path / "acme" / source.name, files))
    return tmp_path / "acme"


@pytest.fixture
def assessed(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Return a list that grows with every assessment made rather than remembered."""
    made: list[object] = []
    assess = _scanning._assess

    def noted(*arguments: object) -> Assessment:
        made.append(arguments)
        return assess(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(_scanning, "_assess", noted)
    return made


@pytest.fixture
def first(organization: Path, monkeypatch: pytest.MonkeyPatch, assessed: list[object]) -> Assessment:
    """Return a first assessment, after which nothing counts as having changed just now."""
    unmoved(monkeypatch)
    return scan(organization)


def scan(folder: Path, **options: object) -> Assessment:
    return _scanning.run(_scanning.Request(paths=(folder,), quiet=True, **options))  # type: ignore[arg-type]


def test_the_same_repositories_give_the_same_assessment_however_they_are_scanned(
    organization: Path, assessed: list[object]
) -> None:
    alone = scan(organization, cache=False, jobs=1)
    assert alone.findings
    assert [scan(organization, cache=cache, jobs=jobs) for cache in (True, False) for jobs in (1, 2, 3)] == [alone] * 6
    assert len(assessed) == 1 + 1 + 3


def test_one_changed_repository_is_joined_with_what_is_remembered_of_the_others(organization: Path) -> None:
    scan(organization)
    changed = next(path for path in sorted(organization.rglob("*.tf")))
    changed.write_text(changed.read_text() + '\nresource "aws_s3_bucket" "new" {}\n')
    assert scan(organization) == scan(organization, cache=False)


def test_options_and_loose_files_make_another_assessment(organization: Path, assessed: list[object]) -> None:
    assert scan(organization) != scan(organization, steps="1-2")
    write(organization, {"loose.txt": ""})
    assert "1 loose" in str(scan(organization).gaps) or "a loose file" in str(scan(organization).gaps)
    write(organization, {"gitops-assess.yaml": "organization: renamed\n"})
    assert scan(organization).organization.name == "renamed"


@pytest.mark.parametrize("damage", ["UPDATE facts SET value = x'c1'", "UPDATE facts SET value = x''", "DROP TABLE facts"])
def test_what_is_damaged_is_made_anew(organization: Path, damage: str) -> None:
    first = scan(organization)
    with sqlite3.connect(cache_file()) as connection:
        connection.execute(damage)
    connection.close()
    assert scan(organization) == first


def test_what_is_lost_of_one_repository_is_read_again_though_it_looks_the_same(
    organization: Path, first: Assessment, assessed: list[object]
) -> None:
    with sqlite3.connect(cache_file()) as connection:
        largest = "SELECT id FROM facts ORDER BY length(value) DESC LIMIT 4"  # the assessment, and results of repositories
        connection.execute(f"UPDATE facts SET value = x'00' || value WHERE id IN ({largest})")  # noqa: S608  a constant
    connection.close()
    assert scan(organization) == first
    assert len(assessed) == 2


def test_a_cache_that_fails_after_the_first_look_costs_time_and_no_result(
    organization: Path, first: Assessment, monkeypatch: pytest.MonkeyPatch, assessed: list[object]
) -> None:
    monkeypatch.setattr(Memory, "assessment", lambda self: None)
    monkeypatch.setattr(Unit, "result", lambda self, answer: answer if answer.result or answer.failure else None)
    assert scan(organization) == first
    assert len(assessed) == 2


def test_many_repositories_are_looked_at_in_several_processes(
    organization: Path, first: Assessment, monkeypatch: pytest.MonkeyPatch, assessed: list[object]
) -> None:
    monkeypatch.setattr(local, "MANY", 2)
    monkeypatch.setattr(local, "PREPARING", 1)
    monkeypatch.setattr(local, "may_fork", lambda: True)
    assert scan(organization, jobs=3) == first
    monkeypatch.setattr(local.Worker, "look", lambda self, *_: self.process.kill())
    assert scan(organization, jobs=3) == first
    assert len(assessed) == 1
