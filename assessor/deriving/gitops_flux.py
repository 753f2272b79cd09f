"""Completes Flux objects: what their source references mean, and the policy that patches elsewhere give them."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from assessor.facts.gitops import Application, AppSource, FluxSource, PolicyPatch
from assessor.facts.manifests import Kustomization

from .base import Material, deriver
from .gitops_builds import Builds
from .kustomizations import is_local, target


@deriver(replaces=(Application,))
def resolved_applications(material: Material) -> Iterator[Application]:
    """Yield each application with the address and revision of the source objects it names."""
    by_name: dict[tuple[str, str], list[FluxSource]] = {}
    for source in material.of(FluxSource):
        by_name.setdefault((source.type, source.name), []).append(source)
    for application in material.of(Application):
        if not application.source_ref or not application.sources:
            yield application
            continue
        kind, namespace, name = [*application.source_ref.split("/", 2), "", ""][:3]
        candidates = by_name.get((kind, name), [])
        found = next((s for s in candidates if s.namespace == namespace), candidates[0] if candidates else None)
        yield msgspec.structs.replace(application, sources=tuple(_sources(application.sources[0], kind, found)))


def _sources(written: AppSource, kind: str, found: FluxSource | None) -> Iterator[AppSource]:
    """Yield the sources that a reference to a source object gives.

    A Git source that is not in the files may be the repository itself: bootstrap makes that object in the cluster.
    """
    if kind in ("GitRepository", "ExternalArtifact"):
        path = _clean(written.chart) if written.chart else written.path  # a chart from a Git source is a folder of it
        if found and found.copies:
            yield from (AppSource(path=inside) for inside in _copied(found.copies, path))
            return
        revision = found.revision if found else ""
        yield AppSource(repository=found.url if found else "", path=path, revision=revision)
    elif found is None:
        yield msgspec.structs.replace(written, repository=f"{kind.lower()}:unknown" if kind != "HelmRepository" else "")
    elif kind == "OCIRepository" and not written.path and not written.chart:
        chart = found.url.rstrip("/").rpartition("/")[2]
        yield AppSource(repository=found.url, chart=chart, revision=found.revision)
    else:
        yield msgspec.structs.replace(
            written,
            repository=found.url or f"{kind.lower()}:{found.name}",
            chart=written.chart or found.chart,
            revision=written.revision or found.revision,
        )


def _copied(copies: tuple[tuple[str, str], ...], path: str) -> Iterator[str]:
    """Yield the folders of the repository that were copied to a path of an artifact, or below it."""
    for origin, landed in copies:
        if not landed:
            yield "/".join(part for part in (origin, path) if part)
        elif path == landed or path.startswith(landed + "/"):
            yield origin + path[len(landed) :]
        elif not path or landed.startswith(path + "/"):
            yield origin


def _clean(path: str) -> str:
    path = path.removeprefix("./").strip("/")
    return "" if path == "." else path


@deriver(replaces=(Application,))
def patched_applications(material: Material) -> Iterator[Application]:
    """Yield each application with the policy that patches set for it: in a parent Kustomization or a build file."""
    patches = material.of(PolicyPatch)
    applications = material.of(Application)
    if not patches:
        yield from applications
        return
    builds = Builds(material.repository, material)
    reached: dict[str, list[PolicyPatch]] = {}
    for patch in patches:
        for scope in _scopes(patch, material):
            for path in _files(builds, scope, patch, applications):
                reached.setdefault(path, []).append(patch)
    for application in applications:
        for patch in reached.get(application.at.path, ()):
            if patch.target == application.type and _names(patch.name, application.name):
                application = _apply(patch, application)
        yield application


def _scopes(patch: PolicyPatch, material: Material) -> Iterator[str]:
    """Yield the folders whose builds a patch belongs to: its scope, or those of the build files that name its file."""
    if patch.scope not in material.files:
        yield patch.scope
        return
    for build in material.of(Kustomization):
        if any(is_local(reference) and target(build.folder, reference) == patch.scope for reference in build.patches):
            yield build.folder


def _files(builds: Builds, scope: str, patch: PolicyPatch, applications: tuple[Application, ...]) -> frozenset[str]:
    """Return the files whose objects a patch reaches from one scope."""
    files = builds.files(scope)
    if not patch.nested:
        return files
    children = (a for a in applications if a.type == "Kustomization" and a.at.path in files)
    return frozenset(path for child in children for source in child.sources for path in builds.files(source.path))


def _names(pattern: str, name: str) -> bool:
    """Say whether a patch's target name means an object; alternatives in brackets are understood."""
    return not pattern or name in pattern.strip("()^$").split("|")


def _apply(patch: PolicyPatch, application: Application) -> Application:
    changes: dict[str, object] = {}
    for field in ("auto_sync", "suspended", "prune", "self_heal", "detects_drift"):
        value = getattr(patch, field)
        if value is not None:
            changes[field] = value
    if patch.service_account:
        changes["service_account"] = patch.service_account
    if changes.keys() - {"service_account"}:
        changes["policy_from"] = patch.at
    if patch.path is not None and not application.source_ref.startswith("ExternalArtifact/"):  # whose folders are resolved
        changes["sources"] = tuple(msgspec.structs.replace(source, path=patch.path) for source in application.sources)
    return msgspec.structs.replace(application, **changes)
