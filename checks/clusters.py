"""What checks ask of clusters: what runs there, judged by the same rule as what files declare."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from assessor.checking import Place, Verdict, not_observed
from assessor.facts.cluster import APPLICATIONS, Cluster, RunningApplication, RunningWorkload
from assessor.facts.gitops import Application
from assessor.facts.live import Contradiction
from assessor.facts.repository import Organization

from .live import NOT_ASKED, unseen

SOURCE = "kubernetes"

T = TypeVar("T")


def running(organization: Organization) -> list[RunningApplication]:
    """Return the applications of all clusters; of an ApplicationSet those it made, and itself only if it made none."""
    found = [a for cluster in organization.of(Cluster) for a in cluster.applications]
    made = {a.maker for a in found}
    return [a for a in found if a.application.type != "ApplicationSet" or f"ApplicationSet/{a.application.name}" not in made]


def workloads(organization: Organization) -> list[RunningWorkload]:
    """Return the workloads of all clusters that somebody deploys: neither the system's nor what another object made."""
    return [w for cluster in organization.of(Cluster) for w in cluster.workloads if not w.system and not w.owner]


def hidden(organization: Organization, *kinds: str) -> str:
    """Return why facts of these kinds may be missing from what clusters said; "" if nothing hides any."""
    wanted = set(kinds)
    for gap in sorted(organization.gaps):
        if gap.source == SOURCE and (not gap.kinds or wanted & set(gap.kinds)):
            return f"{gap.subject}: {gap.reason}"
    return ""


def live(organization: Organization, found: Sequence[T], judge: Callable[[Sequence[T]], Verdict], *kinds: str) -> Verdict | None:
    """Judge what clusters hold. None if there is nothing to judge: nobody asked, or none of it runs and nothing hides it."""
    if SOURCE not in organization.asked:
        return None
    if found:
        return judge(found)
    if hidden(organization, *kinds) or not organization.of(Cluster):
        return not_observed(unseen(organization, SOURCE, kinds=kinds))
    return None


def live_applications(organization: Organization, judge: Callable[[Sequence[Application]], Verdict]) -> Verdict | None:
    """Judge the applications that clusters hold by a rule for declared ones."""
    return live(organization, [a.application for a in running(organization)], judge, APPLICATIONS)


def not_seen(organization: Organization, *kinds: str) -> Verdict:
    """Return the verdict of a check that rests on clusters alone, when they told nothing of these kinds."""
    if SOURCE not in organization.asked:
        return not_observed(NOT_ASKED)
    return not_observed(unseen(organization, SOURCE, kinds=kinds))


def contradictions(organization: Organization, check: str, *names: str) -> list[Contradiction]:
    """Return the contradictions that a check's verdict takes into account, of some names or all."""
    return [c for c in organization.of(Contradiction) if c.check == check and (not names or c.name in names)]


def sides(found: Iterable[Contradiction]) -> list[Place]:
    """Return the places of contradictions, both sides of each."""
    return [place for c in found for place in (c.declared, c.observed) if place]
