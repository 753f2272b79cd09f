"""Who put a workload into a cluster, and which workloads are controllers.

Signs that prove a GitOps controller keeps a workload: Argo CD's tracking id, as an annotation that names this very object
(``docs/user-guide/resource_tracking.md``), or the application's own list of its resources; Flux's labels
(``kustomize.toolkit.fluxcd.io/name``, ``helm.toolkit.fluxcd.io/name``), Fleet's and Config Sync's annotations. The label
``app.kubernetes.io/instance`` proves nothing: Helm sets it too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from assessor.facts.cluster import RunningController, RunningWorkload
from assessor.facts.manifests import Workload
from assessor.parsing.images import parse_image
from assessor.readers.gitops.products import RECONCILERS, product_of_image

from .objects import Live

Identity = tuple[str, str, str, str]  # group, kind, namespace, name

# Namespaces that belong to a cluster or its provider rather than to those who deploy to it.
_SYSTEM = re.compile(
    r"kube-(?:system|public|node-lease|flannel)|openshift(?:-.*)?|gke-.*|gmp-.*|config-management-.*|cattle-.*|fleet-.*|calico-.*|tigera-.*"
    r"|amazon-.*|aks-.*|azure-arc|local-path-storage|default-tenant-system"
)
_PARENTS = ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "CronJob", "Job", "Rollout", "Canary")
_TRACKING = "argocd.argoproj.io/tracking-id"
# Controllers beyond those that files declare: by the last part of an image's path.
_BY_IMAGE = (
    (re.compile(r"argo-?cd(?:-rhel\d+)?\Z"), "argocd"),
    (re.compile(r"(?:source|kustomize|helm|notification|image-reflector|image-automation)-controller\Z"), "flux"),
    (re.compile(r"flux-operator\Z"), "flux"),
    (re.compile(r"argo-?rollouts(?:-rhel\d+)?\Z"), "argo-rollouts"),
    (re.compile(r"flagger\Z"), "flagger"),
    (re.compile(r"argocd-image-updater\Z"), "argocd-image-updater"),
    (re.compile(r"external-secrets\Z"), "external-secrets"),
    (re.compile(r"sealed-secrets(?:-controller)?\Z"), "sealed-secrets"),
    (re.compile(r"kyverno\Z|kyverno-\w+-controller\Z|(?:background|cleanup|reports)-controller\Z"), "kyverno"),
    (re.compile(r"gatekeeper\Z"), "gatekeeper"),
    (re.compile(r"kubewarden-controller\Z"), "kubewarden"),
    (re.compile(r"fleet(?:-agent)?\Z"), "fleet"),
    (re.compile(r"reconciler-manager\Z"), "config-sync"),
)
_SIDE = frozenset({"flagger", "kyverno"})  # names another image may end in: the path before must say so too


def controller(live: Live, workload: Workload) -> RunningController | None:
    """Return a Deployment or StatefulSet as the controller it is part of; None if it is none."""
    if workload.type not in ("Deployment", "StatefulSet"):
        return None
    for container in workload.containers:
        product = "" if container.init else _product(container.image, live)
        if product:
            return RunningController(
                at=workload.at,
                product=product,
                component=_component(workload.name, product),
                version=_version(container.image, live),
                wanted=_number(live, "spec", "replicas", default=1),
                ready=_number(live, "status", "readyReplicas", default=0),
            )
    return None


def _product(image: str, live: Live) -> str:
    if found := product_of_image(image):
        return found
    path = parse_image(image).path
    product = next((product for pattern, product in _BY_IMAGE if pattern.search(path.rpartition("/")[2])), "")
    if product == "flux" and "flux" not in f"{path} {live.labels().get('app.kubernetes.io/part-of', '')}":
        return ""
    return "" if product in _SIDE and path.count(product) + live.object_name.count(product) < 2 else product


def _component(name: str, product: str) -> str:
    for prefix in (f"{product}-", "openshift-gitops-", "argo-cd-"):
        name = name.removeprefix(prefix)
    return name


def _version(image: str, live: Live) -> str:
    tag = parse_image(image).tag
    return tag or live.labels().get("app.kubernetes.io/version", "")


def _number(live: Live, *path: str, default: int) -> int:
    found = live.said(*path)
    return int(found) if found.isdecimal() and len(found) < 9 else default


def running(
    live: Live, workload: Workload, controlled: RunningController | None, tracked: dict[Identity, str]
) -> RunningWorkload | None:
    """Return a workload with who keeps it; None if another workload made it. `tracked`: what applications say they hold."""
    kind, name = live.owner
    if kind in _PARENTS:
        return None
    manager, by = _manager(live, tracked)
    system = bool(_SYSTEM.fullmatch(live.namespace)) or (controlled is not None and controlled.product in RECONCILERS)
    return RunningWorkload(workload=workload, manager=manager, by=by, system=system, owner=f"{kind}/{name}" if kind else "")


def maker(live: Live, tracked: dict[Identity, str]) -> str:
    """Return what made an object, as "kind/name" of its owner or "controller/name" of what applied it; "" if nothing shows."""
    kind, name = live.owner
    if kind:
        return f"{kind}/{name}"
    manager, by = _manager(live, tracked)
    return f"{manager}/{by}" if manager else ""


def _manager(live: Live, tracked: dict[Identity, str]) -> tuple[str, str]:
    labels = live.labels()
    application, _, rest = labels.get(_TRACKING, "").partition(":")
    if application and rest == _tracked_as(live.identity):
        return "argocd", application.rpartition("_")[2]  # an application in another namespace stands as namespace_name
    for key in ("kustomize.toolkit.fluxcd.io", "helm.toolkit.fluxcd.io"):
        if found := labels.get(f"{key}/name"):
            return "flux", found
    if live.identity in tracked:
        manager, _, name = tracked[live.identity].partition(":")
        return manager, name
    if "fleet" in labels.get("objectset.rio.cattle.io/id", "") or "fleet.cattle.io/bundle-name" in labels:
        return "fleet", labels.get("fleet.cattle.io/bundle-name", "")
    if labels.get("configmanagement.gke.io/managed") == "enabled":
        return "config-sync", labels.get("configsync.gke.io/manager", "")
    if any(key.startswith("gitops.jenkins-x.io/") for key in labels):
        return "jenkins-x", ""
    if labels.get("app.kubernetes.io/managed-by") == "Helm" or "meta.helm.sh/release-name" in labels:
        return "helm", labels.get("meta.helm.sh/release-name", "")
    return "", ""


def _tracked_as(identity: Identity) -> str:
    group, kind, namespace, name = identity
    return f"{group}/{kind}:{namespace}/{name}"


def held(live: Live) -> Iterable[tuple[Identity, str]]:
    """Yield what an application says it holds in this cluster, each with the controller and the application's name.

    Argo CD lists it in ``status.resources``, Flux as ``namespace_name_group_kind`` in ``status.inventory``.
    """
    group, _, _, name = live.identity
    if group == "argoproj.io":
        server, where = live.said("spec", "destination", "server"), live.said("spec", "destination", "name")
        if server in ("", "https://kubernetes.default.svc") and where in ("", "in-cluster"):
            for item in live.items("status", "resources"):
                found = tuple(str(item.get(key) or "") for key in ("group", "kind", "namespace", "name"))
                yield (found[0], found[1], found[2], found[3]), f"argocd:{name}"
    elif group == "kustomize.toolkit.fluxcd.io":
        for entry in live.items("status", "inventory", "entries"):
            parts = str(entry.get("id") or "").split("_")
            if len(parts) == 4:
                yield (parts[2], parts[3], parts[0], parts[1]), f"flux:{name}"
