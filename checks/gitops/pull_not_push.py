"""Whether pipelines change clusters themselves."""

from __future__ import annotations

import re

from assessor.checking import SUPPORT, Place, Task, Verdict, check, failed, not_applicable, not_observed, partial, passed
from assessor.facts.gitops import Application, Reconciliation
from assessor.facts.infrastructure import TerraformRoot
from assessor.facts.manifests import HelmChart, Workload
from assessor.facts.pipelines import Activity, Event, Purpose
from assessor.facts.repository import Organization

from ..observed import hidden, listing  # noqa: TID252  the absolute name depends on how the package is installed
from .shares import count
from .terraform import installed, runs

_TRIAL = re.compile(
    r"(?i)(?:^|[^a-z])(?:dev|develop|development|test|tests|testing|staging|stage|stg|qa|uat|preview|review|pr|prs|sandbox|integration|e2e|demo|nightly|smoke)(?:[^a-z]|$)"
)
# Names of remote includes and reusable workflows that may hold a deployment.
_DEPLOY_WORK = re.compile(r"(?i)deploy|deliver|rollout|\bcd\b|helm|kube|k8s|argo|flux|\baks\b|\beks\b|\bgke\b|release-to|promote")


@check(
    "gop.pull-not-push",
    task=Task.OPERATING_MODEL,
    weight=SUPPORT,
    frameworks=("OpenGitOps 3: Pulled automatically", "State of GitOps: automatic pull"),
)
def pipelines_do_not_push(organization: Organization) -> Verdict:
    """No pipeline pushes changes into shared clusters.

    Looked for: `kubectl apply`, `helm upgrade`, `helmfile sync`, releases of Cloud Deploy and their tasks, orbs and actions.
    Throw-away clusters of a test do not count; installing the GitOps controller, and environments for tests, count in part.
    Where nothing else deploys, Terraform that a pipeline applies counts when it installs charts or workloads.
    Where no application leads to any of the workloads in git, how they are delivered cannot be told.

    ## Why
    A pipeline that pushes needs the keys of the cluster, and what it pushed is only right until the next change by hand. A
    controller in the cluster pulls, and keeps pulling.

    ## Fix
    Let the pipeline end with a commit of the new image version to the configuration repository, declare an Application or
    Kustomization for it, and delete the deploy step together with its credentials.
    """
    deploys = [a for a in organization.of(Activity) if a.purpose is Purpose.DEPLOY and not a.manual]
    workloads = (*organization.of(Workload), *organization.of(HelmChart))
    released = [a for a in deploys if a.tool == "Cloud Deploy"]
    if released and not workloads:  # it deploys to Cloud Run as well
        deploys = [a for a in deploys if a not in released]
    pushed = [a for a in deploys if not a.bootstrap]
    real = [a for a in pushed if not _is_trial(a)]
    if real:
        return failed(f"pipelines push to clusters with {listing([a.tool for a in real])}", [a.at for a in real])
    if pushed:
        return partial(0.5, "pipelines only push to environments for tests", [a.at for a in pushed])
    if released:
        return not_observed("whether Cloud Deploy releases to a cluster is not in the files", [a.at for a in released])
    applications = organization.of(Application)
    if applications and (loose := _loose(organization)):
        return not_observed("no pipeline pushes; how the workloads reach a cluster is not in the files", loose[:4])
    if applications:
        return passed("what runs is pulled by a controller; no pipeline pushes", [a.at for a in applications])
    for repository in organization.repositories:
        if elsewhere := hidden(repository, _DEPLOY_WORK):
            return not_observed(f"deployments may happen in {elsewhere[0]}, which is not in the scan", [elsewhere[1]])
    if workloads:
        return not_observed("how the manifests reach a cluster is not in the files", [fact.at for fact in workloads[:3]])
    return _by_terraform(organization) or not_applicable("nothing is deployed to a cluster")


def _by_terraform(organization: Organization) -> Verdict | None:
    """Judge what Terraform installs in clusters. Which root a pipeline applies is only certain where there is just one."""
    resources = installed(organization)
    if not resources:
        return None
    for repository in organization.repositories:
        applies = [
            a for a in repository.of(Activity) if a.purpose is Purpose.APPLY and not (a.manual or a.bootstrap or _is_trial(a))
        ]
        running = [r for r in installed(repository) if runs(r)]
        terraform = [a for a in applies if a.tool.startswith(("terraform", "tofu"))]
        if running and terraform and len(repository.of(TerraformRoot)) == 1:
            summary = (
                f"a pipeline pushes {count(len(running), 'resource')} to clusters with {listing([a.tool for a in terraform])}"
            )
            return failed(summary, [*(a.at for a in terraform[:4]), *(r.at for r in running)])
    summary = f"Terraform installs {count(len(resources), 'resource')} in clusters; whether a pipeline applies it cannot be told"
    return not_observed(summary, [r.at for r in resources])


def _loose(organization: Organization) -> list[Place]:
    """Return the workloads in git if no application leads to any of them, nor may lead to one."""
    facts = organization.of(Reconciliation)
    if any(fact.covered or fact.unknown for fact in facts):
        return []
    return [place for fact in facts for place in fact.uncovered]


def _is_trial(activity: Activity) -> bool:
    """Say whether an environment is only there for tests: by the names around the deployment, or because pull requests start it."""
    if activity.triggers and all(trigger.event is Event.PULL_REQUEST for trigger in activity.triggers):
        return True
    stem = activity.pipeline.rpartition("/")[2].rpartition(".")[0]
    return any(_TRIAL.search(text) for text in (activity.job, stem, activity.subject))
