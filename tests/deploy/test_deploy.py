"""What runs us on a schedule passes the judgement of others' tools, asks for no right too many, and does what it says."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from assessor.collectors.live import collector
from assessor.history.address import parse
from assessor.history.store import Store
from tests.cli.test_commands import run
from tests.organizations import write
from tests.scaffolding import judges

ROOT = Path(__file__).parents[2]
CHART = ROOT / "deploy/chart"
VALUES: dict[str, dict[str, Any]] = {
    "default": {},
    **{
        path.name.removesuffix("-values.yaml"): yaml.safe_load(path.read_text()) for path in sorted((CHART / "ci").glob("*.yaml"))
    },
}
CHECKOV = ROOT / ".judges/checkov/bin/checkov"
# What checkov asks for and is not done, and why.
UNDONE = {
    "CKV_K8S_43",  # an image by digest: values have a place for it; which one, only who builds the image knows
    "CKV_K8S_15",  # pulling always: a tag is a version, which does not change
    "CKV_K8S_35",  # secrets as files: the program, like gh and libpq, reads its tokens from variables
    "CKV_K8S_38",  # no token: it is mounted only where the cluster is to be asked
}


def missing(*tools: str) -> None:
    absent = judges.absent()
    for tool in tools:
        if tool in absent:
            pytest.skip(f"not judged: {absent[tool]} is not installed")


def rendered(values: dict[str, Any]) -> list[dict[str, Any]]:
    missing("helm_python")
    from helm_python import Chart

    with Chart.load(CHART) as chart:
        files = chart.render(values, name="nightly", namespace="assessments")
    return [one for path, text in files.items() if path.endswith(".yaml") for one in yaml.safe_load_all(text) if one]


def of_kind(kind: str, values: dict[str, Any]) -> dict[str, Any]:
    (found,) = [one for one in rendered(values) if one["kind"] == kind]
    return found


def pod(values: dict[str, Any]) -> dict[str, Any]:
    spec: dict[str, Any] = of_kind("CronJob", values)["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    return spec


def files(*names: str, at: str = "") -> dict[str, str]:
    return {at or name: (ROOT / name).read_text() for name in names}


def test_the_dockerfile_is_clean(tmp_path: Path) -> None:
    missing("hadolint")
    assert judges.judge(files("Dockerfile"), tmp_path) == []


def test_the_chart_lints_and_every_rendering_of_it_is_valid(tmp_path: Path) -> None:
    missing("helm_python", "kubernetes_validate")
    chart = {f"chart/{path.relative_to(CHART)}": path.read_text() for path in CHART.rglob("*") if path.is_file()}
    assert judges.judge(chart, tmp_path) == []


def test_the_plain_objects_are_valid(tmp_path: Path) -> None:
    missing("kubernetes_validate", "yamllint")
    assert judges.judge(files("deploy/kubernetes.yaml"), tmp_path) == []


def test_the_scheduled_workflow_is_clean(tmp_path: Path) -> None:
    missing("actionlint", "zizmor", "check-jsonschema")
    assert judges.judge(files("ci/github-schedule.yml", at=".github/workflows/gitops-assess.yml"), tmp_path) == []


def test_checkov_finds_nothing_that_is_not_decided(tmp_path: Path) -> None:
    if not CHECKOV.exists():
        pytest.skip("not judged: python -m venv .judges/checkov && .judges/checkov/bin/pip install checkov==3.3.30")
    for name, values in VALUES.items():
        (tmp_path / f"{name}.yaml").write_text("---\n".join(yaml.safe_dump(one) for one in rendered(values)))
    shutil.copy(ROOT / "Dockerfile", tmp_path)
    write(tmp_path, {".github/workflows/gitops-assess.yml": (ROOT / "ci/github-schedule.yml").read_text()})
    checkov = [str(CHECKOV), "-d", str(tmp_path), "-o", "json", "--compact", "--quiet", "--skip-download", "--framework", "kubernetes", "dockerfile", "github_actions"]  # fmt: skip
    done = subprocess.run(checkov, capture_output=True, text=True, timeout=180, check=False)
    reports = json.loads(done.stdout)
    reports = reports if isinstance(reports, list) else [reports]
    assert len(reports) == 3
    failed = {(c["check_id"], c["check_name"], c["resource"]) for r in reports for c in r["results"]["failed_checks"]}
    assert {one for one in failed if one[0] not in UNDONE} == set()


def workflow_step(name: str) -> str:
    workflow = yaml.safe_load((ROOT / "ci/github-schedule.yml").read_text())
    (script,) = [step["run"] for step in workflow["jobs"]["assess"]["steps"] if step.get("name") == name]
    assert "${{" not in script  # inputs reach the shell through the environment only
    return str(script)


@pytest.mark.parametrize(
    ("store", "more"), [("", ""), ("postgresql://db/history", " --baseline latest --keep-days 730 --keep-last 100")]
)
def test_the_scheduled_workflow_keeps_history_where_a_store_is_named(tmp_path: Path, store: str, more: str) -> None:
    write(tmp_path, {"gitops-assess/bin/gitops-assess": '#!/bin/sh\necho "$*" > asked\necho changed > report/summary.md\n'})
    (tmp_path / "gitops-assess/bin/gitops-assess").chmod(0o755)
    environment = {
        "PATH": os.environ["PATH"],
        "RUNNER_TEMP": str(tmp_path),
        "GITHUB_REPOSITORY_OWNER": "acme",
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary"),
        "GITOPS_ASSESS_STORE": store,
    }
    script = ["bash", "-eo", "pipefail", "-c", workflow_step("Scan")]
    subprocess.run(script, cwd=tmp_path, env=environment, check=True, timeout=30)
    asked = (tmp_path / "asked").read_text()
    assert asked.startswith(f"scan --quiet --github acme{more} -o report/assessment.json -o report/report.html")
    assert (tmp_path / "summary").read_text() == "changed\n"


def test_the_cluster_role_is_what_permissions_prints_and_can_only_read() -> None:
    role = of_kind("ClusterRole", {})
    assert role["rules"] == yaml.safe_load(collector("kubernetes").permissions(None))["rules"]
    assert {verb for rule in role["rules"] for verb in rule["verbs"]} <= {"get", "list"}
    assert not any("secrets" in rule.get("resources", ()) for rule in role["rules"])
    plain = [one for one in yaml.safe_load_all((ROOT / "deploy/kubernetes.yaml").read_text()) if one["kind"] == "ClusterRole"]
    assert [one["rules"] for one in plain] == [role["rules"]]


def test_without_a_cluster_to_ask_there_is_no_role_and_no_token() -> None:
    objects = rendered(VALUES["smallest"])
    assert {one["kind"] for one in objects} == {"CronJob", "ServiceAccount"}
    assert pod(VALUES["smallest"])["automountServiceAccountToken"] is False
    assert "--kube" not in pod(VALUES["smallest"])["containers"][0]["args"]


@pytest.mark.parametrize("name", VALUES)
def test_the_job_runs_as_nobody_with_nothing_writable_but_its_data(name: str) -> None:
    spec = pod(VALUES[name])
    (container,) = spec["containers"]
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "runAsNonRoot": True,
        "capabilities": {"drop": ["ALL"]},
    }
    writable = {mount["mountPath"] for mount in container["volumeMounts"] if not mount.get("readOnly")}
    assert writable == {"/data", "/tmp"}  # noqa: S108  of the container
    user = re.search(r"^USER (\d+):(\d+)$", (ROOT / "Dockerfile").read_text(), re.M)
    assert user is not None
    assert [int(id) for id in user.groups()] == [spec["securityContext"]["runAsUser"], spec["securityContext"]["runAsGroup"]]


def test_a_history_in_postgresql_comes_from_a_secret() -> None:
    (variable,) = pod(VALUES["everything"])["containers"][0]["env"]
    assert variable["valueFrom"] == {"secretKeyRef": {"name": "gitops-assess-store", "key": "url"}}
    assert pod({})["containers"][0]["env"] == [{"name": "GITOPS_ASSESS_STORE", "value": "/data/history.db"}]


def test_settings_reach_the_job_as_they_were_given() -> None:
    values = VALUES["everything"]
    text = of_kind("ConfigMap", values)["data"]["gitops-assess.yaml"]
    assert yaml.safe_load(text) == values["settings"]
    assert "--config=/etc/gitops-assess/gitops-assess.yaml" in pod(values)["containers"][0]["args"]


def test_the_arguments_of_the_job_are_those_of_our_program(tmp_path: Path) -> None:
    write(tmp_path, {"scan/main.tf": 'resource "aws_vpc" "main" {}\n', "etc/gitops-assess.yaml": "organization: acme\nselect: [iac]\n", "data/.keep": ""})  # fmt: skip
    (container,) = pod(VALUES["everything"])["containers"]
    asked = [one for one in container["args"] if one not in ("--kube", "--github=my-org", "--fail-under=40")]
    here = [one.replace("/etc/gitops-assess/", f"{tmp_path}/etc/").replace("/data/", f"{tmp_path}/data/") for one in asked]
    for runs in (1, 2):
        done = run(*here, tmp_path, GITOPS_ASSESS_STORE=f"{tmp_path}/data/history.db")
        assert done.returncode == 0, done.stderr
        assert len(Store(parse(f"{tmp_path}/data/history.db"), create=False).runs("acme")) == runs
    assert {path.name for path in (tmp_path / "data").iterdir()} >= {"assessment.json", "report.html", "gitops-assess.prom"}


def test_the_build_gets_no_file_that_the_image_does_not_need() -> None:
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    assert ignored[1] == "*"
    allowed = {line[1:] for line in ignored if line.startswith("!")}
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", (ROOT / "Dockerfile").read_text(), re.M)
    assert {name for names in copied for name in names.split()} == allowed
    assert all((ROOT / name).exists() for name in allowed)


def test_the_chart_and_the_program_have_one_version() -> None:
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text())
    project = re.search(r'^version = "(.+)"$', (ROOT / "pyproject.toml").read_text(), re.M)
    assert project is not None
    assert chart["appVersion"] == chart["version"] == project[1]


@pytest.mark.parametrize(
    "values",
    [{"shedule": "@daily"}, {"image": {"digest": "latest"}}, {"schedule": "nightly"}, {"history": {"keepLast": -1}}],
    ids=["unknown key", "no digest", "no schedule", "negative"],
)
def test_a_value_that_is_wrong_is_refused_before_anything_is_installed(values: dict[str, Any]) -> None:
    missing("helm_python")
    from helm_python.errors import HelmError

    with pytest.raises(HelmError):
        rendered(values)
