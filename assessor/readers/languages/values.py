"""Small helpers to take values of any type out of manifests: whatever is not what was expected is empty."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

MAX_NAMES = 2000
_NAME = re.compile(r"@?[A-Za-z0-9][\w./@-]*")


def table(value: object, *path: str) -> dict[str, object]:
    """Return the mapping at a path of keys, or an empty one."""
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return {str(k): v for k, v in value.items()} if isinstance(value, dict) else {}


def text(value: object) -> str:
    """Return the value if it is a short string, else ""."""
    return value.strip() if isinstance(value, str) and len(value) < 300 else ""


def texts(value: object) -> list[str]:
    """Return the short strings of a list (or a string alone)."""
    items = value if isinstance(value, list) else [value]
    return [item for item in items[:MAX_NAMES] if isinstance(item, str) and len(item) < 300]


def names(requirements: Iterable[str]) -> set[str]:
    """Return the package names at the start of requirement lines, in lower case with dashes."""
    found = set()
    for requirement in requirements:
        match = _NAME.match(requirement.strip())
        if match:
            found.add(match.group().lower().replace("_", "-"))
    return found


def first_of(known: Mapping[str, str] | Iterable[str], present: Iterable[str]) -> str:
    """Return the first of the known names that is present, in the order of the known ones; "" if none is."""
    have = set(present)
    return next((name for name in known if name in have), "")


def port_of(value: object) -> int:
    """Return a TCP port, 0 for anything else."""
    try:
        port = int(str(value).strip())
    except ValueError:
        return 0
    return port if 0 < port < 65536 else 0
