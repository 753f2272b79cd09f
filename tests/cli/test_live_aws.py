"""The sample organization joined with its AWS account, end to end: the installed program, real HTTP, no real cloud."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.standins import acme_aws, aws
from tests.standins.aws import Server, error

PROGRAM = str(Path(sys.executable).with_name("gitops-assess"))
ACME = Path(__file__).parents[2] / "examples" / "acme"
KEY, SECRET = "AKIACANARYCANARY0002", "canarySecret/Key+9876543210abcdefghijklm"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with aws.serve() as running:
        running.reset()
        acme_aws.populate(running)
        yield running


@pytest.fixture
def environment(server: Server, tmp_path: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    given = {"AWS_ENDPOINT_URL": server.url, "AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET}
    return {**kept, **acme_aws.ENVIRONMENT, **given, "XDG_CACHE_HOME": str(tmp_path / "cache"), "SOURCE_DATE_EPOCH": "1795500000"}


def run(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([PROGRAM, "scan", str(ACME), *arguments], env=environment, capture_output=True, text=True, timeout=120)


def test_one_command_joins_files_and_account_and_a_snapshot_says_the_same_again(
    server: Server, environment: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "read.yaml").write_text("organization: acme\nlive:\n  aws:\n    read_state: true\n")
    settings = ("--config", str(tmp_path / "read.yaml"))
    out, kept = tmp_path / "live.json", tmp_path / "evidence.json"
    done = run(environment, "--aws", "--aws-region", "eu-west-1", *settings, "--save-evidence", str(kept), "-o", str(out))
    assert done.returncode == 0, done.stderr
    assessment = json.loads(out.read_text())
    assert assessment["asked"] == ["aws"]
    assert not [gap for gap in assessment["gaps"] if gap["source"] == "aws"]
    found = {(c["name"], c["subject"]) for c in assessment["contradictions"]}
    assert found == {
        ("declared-not-running", "platform-infrastructure/live/dev/cluster"),
        ("drifted", "acme-prod"),
        ("drifted", "office-vpn"),
        ("running-not-declared", "loyalty-spike"),
        ("running-not-declared", "sandbox"),
        ("unprotected", "acme-example-terraform-state"),
        ("unsupported", "sandbox"),
    }
    assert basis(assessment, "iac.state-store-hardened") == "both"
    assert basis(assessment, "iac.coverage") == "live"
    coverage = finding(assessment, "iac.coverage")
    assert "refunds-by-hand" in json.dumps(coverage)
    assert assessment["organization"]["iac_coverage"] == coverage["measured"]
    secrets = (KEY, SECRET, "only moto sees this")
    cached = "".join(file.read_text("utf-8", "replace") for file in (tmp_path / "cache").rglob("*") if file.is_file())
    for text in (done.stdout, done.stderr, out.read_text(), kept.read_text(), cached):
        assert not any(secret in text for secret in secrets)

    server.requests.clear()
    again = tmp_path / "again.json"
    assert run(environment, *settings, "--evidence", str(kept), "-o", str(again)).returncode == 0
    assert again.read_bytes() == out.read_bytes()
    assert not server.requests


def test_a_source_that_fails_lowers_coverage_and_no_score(server: Server, environment: dict[str, str], tmp_path: Path) -> None:
    rules = list(server.rules)
    server.rules.insert(0, (re.compile(""), "sts", "", [error("sts", "ExpiredToken")]))
    try:
        done = run(environment, "--aws", "-o", str(tmp_path / "live.json"))
    finally:
        server.rules[:] = rules
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    run(environment, "-o", str(tmp_path / "files.json"))
    live, files = (json.loads((tmp_path / f"{name}.json").read_text()) for name in ("live", "files"))
    assert [gap["reason"] for gap in live["gaps"] if gap["source"] == "aws"] == ["the credentials have expired: sign in again"]
    assert live["organization"]["score"] == files["organization"]["score"]
    assert finding(live, "iac.coverage")["status"] == "not_observed"
    assert "have expired" in finding(live, "iac.coverage")["summary"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--aws-profile", "nobody"), "no AWS profile 'nobody'"),
        (("--aws-region", "frankfurt"), "no AWS region 'frankfurt'"),
        (("--aws", "--aws-region", "eu-cntral-1"), "AWS knows no region 'eu-cntral-1'"),
    ],
)
def test_what_is_named_wrongly_is_one_line_and_the_exit_code_of_usage(
    environment: dict[str, str], arguments: tuple[str, ...], says: str
) -> None:
    done = run(environment, *arguments)
    assert done.returncode == 2
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_permissions_are_printed_without_asking_anybody(environment: dict[str, str]) -> None:
    done = subprocess.run([PROGRAM, "permissions", "aws"], env=environment, capture_output=True, text=True, timeout=60)
    assert json.loads(done.stdout)["Statement"][0]["Sid"] == "ReadSettings"


def finding(assessment: dict[str, Any], check: str) -> dict[str, Any]:
    found: list[dict[str, Any]] = [f for f in assessment["findings"] if f["check"] == check]
    return found[0]


def basis(assessment: dict[str, Any], check: str) -> str:
    return str(finding(assessment, check)["basis"])
