"""Progressive delivery."""

from __future__ import annotations

import pytest

from assessor.facts.gitops import DeliveryStrategy
from tests.organizations import read

ROLLOUT = "apiVersion: argoproj.io/v1alpha1\nkind: Rollout\nmetadata: {name: a}\nspec: {strategy: STRATEGY}\n"
CANARY = "apiVersion: flagger.app/VERSION\nkind: Canary\nmetadata: {name: a}\nspec: {targetRef: {kind: Deployment}, SPEC}\n"


def strategy(content: str, path: str = "r.yaml") -> DeliveryStrategy:
    (found,) = read("gitops-objects", path, content)
    assert isinstance(found, DeliveryStrategy)
    return found


@pytest.mark.parametrize(
    ("value", "analysis", "demo"),
    [
        ("{canary: {steps: [{setWeight: 20}, {pause: {}}]}}", False, False),
        ("{canary: {steps: [{setWeight: 20}, {analysis: {templates: [{templateName: e}]}}]}}", True, False),
        ("{canary: {analysis: {templates: [{templateName: e}]}, steps: [{setWeight: 1}]}}", True, False),
        ("{canary: {maxSurge: 1}}", False, True),
        ("{blueGreen: {activeService: a, prePromotionAnalysis: {templates: []}}}", True, False),
    ],
)
def test_a_rollout_is_a_rolling_update_without_steps_and_gated_with_analysis(value: str, analysis: bool, demo: bool) -> None:
    found = strategy(ROLLOUT.replace("STRATEGY", value))
    assert (found.analysis, found.demo) == (analysis, demo)


def test_steps_that_a_template_brings_are_not_called_missing() -> None:
    content = ROLLOUT.replace(
        "spec: {strategy: STRATEGY}", "spec:\n  strategy:\n    canary:\n      steps:\n{{ toYaml .Values.steps | indent 8 }}"
    )
    assert not strategy(content, "chart/templates/rollout.yaml").demo


def test_a_rollout_without_strategy_is_a_patch() -> None:
    assert not read("gitops-objects", "r.yaml", ROLLOUT.replace("strategy: STRATEGY", "replicas: 3"))


@pytest.mark.parametrize(("version", "key"), [("v1beta1", "analysis"), ("v1alpha3", "canaryAnalysis")])
def test_a_canary_of_either_version_is_read(version: str, key: str) -> None:
    content = CANARY.replace("VERSION", version).replace("SPEC", f"{key}: {{stepWeight: 10, metrics: [{{name: errors}}]}}")
    found = strategy(content)
    assert (found.strategy, found.analysis, found.demo) == ("canary", True, False)


@pytest.mark.parametrize("spec", ["skipAnalysis: true, analysis: {stepWeight: 10, metrics: [{name: e}]}", "service: {port: 80}"])
def test_a_canary_without_analysis_only_looks_like_one(spec: str) -> None:
    found = strategy(CANARY.replace("VERSION", "v1beta1").replace("SPEC", spec))
    assert (found.analysis, found.demo) == (False, True)


def test_traffic_is_split_by_hand_only_between_two_targets_with_weight() -> None:
    service = "apiVersion: networking.istio.io/v1\nkind: VirtualService\nspec: {http: [{route: [ROUTES]}]}\n"
    split = "{destination: {host: a, subset: v1}, weight: 90}, {destination: {host: a, subset: v2}, weight: WEIGHT}"
    assert strategy(service.replace("ROUTES", split.replace("WEIGHT", "10"))).manual
    assert not read("gitops-objects", "v.yaml", service.replace("ROUTES", split.replace("WEIGHT", "0")))
    assert not read("gitops-objects", "v.yaml", service.replace("ROUTES", "{destination: {host: a}, weight: 100}"))
