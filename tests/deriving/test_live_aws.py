"""What AWS shows is joined with what files declare; only what is certain is called a contradiction."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from assessor.collectors.aws.claims import claim
from assessor.deriving import derive_organization
from assessor.facts.aws import (
    AwsAccount,
    AwsInventory,
    AwsResource,
    DeployedStack,
    EcrRepository,
    EksCluster,
    LockTable,
    ManagedShare,
    SecretStore,
    StateBucket,
    StateResource,
    TerraformState,
)
from assessor.facts.base import Fact, Gap, Place
from assessor.facts.infrastructure import TerraformRoot
from assessor.facts.live import Contradiction
from assessor.facts.repository import Organization
from tests.organizations import scan_repository, write

A, R = "123456789012", "eu-west-1"
BACKEND = 'terraform {{\n  backend "s3" {{\n    bucket = "state"\n    key    = "{key}"\n    region = "eu-west-1"\n    {more}\n  }}\n}}\nprovider "aws" {{}}\n'
BUCKET_ARN = "arn:aws:s3:::state"


def root(key: str = "net/terraform.tfstate", more: str = "") -> str:
    return BACKEND.format(key=key, more=more)


def at(path: str) -> Place:
    return Place("", path, source="aws")


def arn(service: str, name: str, account: str = A, region: str = R) -> str:
    return f"arn:aws:{service}:{region}:{account}:{name}"


def account(whole: bool = True, number: str = A) -> AwsAccount:
    return AwsAccount(at=at(f"arn:aws:iam::{number}:root"), account=number, regions=(R,), whole=whole)


def bucket(**fields: Any) -> StateBucket:
    given = {"exists": True, "owned": True, "versioning": True, "encryption": "AES256", "closed": True, "complete": True}
    return StateBucket(at=at(BUCKET_ARN), account=A, region=R, name="state", **{**given, **fields})


def cluster(name: str, version: str = "1.34", support: str = "standard") -> EksCluster:
    return EksCluster(at=at(arn("eks", f"cluster/{name}")), account=A, region=R, name=name, version=version, support=support)


def repository(name: str) -> EcrRepository:
    return EcrRepository(at=at(arn("ecr", f"repository/{name}")), account=A, region=R, name=name)


def inventory(*found: tuple[str, str], complete: bool = True) -> AwsInventory:
    resources = tuple(AwsResource(path, claim) for path, claim in found)
    return AwsInventory(at=at(f"{A}/{R}/resources"), account=A, region=R, resources=resources, complete=complete)


def state(key: str, *found: tuple[str, str]) -> TerraformState:
    resources = tuple(StateResource(*pair) for pair in found)
    return TerraformState(at=at(f"{BUCKET_ARN}/{key}"), account=A, region=R, bucket="state", key=key, resources=resources)


def joined(tmp_path: Path, files: dict[str, str], facts: Iterable[Fact], gaps: tuple[Gap, ...] = ()) -> Organization:
    scanned = scan_repository(write(tmp_path / "infra", files))
    return derive_organization(
        Organization(at=Place("", ""), name="acme", repositories=(scanned,), facts=tuple(facts), gaps=gaps, asked=("aws",))
    )


def contradictions(organization: Organization) -> set[tuple[str, str]]:
    return {(c.name, c.subject) for c in organization.of(Contradiction)}


def share(organization: Organization) -> ManagedShare:
    (found,) = organization.of(ManagedShare)
    return found


class TestBackends:
    def test_a_missing_bucket_is_one_contradiction_of_all_its_roots(self, tmp_path: Path) -> None:
        files = {"a/main.tf": root("a"), "b/main.tf": root("b")}
        found = joined(
            tmp_path, files, [account(), bucket(exists=False, owned=False, versioning=None, encryption=None, closed=None)]
        )
        (one,) = found.of(Contradiction)
        assert (one.name, one.subject, one.check) == ("target-missing", "state", "iac.remote-state")
        assert "2 roots keep state" in one.summary
        assert (one.declared and one.declared.path, one.observed and one.observed.path) == ("a/main.tf", BUCKET_ARN)

    def test_an_unversioned_bucket_is_unprotected_and_an_unknown_setting_is_not(self, tmp_path: Path) -> None:
        found = joined(tmp_path, {"main.tf": root()}, [account(), bucket(versioning=False, keys=("net/terraform.tfstate",))])
        assert contradictions(found) == {("unprotected", "state")}
        found = joined(tmp_path, {"main.tf": root()}, [account(), bucket(versioning=None, keys=("net/terraform.tfstate",))])
        assert not contradictions(found)

    def test_the_owner_of_a_bucket_knows_more_of_it_than_another_account(self, tmp_path: Path) -> None:
        stranger = bucket(owned=False, exists=True, versioning=None, keys=())
        for facts in ([stranger, bucket(keys=("net/terraform.tfstate",))], [bucket(keys=("net/terraform.tfstate",)), stranger]):
            seen = joined(tmp_path, {"main.tf": root()}, facts).of(TerraformRoot)[0].seen
            assert seen is not None
            assert seen.applied

    @pytest.mark.parametrize(
        ("keys", "complete", "applied"),
        [
            (("net/terraform.tfstate",), True, True),
            (("env:/prod/net/terraform.tfstate",), True, True),
            (("other/terraform.tfstate",), True, False),
            (("subnet/terraform.tfstate",), True, False),
            (("other/net/terraform.tfstate",), True, False),
            ((), False, None),
        ],
    )
    def test_a_root_without_state_was_never_applied_if_all_of_the_bucket_was_listed(
        self, tmp_path: Path, keys: tuple[str, ...], complete: bool, applied: bool | None
    ) -> None:
        found = joined(tmp_path, {"main.tf": root()}, [account(), bucket(keys=keys, complete=complete)])
        seen = found.of(TerraformRoot)[0].seen
        assert seen is not None
        assert seen.applied is applied
        assert (("declared-not-running", "infra") in contradictions(found)) is (applied is False)

    def test_a_lock_table_without_the_key_terraform_needs(self, tmp_path: Path) -> None:
        table = LockTable(at=at(arn("dynamodb", "table/locks")), account=A, region=R, name="locks", exists=True, hash_key="id")
        files = {"main.tf": root(more='dynamodb_table = "locks"')}
        found = joined(tmp_path, files, [account(), bucket(keys=("net/terraform.tfstate",)), table])
        assert contradictions(found) == {("target-missing", "locks")}
        assert "its hash key is id, not LockID" in found.of(Contradiction)[0].summary

    def test_a_lock_table_is_missing_only_if_the_owner_of_the_bucket_says_so(self, tmp_path: Path) -> None:
        def table(number: str, exists: bool) -> LockTable:
            at_ = at(arn("dynamodb", "table/locks", account=number))
            return LockTable(at=at_, account=number, region=R, name="locks", exists=exists, hash_key="LockID" if exists else "")

        files = {"main.tf": root(more='dynamodb_table = "locks"')}
        held = bucket(keys=("net/terraform.tfstate",))
        other = "999999999999"
        assert not contradictions(joined(tmp_path, files, [account(), held, table(A, True), table(other, False)]))
        assert not contradictions(joined(tmp_path, files, [account(), bucket(owned=False), table(A, False)]))
        found = joined(tmp_path, files, [account(), held, table(A, False), table(other, False)])
        assert contradictions(found) == {("target-missing", "locks")}

    def test_workspaces_may_be_kept_under_another_prefix(self, tmp_path: Path) -> None:
        files = {"main.tf": root(more='workspace_key_prefix = "spaces"')}
        for key, applied in (("spaces/dev/net/terraform.tfstate", True), ("env:/dev/net/terraform.tfstate", False)):
            seen = joined(tmp_path, files, [account(), bucket(keys=(key,))]).of(TerraformRoot)[0].seen
            assert seen is not None
            assert seen.applied is applied

    def test_nothing_is_known_of_a_bucket_nobody_was_asked_about(self, tmp_path: Path) -> None:
        found = joined(tmp_path, {"main.tf": root()}, [account()])
        assert found.of(TerraformRoot)[0].seen is None


class TestWhatRuns:
    EKS = (
        root() + 'module "eks" {\n  source = "terraform-aws-modules/eks/aws"\n  name = "prod"\n  kubernetes_version = "1.34"\n}\n'
    )

    def test_another_version_than_declared_has_drifted(self, tmp_path: Path) -> None:
        found = joined(tmp_path, {"main.tf": self.EKS}, [account(), cluster("prod", "1.33")])
        assert contradictions(found) == {("drifted", "prod")}

    def test_a_version_eks_no_longer_supports(self, tmp_path: Path) -> None:
        found = joined(tmp_path, {"main.tf": self.EKS}, [account(), cluster("prod", "1.34", "ended")])
        assert contradictions(found) == {("unsupported", "prod")}

    def test_a_cluster_nothing_declares(self, tmp_path: Path) -> None:
        found = joined(tmp_path, {"main.tf": self.EKS}, [account(), cluster("prod"), cluster("toy")])
        assert contradictions(found) == {("running-not-declared", "toy")}

    @pytest.mark.parametrize(
        "claimed",
        [
            inventory((arn("eks", "cluster/toy"), "tag")),
            state("net/terraform.tfstate", ("aws_eks_cluster", arn("eks", "cluster/toy"))),
            DeployedStack(
                at=at(arn("cloudformation", "stack/toy/1")),
                account=A,
                region=R,
                name="toy",
                resources=(AwsResource(arn("eks", "cluster/toy"), "stack"),),
            ),
        ],
        ids=["tag", "state", "stack"],
    )
    def test_one_that_something_claims_is_declared(self, tmp_path: Path, claimed: Fact) -> None:
        found = joined(tmp_path, {"main.tf": self.EKS}, [account(), cluster("toy"), claimed])
        assert not contradictions(found)

    def test_a_name_only_known_at_run_time_may_be_any(self, tmp_path: Path) -> None:
        files = {"main.tf": self.EKS.replace('"prod"', '"${terraform.workspace}-eks"')}
        found = joined(tmp_path, files, [account(), cluster("toy")])
        assert not contradictions(found)
        assert found.of(EksCluster)[0].declared is None

    def test_names_given_to_a_local_module(self, tmp_path: Path) -> None:
        files = {
            "live/main.tf": root() + 'module "images" {\n  source = "../modules/images"\n  repositories = ["shop", "api"]\n}\n',
            "modules/images/main.tf": 'variable "repositories" {}\nresource "aws_ecr_repository" "this" {\n  for_each = toset(var.repositories)\n  name = each.key\n}\n',
        }
        found = joined(tmp_path, files, [account(), repository("shop"), repository("api"), repository("toy")])
        assert contradictions(found) == {("running-not-declared", "toy")}

    def test_what_state_has_and_the_account_does_not_was_removed(self, tmp_path: Path) -> None:
        gone = state("net/terraform.tfstate", ("aws_eks_cluster", arn("eks", "cluster/prod")))
        found = joined(tmp_path, {"main.tf": self.EKS}, [account(), gone])
        assert contradictions(found) == {("declared-not-running", "prod")}

    @pytest.mark.parametrize(
        "path", [arn("eks", "cluster/prod", account="999999999999"), arn("eks", "cluster/prod", region="us-east-1")]
    )
    def test_but_not_where_nobody_was_asked(self, tmp_path: Path, path: str) -> None:
        found = joined(tmp_path, {"main.tf": self.EKS}, [account(), state("net/terraform.tfstate", ("aws_eks_cluster", path))])
        assert not contradictions(found)

    def test_nor_where_clusters_were_not_shown(self, tmp_path: Path) -> None:
        gone = state("net/terraform.tfstate", ("aws_eks_cluster", arn("eks", "cluster/prod")))
        gap = Gap("aws", f"account {A}, {R}", "may not eks ListClusters: grant eks:ListClusters", kinds=("eks-cluster",))
        assert not contradictions(joined(tmp_path, {"main.tf": self.EKS}, [account(), gone], (gap,)))

    def test_code_that_takes_secrets_from_an_empty_store(self, tmp_path: Path) -> None:
        files = {"main.tf": root() + 'data "aws_secretsmanager_secret_version" "db" {\n  secret_id = "prod/db"\n}\n'}
        assert contradictions(joined(tmp_path, files, [account()])) == {("target-missing", "Secrets Manager")}
        assert not contradictions(joined(tmp_path, files, [account(whole=False)]))
        used = SecretStore(at=at("arn:aws:secretsmanager"), account=A, region=R, secrets=1)
        assert not contradictions(joined(tmp_path, files, [account(), used]))


class TestCoverage:
    def test_state_is_stronger_than_a_stack_and_that_than_a_tag(self, tmp_path: Path) -> None:
        a, b, c, d = (arn("sqs", name) for name in "abcd")
        read = state("net/terraform.tfstate", ("aws_sqs_queue", a))
        found = share(
            joined(tmp_path, {"main.tf": root()}, [account(), read, inventory((a, "tag"), (b, "stack"), (c, "tag"), (d, ""))])
        )
        assert (found.by_state, found.by_stack, found.by_tag, found.total) == (1, 1, 1, 4)
        assert [place.path for place in found.unmanaged] == [d]

    def test_an_id_claims_what_has_no_arn_in_state(self, tmp_path: Path) -> None:
        read = state("net/terraform.tfstate", ("aws_nat_gateway", "nat-0a1b2c3d4e5f"))
        nat = arn("ec2", "natgateway/nat-0a1b2c3d4e5f")
        assert share(joined(tmp_path, {"main.tf": root()}, [account(), read, inventory((nat, ""))])).by_state == 1

    def test_what_is_listed_twice_counts_once(self, tmp_path: Path) -> None:
        image = repository("shop")
        found = share(joined(tmp_path, {"main.tf": root()}, [account(), image, inventory((image.at.path, "tag"))]))
        assert (found.total, found.by_tag) == (1, 1)

    @pytest.mark.parametrize(
        "path",
        [
            arn("cloudformation", "stack/net/1"),
            arn("ec2", "network-interface/eni-0a1b"),
            arn("ec2", "snapshot/snap-0a1b"),
            arn("rds", "snapshot:rds:main-2026"),
            arn("ecs", "task/shop/1"),
        ],
    )
    def test_what_nobody_can_declare_is_left_out(self, tmp_path: Path, path: str) -> None:
        found = share(joined(tmp_path, {"main.tf": root()}, [account(), inventory((path, ""), (arn("sqs", "a"), "tag"))]))
        assert found.total == 1

    def test_how_many_roots_were_not_read(self, tmp_path: Path) -> None:
        files = {
            "a/main.tf": root("a/terraform.tfstate"),
            "b/main.tf": root("b/terraform.tfstate"),
            "c/main.tf": 'provider "aws" {}\nresource "aws_sqs_queue" "q" {}\n',
        }
        held = bucket(keys=("a/terraform.tfstate", "b/terraform.tfstate"))
        some = inventory((arn("sqs", "a"), ""))
        found = share(joined(tmp_path, files, [account(), held, state("a/terraform.tfstate"), some]))
        assert (found.roots, found.unread) == (3, 2)
        found = share(
            joined(tmp_path, files, [account(), held, state("a/terraform.tfstate"), state("b/terraform.tfstate"), some])
        )
        assert (found.roots, found.unread) == (3, 1)

    def test_nothing_listed_is_no_share(self, tmp_path: Path) -> None:
        assert not joined(tmp_path, {"main.tf": root()}, [account(), bucket()]).of(ManagedShare)


@pytest.mark.parametrize(
    ("tags", "whose"),
    [
        ({"aws:cloudformation:stack-id": "arn"}, "stack"),
        ({"ManagedBy": "Terraform"}, "tag"),
        ({"managed-by": "opentofu"}, "tag"),
        ({"terraform": "true"}, "tag"),
        ({"Terraform": "false"}, ""),
        ({"managed-by": "the network team"}, ""),
        ({"crossplane-name": "db"}, "tag"),
        ({"aws:autoscaling:groupName": "nodes"}, "made"),
        ({"ebs.csi.aws.com/cluster": "true"}, "made"),
        ({"kubernetes.io/cluster/prod": "owned", "elbv2.k8s.aws/cluster": "prod"}, "made"),
        ({"aws:eks:cluster-name": "prod", "ManagedBy": "Terraform"}, "tag"),
        ({"Name": "terraform"}, ""),
        ({}, ""),
    ],
)
def test_tags_say_whose_a_resource_is(tags: dict[str, str], whose: str) -> None:
    assert claim(tags) == whose
