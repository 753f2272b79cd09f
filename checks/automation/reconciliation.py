"""Whether drift of what runs in clusters is noticed and undone."""

from __future__ import annotations

from collections.abc import Sequence

from assessor.checking import SUPPORT, Task, Verdict, check, failed, graded, not_applicable, not_observed, partial
from assessor.facts.cluster import APPLICATIONS, RunningApplication
from assessor.facts.gitops import Application, Reconciliation
from assessor.facts.manifests import Workload
from assessor.facts.pipelines import Activity, Purpose
from assessor.facts.repository import Organization

from ..clusters import live, running  # noqa: TID252  the absolute name depends on how the package is installed
from ..gitops.shares import banded, count  # noqa: TID252
from ..gitops.terraform import installed  # noqa: TID252
from ..live import both  # noqa: TID252

_OLD = 2  # days out of sync from which on nobody is looking
_ELSEWHERE = 0.3  # at least, where drift is undone of what is not in the scan
_CLUSTER_TOOLS = ("kubectl", "argocd", "flux", "helm", "kustomize")


@check(
    "aut.k8s-drift",
    task=Task.DRIFT,
    weight=SUPPORT,
    scaffold="argocd-application",
    frameworks=("OpenGitOps 4: Continuously reconciled", "State of GitOps: continuous reconciliation"),
)
def cluster_drift_is_corrected(organization: Organization) -> Verdict:
    """Live changes of workloads are noticed and put back to what git says.

    Corrected: Argo CD with `selfHeal`, a Flux Kustomization, a HelmRelease with `driftDetection.mode: enabled`, Config
    Sync, Fleet with `correctDrift`. Noticed only: Argo CD without `selfHeal`, `mode: warn`, a scheduled diff. Workloads in git
    that no application reaches count against it. Where clusters are asked, what has been out of sync for two days or more
    does too: drift that is noticed, and left.

    ## Why
    What somebody changes in the cluster during an incident stays there until the next deployment undoes it, at the
    worst moment and to everyone's surprise.

    ## Fix
    Argo CD: `syncPolicy: {automated: {selfHeal: true}}`. Flux HelmReleases: `driftDetection: {mode: enabled}`.

    ## References
    - https://argo-cd.readthedocs.io/en/stable/user-guide/auto_sync/
    - https://fluxcd.io/flux/components/helm/helmreleases/
    """
    applications = organization.of(Application)
    files = _reaching(organization, _undone(applications)) if applications else _without_applications(organization)
    return both(files, live(organization, running(organization), _differing, APPLICATIONS))


def _reaching(organization: Organization, policy: Verdict) -> Verdict:
    """Cap what applications say by how much of the workloads in git they reach."""
    facts = organization.of(Reconciliation)
    left = [place for fact in facts for place in fact.uncovered]
    there = len(left) + sum(len(fact.covered) + len(fact.unknown) for fact in facts)
    if not policy.status.observed or not left:
        return policy
    summary = f"{policy.summary}; no application reaches {len(left)} of {count(there, 'workload')}"
    reached = max(1 - len(left) / there, _ELSEWHERE)
    lacking = [*policy.places[:4], *left] if policy.share < reached else left
    return banded(min(policy.share, reached), summary, lacking, enough=0.9)


def _differing(found: Sequence[RunningApplication]) -> Verdict:
    """Judge clusters by their policy, and by what has differed from Git for days."""
    policy = _undone([a.application for a in found])
    old = [a for a in found if a.synced is False and (a.days or 0) >= _OLD]
    if not old:
        return policy
    oldest = max(a.days or 0 for a in old)
    summary = f"{count(len(old), 'application')} may have differed from Git for {oldest} days; {policy.summary}"
    share = min(policy.share, 1 - len(old) / len(found)) if policy.status.observed else 1 - len(old) / len(found)
    return graded(share, summary, [a.application.at for a in old])


def _undone(applications: Sequence[Application]) -> Verdict:
    rated = [(a, rating) for a in applications if (rating := _rating(a)) is not None]
    if not rated:
        return not_observed("whether drift is undone is decided by templates", [a.at for a in applications])
    share = sum(rating for _, rating in rated) / len(rated)
    corrected = sum(rating == 1 for _, rating in rated)
    summary = f"drift is undone for {corrected} of {count(len(rated), 'application')}"
    lacking = [a.policy_from or a.at for a, rating in rated if rating < 1]
    return banded(share, summary, lacking or [a.policy_from or a.at for a, _ in rated], enough=0.9)


def _rating(application: Application) -> float | None:
    """Rate from 0 to 1: unnoticed, noticed, undone; None when a template decides."""
    if application.suspended:
        return 0.0
    if application.auto_sync is None or (application.auto_sync and application.self_heal is None):
        return None
    if application.auto_sync and application.self_heal:
        return 1.0
    # Argo CD and Fleet show what differs whether or not they put it right
    return 0.5 if application.detects_drift or application.product == "argocd" else 0.0


def _without_applications(organization: Organization) -> Verdict:
    diffs = [a for a in organization.of(Activity) if a.purpose is Purpose.DRIFT and a.tool.startswith(_CLUSTER_TOOLS)]
    if diffs:
        return partial(0.5, "a scheduled diff notices drift; nothing undoes it", [a.at for a in diffs])
    workloads = organization.of(Workload)
    if not workloads and (resources := installed(organization)):
        summary = (
            f"whether live changes of {count(len(resources), 'resource')} that Terraform installs are noticed cannot be told"
        )
        return not_observed(summary, [r.at for r in resources])
    if not workloads:
        return not_applicable("no workloads and no applications in git")
    return failed("nothing compares clusters with git: no application is declared to a GitOps controller", [workloads[0].at])
