"""What is remembered of a repository is what would be found: every change that could matter makes it be read again."""

from __future__ import annotations

import datetime
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pygit2
import pytest

from assessor.collectors import cache as cache_module
from assessor.collectors import files, listing, opening, tree
from assessor.collectors.disk import Below
from assessor.collectors.glance import SETTLED, recall
from assessor.collectors.target import Target
from assessor.errors import ParseError
from assessor.execution import unit as unit_module
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


def unmoved(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nothing count as having changed just now."""
    for module in (unit_module, listing):
        monkeypatch.setattr(module, "SETTLED", -(10**18))


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


def glance(root: Path) -> Answer | None:
    unit = Unit(Order(today=TODAY))
    try:
        return unit.glance(Target("r", ".", root))
    finally:
        unit.close()


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


def test_of_a_repository_never_read_nothing_is_to_be_forgotten(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache_module.FactCache, "forget", None)
    assert answer(root).state


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


def _edit_alike(root: Path) -> None:
    """Write other bytes of the same number, with the old time."""
    file = root / "main.tf"
    before = file.stat()
    file.write_bytes(file.read_bytes().swapcase())
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))


def _exchange(root: Path) -> None:
    """Put another file in the place of one."""
    write(root.parent, {"other.tf": 'resource "x" "y" {}\n'})
    (root.parent / "other.tf").rename(root / "main.tf")


def _rename_folder(root: Path) -> None:
    (root / "in").rename(root / "out")


def _ignore_below(root: Path) -> None:
    write(root, {"sub/.gitignore": "*\n"})  # it ignores itself as well


def _track(root: Path) -> None:
    git(root, "add", "seen.tf")


def _ignore_everywhere(root: Path) -> None:
    write(root.parent, {"home/.config/git/ignore": "seen.tf\n"})


def _configure(root: Path) -> None:
    write(root.parent, {"home/.gitconfig": "[include]\npath = more\n", "home/more": "[core]\nexcludesFile = ~/ignored\n"})
    write(root.parent, {"home/ignored": "seen.tf\n"})


CHANGES = [_edit, _add, _remove, _mark, _ignore, _branch, _history, _remote, _link, _shallow]
MORE = [_edit_alike, _exchange, _rename_folder, _ignore_below, _track, _ignore_everywhere, _configure]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Give the user a home, whose git settings libgit2 reads."""
    home = write(tmp_path / "home", {".keep": ""})
    level = pygit2.enums.ConfigLevel
    monkeypatch.setenv("HOME", str(home))
    kept = {each: pygit2.settings.search_path[each] for each in (level.GLOBAL, level.XDG)}
    pygit2.settings.search_path[level.GLOBAL] = str(home)
    pygit2.settings.search_path[level.XDG] = str(home / ".config/git")
    yield home
    for each, path in kept.items():
        pygit2.settings.search_path[each] = path


@pytest.mark.parametrize("change", CHANGES + MORE)
def test_at_a_glance_every_change_is_seen(
    root: Path, home: Path, monkeypatch: pytest.MonkeyPatch, change: Callable[[Path], None]
) -> None:
    unmoved(monkeypatch)
    write(root, {"seen.tf": "", "sub/more.tf": ""})  # untracked
    settled(root)
    before = answer(root)
    assert glance(root) == Answer(before.state)
    time.sleep(0.02)  # longer than the clock of the file system takes to move on
    change(root)
    assert glance(root) is None
    assert answer(root).result == answer(root, cache=False).result


@pytest.mark.parametrize("change", CHANGES)
def test_every_change_is_seen(root: Path, read: list[str], change: Callable[[Path], None]) -> None:
    write(root, {"seen.tf": ""})  # untracked
    settled(root)
    answer(root)
    change(root)
    after = answer(root)
    assert read == ["r", "r"]
    assert after.result == answer(root, cache=False).result


def test_at_a_glance_nothing_is_opened_or_listed(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    unmoved(monkeypatch)
    first = answer(root)

    def refused(*_: object, **__: object) -> object:
        raise AssertionError

    for module in (tree, opening):
        monkeypatch.setattr(module, "open_repository", refused)
    monkeypatch.setattr(os, "scandir", refused)
    assert glance(root) == Answer(first.state)
    assert answer(root) == first


def test_what_changed_just_before_it_was_read_is_not_told_at_a_glance(root: Path) -> None:
    answer(root)
    assert glance(root) is None


def test_a_commit_is_not_listed_to_know_it(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = answer(root, ref="main")
    monkeypatch.setattr(tree.CommitTree, "entries", None)
    assert answer(root, ref="main") == first


@pytest.mark.parametrize("kind", ["linked", "bare", "folder"])
def test_whatever_a_repository_is_a_glance_tells(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    unmoved(monkeypatch)
    if kind == "linked":
        git(root, "worktree", "add", "-q", str(tmp_path / kind), "-b", "other")
    elif kind == "bare":
        git(root, "clone", "-q", "--bare", str(root), str(tmp_path / kind))
    else:
        write(tmp_path / kind, FILES)
    first = answer(tmp_path / kind)
    assert glance(tmp_path / kind) == Answer(first.state)
    time.sleep(0.02)
    if kind == "folder":
        _edit(tmp_path / kind)
    else:
        commit(root, {"more.tf": ""})
        git(root, "push", "-q", str(tmp_path / kind), "main") if kind == "bare" else git(root, "branch", "-f", "third", "main")
    if kind == "linked":
        assert glance(tmp_path / kind) == Answer(first.state)  # its own branch has not moved
        git(tmp_path / kind, "reset", "-q", "--hard", "main")
    assert glance(tmp_path / kind) is None


@pytest.mark.parametrize("damage", [b"", b"\xc1", b"\x94\xa1a\xc4\x01\x00\x90\xc4\x00"])
def test_a_damaged_memory_of_a_look_is_none(root: Path, damage: bytes) -> None:
    assert recall(damage, root) == ""


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
