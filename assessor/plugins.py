"""What is installed: the entry points of our own and of other packages, read from their metadata once."""

from __future__ import annotations

from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any


@cache
def _installed() -> Any:  # its type differs between versions of Python
    return entry_points()


def points(group: str) -> list[EntryPoint]:
    """Return the entry points of a group, by name and value."""
    return sorted(_installed().select(group=group), key=lambda point: (point.name, point.value))
