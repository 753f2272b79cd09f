"""How the controllers are recognised: their images, charts, remote manifests, operators and commands."""

from __future__ import annotations

import re
from itertools import pairwise

COPY = "chart-copy"  # how a chart that is a copy of a controller's installs it, until something is seen that deploys it
CHARTS = {
    "argo-cd": "argocd",
    "argocd": "argocd",
    "argocd-operator": "argocd",
    "openshift-gitops-operator": "argocd",
    "gitops-operator": "argocd",
    "flux2": "flux",
    "flux": "flux",
    "flux-operator": "flux",
    "flux-instance": "flux",
    "jx-git-operator": "jenkins-x",
    "fleet": "fleet",
    "argo-rollouts": "argo-rollouts",
    "flagger": "flagger",
    "kruise-rollout": "kruise-rollouts",
    "argocd-image-updater": "argocd-image-updater",
    "kargo": "kargo",
    "pipecd": "pipecd",
    "piped": "pipecd",
}
SUBSCRIPTIONS = {
    "openshift-gitops-operator": "argocd",
    "argocd-operator": "argocd",
    "flux": "flux",
    "flux-operator": "flux",
}  # packages of the Operator Lifecycle Manager

_IMAGES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"(?:^|/)argoproj/argo-?cd(?:[:@]|\Z)"), "argocd"),
    (re.compile(r"(?:^|/)fluxcd/(?:source|kustomize|helm)-controller(?:[:@]|\Z)"), "flux"),
    (re.compile(r"(?:^|/)(?:fluxcd|weaveworks)/flux(?:[:@]|\Z)"), "flux"),
    (re.compile(r"(?:^|/)flux-operator(?:[:@]|\Z)"), "flux"),
    (re.compile(r"(?:^|/)argoproj/argo-rollouts(?:[:@]|\Z)"), "argo-rollouts"),
    (re.compile(r"(?:^|/)(?:fluxcd|weaveworks)/flagger(?:[:@]|\Z)"), "flagger"),
    (re.compile(r"(?:^|/)argocd-image-updater(?:[:@]|\Z)"), "argocd-image-updater"),
    (re.compile(r"(?:^|/)rancher/fleet(?:-agent)?(?:[:@]|\Z)"), "fleet"),
    (re.compile(r"(?:^|/)jx-git-operator(?:[:@]|\Z)"), "jenkins-x"),
    (re.compile(r"(?:^|/)config-?sync[\w/.-]*/reconciler-manager(?:[:@]|\Z)"), "config-sync"),
)

_REMOTES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"argoproj-labs/argocd-image-updater", re.I), "argocd-image-updater"),
    (re.compile(r"argoproj/argo-cd\b|argoproj-labs/argocd-(?:autopilot|operator)|openshift-gitops-operator", re.I), "argocd"),
    (re.compile(r"fluxcd/flux2\b|fluxcd/flux-manifests\b|fluxcd/flux/|controlplaneio-fluxcd/flux-operator", re.I), "flux"),
    (re.compile(r"argoproj/argo-rollouts\b", re.I), "argo-rollouts"),
    (re.compile(r"(?:fluxcd|weaveworks)/flagger\b", re.I), "flagger"),
)
_PART = re.compile(r"/crds?\b|-crds?\b|/monitoring\b|/notifications?[-_]catalog\b", re.I)  # what comes with a controller, not it

_PAIRS = {
    ("flux", "bootstrap"): "flux",
    ("flux", "install"): "flux",
    ("fluxctl", "install"): "flux",
    ("k8s-configuration", "flux"): "flux",
    ("argocd-autopilot", "repo"): "argocd",
    ("jx", "boot"): "jenkins-x",
    ("jx", "admin"): "jenkins-x",
    ("config-management", "apply"): "config-sync",
    ("config-management", "enable"): "config-sync",
}  # two words of a command line, one after the other
THROW_AWAY = re.compile(
    r"\b(?:kind|k3d|minikube|ctlptl)[ \t]+(?:create|delete|apply|start|version|load|cluster|image|export|get|addons|profile)\b",
    re.I,
)  # a script or pipeline that handles such a cluster installs for a test or a laptop

RECONCILERS = frozenset({"argocd", "flux", "jenkins-x", "fleet", "config-sync", "pipecd"})
PROGRESSIVE = frozenset({"argo-rollouts", "flagger", "kruise-rollouts"})

UPSTREAM = {
    "argocd": ("argoproj/argo-cd", "argoproj/argo-helm", "argoproj-labs/argocd-operator", "argoproj-labs/argocd-autopilot"),
    "flux": (
        "fluxcd/flux2", "fluxcd/flux", "fluxcd-community/helm-charts", "controlplaneio-fluxcd/flux-operator",
        "controlplaneio-fluxcd/distribution",
    ),
    "jenkins-x": ("jenkins-x/jx", "jenkins-x/jx3-versions", "jenkins-x/jx-git-operator"),
    "fleet": ("rancher/fleet",),
    "argo-rollouts": ("argoproj/argo-rollouts", "argoproj/argo-helm"),
    "flagger": ("fluxcd/flagger", "weaveworks/flagger"),
    "argocd-image-updater": ("argoproj-labs/argocd-image-updater", "argoproj/argo-helm"),
    "pipecd": ("pipe-cd/pipecd",),
}  # where a product is made: its own manifests there install nothing for anybody  # fmt: skip


def product_of_image(image: str) -> str:
    """Return the controller an image is, "" when it is none."""
    return next((product for pattern, product in _IMAGES if pattern.search(image)), "")


def product_of_remote(address: str) -> str:
    """Return the controller that remote manifests install, "" when they are no such thing."""
    if "/" not in address or _PART.search(address):
        return ""
    return next((product for pattern, product in _REMOTES if pattern.search(address)), "")


def product_of_chart(chart: str) -> str:
    """Return the controller a chart installs (``argo/argo-cd``, ``oci://…/flux-operator``), "" when it is none."""
    return CHARTS.get(chart.rstrip("/").rpartition("/")[2].partition(":")[0], "")


def product_of_command(line: str) -> str:
    """Return the controller that a command line of a script installs, "" when it installs none."""
    words = line.replace('"', " ").replace("'", " ").split()[:400]
    names = [word.rpartition("/")[2] for word in words]
    pairs = set(pairwise(names))
    for pair, product in _PAIRS.items():
        if pair in pairs and "--export" not in names:
            return product
    if {"kubectl", "oc"} & set(names) and {"apply", "create"} & set(names):
        return next((product for word in words if (product := product_of_remote(word))), "")
    if "helm" in names and {"install", "upgrade"} & set(names):
        charts = words if "--repo" in words else [word for word in words if "/" in word]
        return next((product for word in charts if (product := product_of_chart(word))), "")
    after = names[names.index("chart_ref:") + 1 :][:1] if "chart_ref:" in names else []
    return product_of_chart(after[0]) if after else ""
