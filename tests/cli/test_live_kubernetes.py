"""The sample organization joined with its cluster, end to end: the installed program, real HTTP, a real kubeconfig."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.standins import acme_cluster
from tests.standins.cluster import TOKEN, Cluster, kubeconfig, serve

PROGRAM = str(Path(sys.executable).with_name("gitops-assess"))
ACME = Path(__file__).parents[2] / "examples" / "acme"
CONTEXT = acme_cluster.CONTEXT


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with serve(acme_cluster.populate()) as running:
        yield running


@pytest.fixture
def environment(cluster: Cluster, tmp_path: Path) -> dict[str, str]:
    cluster.denied.clear()
    cluster.accepts = TOKEN
    file = kubeconfig(tmp_path / "config", {CONTEXT: cluster})
    return {**os.environ, "KUBECONFIG": str(file), "XDG_CACHE_HOME": str(tmp_path / "cache"), "SOURCE_DATE_EPOCH": "1795500000"}


def run(environment: dict[str, str], *arguments: str, root: Path = ACME) -> subprocess.CompletedProcess[str]:
    return subprocess.run([PROGRAM, "scan", str(root), *arguments], env=environment, capture_output=True, text=True, timeout=120)


def checks(assessment: dict[str, Any]) -> dict[str, tuple[str, str]]:
    return {f["check"]: (f["status"], f["basis"]) for f in assessment["findings"] if f["basis"] != "files"}


def test_one_command_joins_files_and_cluster_and_a_snapshot_says_the_same_again(
    environment: dict[str, str], tmp_path: Path
) -> None:
    out, kept = tmp_path / "live.json", tmp_path / "evidence.json"
    done = run(environment, "--kube", "--save-evidence", str(kept), "-o", str(out))
    assert done.returncode == 0, done.stderr
    assessment = json.loads(out.read_text())
    assert assessment["asked"] == ["kubernetes"]
    assert not [gap for gap in assessment["gaps"] if gap["source"] == "kubernetes"]
    assert {(c["name"], c["subject"]) for c in assessment["contradictions"]} == {
        ("declared-not-running", "ApplicationSet/services-dev"),
        ("drifted", "Application/catalog-prod"),
        ("image-differs", "Deployment/storefront storefront"),
        ("running-not-declared", "Application/summer-sale"),
        ("running-not-declared", "Deployment/debug-shell"),
        ("running-not-declared", "StatefulSet/cache-redis"),
        ("running-not-declared", "argo-rollouts"),
        ("sync-off", "Application/storefront-prod"),
        ("target-missing", "Application/summer-sale"),
    }
    found = checks(assessment)
    assert found["gop.controller-running"] == ("pass", "live")
    assert found["gop.declared-vs-live"] == ("pass", "both")
    assert found["gop.auto-sync"] == ("partial", "both")
    assert round(assessment["organization"]["gitops_coverage"]) == 56
    again = tmp_path / "again.json"
    assert run({**environment, "KUBECONFIG": "/nowhere"}, "--evidence", str(kept), "-o", str(again)).returncode == 0
    assert again.read_bytes() == out.read_bytes()


def test_no_credential_is_in_anything_that_is_written(environment: dict[str, str], tmp_path: Path) -> None:
    formats = [
        argument
        for name in ("json", "html", "markdown", "sarif", "junit", "csv")
        for argument in ("--format", name, "-o", str(tmp_path / name))
    ]
    done = run(environment, "--kube", "--save-evidence", str(tmp_path / "evidence.json"), *formats)
    assert done.returncode == 0, done.stderr
    written = done.stdout + done.stderr
    for file in (f for f in tmp_path.rglob("*") if f.is_file() and f.name != "config"):
        written += file.read_bytes().decode("utf-8", "replace")
    assert TOKEN not in written


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("--context", "staging"), 2, f"unknown context 'staging'. Known: {CONTEXT}"),
        (("--kube", "--evidence", "x.json"), 2, "--evidence stands in for live systems"),
    ],
)
def test_what_the_user_named_wrongly_is_said_in_a_line(
    environment: dict[str, str], arguments: tuple[str, ...], code: int, says: str
) -> None:
    done = run(environment, *arguments)
    assert done.returncode == code
    assert says.partition(".")[0] in done.stderr
    assert "Traceback" not in done.stderr


def test_no_kubeconfig_and_one_in_what_is_scanned_are_said(environment: dict[str, str], tmp_path: Path) -> None:
    nothing = {name: value for name, value in environment.items() if name != "KUBERNETES_SERVICE_HOST"}
    done = run({**nothing, "KUBECONFIG": "/nowhere"}, "--kube")
    assert (done.returncode, "no kubeconfig" in done.stderr) == (2, True)
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "Dockerfile").write_text("FROM scratch\n")
    done = run(environment, "--kube", root=tmp_path)
    assert (done.returncode, "lies in what is scanned" in done.stderr) == (2, True)


def test_a_cluster_that_refuses_lowers_coverage_and_never_the_score(
    cluster: Cluster, environment: dict[str, str], tmp_path: Path
) -> None:
    def scored(name: str, *arguments: str) -> tuple[float, float, list[str]]:
        out = tmp_path / f"{name}.json"
        done = run(environment, *arguments, "-o", str(out))
        assert done.returncode == 0, done.stderr
        assessment = json.loads(out.read_text())
        whole = assessment["organization"]
        return whole["score"], whole["coverage"], [g["reason"] for g in assessment["gaps"] if g["source"] == "kubernetes"]

    plain = scored("plain")
    cluster.accepts = "another token"
    refused = scored("refused", "--kube")
    assert refused[2] == ["the credentials were not accepted (401): they may have expired; log in again"]
    assert refused[0] == plain[0]
    assert refused[1] < plain[1]


def test_the_printed_rights_are_a_cluster_role() -> None:
    done = subprocess.run([PROGRAM, "permissions", "kubernetes"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0
    assert "kind: ClusterRole" in done.stdout
    assert "secrets\n" not in done.stdout.replace("externalsecrets", "").replace("sealedsecrets", "").replace(
        "vaultstaticsecrets", ""
    )
