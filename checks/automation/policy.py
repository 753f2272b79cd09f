"""Whether rules are code that says no."""

from __future__ import annotations

from collections.abc import Sequence

from assessor.checking import HYGIENE, Task, Verdict, check, failed, not_applicable, partial, passed
from assessor.facts.cluster import POLICIES, Cluster
from assessor.facts.gitops import Application, PolicySet
from assessor.facts.manifests import Workload
from assessor.facts.pipelines import Activity, Purpose
from assessor.facts.repository import Organization

from ..clusters import live  # noqa: TID252  the absolute name depends on the installation
from ..live import both  # noqa: TID252

_ENGINES = ("conftest", "kyverno", "gator", "opa", "kubewarden")


@check(
    "aut.policy-as-code",
    task=Task.AUTOMATION,
    weight=HYGIENE,
    scaffold="policy-as-code",
    effort=2,
    frameworks=("OpenGitOps 1: Declarative", "State of GitOps: declarative desired state"),
)
def rules_are_code(organization: Organization) -> Verdict:
    """Rules for what may be deployed are code, and enforced.

    Counted: Kyverno, Gatekeeper, Kubernetes admission policies and Kubewarden that deny; conftest or the Kyverno
    command line in a pipeline that stops. Policies that only report count in part.

    ## Why
    A rule in a wiki is known to those who wrote it. A rule in an admission controller holds for everyone, also for the
    controller that applies what git says.

    ## Fix
    Start with one rule in audit mode, then let it deny:

    ```yaml
    apiVersion: kyverno.io/v1
    kind: ClusterPolicy
    metadata: {name: require-requests}
    spec:
      rules:
        - name: requests
          match: {any: [{resources: {kinds: [Pod]}}]}
          validate:
            failureAction: Enforce
            message: CPU and memory requests are required.
            pattern: {spec: {containers: [{resources: {requests: {cpu: "?*", memory: "?*"}}}]}}
    ```
    """
    there = [p for cluster in organization.of(Cluster) for p in cluster.policies]
    return both(_written(organization), live(organization, there, lambda found: _installed(found, []), POLICIES))


def _written(organization: Organization) -> Verdict:
    policies = organization.of(PolicySet)
    runs = [a for a in organization.of(Activity) if a.purpose is Purpose.POLICY and a.tool.startswith(_ENGINES) and not a.manual]
    if policies or runs:
        return _installed(policies, runs)
    subjects = [*organization.of(Application), *organization.of(Workload)]
    if not subjects:
        return not_applicable("nothing is deployed to Kubernetes from here")
    return failed("no policy as code", [subjects[0].at])


def _installed(policies: Sequence[PolicySet], runs: Sequence[Activity]) -> Verdict:
    enforced = [p.at for p in policies if p.enforced] + [a.at for a in runs if a.blocking]
    if enforced:
        tools = sorted({p.tool for p in policies if p.enforced} | {a.tool for a in runs if a.blocking})
        return passed(f"enforced by {', '.join(tools)}", enforced)
    tools = sorted({p.tool for p in policies} | {a.tool for a in runs})
    present = [p.at for p in policies] + [a.at for a in runs]
    return partial(0.5, f"policies of {', '.join(tools)} report, or nothing shows that they are enforced", present)
