"""The production cluster of the sample organization (examples/acme), on loopback: mostly what its files declare, and not all.

What does not agree, on purpose: `catalog-prod` drifted twelve days ago and nothing heals it; somebody switched automatic
sync of `storefront-prod` off, and another image of it runs than its overlay says; `services-dev` is in Git only; an
application, a cache and a shell were put there by hand, the first for a path that does not exist; Argo Rollouts runs, and
nothing installs it; one secret does not arrive.

    python -m tests.standins.acme_cluster kubeconfig.json    # serve, and write the kubeconfig to ask it with
"""

from __future__ import annotations

import datetime
import sys
import time
from pathlib import Path
from typing import Any

import yaml

from tests.standins.cluster import Cluster, Object, deployment, kubeconfig, serve, thing

CONTEXT = "acme-prod"
ACME = Path(__file__).parents[2] / "examples" / "acme"
_OK: Object = {"sync": {"status": "Synced"}, "health": {"status": "Healthy"}}
_ARGO, _TRACKING = "argoproj.io/v1alpha1", "argocd.argoproj.io/tracking-id"
_CD, _ESO = "quay.io/argoproj/argocd:v3.2.3", "ghcr.io/external-secrets/external-secrets:v2.2.0"


def populate() -> Cluster:
    """Return the cluster of the sample organization, not yet serving."""
    return Cluster(
        version="v1.33.5-eks-3025e55", objects=[*_controllers(), *_applications(), *_workloads(), *_secrets(), *_events()]
    )


def _file(path: str) -> Object:
    found: Object = yaml.safe_load((ACME / "gitops-config" / path).read_text())
    return found


def _declared(path: str, status: Object | None = None, owner: tuple[str, str] | None = None) -> Object:
    """Return an object as a file declares it, as the root application would have put it there."""
    value = _file(path)
    metadata = value["metadata"]
    group, kind = _ARGO.partition("/")[0], value["kind"]
    tracking = f"root:{group}/{kind}:argocd/{metadata['name']}" if metadata["name"] != "root" else ""
    annotations = metadata.get("annotations", {}) | ({_TRACKING: tracking} if tracking else {})
    return {**value, "metadata": {**metadata, "annotations": annotations}, **({"status": status} if status else {})}


def _since(days: int) -> str:
    return (datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=days, hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")


def _drifted(days: int) -> Object:
    return {**_OK, "sync": {"status": "OutOfSync"}, "operationState": {"phase": "Succeeded", "finishedAt": _since(days)}}


def _controllers() -> list[Object]:
    parts = [deployment(f"argocd-{name}", "argocd", _CD) for name in ("repo-server", "server", "notifications-controller")]
    stateful = deployment("argocd-application-controller", "argocd", _CD, kind="StatefulSet")
    rollouts = deployment("argo-rollouts", "argo-rollouts", "quay.io/argoproj/argo-rollouts:v1.9.0")
    secrets = _tracked("external-secrets", "external-secrets", _ESO, "external-secrets-in-cluster")
    return [*parts, stateful, rollouts, secrets, deployment("coredns", "kube-system", "registry.k8s.io/coredns/coredns:v1.13.1")]


def _applications() -> list[Object]:
    storefront = _declared("applications/storefront-prod.yaml", _OK)
    storefront["spec"] = {key: value for key, value in storefront["spec"].items() if key != "syncPolicy"}
    checkout, operator = _declared("applications/checkout.yaml"), _declared("applications/external-secrets.yaml")
    lost = "rpc error: code = Unknown desc = services/summer-sale/overlays/prod: app path does not exist"
    sale = {
        "sync": {"status": "Unknown"},
        "health": {"status": "Healthy"},
        "conditions": [{"type": "ComparisonError", "message": lost}],
    }
    return [
        _declared("bootstrap/root.yaml", _OK),
        _declared("applications/project-shop.yaml"),
        _declared("applications/catalog-prod.yaml", _drifted(12)),
        _declared("applications/ledger-prod.yaml", _OK),
        storefront,
        checkout,
        operator,
        _child("checkout-prod", checkout, "services/checkout", _OK),
        _child("external-secrets-in-cluster", operator, "platform/external-secrets", _OK),
        _application("summer-sale", "services/summer-sale/overlays/prod", sale),
    ]


def _application(name: str, path: str, status: Object, **more: Any) -> Object:
    spec = {
        "project": "default",
        "source": {"repoURL": "https://github.com/acme-example/gitops-config.git", "path": path, "targetRevision": "main"},
        "destination": {"server": "https://kubernetes.default.svc", "namespace": "shop"},
        "syncPolicy": {"automated": {"prune": True, "selfHeal": True}},
    }
    return thing(_ARGO, "Application", name, "argocd", spec=spec, status=status, **more)


def _child(name: str, parent: Object, path: str, status: Object) -> Object:
    """Return what an ApplicationSet made."""
    child = _application(name, path, status, owner=("ApplicationSet", parent["metadata"]["name"]))
    template = parent["spec"]["template"]["spec"]
    destination = {"server": "https://kubernetes.default.svc", "namespace": template["destination"]["namespace"]}
    sources = [source for source in template["sources"] if source.get("path")]
    child["spec"] = {**template, "sources": sources, "destination": destination}
    return child


def _tracked(name: str, namespace: str, image: str, application: str, **more: Any) -> Object:
    annotations = {_TRACKING: f"{application}:apps/Deployment:{namespace}/{name}"}
    return deployment(name, namespace, image, annotations=annotations, **more)


def _workloads() -> list[Object]:
    registry = "111122223333.dkr.ecr.eu-west-1.amazonaws.com"
    version = _file("services/checkout/values-prod.yaml")["image"]["tag"]
    chart = {"helm.sh/chart": "checkout-1.6.2", "app.kubernetes.io/managed-by": "Helm", "app.kubernetes.io/instance": "checkout"}
    released = {"helm.sh/chart": "redis-23.1.1", "app.kubernetes.io/managed-by": "Helm", "app.kubernetes.io/instance": "cache"}
    batch = yaml.safe_load((ACME / "legacy-batch" / "deploy" / "cronjob.yaml").read_text())
    batch["metadata"].setdefault("namespace", "finance")
    return [
        _tracked("checkout", "shop", f"{registry}/checkout:{version}", "checkout-prod", labels=chart),
        _tracked("catalog", "shop", f"{registry}/catalog:latest", "catalog-prod", sound=False),
        _tracked("storefront", "shop", "registry.gitlab.com/acme-example/storefront:77aa01c4", "storefront-prod"),
        _tracked("ledger", "finance", "acmeexample.azurecr.io/ledger:4711", "ledger-prod"),
        deployment("cache-redis", "shop", "docker.io/library/redis:7.4", kind="StatefulSet", labels=released, sound=False),
        deployment("debug-shell", "shop", "docker.io/library/alpine:latest", sound=False),
        batch,
    ]


def _secrets() -> list[Object]:
    def external(name: str, ready: str) -> Object:
        state = {
            "conditions": [
                {"type": "Ready", "status": ready, "reason": "SecretSynced" if ready == "True" else "SecretSyncedError"}
            ]
        }
        return thing("external-secrets.io/v1", "ExternalSecret", name, "argocd", spec={}, status=state)

    return [external("argocd-notifications-secret", "True"), external("cluster-dev", "False")]


def _events() -> list[Object]:
    value = _file("bootstrap/argocd/notifications.yaml")
    return [{**value, "metadata": {**value["metadata"], "namespace": "argocd"}}]


def main() -> None:
    """Serve until interrupted."""
    with serve(populate()) as cluster:
        print(f"export KUBECONFIG={kubeconfig(Path(sys.argv[1]).resolve(), {CONTEXT: cluster})}", flush=True)  # noqa: T201  a program for people
        try:
            while True:
                time.sleep(3600)
        except KeyboardInterrupt:
            pass


if __name__ == "__main__":
    main()
