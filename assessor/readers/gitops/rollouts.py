"""Progressive delivery: Argo Rollouts, Flagger, OpenKruise Rollouts, and traffic splits moved by hand.

A canary Rollout without steps acts like a rolling update; a Flagger Canary whose analysis is missing or skipped
promotes whatever comes. Flagger's ``v1alpha3`` called the analysis ``canaryAnalysis``.
"""

from __future__ import annotations

from collections.abc import Iterator

from assessor.facts.gitops import DeliveryStrategy
from assessor.parsing.yaml import Map

from .objects import Manifest, items, mapping, text


def read_rollout(manifest: Manifest) -> Iterator[DeliveryStrategy]:
    """Yield the strategy of an Argo Rollouts ``Rollout``; a patch without strategy yields nothing."""
    strategy = mapping(manifest.spec, "strategy")
    if "canary" in strategy:
        canary = mapping(strategy, "canary")
        steps = items(canary, "steps")
        analysis = bool(mapping(canary, "analysis")) or any(_analyses(step) for step in steps)
        hidden = manifest.templated and not steps  # steps may come from values
        yield _strategy(manifest, "canary", steps=len(steps), analysis=analysis, demo=not steps and not hidden)
    elif "blueGreen" in strategy:
        blue_green = mapping(strategy, "blueGreen")
        analysis = bool(mapping(blue_green, "prePromotionAnalysis") or mapping(blue_green, "postPromotionAnalysis"))
        yield _strategy(manifest, "blue-green", analysis=analysis)


def _analyses(step: object) -> bool:
    return bool(mapping(step, "analysis") or mapping(step, "experiment", "analyses") or items(step, "experiment", "analyses"))


def _strategy(manifest: Manifest, strategy: str, *, steps: int = 0, analysis: bool, demo: bool = False) -> DeliveryStrategy:
    return DeliveryStrategy(
        at=manifest.place, product="argo-rollouts", name=manifest.name, strategy=strategy, steps=steps, analysis=analysis, demo=demo
    )  # fmt: skip


def read_canary(manifest: Manifest) -> Iterator[DeliveryStrategy]:
    """Yield the strategy of a Flagger ``Canary`` of any version."""
    spec = manifest.spec
    if "targetRef" not in spec:
        return
    analysis: Map = mapping(spec, "analysis") or mapping(spec, "canaryAnalysis")
    skipped = spec.get("skipAnalysis") is True
    iterated = not text(analysis, "stepWeight") and not items(analysis, "stepWeights") and bool(text(analysis, "iterations"))
    by_request = "a/b" if items(analysis, "match") else "blue-green"  # with conditions on requests, chosen users see it first
    yield DeliveryStrategy(
        at=manifest.place,
        product="flagger",
        name=manifest.name,
        strategy=by_request if iterated else "canary",
        steps=len(items(analysis, "stepWeights")),
        analysis=bool(items(analysis, "metrics") or items(analysis, "webhooks")) and not skipped,
        demo=skipped or not analysis,
    )


def read_kruise(manifest: Manifest) -> Iterator[DeliveryStrategy]:
    """Yield the strategy of an OpenKruise ``Rollout``."""
    for key in ("canary", "blueGreen"):
        steps = items(manifest.spec, "strategy", key, "steps")
        if steps:
            strategy = "canary" if key == "canary" else "blue-green"
            yield DeliveryStrategy(
                at=manifest.place, product="kruise-rollouts", name=manifest.name, strategy=strategy, steps=len(steps)
            )  # fmt: skip


def read_virtual_service(manifest: Manifest) -> Iterator[DeliveryStrategy]:
    """Yield a split of traffic between versions that an Istio ``VirtualService`` fixes by weight."""
    for route in items(manifest.spec, "http"):
        if _splits(items(route, "route"), "destination"):
            yield _manual(manifest, "istio", route)
            return


def read_http_route(manifest: Manifest) -> Iterator[DeliveryStrategy]:
    """Yield a split of traffic between versions that a Gateway API ``HTTPRoute`` fixes by weight."""
    for rule in items(manifest.spec, "rules"):
        if _splits(items(rule, "backendRefs"), ""):
            yield _manual(manifest, "gateway-api", rule)
            return


def _splits(targets: list[object], below: str) -> bool:
    """Say whether at least two targets get part of the traffic by a weight each."""
    weighted = [target for target in targets if isinstance(target, Map) and text(target, "weight") not in ("", "0")]
    distinct = {
        (text(target, *path, "host") or text(target, "name"), text(target, *path, "subset"))
        for target in weighted
        for path in [(below,) if below else ()]
    }
    return len(weighted) > 1 and len(distinct) > 1


def _manual(manifest: Manifest, product: str, rule: object) -> DeliveryStrategy:
    at = manifest.source.place(rule.line) if isinstance(rule, Map) else manifest.place
    return DeliveryStrategy(at=at, product=product, name=manifest.name, strategy="traffic-split", manual=True)
