"""What every live source shares: contradictions between what files declare and what is seen to run."""

from __future__ import annotations

from .base import Fact, Place


class Contradiction(Fact, frozen=True, kw_only=True):
    """What files declare and what runs do not agree; see `assessor.model.Contradiction`.

    `at` has no repository: a contradiction belongs to the organization. At least one of `declared` and `observed` is given.
    """

    name: str
    subject: str
    summary: str
    step: int
    check: str = ""
    declared: Place | None = None
    observed: Place | None = None

    @property
    def label(self) -> str:
        """Its name and what it is about."""
        return f"{self.name} {self.subject}"
