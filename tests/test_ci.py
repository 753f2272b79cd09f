"""The action, the GitLab template and the hook do what they say; their shell is run for real with a stand-in for gh."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.organizations import write

ROOT = Path(__file__).parent.parent
STEPS: list[dict[str, Any]] = yaml.safe_load((ROOT / "action.yml").read_text())["runs"]["steps"]


@pytest.fixture
def runner(tmp_path: Path) -> dict[str, str]:
    """Return the environment of a runner whose installation is this one, with a `gh` that writes down what it is asked."""
    write(tmp_path, {"repo/main.tf": 'resource "aws_vpc" "a" {}\n', "summary": "", "output": "", "bin/gh": GH, "answer": ""})
    (tmp_path / "bin/gh").chmod(0o755)
    (tmp_path / "temp/gitops-assess").mkdir(parents=True)
    (tmp_path / "temp/gitops-assess/bin").symlink_to(Path(sys.executable).parent)
    return {
        "PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "RUNNER_TEMP": str(tmp_path / "temp"),
        "GITHUB_OUTPUT": str(tmp_path / "output"),
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary"),
        "GITHUB_REPOSITORY": "acme/shop",
        "GITHUB_SHA": "0" * 40,
        "GITHUB_REF": "refs/heads/main",
        "FOLDER": str(tmp_path / "temp/gitops-assess-report"),
        "SCAN_PATH": str(tmp_path / "repo"),
        "BASELINE": "",
        "NUMBER": "7",
        "GH_CALLS": str(tmp_path / "calls"),
        "GH_ANSWER": str(tmp_path / "answer"),
    }


GH = """#!/bin/sh
echo "$*" >> "$GH_CALLS"
case "$*" in *--paginate*) cat "$GH_ANSWER" ;; esac
"""


def step(name: str, environment: dict[str, str], **more: str) -> subprocess.CompletedProcess[str]:
    script = next(step["run"] for step in STEPS if step["name"] == name)
    return subprocess.run(
        ["bash", "-eo", "pipefail", "-c", script],
        env={**environment, **more},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_the_scan_step_writes_every_report_and_the_summary(runner: dict[str, str]) -> None:
    done = step("Scan", runner)
    assert done.returncode == 0, done.stderr
    folder = Path(runner["FOLDER"])
    assert {p.name for p in folder.iterdir()} == {"assessment.json", "report.html", "results.sarif", "summary.md"}
    assert json.loads((folder / "results.sarif").read_text())["version"] == "2.1.0"
    assert Path(runner["GITHUB_STEP_SUMMARY"]).read_text() == (folder / "summary.md").read_text()
    assert step("Scan", runner, BASELINE=str(folder / "assessment.json")).returncode == 0


def test_the_comment_is_made_once_and_then_kept_up_to_date(runner: dict[str, str]) -> None:
    step("Scan", runner)
    assert (Path(runner["FOLDER"]) / "summary.md").read_text().startswith("<!-- gitops-assess:summary -->")
    assert step("Comment on the pull request", runner).returncode == 0
    assert "--method POST repos/acme/shop/issues/7/comments" in Path(runner["GH_CALLS"]).read_text()
    Path(runner["GH_ANSWER"]).write_text("42\n43\n")
    assert step("Comment on the pull request", runner).returncode == 0
    assert "--method PATCH repos/acme/shop/issues/comments/42 " in Path(runner["GH_CALLS"]).read_text()


def test_findings_are_uploaded_to_code_scanning(runner: dict[str, str]) -> None:
    step("Scan", runner)
    assert step("Upload to code scanning", runner).returncode == 0
    assert "repos/acme/shop/code-scanning/sarifs -f commit_sha=000" in Path(runner["GH_CALLS"]).read_text()


def test_the_last_step_fails_below_what_was_asked(runner: dict[str, str]) -> None:
    step("Scan", runner)
    assert step("Compare with what was asked", runner, FAIL_UNDER="0", MIN_LEVEL="0").returncode == 0
    assert step("Compare with what was asked", runner, FAIL_UNDER="99", MIN_LEVEL="0").returncode == 1


def test_the_last_step_fails_on_a_regression_where_asked(runner: dict[str, str], tmp_path: Path) -> None:
    step("Scan", runner)
    before = tmp_path / "before.json"
    before.write_bytes((Path(runner["FOLDER"]) / "assessment.json").read_bytes())
    write(tmp_path, {"repo/Dockerfile": "FROM alpine\n"})
    step("Scan", runner)
    asked = {"FAIL_UNDER": "0", "MIN_LEVEL": "0", "BASELINE": str(before)}
    assert step("Compare with what was asked", runner, **asked, REGRESSION="false").returncode == 0
    done = step("Compare with what was asked", runner, **asked, REGRESSION="true")
    assert (done.returncode, "regression: " in done.stderr) == (1, True)


def test_inputs_reach_the_shell_only_through_the_environment() -> None:
    for one in STEPS:
        assert "${{" not in one["run"], one["name"]


def test_the_gitlab_template_runs_what_exists() -> None:
    job = yaml.safe_load((ROOT / "ci/gitlab.yml").read_text())["gitops-assess"]
    script = "\n".join(job["script"])
    for option in ("--quiet", "--exclude", "--fail-under", "--min-level"):
        assert option in script
    assert job["artifacts"]["reports"]["junit"] == "gitops-assess/junit.xml"


def test_the_hook_starts_our_program() -> None:
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    assert hook["entry"] == "gitops-assess scan"
    assert hook["pass_filenames"] is False
