"""A hostile or broken ``.git`` neither runs anything, nor makes us wait, nor leads elsewhere."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from assessor.collectors.files import collect_repository
from assessor.collectors.opening import open_repository
from assessor.collectors.target import Target
from assessor.collectors.tree import FolderTree, WorkTree, open_tree
from assessor.errors import ParseError
from tests.collectors.repositories import commit, git, repository
from tests.organizations import write

HOSTILE = """
[core]
    fsmonitor = {program}
    hooksPath = {hooks}
    sshCommand = {program}
    pager = {program}
    editor = {program}
    gitProxy = {program}
    askPass = {program}
    alternateRefsCommand = {program}
    fsmonitorHookVersion = 2
[alias]
    status = !{program}
    log = !{program}
[filter "evil"]
    clean = {program}
    smudge = {program}
    process = {program}
    required = true
[diff "evil"]
    textconv = {program}
    command = {program}
[merge "evil"]
    driver = {program}
[credential]
    helper = !{program}
[gpg]
    program = {program}
[uploadpack]
    packObjectsHook = {program}
[remote "origin"]
    url = ext::{program}
    uploadpack = {program}
    vcs = evil
[extensions]
    partialClone = origin
[include]
    path = more
"""


def test_no_setting_of_a_repository_starts_a_program(tmp_path: Path) -> None:
    root = repository(
        tmp_path / "r",
        {"main.tf": 'resource "a" "b" {}', ".gitattributes": "* filter=evil diff=evil merge=evil text=auto ident\n"},
    )
    sentinel, program = tmp_path / "ran", tmp_path / "program"
    program.write_text(f"#!/bin/sh\ntouch {sentinel}\n")
    program.chmod(0o755)
    for hook in ("post-checkout", "post-index-change", "fsmonitor-watchman", "pre-auto-gc", "reference-transaction"):
        shutil.copy(program, root / ".git/hooks" / hook)
    text = HOSTILE.format(program=program, hooks=root / ".git/hooks")
    with (root / ".git/config").open("a") as config:
        config.write(text)
    (root / ".git/more").write_text(text.replace("[include]\n    path = more\n", ""))
    write(root, {"main.tf": 'resource "a" "c" {}', "new.tf": 'resource "a" "d" {}'})
    for ref in ("", "main"):
        found = collect_repository(Target("r", ".", root, ref))
        assert "main.tf" in found.files
    assert isinstance(open_tree(Target("r", ".", root)), WorkTree)
    assert not sentinel.exists()


def reason(root: Path) -> str:
    """Return why a repository is read as a plain folder."""
    found = open_tree(Target("r", ".", root))
    assert isinstance(found, FolderTree)
    assert [entry.path for entry in found.entries()] == ["a.tf"]
    return found.problems[0]


@pytest.mark.parametrize(
    "path", ["HEAD", "config", "index", "packed-refs", "refs/heads/main", "objects/ab/cd", "info/exclude", "commondir"]
)
def test_a_pipe_in_place_of_a_file_of_git_does_not_block(tmp_path: Path, path: str) -> None:
    root = repository(tmp_path, {"a.tf": ""})
    file = root / ".git" / path
    file.unlink(missing_ok=True)
    file.parent.mkdir(exist_ok=True)
    os.mkfifo(file)
    assert "its files are read as those of a plain folder" in reason(root)


def test_a_link_to_a_pipe_in_the_git_folder_does_not_block(tmp_path: Path) -> None:
    root = repository(tmp_path / "r", {"a.tf": ""})
    os.mkfifo(tmp_path / "pipe")
    (root / ".git/packed-refs").symlink_to(tmp_path / "pipe")
    assert reason(root).startswith("its .git folder holds a pipe or device: packed-refs")


@pytest.mark.parametrize(
    "key",
    [
        "[include]\npath",
        '[includeIf "gitdir:/**"] path',
        "[INCLUDE]\n Path",
        "[core]\nexcludesFile",
        "[core]\\\n\nattributesfile",
    ],
)
def test_a_setting_that_makes_git_read_a_pipe_does_not_block(tmp_path: Path, key: str) -> None:
    root = repository(tmp_path / "r", {"a.tf": ""})
    os.mkfifo(tmp_path / "pipe")
    (root / ".git/config").write_text(f"{key.replace(chr(92) + chr(10), '')} = {tmp_path}/pipe\n")
    assert reason(root).startswith("its configuration includes")


def test_settings_included_from_included_settings_are_refused(tmp_path: Path) -> None:
    root = repository(tmp_path / "r", {"a.tf": ""})
    write(root, {".git/config": "[include]\npath = ../../one\n"})
    write(tmp_path, {"one": "[include]\npath = two\n"})
    assert reason(root).startswith("its configuration includes")


def test_plain_settings_included_from_the_project_are_accepted(tmp_path: Path) -> None:
    root = repository(tmp_path, {"a.tf": "", ".gitconfig": "[core]\nautocrlf = input\n"})
    git(root, "config", "include.path", "../.gitconfig")
    assert isinstance(open_tree(Target("r", ".", root)), WorkTree)


def test_an_ignore_file_that_is_a_pipe_does_not_block(tmp_path: Path) -> None:
    root = repository(tmp_path, {"a.tf": "", ".gitignore": "*.log\n"})
    write(root, {"in/x.log": "", "in/b.tf": "", "out/y.log": ""})
    os.mkfifo(root / "in/.gitignore")
    listed = {entry.path for entry in open_tree(Target("r", ".", root)).entries()}
    assert listed == {"a.tf", ".gitignore", "in/.gitignore", "in/b.tf", "in/x.log"}


def test_the_files_come_from_the_folder_named_whatever_core_worktree_says(tmp_path: Path) -> None:
    write(tmp_path / "victim", {"secret.tf": "", "a.tf": "victim"})
    root = repository(tmp_path / "r", {"a.tf": "mine", ".gitignore": "*.log"})
    git(root, "config", "core.worktree", str(tmp_path / "victim"))
    write(root, {"x.log": ""})
    found = open_tree(Target("r", ".", root))
    assert {entry.path: found.read(entry) for entry in found.entries()} == {"a.tf": b"mine", ".gitignore": b"*.log"}


def test_a_git_file_that_leads_to_a_repository_which_does_not_know_the_folder_is_refused(tmp_path: Path) -> None:
    repository(tmp_path / "victim", {"secret.tf": ""}, "A private message")
    root = write(tmp_path / "r", {"a.tf": "", ".git": f"gitdir: {tmp_path}/victim/.git\n"})
    assert reason(root).startswith("its .git file names a repository that does not know this folder")


def test_a_git_link_to_another_repository_is_refused(tmp_path: Path) -> None:
    repository(tmp_path / "victim", {"secret.tf": ""}, "A private message")
    root = write(tmp_path / "r", {"a.tf": ""})
    (root / ".git").symlink_to(tmp_path / "victim/.git")
    assert reason(root).startswith("its .git is a link")


def test_a_git_folder_that_uses_the_data_of_another_repository_is_refused(tmp_path: Path) -> None:
    repository(tmp_path / "victim", {"secret.tf": ""}, "A private message")
    root = write(
        tmp_path / "r", {"a.tf": "", ".git/commondir": f"{tmp_path}/victim/.git\n", ".git/HEAD": "ref: refs/heads/main\n"}
    )
    assert reason(root).startswith("its .git folder uses the data of another repository")


@pytest.mark.parametrize("text", ["", "gitdir:", "gitdir: nowhere", "gitdir: \0", "x" * 2_000_000, "gitdir: " + "../" * 5000])
def test_a_git_file_that_leads_nowhere_is_refused(tmp_path: Path, text: str) -> None:
    assert "its files are read as those of a plain folder" in reason(write(tmp_path, {"a.tf": "", ".git": text}))


def test_a_linked_work_tree_whose_repository_moved_says_so(tmp_path: Path) -> None:
    main = repository(tmp_path / "main", {"a.tf": ""})
    git(main, "worktree", "add", "-q", "-b", "side", str(tmp_path / "side"))
    main.rename(tmp_path / "moved")
    assert "does not know this folder" in reason(tmp_path / "side")


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("HEAD", ""), ("HEAD", "x"), ("HEAD", "ref: refs/heads/" + "x" * 5000), ("config", "[["), ("config", "[core]\nrepositoryformatversion = 99"),
        ("config", "[core]\nrepositoryformatversion = 1\n[extensions]\nunknown = 1"), ("config", "x" * 2_000_000),
    ],
)  # fmt: skip
def test_a_broken_git_folder_costs_the_history_and_not_the_files(tmp_path: Path, path: str, text: str) -> None:
    root = repository(tmp_path, {"a.tf": ""})
    (root / ".git" / path).write_text(text)
    found = collect_repository(Target("r", ".", root))
    assert found.files == ("a.tf",)
    assert "git" in {gap.source for gap in found.gaps} or found.commit == ""


def test_missing_objects_cost_the_history_and_not_the_files(tmp_path: Path) -> None:
    root = repository(tmp_path, {"a.tf": ""})
    commit(root, {"b.tf": ""})
    shutil.rmtree(root / ".git/objects")
    (root / ".git/objects").mkdir()
    found = collect_repository(Target("r", ".", root))
    assert found.files == ("a.tf", "b.tf")
    assert [gap.reason for gap in found.gaps] == ["its newest commit cannot be read"]


def test_a_damaged_bare_repository_is_refused(tmp_path: Path) -> None:
    write(tmp_path, {"HEAD": "x", "objects/x": "", "refs/x": "", "config": "[["})
    with pytest.raises(ParseError, match="not a readable git repository"):
        open_repository(tmp_path)
    found = collect_repository(Target("r", ".", tmp_path))
    assert [gap.source for gap in found.gaps] == ["git"]
