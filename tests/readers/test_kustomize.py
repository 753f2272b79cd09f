"""Build files are read in all their names and spellings; Flux's objects of the same kind are not build files."""

from __future__ import annotations

import pytest

from assessor.facts.manifests import Kustomization
from tests.organizations import read


def build(text: str, path: str = "overlays/prod/kustomization.yaml") -> Kustomization | None:
    """Return the build file, if it is one."""
    found = [fact for fact in read("kustomize", path, text) if isinstance(fact, Kustomization)]
    return found[0] if found else None


def test_references_images_and_generators_are_read_with_their_lines() -> None:
    found = build(
        "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nnamespace: shop\nresources:\n- ../../base\n- a.yaml\n"
        "components: [../c]\nimages:\n- {name: web, newTag: '1.2'}\n- {name: db, digest: 'sha256:x'}\n"
        "patches:\n- path: p.yaml\n- patch: |\n    kind: Deployment\nconfigMapGenerator: [{name: a}]\nhelmCharts: [{name: redis}]\n"
    )
    assert found is not None
    assert (found.folder, found.namespace, found.component) == ("overlays/prod", "shop", False)
    assert found.resources == ("../../base", "a.yaml", "../c")
    assert found.lines["a.yaml"] == 6
    assert (found.patches, found.images) == (("p.yaml",), {"web": "1.2", "db": "sha256:x"})
    assert (found.generators, found.helm_charts, found.deprecated) == (1, ("redis",), ())


def test_deprecated_spellings_are_understood_and_named() -> None:
    found = build(
        "bases: [../base]\npatchesStrategicMerge:\n- p.yaml\n- |-\n  kind: Pod\n  metadata: {}\npatchesJson6902: [{path: j.json, target: {}}]\n"
    )
    assert found is not None
    assert (found.resources, found.patches) == (("../base",), ("p.yaml", "j.json"))
    assert found.deprecated == ("bases", "patchesStrategicMerge", "patchesJson6902")


def test_a_component_is_marked() -> None:
    found = build("apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nresources: [a.yaml]\n")
    assert found is not None
    assert found.component


@pytest.mark.parametrize("name", ["kustomization.yml", "Kustomization", "kustomization.yaml"])
def test_every_file_name_is_read(name: str) -> None:
    assert build("resources: [a.yaml]\n", name) is not None


@pytest.mark.parametrize(
    "text", ["", "# nothing\n", "- a\n", "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nspec: {}\n"]
)
def test_flux_objects_and_empty_files_are_no_build_files(text: str) -> None:
    assert build(text) is None
