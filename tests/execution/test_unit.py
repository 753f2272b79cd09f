"""What is remembered of a repository is what would be found: every change that could matter makes it be read again."""

from __future__ import annotations

import datetime
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from assessor.collectors import cache as cache_module
from assessor.collectors import files
from assessor.collectors.disk import Below
from assessor.collectors.glance import SETTLED
from assessor.collectors.target import Target
from assessor.errors import ParseError
from assessor.execution.unit import Answer, Order, Unit, read_answer
from assessor.model import Waiver
from assessor.settings import Settings
from tests.collectors.repositories import commit, git, repository
from tests.organizations import TODAY, write

FILES = {".gitignore": "*.log\n", "main.tf": 'resource "a" "b" {}\n', "in/.gitignore": "x\n"}


@pytest.fixture(autouse=True)
def _cache_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return settled(repository(tmp_path / "r", FILES))


def settled(root: Path) -> Path:
    """Let the files of a work tree be known to git as long unchanged."""
    long_ago = time.time() - 3600
    for file in [path for path in root.rglob("*") if path.is_file() and ".git/" not in str(path)]:
        os.utime(file, (long_ago, long_ago))
    if (root / ".git").exists():
        git(root, "update-index", "--refresh", "-q")
        future = time.time() + 3600
        os.utime(root / ".git/index", (future, future))
    return root


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the names of the repositories that were read rather than remembered."""
    names: list[str] = []
    whole = files.Reading.repository

    def noted(self: files.Reading) -> object:
        names.append(self.target.name)
        return whole(self)

    monkeypatch.setattr(files.Reading, "repository", noted)
    return names


def answer(root: Path, settings: Settings = Settings(), ref: str = "", **order: object) -> Answer:  # noqa: B008  frozen
    unit = Unit(Order(settings=settings, today=TODAY, **order))  # type: ignore[arg-type]
    try:
        return unit.answer(Target("r", ".", root, ref))
    finally:
        unit.close()


def test_an_unchanged_repository_is_not_read_again(root: Path, read: list[str]) -> None:
    first = answer(root)
    assert read == ["r"]
    assert first.state
    assert answer(root) == first
    assert read == ["r"]
    found, score = read_answer(first, Target("r", ".", root))
    assert found.files == (".gitignore", "in/.gitignore", "main.tf")
    assert score is not None


def test_what_is_remembered_is_what_is_found_without_a_cache(root: Path) -> None:
    alone = answer(root, cache=False)
    for _ in range(2):
        assert answer(root).result == alone.result


def _edit(root: Path) -> None:
    write(root, {"main.tf": 'resource "a" "c" {}\n'})


def _add(root: Path) -> None:
    write(root, {"more.tf": ""})


def _remove(root: Path) -> None:
    (root / "in/.gitignore").unlink()


def _mark(root: Path) -> None:
    write(root, {".gitattributes": "*.tf linguist-vendored\n"})


def _ignore(root: Path) -> None:
    write(root, {".git/info/exclude": "seen.tf\n"})


def _branch(root: Path) -> None:
    git(root, "checkout", "-q", "-b", "other")


def _history(root: Path) -> None:
    git(root, "commit", "-q", "--allow-empty", "-m", "Nothing")


def _remote(root: Path) -> None:
    git(root, "remote", "add", "origin", "https://example.com/r.git")


def _link(root: Path) -> None:
    (root / "main.tf").unlink()
    (root / "main.tf").symlink_to("/etc/passwd")


def _shallow(root: Path) -> None:
    write(root, {".git/shallow": git(root, "rev-parse", "HEAD") + "\n"})


@pytest.mark.parametrize("change", [_edit, _add, _remove, _mark, _ignore, _branch, _history, _remote, _link, _shallow])
def test_every_change_is_seen(root: Path, read: list[str], change: Callable[[Path], None]) -> None:
    write(root, {"seen.tf": ""})  # untracked
    settled(root)
    answer(root)
    change(root)
    after = answer(root)
    assert read == ["r", "r"]
    assert after.result == answer(root, cache=False).result


def test_a_file_changed_and_changed_back_gives_what_it_gave(root: Path, read: list[str]) -> None:
    first = answer(root)
    _edit(root)
    assert answer(root).result != first.result
    write(root, {"main.tf": FILES["main.tf"]})
    settled(root)
    assert answer(root).result == first.result


def test_a_plain_folder_is_remembered_once_its_files_have_settled(
    tmp_path: Path, read: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    root = write(tmp_path / "r", FILES)
    assert answer(root).state == ""
    assert answer(root).state == ""
    later = time.time_ns() + 2 * SETTLED
    monkeypatch.setattr(time, "time_ns", lambda: later)
    first = answer(root)
    assert first.state
    assert answer(root) == first
    assert len(read) == 3


def test_a_file_that_changes_between_listing_and_reading_is_not_remembered(
    root: Path, read: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = Below.read

    def late(self: Below, path: str, seen: tuple[int, ...] = ()) -> bytes:
        if path == "main.tf":
            write(root, {"main.tf": 'resource "changed" "late" {}\n'})
        return whole(self, path, seen)

    with monkeypatch.context() as during:
        during.setattr(Below, "read", late)
        assert b"changed" in answer(root).result
    write(root, {"main.tf": FILES["main.tf"]})
    settled(root)
    assert answer(root).result == answer(root, cache=False).result


def test_a_file_that_cannot_be_read_is_tried_again(root: Path, read: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> bytes:
        raise ParseError("cannot be read: Input/output error")

    with monkeypatch.context() as during:
        during.setattr(Below, "read", broken)
        assert b"Input/output error" in answer(root).result
    assert b"Input/output error" not in answer(root).result
    assert read == ["r", "r"]


def test_settings_that_matter_are_told_apart(root: Path, read: list[str]) -> None:
    answer(root)
    for settings in (
        Settings(exclude=("in/**",)),
        Settings(steps=(1, 2)),
        Settings(ignore=("iac.remote-state",)),
        Settings(teams={"a": ("*",)}),
    ):
        assert answer(root, settings).result != answer(root).result
        answer(root, settings)
    assert len(read) == 5


def test_a_waiver_counts_until_its_day(root: Path, read: list[str]) -> None:
    waiver = Waiver(check="iac.state-lock", owner="ada", reason="soon", until=TODAY.isoformat())
    settings = Settings(waivers=(waiver,))
    orders = [Order(settings=settings, today=TODAY + datetime.timedelta(days)) for days in (-1, 0, 1)]
    assert orders[0].digest() == orders[1].digest() != orders[2].digest()
    assert orders[2].digest() == Order(today=TODAY).digest()


def test_checks_of_the_users_own_that_were_edited_judge_again(root: Path, tmp_path: Path, read: list[str]) -> None:
    text = '''
from assessor.checking import Task, Verdict, check, passed
from assessor.facts.repository import Repository

@check("iac.mine", task=Task.INFRASTRUCTURE, weight=1)
def mine(repository: Repository) -> Verdict:
    """Mine."""
    return passed("one")
'''
    folder = write(tmp_path / "checks", {"mine.py": text})
    answer(root, checks=(str(folder),))
    answer(root, checks=(str(folder),))
    assert read == ["r"]
    write(folder, {"mine.py": text.replace("one", "another")})
    cache_module.code_version.cache_clear()
    answer(root, checks=(str(folder),))
    assert read == ["r", "r"]


def test_a_ref_is_remembered_by_its_commit(root: Path, read: list[str]) -> None:
    first = answer(root, ref="main")
    assert answer(root, ref="main") == first
    assert read == ["r"]
    commit(root, {"more.tf": "x"})
    assert answer(root, ref="main") != first
    assert read == ["r", "r"]


def test_whatever_goes_wrong_is_an_answer(tmp_path: Path, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    missing = answer(root, ref="nowhere")
    assert "no commit 'nowhere'" in missing.failure
    assert missing.hint

    def boom(self: object) -> object:
        raise MemoryError

    monkeypatch.setattr(files.Reading, "repository", boom)
    assert answer(root).again
    found, score = read_answer(answer(root), Target("r", ".", root))
    assert "MemoryError" in found.gaps[0].reason
    assert score is None
