"""Scans small organizations for tests: from folders on disk, or from a mapping of paths to texts."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from pathlib import Path

from assessor.collectors.files import collect_repository
from assessor.collectors.target import Target
from assessor.deriving import derive_organization
from assessor.engine import judge
from assessor.facts.base import Fact, Place
from assessor.facts.repository import Organization, Repository
from assessor.model import Finding
from assessor.reading import Source
from assessor.registry import load_checks, load_readers
from assessor.snapshot import Snapshot
from assessor.snapshot import load as load_snapshot

TODAY = datetime.date(2026, 11, 23)


def write(root: Path, files: Mapping[str, str | bytes]) -> Path:
    """Write files below a folder and return it."""
    for path, content in files.items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return root


def read(reader: str, path: str, content: str | bytes) -> list[Fact]:
    """Return the facts one reader yields for one file."""
    data = content if isinstance(content, bytes) else content.encode()
    return list(load_readers()[reader].read(Source("repo", path, data)))


def scan_repository(root: Path, name: str = "") -> Repository:
    """Collect one folder as a repository."""
    return collect_repository(Target(name or root.name, ".", root))


def scan(root: Path) -> Organization:
    """Collect a folder: each folder below ``repos/`` is a repository, or the folder itself is the only one.

    What live systems said is in ``<folder>.evidence.json`` beside it, if they were asked.
    """
    said = root.with_name(root.name + ".evidence.json")
    live = load_snapshot(said) if said.exists() else Snapshot(taken=TODAY.isoformat())
    repos = root / "repos"
    folders = sorted(p for p in repos.iterdir() if p.is_dir()) if repos.is_dir() else [root]
    repositories = tuple(scan_repository(folder) for folder in folders)
    return derive_organization(
        Organization(
            at=Place("", ""), name=root.name, repositories=repositories, facts=live.facts, gaps=live.gaps, asked=live.asked
        )
    )


def findings(organization: Organization, check: str) -> list[Finding]:
    """Return the findings of one check."""
    return judge(organization, [load_checks()[check]], (), TODAY)
