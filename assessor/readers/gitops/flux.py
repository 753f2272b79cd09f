"""Flux objects of every API version: Kustomization, HelmRelease, sources, alerts, image automation; Flux 1 too.

A Kustomization re-applies what git says at each interval, so it undoes live changes by itself; a HelmRelease does so
only with ``driftDetection.mode: enabled`` (``warn`` reports them). ``suspend: true`` stops either.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from assessor.facts.base import Fact
from assessor.facts.gitops import (
    Application,
    AppSource,
    Controller,
    FluxSource,
    NotificationRoute,
    NotificationSetup,
    PolicyPatch,
    Promotion,
    UpdateBot,
)
from assessor.parsing.yaml import Map, is_dynamic

from .flux_patches import ANY_NAME, drift_mode, folder_of, patches_of, policy_of, setting
from .objects import Manifest, items, mapping, text

FLUX_1 = "fluxcd.io/", "flux.weave.works/", "filter.fluxcd.io/"


def read_kustomization(manifest: Manifest) -> Iterator[Fact]:
    """Yield a Kustomization and the policy its patches give to what it builds, or the policy a patch of one sets."""
    spec = manifest.spec
    if "sourceRef" not in spec and not (manifest.templated and "path" in spec):  # every whole one has a source
        yield from _patch(manifest, "Kustomization")
        return
    prune = setting(spec, "prune")
    yield Application(
        at=manifest.place,
        product="flux",
        type="Kustomization",
        name=manifest.name,
        namespace=manifest.namespace,
        sources=(AppSource(path=folder_of(text(spec, "path"))),),
        auto_sync=True,
        self_heal=True,
        prune=False if prune is None and "prune" not in spec else prune,
        suspended=spec.get("suspend") is True,
        service_account=text(spec, "serviceAccountName"),
        templated=manifest.templated,
        policy_from=manifest.at("spec", "prune") if "prune" in spec else None,
        source_ref=_reference(manifest, mapping(spec, "sourceRef")),
    )
    folder = folder_of(text(spec, "path"))
    if not _dynamic(folder):
        yield from patches_of(manifest.source, spec, folder)


def read_helm_release(manifest: Manifest) -> Iterator[Fact]:
    """Yield a HelmRelease, or the policy that a patch of one sets."""
    spec = manifest.spec
    chart = mapping(spec, "chart", "spec")
    reference = mapping(spec, "chartRef") or mapping(chart, "sourceRef")
    if not (text(chart, "chart") or mapping(spec, "chartRef")):
        yield from _patch(manifest, "HelmRelease")
        return
    mode = drift_mode(spec)
    yield Application(
        at=manifest.place,
        product="flux",
        type="HelmRelease",
        name=manifest.name,
        namespace=manifest.namespace,
        sources=(AppSource(chart=text(chart, "chart"), revision=text(chart, "version")),),
        auto_sync=True,
        self_heal=mode == "enabled",
        prune=True,
        detects_drift=mode in ("enabled", "warn"),
        suspended=spec.get("suspend") is True,
        service_account=text(spec, "serviceAccountName"),
        templated=manifest.templated,
        policy_from=manifest.at("spec", "driftDetection") if mode else None,
        source_ref=_reference(manifest, reference),
    )


def read_source(manifest: Manifest) -> Iterator[FluxSource]:
    """Yield a source: GitRepository, OCIRepository, HelmRepository, Bucket or HelmChart."""
    spec = manifest.spec
    reference = mapping(spec, "ref")
    revision = next(
        (text(reference, key) for key in ("commit", "digest", "semver", "tag", "branch", "name") if text(reference, key)), ""
    )
    yield FluxSource(
        at=manifest.place,
        type=manifest.kind,
        name=manifest.name,
        namespace=manifest.namespace,
        url=text(spec, "url"),
        revision=revision or text(spec, "version"),
        chart=text(spec, "chart"),
        suspended=spec.get("suspend") is True,
    )


def read_artifact_generator(manifest: Manifest) -> Iterator[FluxSource]:
    """Yield the artifacts an ArtifactGenerator makes, with the folders it copies into each."""
    for artifact in items(manifest.spec, "artifacts"):
        copies = []
        for copy in items(artifact, "copy"):
            origin = text(copy, "from").partition("/")[2].replace("**", "").strip("/*")
            target = text(copy, "to").partition("/")[2].strip("/")
            copies.append((origin, target))
        yield FluxSource(
            at=manifest.place,
            type="ExternalArtifact",
            name=text(artifact, "name"),
            namespace=manifest.namespace,
            copies=tuple(copies[:100]),
        )


def read_alert(manifest: Manifest) -> Iterator[NotificationRoute]:
    """Yield the route an Alert opens. Severity ``info``, the default, includes errors."""
    spec = manifest.spec
    if spec.get("suspend") is True:
        return
    yield NotificationRoute(
        at=manifest.place,
        product="flux",
        name=manifest.name,
        service=text(spec, "providerRef", "name"),
        failures=True,
    )


def read_provider(manifest: Manifest) -> Iterator[NotificationSetup]:
    """Yield a Provider of alerts."""
    yield NotificationSetup(at=manifest.place, product="flux", services=(manifest.name,))


def read_image_automation(manifest: Manifest) -> Iterator[UpdateBot]:
    """Yield Flux's image update automation."""
    if manifest.spec.get("suspend") is not True and "sourceRef" in manifest.spec:
        yield UpdateBot(at=manifest.place, tool="flux-image-automation", images=True, policy=True)


def read_instance(manifest: Manifest) -> Iterator[Fact]:
    """Yield the Flux that a FluxInstance installs, and the sync it sets up."""
    spec = manifest.spec
    yield Controller(at=manifest.place, product="flux", method="operator", version=text(spec, "distribution", "version"))
    yield from instance_sync(manifest, mapping(spec, "sync"))


def instance_sync(manifest: Manifest, sync: Map) -> Iterator[Fact]:
    """Yield the source and Kustomization that the Flux operator makes from a ``sync`` block."""
    if not text(sync, "url"):
        return
    place = manifest.source.place(sync.line)
    name = text(sync, "name") or "flux-system"
    kind = text(sync, "kind") or "GitRepository"
    revision = text(sync, "ref").removeprefix("refs/heads/").removeprefix("refs/tags/")
    yield FluxSource(at=place, type=kind, name=name, namespace="flux-system", url=text(sync, "url"), revision=revision)
    yield Application(
        at=place,
        product="flux",
        type="Kustomization",
        name=name,
        namespace="flux-system",
        sources=(AppSource(path=folder_of(text(sync, "path"))),),
        auto_sync=True,
        self_heal=True,
        prune=True,
        policy_from=place,
        source_ref=f"{kind}/flux-system/{name}",
    )


def read_input_provider(manifest: Manifest) -> Iterator[Promotion]:
    """Yield the environments that a ResourceSet makes for pull or merge requests."""
    if text(manifest.spec, "type") in ("GitHubPullRequest", "GitLabMergeRequest", "AzureDevOpsPullRequest"):
        yield Promotion(at=manifest.place, tool="resourceset", preview=True)


def read_flux_1_release(manifest: Manifest) -> Iterator[Fact]:
    """Yield a HelmRelease of Flux 1 (``flux.weave.works``, ``helm.fluxcd.io``): the Helm operator reconciles it."""
    chart = mapping(manifest.spec, "chart")
    if not chart:
        return
    yield Application(
        at=manifest.place,
        product="flux",
        type="HelmRelease",
        name=manifest.name,
        namespace=manifest.namespace,
        sources=(
            AppSource(
                repository=text(chart, "git"),
                path=folder_of(text(chart, "path")),
                chart=text(chart, "name"),
                revision=text(chart, "ref") or text(chart, "version"),
            ),
        ),
        auto_sync=True,
        self_heal=True,
        prune=True,
        templated=manifest.templated,
        legacy=True,
    )


def read_flux_1_annotations(manifest: Manifest) -> Iterator[UpdateBot]:
    """Yield the image updates that annotations of Flux 1 ask for on any object."""
    annotations = mapping(manifest.value, "metadata", "annotations")
    for prefix in FLUX_1:
        key = f"{prefix}automated"
        if annotations.get(key) in ("true", True):
            place = manifest.source.place(annotations.lines.get(key, manifest.line))
            yield UpdateBot(at=place, tool="flux-1", images=True, policy=True)
            return


def _patch(manifest: Manifest, target: str) -> Iterator[PolicyPatch]:
    """Yield what a partial object, meant as a patch, sets."""
    patch = policy_of(manifest.source.place(manifest.line), manifest.source.path, target, manifest.spec)
    if patch:
        yield msgspec.structs.replace(patch, name="" if manifest.name in ANY_NAME else manifest.name)


def _reference(manifest: Manifest, reference: Map) -> str:
    kind, name = text(reference, "kind"), text(reference, "name")
    if not name:
        return ""
    return f"{kind}/{text(reference, 'namespace') or manifest.namespace}/{name}"


def _dynamic(path: str) -> bool:
    return is_dynamic(path) or "${" in path or "{{" in path
