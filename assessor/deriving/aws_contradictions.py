"""Where files and AWS do not agree, each with both sides' places."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from assessor.facts.aws import (
    AwsAccount,
    DeployedStack,
    EcrRepository,
    EksCluster,
    LockTable,
    Runs,
    SecretStore,
    StateBucket,
    TerraformState,
)
from assessor.facts.base import Place
from assessor.facts.infrastructure import SecretSource, TerraformRoot
from assessor.facts.live import Contradiction
from assessor.facts.repository import Organization

from .aws_names import Declared

MAX_NAMED = 50  # of one kind
_ORGANIZATION = Place("", "")


def contradictions(organization: Organization, buckets: Mapping[str, StateBucket], clusters: Declared) -> Iterator[Contradiction]:
    """Yield every contradiction; what could not be told is none."""
    yield from _state(organization, buckets)
    yield from _tables(organization)
    yield from _not_declared(organization)
    yield from _versions(organization, clusters)
    yield from _gone(organization)
    yield from _drifted(organization)
    yield from _secrets(organization)


def _found(
    name: str, subject: str, summary: str, step: int, check: str, declared: Place | None, observed: Place | None
) -> Contradiction:
    return Contradiction(
        at=_ORGANIZATION,
        name=name,
        subject=subject,
        summary=summary,
        step=step,
        check=check,
        declared=declared,
        observed=observed,
    )


def _state(organization: Organization, buckets: Mapping[str, StateBucket]) -> Iterator[Contradiction]:
    """Compare backends with the buckets they name: one finding a bucket, and one a root that was never applied."""
    declared: dict[str, list[TerraformRoot]] = defaultdict(list)
    for root in organization.of(TerraformRoot):
        if root.seen and root.backend:
            declared[root.backend.settings.get("bucket", "")].append(root)
            if root.seen.applied is False and root.seen.exists:
                told = "its backend's bucket holds no state of it: it was never applied, or keeps its state elsewhere"
                name = f"{root.at.repository}/{root.folder}" if root.folder else root.at.repository
                yield _found("declared-not-running", name, told, 1, "iac.remote-state", root.backend.at, root.seen.at)
    for name, roots in sorted(declared.items()):
        bucket, at = buckets[name], roots[0].backend.at if roots[0].backend else roots[0].at
        count = f"{len(roots)} root{'s' if len(roots) > 1 else ''}"
        if bucket.exists is False:
            told = f"the bucket in which {count} keep{'' if len(roots) > 1 else 's'} state does not exist"
            yield _found("target-missing", name, told, 1, "iac.remote-state", at, bucket.at)
        lacking = missing_protections(bucket)
        if lacking:
            told = f"the bucket that keeps the state of {count} has no {' and no '.join(lacking)}"
            yield _found("unprotected", name, told, 1, "iac.state-store-hardened", at, bucket.at)


def missing_protections(bucket: StateBucket) -> list[str]:
    """Return which protections a bucket is known to lack."""
    told = {"versioning": bucket.versioning, "encryption": bucket.encryption != "" if bucket.encryption is not None else None}
    told["block of public access"] = bucket.closed
    return [name for name, holds in told.items() if holds is False]


def _tables(organization: Organization) -> Iterator[Contradiction]:
    tables = {table.at: table for table in reversed(organization.of(LockTable))}  # the first of a place counts
    for at_table, root in _first_by_table(organization).items():
        table = tables[at_table]
        told = f"its hash key is {table.hash_key}, not LockID" if table.exists else "there is no such table"
        summary = f"the lock table that {root.folder or 'a root'} names cannot lock: {told}"
        at = root.backend.at if root.backend else root.at
        yield _found("target-missing", table.name, summary, 1, "iac.state-lock", at, table.at)


def _first_by_table(organization: Organization) -> dict[Place, TerraformRoot]:
    found: dict[Place, TerraformRoot] = {}
    for root in organization.of(TerraformRoot):
        if root.seen and root.seen.table is False and root.seen.table_at:
            found.setdefault(root.seen.table_at, root)
    return found


def _not_declared(organization: Organization) -> Iterator[Contradiction]:
    name = "running-not-declared"
    for cluster in [c for c in organization.of(EksCluster) if c.declared is False][:MAX_NAMED]:
        told = f"EKS cluster in {cluster.region} of account {cluster.account} that nothing scanned declares"
        yield _found(name, cluster.name, told, 3, "k8s.cluster-iac", None, cluster.at)
    for repository in [r for r in organization.of(EcrRepository) if r.declared is False][:MAX_NAMED]:
        told = f"ECR repository in {repository.region} of account {repository.account} that nothing scanned declares"
        yield _found(name, repository.name, told, 2, "ctr.registry-declared", None, repository.at)


def _versions(organization: Organization, declared: Declared) -> Iterator[Contradiction]:
    for cluster in organization.of(EksCluster):
        version, at = declared.versions.get(cluster.name, ("", None))
        if at and version and cluster.version and cluster.version != version.removeprefix("v"):
            told = f"Kubernetes {version} is declared, {cluster.version} runs"
            yield _found("drifted", cluster.name, told, 3, "k8s.cluster-iac", at, cluster.at)
        if cluster.support == "ended":
            told = f"Kubernetes {cluster.version} runs, which EKS no longer supports"
            yield _found("unsupported", cluster.name, told, 3, "k8s.cluster-supported", at or cluster.declared_at, cluster.at)


_LISTED: dict[str, tuple[type[Runs], int, str]] = {
    "aws_eks_cluster": (EksCluster, 3, "k8s.cluster-iac"),
    "aws_ecr_repository": (EcrRepository, 2, "ctr.registry-declared"),
}


def _gone(organization: Organization) -> Iterator[Contradiction]:
    """Yield what a Terraform state manages and its account, which was asked, does not have: removed by hand."""
    answered = {(account.account, region) for account in organization.of(AwsAccount) for region in account.regions}
    hidden = {kind for gap in organization.gaps if gap.source == "aws" for kind in gap.kinds}
    existing = {fact.at.path for kind, _, _ in _LISTED.values() for fact in organization.of(kind)}
    for state in organization.of(TerraformState):
        for resource in state.resources:
            kind, step, check = _LISTED.get(resource.type, (Runs, 0, ""))
            parts = resource.path.split(":")
            if not check or kind.kind in hidden or len(parts) < 6 or resource.path in existing:
                continue
            if (parts[4], parts[3]) in answered:
                told = f"Terraform's state ({state.key}) has it, the account does not: it was removed by other means"
                name = resource.path.partition("/")[2]
                yield _found("declared-not-running", name, told, step, check, None, Place("", resource.path, source="aws"))


def _drifted(organization: Organization) -> Iterator[Contradiction]:
    for stack in [s for s in organization.of(DeployedStack) if s.drift == "DRIFTED"][:MAX_NAMED]:
        age = f", {stack.checked_days} days before the question" if stack.checked_days else ""
        told = f"CloudFormation found in {stack.region} that what runs is not what the stack declares{age}"
        yield _found("drifted", stack.name, told, 5, "aut.iac-drift", None, stack.at)


def _secrets(organization: Organization) -> Iterator[Contradiction]:
    """Yield code that takes secrets from Secrets Manager where no asked account keeps any."""
    users = [source for source in organization.of(SecretSource) if source.tool == "aws-secrets-manager"]
    accounts = organization.of(AwsAccount)
    hidden = any(SecretStore.kind in gap.kinds for gap in organization.gaps if gap.source == "aws")
    if users and accounts and all(account.whole for account in accounts) and not hidden and not organization.of(SecretStore):
        told = f"code takes secrets from Secrets Manager; the account{'s' if len(accounts) > 1 else ''} asked keep none in any region"
        yield _found("target-missing", "Secrets Manager", told, 1, "iac.secret-backend", users[0].at, accounts[0].at)
