"""Snapshots of live evidence: the same evidence again, no secrets, clear errors."""

from __future__ import annotations

from pathlib import Path

import pytest

from assessor.errors import UsageError
from assessor.facts.aws import AwsAccount
from assessor.facts.base import Gap, Place
from assessor.facts.cluster import Cluster
from assessor.snapshot import Snapshot, dump, load

ACCOUNT = AwsAccount(
    at=Place("", "arn:aws:iam::123456789012:root", source="aws"), account="123456789012", regions=("eu-central-1",)
)
CLUSTER = Cluster(at=Place("", "prod", source="kubernetes"), context="prod", version="v1.35.2")
GAP = Gap("kubernetes", "prod", "may not list secrets: grant list on secrets", kinds=("workload",))


def test_what_was_seen_is_read_back(tmp_path: Path) -> None:
    snapshot = Snapshot(taken="2026-11-23", asked=("aws", "kubernetes"), facts=(ACCOUNT, CLUSTER), gaps=(GAP,))
    file = tmp_path / "evidence.json"
    file.write_text(dump(snapshot))
    assert load(file) == snapshot


def test_the_order_in_which_systems_answered_does_not_show() -> None:
    one = Snapshot(taken="2026-11-23", facts=(ACCOUNT, CLUSTER))
    other = Snapshot(taken="2026-11-23", facts=(CLUSTER, ACCOUNT))
    assert dump(one) == dump(other)


def test_secrets_are_taken_out() -> None:
    told = Cluster(at=Place("", "prod", source="kubernetes"), context="https://admin:hunter2hunter2@prod.example")
    assert "hunter2" not in dump(Snapshot(taken="2026-11-23", facts=(told,)))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "not a snapshot"),
        ("{}", "missing required field `schema_version`"),
        ('{"schema_version": "9", "taken": "2026-11-23"}', "has version 9"),
        ('{"schema_version": "1", "taken": "2026-11-23", "facts": [{"fact": "Repository"}]}', "not a snapshot"),
        ("[" * 100_000, "not a snapshot"),
    ],
)
def test_what_is_no_snapshot_is_said(tmp_path: Path, text: str, says: str) -> None:
    file = tmp_path / "evidence.json"
    file.write_text(text)
    with pytest.raises(UsageError, match=says):
        load(file)


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        load(tmp_path / "none.json")
