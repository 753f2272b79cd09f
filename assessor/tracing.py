"""Follows each service along the five steps: from the infrastructure it needs to how it is released."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from operator import itemgetter

from assessor.facts.base import Place
from assessor.facts.containers import Service
from assessor.facts.gitops import Application, DeliveryStrategy
from assessor.facts.infrastructure import ModuleCall, Resource
from assessor.facts.repository import Organization
from assessor.model import Evidence, ServiceTrace, Status, Step, TraceStep

REGISTRIES = frozenset(
    {
        "aws_ecr_repository", "aws_ecrpublic_repository", "google_artifact_registry_repository", "azurerm_container_registry",
        "AWS::ECR::Repository", "AWS::ECR::PublicRepository", "Microsoft.ContainerRegistry/registries",
    }
)  # fmt: skip


_REGISTRY_MODULE = re.compile(r"\b(?:ecr|registry|registries|artifact[-_]registry|acr)\b", re.I)


def trace_services(organization: Organization) -> tuple[ServiceTrace, ...]:
    """Return the trace of every service, by repository and name."""
    known = _Known(organization)
    traces = (_trace(known, service) for service in organization.of(Service))
    return tuple(sorted(traces, key=lambda trace: (trace.repository, trace.name, trace.path)))


class _Known:
    """What an organization has that services are traced to, to look up: time must not grow with services × resources."""

    def __init__(self, organization: Organization) -> None:
        self.registries: dict[str, tuple[int, Place]] = {}  # by what they are called; the first declared counts
        for number, (names, at) in enumerate(_registries(organization)):
            for name in names:
                self.registries.setdefault(name, (number, at))
        self.strategies: dict[tuple[str, str], tuple[int, DeliveryStrategy]] = {}
        for number, strategy in enumerate(organization.of(DeliveryStrategy)):
            if not strategy.demo:
                self.strategies.setdefault((strategy.at.repository, _folder(strategy.at)), (number, strategy))
        self.applications: dict[Place, list[tuple[int, Application]]] = {}
        for number, application in enumerate(organization.of(Application)):
            self.applications.setdefault(application.at, []).append((number, application))


def _registries(organization: Organization) -> Iterator[tuple[set[str], Place]]:
    """Yield every declared image registry: what names it goes by, and where."""
    for resource in organization.of(Resource):
        if resource.type in REGISTRIES:
            names = (value for key, value in resource.settings.items() if key in ("name", "repository_id", "RepositoryName"))
            yield {resource.name.lower(), *map(_short, names)}, resource.at
    for module in organization.of(ModuleCall):
        if _REGISTRY_MODULE.search(module.source):
            said = {part.lower() for key, value in module.settings.items() for part in (*key.split("."), *value.split(", "))}
            yield said, module.at


def _folder(place: Place) -> str:
    return place.path.rpartition("/")[0]


def _trace(known: _Known, service: Service) -> ServiceTrace:
    return ServiceTrace(
        name=service.name,
        repository=service.at.repository,
        path=service.folder,
        language=service.language,
        steps=(
            _infrastructure(known, service),
            _container(service),
            _manifest(service),
            _application(service),
            _delivery(known, service),
        ),
    )


def _step(step: Step, status: Status, summary: str, places: Iterable[Place] = ()) -> TraceStep:
    evidence = tuple(Evidence.of(place) for place in list(places)[:3])
    return TraceStep(step=int(step), status=status, summary=summary, evidence=evidence)


def _infrastructure(known: _Known, service: Service) -> TraceStep:
    names = {service.name.lower(), *(_short(image) for image in service.images)}
    found = [known.registries[name] for name in names if name in known.registries]
    if found:
        return _step(Step.IAC, Status.PASS, "its registry is declared in code", [min(found)[1]])
    return _step(Step.IAC, Status.NOT_OBSERVED, "no declared resource names it")


def _short(image: str) -> str:
    return image.rpartition("/")[2].partition("@")[0].partition(":")[0].lower()


def _container(service: Service) -> TraceStep:
    built = service.dockerfile or service.build
    if built and service.pushed_by:
        return _step(Step.CONTAINERS, Status.PASS, "its image is built and pushed by CI", [built, *service.pushed_by])
    if built:
        return _step(Step.CONTAINERS, Status.PARTIAL, "its image has a build, no pipeline pushes it", [built])
    return _step(Step.CONTAINERS, Status.FAIL, "nothing builds its image", [service.at])


def _manifest(service: Service) -> TraceStep:
    if service.workloads:
        return _step(Step.KUBERNETES, Status.PASS, "a workload runs its image", service.workloads)
    return _step(Step.KUBERNETES, Status.FAIL, "no workload found that runs its image")


def _application(service: Service) -> TraceStep:
    if service.applications:
        return _step(Step.GITOPS, Status.PASS, "an application deploys it from git", service.applications)
    return _step(Step.GITOPS, Status.FAIL, "no application found that deploys it")


def _delivery(known: _Known, service: Service) -> TraceStep:
    folders = {(place.repository, _folder(place)) for place in service.workloads}
    found = [known.strategies[folder] for folder in folders if folder in known.strategies]
    if found:
        strategy = min(found, key=itemgetter(0))[1]
        summary = f"released progressively ({strategy.strategy or strategy.product})"
        return _step(Step.AUTOMATION, Status.PASS, summary, [strategy.at])
    deployed = sorted((each for at in set(service.applications) for each in known.applications.get(at, ())), key=itemgetter(0))
    if any(a.auto_sync and (a.self_heal or a.product == "flux") for _, a in deployed):
        return _step(Step.AUTOMATION, Status.PARTIAL, "drift is corrected; releases are not progressive", [deployed[0][1].at])
    return _step(Step.AUTOMATION, Status.FAIL, "no progressive delivery")
