"""Reads infrastructure written in programming languages: AWS CDK, Pulumi and CDK for Terraform.

Nothing is run. The project file says that there is a stack; in program files only constructions of a few telling
resources are recognised by the names of their package and class.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from assessor.facts.base import Fact
from assessor.facts.infrastructure import Resource, Stack
from assessor.parsing.yaml import Map
from assessor.reading import Source, reader

from .cloudformation import plain_settings

_CDK = re.compile(rb"aws-cdk-lib|@aws-cdk/|aws_cdk|aws-cdk-go|Amazon\.CDK|software\.amazon\.awscdk|eks-blueprints")
_PULUMI = re.compile(rb"@pulumi/|\bpulumi_\w+|github\.com/pulumi/|\bPulumi\.\w+|com\.pulumi\b|\bimport pulumi\b")
_SIGNS = (b"cdk", b"CDK", b"ulumi", b"eks-blueprints")  # one of these is in whatever the two above find
_TEST = re.compile(r"\.(?:test|spec|d)\.[jt]s$|_test\.(?:go|py)$|(?:^|/)test_[^/]*\.py$|Tests?\.(?:cs|java)$")
_COMMENT = re.compile(r"\s*(?://|#|\*|/\*)")
_MADE = re.compile(
    r"\b(?:\w+\.){0,4}(\w+)\.(?:New)?(CfnCluster|FargateCluster|AutoModeCluster|Cluster|ManagedCluster|KubernetesCluster|Repository|Bucket|BucketV2|Vpc|FargateService|Table|Secret|Function)\("
)
_BARE = re.compile(
    r"\bnew\s+(FargateCluster|Cluster|ManagedCluster|KubernetesCluster)(?:<\w*>)?\(|\b(Cluster|FargateCluster)\.Builder\.create\("
)
_BLUEPRINT = re.compile(r"\bEksBlueprint\.builder\(")
_VERSION = re.compile(
    r"""\b(?:version|kubernetes_?[vV]ersion|min_?[mM]aster_?[vV]ersion)\s*[:=]\s*(?:eks\.KubernetesVersion\.V(\d+)_(\d+)|["'`]([\d.]+)["'`])"""
)

# (package, class) → the resource's type in the tool's own words; a package may also be written with a prefix.
_TYPES = {
    "eks": ("AWS::EKS::Cluster", {"Cluster", "FargateCluster", "CfnCluster", "AutoModeCluster"}),
    "container": ("gcp:container:Cluster", {"Cluster"}),
    "containerservice": ("azure:containerservice:ManagedCluster", {"ManagedCluster", "KubernetesCluster"}),
    "digitalocean": ("digitalocean:KubernetesCluster", {"KubernetesCluster"}),
    "oci": ("oci:containerengine:Cluster", {"Cluster"}),
    "containerengine": ("oci:containerengine:Cluster", {"Cluster"}),
    "ecr": ("AWS::ECR::Repository", {"Repository"}),
    "artifactregistry": ("gcp:artifactregistry:Repository", {"Repository"}),
    "s3": ("AWS::S3::Bucket", {"Bucket", "BucketV2"}),
    "ec2": ("AWS::EC2::VPC", {"Vpc"}),
    "ecs": ("AWS::ECS::Cluster", {"Cluster"}),
    "dynamodb": ("AWS::DynamoDB::Table", {"Table"}),
    "secretsmanager": ("AWS::SecretsManager::Secret", {"Secret"}),
    "lambda": ("AWS::Lambda::Function", {"Function"}),
}
_PREFIX = re.compile(r"^_*(?:aws_?cdk_?|aws_?|pulumi_)?", re.I)
_EKS = re.compile(rb"aws-eks|aws_eks|@pulumi/eks|pulumi_eks|Pulumi\.Eks|pulumi\.eks|AWS\.EKS|services\.eks")


@reader("infrastructure-programs", names=("*.ts", "*.py", "*.go", "*.cs", "*.java"))
def read_program(source: Source) -> Iterator[Resource]:
    """Yield the telling resources a program of CDK or Pulumi makes."""
    if not any(sign in source.data for sign in _SIGNS):
        return
    cdk = bool(_CDK.search(source.data))
    if not (cdk or _PULUMI.search(source.data)) or _TEST.search(source.path) or len(source.data) > 512 * 1024:
        return
    bare_is_eks = bool(_EKS.search(source.data))
    for number, line in enumerate(source.lines, 1):
        if "(" not in line or len(line) > 500 or _COMMENT.match(line):
            continue
        type = _type(line, bare_is_eks)
        if type:
            found = _VERSION.search("\n".join(source.lines[number - 1 : number + 15])[:2000])
            version = (f"{found.group(1)}.{found.group(2)}" if found.group(1) else found.group(3)) if found else ""
            yield Resource(
                at=source.place(number),
                tool="cdk" if cdk else "pulumi",
                type=type,
                name="",
                settings={"version": version} if version and "luster" in type else {},
            )


def _type(line: str, bare_is_eks: bool) -> str:
    for match in _MADE.finditer(line):
        type, classes = _TYPES.get(_PREFIX.sub("", match.group(1)).lower(), ("", set()))
        if match.group(2) in classes:
            return type
    if _BLUEPRINT.search(line) or (bare_is_eks and _BARE.search(line)):
        return "AWS::EKS::Cluster"
    return ""


@reader("cdk-project", names=("cdk.json", "cdktf.json"))
def read_cdk_project(source: Source) -> Iterator[Stack]:
    """Yield a CDK app; without an app command it only configures the tool."""
    value = source.json
    if isinstance(value, dict) and isinstance(value.get("app"), str):
        yield Stack(at=source.place(source.line_with('"app"')), tool=source.name.partition(".")[0])


@reader("pulumi-project", names=("Pulumi.yaml", "Pulumi.yml"))
def read_pulumi_project(source: Source) -> Iterator[Fact]:
    """Yield a Pulumi project, and the resources of one written in YAML."""
    value = source.yaml
    if not isinstance(value, Map) or not ("runtime" in value or "resources" in value):
        return
    resources = value.get("resources")
    declared = resources if isinstance(resources, Map) else Map()
    name = value.get("name")
    yield Stack(at=source.place(1), tool="pulumi", name=name if isinstance(name, str) else "", declares=len(declared))
    for key, body in declared.items():
        if isinstance(body, Map) and isinstance(body.get("type"), str):
            at = source.place(declared.lines.get(key, 1))
            yield Resource(at=at, tool="pulumi", type=body["type"], name=key, settings=plain_settings(body.get("properties")))
