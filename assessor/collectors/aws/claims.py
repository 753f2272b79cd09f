"""Who says a resource is theirs, told by its tags.

A tag is a claim, not a proof: people set it too. Reports count it apart from stacks and states.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

# Set by the tool itself.
_STACK = ("aws:cloudformation:stack-id", "aws:cloudformation:stack-name")
_TOOL = ("crossplane-name", "crossplane-kind", "services.k8s.aws/controller-version", "pulumi:project", "tf-managed")
# Made by a controller or a service as part of something that is itself listed: an instance of a group, a disk of a volume claim.
_MADE = re.compile(
    r"^aws:(?:autoscaling:groupName|ec2launchtemplate:|ec2spot:|ec2:fleet-id|eks:|backup:|servicecatalog:|elasticmapreduce:|rds:|ecs:)"
    r"|^(?:elbv2|ingress|service)\.(?:eks\.amazonaws\.com|k8s\.aws)/|^ebs\.csi\.aws\.com/|^karpenter\.(?:k8s\.aws|sh)/"
    r"|^kubernetes\.io/(?:created-for|service-name|cluster-autoscaler)|^eks:(?:cluster-name|nodegroup-name|eks-cluster-name)$"
)
# Conventions for saying so: managed-by = terraform, ManagedBy = OpenTofu, terraform = true.
_MANAGED_BY = re.compile(
    r"^(?:managed|created|provisioned|deployed)[-_: ]?(?:by|with|via)$|^(?:iac|provisioner|iac[-_]?tool)$", re.I
)
_TOOLS = re.compile(
    r"terraform|opentofu|\btofu\b|terragrunt|pulumi|cloudformation|\bcdk\b|crossplane|ansible|\biac\b|atmos|spacelift", re.I
)
_FLAG = re.compile(r"^(?:terraform|opentofu|terragrunt|pulumi|crossplane)(?:[-_: ]?managed)?$", re.I)
_NO = re.compile(r"^(?:false|no|0|none|)$", re.I)


def claim(tags: Mapping[str, str]) -> str:
    """Return whose a resource with these tags is: stack, tag, made, or "" for nobody's."""
    if any(name in tags for name in _STACK):
        return "stack"
    if any(_declared(name, value) for name, value in tags.items()):
        return "tag"
    return "made" if any(_MADE.match(name) for name in tags) else ""


def _declared(name: str, value: str) -> bool:
    if name in _TOOL:
        return True
    if _MANAGED_BY.match(name):
        return bool(_TOOLS.search(value))
    return bool(_FLAG.match(name)) and not _NO.match(value)
