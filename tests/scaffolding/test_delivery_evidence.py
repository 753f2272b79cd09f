"""What templates are told of how a service reaches a cluster."""

from __future__ import annotations

from pathlib import Path

from assessor.facts.containers import Service
from assessor.scaffolding.evidence import evidence
from tests.scaffolding.loop import Case

CASES = Path(__file__).parent / "cases"


def known(case: str, tmp_path: Path, name: str) -> dict[str, str]:
    tmp_path.mkdir(exist_ok=True)
    organization, _ = Case(CASES / case, tmp_path / "case").look({})
    service = next(s for s in organization.of(Service) if s.name == name)
    repository = next(r for r in organization.repositories if r.name == service.at.repository)
    return {key: value.value for key, value in evidence(organization, repository, service, {}).items()}


def test_a_chart_comes_with_its_values_for_production(tmp_path: Path) -> None:
    found = known("argocd-application/chart", tmp_path, "orders")
    assert [found[f"service.{key}"] for key in ("renderer", "source", "values")] == ["helm", "charts/orders", "values-prod.yaml"]


def test_the_overlay_for_production_comes_before_base_and_staging(tmp_path: Path) -> None:
    found = known("argocd-application/overlays", tmp_path, "orders")
    assert found["service.renderer"] == "kustomize"
    assert found["service.source"] == "deploy/overlays/production"
    assert found["service.namespace"] == "orders-production"


def test_a_chart_is_followed_into_another_repository(tmp_path: Path) -> None:
    found = known("argocd-application/chart-elsewhere", tmp_path, "orders")
    assert (found["service.source_repository"], found["config.here"]) == ("config", "no")


def test_only_overlays_of_its_own_make_a_repository_one_of_kustomize(tmp_path: Path) -> None:
    assert known("kustomize-base-overlays/flat-kustomization", tmp_path, "api")["manifests.style"] == "kustomize"
    # Flux's own kustomization takes in an installation from elsewhere; the service has a chart.
    assert known("flux-application/chart", tmp_path / "flux", "orders")["manifests.style"] == "helm"


def test_only_a_user_with_a_number_can_be_verified(tmp_path: Path) -> None:
    assert known("helm-chart/two-services", tmp_path, "orders")["service.user"] == "no"
    assert known("helm-chart/go-service", tmp_path / "go", "gateway")["service.user"] == "yes"
