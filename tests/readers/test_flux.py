"""Flux objects of every version, patches of them, and what installs controllers."""

from __future__ import annotations

import pytest

from assessor.facts.base import Fact
from assessor.facts.gitops import Application, Controller, FluxSource, PolicyPatch
from tests.organizations import read

KUSTOMIZATION = """apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: apps, namespace: flux-system}
spec:
  path: ./apps
  prune: true
  sourceRef: {kind: GitRepository, name: flux-system}
"""
RELEASE = """apiVersion: helm.toolkit.fluxcd.io/VERSION
kind: HelmRelease
metadata: {name: redis, namespace: data}
spec:
  chart: {spec: {chart: redis, version: 1.2.3, sourceRef: {kind: HelmRepository, name: charts}}}
"""


def one(content: str, path: str = "k.yaml") -> Fact:
    (found,) = read("gitops-objects", path, content)
    return found


def test_a_kustomization_heals_and_is_on_unless_suspended() -> None:
    found = one(KUSTOMIZATION)
    assert isinstance(found, Application)
    assert (found.auto_sync, found.self_heal, found.prune, found.suspended) == (True, True, True, False)
    assert (found.sources[0].path, found.source_ref) == ("apps", "GitRepository/flux-system/flux-system")
    off = one(KUSTOMIZATION + "  suspend: true\n")
    assert isinstance(off, Application)
    assert off.suspended


@pytest.mark.parametrize("version", ["v2", "v2beta2", "v2beta1"])
def test_a_helm_release_of_every_version_heals_only_with_drift_detection(version: str) -> None:
    found = one(RELEASE.replace("VERSION", version))
    assert isinstance(found, Application)
    assert (found.self_heal, found.detects_drift) == (False, False)
    for mode, expected in {"enabled": (True, True), "warn": (False, True), "disabled": (False, False)}.items():
        found = one(RELEASE.replace("VERSION", version) + f"  driftDetection: {{mode: {mode}}}\n")
        assert isinstance(found, Application)
        assert (found.self_heal, found.detects_drift) == expected


def test_a_release_without_chart_is_a_patch_and_says_nothing_without_policy() -> None:
    head = "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: redis}\nspec:\n"
    assert not read("gitops-objects", "patch.yaml", head + "  values: {replicas: 2}\n")
    patch = one(head + "  suspend: true\n")
    assert isinstance(patch, PolicyPatch)
    assert (patch.target, patch.name, patch.suspended) == ("HelmRelease", "redis", True)


def test_patches_of_patches_reach_the_objects_that_children_build() -> None:
    inner = "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nspec:\n  driftDetection:\n    mode: enabled\n"
    nested = "spec:\n  prune: true\n  patches:\n    - target: {kind: HelmRelease}\n      patch: |\n" + "".join(
        f"        {line}\n" for line in inner.splitlines()
    )
    outer = "  patches:\n    - target: {kind: Kustomization}\n      patch: |\n        kind: Kustomization\n"
    content = KUSTOMIZATION + outer + "".join(f"        {line}\n" for line in nested.splitlines())
    patches = [fact for fact in read("gitops-objects", "k.yaml", content) if isinstance(fact, PolicyPatch)]
    assert [(p.target, p.nested, p.prune, p.self_heal) for p in patches] == [
        ("Kustomization", False, True, None),
        ("HelmRelease", True, None, True),
    ]


def test_json_patches_of_a_build_file_set_policy() -> None:
    content = (
        "resources: [a.yaml]\npatches:\n  - target: {kind: HelmRelease, name: redis}\n    patch: |\n"
        "      - {op: add, path: /spec/driftDetection, value: {mode: warn}}\n      - {op: test, path: /spec/suspend, value: true}\n"
    )
    (patch,) = read("gitops-kustomize", "apps/kustomization.yaml", content)
    assert isinstance(patch, PolicyPatch)
    assert (patch.scope, patch.name, patch.detects_drift, patch.suspended) == ("apps", "redis", True, None)


def test_flux_1_is_read_and_marked() -> None:
    found = one("apiVersion: helm.fluxcd.io/v1\nkind: HelmRelease\nspec: {chart: {git: git@a:b/c, path: charts/x}}\n")
    assert isinstance(found, Application)
    assert found.legacy


def test_an_instance_brings_flux_its_source_and_its_sync() -> None:
    content = "apiVersion: fluxcd.controlplane.io/v1\nkind: FluxInstance\nmetadata: {name: flux}\nspec:\n"
    found = read("gitops-objects", "f.yaml", content + "  sync: {kind: GitRepository, url: https://a/b, path: clusters/x}\n")
    assert {type(fact) for fact in found} == {Controller, FluxSource, Application}


def test_values_of_the_instance_chart_bring_its_sync() -> None:
    content = RELEASE.replace("VERSION", "v2").replace("chart: redis", "chart: flux-instance")
    found = read("gitops-objects", "f.yaml", content + "  values: {instance: {sync: {url: https://a/b, path: clusters/x}}}\n")
    assert [f.sources[0].path for f in found if isinstance(f, Application)] == ["", "clusters/x"]


def test_objects_of_a_resource_set_are_read() -> None:
    lines = "".join(f"      {line}\n" for line in KUSTOMIZATION.splitlines())
    content = "apiVersion: fluxcd.controlplane.io/v1\nkind: ResourceSet\nspec:\n  resources:\n    -" + lines[5:]
    assert isinstance(one(content), Application)


def test_an_image_shows_a_controller_and_a_patch_without_image_does_not() -> None:
    head = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: source-controller}\nspec: {template: {spec: {containers: "
    found = one(head + "[{name: manager, image: 'ghcr.io/fluxcd/source-controller:v1.6.0'}]}}}\n")
    assert isinstance(found, Controller)
    assert (found.product, found.version) == ("flux", "v1.6.0")
    assert not read("gitops-objects", "p.yaml", head + "[{name: manager, args: [--fluxcd]}]}}}\n")
    assert not read("gitops-objects", "p.yaml", head + "[{name: x, image: 'ghcr.io/fluxcd/flux-cli:v2'}]}}}\n")


def test_definitions_of_kinds_are_not_objects_of_them() -> None:
    crd = (
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nspec: {group: flagger.app, names: {kind: Canary}}\n"
    )
    assert not read("gitops-objects", "crd.yaml", crd)


@pytest.mark.parametrize(
    ("line", "product"),
    [
        ("flux bootstrap github --owner=acme", "flux"),
        ("kubectl apply -n argocd -f https://raw.githubusercontent.com/argoproj/argo-cd/stable/manifests/install.yaml", "argocd"),
        ("helm upgrade --install argocd argo/argo-cd --version 8", "argocd"),
        ("helm install flux oci://ghcr.io/controlplaneio-fluxcd/charts/flux-operator", "flux"),
        ("argocd-autopilot repo bootstrap", "argocd"),
        ("flux install --export > flux-system/gotk-components.yaml", ""),
        ("flux push artifact oci://example.com/manifests", ""),
        ("kubectl apply -f https://github.com/argoproj/argocd-example-apps/guestbook", ""),
        ("echo argocd installed", ""),
        ("argocd app sync shop", ""),
    ],
)
def test_commands_that_install_a_controller_are_told_from_others(line: str, product: str) -> None:
    found = read("gitops-scripts", "bootstrap.sh", f"#!/bin/sh\n{line}\n")
    assert [c.product for c in found if isinstance(c, Controller)] == ([product] if product else [])


def test_an_installer_of_a_throw_away_cluster_does_not_count() -> None:
    assert not read("gitops-scripts", "dev.sh", "k3d cluster create dev\nflux install\n")


def test_a_placeholder_is_told_from_manifests() -> None:
    assert read("flux-bootstrap", "clusters/a/flux-system/gotk-components.yaml", "# later\n---\n")
    assert not read("flux-bootstrap", "clusters/a/flux-system/gotk-components.yaml", "# Flux\n---\napiVersion: v1\n")
