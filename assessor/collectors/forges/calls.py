"""The calls a forge's collector may make, each declared with what it needs; from the same list `permissions` is printed."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import quote


@dataclass(frozen=True, slots=True)
class Call:
    """One call: `path` is a template below the API's root; `right` is what a token needs for it, "" for none.

    `least` says that nothing can be learned without it; without the others, a gap says what is missing.
    """

    path: str
    right: str
    learns: str
    method: str = "GET"
    least: bool = False

    def at(self, **parts: str) -> str:
        """Return the path with its parts filled in; each is escaped, slashes too."""
        return self.path.format(**{name: quote(part, safe="") for name, part in parts.items()})

    def covers(self, method: str, path: str) -> bool:
        """Say whether a request is this call; `path` is below the API's root and without query."""
        pattern = re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(self.path))
        return method == self.method and re.fullmatch(pattern, path) is not None


def table(calls: Iterable[Call]) -> str:
    """Return the calls as lines: what each asks and learns, and the right it needs."""
    rows = [(f"{call.method} {call.path}", call.learns, call.right or "nothing") for call in calls]
    width = max(len(row[0]) for row in rows)
    return "\n".join(f"  {asks:<{width}}  {learns}; needs {right}" for asks, learns, right in rows)


def rights(calls: Iterable[Call]) -> list[str]:
    """Return the rights the calls need, in the order they are declared, each once."""
    return list(dict.fromkeys(right.strip() for call in calls for right in call.right.split(",") if right.strip()))
