"""What the checks of images say that a case on disk cannot show: where the repository comes from."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from assessor.model import Status
from tests.organizations import findings, scan, write

WORKFLOW = """
on: push
jobs:
  lint:
    runs-on: ubuntu-latest
    steps:
      - uses: acme/shared/.github/actions/lint@main
"""


@pytest.mark.parametrize(
    ("remote", "status"),
    [
        ("https://github.com/Acme/shop.git", Status.PARTIAL),
        ("git@github.com:acme/shop", Status.PARTIAL),
        ("https://github.com/other/shop", Status.FAIL),
        ("", Status.FAIL),
    ],
)
def test_actions_of_the_repositorys_owner_are_not_those_of_others(tmp_path: Path, remote: str, status: Status) -> None:
    organization = scan(write(tmp_path / "shop", {".github/workflows/a.yml": WORKFLOW}))
    repositories = tuple(msgspec.structs.replace(repository, remote=remote) for repository in organization.repositories)
    found = findings(msgspec.structs.replace(organization, repositories=repositories), "ctr.actions-pinned")
    assert [finding.status for finding in found] == [status]
