"""What the AWS collector sees over HTTP, through boto3, in a healthy account: moto's server."""

from __future__ import annotations

import json
import re
from typing import Any

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
)
from assessor.snapshot import Snapshot, dump
from tests.collectors.aws.account import BACKEND, REGION, ask, of, only, reasons, state_bucket
from tests.standins import aws
from tests.standins.aws import ACCOUNT, Answer, Server, says


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
