"""Which repositories the paths on the command line stand for."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from assessor.collectors.discovery import discover, survey
from assessor.errors import NothingToAssess, UsageError
from tests.collectors.repositories import git, repository
from tests.organizations import write


def found(*paths: Path, exclude: tuple[str, ...] = (), folders: bool = False) -> dict[str, str]:
    """Return name → path of what is found."""
    return {target.name: target.path for target in discover(list(paths), "", exclude, folders_are_repositories=folders)}


def gaps(*paths: Path) -> dict[str, str]:
    return {gap.subject: gap.reason for gap in survey(paths).gaps}


def bare(folder: Path) -> Path:
    folder.mkdir(parents=True)
    git(folder, "init", "-q", "--bare")
    return folder


def test_a_work_tree_a_bare_repository_and_a_plain_folder_are_one_repository_each(tmp_path: Path) -> None:
    work, plain = repository(tmp_path / "work", {"a": ""}), write(tmp_path / "plain", {"a": "", "in/b": "", "out/c": ""})
    assert found(work) == {"work": "."}
    assert found(bare(tmp_path / "bare.git")) == {"bare": "."}
    assert found(plain) == {"plain": "."}


def test_a_linked_work_tree_and_a_submodule_are_repositories(tmp_path: Path) -> None:
    main = repository(tmp_path / "main", {"a": ""})
    git(main, "worktree", "add", "-q", "-b", "side", str(tmp_path / "side"))
    git(main, "-c", "protocol.file.allow=always", "submodule", "-q", "add", str(tmp_path / "side"), "sub")
    assert found(tmp_path) == {"main": "main", "side": "side"}
    assert found(main / "sub") == {"sub": "."}


def test_a_folder_of_repositories_is_an_organization_groups_included(tmp_path: Path) -> None:
    repository(tmp_path / "one", {"a": ""})
    repository(tmp_path / "team/two", {"a": "", "inner/b": ""})
    repository(tmp_path / "team/group/three", {"a": ""})
    repository(tmp_path / "team/group/deep/four", {"a": ""})
    bare(tmp_path / "team/five.git")
    repository(tmp_path / "node_modules/other", {"a": ""})
    repository(tmp_path / ".cache/hidden", {"a": ""})
    assert found(tmp_path) == {"one": "one", "two": "team/two", "three": "team/group/three", "five": "team/five.git"}


def test_what_lies_beside_repositories_is_noted(tmp_path: Path) -> None:
    repository(tmp_path / "one", {"a": ""})
    write(tmp_path, {"plain/a.tf": "", "loose.tf": "", "README.md": "", ".hidden": ""})
    (tmp_path / "link").symlink_to(tmp_path / "one")
    assert found(tmp_path) == {"one": "one"}
    assert gaps(tmp_path) == {
        "plain": "not a git repository, among repositories; name it to scan it",
        "link": "a link to a repository; links are not followed",
        tmp_path.name: "3 loose files beside the repositories were not read",
    }


def test_a_folder_of_plain_folders_is_one_unless_they_are_said_to_be_repositories(tmp_path: Path) -> None:
    write(tmp_path, {"one/a": "", "two/a": "", "settings.yaml": ""})
    repository(tmp_path / "team/three", {"a": ""})
    assert found(tmp_path / "one") == {"one": "."}
    assert found(tmp_path, folders=True) == {"one": "one", "two": "two", "three": "team/three"}
    assert found(tmp_path / "one", folders=False) == {"one": "."}


def test_the_sample_organization_is_a_folder_of_plain_folders() -> None:
    acme = Path(__file__).parents[2] / "examples/acme"
    assert found(acme) == {"acme": "."}
    assert {"storefront", "gitops-config"} <= set(found(acme, folders=True))


def test_one_name_in_two_places_is_told_apart_by_parents(tmp_path: Path) -> None:
    for path in ("a/x/app", "a/y/app", "b/y/app", "b/lib"):
        repository(tmp_path / path, {"a": ""})
    assert found(tmp_path) == {"x/app": "a/x/app", "a/y/app": "a/y/app", "b/y/app": "b/y/app", "lib": "b/lib"}


def test_a_checkout_beside_a_mirror_of_its_name_is_told_apart_by_the_ending(tmp_path: Path) -> None:
    repository(tmp_path / "o/shop", {"a": ""})
    git(tmp_path, "clone", "-q", "--bare", str(tmp_path / "o/shop"), str(tmp_path / "o/shop.git"))
    assert [target.name for target in discover([tmp_path / "o"])] == ["shop", "shop.git"]


def test_the_order_of_the_paths_does_not_matter_and_doubles_count_once(tmp_path: Path) -> None:
    one, two = repository(tmp_path / "o/one", {"a": ""}), repository(tmp_path / "o/two", {"a": ""})
    (tmp_path / "link").symlink_to(one)
    expected = discover([one, two, tmp_path / "o"])
    assert [(target.name, target.path) for target in expected] == [("one", "one"), ("two", "two")]
    assert discover([tmp_path / "o", two, one, two, tmp_path / "link", one / "../one"]) == expected


def test_a_name_that_is_not_text_is_shown_escaped(tmp_path: Path) -> None:
    for name in (b"a\xff", b"a\xfe", b"\x1b[2J"):
        repository(Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name)), {"a": ""})
    assert set(found(tmp_path)) == {r"a\xff", r"a\xfe", r"\x1b[2J"}


def test_an_excluded_folder_is_no_repository(tmp_path: Path) -> None:
    for name in ("keep", "old/one", "old/two", "archive-1"):
        repository(tmp_path / name, {"a": ""})
    assert found(tmp_path, exclude=("old/**", "archive-*")) == {"keep": "keep"}
    with pytest.raises(NothingToAssess, match="excluded"):
        found(tmp_path, exclude=("*",))


def test_mistakes_are_told_with_a_remedy(tmp_path: Path) -> None:
    write(tmp_path, {"file": ""})
    (tmp_path / "empty").mkdir()
    (tmp_path / "circle").symlink_to("circle")
    for path, message in {
        "nowhere": "no such folder", "file": "a file, not a folder", "file/below": "cannot be opened",
        "circle": "cannot be opened", "x" * 300: "cannot be opened", "nul\0": "cannot be opened",
    }.items():  # fmt: skip
        with pytest.raises(UsageError, match=message) as raised:
            discover([tmp_path / path])
        assert raised.value.hint
    with pytest.raises(NothingToAssess, match="an empty folder"):
        discover([tmp_path / "empty"])


def test_what_may_not_be_listed_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repository(tmp_path / "one", {"a": ""})
    write(tmp_path, {"shut/x/a": ""})
    scandir = os.scandir

    def refuse(path: Path) -> Iterator[os.DirEntry[str]]:
        if Path(path).name == "shut":
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    assert "cannot be listed: Permission denied" in {gap.reason for gap in survey([tmp_path]).gaps}
    with pytest.raises(UsageError, match="permission denied"):
        discover([tmp_path / "shut"])
