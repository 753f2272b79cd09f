"""Joins facts of several files (derivers) and several repositories (joiners) into wider ones."""

from __future__ import annotations

import operator
from bisect import insort
from collections.abc import Iterable, Sequence

import msgspec

from assessor.facts.base import Fact, Gap
from assessor.facts.repository import Organization, Repository

from . import gitops, kubernetes, live_aws, live_clusters, live_forge, pipelines, services, terraform, trace
from .base import Deriver, Joiner, Material

# In this order: each may rest on the facts of those before it.
DERIVERS: tuple[Deriver, ...] = (
    *pipelines.DERIVERS,
    *terraform.DERIVERS,
    *kubernetes.DERIVERS,
    *services.DERIVERS,
    *gitops.DERIVERS,
)
JOINERS: tuple[Joiner, ...] = (
    *pipelines.JOINERS,
    *terraform.JOINERS,
    *kubernetes.JOINERS,
    *services.JOINERS,
    *gitops.JOINERS,
    *trace.JOINERS,
    *live_clusters.JOINERS,
    *live_aws.JOINERS,
    *live_forge.JOINERS,
)


def derive_repository(repository: Repository, facts: Iterable[Fact]) -> Repository:
    """Return the repository with its facts derived and those only meant for deriving dropped."""
    material = Material(repository, facts)
    gaps = list(repository.gaps)
    for step in DERIVERS:
        try:
            added = tuple(step.derive(material))
        except MemoryError:
            raise  # the limit of the whole repository: what is found within it must not depend on how near it is
        except Exception as error:  # noqa: BLE001  a hostile file must not cost the rest of the scan
            gaps.append(Gap("files", step.name, f"could not be derived: {type(error).__name__}: {error}", repository.name))
            continue
        dropped = any(material.of(kind) for kind in step.replaces)
        if added or dropped:
            facts = material.all_facts
            material = Material(repository, (*(f for f in facts if not (dropped and isinstance(f, step.replaces))), *added))
    kept = tuple(sorted((f for f in material.all_facts if not f.transient), key=_order))
    return msgspec.structs.replace(repository, facts=kept, gaps=tuple(sorted(gaps)))


def derive_organization(organization: Organization) -> Organization:
    """Return the organization with the facts that join its repositories; each goes to the repository it is about."""
    for step in JOINERS:
        added = tuple(step.derive(organization))
        if not added and not any(organization.of(kind) for kind in step.replaces):
            continue
        owned: dict[str, list[Fact]] = {}
        for fact in added:
            owned.setdefault(fact.at.repository, []).append(fact)
        repositories = tuple(_with(r, step, owned.get(r.name, [])) for r in organization.repositories)
        facts = (*(f for f in organization.facts if not isinstance(f, step.replaces)), *owned.get("", ()))
        if not _same(repositories, organization.repositories) or not _same(facts, organization.facts):
            organization = msgspec.structs.replace(organization, repositories=repositories, facts=facts)
    return organization


def _with(repository: Repository, step: Joiner, added: list[Fact]) -> Repository:
    """Return the repository with its facts replaced and added: itself where nothing changes, so that its index is kept."""
    dropped = any(repository.of(kind) for kind in step.replaces)
    if not added and not dropped:
        return repository
    facts = list(repository.facts)
    old = [number for number, fact in enumerate(facts) if isinstance(fact, step.replaces)] if dropped else []
    if [_order(facts[number]) for number in old] == [_order(fact) for fact in added]:
        for number, fact in zip(old, added, strict=True):  # each takes the place of the one it was made of
            facts[number] = fact
    else:
        facts = [fact for fact in facts if not (dropped and isinstance(fact, step.replaces))]
        for fact in added:  # few, into many that are in order
            insort(facts, fact, key=_order)
    return repository if _same(facts, repository.facts) else msgspec.structs.replace(repository, facts=tuple(facts))


def _same(these: Sequence[object], those: Sequence[object]) -> bool:
    return len(these) == len(those) and all(map(operator.is_, these, those))


def _order(fact: Fact) -> tuple[str, int, str, str]:
    return (fact.at.path, fact.at.line, fact.kind, fact.label)
