"""Reads Kubernetes objects from YAML and JSON files, Helm templates included."""

from __future__ import annotations

import re
from collections.abc import Iterator

from assessor.facts.base import Fact
from assessor.facts.manifests import BrokenManifest, Container, KubernetesObject, ManifestSource, Workload
from assessor.parsing.manifests import Manifest, dig, manifests, mapping, sequence, text, texts
from assessor.parsing.yaml import Map, is_dynamic
from assessor.reading import Source, reader
from assessor.redaction import redact

MAX_TEXT = 300  # characters kept of an annotation

_API = re.compile(r"^apiVersion:[ \t]*\S", re.M)
_KIND = re.compile(r"^kind:[ \t]*[A-Z]", re.M)
_CHOICE = re.compile(r"\{\{-?\s*(?:if|else)\b")
_SERVED = re.compile(r"\{\{-?\s*(?:if|else)\b.*(?:Capabilities|[sS]emver|kubeVersion|apiVersion)")
_TEMPLATE = ("spec", "template", "spec")
_POD_SPECS: dict[tuple[str, str], tuple[str, ...]] = {
    ("", "Pod"): ("spec",),
    ("", "ReplicationController"): _TEMPLATE,
    ("batch", "Job"): _TEMPLATE,
    ("batch", "CronJob"): ("spec", "jobTemplate", "spec", "template", "spec"),
    ("argoproj.io", "Rollout"): _TEMPLATE,
    ("serving.knative.dev", "Service"): _TEMPLATE,
    ("serving.knative.dev", "Configuration"): _TEMPLATE,
    ("apps.openshift.io", "DeploymentConfig"): _TEMPLATE,
    ("keda.sh", "ScaledJob"): ("spec", "jobTargetRef", "template", "spec"),
    **{(g, k): _TEMPLATE for g in ("apps", "extensions") for k in ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet")},
    **{("apps.kruise.io", kind): _TEMPLATE for kind in ("CloneSet", "StatefulSet", "DaemonSet")},
}
_PRIVATE = "kubectl.kubernetes.io/last-applied-configuration"  # may hold a whole Secret


# Folders of task runners, editors and forges: objects there are made for one run, not declared for a cluster.
_FOR_ONE_RUN = re.compile(r"(?:^|/)\.(?:taskfiles?|github|circleci|vscode|devcontainer)/", re.I)


@reader("kubernetes-manifests", names=("*.yaml", "*.yml", "*.json"))
def read_manifests(source: Source) -> Iterator[Fact]:
    """Yield the objects of a file, workloads with their containers, and what is broken among them."""
    if (b"apiVersion" not in source.data and b"kind:" not in source.data) or _FOR_ONE_RUN.search(source.path):
        return
    documents = source.documents
    for found in manifests(documents):
        fact = object_of(source, found)
        yield fact
        if not found.name and not found.templated and (pod_path(found) is None or fact.containers):
            yield BrokenManifest(at=source.place(found.line), reason=f"a {found.kind} without a name")
    templated = any(document.templated for document in documents)
    problem = source.problems.get("yaml")
    if problem and not templated and "{{" not in source.text and _API.search(source.text) and _KIND.search(source.text):
        yield BrokenManifest(at=source.place(problem.line), reason=str(problem))
    for document in documents:
        value = document.value
        if isinstance(value, Map) and not templated and _lacks_version(value):
            yield BrokenManifest(at=source.place(value.line_of("kind")), reason="no apiVersion")


def _lacks_version(value: Map) -> bool:
    """Say whether a document is a built-in workload or service in all but its API version."""
    known = {kind for _, kind in _POD_SPECS} | {"ConfigMap", "Secret", "Ingress", "Namespace"}
    return "apiVersion" not in value and value.get("kind") in known and isinstance(value.get("metadata"), Map)


def pod_path(found: Manifest) -> tuple[str, ...] | None:
    """Return where an object keeps its pod's specification, None when it runs no pods."""
    if is_dynamic(found.kind):  # a template that lets the user choose Deployment or DaemonSet
        return _TEMPLATE if "containers" in mapping(dig(found.body, *_TEMPLATE)) else None
    return _POD_SPECS.get((found.group, found.kind))


def object_of(source: Source, found: Manifest) -> KubernetesObject:
    """Return one object, a workload with its containers."""
    path = pod_path(found)
    containers = tuple(_containers(found, path)) if path else ()
    complete = (
        any(container.image for container in containers) or found.templated or dig(found.body, "spec", "workloadRef") is not None
    )
    annotations = {k: redact(v[:MAX_TEXT]) for k, v in texts(found.metadata.get("annotations")).items() if k != _PRIVATE}
    return (Workload if path and complete else KubernetesObject)(
        at=source.place(found.line),
        group=found.group,
        version=found.version,
        type=found.kind,
        name=found.name,
        namespace=found.namespace,
        labels={k: v[:MAX_TEXT] for k, v in texts(found.metadata.get("labels")).items()},
        annotations=annotations,
        templated=found.templated,
        conditional_api=found.templated and _chosen(source, found.line),
        containers=containers,
    )


def _chosen(source: Source, line: int) -> bool:
    """Say whether the API version stands in a branch that the template takes by what the cluster serves."""
    text = source.lines[line - 1] if 0 < line <= len(source.lines) else ""
    above = next((item for item in reversed(source.lines[max(line - 4, 0) : line - 1]) if item.strip()), "")
    below = next((item for item in source.lines[line : line + 3] if item.strip()), "")
    return "{{" in text or bool(_SERVED.search(above) or ("else" in below and _CHOICE.search(below)))


def _containers(found: Manifest, path: tuple[str, ...]) -> Iterator[Container]:
    pod = dig(found.body, *path)
    for key in ("containers", "initContainers"):
        for item in sequence(mapping(pod).get(key)):
            if isinstance(item, Map):
                yield _container(item, mapping(pod), key == "initContainers", found.templated)


def _container(item: Map, pod: Map, init: bool, templated: bool) -> Container:
    resources, security = item.get("resources", Map()), item.get("securityContext", Map())
    pod_security = pod.get("securityContext", Map())
    return Container(
        name=text(item.get("name")),
        image=text(item.get("image")),
        line=item.line_of("image"),
        requests=_has(resources, "requests", templated),
        limits=_has(resources, "limits", templated),
        liveness=_present(item, "livenessProbe", templated),
        readiness=_present(item, "readinessProbe", templated),
        non_root=_non_root(security, pod_security, templated),
        no_escalation=_no_escalation(security, templated),
        privileged=dig(security, "privileged") is True,
        init=init,
    )


def _unknown(value: object, templated: bool) -> bool:
    """Say whether a template puts something here that cannot be seen."""
    return is_dynamic(value) or (templated and value is None)


def _has(resources: object, key: str, templated: bool) -> bool | None:
    if _unknown(resources, templated):
        return None
    inner = mapping(resources).get(key, False)
    return None if _unknown(inner, templated) else bool(inner)


def _present(item: Map, key: str, templated: bool) -> bool | None:
    return None if key in item and _unknown(item[key], templated) else bool(item.get(key))


def _non_root(security: object, pod: object, templated: bool) -> bool | None:
    for context in (security, pod):  # the container's own context wins over the pod's
        if _unknown(context, templated):
            return None
        fields = mapping(context)
        user, flag = fields.get("runAsUser", ""), fields.get("runAsNonRoot", "")
        if _unknown(user, templated) or _unknown(flag, templated):
            return None
        if flag is True or (isinstance(user, int) and not isinstance(user, bool) and user > 0):
            return True
        if flag is False or user == 0:
            return False
    return False


def _no_escalation(security: object, templated: bool) -> bool | None:
    if _unknown(security, templated):
        return None
    value = mapping(security).get("allowPrivilegeEscalation", True)
    return None if _unknown(value, templated) else value is False


_LIBRARIES = re.compile(r"k\.libsonnet|kube\.libsonnet|k8s-libsonnet|ksonnet|kausal", re.I)


@reader("manifest-sources", names=("cdk8s.yaml", "cdk8s.yml", "*.jsonnet", "*.cue", "timoni.*", "kcl.mod"))
def read_manifest_source(source: Source) -> Iterator[ManifestSource]:
    """Yield a source that Kubernetes objects are generated from."""
    name, body = source.name.lower(), source.text
    objects = "apiVersion" in body and "kind" in body
    if name.startswith("cdk8s."):
        tool = "cdk8s"
    elif name.startswith("timoni."):
        tool = "timoni"
    elif name == "kcl.mod":
        tool = "kcl" if "k8s" in body else ""
    elif name.endswith(".jsonnet"):
        tool = "jsonnet" if objects or _LIBRARIES.search(body) else ""
    else:
        tool = "cue" if objects else ""
    if tool:
        yield ManifestSource(at=source.place(1), tool=tool)
