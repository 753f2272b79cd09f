"""Readers of infrastructure code: what one file says, and that no file makes them raise."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assessor.facts.base import Fact
from assessor.facts.infrastructure import (
    BackendTemplate,
    ClusterScript,
    HardcodedSecret,
    Resource,
    SecretInput,
    SecretSource,
    Stack,
    StateFile,
    TerraformFile,
    TerragruntFile,
)
from assessor.redaction import MARK
from tests.organizations import read


def only(facts: list[Fact], kind: type[Fact]) -> list[Fact]:
    return [fact for fact in facts if isinstance(fact, kind)]


def terraform(text: str, path: str = "main.tf") -> TerraformFile:
    return next(fact for fact in read("terraform", path, text) if isinstance(fact, TerraformFile))


def test_nested_arguments_are_settings_with_dotted_names() -> None:
    file = terraform(
        'resource "a" "b" {\n  x {\n    y = [1, 2]\n  }\n  tags = { Name = "n" }\n  dynamic "set" {\n    content {\n      z = true\n    }\n  }\n}\n'
    )
    assert file.resources[0].settings == {"tags": "", "tags.Name": "n", "x": "", "x.y": "1, 2", "set": "", "set.z": "true"}


def test_a_secret_is_never_kept_in_settings_defaults_or_variable_files() -> None:
    file = terraform(
        'resource "a" "b" {\n  password = "hunter2hunter2"\n}\nvariable "db_password" {\n  default = "hunter2hunter2"\n}\n'
    )
    assert file.resources[0].settings == {"password": MARK}
    assert file.defaults == {"var.db_password": MARK}
    assert "hunter2" not in repr(read("terraform-variables", "a.tfvars", 'db_password = "hunter2hunter2"\n'))


def test_an_old_provider_requirement_is_read_too() -> None:
    file = terraform(
        'terraform {\n  required_providers {\n    a = "~> 1"\n    b = {\n      version = ">= 2"\n    }\n  }\n}\nprovider "c" {\n  version = "3"\n}\n'
    )
    assert file.required_providers == {"a": "~> 1", "b": ">= 2", "c": "3"}


def test_the_version_of_a_git_module_is_its_ref() -> None:
    file = terraform('module "m" {\n  source = "git::https://example.com/m.git?depth=1&ref=v1.2"\n}\n')
    assert (file.modules[0].version, file.modules[0].local) == ("v1.2", False)


def test_where_secrets_come_from_and_enter() -> None:
    facts = read(
        "terraform",
        "main.tf",
        'ephemeral "vault_kv_secret_v2" "a" {}\nresource "random_password" "b" {}\nvariable "t" {\n  sensitive = true\n}\n'
        'resource "x" "y" {\n  password = random_password.b.result\n  password_length = 12\n}\n',
    )
    assert [(s.tool, s.ephemeral) for s in facts if isinstance(s, SecretSource)] == [("vault", True), ("random", False)]
    assert [(s.name, s.source) for s in facts if isinstance(s, SecretInput)] == [("t", "variable"), ("password", "reference")]


def test_a_backend_in_generated_code_is_terragrunts() -> None:
    [file] = read(
        "terragrunt",
        "root.hcl",
        'generate "backend" {\n  path = "backend.tf"\n  contents = <<EOF\nterraform {\n  backend "gcs" {}\n}\nEOF\n}\n',
    )
    assert isinstance(file, TerragruntFile)
    assert file.backend is not None
    assert (file.backend.type, file.backend.at.line) == ("gcs", 1)


@pytest.mark.parametrize("path", [".terraform.lock.hcl", ".tflint.hcl", "image.pkr.hcl"])
def test_hcl_of_other_programs_is_not_terragrunt(path: str) -> None:
    assert read("terragrunt", path, "locals {\n  a = 1\n}\n") == []


def test_a_file_named_like_state_is_only_state_with_its_content() -> None:
    assert read("terraform-state", "x.tfstate", "") == []
    assert only(read("terraform-state", "x.tfstate", '{"version": 4, "serial": 1}'), StateFile)


def test_a_backend_in_a_template_is_seen_and_a_commented_one_is_not() -> None:
    [found] = read("terraform-template", "providers.tf.tpl", '# backend "s3" {\nterraform {\n  backend "gcs" {\n')
    assert isinstance(found, BackendTemplate)
    assert (found.type, found.at.line) == ("gcs", 3)


def test_cloudformation_resources_have_lines_and_dynamic_settings() -> None:
    text = "Transform: AWS::Serverless-2016-10-31\nResources:\n  Repo:\n    Type: AWS::ECR::Repository\n    Properties:\n      RepositoryName: !Ref Name\n"
    stack, resource = read("cloudformation", "t.yaml", text)
    assert isinstance(stack, Stack)
    assert (stack.tool, stack.declares) == ("sam", 1)
    assert isinstance(resource, Resource)
    assert (resource.type, resource.at.line, resource.settings) == ("AWS::ECR::Repository", 3, {"RepositoryName": "${!Ref Name}"})


def test_an_existing_resource_of_bicep_is_only_a_reference() -> None:
    text = "resource a 'Microsoft.Web/sites@2023-01-01' existing = {\n}\nresource aks 'Microsoft.ContainerService/managedClusters@2024-01-01' = {\n  name: 'main'\n}\n"
    found = [fact for fact in read("bicep", "main.bicep", text) if isinstance(fact, Resource)]
    assert [(r.type, r.at.line, r.settings) for r in found] == [
        ("Microsoft.ContainerService/managedClusters", 3, {"name": "main"})
    ]


def test_properties_of_bicep_are_named_by_where_they_stand() -> None:
    text = """var url = 'https://github.com/example/clusters.git'

resource flux 'Microsoft.KubernetesConfiguration/fluxConfigurations@2025-04-01' = if (enabled) {
  name: 'bootstrap' // the first one
  properties: {
    gitRepository: {
      url: url
      timeoutInSeconds: 180
      password: 'not-to-be-kept'
    }
    namespace: namespace
    list: [
      {
        name: 'first'
      }
    ]
    kustomizations: {
      'shop-app': {
        prune: true
      }
    }
  }
}

output name string = flux.name
"""
    (found,) = [fact for fact in read("bicep", "main.bicep", text) if isinstance(fact, Resource)]
    scalars = {key: value for key, value in found.settings.items() if value}
    assert scalars.pop("gitRepository.password") != "not-to-be-kept"
    assert scalars == {
        "name": "bootstrap",
        "gitRepository.url": "https://github.com/example/clusters.git",
        "gitRepository.timeoutInSeconds": "180",
        "namespace": "${namespace}",
        "list.name": "first",
        "kustomizations.shop-app.prune": "true",
    }


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("index.ts", 'import * as eks from "@pulumi/eks";\nconst c = new eks.Cluster("c", { version: "1.33" });'),
        ("__main__.py", 'import pulumi_eks as eks\nc = eks.Cluster("c", version="1.33")'),
        (
            "main.go",
            'import "github.com/pulumi/pulumi-eks/sdk/v3/go/eks"\nc, err := eks.NewCluster(ctx, "c", nil) // version: "1.33"',
        ),
        ("app.py", 'from aws_cdk import aws_eks as eks\nc = eks.Cluster(self, "c",\n    version=eks.KubernetesVersion.V1_33)'),
        ("Program.cs", 'using Pulumi.Eks;\nvar c = new Cluster("c", new ClusterArgs { Version = "1.33" });'),
    ],
)
def test_a_cluster_is_recognised_in_programs(path: str, text: str) -> None:
    [found] = read("infrastructure-programs", path, text)
    assert isinstance(found, Resource)
    assert (found.type, found.at.line) == ("AWS::EKS::Cluster", 2)


def test_a_type_or_a_comment_in_a_program_makes_nothing() -> None:
    text = "import * as eks from 'aws-cdk-lib/aws-eks';\n// new eks.Cluster(this)\nfunction f(c: eks.Cluster): eks.Cluster { return eks.Cluster.fromClusterAttributes(this); }"
    assert read("infrastructure-programs", "a.ts", text) == []


def test_a_list_with_hosts_is_only_a_playbook_with_something_to_play() -> None:
    assert read("ansible", "ingress.yaml", "- hosts: [a.example.com]\n  secretName: tls\n") == []
    assert only(read("ansible", "site.yml", "- hosts: all\n  roles: [web]\n"), Stack)


def test_a_composition_yields_what_it_makes_and_a_definition_nothing() -> None:
    text = "apiVersion: apiextensions.crossplane.io/v1\nkind: Composition\nspec:\n  resources:\n    - base:\n        apiVersion: s3.aws.upbound.io/v1beta1\n        kind: Bucket\n    - base:\n        apiVersion: aws.upbound.io/v1beta1\n        kind: ProviderConfig\n"
    found = [fact for fact in read("infrastructure-objects", "c.yaml", text) if isinstance(fact, Resource)]
    assert [(r.tool, r.type, r.at.line) for r in found] == [("crossplane", "s3.aws.upbound.io/Bucket", 6)]
    assert read("infrastructure-objects", "x.yaml", text.replace("Composition", "CompositeResourceDefinition")) == []


def test_a_script_for_tests_makes_no_cluster_worth_naming() -> None:
    assert only(read("cluster-scripts", "setup.sh", "gcloud container clusters create a\n"), ClusterScript)
    assert read("cluster-scripts", "e2e/setup.sh", "gcloud container clusters create a\n") == []
    assert read("cluster-scripts", "setup.sh", "# gcloud container clusters create a\n") == []


SECRETS = [
    ('password = "kX9vB2mQz7"', "password", False),
    ('admin_password = "Aa12345678"', "admin_password", False),
    ('api_token = "0a1b2c3d4e5f6a7b8c9d"', "api_token", False),
    ('x = "export S=kX9vB2mQz7/kX9vB2mQz7+kX9vB2mQz7kX9vB2mQ K=AKIAQ3EGZ7ABCDEFGH12"', "AWS access key", False),
    ('db_password = "secretpassword"', "db_password", True),
    ('"password": "postgres"', "password", True),
]


@pytest.mark.parametrize(("line", "name", "demo"), SECRETS)
def test_a_secret_is_found_and_never_shown(line: str, name: str, demo: bool) -> None:
    [found] = read("secrets-in-code", "main.tf", line)
    assert isinstance(found, HardcodedSecret)
    assert (found.name, found.demo) == (name, demo)
    assert line.rpartition('"')[0].rpartition('"')[2] not in found.at.excerpt


@pytest.mark.parametrize(
    "line",
    [
        'access_key = "AKIAIOSFODNN7EXAMPLE"',
        'access_key_id = "AKIAQ3EGZ7ABCDEFGH12"',
        "password = var.password",
        'password = "${var.password}"',
        'password = "<your password>"',
        'password = "changeme"',
        'password = ""',
        'secret_name = "kX9vB2mQz7kX9vB2mQz7"',
        'client_secret = "GRAFANA_CLIENT_SECRET"',
        'secret = "iap-oauth-client-secret"',
        'creation_token = "ckan-outputs"',
        'password_encryption = "scram-sha-256"',
        'api_token = "<OKTA_API_TOKEN>"',
        'token = "op://kubernetes/talos/TOKEN"',
        'token = "https://oauth2.example.com/token"',
        '# password = "kX9vB2mQz7"',
        'password = "kX9vB2mQz7" # pragma: allowlist secret',
    ],
)
def test_placeholders_references_and_names_are_no_secrets(line: str) -> None:
    assert read("secrets-in-code", "main.tf", line) == []


@pytest.mark.parametrize("folder", ["examples/a", "envs/dev-example", "keys.example"])
def test_a_demonstration_value_in_an_example_is_documentation(folder: str) -> None:
    assert read("secrets-in-code", f"{folder}/main.tf", 'password = "secretpassword"') == []


def test_a_key_in_an_example_is_there_to_try_things_out() -> None:
    key = "-----BEGIN RSA " + "PRIVATE KEY-----\n"
    found = [fact for folder in ("keys.example", "keys") for fact in read("private-keys", f"{folder}/sp.key", key)]
    assert [fact.demo for fact in found if isinstance(fact, HardcodedSecret)] == [True, False]


READERS = {
    "terraform": "main.tf",
    "terragrunt": "terragrunt.hcl",
    "terraform-variables": "a.tfvars",
    "terraform-backend-config": "a.tfbackend",
    "terraform-template": "a.tf.tpl",
    "terraform-state": "terraform.tfstate",
    "cloudformation": "a.yaml",
    "arm": "a.json",
    "bicep": "a.bicep",
    "serverless": "serverless.yml",
    "infrastructure-programs": "a.ts",
    "cdk-project": "cdk.json",
    "pulumi-project": "Pulumi.yaml",
    "ansible": "tasks/main.yml",
    "infrastructure-objects": "a.yaml",
    "talos": "talconfig.yaml",
    "cluster-scripts": "Makefile",
    "secrets-in-code": "a.tf",
    "secrets-in-templates": "a.yaml",
    "secrets-in-environment": ".env",
    "private-keys": "a.pem",
}
WORDS = st.sampled_from(
    ["resource", '"a"', "{", "}", "=", "[", "]", "\n", "\n  ", "- ", ": ", "hosts", "tasks", "roles", "k3s", "Resources", "Type", "AWS::EKS::Cluster", "Properties", "!Ref ", "kind", "Cluster",
     "apiVersion", "eks.aws.upbound.io/v1", "eksctl.io/v1", "spec", "terraform", "backend", "remote_state", "config", "include", "path", "runtime", "name", "resources", "deploymentTemplate.json", "{}", "[]", "1",
     "null", "password", "secret", '"kX9vB2mQz7"', "module", "source", "new eks.Cluster(", "@pulumi/eks", "<<EOT", "${", "é", "variable", "default", "service", "provider", '"app"', ",", "'"]
)  # fmt: skip


@pytest.mark.parametrize(("reader", "path"), READERS.items())
@settings(max_examples=60, deadline=None)
@given(words=st.lists(WORDS, max_size=40))
def test_no_file_makes_a_reader_raise(reader: str, path: str, words: list[str]) -> None:
    read(reader, path, " ".join(words))
    read(reader, path, "".join(words))


@pytest.mark.parametrize(("reader", "path"), READERS.items())
@pytest.mark.parametrize(
    "value",
    [
        "[]",
        "1",
        '"x"',
        "null",
        "{}",
        '{"Resources": [1]}',
        '{"resources": {"a": 1}, "runtime": 1}',
        "- 1\n- hosts: 5\n  tasks: x\n",
        "kind: 1\napiVersion: [eksctl.io]\n",
    ],
)
def test_values_of_the_wrong_type_are_tolerated(reader: str, path: str, value: str) -> None:
    for fact in read(reader, path, value + "\n# AWS:: Resources deploymentTemplate.json eksctl.io\n"):
        assert fact.at.path == path
