"""What is declared to the controller, whether it exists, and how much of what runs it reaches."""

from __future__ import annotations

import re

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
from assessor.facts.containers import Service
from assessor.facts.gitops import Application, Reconciliation
from assessor.facts.repository import Organization

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
    known at run time, cannot be told from here.

    ## Why
    An application whose path was renamed keeps running its last version and shows an error nobody looks at: changes
    in git no longer arrive.

    ## Fix
    Correct `repoURL` and `path` of the applications named, or delete them. A validation of the manifests on every pull
    request catches the next one.
    """
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
    chart, or the folders of a generator.

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
