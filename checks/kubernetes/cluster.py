"""Whether clusters are made by code, and whether their versions are still supported."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from assessor.checking import (
    CORE,
    HYGIENE,
    Place,
    Task,
    Verdict,
    check,
    failed,
    graded,
    not_applicable,
    not_observed,
    partial,
    passed,
)
from assessor.facts.aws import EksCluster
from assessor.facts.infrastructure import ClusterScript, ModuleCall, Resource, TerraformRoot
from assessor.facts.repository import Organization

from ..live import both  # noqa: TID252  the absolute name depends on how the package is installed
from ..observed import listing  # noqa: TID252  as above

# Resources that make a cluster, by tool family; local test clusters (kind, minikube, k3d) are none.
_TYPES = {
    "aws_eks_cluster": "EKS",
    "google_container_cluster": "GKE",
    "azurerm_kubernetes_cluster": "AKS",
    "azurerm_redhat_openshift_cluster": "Azure Red Hat OpenShift",
    "digitalocean_kubernetes_cluster": "DigitalOcean",
    "linode_lke_cluster": "Linode",
    "scaleway_k8s_cluster": "Scaleway",
    "oci_containerengine_cluster": "OCI",
    "ibm_container_cluster": "IBM Cloud",
    "ibm_container_vpc_cluster": "IBM Cloud",
    "alicloud_cs_managed_kubernetes": "Alibaba Cloud",
    "alicloud_cs_kubernetes": "Alibaba Cloud",
    "exoscale_sks_cluster": "Exoscale",
    "civo_kubernetes_cluster": "Civo",
    "vultr_kubernetes": "Vultr",
    "ovh_cloud_project_kube": "OVHcloud",
    "openstack_containerinfra_cluster_v1": "OpenStack Magnum",
    "rancher2_cluster": "Rancher",
    "rancher2_cluster_v2": "Rancher",
    "rke_cluster": "RKE",
    "talos_machine_bootstrap": "Talos",
    "yandex_kubernetes_cluster": "Yandex Cloud",
    "tencentcloud_kubernetes_cluster": "Tencent Cloud",
    "rhcs_cluster_rosa_classic": "ROSA",
    "rhcs_cluster_rosa_hcp": "ROSA",
    "gridscale_k8s": "gridscale",
    "ionoscloud_k8s_cluster": "IONOS Cloud",
    "stackit_ske_cluster": "STACKIT",
    "upcloud_kubernetes_cluster": "UpCloud",
    "k0s_cluster": "k0s",
    "AWS::EKS::Cluster": "EKS",
    "Microsoft.ContainerService/managedClusters": "AKS",
    "Microsoft.RedHatOpenShift/openShiftClusters": "Azure Red Hat OpenShift",
}
_PATTERNS = (
    (re.compile(r"^(?:aws|aws-native|awsx)?:?eks[:.][\w.:-]*?(?:cluster:)?Cluster$", re.I), "EKS"),
    (re.compile(r"^eks\.(?:[\w.]+\.)?(?:upbound|crossplane)\.io/Cluster$|^eks\.services\.k8s\.aws/Cluster$"), "EKS"),
    (
        re.compile(
            r"^(?:gcp|google-native):container[:/\w]*:Cluster$|^container\.[\w.]+/(?:Cluster|ContainerCluster|GKECluster)$"
        ),
        "GKE",
    ),
    (re.compile(r"^azure(?:-native)?:containerservice[:/\w]*:(?:ManagedCluster|KubernetesCluster)$", re.I), "AKS"),
    (
        re.compile(
            r"^(?:containerservice|compute)\.azure\.[\w.]+/(?:ManagedCluster|KubernetesCluster|AKSCluster)$|^containerservice\.azure\.com/ManagedCluster$"
        ),
        "AKS",
    ),
    (re.compile(r"container-service/managed-cluster", re.I), "AKS"),
    (
        re.compile(r"^digitalocean:(?:index/\w+:)?KubernetesCluster$|^kubernetes\.[\w.]*(?:do|digitalocean)[\w.]*/"),
        "DigitalOcean",
    ),
    (re.compile(r"^oci:containerengine[:/\w]*:Cluster$", re.I), "OCI"),
    (
        re.compile(r"^(?:k3s|rke2|kubespray|kubeadm|k0s|microk8s|kubernetes|openshift[_-]install) cluster$"),
        "a self-managed cluster",
    ),
)
_HALF = {"eksctl": "eksctl", "cluster-api": "Cluster API", "kops": "kOps", "talos": "Talos machine configuration"}
# A module's name or the name of its last part: ``eks`` makes a cluster, ``eks-csi`` does not.
_MODULE = re.compile(
    r"(?:^|[/_.:-])(?:(?:eks|gke|aks|rke)(?:[-_]cluster)?|(?:kubernetes|k8s)[-_]cluster|kubernetes-engine|oke|rke2|k3s|lke|doks|typhoon|kube-hetzner|talos(?:-cluster)?"
    r"|rosa(?:-hcp)?|openshift|avm-res-containerservice-managedcluster|ske|eks-blueprints|eks-accelerator)(?=[/.?:]|$)",
    re.I,
)
_ENGINE = re.compile(r"kubernetes-engine.*//modules/(?:[\w-]*cluster[\w-]*|gke-[\w-]+)$", re.I)
_NOT_MODULE = re.compile(
    r"add-?ons?|irsa|iam|node-?(?:group|pool)|karpenter|pod-identity|teams|workload-identity|aws-auth|autoscaler|gitops-bridge",
    re.I,
)
# A Kubernetes minor version that no vendor above supports any more, extended support included: it never comes back.
_ENDED = {"EKS": 28, "GKE": 27, "AKS": 26}
_VERSION_KEYS = (
    "version", "kubernetes_version", "cluster_version", "min_master_version", "Version", "kubernetesVersion", "forProvider.version", "k8s_version",
)  # fmt: skip


@check(
    "k8s.cluster-iac",
    task=Task.CLUSTER,
    weight=CORE,
    scaffold="terraform-root",
    effort=3,
    frameworks=("OpenGitOps 1: Declarative", "DSOMM: Infrastructure as Code"),
)
def cluster_is_in_code(organization: Organization) -> Verdict:
    """The Kubernetes cluster is made by infrastructure code.

    Any declarative tool counts, and Ansible where it sets up the machines of a cluster. eksctl, Cluster API, kOps,
    Talos machine configurations and scripts describe the cluster only, so they are partial. Clusters a test run makes
    and throws away (kind, k3d, minikube) do not count. With AWS asked, every cluster that runs in EKS must be declared.

    ## Why
    A cluster made by hand cannot be made again, and nobody knows what it was told to be.

    ## Fix
    Declare it, with its version, beside the network it needs:

    ```hcl
    module "eks" {
      source             = "terraform-aws-modules/eks/aws"
      version            = "~> 21.0"
      name               = "production"
      kubernetes_version = "1.35"
      vpc_id             = module.vpc.vpc_id
      subnet_ids         = module.vpc.private_subnets
    }
    ```

    An existing cluster is taken over with an `import` block.
    """
    return both(_declared(organization), _running(organization))


def _running(organization: Organization) -> Verdict | None:
    """Judge the clusters EKS shows by how many are declared; None where there are none or it cannot be told."""
    known = [cluster for cluster in organization.of(EksCluster) if cluster.declared is not None]
    if not known:
        return None
    by_hand = [cluster for cluster in known if not cluster.declared]
    if not by_hand:
        return passed(f"every EKS cluster is declared: {listing([c.name for c in known])}", [c.at for c in known])
    told = f"{len(by_hand)} of {len(known)} EKS clusters are not declared: {listing([c.name for c in by_hand])}"
    return graded(1 - len(by_hand) / len(known), told, [c.at for c in by_hand])


def _declared(organization: Organization) -> Verdict:
    clusters = sorted(_clusters(organization), key=lambda found: (found[1], found[0]))
    if clusters:
        kinds = sorted({kind for kind, _, _ in clusters})
        return passed(f"clusters in code: {', '.join(kinds)}", [at for _, at, _ in clusters])
    half = [(r.at, _HALF[r.tool]) for r in organization.of(Resource) if r.tool in _HALF]
    if half:
        names = sorted({name for _, name in half})
        return partial(
            0.5, f"the cluster is described for {', '.join(names)}, apart from other infrastructure", [at for at, _ in half]
        )
    scripts = organization.of(ClusterScript)
    if scripts:
        tools = sorted({fact.tool for fact in scripts})
        return partial(0.3, f"the cluster is made by a script ({', '.join(tools)})", [fact.at for fact in scripts])
    return failed("no cluster is declared in code", [repository.at for repository in organization.repositories])


def _clusters(organization: Organization) -> Iterator[tuple[str, Place, str]]:
    """Yield each declared cluster: its kind, its place and its version, "" where that cannot be told."""
    for resource in organization.of(Resource):
        kind = _kind(resource.type) if resource.tool not in _HALF else ""
        if kind:
            yield kind, resource.at, _version(resource.settings)
    units = (call for root in organization.of(TerraformRoot) if root.tool == "terragrunt" for call in root.modules)
    for call in (*organization.of(ModuleCall), *units):
        if not call.local and is_cluster_module(call.source):
            yield _module_kind(call.source), call.at, _version(call.settings)


@lru_cache(maxsize=4096)  # an organization has many resources of few types
def _kind(type: str) -> str:
    if type in _TYPES:
        return _TYPES[type]
    return next((kind for pattern, kind in _PATTERNS if pattern.search(type)), "")


def is_cluster_module(source: str) -> bool:
    """Say whether a module's source is one that makes a cluster, told by its names."""
    address = source.partition("?")[0].rstrip("/").removesuffix(".git")[:300]
    part = address.partition("://")[2].partition("//")[2] if "://" in address else address.partition("//")[2]
    if _NOT_MODULE.search(part or address):
        return False
    return bool(_MODULE.search(part.rpartition("/")[2] or address) or _ENGINE.search(address))


def _module_kind(source: str) -> str:
    for word, kind in (("eks", "EKS"), ("gke", "GKE"), ("kubernetes-engine", "GKE"), ("aks", "AKS"), ("containerservice", "AKS")):
        if word in source.lower():
            return kind
    return "a cluster module"


def _version(settings: dict[str, str]) -> str:
    found = (settings.get(key, "") for key in _VERSION_KEYS)
    return next((text for text in found if re.match(r"v?1\.\d{1,2}\b", text)), "")


@check("k8s.cluster-supported", task=Task.CLUSTER, weight=HYGIENE, effort=2)
def cluster_version_is_supported(organization: Organization) -> Verdict:
    """The cluster's Kubernetes version is still supported.

    A version past all support fails from the files alone. Whether a newer one still is depends on the day, and is
    asked of the provider.

    ## Why
    An unsupported version gets no security fixes, and the provider upgrades it on a day of its own choosing.

    ## Fix
    Raise the version one minor step at a time, the control plane first, then the nodes; before each step look for
    removed API versions (`k8s.api-current`).
    """
    return both(_written_versions(organization), _running_versions(organization))


_SUPPORT = {"standard": 1.0, "extended": 0.5, "ended": 0.0}


def _running_versions(organization: Organization) -> Verdict | None:
    """Judge running clusters by what EKS says of their versions today; None where it was not asked or did not say."""
    clusters = sorted(organization.of(EksCluster), key=lambda c: (_SUPPORT.get(c.support, 2.0), c.name))
    known = [cluster for cluster in clusters if cluster.support in _SUPPORT]
    if not known:
        return None
    behind = [c for c in known if c.support != "standard"]
    share = sum(_SUPPORT[cluster.support] for cluster in known) / len(known)
    if not behind:
        return passed(f"EKS supports {listing([c.version for c in known])}", [c.at for c in known])
    words = {"extended": "in extended support", "ended": "no longer supported"}
    told = listing([f"{c.name} ({c.version}, {words[c.support]})" for c in behind])
    return graded(share, f"EKS: {told}", [c.at for c in behind])


def _written_versions(organization: Organization) -> Verdict:
    clusters = list(_clusters(organization))
    if not clusters:
        return not_applicable("no cluster is declared in code")
    ended = [(kind, at, text) for kind, at, text in clusters if text and _minor(text) <= _ENDED.get(kind, 0)]
    if ended:
        told = ", ".join(sorted({f"{kind} {text}" for kind, _, text in ended}))
        return failed(f"past standard and extended support: {told}", [at for _, at, _ in ended])
    versions = sorted({text for _, _, text in clusters if text})
    declared = f"declared: {', '.join(versions)}; " if versions else "no literal version is declared; "
    return not_observed(declared + "whether it is supported today is live evidence", [at for _, at, _ in clusters])


def _minor(version: str) -> int:
    return int(re.split(r"\D+", version.lstrip("v"))[1])
