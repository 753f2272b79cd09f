"""Argo CD objects: Application, ApplicationSet and AppProject, wherever they are written.

Rules from the upstream types (``pkg/apis/application/v1alpha1/types.go``) and ``docs/user-guide/auto_sync.md``:
``sourceHydrator`` wins over a non-empty ``sources``, which wins over ``source``; automatic sync is on when
``automated`` is not null and ``enabled`` is absent or true; ``prune`` and ``selfHeal`` default to false.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

import msgspec

from assessor.facts.base import Fact, Place
from assessor.facts.gitops import Application, AppSource, PolicyPatch, Project, Promotion, UpdateBot
from assessor.parsing import yaml
from assessor.parsing.yaml import PLACEHOLDER, Map, is_dynamic

from .generators import MAX_SETS, expand, generator_types, parameters, stands_for
from .notifying import subscriptions
from .objects import EMPTY, Manifest, get, items, mapping, text

GROUP = "argoproj.io"
UPDATER = "argocd-image-updater.argoproj.io/"
_INCLUDE = re.compile(r"\{\{.*\b(?:toYaml|include|template|tpl)\b")
_PRODUCED = f"{PLACEHOLDER}include"  # stands for a value in text that a template produces
_CONDITION = re.compile(r"\{\{-?\s*(?:if|with|range)\b")


@dataclass(frozen=True, slots=True)
class Policy:
    """A sync policy; None = cannot be told (templated)."""

    auto_sync: bool | None = False
    self_heal: bool | None = False
    prune: bool | None = False
    at: Place | None = None


UNKNOWN = Policy(None, None, None)


def read_application(manifest: Manifest) -> Iterator[Fact]:
    """Yield an Application, or the policy a patch of one sets; with its subscriptions and update annotations."""
    spec = manifest.spec
    annotations = mapping(manifest.value, "metadata", "annotations")
    if is_application(spec, manifest.templated):
        policy = sync_policy(manifest, "spec")
        yield _application(manifest, "Application", spec, policy, tuple(sources(manifest, spec)))
    elif "syncPolicy" in spec:
        policy = sync_policy(manifest, "spec")
        yield PolicyPatch(
            at=policy.at or manifest.place, scope=manifest.source.path, target="Application", name=manifest.name,
            auto_sync=policy.auto_sync, prune=policy.prune, self_heal=policy.self_heal,
        )  # fmt: skip
    yield from subscriptions(manifest, annotations)
    yield from image_updater(manifest, annotations)


def read_application_set(manifest: Manifest) -> Iterator[Fact]:
    """Yield an ApplicationSet with the policy and sources of the applications it makes."""
    template = mapping(manifest.spec, "template")
    generators = manifest.spec.get("generators")
    spec = mapping(template, "spec")
    policy = _patched(manifest, sync_policy(manifest, "spec", "template", "spec"))
    if "generators" not in manifest.spec or not is_application(spec, manifest.templated):
        if "syncPolicy" in spec:
            yield _patch(manifest, policy)
        return
    sets = list(parameters(generators))[:MAX_SETS]
    found = tuple(dict.fromkeys(expanded for source in sources(manifest, spec) for expanded in expand(source, sets)))
    types = generator_types(generators)
    yield msgspec.structs.replace(
        _application(manifest, "ApplicationSet", spec, policy, found),
        generators=types,
        selective=_selective(generators),
        count=stands_for(generators),
    )
    if "pullRequest" in types:
        yield Promotion(at=manifest.place, tool="applicationset", preview=True)
    annotations = mapping(template, "metadata", "annotations")
    yield from subscriptions(manifest, annotations)
    yield from image_updater(manifest, annotations)


def read_project(manifest: Manifest) -> Iterator[Fact]:
    """Yield an AppProject and its subscriptions."""
    repositories = [text(repository) for repository in items(manifest.spec, "sourceRepos")]
    destinations = items(manifest.spec, "destinations")
    yield Project(
        at=manifest.place,
        name=manifest.name,
        restricted_sources=bool(repositories) and "*" not in repositories,
        restricted_destinations=bool(destinations) and not any(_anywhere(destination) for destination in destinations),
    )
    yield from subscriptions(manifest, mapping(manifest.value, "metadata", "annotations"))


def _patch(manifest: Manifest, policy: Policy) -> PolicyPatch:
    """Return what a part of an object, meant to be laid over the whole of it, says about its policy."""
    return PolicyPatch(
        at=policy.at or manifest.place,
        scope=manifest.source.path,
        target=manifest.kind,
        name=manifest.name,
        auto_sync=policy.auto_sync,
        prune=policy.prune,
        self_heal=policy.self_heal,
    )


def is_application(spec: Map, templated: bool = False) -> bool:
    """Say whether a spec is a whole application rather than a patch of one."""
    if any(isinstance(spec.get(key), Map | yaml.Seq) for key in ("source", "sources", "sourceHydrator")):
        return templated or "destination" in spec
    return templated and "destination" in spec and any(_produced(spec, key) for key in ("source", "sources"))


def _produced(spec: Map, key: str) -> bool:
    """Say whether a template's action stands for the whole value of a key."""
    return key in spec and (spec[key] is None or is_dynamic(spec[key]))


def _application(manifest: Manifest, type: str, spec: Map, policy: Policy, found: tuple[AppSource, ...]) -> Application:
    destination = mapping(spec, "destination")
    return Application(
        at=manifest.place,
        product="argocd",
        type=type,
        name=manifest.name,
        namespace=manifest.namespace,
        sources=found,
        auto_sync=policy.auto_sync,
        self_heal=policy.self_heal,
        prune=policy.prune,
        project=text(spec, "project"),
        destination=text(destination, "name") or text(destination, "server"),
        templated=manifest.templated,
        policy_from=policy.at,
    )


def sources(manifest: Manifest, spec: Map) -> Iterator[AppSource]:
    """Yield the sources of an application's spec that count."""
    hydrator, several = mapping(spec, "sourceHydrator"), items(spec, "sources")
    if mapping(hydrator, "drySource"):
        yield _source(manifest, hydrator["drySource"], hydrator.lines.get("drySource", hydrator.line))
    elif several:
        yield from (_source(manifest, source, source.line) for source in several if isinstance(source, Map))
    elif mapping(spec, "source"):
        yield _source(manifest, spec["source"], spec.lines.get("source", spec.line))
    elif manifest.templated and (_produced(spec, "source") or _produced(spec, "sources")):
        yield AppSource(repository=_PRODUCED, path=_PRODUCED, revision=_PRODUCED)


def _source(manifest: Manifest, source: Map, line: int) -> AppSource:
    """Return a source whose key, or first key in a list, is on a line.

    What is missing may be in the text of a template inside it.
    """
    repository, path, chart, revision = (text(source, key) for key in ("repoURL", "path", "chart", "targetRevision"))
    if not (repository and (path or chart)) and manifest.templated and _includes(manifest, line + 1, _indent(manifest, line) + 1):
        repository, revision = repository or _PRODUCED, revision or _PRODUCED
        path = path or ("" if chart else _PRODUCED)
    return AppSource(
        repository=repository,
        path=path,
        chart=chart,
        revision=revision,
        reference=text(source, "ref"),
        shallow=get(source, "directory", "recurse") in (None, False),
    )


def sync_policy(manifest: Manifest, *spec: str) -> Policy:
    """Return the policy of the spec at a path of keys."""
    path = (*spec, "syncPolicy")
    value = get(manifest.value, *spec)
    if not isinstance(value, Map):
        return Policy()
    if "syncPolicy" not in value:
        hidden = manifest.templated and _includes(manifest, value.line, _indent(manifest, value.line), 0)
        return UNKNOWN if hidden else Policy()
    line = manifest.value.line_of(*path)
    policy = mapping(value, "syncPolicy")
    if "automated" not in policy:
        hidden = manifest.templated and _includes(manifest, line + 1, _indent(manifest, line) + 1)
        return replace(UNKNOWN if hidden else Policy(), at=manifest.source.place(line))
    line = manifest.value.line_of(*path, "automated")
    decided = _automated(manifest, policy["automated"], line)
    return replace(UNKNOWN, at=decided.at) if manifest.conditional(line) else decided


def _automated(manifest: Manifest, automated: object, line: int) -> Policy:
    place = manifest.source.place(line)
    if isinstance(automated, Map):
        on = automated.get("enabled", True)
        return Policy(
            True if on is None else _switch(on), _setting(manifest, automated, "selfHeal"), _setting(manifest, automated, "prune"), place
        )  # fmt: skip
    hidden = is_dynamic(automated) or (isinstance(automated, str) and "{{" in automated)
    if automated is None and manifest.templated:
        hidden = _includes(manifest, line + 1, _indent(manifest, line) + 1)
    return replace(UNKNOWN if hidden else Policy(), at=place)


def _setting(manifest: Manifest, automated: Map, key: str) -> bool | None:
    if manifest.conditional(automated.lines.get(key, manifest.line)):
        return None
    return _switch(automated.get(key, False))


def _switch(value: object) -> bool | None:
    """Return a switch's value; None when a template decides."""
    if isinstance(value, str) and (is_dynamic(value) or "{{" in value or "${" in value):
        return None
    return value is True or value == "true"


def _indent(manifest: Manifest, line: int) -> int:
    lines = manifest.source.lines
    if not 0 < line <= len(lines):
        return 0
    return len(lines[line - 1]) - len(lines[line - 1].lstrip(" "))


def _includes(manifest: Manifest, line: int, indent: int, deeper: int = 3) -> bool:
    """Say whether the block that starts at a line, indented at least so far, takes in text a template produces.

    Actions indented by more than `deeper` beyond that belong to a value inside the block.
    """
    for content in manifest.source.lines[max(line - 1, 0) : line + 200]:
        stripped = content.lstrip(" ")
        if stripped.startswith("{{"):
            if _INCLUDE.match(stripped) and len(content) - len(stripped) <= indent + deeper:
                return True
        elif stripped and not stripped.startswith("#") and len(content) - len(stripped) < indent:
            return False
    return False


def _patched(manifest: Manifest, policy: Policy) -> Policy:
    """Apply a ``templatePatch``: text that may add a policy to an application, or take it away."""
    patch = manifest.spec.get("templatePatch")
    if not isinstance(patch, str) or ("automated" not in patch and "syncPolicy" not in patch):
        return policy
    line = manifest.spec.lines.get("templatePatch", manifest.line)
    word = "automated" if "automated" in patch else "syncPolicy"
    offset = next((number for number, content in enumerate(patch.splitlines(), 1) if word in content), 0)
    place = manifest.source.place(line + offset)
    if _CONDITION.search(patch):
        return policy if policy.auto_sync else replace(UNKNOWN, at=place)
    documents = yaml.parse_template(patch).documents
    changed = mapping(documents[0].value, "spec", "syncPolicy") if documents else EMPTY
    if "automated" not in changed:
        return policy
    automated = changed["automated"]
    if not isinstance(automated, Map):
        return Policy(at=place)
    heal, prune = _switch(automated.get("selfHeal", policy.self_heal)), _switch(automated.get("prune", policy.prune))
    return Policy(_switch(automated.get("enabled", True)), heal, prune, place)


def _selective(generators: object) -> bool:
    """Say whether applications are made only for clusters that carry some label."""
    return any(_selects(generator, 0) for generator in items(generators))


def _selects(generator: object, depth: int) -> bool:
    if mapping(generator, "clusters", "selector"):
        return True
    nested = [child for kind in ("matrix", "merge") for child in items(generator, kind, "generators")] if depth < 3 else []
    return any(_selects(child, depth + 1) for child in nested)


def _anywhere(destination: object) -> bool:
    server = text(destination, "server") or text(destination, "name")
    return text(destination, "namespace") == "*" and server in ("*", "")


def image_updater(manifest: Manifest, annotations: Map) -> Iterator[UpdateBot]:
    """Yield the Image Updater's automation if annotations (its older interface) ask for it."""
    key = UPDATER + "image-list"
    if key in annotations:
        place = manifest.source.place(annotations.lines.get(key, manifest.line))
        yield UpdateBot(at=place, tool="argocd-image-updater", images=True, policy=True)
