"""What is to be scanned, and how a repository is known from outside: without opening it, or loading what opens it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Target:
    """A repository to scan: `name` for reports, `path` relative to what the user named, `location` on disk."""

    name: str
    path: str
    location: Path
    ref: str = ""
    remote: str = ""  # where a machine that has no such location clones it from
    branch: str = ""  # of the remote


def is_repository(location: Path) -> bool:
    """Say whether a folder is a git work tree or a bare repository."""
    return os.path.lexists(location / ".git") or is_bare(location)


def is_bare(location: Path) -> bool:
    """Say whether a folder is a bare repository."""
    return (location / "HEAD").is_file() and (location / "objects").is_dir() and (location / "refs").is_dir()
