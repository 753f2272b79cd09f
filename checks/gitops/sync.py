"""Whether changes in git arrive by themselves, and whether what differs is put right."""

from __future__ import annotations

from collections.abc import Sequence

from assessor.checking import CORE, SUPPORT, Place, Task, Verdict, check, failed, not_applicable, not_observed, partial
from assessor.facts.cluster import APPLICATIONS
from assessor.facts.gitops import Application
from assessor.facts.repository import Organization

from ..clusters import hidden, live_applications, not_seen, running  # noqa: TID252  the absolute name depends on the installation
from ..live import both  # noqa: TID252
from .shares import banded, count


@check(
    "gop.auto-sync",
    task=Task.AUTO_SYNC,
    weight=CORE,
    scaffold="argocd-application",
    frameworks=("OpenGitOps 3: Pulled automatically", "State of GitOps: automatic pull"),
)
def sync_is_automatic(organization: Organization) -> Verdict:
    """Changes in git are applied without anybody pressing a button.

    Judged in files and, where clusters are asked, on what they hold: both must sync by themselves. Argo CD syncs by itself when `automated` is set and not `enabled: false`; an empty `automated:` key is nothing, and
    so is off. Flux objects sync unless they are suspended.

    ## Why
    A manual sync is a deployment by hand: git says what should run, and somebody decides when it does. The longer the
    gap, the riskier the next sync.

    ## Fix
    Turn automatic sync on, for production with sync windows if changes must not arrive at any time:

    ```yaml
    syncPolicy:
      automated:
        prune: true
        selfHeal: true
    ```

    For Flux, remove `suspend: true`.

    ## References
    - https://argo-cd.readthedocs.io/en/stable/user-guide/auto_sync/
    """
    applications = organization.of(Application)
    if applications:
        files = _automatic(applications)
    else:
        files = failed("nothing is synced automatically: no application is declared to a GitOps controller")
    return both(files, live_applications(organization, _automatic))


def _automatic(applications: Sequence[Application]) -> Verdict:
    known = [a for a in applications if a.auto_sync is not None]
    if not known:
        return not_observed("whether applications sync automatically is decided by templates", [_policy(a) for a in applications])
    on = [a for a in known if a.auto_sync and not a.suspended]
    off = [a for a in known if not a.auto_sync or a.suspended]
    summary = f"{len(on)} of {count(len(known), 'application')} sync automatically"
    if on and all(a.legacy for a in on):
        return partial(0.5, f"{summary}, by a controller that is no longer maintained", [_policy(a) for a in on])
    return banded(
        len(on) / len(known), summary, [_policy(a) for a in (off if off and len(on) < len(known) * 0.9 else on)], enough=0.9
    )


@check(
    "gop.heal-prune",
    task=Task.AUTO_SYNC,
    weight=SUPPORT,
    scaffold="argocd-application",
    frameworks=("OpenGitOps 4: Continuously reconciled", "State of GitOps: continuous reconciliation"),
)
def sync_heals_and_prunes(organization: Organization) -> Verdict:
    """Live changes are undone, and what leaves git leaves the cluster.

    Argo CD does neither unless `selfHeal` and `prune` are set. A Flux Kustomization always re-applies; a HelmRelease
    only with `driftDetection.mode: enabled`.

    ## Why
    Without pruning, deleted objects live on and keep their access; without healing, a `kubectl edit` outlives the
    incident it was meant for.

    ## Fix
    Argo CD: `automated: {prune: true, selfHeal: true}`. Flux: `prune: true` on Kustomizations and, on HelmReleases:

    ```yaml
    spec:
      driftDetection:
        mode: enabled
    ```
    """
    applications = organization.of(Application)
    files = _complete(applications) if applications else not_applicable("no applications are declared")
    return both(files, live_applications(organization, _complete))


def _complete(applications: Sequence[Application]) -> Verdict:
    settings = [(a, value) for a in applications for value in (a.self_heal, a.prune) if value is not None]
    if not settings:
        return not_observed("healing and pruning are decided by templates", [_policy(a) for a in applications])
    share = sum(value and not a.suspended for a, value in settings) / len(settings)
    lacking = [_policy(a) for a, value in settings if not value]
    healed = sum(a.self_heal is True for a in applications)
    pruned = sum(a.prune is True for a in applications)
    summary = f"of {count(len(applications), 'application')}, {healed} undo live changes and {pruned} prune"
    return banded(share, summary, lacking or [_policy(a) for a in applications], enough=0.9)


@check("gop.sync-health", task=Task.AUTO_SYNC, weight=SUPPORT, live=True, frameworks=("OpenGitOps 4: Continuously reconciled",))
def applications_are_healthy(organization: Organization) -> Verdict:
    """Applications in the clusters are synced and healthy.

    ## Why
    An application that is out of sync, or degraded, is one where git and the cluster disagree right now.

    ## Fix
    Look at the applications named (`argocd app get NAME`, `flux get all -A`) and let notifications tell of the next one.
    Run the scan with access to the cluster (`--kube`) to see this.
    """
    told = [a for a in running(organization) if a.synced is not None or a.healthy is not None or a.message]
    if not told:
        return not_seen(organization, APPLICATIONS)
    ill = [a for a in told if not (a.synced and a.healthy)]
    summary = f"{len(told) - len(ill)} of {count(len(told), 'application')} are synced and healthy"
    if ill:
        summary += f"; not: {', '.join(a.application.name for a in ill[:5])}"
    if reason := hidden(organization, APPLICATIONS):
        summary += f"; not all could be seen: {reason}"
    places = [a.application.at for a in ill or told]
    return banded(1 - len(ill) / len(told), summary, places, enough=0.95, least=0.8)


def _policy(application: Application) -> Place:
    return application.policy_from or application.at
