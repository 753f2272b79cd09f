"""Clones: whole or not there, bounded, updated in place, and never a way for a token or a program to get anywhere."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from assessor.collectors.cloning import CloneError, Limits, Remote, clone, clone_all, location
from assessor.collectors.files import collect_repository
from assessor.collectors.target import Target
from assessor.errors import UsageError
from assessor.facts.repository import Repository
from assessor.observing import Access
from tests.collectors.git_server import git_server
from tests.collectors.repositories import commit, git, repository

FILES = Access(protocols=("file",))
TOKEN = "ghp_canary0123456789canary0123456789"  # noqa: S105  a canary


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Return a repository with three commits, one of which adds and one removes a large file."""
    folder = repository(tmp_path / "served" / "acme" / "shop.git", {"old.bin": os.urandom(300_000)}, "Add an old file")
    git(folder, "config", "uploadpack.allowFilter", "true")
    (folder / "old.bin").unlink()
    commit(folder, {"app.py": "print('hello')\n"}, "Replace the old file")
    return commit(folder, {"large.bin": os.urandom(5 * 1024**2)}, "Add a large file")


def read(folder: Path) -> Repository:
    return collect_repository(Target("shop", ".", folder))


def size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def test_a_clone_holds_the_newest_files_and_the_history_and_leaves_out_what_is_not_read(source: Path, tmp_path: Path) -> None:
    cloned = clone(Remote(source.as_uri()), tmp_path / "clones", FILES)
    seen = read(cloned)
    assert seen.files == ("app.py", "large.bin")
    assert [change.subject for change in seen.history] == ["Add a large file", "Replace the old file", "Add an old file"]
    assert (seen.branch, seen.remote, seen.shallow) == ("main", source.as_uri(), False)
    assert not list((cloned / "objects").glob("??"))  # all is in packs, where its size is watched
    assert size(cloned) < 100_000  # neither the large file nor what earlier commits held


def test_a_bounded_history_is_not_shallow_when_it_suffices(source: Path, tmp_path: Path) -> None:
    for number in range(210):
        git(source, "commit", "-q", "--allow-empty", "-m", f"Change number {number}")
    whole = read(clone(Remote(source.as_uri()), tmp_path / "clones", FILES))
    assert (len(whole.history), whole.shallow) == (200, False)
    assert whole.history[-1].parents == 1
    fewer = read(clone(Remote(source.as_uri()), tmp_path / "fewer", FILES, Limits(commits=20)))
    assert (len(fewer.history), fewer.shallow) == (20, True)


def test_a_clone_is_updated_rather_than_made_again(source: Path, tmp_path: Path) -> None:
    first = clone(Remote(source.as_uri()), tmp_path / "clones", FILES)
    inode = first.stat().st_ino
    commit(source, {"app.py": "print('bye')\n"}, "Say bye")
    git(source, "branch", "-m", "main", "trunk")
    second = clone(Remote(source.as_uri()), tmp_path / "clones", FILES)
    seen = read(second)
    assert (second.stat().st_ino, seen.branch, seen.history[0].subject) == (inode, "trunk", "Say bye")


def test_a_rewritten_history_is_followed(source: Path, tmp_path: Path) -> None:
    clone(Remote(source.as_uri(), "main"), tmp_path / "clones", FILES)
    git(source, "reset", "-q", "--hard", "HEAD~1")
    seen = read(clone(Remote(source.as_uri(), "main"), tmp_path / "clones", FILES))
    assert seen.history[0].subject == "Replace the old file"


def test_a_damaged_clone_is_made_anew(source: Path, tmp_path: Path) -> None:
    cloned = clone(Remote(source.as_uri()), tmp_path / "clones", FILES)
    for file in cloned.glob("objects/pack/*"):
        file.unlink()
    assert read(clone(Remote(source.as_uri()), tmp_path / "clones", FILES)).files == ("app.py", "large.bin")


def test_over_http_the_token_goes_to_its_host_only_and_is_kept_nowhere(source: Path, tmp_path: Path) -> None:
    with git_server(source.parent.parent, token=TOKEN) as server:
        remote = Remote(f"{server.url}/acme/shop.git")
        access = Access(server.host, "x-access-token", TOKEN, ("http",))
        cloned = clone(remote, tmp_path / "clones", access)
        assert read(cloned).files == ("app.py", "large.bin")
        other = Access("github.com", "x-access-token", TOKEN, ("http",))
        server.headers.clear()
        with pytest.raises(CloneError, match="could not read Username") as raised:
            clone(remote, tmp_path / "other", other)
    assert not any("Authorization" in headers for headers in server.headers)
    assert TOKEN not in str(raised.value) + repr(access)
    kept = b"".join(file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())
    assert TOKEN.encode() not in kept


def test_a_redirection_is_not_followed(source: Path, tmp_path: Path) -> None:
    with git_server(source.parent.parent) as elsewhere, git_server(source.parent.parent, redirect=elsewhere.url) as server:
        access = Access(server.host, "x-access-token", TOKEN, ("http",))
        with pytest.raises(CloneError):
            clone(Remote(f"{server.url}/acme/shop.git"), tmp_path / "clones", access)
    assert elsewhere.requests == []


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("ssh://git@example.com/a/b", "not one of https"),
        ("git://example.com/a/b", "not one of https"),
        ("ext::sh -c touch% /tmp/pwned", "not one of https"),
        ("/etc", "a path"),
        ("https://user:secret@example.com/a/b", "holds credentials"),
        ("https://example.com/../../b", "cannot be names of folders"),
        ("https://example.com/a/..%2f..", "characters that none needs"),
        ("https:///b", "no URL"),
        ("https://example.com/a/b?x=1", "characters that none needs"),
        ("https://example.com/a/b\n[core]", "characters that none needs"),
        ('https://exa"mple.com/a/b', "characters that none needs"),
    ],
)
def test_other_addresses_are_refused(address: str, says: str, tmp_path: Path) -> None:
    with pytest.raises(CloneError, match=says):
        clone(Remote(address), tmp_path / "clones", Access())


def test_settings_that_lie_in_a_clone_are_not_used(source: Path, tmp_path: Path) -> None:
    cloned = clone(Remote(source.as_uri()), tmp_path / "clones", FILES)
    ran = tmp_path / "ran"
    with (cloned / "config").open("a") as config:
        config.write(
            f'[remote "origin"]\n\tuploadpack = "touch {ran}; git-upload-pack"\n[core]\n\talternateRefsCommand = touch {ran}\n'
        )
    git(cloned, "ls-remote", "origin")
    assert ran.exists()  # git itself would
    ran.unlink()
    assert read(clone(Remote(source.as_uri()), tmp_path / "clones", FILES)).files == ("app.py", "large.bin")
    assert not ran.exists()


def test_host_owner_and_name_say_where_a_clone_is(tmp_path: Path) -> None:
    assert location(tmp_path, "https://git.example.com:8443/a/b/c.git") == tmp_path / "git.example.com_8443" / "a" / "b" / "c.git"


def test_no_hook_template_or_setting_of_the_user_runs(source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ran = tmp_path / "ran"
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\ntouch {ran}\n")
    program.chmod(0o755)
    home = tmp_path / "home"
    (home / "templates" / "hooks").mkdir(parents=True)
    for hook in ("post-checkout", "reference-transaction", "post-merge"):
        (home / "templates" / "hooks" / hook).symlink_to(program)
    (home / ".gitconfig").write_text(
        f"[init]\n templateDir = {home}/templates\n[core]\n fsmonitor = {program}\n hooksPath = {home}/templates/hooks\n"
        f'[filter "lfs"]\n smudge = {program}\n required = true\n'
    )
    monkeypatch.setenv("HOME", str(home))
    modules = '[submodule "x"]\n path = x\n url = https://example.invalid/x\n update = !touch /tmp/x\n'
    commit(source, {".gitattributes": "* filter=lfs\n", ".gitmodules": modules}, "Ask for a filter")
    assert "app.py" in read(clone(Remote(source.as_uri()), tmp_path / "clones", FILES)).files
    assert not ran.exists()


@pytest.mark.parametrize(
    ("limits", "options", "says"),
    [
        (Limits(seconds=0.5), {"delay": 2}, "takes longer than 0.5 s"),
        (Limits(size=1), {}, "larger than"),
        (Limits(), {"cut": True}, "pack|expected"),
    ],
)
def test_what_is_slow_large_or_cut_off_leaves_nothing_behind(
    source: Path, tmp_path: Path, limits: Limits, options: dict[str, object], says: str
) -> None:
    clones = tmp_path / "clones"
    with git_server(source.parent.parent, **options) as server, pytest.raises(CloneError, match=says):
        clone(Remote(f"{server.url}/acme/shop.git"), clones, Access(protocols=("http",)), limits)
    assert [path.name for path in clones.rglob("*") if path.is_file()] == [".shop.git.lock"]


def test_a_clone_that_was_interrupted_is_not_taken_for_whole(source: Path, tmp_path: Path) -> None:
    clones = tmp_path / "clones"
    with git_server(source.parent.parent, delay=1.5) as server:
        address = f"{server.url}/acme/shop.git"
        program = (
            "from pathlib import Path; from assessor.collectors.cloning import *; from assessor.observing import Access;"
            f"clone(Remote({address!r}, 'main'), Path({str(clones)!r}), Access(protocols=('http',)))"
        )
        with subprocess.Popen([sys.executable, "-c", program], start_new_session=True) as process:
            while not list(clones.rglob("*.part")):
                time.sleep(0.02)
            os.kill(process.pid, signal.SIGKILL)
        server.delay = 0
        assert not location(clones, address).exists()
        assert read(clone(Remote(address, "main"), clones, Access(protocols=("http",)))).files == ("app.py", "large.bin")


def test_one_that_cannot_be_cloned_costs_only_itself(source: Path, tmp_path: Path) -> None:
    gone = Remote((tmp_path / "gone").as_uri())
    empty = tmp_path / "empty"
    empty.mkdir()
    git(empty, "init", "-q")
    remotes = [gone, Remote(source.as_uri()), Remote(empty.as_uri()), Remote("https://example.com/x")]
    heard: list[Remote] = []
    found = list(clone_all(remotes, tmp_path / "clones", FILES, progress=heard.append))
    assert [remote for remote, _ in found] == remotes
    assert sorted(heard, key=remotes.index) == remotes
    outcomes = [str(outcome) if isinstance(outcome, CloneError) else "cloned" for _, outcome in found]
    assert outcomes[1:3] == ["cloned", "it is empty: it has no branch"]
    assert "does not" in outcomes[0]
    assert "not one of file" in outcomes[3]


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="clones cannot be kept here"):
        list(clone_all([], tmp_path / "file" / "clones", FILES))
