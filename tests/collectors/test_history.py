"""The newest commits along first parents."""

from __future__ import annotations

import shutil
from pathlib import Path

from assessor.collectors.history import COMMITS, read_history
from assessor.collectors.target import Target
from assessor.collectors.tree import open_tree
from assessor.facts.repository import Change
from tests.collectors.repositories import ENVIRONMENT, commit, git, repository
from tests.organizations import write


def history(root: Path, ref: str = "") -> tuple[tuple[Change, ...], bool]:
    return read_history(open_tree(Target("r", ".", root, ref)))


def test_the_first_parents_are_followed_newest_first(tmp_path: Path) -> None:
    root = repository(tmp_path, {"a": "1"}, "One")
    git(root, "checkout", "-qb", "side")
    commit(root, {"b": "1"}, "Side\n\nwith a body")
    git(root, "checkout", "-q", "main")
    git(root, "merge", "-q", "--no-ff", "-m", "Merge side (#1)", "side")
    changes, shallow = history(root)
    assert [(change.subject, change.parents, change.committer) for change in changes] == [
        ("Merge side (#1)", 2, "Ada"),
        ("One", 0, "Ada"),
    ]
    assert [change.brings for change in changes] == ["Side", ""]
    assert not shallow
    assert [change.subject for change in history(root, "side")[0]] == ["Side", "One"]


def test_a_shallow_history_says_so(tmp_path: Path) -> None:
    origin = repository(tmp_path / "origin", {"a": "1"}, "One")
    commit(origin, {"a": "2"}, "Two")
    git(tmp_path, "clone", "-q", "--depth", "1", f"file://{origin}", "clone")
    changes, shallow = history(tmp_path / "clone")
    assert ([change.subject for change in changes], shallow) == (["Two"], True)


def test_a_plain_folder_and_an_empty_repository_have_none(tmp_path: Path) -> None:
    assert history(write(tmp_path / "plain", {"a": ""})) == ((), False)
    (tmp_path / "empty").mkdir()
    git(tmp_path / "empty", "init", "-q")
    assert history(tmp_path / "empty") == ((), False)


def test_no_more_than_the_newest_are_read(tmp_path: Path) -> None:
    stream = "".join(
        f"commit refs/heads/main\nmark :{n}\ncommitter A <a@b> {n} +0000\ndata 2\nc\n" + (f"from :{n - 1}\n" if n > 1 else "")
        for n in range(1, COMMITS + 50)
    )
    git(tmp_path, "init", "-q", "-b", "main")
    git(tmp_path, "fast-import", "--quiet", stdin=stream)
    assert len(history(tmp_path)[0]) == COMMITS


def test_messages_and_names_are_shown_safely(tmp_path: Path) -> None:
    secret = "ghp_" + "a1B2" * 9
    root = repository(tmp_path, {"a": "1"}, f"Use {secret} \x1b[31mnow\n\nbody")
    raw = b"tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\nauthor \xff <a> 1 +0000\ncommitter \xff <a> 1 +0000\nencoding nonsense\n\n\xff\xfe\n"
    (root / "raw").write_bytes(raw)
    subject = history(root)[0][0].subject
    assert secret not in subject
    assert "\x1b" not in subject
    git(root, "hash-object", "-t", "tree", "-w", "/dev/null")
    bad = git(root, "hash-object", "-t", "commit", "-w", "--literally", "raw")
    git(root, "update-ref", "refs/heads/main", bad)
    assert [(change.subject, change.committer) for change in history(root)[0]] == [("\ufffd\ufffd", "\ufffd")]
    assert ENVIRONMENT["GIT_AUTHOR_NAME"] == "Ada"


def test_a_lost_commit_ends_the_history_and_is_a_problem(tmp_path: Path) -> None:
    root = repository(tmp_path, {"a": "1"}, "One")
    first = git(root, "rev-parse", "HEAD")
    commit(root, {"a": "2"}, "Two")
    shutil.rmtree(root / ".git/objects" / first[:2])
    tree = open_tree(Target("r", ".", root))
    changes, shallow = read_history(tree)
    assert ([change.subject for change in changes], shallow) == (["Two"], True)
    assert tree.problems == ["its history ends at a commit that cannot be read"]
