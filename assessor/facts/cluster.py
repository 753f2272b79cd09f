"""What is seen in Kubernetes clusters. `at.path` is ``context/namespace/kind/name``; `at.source` is ``kubernetes``.

A cluster is read by the same rules as a repository: the desired state in it (applications, projects, routes, strategies,
workloads) has the types that files have, beside the state that only a cluster can tell. All of it is held by its
`Cluster`, so that a look-up of what files declare never returns what runs.
"""

from __future__ import annotations

from typing import ClassVar

import msgspec

from .base import Fact, Place
from .gitops import Application, DeliveryStrategy, NotificationRoute, NotificationSetup, PolicySet, Project
from .manifests import Workload

GITOPS_MANAGERS = frozenset({"argocd", "flux", "fleet", "config-sync", "jenkins-x"})

# What a gap about a cluster may hide, as `Gap.kinds` says it.
CONTROLLERS, WORKLOADS, APPLICATIONS, PROJECTS, STRATEGIES, RUNS, ROUTES, POLICIES, SECRETS, SERVED = (
    "live-controllers", "live-workloads", "live-applications", "live-projects", "live-strategies", "live-runs", "live-routes",
    "live-policies", "live-secrets", "live-versions",
)  # fmt: skip


class RunningController(msgspec.Struct, frozen=True, kw_only=True):
    """A Deployment or StatefulSet of a controller's installation."""

    at: Place
    product: str  # argocd, flux, argo-rollouts, flagger, external-secrets, kyverno, gatekeeper, sealed-secrets …
    component: str  # its name without the product's: application-controller, source-controller …
    version: str = ""
    wanted: int = 1
    ready: int = 0

    @property
    def is_ready(self) -> bool:
        """Whether every pod that is wanted, and at least one, is ready."""
        return self.ready >= max(self.wanted, 1)


class RunningApplication(msgspec.Struct, frozen=True, kw_only=True):
    """What a controller reconciles, as the cluster holds it, and how that goes. None: not told."""

    application: Application
    synced: bool | None = None
    healthy: bool | None = None
    message: str = ""  # why not, in the controller's words, shortened
    days: int | None = None  # whole days since the last successful sync, for one that is out of sync; at most so old is the drift
    target_missing: bool = False  # the controller says that repository, path or revision do not exist
    maker: str = ""  # what made it, as "kind/name": an ApplicationSet, an application above it; "" if nobody


class RunningStrategy(msgspec.Struct, frozen=True, kw_only=True):
    """Progressive delivery of a workload, as the cluster holds it."""

    strategy: DeliveryStrategy
    phase: str = ""  # as the controller says: Healthy, Progressing, Paused, Degraded; Succeeded, Failed …
    runs: int = 0  # analyses that ran for it and are still kept
    failed_runs: int = 0


class RunningSecret(msgspec.Struct, frozen=True, kw_only=True):
    """An object that brings a secret into the cluster; never the secret. `ready` None: not told."""

    at: Place
    tool: str  # external-secrets, sealed-secrets, secrets-store-csi, vault
    ready: bool | None = None


class RunningWorkload(msgspec.Struct, frozen=True, kw_only=True):
    """A Deployment, StatefulSet, DaemonSet, CronJob or Rollout, and who put it there."""

    workload: Workload
    manager: str = ""  # a GitOps controller (`GITOPS_MANAGERS`), "helm", or "" if nothing shows
    by: str = ""  # the application or release it belongs to
    system: bool = False  # part of the cluster itself, or of a GitOps controller
    owner: str = ""  # the object that made it, as "kind/name", when that is neither a workload nor an application

    @property
    def reconciled(self) -> bool:
        """Whether a GitOps controller keeps it as Git says."""
        return self.manager in GITOPS_MANAGERS


class Unserved(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """An object in a file that an application brings to a cluster in an API version which that does not serve."""

    at: Place
    version: str  # "group/version Kind"


class Cluster(Fact, frozen=True, kw_only=True):
    """A cluster that was asked, with what it answered. What it refused is in the gaps of the organization."""

    kind: ClassVar[str] = "cluster"
    context: str
    version: str = ""  # as the API server says, e.g. v1.35.2
    served: tuple[str, ...] = ()  # API versions, as "group/version"; the core group is "v1"
    controllers: tuple[RunningController, ...] = ()
    applications: tuple[RunningApplication, ...] = ()
    projects: tuple[Project, ...] = ()
    strategies: tuple[RunningStrategy, ...] = ()
    setups: tuple[NotificationSetup, ...] = ()
    routes: tuple[NotificationRoute, ...] = ()
    policies: tuple[PolicySet, ...] = ()
    secrets: tuple[RunningSecret, ...] = ()
    workloads: tuple[RunningWorkload, ...] = ()
    declared: int = 0  # objects in files that its applications bring to it; set when derived
    unserved: tuple[Unserved, ...] = ()  # of those; set when derived

    @property
    def label(self) -> str:
        """The context it was asked through."""
        return self.context

    @property
    def groups(self) -> frozenset[str]:
        """The API groups it serves; "" is the core group."""
        return frozenset(version.rpartition("/")[0] for version in self.served)
