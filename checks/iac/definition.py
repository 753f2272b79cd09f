"""Whether infrastructure is defined in code at all, and how much of it."""

from __future__ import annotations

from collections.abc import Iterator

from assessor.checking import CORE, SUPPORT, Place, Task, Verdict, check, failed, measured, not_observed, partial, passed
from assessor.facts.aws import AwsAccount, ManagedShare
from assessor.facts.infrastructure import Resource, Stack, TerraformModule
from assessor.facts.repository import Organization

from ..live import unseen  # noqa: TID252  the absolute name depends on how the package is installed
from ..observed import listing  # noqa: TID252  as above

# Their objects define clusters, not the infrastructure below or around them.
_CLUSTER_TOOLS = {"eksctl", "cluster-api", "kops"}
_TITLES = {
    "terraform": "Terraform",
    "opentofu": "OpenTofu",
    "terragrunt": "Terragrunt",
    "cloudformation": "CloudFormation",
    "sam": "AWS SAM",
    "cdk": "AWS CDK",
    "cdktf": "CDK for Terraform",
    "pulumi": "Pulumi",
    "crossplane": "Crossplane",
    "ansible": "Ansible",
    "arm": "ARM templates",
    "bicep": "Bicep",
}


@check(
    "iac.defined",
    task=Task.INFRASTRUCTURE,
    weight=CORE,
    scaffold="terraform-root",
    effort=3,
    frameworks=(
        "OpenGitOps 1: Declarative",
        "State of GitOps: declarative desired state",
        "DSOMM: Infrastructure as Code",
    ),
)
def infrastructure_is_defined(organization: Organization) -> Verdict:
    """Infrastructure is defined in code.

    Any tool counts that says what should exist: Terraform, OpenTofu, Terragrunt, CloudFormation, CDK, Pulumi,
    Crossplane and its like, Bicep. Ansible counts where playbooks or roles are the product: operators of machines and
    network devices have no other way. A published module counts too: it is infrastructure, applied elsewhere.
    Cluster definitions alone (eksctl, Cluster API, kOps) are partial; machine configurations and scripts are not it.

    ## Why
    What was made by hand cannot be reviewed, repeated or restored. Every later step rests on this one.

    ## Fix
    Describe one system first, the network or a bucket, and import what exists:

    ```hcl
    import {
      to = aws_s3_bucket.assets
      id = "company-assets"
    }

    resource "aws_s3_bucket" "assets" {
      bucket = "company-assets"
    }
    ```

    Run `terraform plan` until it shows no change, commit, then take the next system.

    ## References
    - https://developer.hashicorp.com/terraform/language/import
    - https://opengitops.dev/
    """
    found: dict[str, list[Place]] = {}
    for tool, place in _declarations(organization):
        found.setdefault(tool, []).append(place)
    if found:
        tools = sorted(found)
        places = [place for tool in tools for place in sorted(found[tool])[:2]]
        return passed(f"infrastructure is defined with {', '.join(_TITLES.get(tool, tool) for tool in tools)}", places)
    clusters = [r for r in organization.of(Resource) if r.tool in _CLUSTER_TOOLS]
    if clusters:
        return partial(0.5, "only clusters are defined, not the infrastructure around them", [r.at for r in clusters])
    empty = [module.at for module in organization.of(TerraformModule)]
    if empty:
        return partial(0.2, "Terraform is set up and declares nothing yet", empty)
    return failed("no infrastructure code was found", [repository.at for repository in organization.repositories])


def _declarations(organization: Organization) -> Iterator[tuple[str, Place]]:
    """Yield each thing that declares infrastructure, with its tool."""
    for module in organization.of(TerraformModule):
        if module.resources or module.modules:
            yield module.tool, (module.resources or module.modules)[0].at
    for stack in organization.of(Stack):
        yield stack.tool, stack.at
    for resource in organization.of(Resource):
        if resource.tool in ("cdk", "pulumi"):
            yield resource.tool, resource.at


@check("iac.coverage", task=Task.INFRASTRUCTURE, weight=SUPPORT, scaffold="terraform-root", effort=3, live=True,
       frameworks=("OpenGitOps 1: Declarative",))  # fmt: skip
def existing_resources_are_managed(organization: Organization) -> Verdict:
    """Most of what exists in the account is managed by code.

    Counted is what the tagging API lists, buckets, image repositories and clusters; claimed is what a CloudFormation stack
    manages, what a Terraform state names (read only with `read_state`), and what carries a tag that says so. What a
    controller or a service makes as part of something else is left out. The tagging API does not know resources that never
    had a tag, so the share is an upper estimate.

    ## Why
    Resources nobody declared are not restored after a loss, not reviewed, and not removed when they are no longer used.

    ## Fix
    List what is not managed (the scan with `--aws` names it), write `import` blocks for what should stay, delete the rest.
    """
    found = next(iter(organization.of(ManagedShare)), None)
    if found is None or not found.total:
        return not_observed(unseen(organization, "aws", kinds=("aws-inventory",)))
    share = found.managed / found.total
    claims = (("in Terraform state", found.by_state), ("in stacks", found.by_stack), ("by tag", found.by_tag))
    how = ", ".join(f"{count} {where}" for where, count in claims if count) or "none"
    told = f"{share:.0%} of {found.total} resources are managed ({how})"
    if not found.complete:
        told += "; there are more than were listed"
    if share >= _MOSTLY:
        return measured(share, passed(told, [account.at for account in organization.of(AwsAccount)]))
    if found.unread > found.roots * _FEW:
        return not_observed(
            f"{told}; the rest may be in the state of {found.unread} of {found.roots} roots, which was not read"
            " (live.aws.read_state reads types and ids from S3)",
            found.unmanaged,
        )
    if found.unread:
        told += f"; the state of {found.unread} of {found.roots} roots was not read"
    told += f"; nobody claims {listing([_short(place.path) for place in found.unmanaged])}"
    return measured(share, partial(share, told, found.unmanaged) if share >= _BARELY else failed(told, found.unmanaged))


_MOSTLY, _BARELY = 0.8, 0.4
_FEW = 0.2  # of the roots may be unread before what nobody claims says nothing


def _short(arn: str) -> str:
    """Return an ARN without partition, region and account."""
    parts = arn.split(":", 5)
    return f"{parts[2]}:{parts[5]}" if len(parts) == 6 else arn
