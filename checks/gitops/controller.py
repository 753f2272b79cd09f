"""Whether a GitOps controller is installed, and whether what git says of it is so."""

from __future__ import annotations

from assessor.checking import CORE, SUPPORT, Task, Verdict, check, failed, not_observed, partial, passed
from assessor.facts.gitops import Application, Controller
from assessor.facts.repository import Organization
from assessor.readers.gitops.products import RECONCILERS

from .shares import count

NO_LIVE = "live evidence was not requested"


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

    ## Why
    A controller that is declared but crashes, or was removed, reconciles nothing: git and the cluster part ways
    silently.

    ## Fix
    Look at the controller's pods and events (`kubectl -n argocd get pods`, `flux check`), and alert on their readiness.
    Run the scan with access to the cluster to see this.
    """
    return not_observed(NO_LIVE)


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
    access to the cluster to compare them.
    """
    declared = [c for c in organization.of(Controller) if c.product in RECONCILERS]
    return not_observed(NO_LIVE, [c.at for c in declared])
