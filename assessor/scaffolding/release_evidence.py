"""What is known of how changes are watched, promoted and released: what templates of automation are filled from.

Names, of a repository: ``drift.possible`` ("yes": it has roots whose state is shared, so that a pipeline can plan them),
``drift.tool`` (terraform or opentofu), ``drift.version`` (where they all ask for the same one) ``updates.bot`` (the bot
that is set up already), ``argocd.applied`` and ``flux.applied`` (the folder in which the controller applies every file). Of the organization: ``rollouts.here`` and ``flagger.here`` ("yes": the controller is declared),
``flux-operator.here`` ("yes": there are objects that only the Flux Operator reads),
``jenkins-x.here`` ("yes": a cluster is run by Jenkins X), ``flux.namespaces`` (where Flux applies from), ``promotion.here`` and ``promotion.previews`` ("yes": versions are promoted by
a tool, pull requests get a preview).

Of a service: ``jenkins-x.pack`` (the pack of its catalog that builds it), ``service.workload`` and ``service.workload_kind`` (what runs it, by its name in the cluster),
``service.released_into`` (the namespace), ``service.progressive`` ("yes": it is delivered step by step),
``service.image_name`` (as it is pushed, without a tag), ``service.image_tags`` (commit or version),
``service.image_pipeline`` and ``service.image_job`` (the workflow or file of jobs, and the job, that push it by commit),
``service.promotable`` and ``service.promoted_file`` ("yes", and the file that says which image production runs).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from assessor.facts.base import Fact, Place
from assessor.facts.containers import LanguageProject, Service
from assessor.facts.gitops import Application, Controller, DeliveryStrategy, Promotion, UpdateBot
from assessor.facts.infrastructure import TerraformRoot
from assessor.facts.manifests import HelmChart, KubernetesObject, Workload
from assessor.facts.pipelines import Activity, Purpose
from assessor.facts.repository import Organization, Repository
from assessor.parsing.yaml import is_dynamic

from .delivery_evidence import PRODUCTION

Item = tuple[str, str, Place | str]

_ONE_VERSION = re.compile(r"(?:=\s*)?(\d+\.\d+\.\d+)\Z|(~>\s*\d+\.\d+\.\d+)\Z")
_PACKS = {name: name for name in ("go", "javascript", "php", "python", "ruby", "rust", "typescript")}
_PACKS |= {"c#": "csharp", "java": "maven-java21", "kotlin": "maven-java21"}
_FLUX_OPERATOR = {"FluxInstance", "ResourceSet", "ResourceSetInputProvider"}
_LISTING = ("Chart.yaml", "kustomization.yaml", "kustomization.yml", "Kustomization")
_NAME = re.compile(r"([\w.-]+(?::\d+)?(?:/[\w.-]+)+)(?::|@|\Z)")  # an image that names its registry or owner, without its tag
_BY_COMMIT = re.compile(r"sha|commit|revision", re.I)


def of_release(organization: Organization, repository: Repository, subject: Fact, slug: str) -> Iterator[Item]:
    """Yield what is known; `slug` is the name that templates give the subject."""
    yield from _drift(repository)
    yield from _applied(repository)
    for bot in repository.of(UpdateBot):
        yield "updates.bot", bot.tool, bot.at
    flux = [a for a in organization.of(Application) if a.product == "flux" and a.namespace and not is_dynamic(a.namespace)]
    namespaces = sorted({"flux-system", *(a.namespace for a in flux)})
    yield "flux.namespaces", " ".join(namespaces), flux[0].at if flux else repository.at
    controllers = {controller.product: controller.at for controller in organization.of(Controller) if not controller.scripted}
    for name, product in (("rollouts.here", "argo-rollouts"), ("flagger.here", "flagger")):
        yield name, "yes" if product in controllers else "no", controllers.get(product, repository.at)
    operated = [o.at for o in organization.of(KubernetesObject) if o.type in _FLUX_OPERATOR]
    yield "flux-operator.here", "yes" if operated else "no", operated[0] if operated else repository.at
    promotions = [(p.preview, p.at) for p in organization.of(Promotion)]
    promotions += [(False, a.at) for a in organization.of(Activity) if a.purpose is Purpose.COMMIT_BACK and not a.manual]
    for name, preview in (("promotion.previews", True), ("promotion.here", False)):
        place = next((at for is_preview, at in promotions if is_preview is preview), None)
        yield name, "yes" if place else "no", place or repository.at
    jenkins_x = next((c.at for c in organization.of(Controller) if c.product == "jenkins-x"), None)
    yield "jenkins-x.here", "yes" if jenkins_x else "no", jenkins_x or repository.at
    if isinstance(subject, Service):
        yield from _build_pack(repository, subject)
        yield from _released(organization, subject, slug)
        yield from _image(organization, repository, subject)


def _build_pack(repository: Repository, service: Service) -> Iterator[Item]:
    """Yield the pack of the Jenkins X catalog that builds a service."""
    tools = {p.package_manager for p in repository.of(LanguageProject) if p.folder == service.folder}
    pack = "gradle" if service.language in ("java", "kotlin") and "gradle" in tools else _PACKS.get(service.language, "")
    yield "jenkins-x.pack", pack, service.at


def _applied(repository: Repository) -> Iterator[Item]:
    """Yield the folder in which a controller takes whatever it finds: no chart renders it, no kustomization lists its files."""
    applications = [a for a in repository.of(Application) if not a.templated]
    for product in ("argocd", "flux"):
        found = {}
        for application in applications:
            for source in application.sources if application.product == product and not application.suspended else ():
                folder = source.path.removeprefix("./").strip("/")
                listed = any(f"{folder}/{name}" in repository.file_set for name in _LISTING)
                below = [a for a in applications if a.at.path.startswith(f"{folder}/")]
                direct = [a for a in below if a.at.path.rpartition("/")[0] == folder]
                if folder and not (source.chart or listed) and (direct if source.shallow else below):
                    found[folder] = application.at
        if found:
            folder = min(found, key=lambda name: (not PRODUCTION.search(name), name.count("/"), name))
            yield f"{product}.applied", folder, found[folder]


def _drift(repository: Repository) -> Iterator[Item]:
    """Yield the roots that a pipeline can plan: not those of Terragrunt, and not those whose state lies on somebody's disk."""
    roots = [
        root
        for root in repository.of(TerraformRoot)
        if root.tool in ("terraform", "opentofu") and root.backend and root.backend.type != "local"
    ]
    yield "drift.possible", "yes" if roots else "no", roots[0].at if roots else repository.at
    if not roots:
        return
    yield "drift.tool", "opentofu" if all(root.tool == "opentofu" for root in roots) else "terraform", roots[0].at
    wanted = {root.required_version for root in roots}
    one = _ONE_VERSION.match(wanted.pop()) if len(wanted) == 1 else None
    yield "drift.version", (one.group(1) or one.group(2)) if one else "", roots[0].at


def _released(organization: Organization, service: Service, slug: str) -> Iterator[Item]:
    """Yield what runs a service. The names in a chart are made at release: by convention from those of release and chart."""
    files = {(place.repository, place.path) for place in service.workloads}
    found = [w for w in organization.of(Workload) if (w.at.repository, w.at.path) in files]
    workload = next((w for w in found if w.type == "Deployment"), found[0] if found else None)
    if workload is None:
        return
    places = {(place.repository, place.path, place.line) for place in service.applications}
    applications = [a for a in organization.of(Application) if (a.at.repository, a.at.path, a.at.line) in places]
    application = next((a for a in applications if not a.templated and not is_dynamic(a.name)), None)
    name = workload.name
    if not name or is_dynamic(name):
        release = application.name if application else slug
        chart = next((c.name for c in organization.of(HelmChart) if c.folder == workload.chart), release)
        name = release if chart in release else f"{release}-{chart}"
    yield "service.workload", name, workload.at
    yield "service.workload_kind", workload.type, workload.at
    namespace = application.namespace if application and application.product == "flux" else ""
    yield "service.released_into", namespace, application.at if application else workload.at
    strategies = [s for s in organization.of(DeliveryStrategy) if s.name in (name, slug) and not s.manual]
    yield "service.progressive", "yes" if strategies else "no", strategies[0].at if strategies else workload.at


def _image(organization: Organization, repository: Repository, service: Service) -> Iterator[Item]:
    """Yield which workflow pushes the image of a service, and whether its tags tell a commit or a version."""
    places = {(place.repository, place.path, place.line) for place in service.pushed_by}
    pushes = [
        a
        for a in organization.of(Activity)
        if a.purpose is Purpose.PUSH_IMAGE and (a.at.repository, a.at.path, a.at.line) in places
    ]
    for push in pushes:
        told = " ".join((*push.tags, push.subject))
        by_commit = bool(_BY_COMMIT.search(told))
        name = next((found.group(1) for text in (push.subject, *push.tags) if (found := _NAME.match(text))), "")
        yield "service.image_name", name, push.at
        yield "service.image_tags", "commit" if by_commit else "version" if told.strip() else "", push.at
        if by_commit and push.system in ("github", "gitlab") and push.at.repository == repository.name:
            yield "service.image_pipeline", push.pipeline.rpartition("/")[2], push.at
            yield "service.image_job", push.job, push.at
            yield from _promotable(repository, service)


def _promotable(repository: Repository, service: Service) -> Iterator[Item]:
    """Yield the file that says which image of a service production runs, where it is the values file of a chart beside it."""
    folders = {place.path.partition("/templates/")[0] for place in service.workloads if place.repository == repository.name}
    for chart in repository.of(HelmChart):
        production = next((path for path in chart.values_files if PRODUCTION.search(path)), None)
        if chart.folder in folders and production:
            yield "service.promoted_file", production, chart.at
            yield "service.promotable", "yes", chart.at
