"""Whether a new version meets users step by step, and what decides about the next step."""

from __future__ import annotations

from assessor.checking import CORE, SUPPORT, Task, Verdict, check, failed, not_applicable, partial, passed
from assessor.facts.gitops import Controller, DeliveryStrategy
from assessor.facts.repository import Organization
from assessor.readers.gitops.products import PROGRESSIVE

from ..gitops.shares import banded, count  # noqa: TID252  the absolute name depends on how the package is installed


@check(
    "aut.progressive",
    task=Task.PROGRESSIVE,
    weight=CORE,
    scaffold="progressive-delivery",
    effort=3,
    frameworks=("DSOMM: Blue/Green Deployment",),
)
def versions_are_delivered_progressively(organization: Organization) -> Verdict:
    """At least one service is delivered progressively: canary or blue-green.

    A Rollout without steps and a Canary that skips its analysis are rolling updates by another name; they, a traffic
    split edited by hand, and a controller that nothing uses count in part.

    ## Why
    A rolling update gives a broken version to everyone within a minute. A canary gives it to a few, and takes it back
    by itself.

    ## Fix
    Put a Rollout in front of an existing Deployment:

    ```yaml
    apiVersion: argoproj.io/v1alpha1
    kind: Rollout
    metadata: {name: shop}
    spec:
      replicas: 4
      selector: {matchLabels: {app: shop}}
      workloadRef: {apiVersion: apps/v1, kind: Deployment, name: shop}
      strategy:
        canary:
          steps: [{setWeight: 20}, {pause: {duration: 5m}}, {setWeight: 50}, {pause: {duration: 5m}}]
    ```

    ## References
    - https://argo-rollouts.readthedocs.io/en/stable/migrating/
    - https://docs.flagger.app/usage/deployment-strategies
    """
    strategies = organization.of(DeliveryStrategy)
    real = [s for s in strategies if not (s.demo or s.manual)]
    if real:
        kinds = ", ".join(sorted({f"{s.product} {s.strategy}" for s in real}))
        return passed(f"{count(len(real), 'workload')} delivered progressively: {kinds}", [s.at for s in real])
    weak = [s for s in strategies if s.demo]
    if weak:
        return partial(0.4, f"{weak[0].product} is used without steps or analysis: a rolling update", [s.at for s in weak])
    controllers = [c for c in organization.of(Controller) if c.product in PROGRESSIVE and not (c.conditional or c.scripted)]
    if controllers:
        return partial(0.2, f"{controllers[0].product} is installed, and no workload uses it", [c.at for c in controllers])
    if strategies:
        return partial(0.2, "traffic is split by hand; no controller moves or takes it back", [s.at for s in strategies])
    return failed("no canary or blue-green delivery")


@check(
    "aut.analysis",
    task=Task.PROGRESSIVE,
    weight=SUPPORT,
    scaffold="progressive-delivery",
    effort=2,
    frameworks=("DSOMM: Blue/Green Deployment",),
)
def metrics_decide(organization: Organization) -> Verdict:
    """Metrics decide whether a new version gets more traffic.

    ## Why
    With pauses alone somebody must watch a dashboard; at night the pause ends and the broken version goes on.

    ## Fix
    Argo Rollouts: add an `AnalysisTemplate` on the error rate and an `analysis` to the strategy. Flagger: list
    `metrics` with a `thresholdRange` under `analysis` and do not skip it.
    """
    strategies = [s for s in organization.of(DeliveryStrategy) if not s.manual]
    if not strategies:
        return not_applicable("nothing is delivered progressively")
    gated = [s for s in strategies if s.analysis]
    score = sum(1.0 if s.analysis else 0.5 * (not s.demo) for s in strategies) / len(strategies)
    without = [s.at for s in strategies if not s.analysis]
    return banded(
        score,
        f"{len(gated)} of {count(len(strategies), 'strategy').replace('strategys', 'strategies')} wait for metrics",
        without or [s.at for s in gated],
        enough=1.0,
    )
