"""Every call the collector may make, and the IAM policy that grants exactly these.

Actions are those of the Service Authorization Reference, whose names differ from the operations in places (`HeadBucket`
and `ListObjectsV2` both need ``s3:ListBucket``).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from assessor.settings import AwsSettings

ASSUME = "AssumeRole"


@dataclass(frozen=True, slots=True)
class Call:
    """One operation of a service as boto3 names them, what grants it, and what for."""

    service: str
    operation: str
    action: str  # of IAM; "" needs no permission
    reason: str
    state: bool = False  # only with `read_state`


CALLS = (
    Call("sts", "GetCallerIdentity", "", "which account answers"),
    Call("sts", "AssumeRole", "sts:AssumeRole", "the roles named in the settings"),
    Call("iam", "ListAccountAliases", "iam:ListAccountAliases", "the account's name in reports"),
    Call("ec2", "DescribeRegions", "ec2:DescribeRegions", "the regions enabled for the account"),
    Call("s3", "ListBuckets", "s3:ListAllMyBuckets", "which buckets exist"),
    Call("s3", "HeadBucket", "s3:ListBucket", "whether a backend's bucket exists"),
    Call("s3", "GetBucketVersioning", "s3:GetBucketVersioning", "how the state's bucket is protected"),
    Call("s3", "GetBucketEncryption", "s3:GetEncryptionConfiguration", "how the state's bucket is protected"),
    Call("s3", "GetPublicAccessBlock", "s3:GetBucketPublicAccessBlock", "how the state's bucket is protected"),
    Call("s3control", "GetPublicAccessBlock", "s3:GetAccountPublicAccessBlock", "how the account's buckets are protected"),
    Call("s3", "ListObjectsV2", "s3:ListBucket", "states and lock objects in a backend's bucket"),
    Call("s3", "ListObjectVersions", "s3:ListBucketVersions", "earlier lock objects of a state"),
    Call("s3", "GetObject", "s3:GetObject", "types and ids in Terraform state", state=True),
    Call("dynamodb", "DescribeTable", "dynamodb:DescribeTable", "lock tables that backends name"),
    Call("ecr", "DescribeRepositories", "ecr:DescribeRepositories", "image repositories and their tag mutability"),
    Call("ecr", "GetRegistryScanningConfiguration", "ecr:GetRegistryScanningConfiguration", "whether the registry scans"),
    Call("ecr", "BatchGetRepositoryScanningConfiguration", "ecr:BatchGetRepositoryScanningConfiguration", "whether a repository is scanned"),
    Call("eks", "ListClusters", "eks:ListClusters", "clusters"),
    Call("eks", "DescribeCluster", "eks:DescribeCluster", "their versions"),
    Call("eks", "DescribeClusterVersions", "eks:DescribeClusterVersions", "which versions are supported"),
    Call("eks", "ListCapabilities", "eks:ListCapabilities", "a managed Argo CD"),
    Call("secretsmanager", "ListSecrets", "secretsmanager:ListSecrets", "how many secrets there are; no value is read"),
    Call("cloudformation", "ListStacks", "cloudformation:ListStacks", "stacks and the drift last found"),
    Call("cloudformation", "ListStackResources", "cloudformation:ListStackResources", "what stacks manage"),
    Call("resourcegroupstaggingapi", "GetResources", "tag:GetResources", "what exists, and who claims it"),
)  # fmt: skip
BY_NAME = {(call.service, call.operation): call for call in CALLS}


def permissions(settings: AwsSettings) -> str:
    """Return the least IAM policy for these settings, as JSON.

    Content is only read with `read_state`, roles are only assumed where some are named: without, neither is granted.
    """
    named = [call for call in CALLS if call.action]
    plain = sorted({call.action for call in named if not call.state and call.operation != ASSUME})
    statements = [_statement("ReadSettings", plain, ["*"])]
    if settings.read_state:
        state = sorted({call.action for call in named if call.state})
        statements.append(_statement("ReadTerraformState", state, ["arn:aws:s3:::*/*.tfstate", "arn:aws:s3:::*/env:/*"]))
    if settings.roles:
        assume = sorted({call.action for call in named if call.operation == ASSUME})
        statements.append(_statement("AssumeRoles", assume, sorted(settings.roles)))
    return json.dumps({"Version": "2012-10-17", "Statement": statements}, indent=2) + "\n"


def _statement(sid: str, actions: list[str], resources: list[str]) -> dict[str, Any]:
    return {"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resources}
