"""Joins facts of several files (derivers) and several repositories (joiners) into wider ones."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from assessor.facts.base import Fact, Gap
from assessor.facts.repository import Organization, Repository

from . import gitops, kubernetes, pipelines, services, terraform, trace
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
)


def derive_repository(repository: Repository, facts: Iterable[Fact]) -> Repository:
    """Return the repository with its facts derived and those only meant for deriving dropped."""
    current = tuple(facts)
    gaps = list(repository.gaps)
    for step in DERIVERS:
        material = Material(repository, current)
        try:
            added = tuple(step.derive(material))
        except Exception as error:  # noqa: BLE001  a hostile file must not cost the rest of the scan
            gaps.append(Gap("files", step.name, f"could not be derived: {type(error).__name__}: {error}", repository.name))
            continue
        current = (*(fact for fact in current if not isinstance(fact, step.replaces)), *added)
    kept = tuple(sorted((f for f in current if not f.transient), key=_order))
    return msgspec.structs.replace(repository, facts=kept, gaps=tuple(sorted(gaps)))


def derive_organization(organization: Organization) -> Organization:
    """Return the organization with the facts that join its repositories; each goes to the repository it is about."""
    for step in JOINERS:
        added = tuple(step.derive(organization))
        owned: dict[str, list[Fact]] = {}
        for fact in added:
            owned.setdefault(fact.at.repository, []).append(fact)
        repositories = tuple(
            msgspec.structs.replace(
                repository,
                facts=tuple(
                    sorted(
                        [*(f for f in repository.facts if not isinstance(f, step.replaces)), *owned.get(repository.name, ())],
                        key=_order,
                    )
                ),
            )
            for repository in organization.repositories
        )
        organization = msgspec.structs.replace(
            organization,
            repositories=repositories,
            facts=(*(f for f in organization.facts if not isinstance(f, step.replaces)), *owned.get("", ())),
        )
    return organization


def _order(fact: Fact) -> tuple[str, int, str, str]:
    return (fact.at.path, fact.at.line, fact.kind, fact.label)
