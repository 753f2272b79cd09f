"""How secrets reach the cluster without standing in git."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from assessor.checking import SUPPORT, Place, Task, Verdict, check, failed, graded, partial, passed
from assessor.facts.cluster import SECRETS, Cluster, RunningSecret
from assessor.facts.gitops import Application
from assessor.facts.infrastructure import ModuleCall, Resource, SecretSource, TerraformRoot
from assessor.facts.manifests import HelmChart, KubernetesObject, Kustomization, SecretTool
from assessor.facts.pipelines import Pipeline
from assessor.facts.repository import Organization

from ..clusters import live  # noqa: TID252  the absolute name depends on the installation
from ..live import both  # noqa: TID252
from .shares import count

_CHART = re.compile(
    r"(?:^|/)(?:(external-secrets(?:-operator)?)|(sealed-secrets(?:-operator)?(?:-helm)?)|(vault|vault-secrets-operator|vault-operator)|"
    r"(secrets-store-csi-driver(?:-provider-\w+)?|csi-secrets-store-\w+))\Z"
)
_TOOLS = ("external-secrets", "sealed-secrets", "vault", "secrets-store-csi")
_SWITCH = re.compile(r"enable_(external_secrets|sealed_secrets|vault|secrets_store_csi_driver)\Z")
_NO_STORE = ("random", "managed", "write-only")  # sources that make a secret, or hand one on
_CLUSTERS = ("azurerm_kubernetes_cluster", "google_container_cluster")
# The CSI driver as an add-on of AKS and GKE: a block or switch of the cluster, or of a module that makes one.
_ADD_ON = re.compile(r"(?:addon_profile_)?key_vault_secrets_provider(?:_enabled|\.enabled)?\Z|secret_manager_config\.enabled\Z")


@check(
    "gop.secrets",
    task=Task.OPERATING_MODEL,
    weight=SUPPORT,
    scaffold="external-secret",
    effort=2,
    frameworks=("OpenGitOps 1: Declarative", "DSOMM: Environment depending configuration parameters (secrets)"),
)
def secrets_are_managed(organization: Organization) -> Verdict:
    """Secrets reach the cluster through a tool made for them.

    Sealed Secrets, External Secrets, SOPS, the CSI driver or Vault, with at least one object or file that uses it. A tool
    that is only installed counts in part. A store that only infrastructure code uses does not reach the cluster; it is named and does not
    count.
    Where clusters are asked, the objects that bring secrets in must be ready.

    ## Why
    GitOps puts the whole desired state into git. Without such a tool secrets either stand there readable or are applied
    by hand, outside every review and every recovery.

    ## Fix
    Install External Secrets with a store (Vault, AWS Secrets Manager, Azure Key Vault), or let the controller decrypt SOPS files:

    ```yaml
    # Flux Kustomization
    spec:
      decryption:
        provider: sops
        secretRef: {name: sops-age}
    ```

    ## References
    - https://external-secrets.io/
    - https://fluxcd.io/flux/guides/mozilla-sops/
    - https://argo-cd.readthedocs.io/en/stable/operator-manual/secret-management/
    """
    found = [s for cluster in organization.of(Cluster) for s in cluster.secrets]
    return both(_managed(organization), live(organization, found, _ready, SECRETS))


def _ready(found: Sequence[RunningSecret]) -> Verdict:
    """Judge the objects that bring secrets into clusters; one that says nothing of its state is taken to work."""
    broken = [s for s in found if s.ready is False]
    tools = ", ".join(sorted({s.tool for s in found}))
    summary = f"{len(found) - len(broken)} of {count(len(found), 'object')} of {tools} are ready"
    return graded(1 - len(broken) / len(found), summary, [s.at for s in broken or found])


def _managed(organization: Organization) -> Verdict:
    seen = organization.of(SecretTool)
    used = [(t.tool, t.at) for t in seen if t.used] + list(_vault_clients(organization))
    if used:
        tools = ", ".join(sorted({tool for tool, _ in used}))
        return passed(f"{tools} in use", _one_each(used))
    prepared = [(t.tool, t.at) for t in seen] + list(_installed(organization))
    if prepared:
        tools = ", ".join(sorted({tool for tool, _ in prepared}))
        return partial(0.5, f"{tools} prepared, but nothing uses it", _one_each(prepared))
    stores = [(s.tool, s.at) for s in organization.of(SecretSource) if s.tool not in _NO_STORE]
    if stores:
        tools = ", ".join(sorted({tool for tool, _ in stores}))
        return failed(f"infrastructure code uses {tools}; no tool was seen that brings secrets to a cluster", _one_each(stores))
    return failed("no tool was seen that brings secrets to a cluster")


def _one_each(found: list[tuple[str, Place]]) -> list[Place]:
    """Return places so that the first of every tool comes before the second of any."""
    first = dict(reversed(found))
    return [*(first[tool] for tool in sorted(first)), *(place for _, place in found)]


def _vault_clients(organization: Organization) -> Iterator[tuple[str, Place]]:
    """Yield pipelines and Terraform that take their secrets from Vault."""
    for root in organization.of(TerraformRoot):
        if any(provider.rpartition("/")[2] == "vault" for provider in root.providers):
            yield "vault", root.at
    yield from (("vault", r.at) for r in organization.of(Resource) if r.type.startswith("vault_"))
    for pipeline in organization.of(Pipeline):
        yield from (("vault", step.at) for _, step in pipeline.steps if step.uses.startswith("hashicorp/vault-action"))


def _installed(organization: Organization) -> Iterator[tuple[str, Place]]:
    """Yield installations of a tool: charts as dependencies, releases, applications, operators, Terraform add-ons."""
    for name, place in _charts(organization):
        if match := _CHART.search(name):
            yield _TOOLS[(match.lastindex or 1) - 1], place
    for call in organization.of(ModuleCall):
        for name, value in call.settings.items():
            if (switch := _SWITCH.match(name)) and value == "true":
                yield switch[1].replace("_", "-"), call.at
    makers: list[Resource | ModuleCall] = [r for r in organization.of(Resource) if r.type in _CLUSTERS]
    for item in [*makers, *organization.of(ModuleCall)]:
        if any(_ADD_ON.match(name) and value != "false" for name, value in item.settings.items()):
            yield "secrets-store-csi", item.at


def _charts(organization: Organization) -> Iterator[tuple[str, Place]]:
    for chart in organization.of(HelmChart):
        yield from ((dependency.name, chart.at) for dependency in chart.dependencies)
    for build in organization.of(Kustomization):
        yield from ((name, build.at) for name in build.helm_charts)
    for application in organization.of(Application):
        yield from ((source.chart, application.at) for source in application.sources)
    for resource in organization.of(Resource):
        if resource.type == "helm_release":
            yield resource.settings.get("chart", ""), resource.at
    for item in organization.of(KubernetesObject):
        if item.type in ("HelmRelease", "HelmChart") or (item.group, item.type) == ("operators.coreos.com", "Subscription"):
            yield item.name, item.at
