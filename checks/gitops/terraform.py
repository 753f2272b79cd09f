"""What Terraform puts into clusters."""

from __future__ import annotations

import re

from assessor.facts.infrastructure import Resource
from assessor.facts.repository import Organization, Repository
from assessor.readers.gitops.products import product_of_chart

_INSTALLS = re.compile(r"helm_release\Z|kubernetes_|kubectl_manifest\Z")
_RUNS = re.compile(r"kubernetes_(?:deployment|stateful_set|daemonset|daemon_set|job|cron_job|pod)(?:_v\d+(?:beta\d+)?)?\Z")


def installed(holder: Organization | Repository) -> list[Resource]:
    """Return the releases of charts and the Kubernetes objects among the resources of roots."""
    return [r for r in holder.of(Resource) if _INSTALLS.match(r.type) and not r.offered]


def runs(resource: Resource) -> bool:
    """Say whether something runs by it: a chart other than that of a GitOps controller, or a workload."""
    if resource.type == "helm_release":
        chart = resource.settings.get("chart", "")
        return "${" not in chart and not product_of_chart(chart)
    return _RUNS.match(resource.type) is not None
