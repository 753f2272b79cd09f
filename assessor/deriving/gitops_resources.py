"""Applications that infrastructure code declares: Argo CD and Flux resources, Config Sync, manifests inside Terraform."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import msgspec

from assessor.errors import ParseError
from assessor.facts.base import Fact
from assessor.facts.gitops import Application, AppSource
from assessor.facts.infrastructure import Resource
from assessor.readers.gitops.kubernetes import read_objects
from assessor.reading import Source

from .base import Material, deriver

_MANIFESTS = {"kubectl_manifest": "yaml_body", "kubernetes_manifest": "manifest", "kustomization_resource": "manifest"}


@deriver()
def applications_of_resources(material: Material) -> Iterator[Fact]:
    """Yield the applications among the resources of infrastructure code; a module nothing calls declares none."""
    for resource in material.of(Resource):
        if resource.offered:
            continue
        if read := _RESOURCES.get(resource.type):
            yield from read(resource)
        elif resource.type in _MANIFESTS:
            yield from _manifest(resource, resource.settings.get(_MANIFESTS[resource.type], ""))


def _manifest(resource: Resource, body: str) -> Iterator[Fact]:
    """Yield what a manifest inside a resource says; every place is the resource's."""
    if "apiVersion" not in body:
        return
    source = Source(resource.at.repository, resource.at.path, body.encode("utf-8", "replace"))
    try:
        found = list(read_objects.read(source))
    except ParseError:
        return
    for fact in found:
        changes: dict[str, object] = {"at": resource.at}
        if isinstance(fact, Application):
            changes["policy_from"] = None
        yield msgspec.structs.replace(fact, **changes)


def _argocd(resource: Resource) -> Iterator[Application]:
    """Yield an application of the Argo CD provider; its blocks are named as the object's, in lower case."""
    prefix = "spec.template.spec." if "spec.template.spec" in resource.settings else "spec."
    given = {key.removeprefix(prefix): value for key, value in resource.settings.items() if key.startswith(prefix)}
    automated = "sync_policy.automated"
    yield Application(
        at=resource.at,
        product="argocd",
        type="ApplicationSet" if resource.type.endswith("_set") else "Application",
        name=resource.settings.get("metadata.name", resource.name),
        sources=(
            AppSource(
                repository=given.get("source.repo_url", ""),
                path=given.get("source.path", ""),
                chart=given.get("source.chart", ""),
                revision=given.get("source.target_revision", ""),
                shallow=given.get("source.directory.recurse") != "true",
            ),
        ),
        auto_sync=automated in given and given.get(f"{automated}.enabled", "true") == "true",
        self_heal=_flag(given.get(f"{automated}.self_heal", "false")),
        prune=_flag(given.get(f"{automated}.prune", "false")),
        project=given.get("project", ""),
        destination=given.get("destination.name") or given.get("destination.server", ""),
    )


def _azure_flux(resource: Resource) -> Iterator[Application]:
    """Yield the Kustomization that the Flux extension of AKS makes, declared in Terraform."""
    given = resource.settings
    repository = given.get("git_repository.url", "") or given.get("bucket.url", "") or given.get("blob_storage.container_id", "")
    yield Application(
        at=resource.at,
        product="flux",
        type="Kustomization",
        name=given.get("kustomizations.name", given.get("name", resource.name)),
        sources=(
            AppSource(
                repository=repository,
                path=given.get("kustomizations.path", "").removeprefix("./").strip("/"),
                revision=given.get("git_repository.reference_value", ""),
            ),
        ),
        auto_sync=given.get("continuous_reconciliation_enabled", "true") == "true",
        self_heal=True,
        prune=_flag(given.get("kustomizations.garbage_collection_enabled", "false")),
    )


def _flux_configuration(resource: Resource) -> Iterator[Application]:
    """Yield the Kustomizations of a Flux configuration that a Bicep file or ARM template declares."""
    given = resource.settings
    names = {key.split(".")[1] for key in given if key.startswith("kustomizations.")}
    for name in sorted(names):
        yield Application(
            at=resource.at,
            product="flux",
            type="Kustomization",
            name=name,
            sources=(
                AppSource(
                    repository=given.get("gitRepository.url", "") or given.get("bucket.url", ""),
                    path=given.get(f"kustomizations.{name}.path", "").removeprefix("./").strip("/"),
                    revision=given.get("gitRepository.repositoryRef.branch", ""),
                ),
            ),
            auto_sync=given.get("suspend", "false") != "true",
            self_heal=True,
            prune=_flag(given.get(f"kustomizations.{name}.prune", "false")),
        )


def _config_sync(resource: Resource) -> Iterator[Application]:
    """Yield the root sync that a GKE fleet's membership sets up."""
    for prefix in ("configmanagement.config_sync.", "fleet_default_member_config.configmanagement.config_sync."):
        for kind in ("git", "oci"):
            start = f"{prefix}{kind}."
            given = {key.removeprefix(start): value for key, value in resource.settings.items() if key.startswith(start)}
            repository = given.get("sync_repo", "")
            if repository:
                source = AppSource(
                    repository=repository, path=given.get("policy_dir", "").strip("/"), revision=given.get("sync_branch", "")
                )
                yield Application(
                    at=resource.at,
                    product="config-sync",
                    type="RootSync",
                    name=resource.name,
                    sources=(source,),
                    auto_sync=True,
                    self_heal=True,
                    prune=True,
                )


def _flag(value: str) -> bool | None:
    return None if "$" in value else value == "true"


_RESOURCES: dict[str, Callable[[Resource], Iterator[Application]]] = {
    "argocd_application": _argocd,
    "argocd_application_set": _argocd,
    "azurerm_kubernetes_flux_configuration": _azure_flux,
    "Microsoft.KubernetesConfiguration/fluxConfigurations": _flux_configuration,
    "google_gke_hub_feature_membership": _config_sync,
    "google_gke_hub_feature": _config_sync,
}
