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


class AppSource(msgspec.Struct, frozen=True):
    """Where an application's desired state comes from. Empty strings: not given; dynamic parts start with "tpl-" or hold "{{"."""

    repository: str = ""
    path: str = ""
    chart: str = ""
    revision: str = ""
    reference: str = ""  # the ``ref`` other sources use as ``$ref``


class Application(Fact, frozen=True, kw_only=True):
    """What a controller reconciles: Argo CD Application or ApplicationSet, Flux Kustomization or HelmRelease, Fleet GitRepo …

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
    policy_from: Place | None = None  # where the policy was found when it is not in the object itself
    count: int = 1  # how many applications it stands for, when that can be told (list generators, chart values)

    @property
    def label(self) -> str:
        """Type and name."""
        return f"{self.type}/{self.name}" if self.name else self.type


class Project(Fact, frozen=True, kw_only=True):
    """An Argo CD AppProject."""

    name: str
    restricted_sources: bool = False
    restricted_destinations: bool = False


class NotificationRoute(Fact, frozen=True, kw_only=True):
    """A way GitOps events reach people: Argo CD subscription, Flux Alert with its Provider.

    `resolves` says whether the provider or service it names exists; `failures` whether it covers failures.
    """

    product: str
    name: str = ""
    failures: bool = False
    resolves: bool | None = None


class DeliveryStrategy(Fact, frozen=True, kw_only=True):
    """Progressive delivery of a workload: an Argo Rollouts Rollout or a Flagger Canary."""

    product: str  # argo-rollouts, flagger
    name: str
    strategy: str = ""  # canary, blue-green
    steps: int = 0
    analysis: bool = False
    demo: bool = False


class PolicySet(Fact, frozen=True, kw_only=True):
    """Policy as code: Kyverno, Gatekeeper, ValidatingAdmissionPolicy, conftest …"""

    tool: str
    enforced: bool | None = None


class UpdateBot(Fact, frozen=True, kw_only=True):
    """Automated updates: Renovate, Dependabot, Argo CD Image Updater, Flux image automation."""

    tool: str
    images: bool = False  # it updates container images in manifests, values or Dockerfiles
    scope: tuple[str, ...] = ()  # the ecosystems or managers it covers


class BranchProtection(Fact, frozen=True, kw_only=True):
    """Branch protection declared as code. `applied` tells settings something applies from a ruleset that only lies there."""

    tool: str  # settings.yml, safe-settings, terraform, ruleset
    reviews: bool = False
    checks: bool = False
    applied: bool = True


class Codeowners(Fact, frozen=True, kw_only=True):
    """A CODEOWNERS file at a place the forge reads. `patterns` are its path patterns."""

    patterns: tuple[str, ...] = ()
    errors: int = 0


class PlanAutomation(Fact, frozen=True, kw_only=True):
    """Terraform automation outside CI files: Atlantis, HCP Terraform, Spacelift, env0, Digger, Terrateam."""

    tool: str
    drift: bool = False  # its drift detection is switched on
    plan_on_pr: bool = True
