"""Reads ignore files: what git, and what an image build, leaves out."""

from __future__ import annotations

from collections.abc import Iterator

from assessor.facts.infrastructure import IgnoreFile
from assessor.reading import Source, reader


@reader("ignore-files", names=(".gitignore", ".dockerignore", "*.dockerignore", ".containerignore"))
def read_ignore_file(source: Source) -> Iterator[IgnoreFile]:
    """Yield the patterns of an ignore file."""
    patterns = (line.strip() for line in source.lines)
    yield IgnoreFile(at=source.place(), patterns=tuple(p for p in patterns if p and not p.startswith("#")))
