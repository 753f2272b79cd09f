"""Argo CD objects wherever they are written."""

from __future__ import annotations

import pytest

from assessor.facts.gitops import Application, AppSource, PolicyPatch, Project, Promotion
from tests.organizations import read

HEAD = "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: shop}\nspec:\n"
WHOLE = HEAD + "  destination: {name: in-cluster}\n  source: {repoURL: https://example.com/config, path: apps}\n"


def application(content: str, path: str = "app.yaml") -> Application:
    (found,) = [fact for fact in read("gitops-objects", path, content) if isinstance(fact, Application)]
    return found


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ("", (False, False, False)),
        ("  syncPolicy: {automated: {}}\n", (True, False, False)),
        ("  syncPolicy:\n    automated:\n", (False, False, False)),
        ("  syncPolicy: {automated: {enabled: null, selfHeal: true}}\n", (True, True, False)),
        ("  syncPolicy: {automated: {enabled: false, prune: true}}\n", (False, False, True)),
        ("  syncPolicy: [automated]\n", (False, False, False)),
        ('  syncPolicy: {automated: {prune: "${PRUNE}"}}\n', (True, False, None)),
    ],
)
def test_sync_is_automatic_only_when_automated_is_a_mapping_that_is_not_disabled(
    policy: str, expected: tuple[bool | None, ...]
) -> None:
    found = application(WHOLE + policy)
    assert (found.auto_sync, found.self_heal, found.prune) == expected


def test_the_hydrator_wins_over_sources_and_sources_win_over_source() -> None:
    source = "  source: {repoURL: https://a, path: one}\n"
    several = "  sources: [{repoURL: https://b, path: two}, {repoURL: https://c, ref: values}]\n"
    hydrator = "  sourceHydrator: {drySource: {repoURL: https://d, path: dry}}\n"
    start = HEAD + "  destination: {name: in-cluster}\n"
    assert [s.path for s in application(start + source).sources] == ["one"]
    assert [s.path or s.reference for s in application(start + source + several).sources] == ["two", "values"]
    assert [s.path for s in application(start + source + several + hydrator).sources] == ["dry"]
    assert [s.path for s in application(start + source + "  sources: []\n").sources] == ["one"]


def test_a_part_of_an_application_is_a_patch() -> None:
    (patch,) = read("gitops-objects", "patch.yaml", HEAD + "  syncPolicy: {automated: {prune: true}}\n")
    assert isinstance(patch, PolicyPatch)
    assert (patch.name, patch.auto_sync, patch.prune) == ("shop", True, True)


def test_a_template_condition_about_the_policy_leaves_it_open_and_one_about_the_object_does_not() -> None:
    conditional = WHOLE + "  syncPolicy:\n    {{- if .Values.auto }}\n    automated: {}\n    {{- end }}\n"
    assert application(conditional, "chart/templates/app.yaml").auto_sync is None
    whole = "{{- if .Values.enabled }}\n" + WHOLE + "  syncPolicy:\n    automated: {}\n{{- end }}\n"
    assert application(whole, "chart/templates/app.yaml").auto_sync is True


def test_objects_of_a_list_are_read() -> None:
    listed = "apiVersion: v1\nkind: List\nitems:\n  - apiVersion: argoproj.io/v1alpha1\n    kind: Application\n    metadata: {name: a}\n"
    found = application(listed + "    spec: {destination: {}, source: {repoURL: https://a}}\n")
    assert (found.name, found.at.line) == ("a", 5)


@pytest.mark.parametrize("group", ["app.k8s.io/v1beta1", "core.oam.dev/v1beta1", "argoproj.io"])
def test_applications_of_other_groups_are_not_argo_cds(group: str) -> None:
    assert not read("gitops-objects", "app.yaml", WHOLE.replace("argoproj.io/v1alpha1", group) + "# argoproj\n")


SET = """apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {name: all}
spec:
  generators: GENERATORS
  template:
    metadata: {name: x}
    spec:
      source: {repoURL: https://example.com/config, path: 'PATH'}
      destination: {name: in-cluster}
      syncPolicy: {automated: {}}
"""


def application_set(generators: str, path: str, more: str = "") -> Application:
    return application(SET.replace("GENERATORS", generators).replace("PATH", path) + more)


def test_directory_generators_give_globs_and_lists_give_literal_paths() -> None:
    git = "[{git: {directories: [{path: apps/*}, {path: apps/old, exclude: true}]}}]"
    assert [s.path for s in application_set(git, "{{path}}/prod").sources] == ["apps/*/prod"]
    assert [s.path for s in application_set(git, "{{ .path.path }}").sources] == ["apps/*"]
    files = "[{git: {files: [{path: clusters/**/config.json}]}}]"
    assert [s.path for s in application_set(files, "{{path}}").sources] == ["clusters/**"]
    listed = application_set("[{list: {elements: [{env: dev}, {env: prod}]}}]", "envs/{{env}}")
    assert ([s.path for s in listed.sources], listed.count) == (["envs/dev", "envs/prod"], 2)


def test_a_matrix_multiplies_and_cluster_parameters_stay_as_written() -> None:
    matrix = "[{matrix: {generators: [{git: {directories: [{path: apps/*}]}}, {list: {elements: [{env: a}, {env: b}]}}]}}]"
    found = application_set(matrix, "{{path}}/{{env}}")
    assert [s.path for s in found.sources] == ["apps/*/a", "apps/*/b"]
    assert found.generators == ("git", "list", "matrix")
    assert [s.path for s in application_set("[{clusters: {}}]", "clusters/{{name}}").sources] == ["clusters/{{name}}"]


def test_a_generator_that_selects_clusters_by_label_may_make_nothing() -> None:
    assert application_set("[{clusters: {selector: {matchLabels: {a: b}}}}]", "x").selective
    assert application_set("[{merge: {generators: [{clusters: {selector: {matchLabels: {a: b}}}}]}}]", "x").selective
    assert not application_set("[{clusters: {}}]", "x").selective


def test_a_template_patch_decides_unless_it_is_conditional() -> None:
    git = "[{git: {directories: [{path: apps/*}]}}]"
    off = SET.replace("GENERATORS", git).replace("PATH", "{{path}}").replace("      syncPolicy: {automated: {}}\n", "")
    patch = "  templatePatch: |\n    spec:\n      syncPolicy:\n        automated: {prune: true}\n"
    assert (application(off + patch).auto_sync, application(off + patch).prune) == (True, True)
    open_ = "  templatePatch: |\n    {{- if .auto }}\n    spec: {syncPolicy: {automated: {}}}\n    {{- end }}\n"
    assert application(off + open_).auto_sync is None
    none = "  templatePatch: |\n    spec:\n      syncPolicy:\n        automated: null\n"
    assert application(SET.replace("GENERATORS", git).replace("PATH", "x") + none).auto_sync is False


def test_a_pull_request_generator_is_a_preview() -> None:
    content = SET.replace("GENERATORS", "[{pullRequest: {github: {owner: a, repo: b}}}]").replace("PATH", "x")
    assert any(isinstance(fact, Promotion) and fact.preview for fact in read("gitops-objects", "set.yaml", content))


@pytest.mark.parametrize(
    ("destination", "restricted"),
    [
        ("{namespace: '*', server: '*'}", False),
        ("{namespace: '*', server: https://a}", True),
        ("{namespace: a, name: '*'}", True),
    ],
)
def test_a_project_is_open_only_when_it_allows_any_namespace_of_any_cluster(destination: str, restricted: bool) -> None:
    content = (
        f"apiVersion: argoproj.io/v1alpha1\nkind: AppProject\nmetadata: {{name: a}}\nspec: {{destinations: [{destination}]}}\n"
    )
    (project,) = read("gitops-objects", "p.yaml", content)
    assert isinstance(project, Project)
    assert project.restricted_destinations is restricted


def test_values_of_the_apps_chart_hold_applications_as_mapping_or_list() -> None:
    entry = "source: {repoURL: https://a, path: b}, destination: {name: c}, syncPolicy: {automated: {}}"
    for content in (f"argocd-apps:\n  applications:\n    shop: {{{entry}}}\n", f"applications:\n  - {{name: shop, {entry}}}\n"):
        (found,) = read("argocd-values", "argocd/values.yaml", content)
        assert isinstance(found, Application)
        assert (found.name, found.auto_sync, found.sources[0].path) == ("shop", True, "b")


def test_values_of_a_template_of_ones_own_are_no_applications() -> None:
    assert not read("argocd-values", "values.yaml", "applications:\n  - name: guestbook\n    path: apps/guestbook\n")


def test_values_given_to_a_chart_by_an_application_are_read() -> None:
    content = WHOLE.replace("path: apps", "chart: argocd-apps, helm: {valuesObject: {applications: {inner: VALUE}}}").replace(
        "VALUE", "{source: {repoURL: https://a, path: b}, destination: {name: c}}"
    )
    names = [fact.name for fact in read("gitops-objects", "app.yaml", content) if isinstance(fact, Application)]
    assert names == ["shop", "inner"]


def test_a_plain_folder_is_read_without_those_below_it() -> None:
    assert application(WHOLE).sources == (AppSource(repository="https://example.com/config", path="apps", shallow=True),)
    recursing = WHOLE.replace("path: apps", "path: apps, directory: {recurse: true}")
    assert not application(recursing).sources[0].shallow
