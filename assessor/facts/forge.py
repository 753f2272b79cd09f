"""What is seen at forges. `at.path` is an address there; `at.source` is ``github`` or ``gitlab``."""

from __future__ import annotations

from .base import Fact


class ForgeRepository(Fact, frozen=True, kw_only=True):
    """A repository (project) as the forge lists it."""

    name: str  # owner/name
    address: str  # where it is cloned from, without credentials
    default_branch: str = ""
    archived: bool = False
    fork: bool = False

    @property
    def label(self) -> str:
        """Owner and name."""
        return self.name
