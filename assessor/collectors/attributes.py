"""Reads ``.gitattributes`` files: which paths carry a mark of GitHub Linguist.

Patterns follow gitattributes(5): those of gitignore without negated patterns and without directory matching. The last
line that mentions an attribute wins, a deeper file over one above it.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Mapping
from functools import lru_cache

MAX_RULES = 300  # that mark something; more would make every path of a large repository slow
_MARK = re.compile(r"^(?P<off>[-!]?)(?P<name>linguist-(?:vendored|generated|documentation))(?:=(?P<value>\w+))?$")


_Rule = tuple[str, tuple[str, ...], dict[str, bool]]  # folder of the file, pattern, marks


class Attributes:
    """The Linguist marks of a repository, from the texts of its ``.gitattributes`` files by folder."""

    def __init__(self, files: Mapping[str, str]) -> None:
        self._rules: list[_Rule] = []
        for folder in sorted(files, key=lambda f: (f.count("/") + bool(f), f)):
            self._rules += _rules(folder, files[folder])
        del self._rules[MAX_RULES:]

    def __bool__(self) -> bool:
        return bool(self._rules)

    def of(self, path: str) -> dict[str, bool]:
        """Return the marks of a path: True when set, False when unset."""
        found: dict[str, bool] = {}
        for prefix, pattern, marks in self._rules:
            if path.startswith(prefix) and _matches(pattern, path[len(prefix) :].split("/")):
                found.update(marks)
        return found


def _rules(folder: str, text: str) -> list[_Rule]:
    rules = []
    prefix = f"{folder}/" if folder else ""
    for line in text.splitlines():
        pattern, *words = line.split() or [""]
        if pattern.startswith(("#", "[attr]")) or "linguist-" not in line or len(pattern) > 300:
            continue
        marks = {m["name"]: not m["off"] and (m["value"] or "true").lower() != "false" for m in map(_MARK.match, words) if m}
        if marks:
            rules.append((prefix, _parts(pattern.strip('"')), marks))
    return rules


def _parts(pattern: str) -> tuple[str, ...]:
    """Return the names a pattern asks for, from the root; ``**`` stands for any folders."""
    names = tuple(pattern.strip("/").split("/"))
    return names if "/" in pattern.rstrip("/") else ("**", *names)


def _matches(pattern: tuple[str, ...], path: list[str]) -> bool:
    """Say whether a path matches, name by name: all places the pattern may have reached are followed at once."""
    reached = {0}
    for number, name in enumerate(pattern):
        if name == "**":
            last = number == len(pattern) - 1  # ``a/**`` is everything inside, not the folder itself
            reached = set(range(min(reached) + last, len(path) + 1))
        else:
            matches = _compiled(name)
            reached = {at + 1 for at in reached if at < len(path) and matches.match(path[at])}
        if not reached:
            return False
    return len(path) in reached


@lru_cache(maxsize=4096)
def _compiled(name: str) -> re.Pattern[str]:
    """Return the expression of one name; the standard library's translation never backtracks over a ``*`` twice."""
    try:
        return re.compile(fnmatch.translate(name))
    except re.error:
        return re.compile(re.escape(name) + r"\Z")
