"""What is known of how a service reaches a cluster, by name: what templates of Kubernetes and GitOps are filled from.

Names: ``service.source`` (the folder a controller would be pointed at: the chart, the overlay for production or the
folder of manifests that runs the service), ``service.renderer`` (helm, kustomize or manifests), ``service.values`` (the
chart's values file for production, inside the chart), ``service.source_url`` (the repository that folder is in),
``service.chart_here`` ("yes": that is the service's own), ``service.source_repository`` and ``service.source_branch`` (its name and branch), ``service.namespace``, ``service.user``
("yes": its image runs as a user with a number, which is all Kubernetes can verify), ``service.repository``,
``service.owner`` and ``service.url`` (the repository of the service itself), ``service.published`` (the name the
templates of step 2 give its image at the registry of the forge), ``manifests.style`` (of a repository: kustomize where
overlays are the way there already, else helm), ``manifests.here`` and ``manifests.validated`` ("yes": it holds what a
controller applies, and pull requests check it), ``argocd.folder`` and ``flux.folder`` (where it keeps objects for the
controller), ``gitops.other`` ("yes": a controller that no template is for is the way there), ``service.objects`` and
``service.listed`` (the files beside plain manifests of a service, and "yes" when all can be listed), ``argocd.project`` and ``argocd.platform`` (the projects of applications and of what they share),
``config.here`` ("yes": the repository is the one that holds the GitOps configuration), ``config.service`` (the first
service that has manifests), ``owner.repositories`` (a pattern of the owner's repositories).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator

from assessor.deriving.gitops_builds import Builds
from assessor.facts.base import Fact, Place
from assessor.facts.containers import Dockerfile, Service
from assessor.facts.gitops import Application, Controller, Project
from assessor.facts.manifests import HelmChart, KubernetesObject, Kustomization, Workload
from assessor.facts.pipelines import Activity, Event, Purpose
from assessor.facts.repository import Organization, Repository
from assessor.parsing.yaml import is_dynamic
from assessor.readers.gitops.products import RECONCILERS

Item = tuple[str, str, Place | str]
Parse = Callable[[str], tuple[str, str, str]]

MAX_LISTED = 300  # an answer is no longer
_FILE = re.compile(r"[\w.-]+\.ya?ml")
PRODUCTION = re.compile(r"(?:^|[-_./])(?:prod|prd|production|live)(?:[-_./]|\Z)")
# Forges whose own registry takes images under the repository's address.
_REGISTRIES = {"github.com": "ghcr.io", "gitlab.com": "registry.gitlab.com"}


def of_delivery(
    organization: Organization,
    repository: Repository,
    subject: Fact,
    parse: Parse,
    config: Repository | None,
    called: Callable[[Service], str],
) -> Iterator[Item]:
    """Yield what is known.

    `parse` splits a remote into host, owner and name, `config` is the repository of the configuration, `called` says what
    templates call a service.
    """
    host, owner, name = parse(repository.remote)
    yield "manifests.style", _style(repository), repository.at
    yield from _manifests(repository)
    yield from _applications(organization, repository)
    if config is not None:
        yield "config.here", "yes" if config.name == repository.name else "no", config.at
    if host and owner:
        yield "owner.repositories", f"https://{host}/{owner}/*", "the origin remote"
    products = {a.product for a in organization.of(Application)} | {c.product for c in organization.of(Controller)}
    products &= RECONCILERS
    yield "gitops.other", "yes" if products and not products & {"argocd", "flux"} else "no", organization.at
    deployed = [service for service in organization.of(Service) if service.workloads]
    if deployed:
        yield "config.service", called(deployed[0]), deployed[0].at
    if isinstance(subject, Service):
        yield from _home(organization, subject, parse)
        if registry := _REGISTRIES.get(host, ""):
            path = f"{owner}/{called(subject)}" if host == "github.com" else f"{owner}/{name}/{called(subject)}"
            yield "service.published", f"{registry}/{path.lower()}", "the origin remote"
        yield "service.user", _user(repository, subject), subject.dockerfile or subject.at
        yield from _deployment(organization, subject, parse)


def _home(organization: Organization, service: Service, parse: Parse) -> Iterator[Item]:
    """Yield the repository of the service itself, wherever the piece about it goes."""
    home = next((r for r in organization.repositories if r.name == service.at.repository), None)
    if home is not None:
        host, owner, name = parse(home.remote)
        yield "service.repository", _slug(name or home.name), home.at
        yield "service.owner", owner, "the origin remote"
        yield "service.url", f"https://{host}/{owner}/{name}.git" if host and owner else "", "the origin remote"


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:50].strip("-") or "app"


def _style(repository: Repository) -> str:
    """Return what the repository's own manifests are made with; an installation that is only referred to says nothing."""
    if any(chart.templates and not chart.vendored for chart in repository.of(HelmChart)):
        return "helm"
    builds, files = Builds(repository, repository), {w.at.path for w in repository.of(Workload)}
    own = any(files & builds.files(k.folder) for k in repository.of(Kustomization))
    return "kustomize" if own else "helm"


def _manifests(repository: Repository) -> Iterator[Item]:
    """Yield whether there is anything a controller would apply, and whether pull requests check it."""
    kinds = (Application, Workload, HelmChart, Kustomization)
    first = next((facts[0].at for kind in kinds if (facts := repository.of(kind))), None)
    yield "manifests.here", "yes" if first else "no", first or repository.at
    checks = [
        a
        for a in repository.of(Activity)
        if a.purpose in (Purpose.RENDER, Purpose.SCHEMA, Purpose.POLICY) and a.on(Event.PULL_REQUEST) and a.blocking is not False
    ]
    yield "manifests.validated", "yes" if checks else "no", checks[0].at if checks else repository.at


def _applications(organization: Organization, repository: Repository) -> Iterator[Item]:
    """Yield where objects for the controller stand already, and the Argo CD project for applications."""
    for product in ("argocd", "flux"):
        own = [a for a in repository.of(Application) if a.product == product and not a.templated and "/" in a.at.path]
        folders = Counter(a.at.path.rpartition("/")[0] for a in own if not a.at.path.rpartition("/")[0].endswith("flux-system"))
        if folders:
            folder = min(folders, key=lambda name: (-folders[name], name))
            yield f"{product}.folder", folder, next(a.at for a in own if a.at.path.startswith(folder + "/"))
    projects = [p for p in organization.of(Project) if p.name not in ("", "default", "platform") and not is_dynamic(p.name)]
    installed = [c for c in organization.of(Controller) if c.product == "argocd"]
    if projects:
        best = min(projects, key=lambda p: (p.name != "applications", p.name))
        yield "argocd.project", best.name, best.at
    elif installed:
        yield "argocd.project", "default", installed[0].at
    if installed and not any(p.name == "platform" for p in organization.of(Project)):
        yield "argocd.platform", "default", installed[0].at


def _user(repository: Repository, service: Service) -> str:
    if service.dockerfile is None:
        return ""
    for dockerfile in repository.of(Dockerfile):
        if dockerfile.at == service.dockerfile:
            user = next((stage.user for stage in dockerfile.final if stage.user), None) or ""
            number = user.partition(":")[0]
            return "yes" if number.isdecimal() and int(number) > 0 else "no"
    return ""


def _deployment(organization: Organization, service: Service, parse: Parse) -> Iterator[Item]:
    """Yield where the workloads of a service are declared."""
    files = {(place.repository, place.path) for place in service.workloads}
    workload = next((w for w in organization.of(Workload) if (w.at.repository, w.at.path) in files), None)
    home = next((r for r in organization.repositories if workload and r.name == workload.at.repository), None)
    if workload is None or home is None:
        return
    host, owner, name = parse(home.remote)
    yield "service.source_repository", _slug(name or home.name), home.at
    yield "service.chart_here", "yes" if home.name == service.at.repository else "no", home.at
    yield "service.source_url", f"https://{host}/{owner}/{name}.git" if host and owner else "", "the origin remote"
    yield "service.source_branch", home.branch, home.at
    chart = next((c for c in home.of(HelmChart) if workload.chart == c.folder and c.templates), None)
    if chart is not None and workload.templated:
        yield "service.renderer", "helm", chart.at
        yield "service.source", chart.folder or ".", chart.at
        inside = [path[len(chart.folder) + 1 if chart.folder else 0 :] for path in chart.values_files]
        yield "service.values", next((path for path in inside if PRODUCTION.search(path)), "none"), chart.at
        return
    build = _overlay(home, workload.at.path)
    namespace = (build.namespace if build else "") or workload.namespace
    yield "service.namespace", "" if is_dynamic(namespace) else namespace, build.at if build else workload.at
    yield "service.renderer", "kustomize" if build else "manifests", build.at if build else workload.at
    folder = build.folder if build else workload.at.path.rpartition("/")[0]
    yield "service.source", folder or ".", build.at if build else workload.at
    if build is None and not workload.templated and folder:
        objects = {o.at.path.rpartition("/")[2] for o in home.of(KubernetesObject) if o.at.path.rpartition("/")[0] == folder}
        listed = " ".join(sorted(objects))
        plain = len(listed) <= MAX_LISTED and all(_FILE.fullmatch(name) for name in objects)
        yield "service.objects", listed if plain else "", workload.at
        yield "service.listed", "yes" if plain and home.name == service.at.repository else "no", workload.at


def _overlay(repository: Repository, path: str) -> Kustomization | None:
    """Return the build to deploy a file with: one for production first, then one that no other builds on."""
    builds = Builds(repository, repository)
    found = [k for k in repository.of(Kustomization) if not k.component and path in builds.files(k.folder)]
    return min(found, key=lambda k: (not PRODUCTION.search(k.folder), bool(k.base_of), k.folder), default=None)
