"""The reader of GitOps objects: sends each object of a manifest to the function that knows its kind.

Group and kind are matched together and only at the top of an object: install manifests contain the words ``kind:
Rollout`` or ``kind: Alert`` inside definitions, and ``Application`` exists in several groups.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from assessor.facts.base import Fact
from assessor.parsing import yaml
from assessor.parsing.yaml import Map
from assessor.reading import Source, reader

from . import argocd, flux, installs, notifying, others, policies, rollouts
from .objects import Manifest, embedded, get, manifests, mapping, text
from .products import CHARTS
from .values import objects_of

Handler = Callable[[Manifest], Iterator[Fact]]

FLUX_SOURCES = ("GitRepository", "OCIRepository", "HelmRepository", "Bucket", "HelmChart")

HANDLERS: dict[tuple[str, str], Handler] = {
    ("argoproj.io", "Application"): argocd.read_application,
    ("argoproj.io", "ApplicationSet"): argocd.read_application_set,
    ("argoproj.io", "AppProject"): argocd.read_project,
    ("argoproj.io", "ArgoCD"): installs.read_operator_argocd,
    ("argoproj.io", "Rollout"): rollouts.read_rollout,
    ("rollouts.kruise.io", "Rollout"): rollouts.read_kruise,
    ("flagger.app", "Canary"): rollouts.read_canary,
    ("networking.istio.io", "VirtualService"): rollouts.read_virtual_service,
    ("gateway.networking.k8s.io", "HTTPRoute"): rollouts.read_http_route,
    ("argocd-image-updater.argoproj.io", "ImageUpdater"): others.read_image_updater,
    ("promoter.argoproj.io", "PromotionStrategy"): others.read_promotion_tool,
    ("kargo.akuity.io", "Stage"): others.read_promotion_tool,
    ("kustomize.toolkit.fluxcd.io", "Kustomization"): flux.read_kustomization,
    ("helm.toolkit.fluxcd.io", "HelmRelease"): flux.read_helm_release,
    **{("source.toolkit.fluxcd.io", kind): flux.read_source for kind in FLUX_SOURCES},
    ("source.extensions.fluxcd.io", "ArtifactGenerator"): flux.read_artifact_generator,
    ("notification.toolkit.fluxcd.io", "Alert"): flux.read_alert,
    ("notification.toolkit.fluxcd.io", "Provider"): flux.read_provider,
    ("image.toolkit.fluxcd.io", "ImageUpdateAutomation"): flux.read_image_automation,
    ("fluxcd.controlplane.io", "FluxInstance"): flux.read_instance,
    ("fluxcd.controlplane.io", "ResourceSetInputProvider"): flux.read_input_provider,
    ("flux.weave.works", "HelmRelease"): flux.read_flux_1_release,
    ("helm.fluxcd.io", "HelmRelease"): flux.read_flux_1_release,
    ("fleet.cattle.io", "GitRepo"): others.read_fleet,
    ("configsync.gke.io", "RootSync"): others.read_config_sync,
    ("configsync.gke.io", "RepoSync"): others.read_config_sync,
    ("configmanagement.gke.io", "ConfigManagement"): others.read_config_management,
    ("pipecd.dev", "KubernetesApp"): others.read_pipecd,
    ("pipecd.dev", "Application"): others.read_pipecd,
    ("operators.coreos.com", "Subscription"): installs.read_subscription,
    ("helm.cattle.io", "HelmChart"): installs.read_k3s_chart,
    ("eksctl.io", "ClusterConfig"): installs.read_eksctl,
    ("apps", "Deployment"): installs.read_workload,
    ("apps", "StatefulSet"): installs.read_workload,
    ("apps", "DaemonSet"): installs.read_workload,
    ("", "ConfigMap"): notifying.read_config_map,
    ("kyverno.io", "ClusterPolicy"): policies.read_kyverno,
    ("kyverno.io", "Policy"): policies.read_kyverno,
    **{
        ("policies.kyverno.io", kind): policies.read_kyverno_cel
        for kind in ("ValidatingPolicy", "MutatingPolicy", "GeneratingPolicy", "ImageValidatingPolicy", "NamespacedValidatingPolicy")
    },
    ("templates.gatekeeper.sh", "ConstraintTemplate"): policies.read_constraint_template,
    ("admissionregistration.k8s.io", "ValidatingAdmissionPolicy"): policies.read_admission_policy,
    ("admissionregistration.k8s.io", "ValidatingAdmissionPolicyBinding"): policies.read_admission_binding,
    ("policies.kubewarden.io", "ClusterAdmissionPolicy"): policies.read_kubewarden,
    ("policies.kubewarden.io", "AdmissionPolicy"): policies.read_kubewarden,
}  # fmt: skip

_TELLING = (  # looked for in every manifest: a search for each is many times faster than one pattern for all
    b"argoproj", b"fluxcd", b"flux.weave.works", b"flagger", b"kruise.io", b"kargo.akuity", b"cattle.io", b"gke.io", b"pipecd",
    b"eksctl.io", b"keel.sh", b"VirtualService", b"HTTPRoute", b"kyverno.io", b"gatekeeper.sh", b"ValidatingAdmissionPolicy",
    b"kubewarden.io", b"argocd", b"operators.coreos.com", b"jx-git-operator", b"rancher/fleet", b"reconciler-manager",
    b"weaveworks/flux",
)  # fmt: skip
_NAMES = (
    "*.yaml",
    "*.yml",
    "*.json",
    "*.yaml.tpl",
    "*.yml.tpl",
    "*.yaml.tmpl",
    "*.yml.tmpl",
    "*.yaml.gotmpl",
    "*.yaml.tftpl",
    "*.pipecd.yaml",
)
MAX_NESTED = 500


@reader("gitops-objects", names=_NAMES)
def read_objects(source: Source) -> Iterator[Fact]:
    """Yield the facts of every GitOps object in a manifest."""
    if b"kind" not in source.data or not any(word in source.data for word in _TELLING):
        return
    for manifest in manifests(source):
        yield from facts_of(manifest)


def facts_of(manifest: Manifest) -> Iterator[Fact]:
    """Yield the facts of one object, and of those it holds."""
    handler = HANDLERS.get((manifest.group, manifest.kind))
    if manifest.group == policies.GATEKEEPER_CONSTRAINTS:
        handler = policies.read_constraint
    if handler:
        yield from handler(manifest)
    yield from flux.read_flux_1_annotations(manifest)
    yield from others.read_keel_annotations(manifest)
    yield from _held(manifest)


def _held(manifest: Manifest) -> Iterator[Fact]:
    """Yield the facts of objects inside an object: a ResourceSet's resources, values of an Argo CD chart."""
    if (manifest.group, manifest.kind) == ("fluxcd.controlplane.io", "ResourceSet"):
        for number, inner in enumerate(embedded(manifest.source, get(manifest.spec, "resources"))):
            if number < MAX_NESTED and inner.kind != "ResourceSet":
                yield from facts_of(inner)
        return
    values = _chart_values(manifest)
    if values:
        yield from objects_of(manifest.source, values)
        instance = mapping(values, "instance", "sync")
        if instance:
            yield from flux.instance_sync(manifest, instance)


def _chart_values(manifest: Manifest) -> Map | None:
    """Return the values that a HelmRelease or Application gives a chart, if it may be one of Argo CD's or Flux's."""
    spec = manifest.spec
    if manifest.kind == "HelmRelease":
        name = text(spec, "chart", "spec", "chart") or text(spec, "chartRef", "name") or text(spec, "chart", "name")
        found = get(spec, "values")
    elif manifest.kind == "HelmChart":
        name, found = text(spec, "chart"), get(spec, "valuesContent")
    else:
        name = text(spec, "source", "chart")
        found = get(spec, "source", "helm", "valuesObject") or get(spec, "source", "helm", "values")
    if name.rpartition("/")[2] not in (*CHARTS, "argocd-apps"):
        return None
    if isinstance(found, str) and "{{" not in found:
        documents = yaml.parse(found).documents
        found = documents[0].value if documents else None
    return found if isinstance(found, Map) else None
