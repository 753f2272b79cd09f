"""Whether a new version meets users step by step, and what decides about the next step."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from assessor.checking import CORE, SUPPORT, Place, Task, Verdict, check, failed, not_applicable, partial, passed
from assessor.facts.cluster import STRATEGIES, Cluster, RunningStrategy
from assessor.facts.gitops import Controller, DeliveryStrategy
from assessor.facts.repository import Organization
from assessor.readers.gitops.products import PROGRESSIVE

from ..clusters import live  # noqa: TID252  the absolute name depends on how the package is installed
from ..gitops.shares import banded, count  # noqa: TID252
from ..live import both  # noqa: TID252


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
    there = [s for cluster in organization.of(Cluster) for s in cluster.strategies]
    controllers = [c for c in organization.of(Controller) if c.product in PROGRESSIVE and not (c.conditional or c.scripted)]
    files = _progressive(organization.of(DeliveryStrategy), [(c.product, c.at) for c in controllers])
    return both(files, live(organization, _progressing(organization), lambda found: _phases(there, found), STRATEGIES))


def _progressing(organization: Organization) -> list[tuple[str, Place]]:
    """Return what clusters hold of progressive delivery: its controllers and objects."""
    clusters = organization.of(Cluster)
    parts = [(part.product, part.at) for cluster in clusters for part in cluster.controllers if part.product in PROGRESSIVE]
    return [*parts, *((s.strategy.product, s.strategy.at) for cluster in clusters for s in cluster.strategies)]


def _phases(there: Sequence[RunningStrategy], found: Sequence[tuple[str, Place]]) -> Verdict:
    verdict = _progressive([s.strategy for s in there], found)
    stuck = [s for s in there if s.phase in ("Degraded", "Failed")]
    if not stuck or not verdict.share:
        return verdict
    names = ", ".join(s.strategy.name for s in stuck[:4])
    return partial(min(verdict.share, 0.7), f"{verdict.summary}; failed: {names}", [s.strategy.at for s in stuck])


def _progressive(strategies: Sequence[DeliveryStrategy], controllers: Sequence[tuple[str, Place]]) -> Verdict:
    real = [s for s in strategies if not (s.demo or s.manual)]
    if real:
        kinds = ", ".join(sorted({f"{s.product} {s.strategy}" for s in real}))
        return passed(f"{count(len(real), 'workload')} delivered progressively: {kinds}", [s.at for s in real])
    weak = [s for s in strategies if s.demo]
    if weak:
        return partial(0.4, f"{weak[0].product} is used without steps or analysis: a rolling update", [s.at for s in weak])
    if controllers:
        return partial(0.2, f"{controllers[0][0]} is installed, and no workload uses it", [at for _, at in controllers])
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
    files = _gated(strategies) if strategies else not_applicable("nothing is delivered progressively")
    there = [s for cluster in organization.of(Cluster) for s in cluster.strategies]
    return both(files, live(organization, there, _analysed, STRATEGIES))


def _analysed(found: Sequence[RunningStrategy]) -> Verdict:
    """Judge clusters: whether metrics decide, and how often they did."""
    verdict = _gated([s.strategy for s in found])
    runs, stopped = sum(s.runs for s in found), sum(s.failed_runs for s in found)
    told = f"{runs} {'analysis is' if runs == 1 else 'analyses are'} kept, {stopped} of them stopped a version"
    return msgspec.structs.replace(verdict, summary=f"{verdict.summary}; {told}")


def _gated(strategies: Sequence[DeliveryStrategy]) -> Verdict:
    gated = [s for s in strategies if s.analysis]
    score = sum(1.0 if s.analysis else 0.5 * (not s.demo) for s in strategies) / len(strategies)
    without = [s.at for s in strategies if not s.analysis]
    return banded(
        score,
        f"{len(gated)} of {count(len(strategies), 'strategy').replace('strategys', 'strategies')} wait for metrics",
        without or [s.at for s in gated],
        enough=1.0,
    )
