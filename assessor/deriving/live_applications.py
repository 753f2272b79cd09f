"""Compares the applications that files declare with those in clusters, and finds what each of them points at.

Where a name is only known at run time, or a cluster was not seen whole, nothing is said: a contradiction must be certain.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from assessor.facts.base import Place
from assessor.facts.cluster import APPLICATIONS, Cluster, RunningApplication
from assessor.facts.gitops import Application
from assessor.facts.live import Contradiction
from assessor.facts.manifests import Kustomization
from assessor.facts.repository import Organization, Repository, organization_place
from assessor.parsing.yaml import PLACEHOLDER

from .gitops_reach import Directory, reach

SOURCE = "kubernetes"
HERE = frozenset({"", "https://kubernetes.default.svc", "in-cluster"})  # destinations that mean the cluster itself
_UNKNOWN = re.compile(r"\{\{.*?\}\}|\$\{.*?\}|" + re.escape(PLACEHOLDER) + ".*")
_SETS = "ApplicationSet"


def complete(organization: Organization, context: str, kind: str) -> bool:
    """Say whether nothing hides facts of a kind in a cluster; without a context, in any that was to be asked."""
    return not any(
        gap.source == SOURCE and context in ("", gap.subject) and (not gap.kinds or kind in gap.kinds)
        for gap in organization.gaps
    )


def contradiction(
    name: str, subject: str, summary: str, *, step: int, check: str, declared: Place | None = None, observed: Place | None = None
) -> Contradiction:
    """Return a contradiction of the organization."""
    return Contradiction(
        at=organization_place(), name=name, subject=subject, summary=summary, step=step, check=check, declared=declared, observed=observed
    )  # fmt: skip


def fits(written: str, name: str) -> bool:
    """Say whether a name in a file, parts of which may be known only at run time, can be a given name."""
    first, *others = _UNKNOWN.split(written)
    if not others:
        return written == name
    *between, last = others
    start, end = len(first), len(name) - len(last)
    if not (name.startswith(first) and name.endswith(last) and start <= end):
        return False
    for part in between:
        start = name.find(part, start, end)
        if start < 0:
            return False
        start += len(part)
    return True


def dynamic(written: str) -> bool:
    """Say whether a part of a name is only known at run time."""
    return bool(_UNKNOWN.search(written))


def specific(written: str) -> bool:
    """Say whether enough of a name is fixed to tell something by it."""
    return any(len(part) > 3 for part in _UNKNOWN.split(written))


class Pairing:
    """Which declared application is which of a cluster's.

    `of_place`: those of clusters, by the place that declares them; `declared`: what declares one, by its place in a cluster.
    """

    def __init__(self, organization: Organization) -> None:
        self.of_place: dict[Place, list[RunningApplication]] = {}
        self.declared: dict[Place, Application] = {}
        self._named: dict[tuple[str, str], list[Application]] = {}
        self._unsure: dict[tuple[str, str], list[Application]] = {}  # those whose name is only known at run time
        for application in organization.of(Application):
            self._named.setdefault((application.type, application.name), []).append(application)
            if dynamic(application.name):
                self._unsure.setdefault((application.product, application.type), []).append(application)
        for cluster in organization.of(Cluster):
            for running in cluster.applications:
                self._pair(running)

    def _pair(self, running: RunningApplication) -> None:
        live = running.application
        kind, _, name = running.maker.partition("/")
        wanted = (_SETS, name) if kind == _SETS else (live.type, live.name)
        exact = [a for a in self._named.get(wanted, ()) if a.product == live.product and _near(a, live)]
        found = exact or [a for a in self._unsure.get((live.product, wanted[0]), ()) if fits(a.name, wanted[1])]
        if found:
            self.declared[live.at] = found[0]
        for application in found:
            self.of_place.setdefault(application.at, []).append(running)


def _near(declared: Application, live: Application) -> bool:
    """Say whether namespaces agree; one that a file leaves out, or that a build sets, says nothing."""
    return live.type == "Application" or declared.namespace in ("", live.namespace) or dynamic(declared.namespace)


def application_contradictions(organization: Organization) -> Iterator[Contradiction]:
    """Yield where declared and running applications do not agree."""
    pairing = Pairing(organization)
    directory = Directory(organization)
    whole = complete(organization, "", APPLICATIONS)
    yield from _not_running(organization, pairing) if whole else ()
    for cluster in organization.of(Cluster):
        for running in cluster.applications:
            declared = pairing.declared.get(running.application.at)
            if declared is None and not running.maker and whole and _ours(running, directory):
                yield _contradiction(
                    running, "running-not-declared", "in the cluster, and in no scanned repository", "gop.app-crs"
                )
            yield from _disagreeing(running, declared)
            yield from _lost(running, directory)


def _contradiction(
    running: RunningApplication, name: str, summary: str, check: str, declared: Place | None = None
) -> Contradiction:
    live = running.application
    step = 5 if check.startswith("aut.") else 4
    return contradiction(name, live.label, summary, step=step, check=check, declared=declared, observed=live.at)


def _not_running(organization: Organization, pairing: Pairing) -> Iterator[Contradiction]:
    """Yield declared applications that should be in a cluster because what builds them, or their neighbour in git, is."""
    builders = reach(organization).files
    built_folders = {(build.at.repository, build.folder) for build in organization.of(Kustomization)}
    folders = {_folder(place) for place in pairing.of_place} - built_folders  # there a build says which files count
    for application in organization.of(Application):
        at = application.at
        if (
            at in pairing.of_place
            or dynamic(application.name)
            or application.templated
            or application.legacy
            or not application.name
        ):
            continue
        built = any(place in pairing.of_place for place in builders.get((at.repository, at.path), ()))
        if built or _folder(at) in folders:
            why = "what applies it is in the cluster" if built else "others of its folder are in the cluster"
            yield contradiction(
                "declared-not-running", application.label, f"declared in Git and not in the cluster, while {why}",
                step=4, check="gop.app-crs", declared=at,
            )  # fmt: skip


def _ours(running: RunningApplication, directory: Directory) -> bool:
    """Say whether an application points at a scanned repository; one that does not may be declared in another."""
    return any(source.repository and directory.find(source.repository)[0] for source in running.application.sources)


def _folder(place: Place) -> tuple[str, str]:
    return place.repository, place.path.rpartition("/")[0]


def _disagreeing(running: RunningApplication, declared: Application | None) -> Iterator[Contradiction]:
    """Yield where the state of an application, or its policy, is not what Git says."""
    live = running.application
    at = (declared.policy_from or declared.at) if declared else None
    if running.target_missing:
        yield _contradiction(
            running, "target-missing", f"its source does not exist: {running.message}", "gop.targets-resolve", at
        )
    elif running.synced is False and live.product == "argocd":
        since = f"for at most {running.days} days" if running.days else "now"
        yield _contradiction(running, "drifted", f"out of sync with Git {since}", "aut.k8s-drift", at)
    elif running.synced is False:
        yield _contradiction(running, "not-applied", f"what Git says was not applied: {running.message}", "gop.sync-health", at)
    if declared is None:
        return
    if live.suspended and not declared.suspended:
        yield _contradiction(running, "suspended", "suspended in the cluster, and not in Git", "gop.auto-sync", at)
    elif declared.auto_sync and live.auto_sync is False:
        yield _contradiction(running, "sync-off", "automatic sync is on in Git and off in the cluster", "gop.auto-sync", at)


def _lost(running: RunningApplication, directory: Directory) -> Iterator[Contradiction]:
    """Yield an application whose path does not exist in the repository that was scanned."""
    for source in running.application.sources:
        if not running.target_missing and source.repository and directory.target(running.application, source).state == "broken":
            summary = f"{source.path or '.'} does not exist in {source.repository}"
            yield _contradiction(running, "target-missing", summary, "gop.targets-resolve")


def sources_here(cluster: Cluster, directory: Directory) -> Iterable[tuple[RunningApplication, Repository, str]]:
    """Yield each folder of a scanned repository that an application brings to the cluster it is in."""
    for running in cluster.applications:
        if running.application.product == "argocd" and running.application.destination not in HERE:
            continue
        for source in running.application.sources:
            target = directory.target(running.application, source)
            if target.state == "resolved" and target.repository is not None:
                yield from ((running, target.repository, folder) for folder in target.folders)
