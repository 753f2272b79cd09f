"""Kubernetes objects in YAML or JSON documents: identity, ``kind: List``, and what only looks like an object.

An object has `apiVersion` and `kind` at its top. Objects that are inside another (the schema of a CRD, a ConfigMap's
text, `spec.names` of a definition) are content, not objects. Files in the same form that no API server stores
(kustomization, Skaffold, kubeconfig, kind, eksctl, k3d …) are left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from .yaml import Document, Map, Seq, is_dynamic

MAX_OBJECTS = 5_000  # of one file

_VERSION = re.compile(r"v[0-9]+(?:(?:alpha|beta)[0-9]+)?\Z")
_BARE_GROUPS = {"", "apps", "batch", "autoscaling", "extensions", "policy"}
_CLIENT_GROUPS = (
    "kustomize.config.k8s.io", "kind.x-k8s.io", "k3d.io", "eksctl.io", "kops.k8s.io", "ctlptl.dev", "minikube.sigs.k8s.io",
    "kubeadm.k8s.io", "kubelet.config.k8s.io", "kubeproxy.config.k8s.io", "kubescheduler.config.k8s.io",
    "apiserver.config.k8s.io", "audit.k8s.io", "client.authentication.k8s.io", "controller-runtime.sigs.k8s.io",
    "backstage.io", "tanka.dev", "meta.pkg.crossplane.io", "cli.kyverno.io", "krew.googlecontainertools.github.com",
    "viaduct.ai", "score.dev", "kuttl.dev", "chainsaw.kyverno.io",
)  # fmt: skip
_GROUPS_OF = {
    "Deployment": "apps", "StatefulSet": "apps", "DaemonSet": "apps", "ReplicaSet": "apps", "Job": "batch", "CronJob": "batch",
    "Ingress": "networking.k8s.io", "NetworkPolicy": "networking.k8s.io", "HorizontalPodAutoscaler": "autoscaling",
    "PodDisruptionBudget": "policy", "Role": "rbac.authorization.k8s.io", "RoleBinding": "rbac.authorization.k8s.io",
    "ClusterRole": "rbac.authorization.k8s.io", "ClusterRoleBinding": "rbac.authorization.k8s.io", "Rollout": "argoproj.io",
}  # fmt: skip
# Every kind of core v1: https://kubernetes.io/docs/reference/kubernetes-api/
_CORE_KINDS = {
    "Binding", "ComponentStatus", "ConfigMap", "Endpoints", "Event", "LimitRange", "List", "Namespace", "Node",
    "PersistentVolume", "PersistentVolumeClaim", "Pod", "PodTemplate", "ReplicationController", "ResourceQuota", "Secret",
    "Service", "ServiceAccount",
}  # fmt: skip

# Config Validator judges Terraform plans and cloud inventories with Gatekeeper's formats; no cluster stores its policies:
# https://github.com/GoogleCloudPlatform/policy-library/blob/main/docs/constraint_template_authoring.md
_PLAN_CONSTRAINT = re.compile(r"(?:TF)?GCP\w{1,200}Constraint(?:V\d+)?\Z")
_ADMISSION = "admission.k8s.gatekeeper.sh"


@dataclass(frozen=True, slots=True)
class Manifest:
    """One object. `group` and `version` are empty when the template chooses them; `body` is the whole mapping."""

    group: str
    version: str
    kind: str
    name: str
    namespace: str
    line: int
    templated: bool
    body: Map

    @property
    def metadata(self) -> Map:
        """Its metadata."""
        return mapping(self.body.get("metadata"))

    def line_of(self, *path: str | int) -> int:
        """Return the line of the value at a path of keys."""
        return self.body.line_of(*path)


def mapping(value: object) -> Map:
    """Return the value when it is a mapping, else an empty one."""
    return value if isinstance(value, Map) else Map()


def sequence(value: object) -> list[Any]:
    """Return the value when it is a sequence, else an empty one."""
    return value if isinstance(value, Seq) else []


def text(value: object) -> str:
    """Return a scalar as text; "" for null, containers and tagged values."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, str | int | float) else ""


def dig(value: object, *path: str) -> Any:
    """Return what stands at a path of keys, or None."""
    for key in path:
        value = value.get(key) if isinstance(value, Map) else None
    return value


def texts(value: object, limit: int = 100) -> dict[str, str]:
    """Return the scalar entries of a mapping as text, e.g. labels."""
    return {key: text(item) for key, item in list(mapping(value).items())[:limit] if not isinstance(item, Map | Seq)}


def manifests(documents: Iterable[Document]) -> Iterator[Manifest]:
    """Yield the objects of a file, lists expanded."""
    for document in documents:
        for body in _bodies(document.value):
            if found := _manifest(body, document.templated):
                yield found


def _bodies(value: object) -> Iterator[Map]:
    """Yield the mapping of a document, or those of a List or a JSON array."""
    items: Iterable[object]
    if isinstance(value, Map):
        kind = value.get("kind")
        is_list = isinstance(kind, str) and kind.endswith("List") and isinstance(value.get("items"), Seq)
        items = value["items"] if is_list else [value]
    else:
        items = sequence(value)
    for item in list(items)[:MAX_OBJECTS]:
        if isinstance(item, Map):
            yield item


def _manifest(body: Map, templated: bool) -> Manifest | None:
    api, kind = body.get("apiVersion"), body.get("kind")
    if not isinstance(api, str) or not isinstance(kind, str) or not kind:
        return None
    metadata = mapping(body.get("metadata"))
    name = text(metadata.get("name")) or text(metadata.get("generateName"))
    line = body.lines.get("apiVersion", body.line)
    if is_dynamic(api):
        group, version = _GROUPS_OF.get(kind, ""), ""
    else:
        group, _, version = api.rpartition("/")
        foreign = "." in group or (api == "v1" and kind not in _CORE_KINDS and kind not in _GROUPS_OF)
        bare = not metadata and not templated and foreign  # a tool's configuration file: every object has metadata
        if bare or not _is_served(group, version, kind) or _judges_plans(group, kind, body):
            return None
    return Manifest(group, version, kind, name, text(metadata.get("namespace")), line, templated, body)


def _is_served(group: str, version: str, kind: str) -> bool:
    """Say whether an API server could store it."""
    if not (_VERSION.match(version) or is_dynamic(version)) or "/" in group:
        return False
    if group not in _BARE_GROUPS and "." not in group:
        return False
    return group not in _CLIENT_GROUPS and not (group == "" and kind in ("Config", "Kustomization"))


def _judges_plans(group: str, kind: str, body: Map) -> bool:
    """Say whether a policy in Gatekeeper's form is for another engine than a cluster's admission."""
    if group == "constraints.gatekeeper.sh":
        return _PLAN_CONSTRAINT.match(kind) is not None
    if group != "templates.gatekeeper.sh" or kind != "ConstraintTemplate":
        return False
    targets = dig(body, "spec", "targets")
    names = list(targets) if isinstance(targets, Map) else [text(dig(item, "target")) for item in sequence(targets)]
    return bool(names) and not any(name == _ADMISSION or is_dynamic(name) or not name for name in names)
