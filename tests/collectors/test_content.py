from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assessor.collectors.attributes import Attributes
from assessor.collectors.content import Content, Origin, classify, examples_are_the_product
from assessor.collectors.library import is_library
from assessor.facts.base import Place
from assessor.facts.containers import LanguageProject


@pytest.mark.parametrize(
    ("path", "origin"),
    [
        ("main.tf", Origin.OWN),
        ("vendor/github.com/x/y/Dockerfile", Origin.VENDORED),
        ("timoni/podinfo/cue.mod/pkg/x.yaml", Origin.VENDORED),
        ("vendor/x/docs/a.yaml", Origin.VENDORED),
        ("cdk.out/tree.json", Origin.GENERATED),
        ("api/v1/x.pb.go", Origin.GENERATED),
        ("tests/fixtures/Dockerfile", Origin.FIXTURE),
        ("molecule/default/molecule.yml", Origin.FIXTURE),
        ("pkg/server/server_test.go", Origin.FIXTURE),
        ("playwright/apps/broken/deployment.yaml", Origin.FIXTURE),
        ("docs/Dockerfile", Origin.DOCUMENTATION),
        ("docs/examples/main.tf", Origin.DOCUMENTATION),
        ("README.md", Origin.DOCUMENTATION),
        (".github/PULL_REQUEST_TEMPLATE.md", Origin.OWN),
        ("docs/pull_request_template.md", Origin.OWN),
        (".gitlab/merge_request_templates/change.md", Origin.OWN),
        ("web/.github/PULL_REQUEST_TEMPLATE.md", Origin.DOCUMENTATION),
        ("examples/complete/main.tf", Origin.EXAMPLE),
        (".env.example", Origin.EXAMPLE),
        ("src/main/java/com/example/Application.java", Origin.OWN),
        ("src/main/java/org/springframework/samples/App.java", Origin.OWN),
        ("src/Identity.API/Quickstart/Login.cs", Origin.OWN),
        ("src/test/java/com/acme/ATest.java", Origin.FIXTURE),
        ("website/Dockerfile", Origin.OWN),
        ("_archive/cluster/redis/release.yaml", Origin.ARCHIVED),
        ("kubernetes/.archive/redis/release.yaml", Origin.ARCHIVED),
        ("deprecated/controller.yaml", Origin.ARCHIVED),
        ("pkg/archive/archive.go", Origin.OWN),
        ("apps/archive/deployment.yaml", Origin.OWN),
        ("website-service/Dockerfile", Origin.OWN),
    ],
)
def test_the_folders_tell_whose_content_a_file_is(path: str, origin: Origin) -> None:
    assert classify(path) is origin


@pytest.mark.parametrize(
    ("paths", "file", "origin"),
    [
        (("envs/prod/a.tf", "envs/test/a.tf"), "envs/test/a.tf", Origin.OWN),
        (("prod/a.yaml", "test/a.yaml"), "test/a.yaml", Origin.OWN),
        (("overlays/test/kustomization.yaml",), "overlays/test/kustomization.yaml", Origin.OWN),
        (("src/a.go", "test/a.yaml"), "test/a.yaml", Origin.FIXTURE),
        (("apps/demo/deployment.yaml",), "apps/demo/deployment.yaml", Origin.OWN),
        (("apps/docs/deployment.yaml",), "apps/docs/deployment.yaml", Origin.OWN),
        (("apps/tests/deployment.yaml",), "apps/tests/deployment.yaml", Origin.FIXTURE),
        (("website/docusaurus.config.js", "website/package.json"), "website/package.json", Origin.DOCUMENTATION),
        (("site/content/x.html", "site/archetypes/default.md", "site/Dockerfile"), "site/Dockerfile", Origin.DOCUMENTATION),
        (("website/src/app.ts", "website/package.json"), "website/package.json", Origin.OWN),
    ],
)
def test_the_listing_tells_what_ambiguous_words_mean(paths: tuple[str, ...], file: str, origin: Origin) -> None:
    assert Content(paths).origin(file) is origin


def test_attributes_override_the_paths() -> None:
    attributes = {
        "": "# comment\nlib/** linguist-vendored\nvendor/** -linguist-vendored\n*.gen.yaml linguist-generated=true\nman linguist-documentation\n"
    }
    content = Content((), attributes)
    assert content.origin("lib/a.tf") is Origin.VENDORED
    assert content.origin("vendor/a.tf") is Origin.OWN
    assert content.origin("k8s/x.gen.yaml") is Origin.GENERATED
    assert content.origin("k8s/x.yaml") is Origin.OWN


def test_generated_configuration_of_terraform_is_in_force() -> None:
    content = Content((), {"": "versions.tf linguist-generated=true\n*.yaml linguist-generated\n"})
    assert content.origin("modules/net/versions.tf") is Origin.OWN
    assert content.origin("a.yaml") is Origin.GENERATED


def test_the_last_and_the_deepest_attribute_wins() -> None:
    content = Content((), {"": "*.tf linguist-vendored\n*.tf linguist-vendored=false\n", "a": "b.tf linguist-vendored\n"})
    assert content.origin("x.tf") is Origin.OWN
    assert content.origin("a/b.tf") is Origin.VENDORED


@pytest.mark.parametrize(
    ("pattern", "path", "marked"),
    [
        ("*.go", "a/b.go", True),
        ("/a/*.go", "a/b.go", True),
        ("/a/*.go", "x/a/b.go", False),
        ("a/**/c", "a/b/b/c", True),
        ("**/c", "a/b/c", True),
        ("a/**", "a/b/c", True),
        ("a/*", "a/b/c", False),
        ("?.[ch]", "x.h", True),
        ("?.[!ch]", "x.h", False),
    ],
)
def test_patterns_follow_gitattributes(pattern: str, path: str, marked: bool) -> None:
    assert bool(Attributes({"": f"{pattern} linguist-generated"}).of(path)) is marked


def test_examples_are_the_product_where_the_name_or_the_content_says_so() -> None:
    mixed = {"src/a.go": Origin.OWN, "src/b.go": Origin.OWN, "examples/a.yaml": Origin.EXAMPLE}
    assert examples_are_the_product("argocd-example-apps", mixed)
    assert examples_are_the_product("aks-workshop", mixed)
    assert not examples_are_the_product("homelab", mixed)
    assert not examples_are_the_product("controller", mixed)
    assert examples_are_the_product(
        "bridge", {"README.md": Origin.DOCUMENTATION, "Makefile": Origin.OWN, "iac/examples/a.tf": Origin.EXAMPLE}
    )


@pytest.mark.parametrize(
    ("name", "paths", "library"),
    [
        ("terraform-aws-vpc", ("main.tf", "variables.tf"), True),
        ("terraform-aws-patterns", ("patterns/a/main.tf",), False),
        ("network", ("main.tf", "variables.tf", "outputs.tf", "examples/x/main.tf"), True),
        ("network", ("main.tf", "variables.tf", "outputs.tf", "backend.tf", "examples/x/main.tf"), False),
        ("live", ("main.tf", "variables.tf", "outputs.tf"), False),
        ("ansible-role-x", ("meta/main.yml", "tasks/main.yml"), True),
        ("collection", ("galaxy.yml",), True),
        ("hiredis", ("hiredis.c", "hiredis.pc.in"), True),
        ("infra", ("roles/x/tasks/main.yml", "roles/x/meta/main.yml"), False),
    ],
)
def test_libraries_of_infrastructure_are_told_by_their_files(name: str, paths: tuple[str, ...], library: bool) -> None:
    assert is_library((), name, paths) is library


def test_a_published_package_is_a_library_unless_something_serves() -> None:
    package = LanguageProject(at=Place("r", "pyproject.toml", 1), language="python", folder="", published=True)
    service = LanguageProject(at=Place("r", "api/package.json", 1), language="javascript", folder="api", serves="express server")
    assert is_library([package], "lib")
    assert not is_library([package, service], "lib")


def test_hostile_attributes_are_matched_in_time() -> None:
    text = "".join(f"{'*a' * n} linguist-vendored\n" for n in range(1, 60)) + "[ linguist-vendored\n[]a linguist-vendored\n"
    start = time.process_time()
    content = Content((), {"": text})
    content.origin("a" * 500 + "b")
    assert time.process_time() - start < 20


@given(st.lists(st.text(alphabet="ab/.tesdoc*[]\\", max_size=40)), st.text(max_size=200))
def test_no_listing_or_attributes_raise(paths: list[str], attributes: str) -> None:
    content = Content(paths, {"": f"{attributes} linguist-vendored"})
    for path in paths:
        content.origin(path)
