"""Kubernetes objects are read from every form they are written in, and nothing else is taken for one."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assessor.facts.base import Fact
from assessor.facts.manifests import BrokenManifest, KubernetesObject, ManifestSource, Workload
from tests.organizations import read

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: shop
  labels: {app: web}
  annotations:
    note: password=hunter2hunter2
    kubectl.kubernetes.io/last-applied-configuration: '{"data": "x"}'
spec:
  template:
    spec:
      securityContext: {runAsNonRoot: true}
      initContainers:
      - name: wait
        image: busybox
      containers:
      - name: web
        image: web:1.2
        resources: {requests: {cpu: 1}, limits: {}}
        livenessProbe: {httpGet: {port: 80}}
        securityContext: {allowPrivilegeEscalation: false}
"""


def objects(text: str, path: str = "app.yaml") -> list[KubernetesObject]:
    """Return the objects of a file."""
    return [fact for fact in read("kubernetes-manifests", path, text) if isinstance(fact, KubernetesObject)]


def broken(text: str, path: str = "app.yaml") -> list[BrokenManifest]:
    """Return what is broken in a file."""
    return [fact for fact in read("kubernetes-manifests", path, text) if isinstance(fact, BrokenManifest)]


def test_a_deployment_is_a_workload_with_its_containers() -> None:
    (web,) = objects(DEPLOYMENT)
    assert isinstance(web, Workload)
    assert (web.group, web.version, web.label, web.namespace) == ("apps", "v1", "Deployment/web", "shop")
    assert (web.labels, web.at.line) == ({"app": "web"}, 1)
    main, init = web.containers
    assert (main.image, main.line, main.requests, main.limits) == ("web:1.2", 19, True, False)
    assert (main.liveness, main.readiness, main.non_root, main.no_escalation) == (True, False, True, True)
    assert (init.init, init.image, init.non_root) == (True, "busybox", True)


def test_annotations_show_no_secret_and_not_the_object_applied_last() -> None:
    (web,) = objects(DEPLOYMENT)
    assert "hunter2" not in str(web.annotations)
    assert list(web.annotations) == ["note"]


@pytest.mark.parametrize(
    ("api", "kind", "path"),
    [
        ("v1", "Pod", "spec"),
        ("batch/v1", "Job", "spec.template.spec"),
        ("batch/v1", "CronJob", "spec.jobTemplate.spec.template.spec"),
        ("apps/v1", "DaemonSet", "spec.template.spec"),
        ("argoproj.io/v1alpha1", "Rollout", "spec.template.spec"),
        ("serving.knative.dev/v1", "Service", "spec.template.spec"),
        ("keda.sh/v1alpha1", "ScaledJob", "spec.jobTargetRef.template.spec"),
    ],
)
def test_every_kind_that_runs_pods_is_a_workload(api: str, kind: str, path: str) -> None:
    body: object = {"containers": [{"name": "a", "image": "a:1"}]}
    for key in reversed(path.split(".")):
        body = {key: body}
    assert isinstance(body, dict)
    (found,) = objects(json.dumps({"apiVersion": api, "kind": kind, "metadata": {"name": "x"}, **body}), "x.json")
    assert isinstance(found, Workload)
    assert found.containers[0].image == "a:1"


def test_a_rollout_that_refers_to_a_deployment_is_a_workload() -> None:
    text = (
        "apiVersion: argoproj.io/v1alpha1\nkind: Rollout\nmetadata: {name: a}\nspec: {workloadRef: {kind: Deployment, name: a}}\n"
    )
    assert isinstance(objects(text)[0], Workload)


def test_a_fragment_without_an_image_is_no_workload() -> None:
    text = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {replicas: 3}\n"
    assert [isinstance(o, Workload) for o in objects(text)] == [False]


def test_lists_arrays_and_streams_are_expanded() -> None:
    a, b = (json.dumps({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}}) for name in "ab")
    assert [o.name for o in objects(f'{{"apiVersion": "v1", "kind": "List", "items": [{a}, {b}]}}', "x.json")] == ["a", "b"]
    assert [o.name for o in objects(f"[{b}]", "x.json")] == ["b"]
    assert [o.name for o in objects(f"{a}\n---\n---\n# nothing\n---\n{b}\n")] == ["a", "b"]


def test_a_definition_yields_itself_and_not_the_kinds_it_names() -> None:
    text = (
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: rollouts.argoproj.io}\n"
        "spec:\n  names:\n    kind: Rollout\n    listKind: RolloutList\n  versions:\n  - schema:\n      apiVersion: v1\n      kind: Pod\n"
    )
    assert [o.type for o in objects(text)] == ["CustomResourceDefinition"]


@pytest.mark.parametrize(
    "text",
    [
        "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nmetadata: {name: x}\n",
        "apiVersion: skaffold/v4beta11\nkind: Config\nmetadata: {name: x}\n",
        "apiVersion: v1\nkind: Config\nclusters: []\n",
        "apiVersion: kind.x-k8s.io/v1alpha4\nkind: Cluster\nname: x\n",
        "apiVersion: eksctl.io/v1alpha5\nkind: ClusterConfig\nmetadata: {name: x}\n",
        "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: {name: x}\n",
        "apiVersion: updatebot.jenkins-x.io/v1alpha1\nkind: UpdateConfig\nspec: {}\n",
        "openapi: 3.0.0\ncomponents: {schemas: {Pod: {properties: {apiVersion: {type: string}, kind: {type: string}}}}}\n",
        "services: {web: {image: nginx}}\nx: {apiVersion: v1, kind: Pod}\n",
        "apiVersion: v2\nname: chart\nversion: 1.0.0\n",
        "image: {repository: a}\nextra:\n- apiVersion: v1\n  kind: Pod\n",
        "on: push\njobs: {a: {steps: [{run: 'echo apiVersion: v1 kind: Pod'}]}}\n",
        "apiVersion: 1\nkind: [Pod]\nmetadata: x\n",
    ],
)
def test_what_only_looks_like_an_object_is_none(text: str) -> None:
    assert not objects(text)
    assert not broken(text)


TEMPLATE = """\
apiVersion: {{ include "api" . }}
kind: {{ .Values.kind }}
metadata:
  name: {{ .Release.Name }}
spec:
  template:
    spec:
      {{- with .Values.podSecurityContext }}
      securityContext:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      containers:
      - name: a
        image: "{{ .Values.image }}"
        resources:
          {{- toYaml .Values.resources | nindent 10 }}
        livenessProbe: {{ toYaml .Values.probe | nindent 10 }}
"""


def test_what_a_template_leaves_open_is_unknown_and_not_missing() -> None:
    (found,) = objects(TEMPLATE, "chart/templates/a.yaml")
    assert isinstance(found, Workload)
    assert found.templated
    (container,) = found.containers
    assert (container.requests, container.limits, container.liveness, container.readiness) == (None, None, None, False)
    assert (container.non_root, container.no_escalation) == (None, False)
    assert container.image == "tpl-Values.image"


def test_a_version_chosen_by_what_the_cluster_serves_is_marked() -> None:
    text = (
        '{{- if .Capabilities.APIVersions.Has "policy/v1" }}\napiVersion: policy/v1\n{{- else }}\napiVersion: policy/v1beta1\n{{- end }}\n'
        "kind: PodDisruptionBudget\nmetadata: {name: a}\n"
    )
    (found,) = objects(text, "c/templates/a.yaml")
    assert (found.version, found.conditional_api) == ("v1", True)
    (only,) = objects(text.replace("{{- else }}\napiVersion: policy/v1beta1\n", ""), "c/templates/a.yaml")
    assert only.conditional_api
    (plain,) = objects(
        "{{- if .Values.a }}\napiVersion: v1\nkind: Service\nmetadata: {name: a}\n{{- end }}\n", "c/templates/a.yaml"
    )
    assert not plain.conditional_api


def test_a_syntax_error_of_a_manifest_is_reported_where_it_is() -> None:
    (found,) = broken("apiVersion: v1\nkind: Service\nmetadata:\n  name: [a\n")
    assert "not valid YAML" in found.reason
    assert found.at.line >= 4
    assert not broken("site: [a\nkind: x\n")


def test_an_object_without_a_name_or_a_version_is_broken() -> None:
    assert [b.reason for b in broken("apiVersion: v1\nkind: Service\nmetadata: {}\nspec: {}\n")] == ["a Service without a name"]
    assert [b.reason for b in broken("kind: Dashboard\nmetadata: {name: a}\n")] == []
    assert [b.reason for b in broken("kind: Deployment\nmetadata: {name: a}\n")] == ["no apiVersion"]
    assert not broken("apiVersion: batch/v1\nkind: Job\nmetadata: {generateName: a-}\n")


@pytest.mark.parametrize(
    ("path", "text", "tool"),
    [
        ("cdk8s.yaml", "language: python\n", "cdk8s"),
        ("main.jsonnet", "{apiVersion: 'v1', kind: 'Service'}", "jsonnet"),
        ("main.jsonnet", "local k = import 'k.libsonnet'; k.core", "jsonnet"),
        ("main.jsonnet", "{a: 1}", None),
        ("a.cue", "apiVersion: \"v1\"\nkind: \"Pod\"", "cue"),
        ("timoni.cue", "package main", "timoni"),
    ],
)  # fmt: skip
def test_sources_that_objects_are_generated_from_are_named(path: str, text: str, tool: str | None) -> None:
    found = [fact.tool for fact in read("manifest-sources", path, text) if isinstance(fact, ManifestSource)]
    assert found == ([tool] if tool else [])


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(
        ["apiVersion", "kind", "metadata", "name", "spec", "template", "containers", "image", "resources", "securityContext", "env", "items", "data"]
    ), inner, max_size=5),
    max_leaves=20,
)  # fmt: skip
READERS = [
    "kubernetes-manifests",
    "kubernetes-secrets",
    "values-secrets",
    "secret-objects",
    "helm-chart",
    "helm-values",
    "kustomize",
    "generated-secrets",
]


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(READERS),
    st.sampled_from(["v1/Secret", "apps/v1/Deployment", "v1/Pod", "v1/List", "helm.toolkit.fluxcd.io/v2/HelmRelease", "v2/x"]),
    VALUES,
    VALUES,
)
def test_no_types_anywhere_make_a_reader_raise(reader: str, identity: str, spec: object, other: object) -> None:
    api, _, kind = identity.rpartition("/")
    names = (
        "spec",
        "metadata",
        "data",
        "stringData",
        "items",
        "resources",
        "dependencies",
        "name",
        "images",
        "secretGenerator",
        "sops",
    )
    text = json.dumps({"apiVersion": api, "kind": kind, **dict.fromkeys(names, spec), "patches": other, "env": other})
    found: list[Fact] = read(reader, "kustomization.yaml", text)
    assert isinstance(found, list)


@given(
    st.sampled_from(READERS),
    st.integers(0, len(DEPLOYMENT)),
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=6),
    st.booleans(),
)
def test_no_damage_to_a_file_makes_a_reader_raise(reader: str, at: int, text: str, template: bool) -> None:
    path = "c/templates/a.yaml" if template else "a.yaml"
    assert isinstance(read(reader, path, DEPLOYMENT[:at] + text + DEPLOYMENT[at + 3 :]), list)
