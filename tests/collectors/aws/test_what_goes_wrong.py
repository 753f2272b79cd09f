"""Refusals, scripted answers and silence: each costs what it hides, and says why."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from typing import Any

import pytest

from assessor.collectors.aws import accounts, asking, topics
from assessor.facts.aws import (
    AwsAccount,
    EcrRegistry,
    EcrRepository,
    SecretStore,
)
from assessor.facts.base import Fact, Gap
from tests.collectors.aws.account import BACKEND, KEY, SECRET, ask, impatient, of, only, reasons, state_bucket
from tests.standins.aws import ACCOUNT, Answer, Server, error, says


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
