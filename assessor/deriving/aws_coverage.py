"""How much of what exists in AWS some code manages: claimed by a CloudFormation stack, a Terraform state, or a tag.

What nobody claims may still be in a Terraform state that was not read, so the share also says how many there are.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Mapping

from assessor.facts.aws import AwsInventory, DeployedStack, EcrRepository, EksCluster, ManagedShare, StateBucket, TerraformState
from assessor.facts.base import Place
from assessor.facts.infrastructure import Backend, Stack, TerraformRoot
from assessor.facts.repository import Organization
from assessor.parsing.hcl import is_dynamic

MAX_NAMED = 200
_LAST = re.compile(r"[^/:]*$")
# What nobody declares: stacks are claims themselves; the rest comes and goes with something else, or cannot be declared.
_LEFT_OUT = re.compile(
    r"^arn:[\w-]+:(?:cloudformation:[^:]*:\d+:(?:stack|stackset|changeSet)|ec2:[^:]*:\d+:(?:network-interface|snapshot|spot-|fleet|image|"
    r"security-group-rule|capacity-reservation|instance-event|import-|export-|vpc-endpoint-connection)|ecs:[^:]*:\d+:task/|"
    r"ssm:[^:]*:\d+:(?:automation-execution|session|managed-instance)|backup:[^:]*:\d+:recovery-point|rds:[^:]*:\d+:(?:snapshot|cluster-snapshot|auto-backup)|"
    r"elasticmapreduce:|states:[^:]*:\d+:execution|sagemaker:[^:]*:\d+:\S*-job/|batch:[^:]*:\d+:job/|glue:[^:]*:\d+:session|inspector2?:|"
    r"access-analyzer:[^:]*:\d+:\S*finding|athena:[^:]*:\d+:(?:workgroup/primary|datacatalog/AwsDataCatalog)$|elasticache:[^:]*:\d+:(?:user:default|parametergroup:default)|"
    r"rds:[^:]*:\d+:(?:og|pg|cluster-pg):default|events:[^:]*:\d+:event-bus/default$|kms:[^:]*:\d+:alias/aws/)",
    re.I,
)


def claims(organization: Organization) -> dict[str, str]:
    """Return who claims each resource, by ARN: state, else stack, else tag. ``made`` marks what a controller made."""
    found: dict[str, str] = {}
    ids: set[str] = set()
    for inventory in organization.of(AwsInventory):
        found |= {resource.path: resource.claim for resource in inventory.resources if resource.claim}
    for stack in organization.of(DeployedStack):
        found |= {resource.path: "stack" for resource in stack.resources}
    for state in organization.of(TerraformState):
        for resource in state.resources:
            if resource.path.startswith("arn:"):
                found[resource.path] = "state"
            elif resource.path:
                ids.add(resource.path)
    if ids:
        found |= {arn: "state" for arn in _existing(organization) if _last(arn) in ids}
    return found


def _last(arn: str) -> str:
    match = _LAST.search(arn)
    return match.group() if match else ""


def _existing(organization: Organization) -> set[str]:
    """Return what was seen to exist, by ARN: what the tagging API lists, and what was listed for other reasons."""
    found = {resource.path for inventory in organization.of(AwsInventory) for resource in inventory.resources}
    for kind in (EcrRepository, EksCluster):
        found |= {fact.at.path for fact in organization.of(kind)}
    return {arn for arn in found if arn.startswith("arn:") and not _LEFT_OUT.match(arn)}


def managed_share(organization: Organization) -> ManagedShare | None:
    """Return the share, None where nothing was listed."""
    existing = _existing(organization)
    if not existing or not any(inventory.region for inventory in organization.of(AwsInventory)):
        return None
    claimed = claims(organization)
    by = {claim: sum(claimed.get(arn, "") == claim for arn in existing) for claim in ("state", "stack", "tag", "made")}
    nobodys = sorted(arn for arn in existing if not claimed.get(arn))
    return ManagedShare(
        at=Place("", ""),
        total=len(existing) - by["made"],
        by_stack=by["stack"],
        by_state=by["state"],
        by_tag=by["tag"],
        made=by["made"],
        unmanaged=tuple(Place("", arn, source="aws") for arn in nobodys[:MAX_NAMED]),
        states=len(organization.of(TerraformState)),
        unread=sum(1 for _ in _unread(organization)),
        roots=sum(1 for root in organization.of(TerraformRoot) if _uses_aws(root)) + len(_pulumi(organization)),
        complete=all(inventory.complete for inventory in organization.of(AwsInventory)),
    )


def is_state(path: str, backend: Backend) -> bool:
    """Say whether an object is the state of a backend: under its key, or of a workspace (``env:/name/key`` by default)."""
    key, prefix = backend.settings.get("key", ""), backend.settings.get("workspace_key_prefix", "env:")
    if not key or is_dynamic(key):
        return False
    if path == key:
        return True
    before, found, workspace = path.removesuffix("/" + key).rpartition("/")
    return path.endswith("/" + key) and bool(found and workspace) and (before == prefix or is_dynamic(prefix))


class States:
    """The states of a bucket, to look up by the backend they are of."""

    def __init__(self, paths: Iterable[str]) -> None:
        self._by_ending: dict[str, list[str]] = {}
        for path in paths:
            parts = path.split("/")
            for start in range(len(parts)):
                self._by_ending.setdefault("/".join(parts[start:]), []).append(path)

    def of(self, backend: Backend) -> list[str]:
        """Return the states of a backend: its own, and those of its workspaces."""
        return [path for path in self._by_ending.get(backend.settings.get("key", ""), ()) if is_state(path, backend)]


def _pulumi(organization: Organization) -> list[Stack]:
    return [stack for stack in organization.of(Stack) if stack.tool == "pulumi" and not stack.library]


def _unread(organization: Organization) -> Iterator[object]:
    """Yield each root of AWS whose state was not read: it may manage what nothing else claims."""
    yield from _pulumi(organization)
    read: dict[str, set[str]] = {}
    for state in organization.of(TerraformState):
        read.setdefault(state.bucket, set()).add(state.key)
    owned = {bucket.name: bucket for bucket in organization.of(StateBucket) if bucket.owned}
    listed = {name: States(bucket.keys) for name, bucket in owned.items() if bucket.complete}
    whole = {name for name in listed if read.get(name, set()).issuperset(owned[name].keys)}
    for root in organization.of(TerraformRoot):
        if _uses_aws(root) and not _is_read(root, listed, read, whole):
            yield root


def _uses_aws(root: TerraformRoot) -> bool:
    if any(resource.type.startswith(("aws_", "awscc_")) for resource in root.resources):
        return True
    return not root.providers or any(name.rpartition("/")[2] in ("aws", "awscc") for name in root.providers)


def _is_read(root: TerraformRoot, listed: Mapping[str, States], read: Mapping[str, set[str]], whole: Container[str]) -> bool:
    """Say whether what a root manages is known: its state was read, or its bucket is known to hold none of it.

    `listed`: the buckets whose states are all known; `read`: the keys that were read of each; `whole`: where these are all.
    """
    if root.backend is None or root.backend.type != "s3":
        return False
    name, key = root.backend.settings.get("bucket", ""), root.backend.settings.get("key", "")
    if name not in listed or not read.get(name):
        return False
    if not key or is_dynamic(key):
        return name in whole
    return read[name].issuperset(listed[name].of(root.backend))
