"""Helm charts and Kustomize overlays: one definition, several environments."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from assessor.checking import CORE, HYGIENE, Place, Task, Verdict, check, failed, not_applicable, partial, passed
from assessor.facts.cluster import WORKLOADS, RunningWorkload
from assessor.facts.gitops import Application
from assessor.facts.infrastructure import Resource
from assessor.facts.manifests import HelmChart, KubernetesObject, Kustomization
from assessor.facts.repository import Organization, Repository

from ..clusters import live, workloads  # noqa: TID252  the absolute name depends on the installation
from ..gitops.shares import count  # noqa: TID252
from ..live import both  # noqa: TID252

_DECLARATIVE = ("OpenGitOps 1: Declarative", "State of GitOps: declarative desired state")
_SEMVER = re.compile(r"v?\d+\.\d+\.\d+(?:[-+][\w.+-]+)?\Z")
_ENVIRONMENTS = {
    "dev": "development", "develop": "development", "development": "development", "sandbox": "sandbox", "int": "integration",
    "integration": "integration", "qa": "qa", "test": "test", "uat": "uat", "stage": "staging", "stg": "staging",
    "staging": "staging", "preprod": "pre-production", "pre-prod": "pre-production", "prod": "production", "prd": "production",
    "production": "production", "live": "production",
}  # fmt: skip
# An environment is a whole part of a name's path or its last word: "overlays/prod", "values-prod", "cluster_dev", not "dev-tools"
_WORD = re.compile(r"(?:^|[-_. /])(" + "|".join(sorted(_ENVIRONMENTS, key=len, reverse=True)) + r")(?=$|[/ ])")


@check("k8s.templating", task=Task.TEMPLATING, weight=CORE, scaffold="helm-chart", effort=2, frameworks=_DECLARATIVE)
def manifests_are_templated(organization: Organization) -> Verdict:
    """Manifests come from an own Helm chart or from Kustomize overlays.

    Third-party charts with own values, wrapper charts and a flat kustomization count in part: they leave the own
    applications without a shared definition.

    ## Why
    Copies of a manifest for each environment drift apart. A chart or a base with overlays keeps what is common in one
    place and shows each environment's difference on its own.

    ## Fix
    Create a chart (`helm create`) with the values that differ, or put the manifests into a base and lay overlays over it:

    ```
    base/kustomization.yaml
    overlays/staging/kustomization.yaml      # resources: [../../base]
    overlays/production/kustomization.yaml   # resources: [../../base]
    ```

    ## References
    - https://helm.sh/docs/topics/charts/
    - https://kubectl.docs.kubernetes.io/references/kustomize/
    """
    return both(_templated(organization), live(organization, workloads(organization), _released(organization), WORKLOADS))


def _released(organization: Organization) -> Callable[[Sequence[RunningWorkload]], Verdict]:
    """Return the judge of clusters: releases of own charts prove them, anything else there says nothing of what is in Git."""
    own = {chart.name for chart in organization.of(HelmChart) if not chart.vendored}

    def judge(found: Sequence[RunningWorkload]) -> Verdict:
        released = [w for w in found if w.workload.labels.get("helm.sh/chart", "").rpartition("-")[0] in own]
        if not released:
            return not_applicable("no release of an own chart runs")
        return passed(f"releases of own charts run: {count(len(released), 'workload')}", [w.workload.at for w in released])

    return judge


def _templated(organization: Organization) -> Verdict:
    charts = [c for c in organization.of(HelmChart) if not c.vendored]
    own = [c for c in charts if c.templates]
    if own:
        return passed(count(len(own), "own chart"), [c.at for c in own])
    builds = organization.of(Kustomization)
    shared = [b for b in builds if len(b.base_of) >= 2]
    if shared:
        folder = shared[0].label
        return passed(f"the base {folder} has {len(shared[0].base_of)} overlays", [b.at for b in (*shared, *_overlays(builds))])
    if charts:
        return partial(0.5, f"{len(charts)} wrappers of third-party charts, no template of its own", [c.at for c in charts])
    if builds:
        return partial(
            0.5, f"{count(len(builds), 'kustomization')} without a base that two overlays share", [b.at for b in builds]
        )
    third = list(_third_party(organization))
    if third:
        return partial(0.5, f"{len(third)} third-party charts installed with own values", third)
    return failed("neither a Helm chart nor a kustomization", [o.at for o in organization.of(KubernetesObject)][:3])


def _overlays(builds: tuple[Kustomization, ...]) -> Iterator[Kustomization]:
    shared = {folder for b in builds if len(b.base_of) >= 2 for folder in b.base_of}
    return (b for b in builds if b.folder in shared)


def _third_party(organization: Organization) -> Iterator[Place]:
    yield from (o.at for o in organization.of(KubernetesObject) if o.type == "HelmRelease")
    yield from (a.at for a in organization.of(Application) if any(source.chart for source in a.sources))
    yield from (r.at for r in organization.of(Resource) if r.type == "helm_release")


@check("k8s.chart-quality", task=Task.TEMPLATING, weight=HYGIENE)
def chart_is_complete(chart: HelmChart) -> Verdict:
    """The chart has a version, a values schema, notes, and is linted in CI.

    ## Why
    A schema turns a mistyped value into an error at install time, a version tells two releases apart, notes say what to
    do next, and a lint step finds what does not render before anyone installs it.

    ## Fix
    Give `Chart.yaml` a semantic `version`, add `values.schema.json` and `templates/NOTES.txt`, and run
    `helm lint` (or `ct lint`) in CI.

    ## References
    - https://helm.sh/docs/topics/charts/#schema-files
    - https://github.com/helm/chart-testing
    """
    if chart.vendored:
        return not_applicable("a copy of a third-party chart")
    if not chart.templates:
        return not_applicable("a wrapper: it has no templates to describe")
    has = {
        "version": bool(_SEMVER.match(chart.version)),
        "values schema": chart.values_schema,
        "notes": chart.notes or chart.type == "library",
        "lint in CI": chart.linted,
    }
    present = [name for name, found in has.items() if found]
    lacking = ", ".join(name for name, found in has.items() if not found)
    if len(present) >= 3:
        return passed(f"it has {', '.join(present)}", [chart.at])
    if present:
        return partial(len(present) / 4, f"it has {', '.join(present)}, but no {lacking}", [chart.at])
    return failed(f"it lacks {lacking}", [chart.at])


@check("k8s.kustomize-structure", task=Task.TEMPLATING, weight=HYGIENE)
def kustomize_graph_is_sound(repository: Repository) -> Verdict:
    """Every Kustomize reference resolves, and overlays share a base.

    Addresses, paths git ignores (a tool writes them) and folders out of sight are not held to be missing.

    ## Why
    A reference that leads nowhere breaks the build of everything above it. Without a shared base, environments are copies.

    ## Fix
    Correct or remove the reference shown. Move what environments have in common into `base/` and list it in each
    overlay's `resources`.

    ## References
    - https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/resource/
    """
    builds = repository.of(Kustomization)
    if not builds:
        return not_applicable("no kustomization")
    broken = [(b, reference) for b in builds for reference in b.missing]
    if broken:
        places = [_at(b, reference) for b, reference in broken]
        named = ", ".join(sorted({reference for _, reference in broken})[:3])
        return failed(
            f"{len(broken)} references in {len({b.folder for b, _ in broken})} kustomizations lead nowhere: {named}", places
        )
    shared = [b for b in builds if len(b.base_of) >= 2]
    if shared:
        overlays = len({folder for b in shared for folder in b.base_of})
        return passed(
            f"the references of {count(len(builds), 'kustomization')} resolve; {overlays} overlays share {count(len(shared), 'base')}",
            [b.at for b in shared],
        )
    return partial(0.5, f"{len(builds)} kustomizations resolve; no base is shared by two overlays", [b.at for b in builds])


def _at(build: Kustomization, reference: str) -> Place:
    return Place(build.at.repository, build.at.path, build.lines.get(reference, 0), reference)


@check("k8s.env-parity", task=Task.TEMPLATING, weight=HYGIENE, frameworks=("DSOMM: Same artifact for environments",))
def environments_share_definitions(organization: Organization) -> Verdict:
    """At least two environments come from the same definitions.

    Environments are told by the names of overlays, values files, and of what a controller deploys from.

    ## Why
    A change that was tried in an environment built like production holds few surprises. One environment alone means
    that production is where things are tried.

    ## Fix
    Add an overlay or a values file for a second environment, for example `overlays/staging` or `values-staging.yaml`.
    """
    named: dict[str, Place] = {}
    for name, place in _environment_names(organization):
        named.setdefault(name, place)
    places: dict[str, Place] = {}
    for name, place in named.items():
        for word in _WORD.findall(name.lower()):
            places.setdefault(_ENVIRONMENTS[word], place)
    if not organization.of(KubernetesObject) and not organization.of(HelmChart) and not organization.of(Kustomization):
        return not_applicable("no Kubernetes manifests")
    found = sorted(places)
    if len(found) >= 2:
        return passed(f"environments: {', '.join(found)}", [places[name] for name in found])
    if found:
        return partial(0.5, f"only one environment is told apart: {found[0]}", [places[found[0]]])
    return failed("no environment is told apart from another")


def _overlay_names(builds: list[Kustomization]) -> Iterator[tuple[str, Place]]:
    """Yield the folders named for an environment; a name that only ends in one needs a sibling that ends in another."""
    beside: dict[tuple[str, str], dict[str, Place]] = {}
    for build in builds:
        parts = build.folder.split("/")
        for number, part in list(enumerate(parts))[-3:]:
            if part.lower() in _ENVIRONMENTS:
                yield part, build.at
            if _WORD.search(part.lower()):
                beside.setdefault((build.at.repository, "/".join(parts[:number])), {}).setdefault(part, build.at)
    for names in beside.values():
        if len({_ENVIRONMENTS[word] for name in names for word in _WORD.findall(name.lower())}) > 1:
            yield from names.items()


def _environment_names(organization: Organization) -> Iterator[tuple[str, Place]]:
    yield from _overlay_names([build for build in organization.of(Kustomization) if not build.component])
    for chart in organization.of(HelmChart):
        for path in chart.values_files:
            inside = path[len(chart.folder) + 1 :] if chart.folder else path
            yield inside.rpartition(".")[0], Place(chart.at.repository, path)
    for application in organization.of(Application):
        yield f"{application.name} {application.destination}", application.at
        yield from ((source.path, application.at) for source in application.sources)
