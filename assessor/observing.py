"""What the author of a live collector imports: a collector asks a running system and yields facts and gaps.

A collector only reads. It declares every call it may make, and from that list `permissions` prints the least rights it
needs. What it may not see, or could not reach, it yields as a `Gap` that names the missing right; it raises `UsageError`
only for what the user named wrongly (an unknown profile, context or organization). Neither facts nor gaps nor errors hold
credentials.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from assessor.facts.base import Fact, Gap, Place
from assessor.facts.forge import ForgeRepository
from assessor.facts.repository import Organization

__all__ = ["Access", "Collector", "Fact", "Gap", "Listing", "Observed", "Place", "Progress", "silent"]

Observed = Iterator[Fact | Gap]
Progress = Callable[[str], object]  # hears what is being asked, in a few words


def silent(_text: str) -> None:
    """Show no progress."""


def anything(_settings: Any, _scanned: Iterable[Path] = ()) -> None:
    """Find nothing wrong with settings before a system is asked."""


@dataclass(frozen=True, slots=True)
class Access:
    """How repositories may be cloned. `user` and `token` are only ever sent to `host` (with its port)."""

    host: str = ""
    user: str = ""
    token: str = field(default="", repr=False)
    protocols: tuple[str, ...] = ("https",)


@dataclass(frozen=True, slots=True)
class Listing:
    """The repositories of a forge that are to be scanned, what hides others, and how to clone them."""

    repositories: tuple[ForgeRepository, ...]
    gaps: tuple[Gap, ...]
    access: Access


@dataclass(frozen=True, slots=True)
class Collector:
    """A live source: its name, how to ask it, and the least rights that asking needs.

    `observe` takes the source's own settings (`assessor.settings`), what files declare, so that it asks about that first (no
    repository where nothing was read yet), and where progress goes. `permissions` takes those settings too and returns the
    text of an IAM policy, a ClusterRole, a list of token scopes: whatever grants exactly the calls they lead to. `verify` takes
    the settings and the paths that are scanned, and raises `UsageError` for what is wrong before anything is read or asked: a
    profile that does not exist, credentials that lie in what is scanned.
    """

    id: str  # aws, kubernetes, github, gitlab
    title: str
    observe: Callable[[Any, Organization, Progress], Iterable[Fact | Gap]]
    permissions: Callable[[Any], str]
    verify: Callable[[Any, Iterable[Path]], object] = anything
    repositories: Callable[[Any, Progress], Listing] | None = None  # of a forge: what it holds, to be cloned and scanned
