"""Joins clusters with what files declare: API versions, controllers, workloads, images; and says what does not agree."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from assessor.facts.aws import EksCluster
from assessor.facts.base import Place
from assessor.facts.cluster import WORKLOADS, Cluster, RunningWorkload, Unserved
from assessor.facts.containers import Service
from assessor.facts.gitops import Controller
from assessor.facts.live import Contradiction
from assessor.facts.manifests import HelmChart, KubernetesObject, Kustomization, Workload
from assessor.facts.repository import Organization, Repository
from assessor.parsing.images import parse_image, repository_of
from assessor.parsing.yaml import is_dynamic
from assessor.readers.gitops.products import PROGRESSIVE, RECONCILERS

from .base import Joiner, joiner
from .gitops_reach import Directory
from .live_applications import application_contradictions, complete, contradiction, dynamic, fits, sources_here, specific

_WORKING = ("ACTIVE", "UPDATING")  # states of an EKS capability in which it reconciles
MAX_OF_A_KIND = 100  # contradictions of one name; more tell nothing new


@joiner(replaces=(Cluster,))
def served_versions(organization: Organization) -> Iterator[Cluster]:
    """Yield each cluster with the objects in files that its applications bring to it in a version it does not serve."""
    clusters = organization.of(Cluster)
    directory = Directory(organization) if clusters else None
    for cluster in clusters:
        if directory is None or not cluster.served:
            yield cluster
            continue
        objects = list(_brought(cluster, directory))
        served = {*cluster.served, "v1"}
        unserved = sorted({Unserved(at=o.at, version=f"{_version(o)} {o.type}") for o in objects if _version(o) not in served})
        yield msgspec.structs.replace(cluster, declared=len(objects), unserved=tuple(unserved[:MAX_OF_A_KIND]))


def _version(item: KubernetesObject) -> str:
    return f"{item.group}/{item.version}" if item.group else item.version


def _brought(cluster: Cluster, directory: Directory) -> Iterator[KubernetesObject]:
    seen: set[Place] = set()
    for _, repository, folder in sources_here(cluster, directory):
        for item in directory.builds_of(repository).objects(folder):
            plain = item.version and not (item.templated or item.conditional_api)
            if plain and item.at not in seen:
                seen.add(item.at)
                yield item


@joiner()
def cluster_contradictions(organization: Organization) -> Iterator[Contradiction]:
    """Yield where files and clusters do not agree, a bounded number of each name."""
    if not organization.of(Cluster) and not capabilities(organization):
        return
    counts: dict[str, int] = {}
    for found in (*_of_controllers(organization), *application_contradictions(organization), *_of_workloads(organization)):
        counts[found.name] = counts.get(found.name, 0) + 1
        if counts[found.name] <= MAX_OF_A_KIND:
            yield found


def _of_controllers(organization: Organization) -> Iterator[Contradiction]:
    """Yield controllers that run and nothing declares, and declared ones where no controller runs at all."""
    declared: dict[str, Place] = {}
    for fact in organization.of(Controller):
        declared.setdefault(fact.product, fact.at)
    running: dict[str, Place] = {}
    for cluster in organization.of(Cluster):
        for part in cluster.controllers:
            if part.product in RECONCILERS | PROGRESSIVE:
                running.setdefault(part.product, part.at)
    for at, _, _ in capabilities(organization):
        running.setdefault("argocd", at)
    for product, at in sorted(running.items()):
        if product not in declared:
            check = "gop.declared-vs-live" if product in RECONCILERS else "aut.progressive"
            yield contradiction(
                "running-not-declared", product, "the controller runs, and nothing in Git installs it",
                step=4 if product in RECONCILERS else 5, check=check, observed=at,
            )  # fmt: skip
    asked = organization.of(Cluster) and complete(organization, "", WORKLOADS)
    if not RECONCILERS & running.keys() and asked and not elsewhere(organization):
        for product in sorted(RECONCILERS & declared.keys()):
            yield contradiction(
                "declared-not-running", product, "Git installs the controller, and none runs in the clusters asked",
                step=4, check="gop.declared-vs-live", declared=declared[product],
            )  # fmt: skip


def capabilities(organization: Organization) -> tuple[tuple[Place, str, bool], ...]:
    """Return where EKS runs Argo CD outside the cluster, as a capability of it: in which state, and whether it works in that."""
    return tuple(
        (cluster.at, capability.status, capability.status in _WORKING)
        for cluster in organization.of(EksCluster)
        for capability in cluster.capabilities
        if capability.type == "ARGOCD"
    )


def elsewhere(organization: Organization) -> tuple[Place, ...]:
    """Return signs of a controller outside the clusters: a capability of EKS, state that is written although none runs there."""
    return tuple(at for at, _, works in capabilities(organization) if works) + tuple(
        running.application.at
        for cluster in organization.of(Cluster)
        for running in cluster.applications
        if running.synced is not None and not any(c.product == running.application.product for c in cluster.controllers)
    )


def _of_workloads(organization: Organization) -> Iterator[Contradiction]:
    files = _Files(organization)
    directory = Directory(organization)
    overlays: dict[str, _Overlays] = {}
    for cluster in organization.of(Cluster):
        if not _concerned(cluster, files, directory):
            continue
        told = {part.at for part in cluster.controllers if part.product in RECONCILERS | PROGRESSIVE}  # as controllers
        for running in cluster.workloads:
            if (
                running.workload.at not in told
                and not (running.system or running.reconciled or running.owner)
                and not files.declare(running)
            ):
                by = f"by the Helm release {running.by or running.workload.name}" if running.manager == "helm" else "by hand"
                yield contradiction(
                    "running-not-declared", running.workload.label, f"runs, put there {by}; no scanned repository declares it",
                    step=4, check="gop.workload-coverage", observed=running.workload.at,
                )  # fmt: skip
        yield from _of_images(cluster, directory, overlays)


def _concerned(cluster: Cluster, files: _Files, directory: Directory) -> bool:
    """Say whether what was scanned has to do with a cluster at all: else everything there is somebody else's."""
    return any(True for _ in sources_here(cluster, directory)) or any(files.declare(w) for w in cluster.workloads if not w.system)


class _Files:
    """The workloads that files declare, to look running ones up."""

    def __init__(self, organization: Organization) -> None:
        workloads = organization.of(Workload)
        self.names = {(w.type, w.name) for w in workloads}
        self.patterns: dict[str, dict[str, None]] = {}  # names only known at run time that tell something, by type
        for workload in workloads:
            if (dynamic(workload.name) or is_dynamic(workload.name)) and specific(workload.name):
                self.patterns.setdefault("" if is_dynamic(workload.type) else workload.type, {})[workload.name] = None
        self.charts = {chart.name for chart in organization.of(HelmChart)}
        written = {c.image for w in workloads for c in w.containers if not is_dynamic(c.image)}
        built = {image for service in organization.of(Service) if service.workloads for image in service.images}
        self.images = {repository_of(image) for image in written | built}

    def declare(self, running: RunningWorkload) -> bool:
        """Say whether a file declares a workload, or may: by its name, its chart, or the image it runs."""
        workload = running.workload
        if (workload.type, workload.name) in self.names:
            return True
        if workload.labels.get("helm.sh/chart", "").rpartition("-")[0] in self.charts:
            return True
        if any(repository_of(container.image) in self.images for container in workload.containers):
            return True
        return any(fits(name, workload.name) for kind in (workload.type, "") for name in self.patterns.get(kind, ()))


class _Overlays:
    """The images that the builds of a repository set."""

    def __init__(self, repository: Repository) -> None:
        self.by_folder: dict[str, list[tuple[Place, str, str]]] = {}
        for build in repository.of(Kustomization):
            set_here = ((build.at, name, tag) for name, tag in build.images.items())
            self.by_folder.setdefault(build.folder, []).extend(set_here)
        self.names = {_last(name) for found in self.by_folder.values() for _, name, _ in found}


def _of_images(cluster: Cluster, directory: Directory, overlays: dict[str, _Overlays]) -> Iterator[Contradiction]:
    """Yield images that run in another version than the folder says which an application builds.

    An overlay that names the image decides; where none in the repository does, the manifest itself.
    """
    running: dict[tuple[str, str], list[RunningWorkload]] = {}
    for workload in cluster.workloads:
        if workload.reconciled:
            running.setdefault((workload.manager, workload.by), []).append(workload)
    for application, repository, folder in sources_here(cluster, directory):
        mine = running.get((application.application.product, application.application.name), [])
        if not mine:
            continue
        if repository.name not in overlays:
            overlays[repository.name] = _Overlays(repository)
        for at, name, tag in overlays[repository.name].by_folder.get(folder, ()):
            for workload in mine:
                yield from _image(workload, msgspec.structs.replace(at, line=0, excerpt=""), name, tag)
        for written in directory.builds_of(repository).objects(folder):
            if isinstance(written, Workload) and not written.templated:
                yield from _of_manifest(written, mine, overlays[repository.name].names)


def _of_manifest(written: Workload, mine: list[RunningWorkload], set_elsewhere: set[str]) -> Iterator[Contradiction]:
    """Yield images of a manifest that run in another version, unless a build sets it; a moving tag differs by its nature."""
    for container in written.containers:
        image = parse_image(container.image)
        fixed = (image.tag or image.digest) and not is_dynamic(container.image) and image.tag != "latest"
        if not fixed or _last(container.image) in set_elsewhere:
            continue
        for running in mine:
            if (running.workload.type, running.workload.name) == (written.type, written.name):
                at = msgspec.structs.replace(written.at, line=container.line, excerpt="")
                yield from _image(running, at, container.image, image.digest or image.tag)


def _last(image: str) -> str:
    return repository_of(image).rpartition("/")[2]


def _image(running: RunningWorkload, at: Place, name: str, tag: str) -> Iterator[Contradiction]:
    for container in running.workload.containers:
        image = parse_image(container.image)
        if _last(container.image) != _last(name) or is_dynamic(tag):
            continue
        if tag and tag not in (image.tag, image.digest):
            yield contradiction(
                "image-differs", f"{running.workload.label} {container.name}", f"Git says {tag[:80]}, {(image.tag or image.digest)[:80]} runs",
                step=4, check="gop.sync-health", declared=at, observed=running.workload.at,
            )  # fmt: skip


JOINERS: tuple[Joiner, ...] = (served_versions, cluster_contradictions)
