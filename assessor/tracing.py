"""Follows each service along the five steps: from the infrastructure it needs to how it is released."""

from __future__ import annotations

import re
from collections.abc import Iterable

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
    traces = (_trace(organization, service) for service in organization.of(Service))
    return tuple(sorted(traces, key=lambda trace: (trace.repository, trace.name, trace.path)))


def _trace(organization: Organization, service: Service) -> ServiceTrace:
    return ServiceTrace(
        name=service.name,
        repository=service.at.repository,
        path=service.folder,
        language=service.language,
        steps=(
            _infrastructure(organization, service),
            _container(service),
            _manifest(service),
            _application(service),
            _delivery(organization, service),
        ),
    )


def _step(step: Step, status: Status, summary: str, places: Iterable[Place] = ()) -> TraceStep:
    evidence = tuple(Evidence.of(place) for place in list(places)[:3])
    return TraceStep(step=int(step), status=status, summary=summary, evidence=evidence)


def _infrastructure(organization: Organization, service: Service) -> TraceStep:
    names = {service.name.lower(), *(_short(image) for image in service.images)}
    for resource in organization.of(Resource):
        said = {
            resource.name.lower(),
            *(_short(value) for key, value in resource.settings.items() if key in ("name", "repository_id", "RepositoryName")),
        }
        if resource.type in REGISTRIES and said & names:
            return _step(Step.IAC, Status.PASS, "its registry is declared in code", [resource.at])
    for module in organization.of(ModuleCall):
        if _REGISTRY_MODULE.search(module.source):
            said = {part.lower() for key, value in module.settings.items() for part in (*key.split("."), *value.split(", "))}
            if said & names:
                return _step(Step.IAC, Status.PASS, "its registry is declared in code", [module.at])
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


def _delivery(organization: Organization, service: Service) -> TraceStep:
    folders = {(p.repository, p.path.rpartition("/")[0]) for p in service.workloads}
    for strategy in organization.of(DeliveryStrategy):
        if (strategy.at.repository, strategy.at.path.rpartition("/")[0]) in folders and not strategy.demo:
            return _step(
                Step.AUTOMATION, Status.PASS, f"released progressively ({strategy.strategy or strategy.product})", [strategy.at]
            )
    deployed = [a for a in organization.of(Application) if a.at in service.applications]
    if any(a.auto_sync and (a.self_heal or a.product == "flux") for a in deployed):
        return _step(Step.AUTOMATION, Status.PARTIAL, "drift is corrected; releases are not progressive", [deployed[0].at])
    return _step(Step.AUTOMATION, Status.FAIL, "no progressive delivery")
