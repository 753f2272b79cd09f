"""Every call that is made of a cluster, and the least rights that follow from it.

All are reads. Secrets are not among them: what brings secrets into a cluster is seen in other objects, and releases in the
labels and annotations of what they installed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from assessor.facts.cluster import APPLICATIONS, POLICIES, PROJECTS, ROUTES, RUNS, SECRETS, STRATEGIES, WORKLOADS

NAME = "gitops-assess"
CONFIG_MAP = "argocd-notifications-cm"
CONSTRAINTS = "constraints.gatekeeper.sh"  # each kind of constraint is a resource of its own, made by its template
PATHS = ("/apis", "/apis/*", "/version")  # which versions run and are served; every authenticated user may ask by default


@dataclass(frozen=True, slots=True)
class Listing:
    """One list over all namespaces. `version` is asked for where the cluster does not say which it serves."""

    group: str
    version: str
    resource: str
    kind: str
    tells: str  # what is missing if it is refused: one of the names in `assessor.facts.cluster`


LISTINGS = (
    Listing("apps", "v1", "deployments", "Deployment", WORKLOADS),
    Listing("apps", "v1", "statefulsets", "StatefulSet", WORKLOADS),
    Listing("apps", "v1", "daemonsets", "DaemonSet", WORKLOADS),
    Listing("batch", "v1", "cronjobs", "CronJob", WORKLOADS),
    Listing("argoproj.io", "v1alpha1", "applications", "Application", APPLICATIONS),
    Listing("argoproj.io", "v1alpha1", "applicationsets", "ApplicationSet", APPLICATIONS),
    Listing("argoproj.io", "v1alpha1", "appprojects", "AppProject", PROJECTS),
    Listing("argoproj.io", "v1alpha1", "rollouts", "Rollout", STRATEGIES),
    Listing("argoproj.io", "v1alpha1", "analysisruns", "AnalysisRun", RUNS),
    Listing("flagger.app", "v1beta1", "canaries", "Canary", STRATEGIES),
    Listing("source.toolkit.fluxcd.io", "v1", "gitrepositories", "GitRepository", APPLICATIONS),
    Listing("source.toolkit.fluxcd.io", "v1", "ocirepositories", "OCIRepository", APPLICATIONS),
    Listing("source.toolkit.fluxcd.io", "v1", "helmrepositories", "HelmRepository", APPLICATIONS),
    Listing("source.toolkit.fluxcd.io", "v1", "buckets", "Bucket", APPLICATIONS),
    Listing("kustomize.toolkit.fluxcd.io", "v1", "kustomizations", "Kustomization", APPLICATIONS),
    Listing("helm.toolkit.fluxcd.io", "v2", "helmreleases", "HelmRelease", APPLICATIONS),
    Listing("notification.toolkit.fluxcd.io", "v1beta3", "alerts", "Alert", ROUTES),
    Listing("notification.toolkit.fluxcd.io", "v1beta3", "providers", "Provider", ROUTES),
    Listing("fleet.cattle.io", "v1alpha1", "gitrepos", "GitRepo", APPLICATIONS),
    Listing("configsync.gke.io", "v1beta1", "rootsyncs", "RootSync", APPLICATIONS),
    Listing("configsync.gke.io", "v1beta1", "reposyncs", "RepoSync", APPLICATIONS),
    Listing("external-secrets.io", "v1", "externalsecrets", "ExternalSecret", SECRETS),
    Listing("bitnami.com", "v1alpha1", "sealedsecrets", "SealedSecret", SECRETS),
    Listing("secrets-store.csi.x-k8s.io", "v1", "secretproviderclasses", "SecretProviderClass", SECRETS),
    Listing("secrets.hashicorp.com", "v1beta1", "vaultstaticsecrets", "VaultStaticSecret", SECRETS),
    Listing("kyverno.io", "v1", "clusterpolicies", "ClusterPolicy", POLICIES),
    Listing("kyverno.io", "v1", "policies", "Policy", POLICIES),
    Listing("policies.kyverno.io", "v1", "validatingpolicies", "ValidatingPolicy", POLICIES),
    Listing("policies.kubewarden.io", "v1", "clusteradmissionpolicies", "ClusterAdmissionPolicy", POLICIES),
    Listing("admissionregistration.k8s.io", "v1", "validatingadmissionpolicybindings", "ValidatingAdmissionPolicyBinding", POLICIES),
)  # fmt: skip
BUILT_IN = frozenset({"apps", "batch", "admissionregistration.k8s.io"})  # groups that every cluster serves


def rules() -> list[dict[str, list[str]]]:
    """Return the rules of a ClusterRole that grants exactly the calls above."""
    by_group: dict[str, set[str]] = {CONSTRAINTS: {"*"}}
    for listing in LISTINGS:
        by_group.setdefault(listing.group, set()).add(listing.resource)
    return [
        {"nonResourceURLs": sorted(PATHS), "verbs": ["get"]},
        {"apiGroups": [""], "resources": ["configmaps"], "resourceNames": [CONFIG_MAP], "verbs": ["get"]},
        *({"apiGroups": [group], "resources": sorted(names), "verbs": ["list"]} for group, names in sorted(by_group.items())),
    ]


def cluster_role() -> dict[str, Any]:
    """Return the ClusterRole."""
    return {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": NAME}, "rules": rules()}


def permissions(_settings: object = None) -> str:
    """Return the ClusterRole as YAML; the same for every setting, ready for ``kubectl apply -f -``."""
    import yaml

    head = "# All that `gitops-assess scan --kube` asks for: reads only, and no Secret. Bind it to whoever scans.\n"
    return head + yaml.safe_dump(cluster_role(), sort_keys=False)
