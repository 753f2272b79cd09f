"""The repositories of forges as targets."""

from __future__ import annotations

from pathlib import Path

import pytest

from assessor.collectors.forges import cloned
from assessor.collectors.forges.cloned import survey_forges
from assessor.errors import NothingToAssess
from assessor.facts.base import Gap, Place
from assessor.facts.forge import ForgeRepository
from assessor.observing import Access, Collector, Listing
from tests.collectors.repositories import repository


def listed(address: str, name: str, branch: str = "main") -> ForgeRepository:
    at = Place("", address, source="github")
    return ForgeRepository(at=at, repository=f"github.com/{name}", name=name, address=address, default_branch=branch)


def forge(monkeypatch: pytest.MonkeyPatch, *repositories: ForgeRepository, access: Access, gaps: tuple[Gap, ...] = ()) -> None:
    listing = Listing(repositories, gaps, access)
    made = Collector("github", "GitHub", lambda *_: (), lambda _: "", repositories=lambda *_: listing)
    monkeypatch.setattr(cloned, "collector", lambda _name: made)


def test_repositories_get_the_shortest_names_that_are_unique(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = ("acme/shop", "acme/site", "beta/shop")
    served = [repository(tmp_path / f"{name}.git", {"a": name}) for name in names]
    forge(
        monkeypatch,
        *(listed(folder.as_uri(), name) for folder, name in zip(served, names, strict=True)),
        listed("file:///nowhere", "acme/empty", branch=""),
        listed("file:///nowhere", "acme/gone"),
        access=Access(protocols=("file",)),
    )
    found = survey_forges({"github": None}, tmp_path / "clones")
    assert [target.name for target in found.targets] == ["acme/shop", "beta/shop", "site"]
    assert all(target.location.is_dir() for target in found.targets)
    assert [(gap.subject, gap.reason[:9]) for gap in found.gaps] == [("acme/empty", "it is emp"), ("acme/gone", "cannot be")]


def test_what_workers_elsewhere_can_reach_is_left_to_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    forge(monkeypatch, listed("https://github.com/acme/shop.git", "acme/shop"), access=Access("github.com"))
    found = survey_forges({"github": None}, tmp_path / "clones", elsewhere=True)
    [target] = found.targets
    assert (target.name, target.remote, target.branch) == ("shop", "https://github.com/acme/shop.git", "main")
    assert not target.location.exists()
    assert not (tmp_path / "clones").exists()


def test_a_forge_without_repositories_is_said_with_the_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    forge(monkeypatch, access=Access("github.com"), gaps=(Gap("github", "acme", "401 Bad credentials"),))
    with pytest.raises(NothingToAssess, match="acme: 401 Bad credentials"):
        survey_forges({"github": None}, tmp_path / "clones")
