"""Asks AWS accounts: state buckets, registries, clusters, stacks, and what no code declares.

boto3 is imported when an account is asked, not before.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from assessor.facts.base import Fact, Gap
from assessor.facts.repository import Organization
from assessor.observing import Collector, Progress
from assessor.settings import AwsSettings

from .calls import permissions

__all__ = ["COLLECTOR"]


def _observe(settings: AwsSettings, declared: Organization, progress: Progress) -> Iterable[Fact | Gap]:
    from .accounts import observe

    return observe(settings, declared, progress)


def _verify(settings: AwsSettings, _scanned: Iterable[Path] = ()) -> None:
    from .sessions import verify

    verify(settings)


COLLECTOR = Collector("aws", "AWS", _observe, permissions, _verify)
