"""The repositories of forges as targets of a scan: listed, cloned into a folder, named."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from assessor.collectors.cloning import CloneError, Remote, clone_all
from assessor.collectors.discovery import Survey, named
from assessor.collectors.live import collector
from assessor.collectors.target import Target
from assessor.errors import NothingToAssess
from assessor.facts.base import Gap
from assessor.observing import Collector, Listing, Progress, silent

FORGES = ("github", "gitlab")
REACHED = frozenset({"github.com", "gitlab.com"})  # where workers elsewhere have tokens of their own


def survey_forges(
    wanted: Mapping[str, Any], folder: Path, *, jobs: int = 0, elsewhere: bool = False, progress: Progress = silent
) -> Survey:
    """List and clone what the forges among the wanted systems hold. One that cannot be cloned is a gap.

    `elsewhere` says that other machines do the work: what they know how to reach is left to them to clone.

    Raises `UsageError` for an organization that does not exist, `NothingToAssess` where no repository is to be seen.
    """
    targets: list[Target] = []
    gaps: list[Gap] = []
    for name in FORGES:
        forge = collector(name) if name in wanted else None
        if forge and forge.repositories:
            listing = forge.repositories(wanted[name], progress)
            gaps += listing.gaps
            away = elsewhere and listing.access.host in REACHED
            for found in _remote(listing) if away else _clone(forge, listing, folder, jobs, progress):
                (gaps if isinstance(found, Gap) else targets).append(found)  # type: ignore[arg-type]  # told apart here
    if not targets:
        because = f": {gaps[0].subject}: {gaps[0].reason}" if gaps else ""
        raise NothingToAssess(f"no repository could be cloned{because}", "Check the token and the address.")
    return Survey(tuple(sorted(named(targets), key=lambda target: target.name)), tuple(sorted(gaps)))


def _remote(listing: Listing) -> list[Target | Gap]:
    """Return targets that are nowhere on this machine: whoever does the work clones them."""
    return [
        Target("", r.repository, Path(os.devnull) / r.repository, remote=r.address, branch=r.default_branch)
        for r in listing.repositories
        if r.default_branch
    ]


def _clone(forge: Collector, listing: Listing, folder: Path, jobs: int, progress: Progress) -> list[Target | Gap]:
    """Clone what was listed; a repository without a branch holds nothing."""
    known = {Remote(r.address, r.default_branch): r.name for r in listing.repositories if r.default_branch}
    done: list[Remote] = []

    def tell(remote: Remote) -> None:
        done.append(remote)
        progress(f"{forge.title}: {len(done)} of {len(known)} cloned: {known[remote]}")

    found: list[Target | Gap] = [Gap(forge.id, r.name, "it is empty") for r in listing.repositories if not r.default_branch]
    for remote, outcome in clone_all(tuple(known), folder, listing.access, jobs=jobs, progress=tell):
        if isinstance(outcome, CloneError):
            found.append(Gap(forge.id, known[remote], f"cannot be cloned: {outcome}"))
        else:
            found.append(Target("", str(outcome.relative_to(folder)).removesuffix(".git"), outcome))
    return found
