"""What is asked of one region: registries, clusters, secrets, stacks and resources. Each topic fails on its own."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from assessor.facts.aws import (
    AwsInventory,
    AwsResource,
    DeployedStack,
    EcrRegistry,
    EcrRepository,
    EksCapability,
    EksCluster,
    SecretStore,
)
from assessor.facts.base import Fact, Gap, Place

from .asking import Asker
from .claims import claim
from .refusals import Refused

# The kinds of fact that are missing when a topic is not answered.
KINDS = {
    "bucket": ("state-bucket",),
    "table": ("lock-table",),
    "state": ("terraform-state", "managed-share"),
    "inventory": ("aws-inventory", "managed-share"),
    "registry": ("ecr-registry", "ecr-repository"),
    "clusters": ("eks-cluster",),
    "secrets": ("secret-store",),
    "stacks": ("deployed-stack", "managed-share"),
}
EVERYTHING = tuple(sorted({kind for kinds in KINDS.values() for kind in kinds}))
MAX_STACKS = 300  # whose resources are listed, in one region
_BATCH = 25  # repositories in one question about scanning, as ECR allows


def place(path: str) -> Place:
    """Return the place of a live object."""
    return Place("", path, source="aws")


def gap(ask: Asker, problem: Refused, kinds: Iterable[str], about: str = "") -> Gap:
    """Return what a refusal hides."""
    subject = f"account {ask.account.number}, " + (about or ask.region)
    return Gap("aws", subject, problem.reason, kinds=tuple(kinds))


def registry(ask: Asker) -> Iterator[Fact | Gap]:
    """Yield the registry's scanning and its repositories. What applies to a repository is asked, not worked out."""
    number, region = ask.account.number, ask.region
    repositories = list(ask.pages("ecr", "DescribeRepositories", "repositories"))
    scanning: dict[str, Any] = {}
    try:
        scanning = ask.ask("ecr", "GetRegistryScanningConfiguration").get("scanningConfiguration") or {}
        rules = scanning.get("rules") or ()
        if repositories:
            yield EcrRegistry(
                at=place(ask.account.arn("ecr", "registry", region)),
                account=number,
                region=region,
                scan_type=str(scanning.get("scanType", "")),
                frequencies=tuple(sorted({str(rule.get("scanFrequency", "")) for rule in rules})),
            )
    except Refused as problem:
        yield gap(ask, problem, KINDS["registry"])
    effective: dict[str, str] = {}
    try:
        effective = _scanning(ask, [str(repository["repositoryName"]) for repository in repositories])
    except Refused as problem:
        yield gap(ask, problem, KINDS["registry"])
    for repository in repositories:
        name = str(repository["repositoryName"])
        yield EcrRepository(
            at=place(str(repository.get("repositoryArn") or ask.account.arn("ecr", f"repository/{name}", region))),
            account=number,
            region=region,
            name=name,
            mutability=str(repository.get("imageTagMutability", "")),
            scanning=effective.get(name) or _by_rules(name, repository, scanning),
        )


def _scanning(ask: Asker, names: list[str]) -> dict[str, str]:
    found = {}
    for start in range(0, len(names), _BATCH):
        batch = names[start : start + _BATCH]
        answer = ask.ask("ecr", "BatchGetRepositoryScanningConfiguration", repositoryNames=batch)
        for told in answer.get("scanningConfigurations", ()):
            found[str(told.get("repositoryName", ""))] = str(told.get("scanFrequency", ""))
    return found


def _by_rules(name: str, repository: dict[str, Any], scanning: dict[str, Any]) -> str:
    """Work out from the registry's rules how a repository is scanned; "" where neither these nor its own setting say so.

    A repository's own setting is deprecated and only counts with basic scanning; ``scanOnPush: false`` alone is no answer,
    because a rule of the registry may scan it all the same.
    """
    for rule in scanning.get("rules") or ():
        patterns = [str(item.get("filter", "")) for item in rule.get("repositoryFilters") or ()]
        if any(re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), name) for pattern in patterns):
            return str(rule.get("scanFrequency", ""))
    if (repository.get("imageScanningConfiguration") or {}).get("scanOnPush") is True:
        return "SCAN_ON_PUSH"
    return "MANUAL" if scanning else ""


def clusters(ask: Asker) -> Iterator[Fact | Gap]:
    """Yield the region's clusters with the support of their versions and their managed capabilities."""
    names = [str(name) for name in ask.pages("eks", "ListClusters", "clusters")]
    if not names:
        return
    support: dict[str, str] = {}
    try:
        versions = ask.pages("eks", "DescribeClusterVersions", "clusterVersions", includeAll=True)
        support = {str(told.get("clusterVersion", "")): _support(told) for told in versions}
    except Refused as problem:
        yield gap(ask, problem, KINDS["clusters"])
    for name in names:
        try:
            cluster = ask.ask("eks", "DescribeCluster", name=name).get("cluster") or {}
        except Refused as problem:
            yield gap(ask, problem, KINDS["clusters"], name)
            cluster = {}
        capabilities: list[EksCapability] = []
        try:
            capabilities = [_capability(told) for told in ask.pages("eks", "ListCapabilities", "capabilities", clusterName=name)]
        except Refused as problem:
            yield gap(ask, problem, KINDS["clusters"], name)
        version = str(cluster.get("version", ""))
        yield EksCluster(
            at=place(str(cluster.get("arn") or ask.account.arn("eks", f"cluster/{name}", ask.region))),
            account=ask.account.number,
            region=ask.region,
            name=name,
            version=version,
            status=str(cluster.get("status", "")),
            support=support.get(version, ""),
            capabilities=tuple(sorted(capabilities)),
        )


def _support(told: dict[str, Any]) -> str:
    """Read ``versionStatus``, or the older ``status`` of the same meaning."""
    word = str(told.get("versionStatus") or told.get("status") or "").upper().replace("-", "_")
    return {"STANDARD_SUPPORT": "standard", "EXTENDED_SUPPORT": "extended", "UNSUPPORTED": "ended"}.get(word, "")


def _capability(told: dict[str, Any]) -> EksCapability:
    return EksCapability(*(str(told.get(key, "")) for key in ("capabilityName", "type", "status")))


def secrets(ask: Asker) -> Iterator[Fact | Gap]:
    """Yield how many secrets Secrets Manager keeps in the region."""
    count = sum(1 for _ in ask.pages("secretsmanager", "ListSecrets", "SecretList"))
    if count:
        at = place(ask.account.arn("secretsmanager", "secret", ask.region))
        yield SecretStore(at=at, account=ask.account.number, region=ask.region, secrets=count)


_GONE = ("DELETE_COMPLETE",)
_NAMED = {  # what stacks name otherwise and is listed here: service and the form of the resource
    "AWS::S3::Bucket": ("s3", "{}"),
    "AWS::ECR::Repository": ("ecr", "repository/{}"),
    "AWS::EKS::Cluster": ("eks", "cluster/{}"),
}


def stacks(ask: Asker) -> Iterator[Fact | Gap]:
    """Yield the region's stacks, the drift that was last found, and what they manage. No drift detection is started."""
    today = datetime.datetime.now(datetime.UTC)
    found = [told for told in ask.pages("cloudformation", "ListStacks", "StackSummaries") if told.get("StackStatus") not in _GONE]
    managed: dict[str, tuple[AwsResource, ...]] = {}
    try:
        for told in found[:MAX_STACKS]:
            managed[str(told["StackName"])] = _managed(ask, str(told["StackName"]))
    except Refused as problem:
        yield gap(ask, problem, KINDS["stacks"])
    for told in found:
        drift = told.get("DriftInformation") or {}
        checked = drift.get("LastCheckTimestamp")
        yield DeployedStack(
            at=place(str(told.get("StackId") or told["StackName"])),
            account=ask.account.number,
            region=ask.region,
            name=str(told["StackName"]),
            status=str(told.get("StackStatus", "")),
            drift=str(drift.get("StackDriftStatus", "")),
            checked_days=max(0, (today - checked).days) if isinstance(checked, datetime.datetime) else None,
            resources=managed.get(str(told["StackName"]), ()),
        )


def _managed(ask: Asker, stack: str) -> tuple[AwsResource, ...]:
    """Return the ARNs of what a stack manages; most kinds of resource are named otherwise, and told by their tags."""
    found = set()
    for resource in ask.pages("cloudformation", "ListStackResources", "StackResourceSummaries", StackName=stack):
        arn = str(resource.get("PhysicalResourceId") or "")
        if arn and str(resource.get("ResourceType")) in _NAMED:
            service, form = _NAMED[str(resource["ResourceType"])]
            arn = ask.account.arn(service, form.format(arn), "" if service == "s3" else ask.region)
        found |= {AwsResource(arn, "stack")} if arn.startswith("arn:") else set()
    return tuple(sorted(found))


def inventory(ask: Asker) -> Iterator[Fact | Gap]:
    """Yield what the tagging API lists: resources that have, or once had, a tag."""
    limit = 50_000
    found = set()
    pages = ask.pages("resourcegroupstaggingapi", "GetResources", "ResourceTagMappingList", limit=limit, ResourcesPerPage=100)
    for told in pages:
        tags = {str(tag.get("Key", "")): str(tag.get("Value", "")) for tag in told.get("Tags") or ()}
        found.add(AwsResource(str(told["ResourceARN"]), claim(tags)))
    if found:
        yield AwsInventory(
            at=place(f"{ask.account.number}/{ask.region}/resources"),
            account=ask.account.number,
            region=ask.region,
            resources=tuple(sorted(found)),
            complete=len(found) < limit,
        )


TOPICS: dict[str, Callable[[Asker], Iterator[Fact | Gap]]] = {
    "registry": registry,
    "clusters": clusters,
    "secrets": secrets,
    "stacks": stacks,
    "inventory": inventory,
}
