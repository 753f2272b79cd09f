"""What tests ask of an AWS account, and the state that is kept in it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.config import Config

from assessor.collectors.aws import COLLECTOR, asking, sessions
from assessor.facts.base import Fact, Gap, Place
from assessor.facts.infrastructure import Backend, TerraformRoot
from assessor.facts.repository import Organization
from assessor.observing import silent
from assessor.settings import AwsSettings
from tests.standins.aws import ACCOUNT

REGION = "eu-west-1"
KEY, SECRET, TOKEN = "AKIACANARYCANARY0001", "canarySecret/Key+0123456789abcdefghijklm", "canary-session-token-0123456789"
STATE: dict[str, Any] = {
    "version": 4,
    "resources": [
        {
            "mode": "managed",
            "type": "aws_db_instance",
            "instances": [
                {"attributes": {"id": "db-1", "arn": f"arn:aws:rds:{REGION}:{ACCOUNT}:db:main", "password": "hunter2hunter2"}}
            ],
        },
        {"mode": "managed", "type": "aws_iam_access_key", "instances": [{"attributes": {"id": "AKIAOTHERCANARY00001"}}]},
        {"mode": "data", "type": "aws_vpc", "instances": [{"attributes": {"arn": "arn:aws:ec2:::vpc/x"}}]},
        {"mode": "managed", "type": "random_password", "instances": [{"attributes": {"id": "none", "result": "hunter3hunter3"}}]},
        {"mode": "managed", "type": "aws_nat_gateway", "instances": [{"attributes": {"id": "nat-0a1b2c3d4e5f"}}]},
    ],
}

BACKEND = {"bucket": "acme-state", "key": "network/terraform.tfstate", "region": REGION, "dynamodb_table": "locks"}


def impatient(monkeypatch: pytest.MonkeyPatch, seconds: float, tries: int = 1) -> None:
    config = Config(connect_timeout=1, read_timeout=seconds, retries={"mode": "standard", "total_max_attempts": tries})
    monkeypatch.setattr(asking, "CONFIG", config)
    monkeypatch.setattr(sessions, "CONFIG", config)


def declared(*backends: dict[str, str]) -> Organization:
    at = Place("infra", "main.tf", 1)
    roots = tuple(TerraformRoot(at=at, folder=str(n), backend=Backend("s3", at, b)) for n, b in enumerate(backends))
    return Organization(at=Place("", ""), name="acme", facts=roots)


def ask(*backends: dict[str, str], **settings: Any) -> tuple[list[Fact], list[Gap]]:
    found = list(COLLECTOR.observe(AwsSettings(**{"regions": (REGION,), **settings}), declared(*backends), silent))
    return [f for f in found if isinstance(f, Fact)], [g for g in found if isinstance(g, Gap)]


def only(facts: list[Fact], kind: type[Any]) -> Any:
    (found,) = [fact for fact in facts if isinstance(fact, kind)]
    return found


def of(facts: list[Fact], kind: type[Any]) -> list[Any]:
    return [fact for fact in facts if isinstance(fact, kind)]


def reasons(gaps: list[Gap]) -> str:
    return "\n".join(f"{gap.subject}: {gap.reason}" for gap in gaps)


def state_bucket(make: Any, *, versions: bool = True, body: bytes | None = None) -> None:
    s3 = make("s3")
    s3.create_bucket(Bucket="acme-state", CreateBucketConfiguration={"LocationConstraint": REGION})
    if versions:
        s3.put_bucket_versioning(Bucket="acme-state", VersioningConfiguration={"Status": "Enabled"})
    s3.put_public_access_block(
        Bucket="acme-state",
        PublicAccessBlockConfiguration=dict.fromkeys(
            ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True
        ),
    )
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}
    s3.put_bucket_encryption(Bucket="acme-state", ServerSideEncryptionConfiguration={"Rules": [rule]})
    s3.put_object(Bucket="acme-state", Key="network/terraform.tfstate", Body=body or json.dumps(STATE).encode())
