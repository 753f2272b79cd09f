"""What is listed and read: work trees in every state git can leave them in, bare repositories, plain folders."""

from __future__ import annotations

import os
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from assessor.collectors import disk, tree
from assessor.collectors.target import Target
from assessor.collectors.tree import CommitTree, FolderTree, Tree, WorkTree, open_tree
from assessor.errors import ParseError, UsageError
from tests.collectors.repositories import commit, git, repository
from tests.organizations import write

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")


def opened(folder: Path, ref: str = "") -> Tree:
    return open_tree(Target("r", ".", folder, ref))


def listing(found: Tree) -> dict[str, str]:
    """Return path → kind, with a star for untracked."""
    return {entry.path: entry.kind + ("" if entry.tracked else "*") for entry in found.entries()}


def content(found: Tree, path: str) -> bytes:
    return found.read(next(entry for entry in found.entries() if entry.path == path))


def test_a_work_tree_lists_what_git_tracks_and_what_it_does_not_ignore(tmp_path: Path) -> None:
    root = repository(tmp_path, {"a.tf": "", ".gitignore": "*.log\nbuild/\n!keep.log\n", "in/b.tf": "", "old.log": ""})
    git(root, "add", "-f", "old.log")
    git(root, "commit", "-qm", "A tracked file stays, whatever the rules say")
    write(
        root,
        {
            "new.tf": "",
            "x.log": "",
            "keep.log": "",
            "build/c.tf": "",
            "deep/er/d.tf": "",
            "deep/.gitignore": "er/*.txt",
            "deep/er/e.txt": "",
        },
    )
    assert listing(opened(root)) == {
        "a.tf": "file", ".gitignore": "file", "in/b.tf": "file", "old.log": "file",
        "new.tf": "file*", "keep.log": "file*", "deep/er/d.tf": "file*", "deep/.gitignore": "file*",
    }  # fmt: skip


def test_a_work_tree_is_read_as_it_is_on_disk(tmp_path: Path) -> None:
    root = repository(tmp_path, {"a.tf": "old", "gone.tf": ""})
    write(root, {"a.tf": "new"})
    (root / "gone.tf").unlink()
    found = opened(root)
    assert content(found, "a.tf") == b"new"
    assert "gone.tf" not in listing(found)
    assert found.problems == ["a tracked file is not on disk (sparse or incomplete checkout, or deleted)"]
    assert (found.branch, len(found.commit)) == ("main", 40)


def test_a_repository_without_commits_has_files_and_no_commit(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "-b", "main")
    write(tmp_path, {"a.tf": ""})
    found = opened(tmp_path)
    assert (listing(found), found.commit, found.branch) == ({"a.tf": "file*"}, "", "")


def test_a_detached_head_has_a_commit_and_no_branch(tmp_path: Path) -> None:
    root = repository(tmp_path, {"a.tf": ""})
    git(root, "checkout", "-q", "--detach")
    found = opened(root)
    assert (found.branch, len(found.commit)) == ("", 40)


def test_a_sparse_checkout_says_how_many_files_are_not_on_disk(tmp_path: Path) -> None:
    root = repository(tmp_path, {"a/x.tf": "", "b/y.tf": "", "b/z.tf": ""})
    git(root, "sparse-checkout", "set", "--cone", "a")
    found = opened(root)
    assert listing(found) == {"a/x.tf": "file"}
    assert found.problems == ["2 tracked files are not on disk (sparse or incomplete checkout, or deleted)"]


def test_a_sparse_index_is_understood(tmp_path: Path) -> None:
    root = repository(tmp_path, {"a/x.tf": "", "b/y.tf": "", "b/z.tf": ""})
    git(root, "sparse-checkout", "set", "--cone", "--sparse-index", "a")
    found = opened(root)
    assert listing(found) == {"a/x.tf": "file"}
    assert "not on disk" in found.problems[0]


@pytest.mark.parametrize("version", ["2", "3", "4"])
def test_every_version_of_the_index_is_understood(tmp_path: Path, version: str) -> None:
    root = repository(tmp_path, {"a.tf": "", "folder/b.tf": "", "folder/long name.tf": "", "z": ""})
    git(root, "update-index", "--index-version", version)
    assert listing(opened(root)) == {"a.tf": "file", "folder/b.tf": "file", "folder/long name.tf": "file", "z": "file"}


def test_a_file_added_without_its_content_is_tracked(tmp_path: Path) -> None:
    root = repository(tmp_path, {"a.tf": ""})
    write(root, {"b.tf": "b"})
    git(root, "add", "-N", "b.tf")
    entries = {entry.path: entry for entry in opened(root).entries()}
    assert (entries["b.tf"].tracked, entries["b.tf"].oid) == (True, "")


def test_a_split_index_falls_back_on_the_newest_commit(tmp_path: Path) -> None:
    root = repository(tmp_path, {"a.tf": "", "b.tf": "", ".gitignore": "*.log"})
    git(root, "update-index", "--split-index")
    write(root, {"c.tf": "", "c.log": ""})
    found = opened(root)
    assert listing(found) == {"a.tf": "file", "b.tf": "file", ".gitignore": "file", "c.tf": "file*"}
    assert found.problems == ["the index is split; the newest commit says which files are tracked"]


@pytest.mark.parametrize(
    "damage", [b"", b"DIRC", b"DIRC\0\0\0\2\xff\xff\xff\xff", b"DIRC\0\0\0\4\0\0\0\1" + b"\xff" * 70, b"x" * 5000]
)
def test_a_damaged_index_falls_back_on_the_newest_commit(tmp_path: Path, damage: bytes) -> None:
    root = repository(tmp_path, {"a.tf": ""})
    (root / ".git/index").write_bytes(damage)
    found = opened(root)
    assert listing(found) == {"a.tf": "file"}
    assert found.problems == ["the index is damaged; the newest commit says which files are tracked"]


def test_an_unchanged_file_is_known_by_its_id_without_reading(tmp_path: Path) -> None:
    root = repository(tmp_path, {"a.tf": "a", "b.tf": "b"})
    os.utime(root / ".git/index", (2**31, 2**31))  # the index is newer than every file
    assert {e.path: e.oid for e in opened(root).entries()} == {p: git(root, "rev-parse", f"HEAD:{p}") for p in ("a.tf", "b.tf")}
    write(root, {"a.tf": "A"})
    assert {e.path: bool(e.oid) for e in opened(root).entries()} == {"a.tf": False, "b.tf": True}


def test_a_file_as_new_as_the_index_is_not_trusted(tmp_path: Path) -> None:
    root = repository(tmp_path, {"a.tf": "a"})
    info = (root / "a.tf").stat()
    os.utime(root / ".git/index", ns=(info.st_mtime_ns, info.st_mtime_ns))
    assert [entry.oid for entry in opened(root).entries()] == [""]


def test_a_shallow_clone_is_read(tmp_path: Path) -> None:
    origin = repository(tmp_path / "origin", {"a.tf": "1"})
    commit(origin, {"a.tf": "2"})
    git(tmp_path, "clone", "-q", "--depth", "1", f"file://{origin}", "clone")
    found = opened(tmp_path / "clone")
    assert (listing(found), found.problems, found.remote) == ({"a.tf": "file"}, [], f"file://{origin}")


def test_a_partial_clone_says_which_files_have_no_content_and_fetches_nothing(tmp_path: Path) -> None:
    origin = repository(tmp_path / "origin", {"a.tf": "1", "in/b.tf": "2"})
    git(origin, "config", "uploadpack.allowFilter", "true")
    git(tmp_path, "clone", "-q", "--bare", "--filter=blob:none", f"file://{origin}", "blobless")
    git(tmp_path, "clone", "-q", "--bare", "--filter=tree:0", f"file://{origin}", "treeless")
    found = opened(tmp_path / "blobless")
    assert listing(found) == {"a.tf": "file", "in/b.tf": "file"}
    with pytest.raises(ParseError, match="not in the object store"):
        content(found, "in/b.tf")
    assert listing(bare := opened(tmp_path / "treeless")) == {}
    assert bare.problems == ["the files of the commit are not in the object store"]


def test_a_bare_repository_is_read_from_its_objects(tmp_path: Path) -> None:
    origin = repository(tmp_path / "origin", {"a.tf": "1", "in/b.tf": "2"})
    git(tmp_path, "clone", "-q", "--bare", str(origin), "bare.git")
    found = opened(tmp_path / "bare.git")
    assert isinstance(found, CommitTree)
    assert (content(found, "in/b.tf"), found.branch) == (b"2", "main")


@pytest.mark.parametrize("ref", ["old", "v1", "annotated", "HEAD~1", "sha"])
def test_a_ref_is_read_without_a_checkout(tmp_path: Path, ref: str) -> None:
    root = repository(tmp_path, {"a.tf": "old"})
    for command in (("branch", "old"), ("tag", "v1"), ("tag", "-a", "-m", "x", "annotated")):
        git(root, *command)
    old = git(root, "rev-parse", "HEAD")
    commit(root, {"a.tf": "new"})
    write(root, {"a.tf": "not committed"})
    found = opened(root, old if ref == "sha" else ref)
    assert (content(found, "a.tf"), found.commit, found.branch) == (b"old", old, "old" if ref == "old" else "")


def test_a_branch_that_only_the_origin_has_is_found(tmp_path: Path) -> None:
    origin = repository(tmp_path / "origin", {"a.tf": "main"})
    git(origin, "checkout", "-qb", "feature/x")
    commit(origin, {"a.tf": "feature"})
    git(origin, "checkout", "-q", "main")
    git(tmp_path, "clone", "-q", str(origin), "clone")
    found = opened(tmp_path / "clone", "feature/x")
    assert (content(found, "a.tf"), found.branch) == (b"feature", "feature/x")


@pytest.mark.parametrize("ref", ["nowhere", "", "main:a.tf", "@{-9}", "..", "\0", "a b", "x" * 5000])
def test_a_ref_that_does_not_exist_is_a_mistake_of_the_user(tmp_path: Path, ref: str) -> None:
    root = repository(tmp_path / "r", {"a.tf": ""})
    if not ref:
        root = write(tmp_path / "plain", {"a.tf": ""})
    with pytest.raises(UsageError, match="not a git repository" if not ref else "no commit"):
        opened(root, ref or "main")


def test_submodules_are_named_and_not_entered(tmp_path: Path) -> None:
    inner = repository(tmp_path / "inner", {"x.tf": ""})
    outer = repository(tmp_path / "outer", {"a.tf": ""})
    git(outer, "-c", "protocol.file.allow=always", "submodule", "-q", "add", str(inner), "modules/inner")
    git(outer, "commit", "-qm", "Add a submodule")
    found = opened(outer)
    assert listing(found) == {"a.tf": "file", ".gitmodules": "file", "modules/inner": "submodule"}
    assert found.problems == []
    assert listing(opened(outer, "HEAD"))["modules/inner"] == "submodule"
    assert listing(opened(outer / "modules/inner")) == {"x.tf": "file"}


def test_a_linked_work_tree_is_read(tmp_path: Path) -> None:
    main = repository(tmp_path / "main", {"a.tf": "main"})
    git(main, "worktree", "add", "-q", "-b", "side", str(tmp_path / "side"))
    commit(tmp_path / "side", {"b.tf": "side"})
    found = opened(tmp_path / "side")
    assert (listing(found), found.branch, found.problems) == ({"a.tf": "file", "b.tf": "file"}, "side", [])
    assert isinstance(found, WorkTree)


def test_a_repository_inside_is_named_and_not_entered(tmp_path: Path) -> None:
    root = repository(tmp_path / "outer", {"a.tf": ""})
    repository(root / "clones/inner", {"x.tf": ""})
    found = opened(root)
    assert listing(found) == {"a.tf": "file"}
    assert found.problems == ["clones/inner: a repository of its own; name it to scan it"]


def test_a_repository_kept_as_a_fixture_is_content(tmp_path: Path) -> None:
    files = {
        "testdata/x.git/HEAD": "ref: refs/heads/main",
        "testdata/x.git/objects/ab/cd": "",
        "testdata/x.git/refs/heads/main": "",
    }
    root = repository(tmp_path, files)
    assert set(listing(opened(root))) == set(files)


LINKS = {
    "inside.tf": "real/a.tf", "outside.tf": "/etc/passwd", "up.tf": "../secret.tf", "loop": ".", "circle": "circle",
    "real/up": "..", "dangling.tf": "nothing",
}  # fmt: skip


def linked(root: Path) -> dict[str, str]:
    write(root.parent, {"secret.tf": "secret"})
    write(root, {"real/a.tf": "a"})
    for name, target in LINKS.items():
        (root / name).symlink_to(target)
    return {
        "real/a.tf": "file", "inside.tf": "link", "outside.tf": "outward", "up.tf": "outward", "loop": "link",
        "circle": "link", "real/up": "link", "dangling.tf": "link",
    }  # fmt: skip


def test_links_are_told_apart_and_never_followed(tmp_path: Path) -> None:
    root = tmp_path / "r"
    expected = linked(root)
    assert listing(opened(root)) == expected
    repository(root, {})
    assert listing(opened(root)) == expected
    assert listing(opened(root, "main")) == expected


@pytest.mark.parametrize("path", ["inside.tf", "outside.tf", "up.tf", "loop/real/a.tf", "circle", "dangling.tf"])
def test_nothing_is_read_through_a_link(tmp_path: Path, path: str) -> None:
    linked(tmp_path / "r")
    with pytest.raises(ParseError, match=r"link|not a regular file"):
        disk.Below(tmp_path / "r").read(path)


def test_a_tracked_folder_exchanged_for_a_link_is_not_followed(tmp_path: Path) -> None:
    write(tmp_path / "outside", {"a.tf": "secret"})
    root = repository(tmp_path / "r", {"in/a.tf": "a"})
    entry = next(entry for entry in opened(root).entries() if entry.path == "in/a.tf")
    (root / "in/a.tf").unlink()
    (root / "in").rmdir()
    (root / "in").symlink_to(tmp_path / "outside")
    with pytest.raises(ParseError, match="reached through a link"):
        opened(root).read(entry)
    assert "in/a.tf" not in listing(opened(root))


def test_pipes_sockets_and_devices_are_not_opened(tmp_path: Path) -> None:
    root = repository(tmp_path / "r", {"a.tf": ""})
    os.mkfifo(root / "pipe.tf")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(os.path.relpath(root / "socket.tf"))
        names = ["pipe.tf", "socket.tf"]
        if os.geteuid() == 0:
            os.mknod(root / "device.tf", 0o20666, os.makedev(1, 5))  # /dev/zero
            names.append("device.tf")
        for name in names:
            with pytest.raises(ParseError, match="not a regular file"):
                content(opened(root), name)


def test_names_that_are_not_text_are_shown_escaped_and_still_read(tmp_path: Path) -> None:
    names = {
        b"b\xff.tf": r"b\xff.tf",
        b"new\nline.tf": r"new\nline.tf",
        b"\x1b[31mred.tf": r"\x1b[31mred.tf",
        "\u202egnp.tf".encode(): r"\u202egnp.tf",
    }
    kept = ["<script>alert(1)<\\script>.tf", "quote\"'.tf", "größe.tf", "数据.tf", " .tf", "-rf.tf"]
    for name in (*names, *(n.encode() for n in kept)):
        Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name)).write_bytes(name)
    expected = {**{shown: name for name, shown in names.items()}, **{name: name.encode() for name in kept}}
    plain = opened(tmp_path)
    assert {entry.path: plain.read(entry) for entry in plain.entries()} == expected
    repository(tmp_path, {})
    for ref in ("", "main"):
        found = opened(tmp_path, ref)
        assert {entry.path: found.read(entry) for entry in found.entries()} == expected
        assert all(entry.tracked for entry in found.entries())


@pytest.fixture
def shut() -> Iterator[Path]:
    """Return a folder as somebody who may not read all of it; root, who may, becomes nobody for a while."""
    with tempfile.TemporaryDirectory() as name:
        root = write(Path(name), {"shut/a.tf": "", "b.tf": "b"})
        root.chmod(0o755)
        (root / "shut").chmod(0)
        (root / "b.tf").chmod(0)
        user = os.geteuid()
        if user == 0:
            os.seteuid(65534)
        yield root
        os.seteuid(user)
        (root / "shut").chmod(0o700)


def test_what_may_not_be_read_is_a_problem(shut: Path) -> None:
    found = opened(shut)
    assert listing(found) == {"b.tf": "file"}
    assert found.problems == ["shut: cannot be listed: Permission denied"]
    with pytest.raises(ParseError, match="cannot be read: Permission denied"):
        content(found, "b.tf")


def test_a_file_that_vanishes_is_a_problem_of_that_file(tmp_path: Path) -> None:
    found = opened(write(tmp_path, {"a.tf": "", "in/b.tf": ""}))
    entries = list(found.entries())
    (tmp_path / "a.tf").unlink()
    (tmp_path / "in/b.tf").unlink()
    (tmp_path / "in").rmdir()
    for entry in entries:
        with pytest.raises(ParseError, match="vanished"):
            found.read(entry)


def test_a_large_file_is_refused_before_it_is_read(tmp_path: Path) -> None:
    with (tmp_path / "big.yaml").open("wb") as file:
        file.truncate(100 * 2**30)  # a hole of 100 GiB
    (tmp_path / "fits.yaml").write_bytes(b"x" * disk.MAX_BYTES)
    found = opened(tmp_path)
    with pytest.raises(ParseError, match="larger than 4 MiB"):
        content(found, "big.yaml")
    assert len(content(found, "fits.yaml")) == disk.MAX_BYTES


def test_a_large_blob_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    root = repository(tmp_path, {"big.yaml": b"x" * (disk.MAX_BYTES + 1)})
    with pytest.raises(ParseError, match="larger than 4 MiB"):
        content(opened(root, "main"), "big.yaml")


def test_the_number_of_files_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk, "MAX_FILES", 5)
    monkeypatch.setattr(tree, "MAX_FILES", 5)
    root = repository(tmp_path, {f"{n}.tf": "" for n in range(9)})
    for ref in ("", "main"):
        found = opened(root, ref)
        assert len(listing(found)) <= 5
        assert "more than 5 files; the rest was not read" in found.problems


def test_trees_that_hold_each_other_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tree, "MAX_FILES", 1000)
    git(tmp_path, "init", "-q", "-b", "main")
    write(tmp_path, {"blob": "boom"})
    inner = "\n".join(f"100644 blob {git(tmp_path, 'hash-object', '-w', 'blob')}\tf{n}" for n in range(10))
    for _ in range(12):  # ten to the power of twelve files
        made = git(tmp_path, "mktree", stdin=inner + "\n")
        inner = "\n".join(f"040000 tree {made}\td{n}" for n in range(10))
    git(tmp_path, "update-ref", "refs/heads/main", git(tmp_path, "commit-tree", made, "-m", "boom"))
    found = opened(tmp_path, "main")
    assert len(listing(found)) <= 1000
    assert "more than 1000 files; the rest was not read" in found.problems


def test_the_depth_of_folders_is_bounded(tmp_path: Path) -> None:
    deep = "/".join("d" * 80)
    root = repository(tmp_path, {f"{deep}/a.tf": "", "b.tf": ""})
    for ref in ("", "main"):
        found = opened(root, ref)
        assert listing(found) == {"b.tf": "file"}
        assert any("more than 60 folders deep" in problem for problem in found.problems)


def test_a_plain_folder_has_files_and_no_history(tmp_path: Path) -> None:
    found = opened(write(tmp_path, {"a.tf": "a", "in/b.tf": ""}))
    assert isinstance(found, FolderTree)
    assert (listing(found), found.commit, found.branch, found.remote) == ({"a.tf": "file", "in/b.tf": "file"}, "", "", "")


@as_root
def test_a_repository_of_another_user_is_read(tmp_path: Path) -> None:
    root = repository(tmp_path / "r", {"a.tf": ""})
    for folder, _, files in os.walk(root):
        for name in (folder, *(f"{folder}/{file}" for file in files)):
            os.chown(name, 12345, 12345)
    found = opened(root)
    assert (listing(found), found.problems) == ({"a.tf": "file"}, [])
    assert isinstance(found, WorkTree)


@pytest.mark.parametrize("url", ["https://ada:token@host.example/o/r.git", "https://token@host.example/o/r.git?private_token=x"])
def test_the_address_of_the_remote_holds_no_credentials(tmp_path: Path, url: str) -> None:
    root = repository(tmp_path, {"a.tf": ""})
    git(root, "remote", "add", "origin", url)
    assert opened(root).remote == "https://host.example/o/r.git"


def test_the_only_remote_stands_in_for_the_origin(tmp_path: Path) -> None:
    root = repository(tmp_path, {"a.tf": ""})
    git(root, "remote", "add", "upstream", "git@host.example:o/r.git")
    assert opened(root).remote == "git@host.example:o/r.git"
