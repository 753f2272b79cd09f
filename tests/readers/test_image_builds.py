from __future__ import annotations

import pytest

from assessor.facts.containers import ImageBuild
from tests.organizations import read


def builds(reader: str, path: str, text: str) -> list[ImageBuild]:
    return [fact for fact in read(reader, path, text) if isinstance(fact, ImageBuild)]


def test_compose_services_are_builds_only_with_a_build() -> None:
    text = "services:\n  a:\n    build: ./a\n  b:\n    image: x/b:1\n    build:\n      context: ..\n      dockerfile: docker/b/Dockerfile\n  db:\n    image: postgres\n"
    found = builds("compose-builds", "deploy/docker-compose.yml", text)
    assert [(b.name, b.folder, b.dockerfile, b.image, b.at.line) for b in found] == [
        ("a", "deploy/a", "deploy/a/Dockerfile", "", 3),
        ("b", "", "docker/b/Dockerfile", "x/b:1", 6),
    ]


def test_an_ansible_task_file_named_like_compose_is_none() -> None:
    assert builds("compose-builds", "tasks/docker-compose.yml", "- name: build\n  command: docker build .\n") == []


def test_skaffold_artifacts_name_their_builder() -> None:
    text = (
        "apiVersion: skaffold/v4\nkind: Config\nbuild:\n  artifacts:\n  - image: a\n    context: src/a\n  - image: b\n    buildpacks: {builder: x}\n"
        "profiles:\n- name: p\n  build:\n    artifacts:\n    - image: c\n      docker: {dockerfile: D}\n"
    )
    found = builds("skaffold-builds", "skaffold.yaml", text)
    assert [(b.image, b.tool, b.dockerfile) for b in found] == [
        ("a", "skaffold", "src/a/Dockerfile"),
        ("b", "skaffold (buildpacks)", ""),
        ("c", "skaffold", "D"),
    ]


def test_bake_targets_are_read_from_hcl_and_json() -> None:
    hcl = 'group "default" { targets = ["a"] }\ntarget "a" {\n  context = "a"\n  tags = ["x/a:1"]\n}\n'
    (found,) = builds("bake-builds", "docker-bake.hcl", hcl)
    assert (found.name, found.folder, found.dockerfile, found.image) == ("a", "a", "a/Dockerfile", "x/a:1")
    (found,) = builds("bake-builds", "docker-bake.json", '{"target": {"b": {"dockerfile": "B"}}}')
    assert (found.name, found.dockerfile) == ("b", "B")


@pytest.mark.parametrize(
    ("reader", "path", "text", "tool", "folder"),
    [
        ("ko-builds", ".ko.yaml", "builds:\n- id: x\n  main: ./cmd/x\n", "ko", "cmd/x"),
        ("ko-builds", ".ko.yaml", "defaultBaseImage: x\n", "ko", ""),
        ("project-descriptor", "a/project.toml", '[[io.buildpacks.group]]\nid = "x"\n', "buildpacks", "a"),
        ("goreleaser-images", ".goreleaser.yml", "dockers:\n- image_templates: ['x/y:{{ .Tag }}']\n", "goreleaser", ""),
        ("goreleaser-images", ".goreleaser.yml", "kos:\n- main: ./cmd/x\n", "goreleaser (ko)", "cmd/x"),
        ("bazel-images", "a/BUILD.bazel", 'load("x")\noci_image(\n  name = "i",\n)\n', "bazel", "a"),
        ("nix-images", "nix/image.nix", "pkgs.dockerTools.buildLayeredImage { name = \"x\"; }", "nix", ""),
        ("earthly-images", "Earthfile", "VERSION 0.8\nbuild:\n  FROM a\n  SAVE IMAGE --push x/y:1\n", "earthly", ""),
        ("cluster-builds", "b.yaml", "apiVersion: build.openshift.io/v1\nkind: BuildConfig\nspec:\n  source: {contextDir: api}\n  strategy: {sourceStrategy: {}}\n", "s2i", "api"),
        ("cluster-builds", "b.yaml", "apiVersion: kpack.io/v1alpha2\nkind: Image\nspec: {tag: x/y}\n", "buildpacks", ""),
    ],
)  # fmt: skip
def test_every_way_to_build_an_image_is_read(reader: str, path: str, text: str, tool: str, folder: str) -> None:
    (found,) = builds(reader, path, text)
    assert (found.tool, found.folder) == (tool, folder)


@pytest.mark.parametrize(
    ("reader", "path", "text"),
    [
        ("project-descriptor", "project.toml", '[project]\nname = "x"\n'),
        ("bazel-images", "BUILD", 'go_binary(\n  name = "x",\n)\n# oci_image(\n'),
        ("nix-images", "a.nix", "{ dockerTools }: 1"),
        ("cluster-builds", "b.yaml", "apiVersion: v1\nkind: ConfigMap\ndata: {x: BuildConfig}\n"),
        ("skaffold-builds", "skaffold.yaml", "apiVersion: v1\nbuild: {artifacts: [{image: x}]}\n"),
    ],
)
def test_what_only_looks_like_a_build_is_none(reader: str, path: str, text: str) -> None:
    assert builds(reader, path, text) == []


def test_a_context_outside_the_repository_is_its_root() -> None:
    (found,) = builds("compose-builds", "compose.yaml", "services:\n  a:\n    build: ../../x\n")
    assert found.folder == ""
