"""Joins what AWS shows with what files declare: backends with their buckets, what runs with who declares it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TypeVar

import msgspec

from assessor.facts.aws import EcrRepository, EksCluster, LockTable, Runs, StateBucket
from assessor.facts.base import Fact
from assessor.facts.infrastructure import SeenBackend, TerraformRoot
from assessor.facts.repository import Organization
from assessor.parsing.hcl import is_dynamic

from .aws_contradictions import contradictions
from .aws_coverage import States, claims, managed_share
from .aws_names import Declared
from .base import joiner

REPOSITORY_TYPES = ("aws_ecr_repository", "awscc_ecr_repository", "AWS::ECR::Repository")
CLUSTER_TYPES = ("aws_eks_cluster", "awscc_eks_cluster", "AWS::EKS::Cluster")
_REPOSITORY_MODULE = re.compile(r"(?:^|[/_-])ecr(?:$|[/_.?-])", re.I)
_CLUSTER_MODULE = re.compile(r"(?:^|[/_-])eks(?:$|[/_.?-])", re.I)

R = TypeVar("R", bound=Runs)


@joiner(replaces=(TerraformRoot,))
def seen_backends(organization: Organization) -> Iterator[Fact]:
    """Let each root know what AWS shows of its backend."""
    buckets = {name: _Bucket(bucket) for name, bucket in _buckets(organization).items()}
    tables: dict[str, list[LockTable]] = {}
    for table in organization.of(LockTable):
        tables.setdefault(table.name, []).append(table)
    for root in organization.of(TerraformRoot):
        seen = _seen(root, buckets, tables)
        yield msgspec.structs.replace(root, seen=seen) if seen else root


def _buckets(organization: Organization) -> dict[str, StateBucket]:
    """Return one bucket a name: that of its owner, else one that is said to exist. Names are unique across accounts."""
    found: dict[str, StateBucket] = {}
    for bucket in sorted(organization.of(StateBucket), key=lambda b: (b.owned, b.exists is True, b.exists is None)):
        found[bucket.name] = bucket
    return found


class _Bucket:
    """A bucket and the states in it, to look up."""

    def __init__(self, bucket: StateBucket) -> None:
        self.seen = bucket
        self.states = States(bucket.keys)
        self.locks = States(bucket.locks)


def _seen(root: TerraformRoot, buckets: Mapping[str, _Bucket], tables: Mapping[str, list[LockTable]]) -> SeenBackend | None:
    if root.backend is None or root.backend.type != "s3":
        return None
    settings = root.backend.settings
    found, key = buckets.get(settings.get("bucket", "")), settings.get("key", "")
    if found is None:
        return None
    bucket = found.seen
    name, region = settings.get("dynamodb_table") or settings.get("lock_table", ""), settings.get("region", "")
    table = _table([t for t in tables.get(name, ()) if region in ("", t.region) or is_dynamic(region)], bucket)
    applied = None
    if key and not is_dynamic(key) and bucket.owned:
        applied = bool(found.states.of(root.backend)) or (False if bucket.complete else None)
    return SeenBackend(
        at=bucket.at,
        exists=bucket.exists,
        applied=applied,
        lock_seen=bool(found.locks.of(root.backend)),
        table=None if table is None or table.exists is None else table.exists and table.hash_key == "LockID",
        table_at=table.at if table else None,
    )


def _table(tables: list[LockTable], bucket: StateBucket) -> LockTable | None:
    """Return the lock table: one that exists, else the answer of the bucket's owner, for a table is its account's alone."""
    there = [table for table in tables if table.exists]
    owners = [table for table in tables if bucket.owned and table.account == bucket.account]
    return next(iter([*there, *owners]), None)


@joiner(replaces=(EcrRepository, EksCluster))
def declared_or_not(organization: Organization) -> Iterator[Fact]:
    """Let each running repository and cluster know whether anything scanned declares it."""
    runs = [*organization.of(EcrRepository), *organization.of(EksCluster)]
    if not runs:
        return
    claimed = claims(organization)
    repositories = Declared(organization, REPOSITORY_TYPES, _REPOSITORY_MODULE)
    clusters = Declared(organization, CLUSTER_TYPES, _CLUSTER_MODULE)
    yield from (_compared(found, repositories, claimed) for found in organization.of(EcrRepository))
    yield from (_compared(found, clusters, claimed) for found in organization.of(EksCluster))


def _compared(found: R, declared: Declared, claimed: dict[str, str]) -> R:
    claim, at = claimed.get(found.at.path, ""), declared.places.get(found.name)
    known = True if at or claim else (None if declared.open else False)
    return msgspec.structs.replace(found, declared=known, declared_at=at, claim=claim)


@joiner()
def share_of_managed(organization: Organization) -> Iterable[Fact]:
    """Yield how much of what exists is managed by code."""
    found = managed_share(organization)
    return [found] if found else []


@joiner()
def disagreements(organization: Organization) -> Iterator[Fact]:
    """Yield where files and AWS do not agree."""
    if "aws" in organization.asked:
        yield from contradictions(organization, _buckets(organization), Declared(organization, CLUSTER_TYPES, _CLUSTER_MODULE))


JOINERS = (seen_backends, declared_or_not, share_of_managed, disagreements)
