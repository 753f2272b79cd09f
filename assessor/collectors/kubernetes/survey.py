"""Asks one cluster: first its version and what it serves, then list after list; what it refuses becomes a gap."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import msgspec

from assessor.deriving.base import Material
from assessor.deriving.gitops_events import resolved_routes
from assessor.deriving.gitops_flux import resolved_applications
from assessor.facts import cluster as facts
from assessor.facts.base import Fact, Gap, Place
from assessor.facts.gitops import Application, DeliveryStrategy, NotificationRoute, NotificationSetup, PolicySet, Project
from assessor.facts.manifests import Workload
from assessor.facts.repository import Organization, Repository, organization_place

from .api import Api, Refused, Unreachable
from .calls import BUILT_IN, CONFIG_MAP, CONSTRAINTS, LISTINGS, Listing
from .objects import SOURCE, Live
from .states import application_state, secret_state, strategy_state, suspended
from .workloads import Identity, controller, held, maker, running

MAX_CONSTRAINTS = 50  # kinds of constraint
MAX_NAMESPACES = 5  # in which Argo CD runs
VERSION = "live-version"


class Stopped(Exception):
    """The cluster answers no more, or takes the credentials no more: the text says why."""


@dataclass(slots=True)
class Survey:
    """What one cluster said so far."""

    context: str
    api: Api
    say: Callable[[str], object]
    gaps: list[Gap] = field(default_factory=list)
    served: dict[str, list[str]] = field(default_factory=dict)  # group → versions, the preferred one first; empty: not told
    objects: dict[str, list[Live]] = field(default_factory=dict)  # by what they tell
    version: str = ""

    def run(self) -> Iterator[Fact | Gap]:
        """Yield the cluster and the gaps. One that cannot be asked at all is a gap alone."""
        try:
            self._version()
            self._discover()
            for listing in LISTINGS:
                self._list(listing)
            self._constraints()
            self._notifications()
        except Stopped as stopped:
            yield Gap(SOURCE, self.context, str(stopped))
            if not self.objects:
                yield from sorted(self.gaps)
                return
        yield from sorted(self.gaps)
        yield self._cluster()

    def _version(self) -> None:
        self.say(f"{self.context}: version")
        answer = self._asked(lambda: self.api.get("/version"), "may not get /version: grant get on it", (VERSION,))
        self.version = str(answer.get("gitVersion", "")) if answer else ""

    def _discover(self) -> None:
        answer = self._asked(lambda: self.api.get("/apis"), "may not get /apis: grant get on it", (facts.SERVED,))
        groups = answer.get("groups") if answer else None
        for group in groups if isinstance(groups, list) else ():
            if isinstance(group, dict) and isinstance(group.get("versions"), list):
                versions = [str(item.get("version", "")) for item in group["versions"] if isinstance(item, dict)]
                preferred = group.get("preferredVersion")
                first = str(preferred.get("version", "")) if isinstance(preferred, dict) else ""
                self.served[str(group.get("name", ""))] = sorted(filter(None, versions), key=lambda version: version != first)

    def _list(self, listing: Listing) -> None:
        """List one kind of object in a version that is served: the preferred one, or any other that has it."""
        if self.served and listing.group not in self.served and listing.group not in BUILT_IN:
            return
        versions = self.served.get(listing.group) or [listing.version]
        self.say(f"{self.context}: {listing.resource}")
        for version in sorted(versions, key=lambda version: version != listing.version):
            if self._listed(listing, version):
                return

    def _listed(self, listing: Listing, version: str) -> bool:
        """List one kind in one version; say whether that settles it, also if it was refused."""
        path = f"/apis/{listing.group}/{version}/{listing.resource}"
        name = f"{listing.resource}.{listing.group}"
        try:
            for item in self.api.list(path):
                live = Live(self.context, item, listing.kind, f"{listing.group}/{version}")
                self.objects.setdefault(listing.tells, []).append(live)
        except Refused as error:
            if error.status in (404, 405):
                return False
            self._refused(error, f"may not list {name}: grant list", f"{name} could not be listed", (listing.tells,))
        except Unreachable as error:
            self._unreached(error, f"{name} could not be listed", (listing.tells,))
        return True

    def _constraints(self) -> None:
        """List Gatekeeper's constraints: each kind is a resource that discovery names."""
        if CONSTRAINTS not in self.served:
            return
        version = self.served[CONSTRAINTS][0]
        answer = self._asked(
            lambda: self.api.get(f"/apis/{CONSTRAINTS}/{version}"),
            f"may not get /apis/{CONSTRAINTS}: grant get on it",
            (facts.POLICIES,),
        )
        resources = answer.get("resources") if answer else None
        for item in (resources if isinstance(resources, list) else [])[: 2 * MAX_CONSTRAINTS]:
            name = str(item.get("name", "")) if isinstance(item, dict) else ""
            if name and "/" not in name:
                self._list(Listing(CONSTRAINTS, version, name, str(item.get("kind", "")), facts.POLICIES))

    def _notifications(self) -> None:
        """Read, by its name, the ConfigMap that says who hears of Argo CD, in the namespaces where that runs."""
        applications = self.objects.get(facts.APPLICATIONS, ())
        namespaces = {live.namespace for live in applications if live.identity[:2] == ("argoproj.io", "Application")}
        running = {
            live.namespace for live, found in self._workloads() if (c := controller(live, found)) and c.product == "argocd"
        }
        for namespace in sorted(running or namespaces)[:MAX_NAMESPACES]:
            path = f"/api/v1/namespaces/{namespace}/configmaps/{CONFIG_MAP}"
            right = f"may not get configmap {CONFIG_MAP} in {namespace}: grant get"
            if answer := self._asked(lambda path=path: self.api.get(path), right, (facts.ROUTES,)):  # type: ignore[misc]
                self.objects.setdefault(facts.ROUTES, []).append(Live(self.context, answer, "ConfigMap", "v1"))

    def _asked(self, ask: Callable[[], dict[str, object]], right: str, kinds: tuple[str, ...]) -> dict[str, object] | None:
        """Return an answer; None, and a gap, if there is none. 404 is an answer too: nothing is there."""
        try:
            return ask()
        except Refused as error:
            if error.status != 404:
                self._refused(error, right, right.partition(":")[0].replace("may not get", "could not get"), kinds)
        except Unreachable as error:
            self._unreached(error, right.partition(":")[0].replace("may not get", "could not get"), kinds)
        return None

    def _refused(self, error: Refused, right: str, what: str, kinds: tuple[str, ...]) -> None:
        if error.status == 401:
            raise Stopped("the credentials were not accepted (401): they may have expired; log in again")
        self.gaps.append(Gap(SOURCE, self.context, right if error.status == 403 else f"{what}: {error}", kinds=kinds))

    def _unreached(self, error: Unreachable, what: str, kinds: tuple[str, ...]) -> None:
        if error.final or not self.api.now:
            raise Stopped(f"cannot be asked{' further' if self.api.now else ''}: {error}")
        self.gaps.append(Gap(SOURCE, self.context, f"{what}: {error}", kinds=kinds))

    def _workloads(self) -> Iterator[tuple[Live, Workload]]:
        rollouts = [live for live in self.objects.get(facts.STRATEGIES, ()) if live.identity[1] == "Rollout"]
        for live in (*self.objects.get(facts.WORKLOADS, ()), *rollouts):
            if found := live.workload():
                yield live, found

    def _cluster(self) -> facts.Cluster:
        """Return the cluster with all that is known of it, sorted by place."""
        setups, routes = self._routes()
        tracked = dict(pair for live in self._told(facts.APPLICATIONS) for pair in held(live))
        controllers, workloads = self._running(tracked)
        return facts.Cluster(
            at=Place("", self.context, source=SOURCE),
            context=self.context,
            version=self.version,
            served=tuple(sorted(f"{group}/{one}" for group, versions in self.served.items() for one in versions)),
            applications=tuple(self._applications(tracked)),
            projects=tuple(f for live in self._told(facts.PROJECTS) for f in live.facts() if isinstance(f, Project)),
            strategies=tuple(self._strategies()),
            setups=setups,
            routes=routes,
            policies=tuple(f for live in self._told(facts.POLICIES) for f in live.facts() if isinstance(f, PolicySet)),
            secrets=tuple(secret_state(live) for live in self._told(facts.SECRETS)),
            controllers=controllers,
            workloads=workloads,
        )

    def _told(self, kind: str) -> list[Live]:
        return sorted(self.objects.get(kind, ()), key=lambda live: live.path)

    def _running(
        self, tracked: dict[Identity, str]
    ) -> tuple[tuple[facts.RunningController, ...], tuple[facts.RunningWorkload, ...]]:
        controllers: list[facts.RunningController] = []
        workloads: list[facts.RunningWorkload] = []
        for live, workload in sorted(self._workloads(), key=lambda pair: pair[0].path):
            part = controller(live, workload)
            controllers += [part] if part else []
            if found := running(live, workload, part, tracked):
                workloads.append(found)
        return tuple(controllers), tuple(workloads)

    def _applications(self, tracked: dict[Identity, str]) -> Iterator[facts.RunningApplication]:
        """Yield applications with their sources looked up as for files, and with their state."""
        lives = {live.path: live for live in self._told(facts.APPLICATIONS)}
        found = [fact for live in lives.values() for fact in live.facts()]
        material = Material(Repository(at=organization_place(), name="", path=""), found)
        for application in resolved_applications.derive(material):
            if isinstance(application, Application):
                live = lives[application.at.path]
                yield application_state(live, suspended(live, application), maker(live, tracked), self.api.now)

    def _strategies(self) -> Iterator[facts.RunningStrategy]:
        runs: dict[tuple[str, str], list[str]] = {}
        for run in self._told(facts.RUNS):
            if run.owner[0] == "Rollout":
                runs.setdefault((run.namespace, run.owner[1]), []).append(run.said("status", "phase"))
        for live in self._told(facts.STRATEGIES):
            for fact in live.facts():
                if isinstance(fact, DeliveryStrategy):
                    own = runs.get((live.namespace, live.object_name), []) if fact.product == "argo-rollouts" else []
                    failed = sum(phase in ("Failed", "Error") for phase in own)
                    yield msgspec.structs.replace(strategy_state(live, fact), runs=len(own), failed_runs=failed)

    def _routes(self) -> tuple[tuple[NotificationSetup, ...], tuple[NotificationRoute, ...]]:
        """Return who hears of events, each with whether the service it names exists in this cluster."""
        sources = (*self._told(facts.ROUTES), *self._told(facts.APPLICATIONS), *self._told(facts.PROJECTS))
        found = tuple(f for live in sources for f in live.facts() if isinstance(f, NotificationSetup | NotificationRoute))
        whole = Organization(at=organization_place(), name=self.context, facts=found)
        routes = tuple(route for route in resolved_routes.derive(whole) if isinstance(route, NotificationRoute))
        return whole.of(NotificationSetup), routes
