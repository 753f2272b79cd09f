"""What files declare and what clusters hold are compared, and only what is certain is called a contradiction."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from assessor.deriving import derive_organization
from assessor.deriving.live_applications import fits
from assessor.deriving.live_clusters import MAX_OF_A_KIND
from assessor.facts.base import Gap, Place
from assessor.facts.cluster import Cluster, RunningApplication, RunningController, RunningWorkload
from assessor.facts.gitops import Application, AppSource
from assessor.facts.live import Contradiction
from assessor.facts.manifests import Container, Workload
from assessor.facts.repository import Organization
from tests.organizations import scan_repository, write

CONFIG = "https://git.example/acme/config.git"
INSTALL = "kind: Kustomization\napiVersion: kustomize.config.k8s.io/v1beta1\nresources: ['https://github.com/argoproj/argo-cd//manifests/ha?ref=v3.2.3']\n"


def declared(name: str, path: str = "apps/shop", automated: str = "{prune: true, selfHeal: true}") -> str:
    return f"""apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {{name: "{name}", namespace: argocd}}
spec:
  project: shop
  source: {{repoURL: "{CONFIG}", path: "{path}", targetRevision: main}}
  destination: {{server: "https://kubernetes.default.svc", namespace: shop}}
  syncPolicy: {{automated: {automated}}}
"""


def workload(name: str, image: str = "registry.example/shop:1.4.2") -> str:
    return f"""apiVersion: apps/v1
kind: Deployment
metadata: {{name: "{name}", namespace: shop}}
spec: {{template: {{spec: {{containers: [{{name: shop, image: "{image}"}}]}}}}}}
"""


def at(*parts: str) -> Place:
    return Place("", "/".join(("prod", *parts)), source="kubernetes")


def application(
    name: str,
    *,
    path: str = "apps/shop",
    auto_sync: bool = True,
    suspended: bool = False,
    type: str = "Application",
    **state: Any,
) -> RunningApplication:
    live = Application(
        at=at("argocd", type, name),
        product="argocd",
        type=type,
        name=name,
        namespace="argocd",
        sources=(AppSource(repository=CONFIG, path=path, revision="main"),),
        auto_sync=auto_sync,
        suspended=suspended,
        destination="https://kubernetes.default.svc",
    )
    return RunningApplication(application=live, **({"synced": True, "healthy": True} | state))


def running(
    name: str, image: str = "registry.example/other:1", *, labels: dict[str, str] | None = None, **more: Any
) -> RunningWorkload:
    live = Workload(
        at=at("shop", "Deployment", name),
        group="apps",
        version="v1",
        type="Deployment",
        name=name,
        namespace="shop",
        labels=labels or {},
        containers=(Container(name="shop", image=image, line=0),),
    )
    return RunningWorkload(workload=live, **more)


def controller(product: str = "argocd") -> RunningController:
    return RunningController(at=at("argocd", "Deployment", product), product=product, component="repo-server", ready=1)


def organization(root: Path, files: dict[str, str], *gaps: Gap, **cluster: Any) -> Organization:
    repository = msgspec.structs.replace(scan_repository(write(root / "config", files)), remote=CONFIG, branch="main")
    seen = Cluster(at=Place("", "prod", source="kubernetes"), context="prod", **cluster)
    return derive_organization(
        Organization(at=Place("", ""), name="acme", repositories=(repository,), facts=(seen,), gaps=gaps, asked=("kubernetes",))
    )


def told(found: Organization) -> set[tuple[str, str]]:
    return {(c.name, c.subject) for c in found.of(Contradiction)}


APP = {"applications/shop.yaml": declared("shop"), "apps/shop/deployment.yaml": workload("shop")}


def test_nothing_is_said_where_both_sides_agree(tmp_path: Path) -> None:
    found = organization(
        tmp_path,
        APP | {"argocd/kustomization.yaml": INSTALL},
        controllers=(controller(),),
        applications=(application("shop"),),
        workloads=(running("shop", manager="argocd", by="shop"),),
    )
    assert told(found) == set()


def test_a_controller_that_nothing_declares_is_named_with_its_place(tmp_path: Path) -> None:
    found = organization(
        tmp_path, APP, controllers=(controller("flux"), controller("argo-rollouts")), applications=(application("shop"),)
    )
    assert told(found) == {("running-not-declared", "flux"), ("running-not-declared", "argo-rollouts")}
    assert {c.observed.path for c in found.of(Contradiction) if c.observed} == {
        "prod/argocd/Deployment/flux",
        "prod/argocd/Deployment/argo-rollouts",
    }


def test_a_declared_controller_that_runs_nowhere_is_named(tmp_path: Path) -> None:
    found = organization(tmp_path, {"argocd/kustomization.yaml": INSTALL})
    assert told(found) == {("declared-not-running", "argocd")}


def test_a_declared_controller_may_run_in_a_cluster_that_was_not_asked(tmp_path: Path) -> None:
    flux = "apiVersion: fluxcd.controlplane.io/v1\nkind: FluxInstance\nmetadata: {name: flux}\nspec: {distribution: {version: 2.x}}\n"
    files = {"argocd/kustomization.yaml": INSTALL, "edge/flux.yaml": flux}
    assert told(organization(tmp_path, files, controllers=(controller(),))) == set()


def test_a_controller_without_pods_that_writes_state_runs_elsewhere(tmp_path: Path) -> None:
    files = APP | {"argocd/kustomization.yaml": INSTALL}
    assert told(organization(tmp_path, files, applications=(application("shop"),))) == set()


def test_workloads_that_could_not_be_listed_say_nothing_of_controllers(tmp_path: Path) -> None:
    gap = Gap("kubernetes", "prod", "may not list deployments.apps: grant list", kinds=("live-workloads",))
    assert told(organization(tmp_path, {"argocd/kustomization.yaml": INSTALL}, gap)) == set()


def test_an_application_whose_neighbour_is_in_the_cluster_should_be_there_too(tmp_path: Path) -> None:
    files = APP | {"applications/billing.yaml": declared("billing")}
    found = organization(tmp_path, files, applications=(application("shop"),))
    assert told(found) == {("declared-not-running", "Application/billing")}


def test_an_application_that_another_builds_should_be_there_too(tmp_path: Path) -> None:
    files = {"root.yaml": declared("root", "applications"), "applications/billing.yaml": declared("billing")}
    found = organization(tmp_path, files, applications=(application("root", path="applications"),))
    assert told(found) == {("declared-not-running", "Application/billing")}


def test_applications_of_a_folder_of_another_cluster_are_not_missed(tmp_path: Path) -> None:
    files = APP | {"edge/billing.yaml": declared("billing")}
    assert told(organization(tmp_path, files, applications=(application("shop"),))) == set()


def test_applications_that_may_not_be_listed_are_not_missed(tmp_path: Path) -> None:
    gap = Gap("kubernetes", "prod", "may not list applicationsets", kinds=("live-applications",))
    files = APP | {"applications/billing.yaml": declared("billing")}
    assert told(organization(tmp_path, files, gap, applications=(application("shop"), application("by-hand")))) == set()


def test_an_application_that_only_the_cluster_has_is_named(tmp_path: Path) -> None:
    found = organization(tmp_path, APP, applications=(application("shop"), application("by-hand")))
    assert told(found) == {("running-not-declared", "Application/by-hand")}


@pytest.mark.parametrize("maker", ["ApplicationSet/all", "argocd/root", "flux/apps"])
def test_what_another_object_made_is_declared_by_that(tmp_path: Path, maker: str) -> None:
    assert told(organization(tmp_path, APP, applications=(application("shop"), application("child", maker=maker)))) == set()


def test_a_name_known_only_at_run_time_may_be_any_that_fits(tmp_path: Path) -> None:
    files = {
        "charts/x/Chart.yaml": "apiVersion: v2\nname: x\nversion: 1.0.0\n",
        "charts/x/templates/app.yaml": declared("shop-{{ .Values.env }}"),
    }
    files["apps/shop/deployment.yaml"] = workload("shop")
    found = organization(tmp_path, files, applications=(application("shop-prod"), application("tool-prod")))
    assert told(found) == {("running-not-declared", "Application/tool-prod")}


def test_drift_is_told_with_its_age_and_both_sides(tmp_path: Path) -> None:
    found = organization(tmp_path, APP, applications=(application("shop", synced=False, days=20),))
    (one,) = found.of(Contradiction)
    assert (one.name, one.summary) == ("drifted", "out of sync with Git for at most 20 days")
    assert one.declared is not None
    assert one.declared.path == "applications/shop.yaml"
    assert one.observed is not None
    assert one.observed.path == "prod/argocd/Application/shop"


def test_what_was_suspended_or_switched_off_by_hand_is_named(tmp_path: Path) -> None:
    files = APP | {"applications/billing.yaml": declared("billing")}
    found = organization(
        tmp_path, files, applications=(application("shop", suspended=True), application("billing", auto_sync=False))
    )
    assert told(found) == {("suspended", "Application/shop"), ("sync-off", "Application/billing")}


def test_what_git_itself_switches_off_is_no_contradiction(tmp_path: Path) -> None:
    files = APP | {"applications/shop.yaml": declared("shop", automated="{enabled: false}")}
    assert told(organization(tmp_path, files, applications=(application("shop", auto_sync=False),))) == set()


def test_a_path_that_is_not_in_the_scanned_repository_is_missing(tmp_path: Path) -> None:
    found = organization(tmp_path, APP, applications=(application("shop", path="apps/renamed"),))
    assert told(found) == {("target-missing", "Application/shop")}


def test_a_source_that_the_controller_does_not_find_is_missing_once(tmp_path: Path) -> None:
    lost = application("shop", path="apps/renamed", synced=None, target_missing=True, message="app path does not exist")
    assert [c.name for c in organization(tmp_path, APP, applications=(lost,)).of(Contradiction)] == ["target-missing"]


def test_a_workload_that_runs_and_no_file_declares_is_named_with_how_it_came(tmp_path: Path) -> None:
    there = (running("shop"), running("debug"), running("redis", manager="helm", by="cache"))
    found = organization(tmp_path, APP, workloads=there)
    assert {c.subject: c.summary.partition(";")[0] for c in found.of(Contradiction)} == {
        "Deployment/debug": "runs, put there by hand",
        "Deployment/redis": "runs, put there by the Helm release cache",
    }


def test_workloads_of_a_cluster_that_nothing_scanned_concerns_are_somebody_elses(tmp_path: Path) -> None:
    assert told(organization(tmp_path, APP, workloads=(running("debug"), running("redis", manager="helm")))) == set()


def test_an_application_of_a_repository_that_was_not_scanned_may_be_declared_there(tmp_path: Path) -> None:
    other = application("other")
    source = AppSource(repository="https://git.example/acme/another.git", path="x")
    other = msgspec.structs.replace(other, application=msgspec.structs.replace(other.application, sources=(source,)))
    assert told(organization(tmp_path, APP, applications=(application("shop"), other))) == set()


def test_a_file_that_the_build_of_its_folder_leaves_out_is_not_missed(tmp_path: Path) -> None:
    build = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [shop.yaml]\n"
    files = APP | {"applications/billing.yaml": declared("billing"), "applications/kustomization.yaml": build}
    assert told(organization(tmp_path, files, applications=(application("shop"),))) == set()


@pytest.mark.parametrize(
    "there",
    [
        running("shop"),  # of a name that a file declares
        running("copy", "registry.example/shop:9"),  # of an image that a file runs
        running("coredns", system=True),
        running("prometheus", owner="Prometheus/main"),
        running("orders", manager="flux", by="orders"),
        running("orders-web", manager="helm", labels={"helm.sh/chart": "orders-1.0.0"}),  # of a chart of the organization's
        running("ledger-blue"),  # of a name that a template may give
    ],
)
def test_a_workload_that_a_file_declares_or_may_declare_is_not_named(tmp_path: Path, there: RunningWorkload) -> None:
    chart = {
        "charts/orders/Chart.yaml": "apiVersion: v2\nname: orders\nversion: 1.0.0\n",
        "charts/orders/templates/a.yaml": workload("ledger-{{ .Values.colour }}", "{{ .Values.image }}"),
    }
    assert told(organization(tmp_path, APP | chart, workloads=(there,))) == set()


def test_an_image_that_the_overlay_of_its_application_does_not_name_is_told(tmp_path: Path) -> None:
    build = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [deployment.yaml]\nimages: [{name: shop, newTag: '1.5.0'}]\n"
    files = APP | {"apps/shop/kustomization.yaml": build}
    ran = running("shop", "registry.example/shop:1.4.2", manager="argocd", by="shop")
    found = organization(tmp_path, files, applications=(application("shop"),), workloads=(ran,))
    assert {(c.name, c.summary) for c in found.of(Contradiction)} == {("image-differs", "Git says 1.5.0, 1.4.2 runs")}


def test_an_image_that_the_manifest_of_its_application_does_not_name_is_told_with_its_line(tmp_path: Path) -> None:
    ran = running("shop", "registry.example/shop:1.3.0", manager="argocd", by="shop")
    found = organization(tmp_path, APP, applications=(application("shop"),), workloads=(ran,))
    (one,) = found.of(Contradiction)
    assert (one.name, one.summary) == ("image-differs", "Git says 1.4.2, 1.3.0 runs")
    assert one.declared is not None
    assert (one.declared.path, one.declared.line) == ("apps/shop/deployment.yaml", 4)


@pytest.mark.parametrize(
    ("written", "ran"),
    [
        ("registry.example/shop:latest", "registry.example/shop:1.3.0"),  # a moving tag
        ("registry.example/shop:1.4.2", "registry.example/shop:1.4.2"),
        ("registry.example/shop@sha256:" + "a" * 64, "registry.example/shop@sha256:" + "a" * 64),
        ("registry.example/shop:1.4.2", "registry.example/proxy:9"),  # what a webhook put beside it
        ("registry.example/shop", "registry.example/shop:1.3.0"),
    ],
)
def test_images_that_do_not_certainly_differ_are_not_told(tmp_path: Path, written: str, ran: str) -> None:
    files = APP | {"apps/shop/deployment.yaml": workload("shop", written)}
    there = running("shop", ran, manager="argocd", by="shop")
    assert told(organization(tmp_path, files, applications=(application("shop"),), workloads=(there,))) == set()


def test_an_image_that_some_build_sets_is_not_compared_with_the_manifest(tmp_path: Path) -> None:
    build = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [../shop]\nimages: [{name: shop, newTag: '1.5.0'}]\n"
    ran = running("shop", "registry.example/shop:1.5.0", manager="argocd", by="shop")
    files = APP | {"apps/prod/kustomization.yaml": build}
    assert told(organization(tmp_path, files, applications=(application("shop"),), workloads=(ran,))) == set()


def test_versions_are_looked_up_for_what_an_application_brings_here(tmp_path: Path) -> None:
    files = APP | {"elsewhere/hpa.yaml": "apiVersion: autoscaling/v2beta1\nkind: HorizontalPodAutoscaler\nmetadata: {name: x}\n"}
    (cluster,) = organization(tmp_path, files, applications=(application("shop"),), served=("batch/v1",)).of(Cluster)
    assert (cluster.declared, [u.version for u in cluster.unserved]) == (1, ["apps/v1 Deployment"])


def test_contradictions_are_bounded(tmp_path: Path) -> None:
    many = (running("shop"), *(running(f"tool{number}") for number in range(MAX_OF_A_KIND + 20)))
    assert len(organization(tmp_path, APP, workloads=many).of(Contradiction)) == MAX_OF_A_KIND


def test_without_a_cluster_nothing_is_compared(tmp_path: Path) -> None:
    repository = scan_repository(write(tmp_path / "config", APP))
    found = derive_organization(Organization(at=Place("", ""), name="acme", repositories=(repository,)))
    assert found.of(Contradiction) == ()


@pytest.mark.parametrize(
    ("written", "name", "expected"),
    [
        ("shop", "shop", True),
        ("shop", "shops", False),
        ("shop-{{.env}}", "shop-prod", True),
        ("{{.a}}-shop-{{.b}}", "x-shop-y", True),
        ("{{.a}}-shop-{{.b}}", "x-store-y", False),
        ("a{{.x}}a", "a", False),
        ("${env}-shop", "prod-shop", True),
        ("{{a}}" * 60, "z" * 253, True),
    ],
)
def test_names_with_variables_fit_what_they_can_become(written: str, name: str, expected: bool) -> None:
    assert fits(written, name) is expected
