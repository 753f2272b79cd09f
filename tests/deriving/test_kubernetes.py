"""Charts know their files, copied charts are told apart, Kustomize graphs know what is missing."""

from __future__ import annotations

from pathlib import Path

import pytest

from assessor.deriving.kustomizations import is_local, target
from assessor.facts.manifests import (
    BrokenManifest,
    HelmChart,
    KubernetesObject,
    Kustomization,
    SecretManifest,
    SecretTool,
    Workload,
)
from assessor.facts.repository import Repository
from tests.organizations import scan_repository, write

POD = "apiVersion: v1\nkind: Pod\nmetadata: {{name: {0}}}\nspec: {{containers: [{{name: a, image: '{1}'}}]}}\n"
CHART = "apiVersion: v2\nname: {0}\nversion: 1.0.0\nappVersion: '2.5'\n"


def scan(root: Path, files: dict[str, str]) -> Repository:
    """Write a repository and return it with its facts."""
    return scan_repository(write(root, files), "repo")


def test_a_chart_knows_the_files_around_it(tmp_path: Path) -> None:
    repository = scan(
        tmp_path,
        {
            "c/Chart.yaml": CHART.format("web"),
            "c/values.yaml": "image: {repository: a/web}\n",
            "c/values-prod.yaml": "a: 1\n",
            "c/values.schema.json": "{}",
            "c/templates/NOTES.txt": "hello",
            "c/templates/_helpers.tpl": "{{ define \"x\" }}{{ end }}",
            "c/templates/pod.yaml": POD.format("p", "{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}"),
            ".github/workflows/ci.yml": "on: push\njobs: {a: {runs-on: x, steps: [{run: helm lint c}]}}\n",
        },
    )  # fmt: skip
    (chart,) = repository.of(HelmChart)
    assert (chart.templates, chart.values_schema, chart.notes, chart.linted) == (1, True, True, True)
    assert chart.values_files == ("c/values-prod.yaml", "c/values.yaml")
    (pod,) = repository.of(Workload)
    assert (pod.chart, pod.containers[0].image) == ("c", "a/web:2.5")


def test_an_image_that_an_install_must_name_stays_open(tmp_path: Path) -> None:
    repository = scan(tmp_path, {"Chart.yaml": CHART.format("web"), "templates/p.yaml": POD.format("p", "{{ .Values.image }}")})
    assert repository.of(Workload)[0].containers[0].image == "tpl-Values.image"
    assert repository.of(Workload)[0].chart == ""


def test_a_chart_fetched_into_charts_is_a_copy_and_a_subchart_is_not(tmp_path: Path) -> None:
    secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData: {password: hunter2hunter2}\n"  # noqa: S105  a fixture
    dependencies = "dependencies:\n- {name: redis, repository: 'https://charts.example.com'}\n- {name: web, repository: 'file://charts/web'}\n"
    files = {"c/Chart.yaml": CHART.format("app") + dependencies}
    for name in ("redis", "web"):
        files[f"c/charts/{name}/Chart.yaml"] = CHART.format(name) + "home: https://example.com\n"
        files[f"c/charts/{name}/templates/pod.yaml"] = POD.format(name, "a:1")
        files[f"c/charts/{name}/templates/secret.yaml"] = secret
    repository = scan(tmp_path, files)
    assert {c.name: c.vendored for c in repository.of(HelmChart)} == {"app": False, "redis": True, "web": False}
    assert [w.name for w in repository.of(Workload)] == ["web"]
    assert [s.at.path for s in repository.of(SecretManifest)] == ["c/charts/web/templates/secret.yaml"]


def test_requirements_of_version_1_join_their_chart(tmp_path: Path) -> None:
    files = {
        "c/Chart.yaml": "name: old\nversion: 1.0.0\n",
        "c/requirements.yaml": "dependencies: [{name: redis, repository: https://x}]\n",
        "c/charts/redis/Chart.yaml": CHART.format("redis"),
        "lonely/requirements.yaml": "dependencies: [{name: a}]\n",
    }
    charts = {c.name: c for c in scan(tmp_path, files).of(HelmChart)}
    assert sorted(charts) == ["old", "redis"]
    assert [d.name for d in charts["old"].dependencies] == ["redis"]
    assert charts["redis"].vendored
    assert charts["old"].templates == 0


def test_patches_are_no_objects(tmp_path: Path) -> None:
    files = {
        "base/kustomization.yaml": "resources: [pod.yaml, both.yaml]\npatches: [{path: both.yaml}]\n",
        "base/pod.yaml": POD.format("a", "a:1"),
        "base/both.yaml": POD.format("b", "b:1"),
        "prod/kustomization.yaml": "resources: [../base]\npatches: [{path: p.yaml}]\npatchesStrategicMerge: [q.yaml]\n",
        "prod/p.yaml": POD.format("a", "a:2"),
        "prod/q.yaml": "apiVersion: v1\nkind: Pod\nspec: {containers: [{name: a, image: a}]}\n",
    }
    repository = scan(tmp_path, files)
    assert sorted(o.name for o in repository.of(KubernetesObject)) == ["a", "b"]
    assert repository.of(BrokenManifest) == ()


def builds(root: Path, files: dict[str, str]) -> dict[str, Kustomization]:
    """Return the build files of a repository by folder."""
    return {b.folder: b for b in scan(root, files).of(Kustomization)}


def test_a_base_knows_what_builds_on_it(tmp_path: Path) -> None:
    found = builds(
        tmp_path,
        {
            "base/kustomization.yaml": "resources: [a.yaml]\n",
            "base/a.yaml": POD.format("a", "a:1"),
            "overlays/dev/kustomization.yaml": "resources: [../../base/]\n",
            "overlays/prod/kustomization.yaml": "bases: ['../../base']\ncomponents: [../../c]\n",
            "c/kustomization.yaml": "kind: Component\npatches: [{path: missing.yaml}]\n",
        },
    )
    assert found["base"].base_of == ("overlays/dev", "overlays/prod")
    assert found["c"].base_of == ("overlays/prod",)
    assert found["c"].missing == ("missing.yaml",)
    assert not found["overlays/dev"].missing


def test_only_what_must_be_there_can_be_missing(tmp_path: Path) -> None:
    found = builds(
        tmp_path,
        {
            "k/kustomization.yaml": "resources:\n- gone.yaml\n- empty\n- all.yaml\n- https://github.com/a/b/c.yaml\n- github.com/a/b//c?ref=v1\n"
            "- git@github.com:a/b.git\n- ../../outside\n- ${ENV}.yaml\n- ../tests/x.yaml\n- ../.tmp/out.yaml\n",
            "k/empty/readme.txt": "no build file here",
            "k/.gitignore": "all.yaml\n!\n",
            ".gitignore": "/.tmp/\n",
        },
    )
    assert found["k"].missing == ("gone.yaml", "empty")
    assert found["k"].lines["gone.yaml"] == 2


def test_copied_charts_do_not_say_which_tool_is_used(tmp_path: Path) -> None:
    sealed = "apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata: {name: a}\n"
    files = {
        "Chart.yaml": CHART.format("a") + "dependencies: [{name: b, repository: https://x}]\n",
        "charts/b/Chart.yaml": CHART.format("b"),
        "charts/b/templates/s.yaml": sealed,
    }
    assert scan(tmp_path / "copied", files).of(SecretTool) == ()
    assert len(scan(tmp_path / "own", {"s.yaml": sealed}).of(SecretTool)) == 1


@pytest.mark.parametrize(
    ("folder", "reference", "expected"),
    [
        ("a/b", "../c", "a/c"),
        ("a", "..", ""),
        ("", "../x", None),
        ("a", "/etc", None),
        ("a", "./x/../y.yaml", "a/y.yaml"),
        ("", ".", ""),
    ],
)
def test_references_lead_to_paths_of_the_repository(folder: str, reference: str, expected: str | None) -> None:
    assert target(folder, reference) == expected


@pytest.mark.parametrize(
    "reference",
    ["https://x/y", "git::ssh://a", "host.example.com/a/b", "user@host:a", "a//b?ref=1", "$(X)/a", "ENVIRONMENT", "a\nb"],
)
def test_addresses_and_variables_are_not_local(reference: str) -> None:
    assert not is_local(reference)


@pytest.mark.parametrize("reference", ["../base", "a.yaml", "./x", "apps.io", "kustomization.net.yaml"])
def test_paths_are_local(reference: str) -> None:
    assert is_local(reference)
