"""What is seen in AWS accounts. `at.path` is an ARN, or the closest name there is; `at.source` is ``aws``."""

from __future__ import annotations

from .base import Fact


class AwsAccount(Fact, frozen=True, kw_only=True):
    """An account that was asked."""

    account: str  # twelve digits
    alias: str = ""
    regions: tuple[str, ...] = ()  # those that were asked and answered

    @property
    def label(self) -> str:
        """Its alias, or its number."""
        return self.alias or self.account
