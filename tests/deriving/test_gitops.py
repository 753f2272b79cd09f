"""Applications joined with their sources, patches, controllers and what they reconcile."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from assessor.deriving import derive_organization
from assessor.deriving.gitops_builds import Builds
from assessor.deriving.gitops_reach import normalise
from assessor.facts.base import Fact, FactSet, Place
from assessor.facts.forge import BranchRules
from assessor.facts.gitops import Application, BranchProtection, Controller, NotificationRoute, Reconciliation
from assessor.facts.manifests import Kustomization
from assessor.facts.repository import Change, Organization, Repository
from assessor.model import Status
from assessor.registry import load_checks
from tests.organizations import scan, write

KUSTOMIZATION = "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: NAME, namespace: flux-system}\nspec:\n  path: PATH\n  prune: true\n  sourceRef: {kind: GitRepository, name: flux-system}\n"
RELEASE = "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: redis, namespace: data}\nspec:\n  chart: {spec: {chart: redis, sourceRef: {kind: HelmRepository, name: charts, namespace: flux-system}}}\n"
HEALING = "  patches:\n    - target: {kind: HelmRelease}\n      patch: |\n        - {op: add, path: /spec/driftDetection, value: {mode: enabled}}\n"


def kustomization(name: str, path: str) -> str:
    return KUSTOMIZATION.replace("NAME", name).replace("PATH", path)


def release(organization: Organization) -> Application:
    (found,) = [a for a in organization.of(Application) if a.type == "HelmRelease"]
    return found


@pytest.mark.parametrize(
    "address",
    [
        "https://github.com/Acme/config",
        "https://github.com/acme/config.git",
        "https://token@github.com/acme/config/",
        "git@github.com:acme/config.git",
        "ssh://git@github.com:22/acme/config",
        "ssh://git@github.com/acme/config.git?ref=main",
        "github.com/acme/config",
        "git@github.com/acme/config",
    ],
)
def test_an_address_means_the_same_repository_however_it_is_spelled(address: str) -> None:
    assert normalise(address) == "github.com/acme/config"


def test_a_helm_release_gets_the_address_of_its_source(tmp_path: Path) -> None:
    source = "apiVersion: source.toolkit.fluxcd.io/v1\nkind: HelmRepository\nmetadata: {name: charts, namespace: flux-system}\nspec: {url: https://charts.example.com}\n"
    found = release(scan(write(tmp_path, {"r.yaml": RELEASE, "s.yaml": source})))
    assert (found.sources[0].repository, found.sources[0].chart) == ("https://charts.example.com", "redis")


def test_an_oci_source_names_the_chart_and_its_version(tmp_path: Path) -> None:
    content = "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: flux}\nspec: {chartRef: {kind: OCIRepository, name: op}}\n---\napiVersion: source.toolkit.fluxcd.io/v1\nkind: OCIRepository\nmetadata: {name: op}\nspec: {url: 'oci://ghcr.io/x/charts/flux-operator', ref: {tag: 0.30.0}}\n"
    organization = scan(write(tmp_path, {"flux.yaml": content}))
    assert (release(organization).sources[0].chart, release(organization).sources[0].revision) == ("flux-operator", "0.30.0")
    assert [(c.product, c.version) for c in organization.of(Controller)] == [("flux", "0.30.0")]


def test_a_patch_of_a_parent_reaches_what_it_builds_and_nothing_else(tmp_path: Path) -> None:
    files = {"clusters/a.yaml": kustomization("apps", "./apps") + HEALING, "apps/kustomization.yaml": "resources: [../base]\n"}
    inside = scan(
        write(tmp_path / "inside", {**files, "base/kustomization.yaml": "resources: [r.yaml]\n", "base/r.yaml": RELEASE})
    )
    assert release(inside).self_heal is True
    assert release(inside).policy_from == Place("inside", "clusters/a.yaml", 10, "patch: |")
    outside = scan(write(tmp_path / "outside", {**files, "other/r.yaml": RELEASE}))
    assert release(outside).self_heal is False


def test_a_patch_that_children_get_reaches_what_the_children_build(tmp_path: Path) -> None:
    nested = (
        "  patches:\n    - target: {kind: Kustomization}\n      patch: |\n        kind: Kustomization\n        spec:\n"
        "          patches:\n            - target: {kind: HelmRelease}\n              patch: |\n                spec:\n"
        "                  driftDetection: {mode: enabled}\n"
    )
    files = {
        "root.yaml": kustomization("root", "./ks") + nested,
        "ks/a.yaml": kustomization("a", "./apps"),
        "apps/r.yaml": RELEASE,
    }
    assert release(scan(write(tmp_path, files))).self_heal is True


def test_a_patch_file_counts_where_a_build_file_names_it(tmp_path: Path) -> None:
    patch = "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: redis}\nspec: {suspend: true}\n"
    files = {"prod/patch.yaml": patch, "prod/r.yaml": RELEASE}
    build = "resources: [r.yaml]\npatches: [{path: patch.yaml}]\n"
    assert not release(scan(write(tmp_path / "loose", files))).suspended
    assert release(scan(write(tmp_path / "named", {**files, "prod/kustomization.yaml": build}))).suspended


def test_a_controllers_own_source_tree_installs_nothing(tmp_path: Path) -> None:
    manifest = "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: argocd-application-controller}\nspec: {template: {spec: {containers: [{name: a, image: 'quay.io/argoproj/argocd:v3'}]}}}\n"
    user = scan(write(tmp_path / "user", {"install.yaml": manifest}))
    assert [c.product for c in user.of(Controller)] == ["argocd"]
    home = scan(
        write(tmp_path / "home", {"install.yaml": manifest, "go.mod": "module github.com/argoproj/argo-cd/v3\n\ngo 1.25\n"})
    )
    assert not home.of(Controller)


def test_applications_that_terraform_declares_are_found(tmp_path: Path) -> None:
    content = (
        'resource "argocd_application" "a" {\n  metadata { name = "a" }\n  spec {\n    source {\n      repo_url = "https://a/b"\n'
        '      path     = "apps"\n    }\n    sync_policy {\n      automated {\n        prune = true\n      }\n    }\n  }\n}\n'
        'resource "kubectl_manifest" "b" {\n  yaml_body = <<-EOT\n    apiVersion: argoproj.io/v1alpha1\n    kind: Application\n'
        "    metadata: {name: b}\n    spec: {source: {repoURL: https://a/b, path: c}, destination: {name: d}}\n  EOT\n}\n"
    )
    found = scan(write(tmp_path, {"main.tf": content})).of(Application)
    assert [(a.name, a.auto_sync, a.prune, a.at.line) for a in found] == [("a", True, True, 1), ("b", False, False, 15)]


def test_a_provider_may_stand_in_another_repository(tmp_path: Path) -> None:
    alert = "apiVersion: notification.toolkit.fluxcd.io/v1beta3\nkind: Alert\nmetadata: {name: a}\nspec: {providerRef: {name: slack}}\n"
    provider = (
        "apiVersion: notification.toolkit.fluxcd.io/v1beta3\nkind: Provider\nmetadata: {name: slack}\nspec: {type: slack}\n"
    )
    both = scan(write(tmp_path / "both", {"repos/a/alert.yaml": alert, "repos/b/provider.yaml": provider}))
    assert [route.resolves for route in both.of(NotificationRoute)] == [True]
    alone = scan(write(tmp_path / "alone", {"alert.yaml": alert}))
    assert [route.resolves for route in alone.of(NotificationRoute)] == [False]


def test_joining_twice_changes_nothing(tmp_path: Path) -> None:
    organization = scan(write(tmp_path, {"a.yaml": kustomization("apps", "./apps"), "apps/r.yaml": RELEASE}))
    assert derive_organization(organization) == organization


def repository(*files: str) -> Repository:
    return Repository(at=Place("r", ""), name="r", path=".", files=tuple(sorted(files)))


def build(folder: str, *resources: str) -> Kustomization:
    return Kustomization(at=Place("r", f"{folder}/kustomization.yaml"), folder=folder, resources=resources)


def test_a_build_follows_its_graph_and_survives_a_cycle() -> None:
    found = repository("a/kustomization.yaml", "a/x.yaml", "b/kustomization.yaml", "b/y.yaml", "c/deep/z.yaml")
    builds = Builds(found, FactSet([build("a", "x.yaml", "../b", "../c"), build("b", "../a", "y.yaml")]))
    assert builds.files("a") == {"a/x.yaml", "b/y.yaml", "c/deep/z.yaml"}
    assert builds.files("c", shallow=True) == frozenset()


def test_generator_paths_mean_folders() -> None:
    builds = Builds(repository("apps/a/x.yaml", "apps/b/x.yaml", "apps/b/deep/x.yaml", "other/x.yaml"), FactSet())
    assert builds.folders("apps/*") == ("apps/a", "apps/b")
    assert builds.folders("*/b") == ("apps/b",)
    assert builds.folders("apps/**/deep") == ("apps/b/deep",)
    assert builds.folders("gone") == ()


def test_a_missing_path_counts_only_when_the_repository_is_certain(tmp_path: Path) -> None:
    app = "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: a}\nspec: {source: {repoURL: 'https://example.com/fork/config', path: gone}, destination: {name: d}}\n"
    organization = scan(write(tmp_path, {"repos/config/a.yaml": app}))
    (before,) = organization.of(Reconciliation)
    assert (len(before.broken), before.external) == (1, 0)
    (config,) = organization.repositories
    elsewhere = msgspec.structs.replace(config, remote="https://example.com/acme/config")
    (after,) = derive_organization(msgspec.structs.replace(organization, repositories=(elsewhere,))).of(Reconciliation)
    assert (len(after.broken), after.external) == (0, 1)


def history(
    *changes: tuple[str, int, str] | tuple[str, int, str, str], remote: str = "https://github.com/a/b", shallow: bool = False
) -> Repository:
    commits = tuple(Change(str(number), *change) for number, change in enumerate(changes))
    return Repository(at=Place("r", ""), name="r", path=".", commit="c", remote=remote, shallow=shallow, history=commits)


def verdict(check: str, repository: Repository) -> tuple[Status, float]:
    found = load_checks()[check].judge(repository)
    return found.status, round(found.share, 2)


MERGED = ("Merge pull request #7 from a/b", 2, "GitHub")
SQUASHED = ("Raise the memory limit (#8)", 1, "GitHub")
DIRECT = ("Raise the memory limit", 1, "Jo")
AT_FORGE = ("Raise the memory limit", 1, "GitHub")


def test_merges_and_squashes_of_the_forge_are_reviewed_changes() -> None:
    check = "gop.reviewed-changes"
    assert verdict(check, history(*[MERGED, SQUASHED] * 5)) == (Status.PASS, 1.0)
    assert verdict(check, history(*[MERGED] * 6, *[DIRECT] * 4)) == (Status.PARTIAL, 0.6)
    assert verdict(check, history(*[DIRECT] * 9, MERGED)) == (Status.FAIL, 0.0)
    assert verdict(check, history(*[("Merge branch 'main' of github.com:a/b", 2, "Jo")] * 9))[0] is Status.FAIL


def test_a_merge_at_github_without_a_number_is_no_request() -> None:
    merged = [("Merge staging into main", 2, "GitHub")]
    assert verdict("gop.reviewed-changes", history(*merged * 10))[0] is Status.FAIL
    renamed = [("Ship the spring release", 2, "GitHub")]
    assert verdict("gop.reviewed-changes", history(*renamed * 10))[0] is Status.NOT_OBSERVED
    numbered = [("Ship the spring release (#12)", 2, "GitHub")]
    assert verdict("gop.reviewed-changes", history(*numbered * 10))[0] is Status.PASS
    elsewhere = [("Merge staging into main", 2, "Gitea")]
    assert verdict("gop.reviewed-changes", history(*elsewhere * 10))[0] is Status.PASS


def test_a_number_in_a_subject_proves_a_request_on_github_only_when_the_forge_committed() -> None:
    mentioned = [("Fix the reload of rules (#8)", 1, "Jo")] * 10
    assert verdict("gop.reviewed-changes", history(*mentioned))[0] is Status.FAIL
    assert verdict("gop.reviewed-changes", history(*mentioned, remote="https://git.example.com/a/b"))[0] is Status.PASS


@pytest.mark.parametrize(
    "subject",
    [
        "Merge branch 'feature' into 'main'",
        "Merged in feature (pull request #4)",
        "Merged PR 12: Raise it",
        "Merge pull request 'x' (#3) from a",
    ],
)
def test_requests_of_other_forges_are_recognised(subject: str) -> None:
    assert verdict("gop.reviewed-changes", history(*[(subject, 2, "Jo")] * 10))[0] is Status.PASS


def test_history_that_cannot_tell_is_not_observed() -> None:
    for check in ("gop.reviewed-changes", "gop.commit-messages"):
        assert verdict(check, history(MERGED))[0] is Status.NOT_OBSERVED
    assert verdict("gop.reviewed-changes", history(*[AT_FORGE] * 9, *[MERGED] * 6))[0] is Status.NOT_OBSERVED
    assert verdict("gop.reviewed-changes", history(*[MERGED] * 9, shallow=True))[0] is Status.NOT_OBSERVED


@pytest.mark.parametrize(
    ("subject", "good"),
    [
        ("feat(shop): add a cart", True),
        ("Raise the memory limit of checkout", True),
        ("Archive orders-api-prototype", True),
        ("update orders", False),
        ("fix: fix", False),
        ("update", False),
        ("wip", False),
        ("Update README.md", False),
        ("fix typo again", False),
        ("test test test", False),
        ("Merge branch 'a'", None),
    ],
)
def test_a_subject_must_say_what_changed(subject: str, good: bool | None) -> None:
    expected = {True: Status.PASS, False: Status.FAIL, None: Status.NOT_OBSERVED}[good]
    assert verdict("gop.commit-messages", history(*[(subject, 1, "Jo")] * 10))[0] is expected


def test_of_a_merge_the_commit_it_brings_counts() -> None:
    merged = history(*[(*MERGED, "Raise the memory limit of checkout")] * 10)
    assert verdict("gop.commit-messages", merged) == (Status.PASS, 1.0)


def test_protection_seen_at_the_forge_decides() -> None:
    check = load_checks()["gop.branch-protection"]

    def judged(*facts: Fact) -> Status:
        return check.judge(Organization(at=Place("", ""), name="o", facts=facts)).status

    def rules(reviews: bool | None, checks: bool | None) -> BranchRules:
        at = Place("r", "https://github.com/acme/r/tree/main", source="github")
        return BranchRules(at=at, repository="github.com/acme/r", branch="main", protected=True, reviews=reviews, checks=checks)

    declared = BranchProtection(at=Place("r", ""), tool="terraform", reviews=True, checks=True)
    assert judged(rules(True, True)) is Status.PASS
    assert judged(rules(True, False)) is Status.PARTIAL
    assert judged(rules(False, False)) is Status.FAIL
    assert judged(declared, rules(False, False)) is Status.FAIL
    assert judged(rules(None, True)) is Status.NOT_OBSERVED
    assert judged(declared, rules(None, True)) is Status.PARTIAL
