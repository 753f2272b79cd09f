"""What templates of automation learn from a repository: names in the cluster, images, roots that can be planned."""

from __future__ import annotations

from pathlib import Path

import pytest

from assessor.facts.containers import Service
from assessor.facts.repository import Repository
from assessor.scaffolding.evidence import evidence
from tests.organizations import scan, write

APP = {"app/main.py": "from fastapi import FastAPI\n\napp = FastAPI()\n", "requirements.txt": "fastapi\nuvicorn\n"}
BUILD = {"Dockerfile": 'FROM python:3.13-slim\nCOPY . .\nUSER 10001\nCMD ["uvicorn", "app.main:app"]\n'}
CHART = {
    "charts/{0}/Chart.yaml": "apiVersion: v2\nname: {0}\nversion: 0.1.0\n",
    "charts/{0}/values.yaml": "image:\n  repository: ghcr.io/acme/shop\n",
    "charts/{0}/values-prod.yaml": "image:\n  tag: abc\n",
    "charts/{0}/templates/deployment.yaml": "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {{{{ .Release.Name }}}}-x\nspec:\n"
    "  template:\n    spec:\n      containers:\n        - name: app\n          image: {{{{ .Values.image.repository }}}}:1\n",
}
ROOT = 'terraform {{\n  required_version = "{0}"\n  backend "{1}" {{}}\n}}\n\nresource "aws_vpc" "main" {{}}\n'


def _known(folder: Path, files: dict[str, str], kind: type[Service] | type[Repository]) -> dict[str, str]:
    write(folder / "shop", files)
    organization = scan(folder / "shop")
    repository = organization.repositories[0]
    subject = repository if kind is Repository else organization.of(Service)[0]
    return {name: known.value for name, known in evidence(organization, repository, subject, {}).items()}


def _push(tag: str) -> dict[str, str]:
    step = f"- uses: docker/build-push-action@v6\n        with: {{push: true, tags: '{tag}'}}"
    return {".github/workflows/image.yaml": f"on: push\njobs:\n  image:\n    runs-on: ubuntu-24.04\n    steps:\n      {step}\n"}


def _chart(name: str) -> dict[str, str]:
    return {path.format(name): text.format(name) for path, text in CHART.items()}


@pytest.mark.parametrize(("chart", "workload"), [("shop", "shop"), ("service", "shop-service")])
def test_a_deployment_of_a_chart_is_called_by_release_and_chart(chart: str, workload: str, tmp_path: Path) -> None:
    known = _known(tmp_path, APP | BUILD | _push("ghcr.io/acme/shop:${{ github.sha }}") | _chart(chart), Service)
    assert (known["service.workload"], known["service.workload_kind"]) == (workload, "Deployment")


def test_an_image_by_commit_can_be_promoted_to_the_values_of_production(tmp_path: Path) -> None:
    known = _known(tmp_path, APP | BUILD | _push("ghcr.io/acme/shop:${{ github.sha }}") | _chart("shop"), Service)
    assert known["service.image_name"] == "ghcr.io/acme/shop"
    assert known["service.image_tags"] == "commit"
    assert known["service.image_pipeline"] == "image.yaml"
    assert known["service.promoted_file"] == "charts/shop/values-prod.yaml"


def test_a_tag_that_is_no_commit_is_a_version(tmp_path: Path) -> None:
    known = _known(tmp_path, APP | BUILD | _push("ghcr.io/acme/shop:${{ github.ref_name }}"), Service)
    assert known["service.image_tags"] == "version"
    assert "service.image_pipeline" not in known


def test_only_roots_with_shared_state_can_be_planned_by_a_pipeline(tmp_path: Path) -> None:
    assert _known(tmp_path / "a", {"main.tf": ROOT.format(">= 1.11", "local")}, Repository)["drift.possible"] == "no"
    shared = _known(tmp_path / "b", {"main.tf": ROOT.format("~> 1.14.2", "s3")}, Repository)
    assert (shared["drift.possible"], shared["drift.version"]) == ("yes", "~> 1.14.2")
    assert "drift.version" not in _known(tmp_path / "c", {"main.tf": ROOT.format(">= 1.11", "s3")}, Repository)


APPLICATION = (
    "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata:\n  name: {0}\nspec:\n  project: default\n"
    "  source:\n    repoURL: https://github.com/acme/config.git\n    path: {1}\n  destination:\n    namespace: argocd\n"
    "    server: https://kubernetes.default.svc\n"
)


@pytest.mark.parametrize(
    ("beside", "folder"), [({}, "gitops/apps"), ({"gitops/apps/kustomization.yaml": "resources: [shop.yaml]\n"}, None)]
)
def test_a_folder_whose_files_are_listed_is_not_applied_as_a_whole(
    beside: dict[str, str], folder: str | None, tmp_path: Path
) -> None:
    files = {
        "gitops/root.yaml": APPLICATION.format("root", "gitops/apps"),
        "gitops/apps/shop.yaml": APPLICATION.format("shop", "apps/shop"),
    }
    assert _known(tmp_path, files | beside, Repository).get("argocd.applied") == folder
