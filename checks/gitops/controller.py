"""Whether a GitOps controller is installed, and whether what git says of it is so."""

from __future__ import annotations

import re

from assessor.checking import CORE, SUPPORT, Task, Verdict, check, failed, graded, not_observed, partial, passed
from assessor.deriving.live_clusters import capabilities, elsewhere
from assessor.facts.cluster import WORKLOADS, Cluster
from assessor.facts.gitops import Application, Controller
from assessor.facts.repository import Organization
from assessor.readers.gitops.products import RECONCILERS

from ..clusters import contradictions, hidden, not_seen, sides  # noqa: TID252  the absolute name depends on the installation
from .shares import count

_ESSENTIAL = re.compile(r"application-controller|repo-server|(?:source|kustomize|helm)-controller")  # nothing syncs without


@check(
    "gop.controller-declared",
    task=Task.CONTROLLER,
    weight=CORE,
    scaffold="argocd-install",
    effort=2,
    frameworks=("OpenGitOps 3: Pulled automatically", "State of GitOps: automatic pull"),
)
def controller_is_declared(organization: Organization) -> Verdict:
    """The GitOps controller is itself installed from git.

    Accepted: install manifests, a Helm or Kustomize reference, an operator's object, Terraform, a managed capability.
    Files that hold only comments, and scripts or pipelines that install it once, count in part; a README does not.

    ## Why
    The controller is what every deployment depends on. Installed by hand it cannot be rebuilt after a failure, drifts
    from cluster to cluster, and is upgraded by whoever remembers how.

    ## Fix
    Commit the installation and let the controller manage itself afterwards, e.g. Argo CD with Kustomize:

    ```yaml
    # clusters/production/argocd/kustomization.yaml
    apiVersion: kustomize.config.k8s.io/v1beta1
    kind: Kustomization
    namespace: argocd
    resources:
      - namespace.yaml
      - https://raw.githubusercontent.com/argoproj/argo-cd/v3.1.0/manifests/install.yaml
    ```

    For Flux, run `flux bootstrap` once and keep the `flux-system` folder it commits, or declare a `FluxInstance`.

    ## References
    - https://argo-cd.readthedocs.io/en/stable/operator-manual/declarative-setup/
    - https://fluxcd.io/flux/installation/bootstrap/
    """
    controllers = [c for c in organization.of(Controller) if c.product in RECONCILERS]
    declared = [c for c in controllers if not (c.placeholder or c.scripted or c.conditional)]
    if declared:
        how = ", ".join(sorted({f"{c.product} ({c.method})" for c in declared}))
        return passed(f"declared in git: {how}", [c.at for c in declared])
    if controllers:
        how = ", ".join(sorted({f"{c.product} ({_weakness(c)})" for c in controllers}))
        return partial(0.5, f"not declared outright: {how}", [c.at for c in controllers])
    applications = organization.of(Application)
    if applications:
        return failed(
            f"{count(len(applications), 'application')} but nothing in git installs their controller", [applications[0].at]
        )
    return failed("nothing in git installs a GitOps controller")


def _weakness(controller: Controller) -> str:
    if controller.placeholder:
        return "a placeholder without content"
    if controller.scripted:
        return f"only a {controller.method} runs the installer"
    return "only in a module nothing here calls" if controller.method == "terraform" else "only where a cluster asks for it"


@check(
    "gop.controller-running",
    task=Task.CONTROLLER,
    weight=CORE,
    effort=2,
    live=True,
    frameworks=("OpenGitOps 3: Pulled automatically", "OpenGitOps 4: Continuously reconciled"),
)
def controller_is_running(organization: Organization) -> Verdict:
    """A GitOps controller is ready in the clusters.

    Ready pods count, and so does Argo CD as a capability of EKS, which has none in the cluster; definitions of its objects do
    not.

    ## Why
    A controller that is declared but crashes, or was removed, reconciles nothing: git and the cluster part ways
    silently.

    ## Fix
    Look at the controller's pods and events (`kubectl -n argocd get pods`, `flux check`), and alert on their readiness.
    Run the scan with access to the cluster (`--kube`) to see this.
    """
    parts = [part for cluster in organization.of(Cluster) for part in cluster.controllers if part.product in RECONCILERS]
    if not parts:
        return _capability(organization) or _without_pods(organization)
    down = [part for part in parts if not part.is_ready]
    products = ", ".join(sorted({f"{part.product} {part.version}".strip() for part in parts}))
    if not down:
        return passed(f"all parts are ready: {products}", [part.at for part in parts])
    names = ", ".join(part.component for part in down[:5])
    ready = 1 - len(down) / len(parts)
    verdict = f"{products}: not ready: {names}"
    essential = [part for part in down if _ESSENTIAL.search(part.component)]
    return graded(min(ready, 0.5) if essential and ready < 1 else ready, verdict, [part.at for part in down])


def _capability(organization: Organization) -> Verdict | None:
    """Judge Argo CD as a capability of EKS: AWS runs it, and the cluster has no pods of it. None where there is none."""
    found = capabilities(organization)
    if not found:
        return None
    active = [at for at, _, works in found if works]
    told = ", ".join(sorted({status or "unknown" for _, status, _ in found}))
    summary = f"Argo CD as a capability of EKS is {told}"
    return graded(max(len(active) / len(found), 0.3), summary, active or [at for at, _, _ in found])


def _without_pods(organization: Organization) -> Verdict:
    """Judge where no controller has pods: one managed outside the cluster shows in the state it writes."""
    if managed := elsewhere(organization):
        return passed(f"a controller outside the clusters keeps the state of {count(len(managed), 'application')}", managed)
    if not organization.of(Cluster) or hidden(organization, WORKLOADS):
        return not_seen(organization, WORKLOADS)
    places = [cluster.at for cluster in organization.of(Cluster)]
    left = [a.application.at for cluster in organization.of(Cluster) for a in cluster.applications]
    if left:
        return failed(f"{count(len(left), 'application')} in the clusters, and no controller that reconciles them", left)
    return failed("no GitOps controller runs in the clusters that were asked", places)


@check(
    "gop.declared-vs-live",
    task=Task.CONTROLLER,
    weight=SUPPORT,
    effort=2,
    frameworks=("OpenGitOps 4: Continuously reconciled",),
)
def declaration_matches_clusters(organization: Organization) -> Verdict:
    """The controller that git declares is the one that runs.

    ## Why
    A controller that runs without being declared is lost with its cluster; one that is declared and does not run
    gives false confidence.

    ## Fix
    Bring the two together: commit the installation that runs, or apply the one that is committed. Run the scan with
    access to the cluster (`--kube`) to compare them.
    """
    declared = [c for c in organization.of(Controller) if c.product in RECONCILERS]
    running = [c for cluster in organization.of(Cluster) for c in cluster.controllers if c.product in RECONCILERS]
    if not running and not elsewhere(organization) and (not organization.of(Cluster) or hidden(organization, WORKLOADS)):
        return not_observed(not_seen(organization, WORKLOADS).summary, [c.at for c in declared])
    places = [*(c.at for c in declared[:4]), *(c.at for c in running[:4]), *elsewhere(organization)[:2]]
    odd = contradictions(organization, "gop.declared-vs-live")
    if odd:
        told = "; ".join(f"{c.subject}: {c.summary}" for c in odd)
        agreeing = {c.product for c in declared} & {c.product for c in running}
        return graded(0.5 if agreeing else 0.3, told, [*sides(odd), *places])
    if declared and (running or elsewhere(organization)):
        return passed(f"declared and running: {', '.join(sorted({c.product for c in running or declared}))}", places)
    return failed("no GitOps controller is declared, and none runs", [cluster.at for cluster in organization.of(Cluster)])
