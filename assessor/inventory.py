"""Counts what a repository holds: the figures of `repositories[].inventory`."""

from __future__ import annotations

from collections.abc import Callable

from assessor.facts.containers import Dockerfile, ImageBuild, Service
from assessor.facts.gitops import Application, Controller, DeliveryStrategy, NotificationRoute
from assessor.facts.infrastructure import Resource, Stack, TerraformRoot
from assessor.facts.manifests import HelmChart, KubernetesObject, Kustomization, Workload
from assessor.facts.pipelines import Pipeline
from assessor.facts.repository import Repository


def _applications(product: str, type: str) -> Callable[[Repository], int]:
    def count(repository: Repository) -> int:
        return sum(a.product == product and a.type == type for a in repository.of(Application))

    return count


def _strategies(product: str) -> Callable[[Repository], int]:
    def count(repository: Repository) -> int:
        return sum(d.product == product for d in repository.of(DeliveryStrategy))

    return count


_COUNTS: dict[str, Callable[[Repository], int]] = {
    "argocd_applications": _applications("argocd", "Application"),
    "argocd_applicationsets": _applications("argocd", "ApplicationSet"),
    "canaries": _strategies("flagger"),
    "controllers": lambda r: sum(not c.placeholder for c in r.of(Controller)),
    "dockerfiles": lambda r: sum(not d.development for d in r.of(Dockerfile)),
    "files": lambda r: len(r.files),
    "flux_helmreleases": _applications("flux", "HelmRelease"),
    "flux_kustomizations": _applications("flux", "Kustomization"),
    "helm_charts": lambda r: sum(not c.vendored for c in r.of(HelmChart)),
    "image_builds": lambda r: len(r.of(ImageBuild)),
    "kustomizations": lambda r: len(r.of(Kustomization)),
    "manifests": lambda r: len(r.of(KubernetesObject)),
    "notification_routes": lambda r: len(r.of(NotificationRoute)),
    "pipelines": lambda r: len(r.of(Pipeline)),
    "resources": lambda r: len(r.of(Resource)),
    "rollouts": _strategies("argo-rollouts"),
    "services": lambda r: len(r.of(Service)),
    "stacks": lambda r: len(r.of(Stack)),
    "terraform_roots": lambda r: len(r.of(TerraformRoot)),
    "terraform_roots_remote": lambda r: sum(
        root.backend is not None and root.backend.type != "local" for root in r.of(TerraformRoot)
    ),
    "workloads": lambda r: len(r.of(Workload)),
}


def inventory(repository: Repository) -> dict[str, int]:
    """Return how many of each kind of thing a repository holds, by name."""
    return {name: count(repository) for name, count in _COUNTS.items()}
