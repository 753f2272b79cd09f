"""Roots, child modules and published ones; backends completed; what resources say of protection and controllers."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from assessor.deriving.base import Material
from assessor.deriving.terraform import terraform
from assessor.facts.base import Fact, Place
from assessor.facts.gitops import BranchProtection, Controller, PlanAutomation
from assessor.facts.infrastructure import PublishedModule, Resource, TerraformRoot
from assessor.facts.pipelines import Command, Job, Pipeline, PipelineStep
from assessor.facts.repository import Repository
from tests.organizations import read, scan_repository, write

BUCKET = 'resource "aws_s3_bucket" "a" {}\n'
PROVIDER = 'provider "aws" {}\n'


def repository(tmp_path: Path, files: Mapping[str, str]) -> Repository:
    return scan_repository(write(tmp_path / "repo", files))


def roots(tmp_path: Path, files: Mapping[str, str]) -> list[str]:
    return [root.folder for root in repository(tmp_path, files).of(TerraformRoot)]


def test_a_module_somebody_calls_is_no_root(tmp_path: Path) -> None:
    files = {"live/main.tf": PROVIDER + 'module "a" {\n  source = "../stuff/a"\n}\n', "stuff/a/main.tf": PROVIDER + BUCKET}
    assert roots(tmp_path, files) == ["live"]


def test_a_called_module_with_variable_files_and_a_backend_is_applied_too(tmp_path: Path) -> None:
    backend = 'terraform {\n  backend "gcs" {}\n}\n'
    files = {
        "a/main.tf": PROVIDER + 'module "b" {\n  source = "../b"\n}\n',
        "b/main.tf": backend + BUCKET,
        "b/terraform.tfvars": "x = 1\n",
    }
    assert roots(tmp_path, files) == ["a", "b"]


def test_modules_in_a_folder_of_modules_are_none_even_with_providers(tmp_path: Path) -> None:
    assert roots(tmp_path, {"live/main.tf": PROVIDER + BUCKET, "modules/b/main.tf": PROVIDER + BUCKET}) == ["live"]


def test_files_that_use_variables_nobody_declares_are_put_into_a_module_elsewhere(tmp_path: Path) -> None:
    part = 'resource "aws_s3_bucket" "a" {\n  bucket = var.name\n}\n'
    files = {"live/main.tf": PROVIDER + BUCKET, "net/.staging/main.tf": part, "net/own/main.tf": BUCKET + "# var.name\n"}
    assert roots(tmp_path, files) == ["live", "net/own"]


def test_a_repository_whose_units_apply_its_modules_publishes_none(tmp_path: Path) -> None:
    module = 'variable "name" {}\noutput "id" {\n  value = 1\n}\n' + BUCKET
    files = {
        "env/dev/net/terragrunt.hcl": 'terraform {\n  source = "../../../aws//net"\n}\n',
        "env/variables.tf": 'variable "account" {}\n',
        "aws/net/main.tf": module,
        "aws/spare/main.tf": module,
    }
    found = repository(tmp_path, files)
    assert [root.folder for root in found.of(TerraformRoot)] == ["env/dev/net"]
    assert found.of(PublishedModule) == ()


def test_a_catalogue_of_modules_has_no_roots(tmp_path: Path) -> None:
    module = {"main.tf": BUCKET, "variables.tf": 'variable "name" {}\n', "outputs.tf": 'output "id" {\n  value = 1\n}\n'}
    files = {f"modules/{name}/{path}": text for name in ("a", "b") for path, text in module.items()}
    files["examples/a/main.tf"] = PROVIDER + 'module "a" {\n  source = "../../modules/a"\n  name = "x"\n}\n'
    found = repository(tmp_path, files)
    assert found.of(TerraformRoot) == ()
    assert [module.folder for module in found.of(PublishedModule)] == ["modules/a", "modules/b"]


def test_examples_are_roots_where_they_are_all_there_is(tmp_path: Path) -> None:
    assert roots(tmp_path, {"examples/a/main.tf": PROVIDER + BUCKET, "examples/b/main.tf": PROVIDER + BUCKET}) == [
        "examples/a",
        "examples/b",
    ]


def test_what_puts_modules_together_and_is_called_by_none_is_a_root(tmp_path: Path) -> None:
    module = 'variable "name" {}\noutput "id" {\n  value = 1\n}\n'
    stage = module + 'module "a" {\n  source = "../../modules/a"\n  name = var.name\n}\n'
    files = {
        "stages/net/main.tf": stage,
        "modules/a/main.tf": module + BUCKET,
        "modules/b/main.tf": module + 'module "a" {\n  source = "../a"\n}\n',
    }
    assert roots(tmp_path, files) == ["stages/net"]


def test_a_template_only_explains_the_roots_beside_it(tmp_path: Path) -> None:
    files = {
        "fast/assets/providers.tf.tpl": 'terraform {\n  backend "gcs" {\n',
        "fast/a/main.tf": PROVIDER + BUCKET,
        "other/main.tf": PROVIDER + BUCKET,
    }
    found = repository(tmp_path, files).of(TerraformRoot)
    assert [(root.folder, bool(root.uncertain)) for root in found] == [("fast/a", True), ("other", False)]


def test_test_and_query_files_are_no_configuration(tmp_path: Path) -> None:
    assert roots(tmp_path, {"a.tftest.hcl": PROVIDER, "b.tfquery.hcl": PROVIDER}) == []


def test_json_configuration_is_a_root_as_well(tmp_path: Path) -> None:
    [root] = repository(
        tmp_path, {"main.tf.json": '{"terraform": {"backend": {"gcs": {"bucket": "b"}}}, "provider": {"google": {}}}'}
    ).of(TerraformRoot)
    assert root.backend is not None
    assert root.backend.type == "gcs"


def test_a_variable_has_its_default_unless_its_callers_or_tfvars_say_otherwise(tmp_path: Path) -> None:
    child = 'variable "v" {\n  default = "one"\n}\nresource "x" "y" {\n  v = var.v\n}\n'
    call = 'module "c" {\n  source = "./modules/c"\n%s}\n'

    def value(name: str, files: Mapping[str, str]) -> str:
        return next(r for r in repository(tmp_path / name, files).of(Resource) if r.type == "x").settings["v"]

    assert value("default", {"main.tf": child}) == "one"
    assert value("tfvars", {"main.tf": child, "terraform.tfvars": 'v = "two"\n'}) == "two"
    assert value("call", {"main.tf": PROVIDER + call % '  v = "three"\n', "modules/c/main.tf": child}) == "three"
    assert value("dynamic", {"main.tf": PROVIDER + call % "  v = data.a.b\n", "modules/c/main.tf": child}) == "${var.v}"


def test_modules_that_call_each_other_end(tmp_path: Path) -> None:
    call = 'module "m" {\n  source = "../%s"\n  v = var.v\n}\nvariable "v" {\n  default = "${var.v}"\n}\nlocals {\n  a = "${local.b}"\n  b = "${local.a}${local.a}"\n}\nresource "x" "y" {\n  v = local.a\n}\n'
    found = repository(tmp_path, {"a/main.tf": call % "b", "b/main.tf": call % "a"})
    assert len(found.of(Resource)) == 2
    assert found.gaps == ()


def completed(files: Mapping[str, str], argv: tuple[str, ...], system: str = "github", **step: object) -> dict[str, str]:
    """Return the settings of the backend of a root beside a pipeline that runs a command."""
    at = Place("repo", ".github/workflows/ci.yml", 5)
    facts: list[Fact] = [
        fact
        for path, text in files.items()
        for name in _READERS.get(path.rpartition(".")[2], ())
        for fact in read(name, path, text)
    ]
    steps = (PipelineStep(at=at, commands=(Command(argv, at),), **step),)  # type: ignore[arg-type]  # the tests give fields of a step
    facts.append(Pipeline(at=at, system=system, jobs=(Job(id="plan", at=at, steps=steps),)))
    material = Material(Repository(at=Place("repo", ""), name="repo", path=".", files=tuple(sorted(files))), facts)
    root = next(fact for fact in terraform.derive(material) if isinstance(fact, TerraformRoot))
    assert root.backend is not None
    assert root.backend.partial
    return root.backend.settings


_READERS = {"tf": ("terraform",), "tfbackend": ("terraform-backend-config",), "hcl": ("terraform-backend-config", "terragrunt")}
PARTIAL = 'terraform {\n  backend "s3" {}\n}\n'


def test_a_backend_file_the_pipeline_names_completes_the_backend() -> None:
    files = {
        "infra/main.tf": PARTIAL,
        "config/prod.backend.hcl": 'dynamodb_table = "locks"\n',
        "other/x.backend.hcl": "use_lockfile = true\n",
    }
    assert completed(files, ("terraform", "init", "-backend-config=../config/${ENV}.backend.hcl")) == {"dynamodb_table": "locks"}


def test_a_setting_the_pipeline_gives_completes_the_backend() -> None:
    given = completed(
        {"main.tf": PARTIAL}, ("terraform", "init", "-backend-config", "use_lockfile=true", "-backend-config=bucket=$BUCKET")
    )
    assert given == {"bucket": "${…}", "use_lockfile": "true"}


def test_settings_in_the_environment_complete_the_backend() -> None:
    given = completed(
        {"main.tf": PARTIAL}, ("terraform", "init"), environment={"TF_CLI_ARGS_init": "-backend-config=use_lockfile=true"}
    )
    assert given == {"use_lockfile": "true"}


def test_only_what_all_files_for_a_root_say_is_known() -> None:
    files = {"main.tf": PARTIAL, "dev.tfbackend": 'key = "d"\n', "prod.tfbackend": 'key = "p"\nuse_lockfile = true\n'}
    assert set(completed(files, ("terraform", "init"))) == {"key"}


def test_gitlabs_own_state_has_a_lock_address() -> None:
    files = {"main.tf": 'terraform {\n  backend "http" {}\n}\n'}
    assert "lock_address" in completed(files, ("gitlab-tofu", "plan"), system="gitlab")
    assert "lock_address" not in completed(files, ("terraform", "plan"), system="gitlab")


@pytest.mark.parametrize(
    "include",
    [
        "find_in_parent_folders()",
        'find_in_parent_folders("terragrunt.hcl")',
        '"${get_repo_root()}/terragrunt.hcl"',
        '"../../terragrunt.hcl"',
        '"${get_terragrunt_dir()}/../../terragrunt.hcl"',
        '"${dirname(find_in_parent_folders("terragrunt.hcl"))}/terragrunt.hcl"',
    ],
)
def test_an_include_is_followed_however_it_is_written(tmp_path: Path, include: str) -> None:
    files = {
        "terragrunt.hcl": 'remote_state {\n  backend = "gcs"\n  config = {\n    bucket = "state"\n  }\n}\n',
        "prod/app/terragrunt.hcl": f'include {{\n  path = {include}\n}}\nterraform {{\n  source = "git::https://example.com/app.git?ref=v1"\n}}\n',
    }
    [root] = repository(tmp_path, files).of(TerraformRoot)
    assert root.folder == "prod/app"
    assert root.backend is not None
    assert (root.backend.type, root.backend.inherited) == ("gcs", True)


def test_a_unit_of_a_local_module_makes_that_module_a_child(tmp_path: Path) -> None:
    files = {
        "prod/app/terragrunt.hcl": 'terraform {\n  source = "../../modules//app"\n}\n',
        "modules/app/main.tf": PROVIDER + BUCKET,
    }
    [root] = repository(tmp_path, files).of(TerraformRoot)
    assert (root.folder, root.tool, [r.type for r in root.resources]) == ("prod/app", "terragrunt", ["aws_s3_bucket"])


def test_the_local_side_of_a_conditional_source_is_its_module(tmp_path: Path) -> None:
    source = '${get_env("LOCAL", "false") != "true" ? "git::https://example.com/infra.git//aws/app?ref=${get_env("VERSION")}" : "../../aws//app"}'
    files = {
        "prod/app/terragrunt.hcl": f'terraform {{\n  source = "{source}"\n}}\n',
        "aws/app/main.tf": BUCKET,
    }
    [root] = repository(tmp_path, files).of(TerraformRoot)
    assert (root.folder, [r.type for r in root.resources]) == ("prod/app", ["aws_s3_bucket"])


def test_variables_alone_are_no_root(tmp_path: Path) -> None:
    files = {
        "env/variables.tf": 'variable "region" {\n  type = string\n}\n',
        "env/dev.tfvars": 'region = "eu"\n',
        "app/main.tf": PROVIDER + BUCKET,
    }
    assert [root.folder for root in repository(tmp_path, files).of(TerraformRoot)] == ["app"]


def test_a_stack_file_makes_units(tmp_path: Path) -> None:
    files = {
        "root.hcl": 'remote_state {\n  backend = "s3"\n}\n',
        "live/terragrunt.stack.hcl": 'unit "db" {\n  source = "git::https://example.com/units.git//db?ref=v1"\n  path = "db"\n}\nunit "web" {\n  source = "git::https://example.com/units.git//web?ref=v1"\n  path = "web"\n}\n',
    }
    found = repository(tmp_path, files).of(TerraformRoot)
    assert [(root.folder, root.backend.type if root.backend else "") for root in found] == [("live/db", "s3"), ("live/web", "s3")]


def test_branch_protection_is_read_from_every_forge(tmp_path: Path) -> None:
    text = """
resource "github_branch_protection" "a" {
  required_pull_request_reviews {}
  required_status_checks {}
}
resource "github_repository_ruleset" "b" {
  target      = "branch"
  enforcement = "active"
  rules {
    pull_request {}
  }
}
resource "github_organization_ruleset" "c" {
  target      = "branch"
  enforcement = "disabled"
  rules {
    pull_request {}
  }
}
resource "gitlab_branch_protection" "d" {}
resource "gitlab_project_approval_rule" "e" {
  approvals_required = 1
}
"""
    found = repository(tmp_path, {"main.tf": text}).of(BranchProtection)
    assert [(p.at.line, p.reviews, p.checks) for p in found] == [(2, True, True), (6, True, False), (20, True, False)]


@pytest.mark.parametrize(
    ("text", "product"),
    [
        ('resource "helm_release" "a" {\n  chart = "argo-cd"\n}\n', "argocd"),
        ('resource "helm_release" "a" {\n  chart = "oci://ghcr.io/fluxcd-community/charts/flux2"\n}\n', "flux"),
        ('resource "helm_release" "a" {\n  chart = "argo-rollouts"\n}\n', "argo-rollouts"),
        ('resource "flux_bootstrap_git" "a" {}\n', "flux"),
        ('resource "aws_eks_capability" "a" {\n  type = "ARGOCD"\n}\n', "argocd"),
        ('resource "azurerm_kubernetes_cluster_extension" "a" {\n  extension_type = "microsoft.flux"\n}\n', "flux"),
        ('module "a" {\n  source = "gitops-bridge-dev/gitops-bridge/helm"\n}\n', "argocd"),
        ('module "a" {\n  source = "aws-ia/eks-blueprints-addons/aws"\n  enable_argocd = true\n}\n', "argocd"),
        ('resource "helm_release" "a" {\n  chart = "argocd-apps"\n}\n', ""),
        ('module "a" {\n  source = "aws-ia/eks-blueprints-addons/aws"\n  enable_argocd = false\n}\n', ""),
        ('module "a" {\n  source = "example.com/influxdb/aws"\n}\n', ""),
    ],
)
def test_what_installs_a_controller(tmp_path: Path, text: str, product: str) -> None:
    found = [controller.product for controller in repository(tmp_path, {"main.tf": PROVIDER + text}).of(Controller)]
    assert found == ([product] if product else [])


def test_drift_settings_of_platforms_are_seen(tmp_path: Path) -> None:
    text = 'resource "tfe_workspace" "a" {\n  assessments_enabled = true\n}\nresource "spacelift_drift_detection" "b" {\n  schedule = ["0 4 * * *"]\n}\nresource "tfe_workspace" "c" {}\n'
    found = repository(tmp_path, {"main.tf": text}).of(PlanAutomation)
    assert [(p.tool, p.drift) for p in found] == [("hcp-terraform", True), ("spacelift", True)]
