"""What is known of a subject, by name, each with the place it was seen: what templates' answers are filled from.

Names: ``repository.*`` (name, slug, owner, url, branch, host), ``service.*`` (name, slug: what templates call it, folder, language, port, image,
why, and the states dockerfile, pushed, workloads, applications as "yes" or "no"), ``project.*`` (name, version,
package_manager, entry, and what `project_evidence` adds), ``root.*`` (folder, slug, backend), ``state.*`` (bucket, region, key, container …, from other roots),
``cloud``, ``region``, ``ci``, ``gitops``, ``cluster.*`` (name, version), ``registry.*`` (host, and what `image_evidence` adds), ``config.*``
(repository, url, folder), ``chart.*`` (folder, name), ``namespace``, ``team``, and what `delivery_evidence`,
`release_evidence` and `terraform_evidence` add.
What is not known is absent.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from assessor.facts.base import Fact, Place
from assessor.facts.containers import LanguageProject, Service
from assessor.facts.gitops import Application, Controller
from assessor.facts.infrastructure import ModuleCall, Resource, TerraformRoot
from assessor.facts.manifests import HelmChart, Kustomization, Workload
from assessor.facts.pipelines import Activity, Pipeline, Purpose
from assessor.facts.repository import Organization, Repository

from .delivery_evidence import of_delivery
from .image_evidence import of_image, of_infrastructure, of_registries
from .project_evidence import of_project
from .release_evidence import of_release
from .terraform_evidence import of_terraform


@dataclass(frozen=True, slots=True)
class Known:
    """A value and where it comes from: a place as text, or "the option --cloud" and the like."""

    value: str
    origin: str


Evidence = dict[str, Known]


def slug(text: str, limit: int = 50) -> str:
    """Return a name Kubernetes, registries and forges accept: lower case, digits and dashes."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:limit].strip("-") or "app"


def naming(organization: Organization) -> Callable[[Service], str]:
    """Return what tells what templates call a service: its own name, and before it its repository's if others have the same.

    What is generated for services of several repositories meets: in that of the configuration, in a registry, in a cluster.
    """
    found: dict[tuple[str, str], str] = {}
    left = {(service.at.repository, service.name): _ways(service) for service in organization.of(Service)}
    for way in range(3):
        counts = Counter(ways[way] for ways in left.values())
        taken = set(found.values())
        found |= {key: ways[way] for key, ways in left.items() if counts[ways[way]] == 1 and ways[way] not in taken}
        left = {key: ways for key, ways in left.items() if key not in found}
    found |= {key: ways[-1] for key, ways in left.items()}
    return lambda service: found[service.at.repository, service.name]


def _ways(service: Service) -> tuple[str, ...]:
    name = slug(service.name)
    homes = (slug(service.at.repository.rpartition("/")[2]), slug(service.at.repository))
    return (name, *(home if f"-{home}".endswith(f"-{name}") else slug(f"{home}-{name}") for home in homes))


def evidence(organization: Organization, repository: Repository, subject: Fact, choices: dict[str, str]) -> Evidence:
    """Return what is known for a subject of a repository; `choices` (cloud, gitops, ci) come from options and win."""
    known: Evidence = {}
    called = naming(organization)
    name = called(subject) if isinstance(subject, Service) else slug(subject.label)
    delivery = of_delivery(organization, repository, subject, parse_remote, config_repository(organization), called)
    release = of_release(organization, repository, subject, name)
    own = (_of_repository(organization, repository), _of_subject(repository, subject, name))
    for source in (_estate(organization, called), *own, delivery, release):
        for name, value, place in source:
            if value and name not in known:
                known[name] = Known(value, _origin(place))
    for name, value in choices.items():
        if value:
            known[name] = Known(value, f"the option --{name}")
    if "cloud" in known:
        known |= {
            name: Known(value, _origin(place)) for name, value, place in of_infrastructure(repository, known["cloud"].value)
        }
    cloud = known["cloud"].value if "cloud" in known else ""
    terraform = of_terraform(organization, repository, subject, cloud)
    known |= {name: Known(value, _origin(place)) for name, value, place in terraform if value}
    return known


Item = tuple[str, str, Place | str]


def _origin(place: Place | str) -> str:
    if isinstance(place, str):
        return place
    return f"{place.repository}/{place}" if place.path else place.repository


def _of_repository(organization: Organization, repository: Repository) -> Iterator[Item]:
    at = repository.at
    host, owner, name = parse_remote(repository.remote)
    yield "repository.name", repository.name, at
    yield "repository.slug", slug(name or repository.name), at
    yield "repository.owner", owner, "the origin remote"
    yield "repository.host", host, "the origin remote"
    if host and owner:
        yield "repository.url", f"https://{host}/{owner}/{name}.git", "the origin remote"
    yield "repository.branch", repository.branch, at
    yield "ci", _ci(organization, repository, host), "the repository's pipelines or host"
    charts = [chart for chart in repository.of(HelmChart) if chart.templates and not chart.vendored]
    if charts:
        yield "chart.folder", charts[0].folder or ".", charts[0].at
        yield "chart.name", charts[0].name, charts[0].at


def parse_remote(remote: str) -> tuple[str, str, str]:
    """Split a remote's address into host, owner (with groups) and name; empty where it is none."""
    found = re.match(r"(?:[a-z+]+://)?(?:[^@/]+@)?([\w.-]+)(?::\d+)?[/:](.+?)/([^/]+?)(?:\.git)?/?\Z", remote)
    return (found.group(1), found.group(2), found.group(3)) if found and "." in found.group(1) else ("", "", "")


def _ci(organization: Organization, repository: Repository, host: str) -> str:
    systems = Counter(p.system for p in repository.of(Pipeline)) or Counter(p.system for p in organization.of(Pipeline))
    for system in ("github", "gitlab"):
        if systems.get(system):
            return system
    return "gitlab" if "gitlab" in host else "github" if "github" in host or not systems else ""


def _of_subject(repository: Repository, subject: Fact, name: str) -> Iterator[Item]:
    if isinstance(subject, Service):
        yield "service.slug", name, subject.at
        yield from _of_service(repository, subject)
    elif isinstance(subject, TerraformRoot):
        yield "root.folder", subject.folder or ".", subject.at
        yield "root.slug", slug(subject.folder.replace("/", "-") or repository.name), subject.at
        yield "root.backend", subject.backend.type if subject.backend else "none", subject.at


def _of_service(repository: Repository, service: Service) -> Iterator[Item]:
    yield "service.name", service.name, service.at
    yield "service.folder", service.folder or ".", service.at
    yield "service.language", service.language, service.at
    yield "service.port", str(service.port or ""), service.at
    yield "service.why", service.why, service.at
    yield "service.image", service.images[0] if service.images else "", service.at
    built = service.dockerfile or service.build
    yield "service.dockerfile", "yes" if built else "no", built or service.at
    yield "service.pushed", "yes" if service.pushed_by else "no", service.at
    yield "service.workloads", "yes" if service.workloads else "no", service.at
    yield "service.applications", "yes" if service.applications else "no", service.at
    yield from of_image(repository, service)
    for project in repository.of(LanguageProject):
        if project.folder == service.folder and project.language == service.language:
            yield "project.name", project.name, project.at
            yield "project.version", project.version, project.at
            yield "project.package_manager", project.package_manager, project.at
            yield "project.entry", project.entry_points[0] if project.entry_points else "", project.at
            yield "service.port", str(project.port or ""), project.at
            yield from of_project(repository, service, project)


_CLOUDS = {"aws": ("aws_", "AWS::"), "gcp": ("google_", "gcp:"), "azure": ("azurerm_", "Microsoft.", "azure-native:")}


def _estate(organization: Organization, called: Callable[[Service], str]) -> Iterator[Item]:
    """Yield what holds for the whole organization."""
    resources = organization.of(Resource)
    yield from _cloud(organization, resources)
    yield from _state(organization)
    yield from _setting(resources, "region", r"[a-z]{2}(?:-[a-z]+)+-?\d\Z", ("region", "location"))
    yield from _cluster(organization, resources)
    yield from _delivery(organization, called)


def _cloud(organization: Organization, resources: Iterable[Resource]) -> Iterator[Item]:
    counts: Counter[str] = Counter()
    first: dict[str, Place] = {}
    for resource in resources:
        for cloud, prefixes in _CLOUDS.items():
            if resource.type.startswith(prefixes):
                counts[cloud] += 1
                first.setdefault(cloud, resource.at)
    for root in organization.of(TerraformRoot):
        for cloud, provider in (("aws", "aws"), ("gcp", "google"), ("azure", "azurerm")):
            if provider in root.providers:
                counts[cloud] += 1
                first.setdefault(cloud, root.at)
    if counts:
        cloud = max(sorted(counts), key=lambda name: counts[name])
        yield "cloud", cloud, first[cloud]


def _state(organization: Organization) -> Iterator[Item]:
    """Yield the settings of the backend that other roots use."""
    for root in organization.of(TerraformRoot):
        if root.backend and root.backend.type in ("s3", "gcs", "azurerm"):
            for key, value in root.backend.settings.items():
                if value and "${" not in value:
                    yield f"state.{key}", value, root.backend.at
            yield "region", root.backend.settings.get("region", ""), root.backend.at


def _setting(resources: Iterable[Resource], name: str, shape: str, keys: tuple[str, ...]) -> Iterator[Item]:
    for resource in resources:
        for key in keys:
            value = resource.settings.get(key, "")
            if re.match(shape, value):
                yield name, value, resource.at


_CLUSTERS = ("aws_eks_cluster", "google_container_cluster", "azurerm_kubernetes_cluster", "AWS::EKS::Cluster")


def _cluster(organization: Organization, resources: Iterable[Resource]) -> Iterator[Item]:
    candidates: list[Resource | ModuleCall] = [r for r in resources if r.type in _CLUSTERS]
    candidates += [m for m in organization.of(ModuleCall) if re.search(r"\beks\b|\bgke\b|kubernetes-engine|\baks\b", m.source)]
    for item in candidates:
        for key in ("name", "cluster_name"):
            if _literal(item.settings.get(key, "")):
                yield "cluster.name", item.settings[key], item.at
        for key in ("version", "cluster_version", "kubernetes_version", "min_master_version"):
            if _literal(item.settings.get(key, "")):
                yield "cluster.version", item.settings[key], item.at


def _literal(value: str) -> bool:
    return bool(value) and "${" not in value


def _delivery(organization: Organization, called: Callable[[Service], str]) -> Iterator[Item]:
    for controller in organization.of(Controller):
        if controller.product in ("argocd", "flux") and not controller.placeholder:
            yield "gitops", controller.product, controller.at
    for application in organization.of(Application):
        if application.product in ("argocd", "flux"):
            yield "gitops", application.product, application.at
    config = config_repository(organization)
    if config:
        host, owner, name = parse_remote(config.remote)
        yield "config.repository", config.name, config.at
        if host and owner:
            yield "config.url", f"https://{host}/{owner}/{name}.git", "the origin remote"
    yield from _registry(organization)
    yield from of_registries(organization)
    slugs = sorted(set(map(called, (s for s in organization.of(Service) if s.content == "own"))))
    yield "services.slugs", " ".join(slugs), "the services that were found"
    for workload in organization.of(Workload):
        if workload.namespace and "tpl-" not in workload.namespace:
            yield "namespace", workload.namespace, workload.at


def _registry(organization: Organization) -> Iterator[Item]:
    for activity in organization.of(Activity):
        if activity.purpose is Purpose.PUSH_IMAGE:
            host = activity.subject.partition("/")[0]
            if "." in host and "$" not in host and "{" not in host:
                yield "registry.host", host, activity.at


def config_repository(organization: Organization) -> Repository | None:
    """Return the repository that holds the GitOps configuration: most applications, else most manifests, else the only one."""

    def most(count: Callable[[Repository], int]) -> Repository | None:
        best = max(organization.repositories, key=lambda r: (count(r), r.name), default=None)
        return best if best and count(best) else None

    return (
        most(lambda r: len(r.of(Application)) + len(r.of(Controller)))
        or most(lambda r: 0 if r.of(Service) else len(r.of(Kustomization)) + len(r.of(Workload)))
        or most(lambda r: len(r.of(Kustomization)) + len(r.of(Workload)))
        or (organization.repositories[0] if len(organization.repositories) == 1 else None)
    )


def infrastructure_repository(organization: Organization) -> Repository | None:
    """Return the repository that holds the infrastructure: most Terraform roots, else that of the configuration."""
    best = max(organization.repositories, key=lambda r: (len(r.of(TerraformRoot)), r.name), default=None)
    if best and best.of(TerraformRoot):
        return best
    return config_repository(organization)  # the place for what belongs to no service, where there is no infrastructure yet
