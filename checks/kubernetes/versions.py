"""API versions that are removed or deprecated, as of November 2026 (Kubernetes 1.34 to 1.37, Flux 2.9).

Sources: the Kubernetes deprecated API migration guide; the release notes of Flux 2.7 (beta1 removed), 2.8 (v1beta2 and
v2beta2 of source, kustomize, helm and notification removed) and image-reflector-controller 1.2 (image v1beta2 removed); External Secrets
0.17 (v1beta1 not served); cert-manager 1.6; Traefik 3; Karpenter 1.1.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Standing:
    """What became of an API version, and what to write instead."""

    removed: bool
    instead: str


_ANY = ""  # every kind of the group and version
_WEBHOOKS = ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration")
_STORAGE = ("CSIDriver", "CSINode", "CSIStorageCapacity", "StorageClass", "VolumeAttachment")

# (group, version, kinds, what to write instead)
_REMOVED: tuple[tuple[str, tuple[str, ...], tuple[str, ...], str], ...] = (
    ("extensions", ("v1beta1",), ("Deployment", "DaemonSet", "ReplicaSet"), "apps/v1"),
    ("extensions", ("v1beta1",), ("Ingress", "NetworkPolicy"), "networking.k8s.io/v1"),
    ("extensions", ("v1beta1",), ("PodSecurityPolicy",), "Pod Security admission"),
    ("apps", ("v1beta1", "v1beta2"), (_ANY,), "apps/v1"),
    ("batch", ("v1beta1", "v2alpha1"), ("CronJob",), "batch/v1"),
    ("autoscaling", ("v2beta1", "v2beta2"), (_ANY,), "autoscaling/v2"),
    ("policy", ("v1beta1",), ("PodDisruptionBudget",), "policy/v1"),
    ("policy", ("v1beta1",), ("PodSecurityPolicy",), "Pod Security admission"),
    ("networking.k8s.io", ("v1beta1",), ("Ingress", "IngressClass"), "networking.k8s.io/v1"),
    ("rbac.authorization.k8s.io", ("v1alpha1", "v1beta1"), (_ANY,), "rbac.authorization.k8s.io/v1"),
    ("apiextensions.k8s.io", ("v1beta1",), (_ANY,), "apiextensions.k8s.io/v1"),
    ("apiregistration.k8s.io", ("v1beta1",), (_ANY,), "apiregistration.k8s.io/v1"),
    ("admissionregistration.k8s.io", ("v1beta1",), _WEBHOOKS, "admissionregistration.k8s.io/v1"),
    ("certificates.k8s.io", ("v1beta1",), ("CertificateSigningRequest",), "certificates.k8s.io/v1"),
    ("coordination.k8s.io", ("v1beta1",), ("Lease",), "coordination.k8s.io/v1"),
    ("storage.k8s.io", ("v1beta1",), _STORAGE, "storage.k8s.io/v1"),
    ("scheduling.k8s.io", ("v1alpha1", "v1beta1"), ("PriorityClass",), "scheduling.k8s.io/v1"),
    ("node.k8s.io", ("v1beta1",), ("RuntimeClass",), "node.k8s.io/v1"),
    ("discovery.k8s.io", ("v1beta1",), ("EndpointSlice",), "discovery.k8s.io/v1"),
    ("events.k8s.io", ("v1beta1",), ("Event",), "events.k8s.io/v1"),
    ("flowcontrol.apiserver.k8s.io", ("v1beta1", "v1beta2", "v1beta3"), (_ANY,), "flowcontrol.apiserver.k8s.io/v1"),
    ("source.toolkit.fluxcd.io", ("v1beta1", "v1beta2"), (_ANY,), "source.toolkit.fluxcd.io/v1"),
    ("kustomize.toolkit.fluxcd.io", ("v1alpha1", "v1beta1", "v1beta2"), (_ANY,), "kustomize.toolkit.fluxcd.io/v1"),
    ("helm.toolkit.fluxcd.io", ("v2alpha1", "v2beta1", "v2beta2"), (_ANY,), "helm.toolkit.fluxcd.io/v2"),
    ("notification.toolkit.fluxcd.io", ("v1beta1", "v1beta2"), ("Receiver",), "notification.toolkit.fluxcd.io/v1"),
    ("notification.toolkit.fluxcd.io", ("v1beta1", "v1beta2"), ("Alert", "Provider"), "notification.toolkit.fluxcd.io/v1beta3"),
    ("image.toolkit.fluxcd.io", ("v1alpha1", "v1beta1", "v1beta2"), (_ANY,), "image.toolkit.fluxcd.io/v1"),
    ("helm.fluxcd.io", ("v1",), (_ANY,), "helm.toolkit.fluxcd.io/v2"),
    ("flux.weave.works", ("v1beta1",), (_ANY,), "helm.toolkit.fluxcd.io/v2"),
    ("flagger.app", ("v1alpha1", "v1alpha2", "v1alpha3"), (_ANY,), "flagger.app/v1beta1"),
    ("external-secrets.io", ("v1alpha1", "v1beta1"), ("ExternalSecret", "SecretStore", "ClusterSecretStore", "ClusterExternalSecret"), "external-secrets.io/v1"),
    ("kubernetes-client.io", ("v1",), (_ANY,), "external-secrets.io/v1"),
    ("cert-manager.io", ("v1alpha2", "v1alpha3", "v1beta1"), (_ANY,), "cert-manager.io/v1"),
    ("acme.cert-manager.io", ("v1alpha2", "v1alpha3", "v1beta1"), (_ANY,), "acme.cert-manager.io/v1"),
    ("certmanager.k8s.io", ("v1alpha1",), (_ANY,), "cert-manager.io/v1"),
    ("traefik.containo.us", ("v1alpha1",), (_ANY,), "traefik.io/v1alpha1"),
    ("karpenter.sh", ("v1alpha5", "v1beta1"), (_ANY,), "karpenter.sh/v1"),
    ("karpenter.k8s.aws", ("v1alpha1", "v1beta1"), (_ANY,), "karpenter.k8s.aws/v1"),
)  # fmt: skip
_DEPRECATED: tuple[tuple[str, tuple[str, ...], tuple[str, ...], str], ...] = (
    ("", ("v1",), ("ComponentStatus",), "no replacement"),
    ("", ("v1",), ("Endpoints",), "discovery.k8s.io/v1 EndpointSlice"),
    ("secrets-store.csi.x-k8s.io", ("v1alpha1",), (_ANY,), "secrets-store.csi.x-k8s.io/v1"),
    ("gateway.networking.k8s.io", ("v1alpha2", "v1beta1"), ("Gateway", "GatewayClass", "HTTPRoute"), "gateway.networking.k8s.io/v1"),
    ("apps.openshift.io", ("v1",), ("DeploymentConfig",), "apps/v1 Deployment"),
    ("tekton.dev", ("v1alpha1", "v1beta1"), ("Task", "Pipeline", "TaskRun", "PipelineRun"), "tekton.dev/v1"),
)  # fmt: skip


def _table() -> dict[tuple[str, str, str], Standing]:
    return {
        (group, version, kind): Standing(removed, instead)
        for rows, removed in ((_DEPRECATED, False), (_REMOVED, True))
        for group, versions, kinds, instead in rows
        for version in versions
        for kind in kinds
    }


_STANDINGS = _table()


def standing(group: str, version: str, kind: str) -> Standing | None:
    """Return what became of an object's API version; None when it is current or unknown."""
    return _STANDINGS.get((group, version, kind)) or _STANDINGS.get((group, version, _ANY))
