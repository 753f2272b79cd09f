"""What is seen in Kubernetes clusters. `at.path` is ``context/namespace/kind/name``; `at.source` is ``kubernetes``."""

from __future__ import annotations

from .base import Fact


class Cluster(Fact, frozen=True, kw_only=True):
    """A cluster that was asked."""

    context: str
    version: str = ""  # as the API server says, e.g. v1.35.2

    @property
    def label(self) -> str:
        """The context it was asked through."""
        return self.context
