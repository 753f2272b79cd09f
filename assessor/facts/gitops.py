"""GitOps controllers, what they reconcile, who hears of it, and progressive delivery."""

from __future__ import annotations

from typing import ClassVar

import msgspec

from .base import Fact, Place


class Controller(Fact, frozen=True, kw_only=True):
    """A declaration that installs a GitOps (or progressive delivery) controller."""

    product: str  # argocd, flux, jenkins-x, fleet, config-sync, argo-rollouts, flagger, argocd-image-updater …
    method: str  # manifests, helm, kustomize, operator, terraform, eks-capability, script …
    version: str = ""
    placeholder: bool = False  # the file is empty or only comments
    scripted: bool = False  # only a script or a CI step installs it
    conditional: bool = False  # installed only on demand: on clusters that carry a label, by who calls a module


class AppSource(msgspec.Struct, frozen=True):
    """Where an application's desired state comes from.

    Empty strings: not given; no `repository` but a `path` means the repository the application stands in. Parts known
    only at run time start with "tpl-" or hold "{{" or "${"; a path may hold the ``*`` of a directory generator.
    """

    repository: str = ""
    path: str = ""
    chart: str = ""
    revision: str = ""
    reference: str = ""  # the ``ref`` other sources use as ``$ref``
    shallow: bool = False  # of a plain folder, only the files in it and not those below


class Application(Fact, frozen=True, kw_only=True):
    """What a controller reconciles: Argo CD Application or ApplicationSet, Flux Kustomization or HelmRelease, Fleet GitRepo.

    The tri-state fields are None when they cannot be told from the files (templated, patched elsewhere).
    """

    kind: ClassVar[str] = "application"
    product: str  # argocd, flux, fleet, config-sync …
    type: str  # Application, ApplicationSet, Kustomization, HelmRelease, GitRepo, RootSync …
    name: str
    namespace: str = ""
    sources: tuple[AppSource, ...] = ()
    auto_sync: bool | None = False
    self_heal: bool | None = False
    prune: bool | None = False
    suspended: bool = False
    project: str = ""
    destination: str = ""
    generators: tuple[str, ...] = ()  # of an ApplicationSet
    service_account: str = ""
    templated: bool = False
    policy_from: Place | None = None  # the line that decides the policy: in the object, or in a patch elsewhere
    count: int = 1  # how many applications it stands for, when that can be told (list generators, chart values)
    source_ref: str = ""  # Flux: the source object it refers to, as "kind/namespace/name"
    selective: bool = False  # its generator picks clusters by label: it may stand for no application at all
    legacy: bool = False  # of a product generation that is no longer maintained (Flux 1, Jenkins X 2)
    detects_drift: bool = False  # live changes are noticed, and reported rather than undone

    @property
    def label(self) -> str:
        """Type and name."""
        return f"{self.type}/{self.name}" if self.name else self.type


class Project(Fact, frozen=True, kw_only=True):
    """An Argo CD AppProject."""

    name: str
    restricted_sources: bool = False
    restricted_destinations: bool = False


class FluxSource(Fact, frozen=True, kw_only=True):
    """A Flux source object; what Kustomizations and HelmReleases refer to by name."""

    transient: ClassVar[bool] = True
    type: str  # GitRepository, OCIRepository, HelmRepository, Bucket, ExternalArtifact, HelmChart
    name: str
    namespace: str = ""
    url: str = ""
    revision: str = ""  # branch, tag, semver range or commit
    chart: str = ""  # of a HelmChart
    suspended: bool = False
    copies: tuple[tuple[str, str], ...] = ()  # of an ExternalArtifact: folders of the repository and where they land in it


class PolicyPatch(Fact, frozen=True, kw_only=True):
    """A patch that sets the sync policy, or the path, of objects defined elsewhere.

    `scope` is the folder whose build it patches. None means the patch says nothing about that setting.
    """

    transient: ClassVar[bool] = True
    scope: str
    target: str  # the kind it patches
    name: str = ""  # empty: every object of the kind
    nested: bool = False  # reaches the objects that those in scope build, not those in scope
    auto_sync: bool | None = None
    suspended: bool | None = None
    prune: bool | None = None
    self_heal: bool | None = None
    detects_drift: bool | None = None
    service_account: str = ""
    path: str | None = None  # of what a Kustomization of Flux builds


class NotificationSetup(Fact, frozen=True, kw_only=True):
    """Services and triggers that routes may name. By itself it delivers nothing."""

    product: str  # argocd, flux
    services: tuple[str, ...] = ()
    triggers: tuple[str, ...] = ()
    default_triggers: tuple[str, ...] = ()


class NotificationRoute(Fact, frozen=True, kw_only=True):
    """A way GitOps events reach people: Argo CD subscription, Flux Alert with its Provider.

    `resolves` says whether the provider or service it names exists; `failures` whether it covers failures.
    """

    product: str
    name: str = ""
    failures: bool = False
    resolves: bool | None = None
    service: str = ""
    triggers: tuple[str, ...] = ()


class DeliveryStrategy(Fact, frozen=True, kw_only=True):
    """Progressive delivery of a workload: an Argo Rollouts Rollout or a Flagger Canary.

    A `manual` one is a traffic split somebody edits by hand, with no controller that moves it. A `demo` one changes
    nothing about a plain rolling update: no steps, or analysis skipped.
    """

    product: str  # argo-rollouts, flagger, kruise-rollouts, istio, gateway-api …
    name: str
    strategy: str = ""  # canary, blue-green
    steps: int = 0
    analysis: bool = False
    demo: bool = False
    manual: bool = False


class PolicySet(Fact, frozen=True, kw_only=True):
    """Policy as code: Kyverno, Gatekeeper, ValidatingAdmissionPolicy, conftest and the like."""

    tool: str
    enforced: bool | None = None


class UpdateBot(Fact, frozen=True, kw_only=True):
    """Automated updates: Renovate, Dependabot, Argo CD Image Updater, Flux image automation."""

    tool: str
    images: bool = False  # it updates container images in manifests, values or Dockerfiles
    scope: tuple[str, ...] = ()  # the ecosystems or managers it covers
    policy: bool = False  # a controller applies updates under a policy, rather than a bot that proposes them


class Promotion(Fact, frozen=True, kw_only=True):
    """A tool that moves versions between environments, or that makes an environment for each pull request (`preview`)."""

    tool: str  # kargo, gitops-promoter, jenkins-x, applicationset, resourceset …
    preview: bool = False


class Reconciliation(Fact, frozen=True, kw_only=True):
    """Which of the organization's workloads in git a controller reconciles; derived across repositories."""

    covered: tuple[Place, ...] = ()
    uncovered: tuple[Place, ...] = ()
    unknown: tuple[Place, ...] = ()  # an application whose path is only known at run time may reach them
    resolved: tuple[Place, ...] = ()  # applications whose every source that could be looked up exists
    broken: tuple[Place, ...] = ()  # applications with a source that should be in the organization and is not
    external: int = 0  # applications whose sources are all elsewhere or dynamic


class BranchProtection(Fact, frozen=True, kw_only=True):
    """Branch protection declared as code. `applied` tells settings something applies from a ruleset that only lies there."""

    tool: str  # settings.yml, safe-settings, terraform, ruleset
    reviews: bool = False
    checks: bool = False
    applied: bool = True


class Codeowners(Fact, frozen=True, kw_only=True):
    """A CODEOWNERS file at a place the forge reads. `at` is its first rule.

    `rules` are its path patterns in order, each with whether it names owners: one that names none takes them away.
    """

    rules: tuple[tuple[str, bool], ...] = ()
    errors: int = 0

    @property
    def owned(self) -> bool:
        """Say whether it names an owner of anything."""
        return any(owned for _, owned in self.rules)


class PlanAutomation(Fact, frozen=True, kw_only=True):
    """Terraform automation outside CI files: Atlantis, HCP Terraform, Spacelift, env0, Digger, Terrateam."""

    tool: str
    drift: bool = False  # its drift detection is switched on
    plan_on_pr: bool = True
