"""Follows what is deployed across repositories: the workloads that run services, the applications that deploy those.

An image is recognised by its path without registry and tag, because the same image is pushed to one registry and run
from a mirror of it. A name alone (``web``) only counts within the repository that builds it.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

import msgspec

from assessor.facts.containers import Service
from assessor.facts.gitops import Application, Reconciliation
from assessor.facts.manifests import HelmChart, Workload
from assessor.facts.repository import Organization
from assessor.parsing.images import repository_of
from assessor.parsing.yaml import is_dynamic

from .base import Joiner, joiner
from .gitops_reach import reach, reconciled

MAX_PLACES = 20
_OTHERS = re.compile(r"[^a-z0-9]+")

_Within = defaultdict[str, defaultdict[str, list[Workload]]]  # by repository, and what it says of each within it


@dataclass(slots=True)
class _Running:
    """The workloads of an organization, to look up by what they run."""

    organization: Organization
    by_path: defaultdict[str, list[Workload]] = field(default_factory=lambda: defaultdict(list))
    by_name: defaultdict[str, list[Workload]] = field(default_factory=lambda: defaultdict(list))
    by_chart: defaultdict[str, list[Workload]] = field(default_factory=lambda: defaultdict(list))
    own_by_name: _Within = field(default_factory=lambda: defaultdict(lambda: defaultdict(list)))
    own_by_folder: _Within = field(default_factory=lambda: defaultdict(lambda: defaultdict(list)))
    claims: Counter[str] = field(default_factory=Counter)  # how many services go by a name

    def __post_init__(self) -> None:
        for service in self.organization.of(Service):
            self.claims.update(_names(service))
        charts = {(c.at.repository, c.folder): c.name.lower() for c in self.organization.of(HelmChart) if not c.vendored}
        for workload in self.organization.of(Workload):
            chart = (workload.at.repository, workload.chart)
            for container in workload.containers:
                path = repository_of(container.image)
                name = path.rpartition("/")[2]
                if name and not is_dynamic(name):
                    self.by_path[path].append(workload)
                    self.by_name[name].append(workload)
                    self.own_by_name[workload.at.repository][name].append(workload)
                elif workload.chart and chart in charts:
                    self.by_chart[charts[chart]].append(workload)
                    self.own_by_folder[workload.at.repository][workload.chart].append(workload)

    def of(self, service: Service) -> list[Workload]:
        """Return the workloads that run a service."""
        found = [*self._by_images(service), *self._by_own_name(service), *self._by_charts(service)]
        if not found and service.pushed_by and not service.images:
            found = list(self._by_pushed_name(service))
        return sorted({id(w): w for w in found}.values(), key=lambda w: w.at)

    def _by_images(self, service: Service) -> Iterator[Workload]:
        """Yield workloads of its images; a bare name may stand for a longer one (Skaffold, Kustomize write it in later)."""
        for image in service.images:
            path = repository_of(image)
            name = path.rpartition("/")[2]
            yield from self.by_path.get(path, ())
            if path != name:
                yield from self.by_path.get(name, ())
            else:
                yield from self._own(service).get(name, ())

    def _by_own_name(self, service: Service) -> Iterator[Workload]:
        """Yield workloads of the same repository whose image is called like the service, perhaps with a prefix on one side."""
        name = service.name.lower().rpartition("/")[2]
        called = dict.fromkeys((name, _dashed(name)))
        own = self._own(service)
        exact = [w for one in called for w in own.get(one, ())]
        yield from exact
        if not exact and not service.images:
            for image in sorted(own):
                if image.endswith(f"-{name}") or (len(image) > 3 and name.endswith(f"-{image}")):
                    yield from own[image]

    def _by_pushed_name(self, service: Service) -> Iterator[Workload]:
        """Yield workloads of other repositories that run an image called like the service or its repository.

        For a push whose image only the pipeline knows (``$CI_REGISTRY_IMAGE``, a service connection): the image must come from a
        registry of somebody's own, and one service alone must go by that name.
        """
        for name in sorted(_names(service)):
            if self.claims[name] == 1:
                yield from (w for w in self.by_name.get(name, ()) if any(_private(c.image, name) for c in w.containers))

    def _by_charts(self, service: Service) -> Iterator[Workload]:
        """Yield workloads of a chart named like the service or kept in its folder, whose image only values tell."""
        for name in dict.fromkeys((service.name.lower(), _dashed(service.name.lower()))):
            yield from self.by_chart.get(name, ())
        if service.folder:
            for folder, workloads in sorted(self.own_by_folder.get(service.at.repository, {}).items()):
                if folder.startswith(service.folder + "/"):
                    yield from workloads

    def _own(self, service: Service) -> Mapping[str, list[Workload]]:
        """Return the workloads of a service's own repository, by the name of their image."""
        return self.own_by_name.get(service.at.repository, {})


def _names(service: Service) -> set[str]:
    """Return the names an image of a service may go by: its own, and its repository's if it is all there is in it."""
    name = service.name.lower().rpartition("/")[2]
    names = {name, _dashed(name)}  # `Basket.API` is pushed as `basket-api`
    return names if service.folder else {*names, service.at.repository.lower()}


@lru_cache(maxsize=1024)  # each is asked for several times in a row
def _dashed(name: str) -> str:
    return _OTHERS.sub("-", name).strip("-")


def _private(image: str, name: str) -> bool:
    """Say whether an image of this name comes from a registry that is named, not from Docker Hub's own."""
    host, slash, _ = image.partition("/")
    return bool(slash) and ("." in host or ":" in host) and repository_of(image).rpartition("/")[2] == name


@joiner(replaces=(Reconciliation, Service))
def followed(organization: Organization) -> Iterator[Reconciliation | Service]:
    """Yield what applications reconcile, and every service with the workloads that run it and the applications of those."""
    found = reach(organization)
    if any(organization.of(kind) for kind in (Workload, Application)):
        yield reconciled(organization, found)
    running = _Running(organization)
    for service in organization.of(Service):
        places = [workload.at for workload in running.of(service)]
        applications = sorted({application for at in places for application in found.applications(at)})
        yield msgspec.structs.replace(
            service, workloads=tuple(places[:MAX_PLACES]), applications=tuple(applications[:MAX_PLACES])
        )


DERIVERS = ()
JOINERS: tuple[Joiner, ...] = (followed,)
