"""Reads ``.gitattributes`` files: which paths carry a mark of GitHub Linguist.

Patterns follow gitattributes(5): those of gitignore without negated patterns and without directory matching. The last
line that mentions an attribute wins, a deeper file over one above it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

MAX_RULES = 2000
MAX_WILDCARDS = 8  # more make matching slow, and no real pattern has them
_MARK = re.compile(r"^(?P<off>[-!]?)(?P<name>linguist-(?:vendored|generated|documentation))(?:=(?P<value>\w+))?$")
_TOKEN = re.compile(r"\*\*/|/\*\*$|\*\*|\*|\?|\[!?\]?[^\]/]*\]|.", re.S)


class Attributes:
    """The Linguist marks of a repository, from the texts of its ``.gitattributes`` files by folder."""

    def __init__(self, files: Mapping[str, str]) -> None:
        self._rules: list[tuple[str, re.Pattern[str], dict[str, bool]]] = []
        for folder in sorted(files, key=lambda f: (f.count("/") + bool(f), f)):
            self._rules += _rules(folder, files[folder])
        del self._rules[MAX_RULES:]

    def __bool__(self) -> bool:
        return bool(self._rules)

    def of(self, path: str) -> dict[str, bool]:
        """Return the marks of a path: True when set, False when unset."""
        found: dict[str, bool] = {}
        for prefix, pattern, marks in self._rules:
            if path.startswith(prefix) and pattern.match(path, len(prefix)):
                found.update(marks)
        return found


def _rules(folder: str, text: str) -> list[tuple[str, re.Pattern[str], dict[str, bool]]]:
    rules = []
    prefix = f"{folder}/" if folder else ""
    for line in text.splitlines():
        pattern, *words = line.split() or [""]
        if pattern.startswith(("#", "[")) or "linguist-" not in line or len(pattern) > 300:
            continue
        marks = {m["name"]: not m["off"] and (m["value"] or "true").lower() != "false" for m in map(_MARK.match, words) if m}
        if marks and pattern.count("*") <= MAX_WILDCARDS:
            rules.append((prefix, _translate(pattern.strip('"')), marks))
    return rules


def _translate(pattern: str) -> re.Pattern[str]:
    """Turn a gitattributes pattern into an expression that must match the path to its end."""
    anchored = "/" in pattern.rstrip("/")
    out = [] if anchored else ["(?:.*/)?"]
    for token in _TOKEN.findall(pattern.removeprefix("/").removesuffix("/")):
        if token in ("**/", "/**", "**"):
            out.append({"**/": "(?:.*/)?", "/**": "/.*", "**": ".*"}[token])
        elif token in ("*", "?"):
            out.append("[^/]*" if token == "*" else "[^/]")  # noqa: S105  not a password
        elif len(token) > 2 and token.startswith("["):
            out.append(
                "[" + ("^" if token[1] == "!" else "") + re.escape(token.strip("[]").lstrip("!")).replace(r"\-", "-") + "]"
            )
        else:
            out.append(re.escape(token))
    try:
        return re.compile("".join(out) + r"\Z")
    except re.error:
        return re.compile(re.escape(pattern) + r"\Z")
