"""Reads infrastructure declared as Kubernetes objects (Crossplane, ACK, Config Connector …) and cluster definitions."""

from __future__ import annotations

import re
from collections.abc import Iterator

from assessor.facts.base import Fact
from assessor.facts.infrastructure import ClusterScript, Resource, Stack
from assessor.parsing.yaml import Map
from assessor.reading import Source, reader

from .cloudformation import plain_settings

MAX_NODES = 20_000
_TELLING = (  # looked for in every manifest: a search for each is many times faster than one pattern for all
    b"crossplane.io", b"upbound.io", b"services.k8s.aws", b"cnrm.cloud.google.com", b".azure.com/", b"cluster.x-k8s.io",
    b"eksctl.io", b"kops.k8s.io", b"kops/", b"hive.openshift.io", b"infra.contrib.fluxcd.io", b"tofu-controller", b"kro.run",
)  # fmt: skip
_INFRASTRUCTURE = (
    (re.compile(r"\.(?:upbound\.io|crossplane\.io)$"), "crossplane"),
    (re.compile(r"\.services\.k8s\.aws$"), "ack"),
    (re.compile(r"\.cnrm\.cloud\.google\.com$"), "config-connector"),
    (re.compile(r"\.azure\.com$"), "azure-service-operator"),
    (re.compile(r"^cluster\.x-k8s\.io$|^hive\.openshift\.io$"), "cluster-api"),
    (re.compile(r"^eksctl\.io$"), "eksctl"),
    (re.compile(r"^kops(?:\.k8s\.io)?$"), "kops"),
)
# Groups of Crossplane's own machinery: definitions and packages, not infrastructure.
_MACHINERY = re.compile(
    r"^(?:pkg|apiextensions|meta\.pkg|ops|protection)\.crossplane\.io$|^(?:pt|gotemplating|fn|template)\.fn\.crossplane\.io$"
)
_NOT_RESOURCES = {
    "ProviderConfig",
    "ClusterProviderConfig",
    "ProviderConfigUsage",
    "StoreConfig",
    "Lock",
    "FieldExport",
    "AdoptedResource",
    "ConfigConnectorContext",
}
_CLUSTER_ONLY = {"cluster-api": {"Cluster", "ClusterDeployment"}, "eksctl": {"ClusterConfig"}, "kops": {"Cluster"}}


@reader("infrastructure-objects", names=("*.yaml", "*.yml", "*.json"))
def read_objects(source: Source) -> Iterator[Fact]:
    """Yield infrastructure objects, those inside Compositions included."""
    if not any(word in source.data for word in _TELLING):
        return
    found: list[Resource] = []
    for document in source.documents:
        value = document.value
        if isinstance(value, Map) and isinstance(value.get("kind"), str) and value["kind"] != "CustomResourceDefinition":
            found += _resources(source, value)
    for tool in sorted({resource.tool for resource in found} - set(_CLUSTER_ONLY)):
        own = [resource for resource in found if resource.tool == tool]
        yield Stack(at=own[0].at, tool=tool, name=source.name, declares=len(own))
    yield from found


def _resources(source: Source, value: Map) -> Iterator[Resource]:
    """Yield the objects of a document: itself, or those a Composition makes."""
    group = str(value.get("apiVersion", "")).partition("/")[0]
    nested = value["kind"] in ("Composition", "ResourceGraphDefinition", "List") or group.endswith("kro.run")
    for item in _objects(value) if nested else [value]:
        resource = _resource(source, item)
        if resource is not None:
            yield resource


def _objects(root: Map) -> Iterator[Map]:
    """Yield the mappings inside that look like objects, without recursion."""
    stack: list[object] = [root]
    seen = 0
    while stack and seen < MAX_NODES:
        seen += 1
        node = stack.pop()
        if isinstance(node, Map):
            if "apiVersion" in node and "kind" in node and node is not root:
                yield node
            stack.extend(reversed(list(node.values())))
        elif isinstance(node, list):
            stack.extend(reversed(node))


def _resource(source: Source, value: Map) -> Resource | None:
    group, kind = str(value.get("apiVersion", "")).partition("/")[0], value.get("kind")
    if not isinstance(kind, str) or kind in _NOT_RESOURCES or _MACHINERY.search(group):
        return None
    tool = next((tool for pattern, tool in _INFRASTRUCTURE if pattern.search(group)), "")
    if not tool or kind not in _CLUSTER_ONLY.get(tool, {kind}):
        return None
    metadata = value.get("metadata")
    name = metadata.get("name") if isinstance(metadata, dict) else ""
    return Resource(
        at=source.place(value.line),
        tool=tool,
        type=f"{group}/{kind}",
        name=name if isinstance(name, str) else "",
        settings=plain_settings(metadata if tool == "eksctl" else value.get("spec")),
    )


_MACHINE = re.compile(r"^machine:", re.M)
_TALOS = re.compile(r"^cluster:|^version:\s*v1alpha1", re.M)
_TALHELPER = re.compile(r"^(?:talosVersion|clusterName):", re.M)


@reader("talos", names=("*.yaml", "*.yml", "*.yaml.j2", "*.yml.j2", "*.yaml.tpl", "talconfig.yaml"))
def read_talos(source: Source) -> Iterator[Resource]:
    """Yield a Talos machine configuration that makes a cluster, or talhelper's description of one."""
    if source.name == "talconfig.yaml":
        found = _TALHELPER.search(source.text)
    elif b"\nmachine:" in source.data or source.data.startswith(b"machine:"):
        found = _MACHINE.search(source.text) if _TALOS.search(source.text) else None
    else:
        return
    if found:
        line = source.text.count("\n", 0, found.start()) + 1
        yield Resource(at=source.place(line), tool="talos", type="talos cluster", name="")


_SCRIPT = re.compile(
    r"\b(eksctl)\s+create\s+cluster\b|\b(gcloud)\s+(?:beta\s+|alpha\s+)?container\s+clusters\s+create(?:-auto)?\b|\b(az)\s+aks\s+create\b"
    r"|\b(aws)\s+eks\s+create-cluster\b|\b(doctl)\s+k(?:8s|ubernetes)\s+cluster\s+create\b|\b(kops)\s+create\s+cluster\b|\b(rosa)\s+create\s+cluster\b"
    r"|\b(kubeadm)\s+init\b|https://get\.(k3s)\.io|https://get\.(rke2)\.io|\b(talosctl)\s+(?:apply-config|bootstrap)\b|\b(k3sup)\s+install\b"
    r"|\b(openshift-install)\s+create\s+cluster\b|\b(linode-cli)\s+lke\s+cluster-create\b"
)


# One of these stands in every text the pattern matches; a plain search is much faster.
_SCRIPT_WORDS = tuple(
    b"eksctl clusters aks create-cluster doctl kops rosa kubeadm get.k3s get.rke2 talosctl k3sup openshift-install linode-cli".split()
)


# Clusters of tests and of a developer's machine are thrown away.
_THROW_AWAY = re.compile(
    r"(?:^|/)(?:hack|ci|\.ci|\.github|playwright|cypress|benchmarks?|perf)/|e2e|(?:^|[/_.-])(?:tests?|kind|k3d|minikube|dev|local)(?=[/_.-])",
    re.I,
)


@reader(
    "cluster-scripts",
    names=(
        *("*.sh", "*.bash", "*.ps1", "Makefile", "makefile", "*.mk", "justfile", ".justfile", "*.just"),
        *("*.tf", "*.tofu", "*.sh.tpl", "*.sh.tftpl", "*.tftpl"),  # provisioners and what instances run at their start
    ),
)
def read_cluster_script(source: Source) -> Iterator[ClusterScript]:
    """Yield the first command that makes a cluster, of a script or of commands that infrastructure code runs on machines.

    Clusters for tests and development are thrown away and not counted.
    """
    if _THROW_AWAY.search(source.path) or not any(word in source.data for word in _SCRIPT_WORDS):
        return
    for number, line in enumerate(source.lines, 1):
        found = None if len(line) > 1000 or line.lstrip().startswith(("#", "//")) else _SCRIPT.search(line)
        if found:
            yield ClusterScript(at=source.place(number), tool=next(group for group in found.groups() if group))
            return
