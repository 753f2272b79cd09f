"""Policy that patches inject: in ``spec.patches`` of a parent Flux Kustomization, or in a Kustomize build file.

Real repositories set defaults such as ``driftDetection`` or ``prune`` once, in a patch that reaches every child
(even through two levels: a patch of Kustomizations that adds a patch of HelmReleases). Strategic merges and JSON
patches are both read, as far as they touch the sync policy.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from assessor.facts.base import Place
from assessor.facts.gitops import PolicyPatch
from assessor.parsing import yaml
from assessor.parsing.yaml import Map, is_dynamic
from assessor.reading import Source

from .objects import get, items, mapping, text

TARGETS = ("HelmRelease", "Kustomization", "Application", "ApplicationSet")
MAX_NESTING = 3
MAX_PATCHES = 200
ANY_NAME = ("", "_", "all", "ignored", "not-used", "not-important", ".*", "*")


def patches_of(source: Source, spec: Map, scope: str, depth: int = 0, line: int = 0) -> Iterator[PolicyPatch]:
    """Yield the policies that the patches of a Flux Kustomization, or of a Kustomize build file, set in a folder."""
    found = items(spec, "patches") + items(spec, "patchesStrategicMerge") + items(spec, "patchesJson6902")
    for entry in found[:MAX_PATCHES]:
        body = entry if isinstance(entry, str) else get(entry, "patch")
        if not isinstance(body, str) or not any(target in body or target == text(entry, "target", "kind") for target in TARGETS):
            continue
        start = line or (entry.lines.get("patch", entry.line) if isinstance(entry, Map) else spec.line)
        for document in yaml.parse(body).documents:
            yield from _patch(source, entry, document.value, scope, depth, start)


def _patch(source: Source, entry: object, value: Any, scope: str, depth: int, line: int) -> Iterator[PolicyPatch]:
    merge = isinstance(value, Map)
    kind = text(entry, "target", "kind") or (text(value, "kind") if merge else "")
    if kind not in TARGETS:
        return
    spec = mapping(value, "spec") if merge else _from_operations(value)
    name = text(entry, "target", "name") or ("" if mapping(entry, "target") or not merge else text(value, "metadata", "name"))
    place = source.place(line)
    found = policy_of(place, scope, kind, spec)
    if found:
        yield msgspec.structs.replace(found, name="" if name in ANY_NAME else name, nested=depth > 0)
    if kind == "Kustomization" and depth < MAX_NESTING:
        yield from patches_of(source, spec, scope, depth + 1, line)


def _from_operations(operations: object) -> Map:
    """Return the spec that the ``add`` and ``replace`` operations of a JSON patch build, as far as it goes."""
    spec = Map()
    for operation in items(operations)[:MAX_PATCHES]:
        path = text(operation, "path").split("/")
        if text(operation, "op") not in ("add", "replace") or path[:2] != ["", "spec"] or not 3 <= len(path) <= 6:
            continue
        into = spec
        for key in path[2:-1]:
            below = into.get(key)
            if not isinstance(below, Map):
                below = into[key] = Map()
            into = below
        value = get(operation, "value")
        if path[-1] == "-":
            continue
        into[path[-1]] = value
    return spec


def policy_of(at: Place, scope: str, target: str, spec: Map) -> PolicyPatch | None:
    """Return the sync policy that a partial spec sets, None when it sets nothing of it."""
    if target in ("Application", "ApplicationSet"):
        sync = mapping(spec, "template", "spec", "syncPolicy") if target == "ApplicationSet" else mapping(spec, "syncPolicy")
        if "automated" not in sync:
            return None
        automated = sync["automated"]
        on = isinstance(automated, Map) and automated.get("enabled", True) in (True, None)
        heal, prune = (get(automated, key) is True for key in ("selfHeal", "prune"))
        return PolicyPatch(at=at, scope=scope, target=target, auto_sync=on, self_heal=heal, prune=prune)
    mode = drift_mode(spec)
    patch = PolicyPatch(
        at=at,
        scope=scope,
        target=target,
        suspended=setting(spec, "suspend"),
        prune=setting(spec, "prune") if target == "Kustomization" else None,
        self_heal=(mode == "enabled") if mode else None,
        detects_drift=mode in ("enabled", "warn") if mode else None,
        service_account=text(spec, "serviceAccountName"),
        path=folder_of(text(spec, "path")) if target == "Kustomization" and "path" in spec else None,
    )
    said = (patch.suspended, patch.prune, patch.self_heal) != (None, None, None)
    return patch if said or patch.service_account or patch.path is not None else None


def folder_of(path: str) -> str:
    """Return a path without its leading ``./``; "" for the root."""
    path = path.strip().removeprefix("./").strip("/")
    return "" if path == "." else path


def setting(spec: Map, key: str) -> bool | None:
    """Return a switch of a spec; None when it is absent or a variable."""
    value = spec.get(key)
    if isinstance(value, str) and (is_dynamic(value) or "${" in value):
        return None
    return value if isinstance(value, bool) else None


def drift_mode(spec: Map) -> str:
    """Return a HelmRelease's drift detection mode: enabled, warn, disabled, or "" when it says nothing."""
    return text(spec, "driftDetection", "mode")
