"""Path patterns: ``*`` and ``?`` within a name, ``**/`` any folders or none, ``{a,b}`` alternatives. Matching ignores case."""

from __future__ import annotations

import re

_PATTERNS: dict[str, re.Pattern[str]] = {}


def matches(path: str, pattern: str) -> bool:
    """Say whether a path matches a pattern; one without a slash is for the name alone."""
    return bool(compiled(pattern).match(path if "/" in pattern else path.rpartition("/")[2]))


def compiled(pattern: str) -> re.Pattern[str]:
    """Translate a pattern into an expression for the whole of what it is matched with."""
    if pattern not in _PATTERNS:
        out = (
            re.escape(pattern).replace(r"\*\*/", "(?:.*/)?").replace(r"\*\*", ".*").replace(r"\*", "[^/]*").replace(r"\?", "[^/]")
        )
        out = re.sub(r"\\\{(.*?)\\\}", lambda m: "(?:" + m.group(1).replace(",", "|") + ")", out)
        _PATTERNS[pattern] = re.compile(out + r"\Z", re.I)
    return _PATTERNS[pattern]


def alternatives(pattern: str) -> list[str]:
    """Return the patterns that a pattern with ``{a,b}`` stands for."""
    start, end = pattern.find("{"), pattern.find("}")
    if not 0 <= start < end:
        return [pattern]
    choices = pattern[start + 1 : end].split(",")
    return [rest for choice in choices for rest in alternatives(pattern[:start] + choice + pattern[end + 1 :])]
