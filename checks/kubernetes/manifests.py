"""Kubernetes objects in git: that they exist, that they can be read, that their API versions are served."""

from __future__ import annotations

from collections.abc import Iterable

from assessor.checking import (
    CORE,
    HYGIENE,
    SUPPORT,
    Place,
    Task,
    Verdict,
    check,
    failed,
    graded,
    not_applicable,
    not_observed,
    partial,
    passed,
)
from assessor.facts.cluster import Cluster
from assessor.facts.containers import Service
from assessor.facts.gitops import Application
from assessor.facts.infrastructure import Resource
from assessor.facts.manifests import BrokenManifest, HelmChart, KubernetesObject, ManifestSource, Workload
from assessor.facts.repository import Organization, Repository
from assessor.parsing.yaml import is_dynamic

from .versions import standing

_DECLARATIVE = (
    "OpenGitOps 1: Declarative",
    "State of GitOps: declarative desired state",
    "State of GitOps: human-readable format",
)
_SOME = 0.25  # workloads exist, though none of an own service
_CONTROLLERS = ("argoproj.io", "fluxcd.io", "fleet.cattle.io", "flux.weave.works")  # what deploys, not what is deployed


@check("k8s.manifests", task=Task.MANIFESTS, weight=CORE, scaffold="helm-chart", effort=2, frameworks=_DECLARATIVE)
def manifests_exist(organization: Organization) -> Verdict:
    """What runs in Kubernetes is declared in manifests.

    Plain YAML or JSON, Kustomize and Helm templates all count. In an organization of several repositories the share of
    containerized services that have a workload decides; objects generated from jsonnet, CUE, cdk8s or Terraform count in part.

    ## Why
    A workload that exists only in the cluster cannot be reviewed, reproduced or restored. A manifest in git is the
    desired state every later step compares against.

    ## Fix
    Write a Deployment and a Service for each application and commit them beside it or in a configuration repository:

    ```yaml
    apiVersion: apps/v1
    kind: Deployment
    metadata:
      name: orders
    spec:
      selector:
        matchLabels: {app: orders}
      template:
        metadata:
          labels: {app: orders}
        spec:
          containers:
            - name: orders
              image: registry.example.com/orders:1.4.2
    ```

    ## References
    - https://kubernetes.io/docs/concepts/workloads/
    """
    workloads = _plain_first(organization.of(Workload))
    if workloads:
        return _of_workloads(organization, workloads)
    objects = _plain_first(o for o in organization.of(KubernetesObject) if not o.group.endswith(_CONTROLLERS))
    applications = [a.at for a in organization.of(Application)] or [
        o.at for o in organization.of(KubernetesObject) if o.type in ("Application", "ApplicationSet", "HelmRelease")
    ]
    if objects and applications:
        origin = "charts that a controller installs" if _charts(organization) else "what a controller installs from elsewhere"
        return passed(f"{len(objects)} objects; the workloads come from {origin}", [*objects, *applications])
    if objects:
        return partial(0.5, f"{len(objects)} objects, none of which runs pods", objects)
    return _of_sources(organization, applications)


def _charts(organization: Organization) -> bool:
    """Say whether a controller installs a chart; a Kustomization of Flux never does."""
    releases = any(o.type == "HelmRelease" for o in organization.of(KubernetesObject))
    return releases or any(
        source.chart for a in organization.of(Application) if a.type != "Kustomization" for source in a.sources
    )


def _plain_first(objects: Iterable[KubernetesObject]) -> list[Place]:
    return [o.at for o in sorted(objects, key=lambda o: (o.templated, o.at))]


def _of_workloads(organization: Organization, workloads: list[Place]) -> Verdict:
    if all(r.is_library for r in organization.repositories if r.of(Workload)):
        return partial(0.5, f"{len(workloads)} workloads, carried by a library rather than deployed", workloads)
    services = [s for s in organization.of(Service) if (s.dockerfile or s.build) and (s.images or s.workloads)]
    deployed = [s for s in services if s.workloads]
    hidden = any(is_dynamic(c.image) for w in organization.of(Workload) for c in w.containers)
    if len(organization.repositories) > 1 and services and (deployed or not hidden):
        left = [place for s in services if not s.workloads for place in (s.dockerfile, s.build) if place]
        summary = f"{len(deployed)} of {len(services)} containerized services have a workload"
        return graded(max(len(deployed) / len(services), _SOME), summary, left or workloads)
    return passed(f"{len(workloads)} workloads are declared", workloads)


def _of_sources(organization: Organization, applications: list[Place]) -> Verdict:
    """Judge an organization without a single object that is itself deployed."""
    sources = organization.of(ManifestSource)
    if sources:
        tools = ", ".join(sorted({s.tool for s in sources}))
        return partial(0.5, f"objects are generated from {tools}; what is deployed is not in git", [s.at for s in sources])
    declared = [r.at for r in organization.of(Resource) if r.type.startswith(("kubernetes_", "kubectl_manifest"))]
    if declared:
        return partial(0.5, f"{len(declared)} objects are declared in Terraform instead of manifests", declared)
    if applications:
        return partial(0.5, "only a controller's objects: what they deploy is elsewhere", applications)
    wrappers = [c.at for c in organization.of(HelmChart) if not c.vendored]
    if wrappers:
        return partial(0.5, f"{len(wrappers)} charts without templates of their own", wrappers)
    return failed("no Kubernetes object is declared")


@check("k8s.manifests-parse", task=Task.MANIFESTS, weight=SUPPORT, frameworks=("DSOMM: Infrastructure as Code",))
def manifests_parse(repository: Repository) -> Verdict:
    """Every manifest is well-formed and names its object.

    Templates are counted but not judged here: they become manifests only when they are rendered.

    ## Why
    A controller that meets one unreadable file usually stops applying the whole folder, so a typing error in one
    manifest holds back every other change.

    ## Fix
    Correct the line shown, and let CI read manifests before they are merged:

    ```sh
    kubeconform -strict -summary manifests/
    ```

    ## References
    - https://github.com/yannh/kubeconform
    """
    broken = repository.of(BrokenManifest)
    objects = repository.of(KubernetesObject)
    plain = {o.at.path for o in objects if not o.templated}
    bad = {b.at.path for b in broken}
    total = len(plain | bad)
    templated = len({o.at.path for o in objects if o.templated})
    if not total:
        return not_applicable(f"no plain manifests ({templated} templates)" if templated else "no Kubernetes manifests")
    share = 1 - len(bad) / total
    summary = f"{total - len(bad)} of {total} files are well-formed, {templated} templates not counted"
    if not bad:
        return passed(summary, [o.at for o in objects if not o.templated][:1])
    reasons = "; ".join(sorted({b.reason for b in broken})[:3])
    verdict = (lambda text, at: partial(share, text, at)) if share >= 0.95 else failed
    return verdict(f"{summary}: {reasons}", [b.at for b in broken])


@check("k8s.api-current", task=Task.MANIFESTS, weight=HYGIENE)
def apis_are_current(where: Repository | Cluster) -> Verdict:
    """No object uses a removed or deprecated API version.

    Templates that choose the version by what the cluster serves are left out. Where a cluster is asked, each object that an
    application of it brings in from a scanned repository must be of a version that it serves.

    ## Why
    A cluster upgrade stops serving old versions: from then on the object cannot be applied, and a controller that meets
    it stops reconciling.

    ## Fix
    Change `apiVersion` to the one named in the finding and check the fields that changed with it. For Flux objects
    `flux migrate -f .` rewrites the files.

    ## References
    - https://kubernetes.io/docs/reference/using-api/deprecation-guide/
    - https://fluxcd.io/flux/installation/upgrade/
    """
    if isinstance(where, Cluster):
        return _are_served(where)
    objects = [o for o in where.of(KubernetesObject) if o.version and not o.conditional_api]
    if not objects:
        return not_applicable("no Kubernetes objects")
    found = [(o, s) for o in objects if (s := standing(o.group, o.version, o.type))]
    removed = [(o, s) for o, s in found if s.removed]
    shown = sorted({f"{o.group}/{o.version} {o.type} → {s.instead}" for o, s in removed or found})
    places = [o.at for o, _ in removed or found]
    if removed:
        return failed(f"{len(removed)} objects use a version that is no longer served: {', '.join(shown[:3])}", places)
    if found:
        return partial(0.5, f"{len(found)} objects use a deprecated version: {', '.join(shown[:3])}", places)
    return passed(f"{len(objects)} objects use current versions", [objects[0].at])


def _are_served(cluster: Cluster) -> Verdict:
    """Judge a cluster by what its applications bring in."""
    if not cluster.served:
        return not_observed("which API versions the cluster serves could not be seen", [cluster.at])
    if not cluster.declared:
        return not_applicable("no application brings plain manifests of the scanned repositories into the cluster")
    if cluster.unserved:
        shown = ", ".join(sorted({found.version for found in cluster.unserved})[:3])
        places = [cluster.at, *(found.at for found in cluster.unserved)]
        return failed(
            f"{len(cluster.unserved)} of {cluster.declared} objects are of a version it does not serve: {shown}", places
        )
    return passed(f"the cluster ({cluster.version}) serves the versions of all {cluster.declared} objects", [cluster.at])
