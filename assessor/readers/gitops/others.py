"""GitOps controllers beside Argo CD and Flux, and tools that promote: Fleet, Config Sync, PipeCD, Kargo, GitOps Promoter."""

from __future__ import annotations

from collections.abc import Iterator

from assessor.facts.base import Fact
from assessor.facts.gitops import Application, AppSource, Controller, Promotion, UpdateBot
from assessor.parsing.yaml import Map

from .objects import Manifest, get, items, mapping, text


def read_fleet(manifest: Manifest) -> Iterator[Application]:
    """Yield a Rancher Fleet ``GitRepo``; drift is undone only with ``correctDrift.enabled``."""
    spec = manifest.spec
    if not text(spec, "repo"):
        return
    repository, revision = text(spec, "repo"), text(spec, "revision") or text(spec, "branch")
    paths = [text(path).strip("/").removeprefix("./") for path in items(spec, "paths")] or [""]
    yield Application(
        at=manifest.place,
        product="fleet",
        type="GitRepo",
        name=manifest.name,
        namespace=manifest.namespace,
        sources=tuple(AppSource(repository=repository, path=path, revision=revision) for path in paths),
        auto_sync=spec.get("paused") is not True,
        self_heal=get(spec, "correctDrift", "enabled") is True,
        prune=spec.get("keepResources") is not True,
        suspended=spec.get("paused") is True,
        detects_drift=True,
        service_account=text(spec, "serviceAccount"),
        templated=manifest.templated,
    )


def read_config_sync(manifest: Manifest) -> Iterator[Application]:
    """Yield a Config Sync ``RootSync`` or ``RepoSync``: it syncs, prunes and undoes drift by design."""
    git = mapping(manifest.spec, "git") or mapping(manifest.spec, "oci")
    if not git:
        return
    source = AppSource(
        repository=text(git, "repo") or text(git, "image"),
        path=text(git, "dir").strip("/").removeprefix("./"),
        revision=text(git, "revision") or text(git, "branch"),
    )
    yield Application(
        at=manifest.place,
        product="config-sync",
        type=manifest.kind,
        name=manifest.name,
        namespace=manifest.namespace,
        sources=(source,),
        auto_sync=True,
        self_heal=True,
        prune=True,
        templated=manifest.templated,
    )


def read_config_management(manifest: Manifest) -> Iterator[Controller]:
    """Yield the Config Sync that a ``ConfigManagement`` object turns on."""
    yield Controller(at=manifest.place, product="config-sync", method="operator", version=text(manifest.spec, "version"))


def read_pipecd(manifest: Manifest) -> Iterator[Application]:
    """Yield a PipeCD application: piped applies the folder its file stands in."""
    spec = manifest.spec
    name = text(spec, "name") or manifest.name
    if not name and "pipeline" not in spec and "input" not in spec:
        return
    yield Application(
        at=manifest.place,
        product="pipecd",
        type=manifest.kind,
        name=name,
        sources=(AppSource(path=manifest.source.folder),),
        auto_sync=True,
        self_heal=get(spec, "driftDetection") is not None,
        prune=get(spec, "quickSync", "prune") is True,
        detects_drift=True,
        templated=manifest.templated,
    )


def read_promotion_tool(manifest: Manifest) -> Iterator[Promotion]:
    """Yield a Kargo ``Stage`` or a GitOps Promoter ``PromotionStrategy``."""
    tool = "kargo" if manifest.group.startswith("kargo.") else "gitops-promoter"
    yield Promotion(at=manifest.place, tool=tool)


def read_image_updater(manifest: Manifest) -> Iterator[UpdateBot]:
    """Yield the Argo CD Image Updater's own object, which replaces its annotations."""
    if items(manifest.spec, "applicationRefs"):
        yield UpdateBot(at=manifest.place, tool="argocd-image-updater", images=True, policy=True)


def read_keel_annotations(manifest: Manifest) -> Iterator[Fact]:
    """Yield the image updates that annotations or labels of Keel ask for."""
    for block in ("annotations", "labels"):
        found: Map = mapping(manifest.value, "metadata", block)
        if text(found, "keel.sh/policy") not in ("", "never"):
            place = manifest.source.place(found.lines.get("keel.sh/policy", manifest.line))
            yield UpdateBot(at=place, tool="keel", images=True, policy=True)
            return
