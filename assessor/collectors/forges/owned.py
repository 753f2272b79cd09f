"""Which of a forge's repositories are asked about: those that were scanned, and those that scanned files refer to."""

from __future__ import annotations

from typing import NamedTuple

from assessor.deriving.gitops_reach import normalise
from assessor.deriving.live_forge import referred
from assessor.facts.forge import ForgeOwner, ForgeRepository
from assessor.facts.repository import Organization

MAX_REFERENCES = 200


class Owned(NamedTuple):
    """An organization, user or group, and its repositories."""

    owner: ForgeOwner
    repositories: tuple[ForgeRepository, ...]


def scanned(repositories: tuple[ForgeRepository, ...], declared: Organization) -> list[ForgeRepository]:
    """Return those that were scanned, by the address they were cloned from."""
    here = {normalise(repository.remote) for repository in declared.repositories if repository.remote}
    return [repository for repository in repositories if repository.repository in here]


def unlisted(owned: Owned, declared: Organization) -> list[str]:
    """Return the addresses below an owner's that scanned files refer to and that are not among the repositories listed."""
    listed = {repository.repository for repository in owned.repositories}
    below = owned.owner.address + "/"
    return [address for address in referred(declared) if address.startswith(below) and address not in listed][:MAX_REFERENCES]
