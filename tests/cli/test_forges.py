"""`scan --github ORG`, whole: repositories listed, cloned over HTTP, scanned, asked about; the token is nowhere afterwards."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.test_commands import PROGRAM, run
from tests.collectors.forge_server import TOKEN, Forge, Reply, github_repository, gitlab_project, serving
from tests.collectors.repositories import commit, git, repository
from tests.organizations import write

SETTINGS = "branches: [{name: main, protection: {required_pull_request_reviews: {required_approving_review_count: 1}, required_status_checks: {contexts: [ci]}}}]\n"
DRIFT = """\
on: {schedule: [{cron: "1 4 * * *"}]}
jobs:
  drift:
    runs-on: ubuntu-latest
    steps:
      - run: terraform plan -detailed-exitcode
"""


@pytest.fixture
def forge(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Forge]:
    """Serve two repositories: `shop` declares protection and drift detection that are not in force, `gone` is not there."""
    monkeypatch.setenv("GITHUB_TOKEN", TOKEN)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    served = tmp_path / "served"
    files = {".github/settings.yml": SETTINGS, ".github/workflows/drift.yml": DRIFT, "main.tf": 'resource "aws_vpc" "v" {}\n'}
    shop = repository(served / "acme" / "shop.git", files, "Begin the shop")
    for number in range(9):
        commit(shop, {"main.tf": f'resource "aws_vpc" "v{number}" {{}}\n'}, f"Add the network number {number} (#{number})")
    git(shop, "config", "uploadpack.allowFilter", "true")
    with serving(Forge("/api/v3", token=TOKEN, git=served)) as forge:
        forge.answers |= {
            "/orgs/acme": {"public_repos": 2, "total_private_repos": 0},
            "/orgs/acme/repos": [github_repository(forge, "acme", "shop"), github_repository(forge, "acme", "gone")],
            "/repos/acme/shop/rules/branches/main": [],
            "/repos/acme/shop/branches/main": {"protected": False},
            "/repos/acme/shop/actions/workflows": {
                "workflows": [{"path": ".github/workflows/drift.yml", "state": "disabled_inactivity"}]
            },
            "/repos/acme/shop/actions/runs": {"workflow_runs": []},
        }
        forge.query = lambda body: {"data": {"repository": {"ref": None, "pullRequests": {"nodes": []}}}}
        yield forge


def scan(*arguments: object) -> tuple[int, str, dict[str, Any]]:
    """Run a scan; return its exit code, what it printed, and the assessment."""
    done = run("scan", "--format", "json", "--quiet", *map(str, arguments))
    return done.returncode, done.stdout + done.stderr, json.loads(done.stdout) if done.stdout.startswith("{") else {}


def finding(found: dict[str, Any], check: str) -> dict[str, Any]:
    [one] = [f for f in found["findings"] if f["check"] == check]
    return dict(one)


def test_an_organization_is_cloned_scanned_and_asked(forge: Forge, tmp_path: Path) -> None:
    evidence = tmp_path / "evidence.json"
    code, output, found = scan("--github", "acme", "--github-url", forge.url, "--save-evidence", evidence)
    assert code == 0, output
    assert found["organization"]["name"] == "acme"
    [shop] = found["repositories"]
    assert (shop["name"], shop["branch"]) == ("shop", "main")
    assert any(gap["subject"] == "acme/gone" and "cannot be cloned" in gap["reason"] for gap in found["gaps"])
    protection = finding(found, "gop.branch-protection")
    assert (protection["status"], protection["basis"]) == ("fail", "both")
    assert {c["name"]: c["subject"] for c in found["contradictions"]} == {
        "unprotected": "127.0.0.1/acme/shop main",
        "switched-off": "drift detection in shop",
    }
    kept = b"".join(file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()) + output.encode()
    assert TOKEN.encode() not in kept
    clones = tmp_path / "cache" / "gitops-assess" / "clones"
    forge.git = None
    code, output, again = scan("--evidence", evidence, clones)
    assert code == 0, output
    assert finding(again, "gop.branch-protection")["summary"] == protection["summary"]


def test_local_repositories_are_matched_by_their_remote_and_only_asked_about(forge: Forge, tmp_path: Path) -> None:
    local = repository(tmp_path / "here", {".github/settings.yml": SETTINGS})
    git(local, "remote", "add", "origin", f"git@{forge.url.removeprefix('http://').partition(':')[0]}:acme/shop.git")
    code, output, found = scan("--github", "acme", "--github-url", forge.url, local)
    assert code == 0, output
    assert finding(found, "gop.branch-protection")["basis"] == "both"
    assert not [asked for asked in forge.asked if ".git/" in asked.path]


def test_what_the_user_named_wrongly_ends_the_scan_with_a_line(forge: Forge, tmp_path: Path) -> None:
    code, output, _ = scan("--github", "nobody", "--github-url", forge.url)
    assert (code, "knows no organization or user 'nobody'" in output) == (2, True)
    code, output, _ = scan("--github", "acme", "--github-url", "ghe.example.com")
    assert (code, "is not the address of a server" in output) == (2, True)
    code, output, _ = scan("--github", "acme", "--github-url", forge.url, "--ref", "v1")
    assert (code, "only the default branch is cloned" in output) == (2, True)
    code, output, _ = scan("--github", "acme", "--github-url", forge.url, "--clones", write(tmp_path, {"f": ""}) / "f")
    assert (code, "clones cannot be kept here" in output) == (2, True)


def test_a_forge_that_refuses_leaves_the_rest_of_the_scan_intact(forge: Forge, tmp_path: Path) -> None:
    forge.fail(*[Reply(401, {"message": "Bad credentials"})] * 9)
    local = repository(tmp_path / "here", {"main.tf": 'resource "aws_vpc" "v" {}\n'})
    code, output, found = scan("--github", "acme", "--github-url", forge.url, local)
    assert code == 0, output
    assert finding(found, "iac.defined")["status"] == "pass"
    assert any("401 Bad credentials" in gap["reason"] for gap in found["gaps"])
    code, output, _ = scan("--github", "acme", "--github-url", forge.url)
    assert (code, "401 Bad credentials" in output) == (3, True)


def test_a_group_of_gitlab_is_cloned_and_scanned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITLAB_TOKEN", TOKEN)
    repository(tmp_path / "served" / "acme" / "web" / "shop.git", {"main.tf": 'resource "aws_vpc" "v" {}\n'})
    with serving(Forge("/api/v4", token=TOKEN, git=tmp_path / "served")) as forge:
        forge.answers |= {
            "/groups/acme": {},
            "/groups/acme/projects": [gitlab_project(forge, "acme/web/shop")],
            "/projects/acme/web/shop/repository/branches/main": {"protected": True},
            "/projects/acme/web/shop/approval_rules": [{"approvals_required": 1}],
        }
        code, output, found = scan("--gitlab", "acme", "--gitlab-url", forge.url, "--clones", tmp_path / "clones")
    assert code == 0, output
    protection = finding(found, "gop.branch-protection")
    assert (protection["status"], protection["basis"]) == ("pass", "live")
    assert (tmp_path / "clones" / forge.url[7:].replace(":", "_") / "acme" / "web" / "shop.git").is_dir()


def test_the_least_rights_are_printed() -> None:
    for source, right in (("github", "Administration: read"), ("gitlab", "read_repository")):
        done = run("permissions", source)
        assert (done.returncode, right in done.stdout) == (0, True)


def test_an_interrupt_ends_git_too_and_what_is_cloned_is_kept(forge: Forge, tmp_path: Path) -> None:
    forge.delay = 0.5
    command = [PROGRAM, "scan", "--github", "acme", "--github-url", forge.url, "--clones", str(tmp_path / "clones")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True) as process:
        while not list(tmp_path.rglob("*.part")):
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=20)
    assert (process.returncode, "Traceback" in told) == (130, False)
    assert not list((tmp_path / "clones").rglob("*.git"))
    assert not list((tmp_path / "clones").rglob("*.part"))


INTERRUPTED_WHILE_STARTING = """\
import sys, threading, time
from pathlib import Path
from assessor.cli import main

def start(thread, start=threading.Thread.start):
    start(thread)
    while thread.name == "clone_0":
        if list(Path(sys.argv[-1]).rglob("*.part")):
            raise KeyboardInterrupt
        time.sleep(0.01)

threading.Thread.start = start
main()
"""


def test_an_interrupt_while_a_thread_is_started_leaves_nothing_half_cloned(forge: Forge, tmp_path: Path) -> None:
    forge.delay = 0.5
    arguments = ["scan", "--github", "acme", "--github-url", forge.url, "--clones", str(tmp_path / "clones")]
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTED_WHILE_STARTING, *arguments], capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.returncode, "Traceback" in done.stderr) == (130, False)
    assert not list((tmp_path / "clones").rglob("*.part"))
