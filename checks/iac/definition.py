"""Whether infrastructure is defined in code at all, and how much of it."""

from __future__ import annotations

from collections.abc import Iterator

from assessor.checking import CORE, SUPPORT, Place, Task, Verdict, check, failed, not_observed, partial, passed
from assessor.facts.infrastructure import Resource, Stack, TerraformModule
from assessor.facts.repository import Organization

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

    ## Why
    Resources nobody declared are not restored after a loss, not reviewed, and not removed when they are no longer used.

    ## Fix
    List what is not managed (the scan with `--aws` names it), write `import` blocks for what should stay, delete the rest.
    """
    return not_observed("live evidence was not requested")
