"""Terraform templates as checkov sees them, with values given, and what is known of roots before they are written."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from assessor.facts.infrastructure import TerraformRoot
from assessor.model import Status
from assessor.scaffolding.evidence import evidence
from assessor.scaffolding.rendering import render
from assessor.scaffolding.template import Template, load_templates
from tests.organizations import scan, write
from tests.scaffolding.loop import Case, statuses

from . import judges

CASES = Path(__file__).parent / "cases"
IAC = {id: t for id, t in load_templates().items() if "/iac/" in t.folder}
STORES = [t for id, t in IAC.items() if id.startswith(("terraform-state-store", "terraform-foundation"))]
GIVEN = {
    "region": "eu-central-1",
    "bucket": "acme-terraform-state",
    "account": "acmeterraformstate",
    "folder": "infra",
    "images": "shop payment-api",
    "core": "~> 1.9",
}
# It pins boto3, so it has an environment of its own.
CHECKOV = Path(__file__).parents[2] / ".judges/checkov/bin/checkov"
# What checkov asks for and is not done, and why.
SKIPPED = {
    "CKV_GLB_1": "approvals are a rule of their own, one by default, and need GitLab Premium",
    "CKV_GLB_3": "push rules need GitLab Premium; what keeps secrets out is a decision of the group",
    "CKV_GLB_4": "signed commits are a decision of the team",
    "CKV_AWS_18": "a log of reads needs a bucket of its own; CloudTrail's data events say the same",
    "CKV_AWS_144": "another region's copy is a decision about cost",
    "CKV2_AWS_62": "nothing listens for changes of the state",
    "CKV2_AWS_11": "flow logs are billed by volume; a decision of the team",
    "CKV_AWS_394": "the first three zones in order; AWS names a new one after those there are",
    "CKV2_AWS_57": "what rotates a secret is the business of what the secret opens",
    "CKV_AWS_149": "the account's own key for Secrets Manager; another one is for reads from other accounts",
    "CKV2_AWS_64": "the default policy leaves the key to the account's IAM policies",
    "CKV_AWS_158": "log groups are encrypted with a key of the service",
    "CKV_AWS_163": "the setting of single repositories is deprecated; the registry's own is set",
    "CKV_AWS_339": "its list of versions ends before 1.36",
    "CKV_GCP_62": "a log of reads needs a bucket of its own; Cloud Audit Logs say the same",
    "CKV_GCP_12": "Autopilot: Dataplane V2 always enforces network policies",
    "CKV_GCP_13": "Autopilot: client certificates are never issued",
    "CKV_GCP_69": "Autopilot: the metadata server always runs",
    "CKV_GCP_61": "the subnetwork has flow logs; Autopilot does not allow intranode visibility to be set",
    "CKV_GCP_20": "the API has no address: IAM decides at its DNS endpoint",
    "CKV_GCP_21": "the provider's default labels reach every resource",
    "CKV_GCP_65": "needs a group of the organization's directory, which is not known",
    "CKV_GCP_66": "needs attestations, which the pipelines of this path do not make",
    "CKV_GCP_84": "encrypted with Google's key; another one is a decision of the organization",
    "CKV2_GCP_18": "the network has no rule that lets anything in; GKE adds what it needs",
    "CKV_AZURE_43": "the name is computed, which it cannot follow",
    "CKV_AZURE_33": "there are no queues",
    "CKV_AZURE_59": "CI reaches the state over the internet, with a role; nothing in it can be public",
    "CKV2_AZURE_1": "encrypted with Microsoft's key; another one is a decision of the organization",
    "CKV2_AZURE_21": "diagnostic logs need a workspace, which is not known",
    "CKV2_AZURE_33": "a private endpoint shuts out CI; a decision of the team",
    "CKV_AZURE_4": "logs need a workspace, which is not known",
    "CKV_AZURE_170": "development has no uptime guarantee to pay for; production has it",
    "CKV_AZURE_117": "disks are ephemeral",
    "CKV_AZURE_227": "has to be switched on for the subscription first",
    "CKV_AZURE_172": "the CSI driver is not installed",
    "CKV_AZURE_164": "images are signed with cosign, which does not need it",
    "CKV_AZURE_165": "one region",
    "CKV_AZURE_233": "for the Premium tier",
    "CKV_AZURE_237": "for the Premium tier",
    "CKV_AZURE_166": "for the Premium tier",
    "CKV_AZURE_167": "for the Premium tier",
    "CKV_AZURE_139": "pipelines push over the internet, with a role; closing it is for the Premium tier",
    "CKV_AZURE_109": "Terraform in CI writes secrets over the internet, with a role",
    "CKV_AZURE_189": "Terraform in CI writes secrets over the internet, with a role",
    "CKV2_AZURE_32": "a private endpoint shuts out CI; a decision of the team",
    "CKV_AZURE_41": "when a secret ends is the business of what it opens",
}


def failed_checks(folder: Path) -> set[str]:
    command = [str(CHECKOV), "-d", str(folder), "--framework", "terraform", "--quiet", "--compact", "--output", "json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=180, check=False)
    report = json.loads(done.stdout)
    assert report["summary"]["parsing_errors"] == 0
    return {failed["check_id"] for failed in report["results"]["failed_checks"]}


JUDGED = [
    *((template, {}) for template in STORES),
    *((IAC[f"terraform-foundation-{cloud}"], {"secrets": "vault"}) for cloud in ("aws", "azure", "gcp")),
    (load_templates()["branch-protection-gitlab"], {}),
]


@pytest.mark.parametrize(("template", "chosen"), JUDGED, ids=lambda v: v.id if isinstance(v, Template) else "-".join(v.values()))
def test_checkov_finds_nothing_that_is_not_decided(template: Template, chosen: dict[str, str], tmp_path: Path) -> None:
    if not CHECKOV.exists():
        pytest.skip("not judged: python -m venv .judges/checkov && .judges/checkov/bin/pip install checkov==3.3.30")
    write(tmp_path, render(template, {**template.defaults, **chosen}))
    assert failed_checks(tmp_path) - set(SKIPPED) == set()


def test_checkov_can_fail(tmp_path: Path) -> None:
    if not CHECKOV.exists():
        pytest.skip("not judged: checkov is missing")
    template = IAC["terraform-state-store-s3"]
    files = render(template, template.defaults)
    write(
        tmp_path,
        {path: text.replace("block_public_acls       = true", "block_public_acls       = false") for path, text in files.items()},
    )
    assert "CKV_AWS_53" in failed_checks(tmp_path)


@pytest.mark.parametrize("template", IAC.values(), ids=lambda t: t.id)
def test_what_is_made_with_given_values_passes_every_judge(template: Template, tmp_path: Path) -> None:
    given = {name: value for name, value in GIVEN.items() if name in template.defaults}
    files = render(template, {**template.defaults, **given})
    # The case of a template that completes a root is the root.
    case = sorted((Path(__file__).parent / "cases" / template.id).iterdir())[0]
    root = shutil.copytree(case, tmp_path / "root")
    assert judges.judge(files, root) == []
    shown = "\n".join(files.values())
    for name in ("region", "bucket", "account"):
        if name in given and (name, template.id) not in {("region", "terraform-backend-gcs")}:
            assert given[name] in shown


def known(tmp_path: Path, files: dict[str, str], folder: str, **choices: str) -> dict[str, str]:
    organization = scan(write(tmp_path / "repo", files))
    repository = organization.repositories[0]
    subject = next((root for root in organization.of(TerraformRoot) if root.folder == folder), repository)
    return {name: item.value for name, item in evidence(organization, repository, subject, choices).items()}


AWS = 'provider "aws" {\n  region = "eu-central-1"\n}\n\nresource "aws_sqs_queue" "orders" {\n  name = "orders"\n}\n'


@pytest.mark.parametrize(
    ("constraint", "old"),
    [
        ("~> 1.5.0", "yes"),
        ("1.5.7", "yes"),
        ("= 1.9.8", "yes"),
        (">= 1.3, < 1.6", "yes"),
        ("~> 0.15", "yes"),
        (">= 1.5", "no"),
        ("~> 1.5", "no"),
        ("~> 1.11.0", "no"),
        ("1.15.9", "no"),
        (">= 1.3, < 2.0", "no"),
        ("", "no"),
    ],
)
def test_a_root_held_below_lock_files_is_told(tmp_path: Path, constraint: str, old: str) -> None:
    head = f'terraform {{\n  required_version = "{constraint}"\n}}\n\n' if constraint else ""
    assert known(tmp_path, {"infra/main.tf": head + AWS}, "infra")["root.old"] == old


def test_state_goes_where_other_roots_keep_it(tmp_path: Path) -> None:
    cloud = 'terraform {\n  cloud {\n    organization = "acme"\n  }\n}\n\n' + AWS
    found = known(tmp_path, {"a/main.tf": cloud, "b/main.tf": AWS}, "b")
    assert found["state.kind"] == "cloud"
    change = Case(tmp_path / "repo", tmp_path / "case").change(only=("terraform-backend",))
    assert change.files == {}, "HCP Terraform keeps the state; no bucket is to be made"


def test_a_backend_takes_a_free_file_name(tmp_path: Path) -> None:
    assert known(tmp_path, {"b/main.tf": AWS, "b/backend.tf": "# nothing\n"}, "b")["root.backend_file"] == "state.tf"


def test_infrastructure_is_kept_apart_from_what_else_there_is(tmp_path: Path) -> None:
    assert (
        known(tmp_path / "1", {"go.mod": "module a\n\ngo 1.25\n", "main.go": "package main\n"}, "")["terraform.folder"]
        == "infrastructure"
    )
    assert known(tmp_path / "2", {"README.md": "# Infrastructure\n"}, "")["terraform.folder"] == "."
    assert known(tmp_path / "3", {"tf/dev/main.tf": AWS, "tf/prod/main.tf": AWS}, "")["terraform.folder"] == "tf"


def test_new_roots_stand_beside_those_there_are(tmp_path: Path) -> None:
    assert known(tmp_path / "1", {"infra/terraform/main.tf": AWS}, "")["terraform.folder"] == "infra"
    assert known(tmp_path / "2", {"main.tf": AWS}, "")["terraform.folder"] == "."


@pytest.mark.parametrize(
    ("path", "text", "cloud"),
    [
        ("azure-pipelines.yml", "steps:\n  - script: make\n", "azure"),
        ("cloudbuild.yaml", "steps:\n  - name: golang\n    args: [build]\n", "gcp"),
        (".gitlab-ci.yml", "deploy:\n  script:\n    - aws s3 sync public s3://site\n", "aws"),
        (".github/workflows/a.yaml", "on: push\njobs:\n  a:\n    steps:\n      - uses: azure/login@v2\n", "azure"),
        (".github/workflows/a.yaml", "on: push\njobs:\n  a:\n    steps:\n      - uses: azure/setup-helm@v4\n", "aws"),
    ],
)
def test_pipelines_tell_the_cloud(tmp_path: Path, path: str, text: str, cloud: str) -> None:
    assert known(tmp_path, {path: text}, "")["terraform.cloud"] == cloud


@pytest.mark.parametrize(
    ("code", "region"),
    [
        ('resource "aws_instance" "a" {\n  region = "eu-west-1"\n}\n', "eu-west-1"),
        ('resource "google_compute_network" "a" {\n  region = "europe-west3"\n}\n', "europe-west3"),
        ('resource "azurerm_resource_group" "a" {\n  name     = "a"\n  location = "westeurope"\n}\n', "westeurope"),
        ('resource "azurerm_resource_group" "a" {\n  name     = "a"\n  location = "us-central1"\n}\n', ""),
    ],
)
def test_a_region_is_one_of_the_cloud(tmp_path: Path, code: str, region: str) -> None:
    assert known(tmp_path, {"infra/main.tf": code}, "infra").get("terraform.region", "") == region


def test_the_cloud_is_aws_only_where_nothing_tells_another(tmp_path: Path) -> None:
    nothing = {"README.md": "# Shop\n"}
    assert known(tmp_path / "1", nothing, "")["terraform.cloud"] == "aws"
    assert known(tmp_path / "2", nothing, "", cloud="gcp")["terraform.cloud"] == "gcp"
    assert "terraform.cloud" not in known(
        tmp_path / "3", {"main.tf": 'provider "hcloud" {}\n\nresource "hcloud_server" "a" {\n  name = "a"\n}\n'}, ""
    )


def test_constraints_do_not_contradict_a_lock_file(tmp_path: Path) -> None:
    lock = 'provider "registry.terraform.io/hashicorp/aws" {\n  version = "4.67.0"\n}\n'
    found = known(tmp_path, {"infra/main.tf": AWS, "infra/.terraform.lock.hcl": lock}, "infra")
    assert "root.constrain" not in found


def test_required_providers_are_not_written_twice(tmp_path: Path) -> None:
    source = 'terraform {\n  required_providers {\n    aws = {\n      source = "hashicorp/aws"\n    }\n  }\n}\n\n'
    assert "root.constrain" not in known(tmp_path, {"infra/main.tf": source + AWS}, "infra")


def test_a_provider_without_a_known_version_is_left_alone(tmp_path: Path) -> None:
    other = 'resource "datadog_monitor" "a" {\n  name = "a"\n}\n'
    assert "root.constrain" not in known(tmp_path, {"infra/main.tf": AWS + other}, "infra")


@pytest.mark.parametrize(("cloud", "ci"), [("aws", "github"), ("gcp", "gitlab"), ("azure", "github")])
def test_one_run_on_an_application_leaves_no_check_of_the_step_failing(tmp_path: Path, cloud: str, ci: str) -> None:
    case = Case(Path(__file__).parent / "cases/terraform-foundation-aws/only-an-application", tmp_path / "case")
    choices = (("cloud", cloud), ("ci", ci))
    change = case.change(steps=(1,), choices=choices)
    made = {applied.piece.template.id for applied in change.applied}
    assert {f"terraform-foundation-{cloud}", f"terraform-plan-{ci}"} <= made
    assert [id for id in made if id.startswith("terraform-state-store")]
    after = case.apply(change)
    failing = {f.check for f in after.findings if f.check.startswith("iac.") and f.status in ("fail", "partial")}
    assert failing == {"iac.provider-lock"}, "only terraform init can write lock files"
    assert case.change(steps=(1,), choices=choices).files == {}


def test_once_a_person_took_the_secret_out_it_comes_from_the_store_and_terraform_accepts_it(tmp_path: Path) -> None:
    case = Case(CASES / "terraform-secrets" / "database", tmp_path / "case")
    case.apply(case.change(only=("terraform-secrets",)))
    file = case.roots["case"] / "main.tf"
    reference = 'password_wo       = module.secret_store.values["password"]\n  password_wo_version = 1'
    file.write_text(file.read_text().replace('password          = "Jf93kd8SlwQx72"', reference))
    assert statuses(case.look({})[1])["iac.secret-backend"] is Status.PASS
    terraform = {path.relative_to(file.parent).as_posix(): path.read_text() for path in file.parent.rglob("*.tf")}
    complaints = judges.judge(terraform, tmp_path / "judged")
    assert [complaint for complaint in complaints if "terraform fmt" not in complaint] == []


def test_a_backend_that_cannot_be_edited_safely_stays_as_it_is_and_is_named(tmp_path: Path) -> None:
    write(tmp_path / "infra", {"main.tf": 'terraform {\n  backend "s3" { bucket = "b"\n key = "k"\n region = "eu-west-1" }\n}\n'})
    change = Case(tmp_path / "infra", tmp_path / "copy").change(only=("terraform-lock-s3",))
    assert [(o.path, o.action) for a in change.applied for o in a.outcomes] == [("main.tf", "skipped")]
    assert change.files == {}
