"""What is known of images: how one is built, where the organization keeps them, and where that is declared.

Names: ``service.builder`` (dockerfile, other or none), ``service.context``, ``service.dockerfile_path``,
``service.ignore_file`` ("yes": its build has one), ``service.prebuilt`` (what its Dockerfile copies and the repository does not
hold), ``service.port`` (that of its base image, where nothing nearer says one), ``service.scanned``
("yes": a pipeline of its repository scans images);
``registry.kind`` (ecr, artifact-registry, acr, ghcr or gitlab), ``services.slugs`` (of all that have an image),
``infrastructure.root`` (the Terraform root for what all services share) and ``infrastructure.fresh`` ("yes": there is none).
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator

from assessor.facts.base import Place
from assessor.facts.containers import Dockerfile, Service
from assessor.facts.infrastructure import TerraformRoot
from assessor.facts.pipelines import Activity, Purpose
from assessor.facts.repository import Organization, Repository

Item = tuple[str, str, Place | str]

_HOSTS = (
    (re.compile(r"\.dkr\.ecr\.|ecr-login|public\.ecr\.aws"), "ecr"),
    (re.compile(r"-docker\.pkg\.dev|\bgcr\.io/"), "artifact-registry"),
    (re.compile(r"\.azurecr\.io"), "acr"),
    (re.compile(r"\bghcr\.io/"), "ghcr"),
    (re.compile(r"registry\.gitlab\.com|\$\{?CI_REGISTRY"), "gitlab"),
)
# What images listen on that a service's own is based on, as their documentation says.
_PORTS = (
    (re.compile(r"(?:^|/)(?:nginx|httpd|caddy)(?:[:@]|\Z)|tiangolo/(?:uvicorn|meinheld)-gunicorn|(?:^|/)php:\S*apache"), "80"),
    (re.compile(r"nginx-unprivileged|(?:^|/)(?:tomcat|jetty)(?:[:@]|\Z)"), "8080"),
)
_PLAIN = re.compile(r"[\w./-]+")
PROVIDERS = {"aws": "aws", "gcp": "google", "azure": "azurerm"}
_SHARED = re.compile(r"shared|global|common|registry|ecr|acr|core|platform|management|mgmt|tools", re.I)
_PRODUCTION = re.compile(r"(?:^|[/_-])(?:prod|production|live|prd)(?:$|[/_-])", re.I)


def of_image(repository: Repository, service: Service) -> Iterator[Item]:
    """Yield how a service's image is built."""
    file = next((d for d in repository.of(Dockerfile) if service.dockerfile and d.at.path == service.dockerfile.path), None)
    yield "service.builder", "dockerfile" if file else "other" if service.build else "none", service.at
    scans = [a for a in repository.of(Activity) if a.purpose is Purpose.SCAN_IMAGE and not a.manual]
    yield "service.scanned", "yes" if scans else "no", scans[0].at if scans else service.at
    if file:
        yield "service.dockerfile_path", file.at.path, file.at
        yield "service.ignore_file", "yes" if file.ignore_file else "no", file.at
        context = file.folder if file.context is None else file.context
        yield "service.context", context or ".", file.at
        yield "service.prebuilt", " ".join(_absent(repository, context, file.copies))[:250], file.at
        base = file.final[-1].base if file.final else ""
        yield "service.port", next((port for shape, port in _PORTS if shape.search(base)), ""), file.at


def _absent(repository: Repository, context: str, copies: Iterable[str]) -> Iterator[str]:
    """Yield what a Dockerfile copies and the repository does not hold: something must be built before."""
    for source in copies:
        path = posixpath.normpath(posixpath.join(context, source.lstrip("/")))
        held = path == "." or path in repository.file_set or any(file.startswith(f"{path}/") for file in repository.files)
        if not held and _PLAIN.fullmatch(source):
            yield source


def of_registries(organization: Organization) -> Iterator[Item]:
    """Yield where images are pushed to, and the names of the services that have one."""
    for push in organization.of(Activity):
        if push.purpose is Purpose.PUSH_IMAGE:
            kind = next((kind for shape, kind in _HOSTS if shape.search(f"{push.subject} {' '.join(push.tags)}")), "")
            yield "registry.kind", kind, push.at


def of_infrastructure(repository: Repository, cloud: str) -> Iterator[Item]:
    """Yield the root of an infrastructure repository in which to declare what all services share."""
    provider = PROVIDERS.get(cloud, "")
    roots = [root for root in repository.of(TerraformRoot) if provider in root.providers]
    best = min(
        roots,
        key=lambda r: (not _SHARED.search(r.folder), not _PRODUCTION.search(r.folder), r.folder.count("/"), r.folder),
        default=None,
    )
    if best:
        yield "infrastructure.root", best.folder or ".", best.at
    yield "infrastructure.fresh", "no" if best else "yes", best.at if best else repository.at
