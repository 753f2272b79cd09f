"""What is declared to the controller, whether it exists, and how much of what runs it reaches."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from assessor.checking import (
    CORE,
    SUPPORT,
    Place,
    Task,
    Verdict,
    check,
    failed,
    graded,
    not_applicable,
    not_observed,
    partial,
    passed,
)
from assessor.deriving.gitops_reach import normalise
from assessor.facts.cluster import APPLICATIONS, WORKLOADS, Cluster, RunningApplication, RunningWorkload
from assessor.facts.containers import Service
from assessor.facts.forge import ForgeReference
from assessor.facts.gitops import Application, Reconciliation
from assessor.facts.repository import Organization

from ..clusters import contradictions, hidden, live, running, sides, workloads  # noqa: TID252  the absolute name depends on the installation
from ..live import both  # noqa: TID252
from .shares import banded, count

# A host that can never resolve (RFC 2606), as a template writes it where the address is not known.
_PLACEHOLDER = re.compile(r"^(?:\w+://|git@)?[\w.-]*\.invalid(?:[:/]|\Z)")


@check(
    "gop.app-crs",
    task=Task.APPLICATIONS,
    weight=CORE,
    scaffold="argocd-application",
    frameworks=("OpenGitOps 1: Declarative", "State of GitOps: declarative desired state"),
)
def applications_are_declared(organization: Organization) -> Verdict:
    """Every deployed application is declared to the GitOps controller.

    Counted: Argo CD Application and ApplicationSet (also in Helm templates and chart values), Flux Kustomization and
    HelmRelease, Fleet GitRepo, Config Sync RootSync and RepoSync. Objects of Flux 1 count in part: nothing maintains it.
    Where clusters are asked, what is declared must also be there, and the other way round.

    ## Why
    The controller reconciles only what it is told about. What is not declared is deployed by hand or by a pipeline,
    and nobody notices when it changes.

    ## Fix
    Declare each application once:

    ```yaml
    apiVersion: argoproj.io/v1alpha1
    kind: Application
    metadata: {name: shop, namespace: argocd}
    spec:
      project: shop
      source: {repoURL: https://example.com/shop-config.git, path: overlays/production, targetRevision: main}
      destination: {server: https://kubernetes.default.svc, namespace: shop}
      syncPolicy: {automated: {prune: true, selfHeal: true}}
    ```

    ## References
    - https://argo-cd.readthedocs.io/en/stable/operator-manual/declarative-setup/
    - https://fluxcd.io/flux/components/kustomize/kustomizations/
    """
    return both(
        _declared(organization), live(organization, organization.of(Cluster), _running_as_declared(organization), APPLICATIONS)
    )


def _declared(organization: Organization) -> Verdict:
    applications = organization.of(Application)
    if not applications:
        return failed("no object tells a GitOps controller what to deploy")
    kinds = ", ".join(sorted({f"{a.product} {a.type}" for a in applications}))
    current = [a.at for a in applications if not a.legacy]
    if not current:
        return partial(0.5, f"only objects of a version that is no longer maintained: {kinds}", [a.at for a in applications])
    unresolved = [a.at for a in applications if any(_PLACEHOLDER.search(source.repository) for source in a.sources)]
    if unresolved:
        share = 1 - len(unresolved) / len(applications)
        summary = f"the repository of {count(len(unresolved), 'application')} is still a placeholder"
        return graded(share, summary, unresolved)
    deployed, missing = _services(organization)
    if missing:
        names = ", ".join(service.name for service in missing[:5])
        share = (len(deployed) - len(missing)) / len(deployed)
        places = [place for service in missing for place in service.workloads[:1]]
        return partial(max(share, 0.3), f"{kinds}; not reached by any of them: {names}", [*current[:4], *places])
    return passed(f"{count(sum(a.count for a in applications), 'application')} declared: {kinds}", current)


def _running_as_declared(organization: Organization) -> Callable[[Sequence[Cluster]], Verdict]:
    """Judge clusters: as far as what they hold and what is declared are the same applications."""

    def judge(clusters: Sequence[Cluster]) -> Verdict:
        there = running(organization)
        odd = contradictions(organization, "gop.app-crs")
        if not there:
            reason = hidden(organization, APPLICATIONS)
            return not_observed(reason) if reason else failed("no application is in the clusters", [c.at for c in clusters])
        summary = f"{count(len(there), 'application')} in {count(len(clusters), 'cluster')}"
        if odd:
            summary += f", {len(odd)} in only one of Git and the clusters: {', '.join(c.subject for c in odd[:4])}"
        return graded(1 - len(odd) / (len(there) + len(odd)), summary, sides(odd) or [a.application.at for a in there])

    return judge


def _services(organization: Organization) -> tuple[list[Service], list[Service]]:
    """Return the services that have workloads in git, and those none of whose workloads a controller may reach."""
    unreached = {place for fact in organization.of(Reconciliation) for place in map(_file, fact.uncovered)}
    deployed = [service for service in organization.of(Service) if service.workloads]
    return deployed, [s for s in deployed if all(_file(place) in unreached for place in s.workloads) and not s.applications]


def _file(place: Place) -> tuple[str, str]:
    return place.repository, place.path


@check("gop.targets-resolve", task=Task.APPLICATIONS, weight=SUPPORT, frameworks=("OpenGitOps 2: Versioned and immutable",))
def targets_exist(organization: Organization) -> Verdict:
    """What applications point at exists.

    Repository, path and chart are looked up in the scanned repositories. Sources elsewhere, and paths that are only
    known at run time, cannot be told from here; where clusters are asked, the controller's own word counts for all, and a
    forge that shows all its repositories tells which ones do not exist.

    ## Why
    An application whose path was renamed keeps running its last version and shows an error nobody looks at: changes
    in git no longer arrive.

    ## Fix
    Correct `repoURL` and `path` of the applications named, or delete them. A validation of the manifests on every pull
    request catches the next one.
    """
    files = both(_resolving(organization), _at_forge(organization))
    return both(files, live(organization, running(organization), _targets(organization), APPLICATIONS))


def _at_forge(organization: Organization) -> Verdict | None:
    """Judge the repositories that a forge is known not to have; None where it has all that it was asked about.

    That a repository is there says nothing yet about the path within it.
    """
    absent = {fact.repository: fact.at for fact in organization.of(ForgeReference) if fact.exists is False}
    lost = [
        (a.at, address) for a in organization.of(Application) for s in a.sources if (address := normalise(s.repository)) in absent
    ]
    if not lost:
        return None
    total = len(organization.of(Application))
    share = 1 - len({place for place, _ in lost}) / total
    places = [place for place, _ in lost[:4]] + [absent[address] for _, address in lost[:4]]
    return graded(share, f"the forge has no repository {lost[0][1]}", places)


def _targets(organization: Organization) -> Callable[[Sequence[RunningApplication]], Verdict]:
    def judge(found: Sequence[RunningApplication]) -> Verdict:
        lost = contradictions(organization, "gop.targets-resolve", "target-missing")
        told = [a for a in found if a.synced is not None or a.target_missing]
        if not told and not lost:
            return not_observed("no controller has looked at the sources of the applications in the clusters")
        names = {c.observed for c in lost}
        share = 1 - len(names) / max(len(told), len(names), 1)
        summary = f"the source of {len(names)} of {count(max(len(told), len(names)), 'application')} does not exist"
        if not lost:
            summary = f"the controller finds the sources of {count(len(told), 'application')}"
        return graded(share, summary, sides(lost) or [a.application.at for a in told])

    return judge


def _resolving(organization: Organization) -> Verdict:
    found = organization.of(Reconciliation)
    if not organization.of(Application):
        return not_applicable("no applications are declared")
    resolved = [place for fact in found for place in fact.resolved]
    broken = [place for fact in found for place in fact.broken]
    if not resolved and not broken:
        return not_observed("all applications point outside the scanned repositories or at paths known only at run time")
    total = len(resolved) + len(broken)
    summary = f"{len(resolved)} of {count(total, 'application')} with a source in the scanned repositories resolve"
    return graded(len(resolved) / total, summary, broken or resolved)


@check(
    "gop.workload-coverage",
    task=Task.APPLICATIONS,
    weight=SUPPORT,
    scaffold="argocd-application",
    effort=2,
    frameworks=("OpenGitOps 4: Continuously reconciled", "State of GitOps: continuous reconciliation"),
)
def workloads_are_reconciled(organization: Organization) -> Verdict:
    """Nearly all workloads in git are reconciled by a controller.

    A workload counts as reconciled when an application's path leads to it: directly, through a Kustomize graph, a
    chart, or the folders of a generator. In a cluster it counts when a controller marks it as its own: Argo CD's tracking
    id or list of resources, Flux's labels, Fleet's and Config Sync's annotations. The cluster's own workloads are left out,
    and so is what an operator made; the label `app.kubernetes.io/instance` proves nothing, because Helm sets it too.

    ## Why
    GitOps for some of the workloads leaves two ways of working, and the one without review and history is the one
    that fails at night.

    ## Fix
    Point an application at the folders named, or use an ApplicationSet with a git directory generator so that new
    folders are picked up by themselves:

    ```yaml
    generators:
      - git:
          repoURL: https://example.com/config.git
          revision: main
          directories: [{path: apps/*}]
    ```
    """
    return both(_reached(organization), live(organization, workloads(organization), _kept(organization), WORKLOADS))


def _kept(organization: Organization) -> Callable[[Sequence[RunningWorkload]], Verdict]:
    def judge(found: Sequence[RunningWorkload]) -> Verdict:
        loose = [w for w in found if not w.reconciled]
        summary = f"{len(found) - len(loose)} of {count(len(found), 'workload')} that run are reconciled from Git"
        if released := sum(w.manager == "helm" for w in loose):
            summary += f"; installed with Helm, by hand or by a pipeline: {released}"
        if reason := hidden(organization, WORKLOADS):
            summary += f"; not all could be seen: {reason}"
        places = [w.workload.at for w in loose or found]
        return banded(1 - len(loose) / len(found), summary, places, enough=0.9, least=0.5)

    return judge


def _reached(organization: Organization) -> Verdict:
    facts = organization.of(Reconciliation)
    covered = [place for fact in facts for place in fact.covered]
    uncovered = [place for fact in facts for place in fact.uncovered]
    unknown = [place for fact in facts for place in fact.unknown]
    known = len(covered) + len(uncovered)
    if not known and not unknown:
        return not_applicable("no workloads in git")
    if len(unknown) > known:
        return not_observed(
            f"the paths of applications that may reach {count(len(unknown), 'workload')} are known only at run time", unknown
        )
    summary = f"{len(covered)} of {count(known, 'workload')} in git are reconciled by a controller"
    if unknown:
        summary += f"; for {len(unknown)} more it cannot be told"
    return banded(len(covered) / known, summary, uncovered or covered, enough=0.9, least=0.5)
