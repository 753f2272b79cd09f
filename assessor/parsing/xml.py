"""XML manifests (pom.xml, *.csproj) as a flat list of elements with their path and line.

Not an XML parser on purpose: entities are never expanded, nothing recurses, and a broken file yields what precedes
the damage.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

MAX_DEPTH = 60
MAX_ELEMENTS = 50_000
_TOKEN = re.compile(
    r"<!--.*?(?:-->|\Z)|<!\[CDATA\[.*?(?:\]\]>|\Z)|<(?P<close>/)?(?P<name>[A-Za-z_][\w:.-]*+)(?P<rest>[^<>]*+)>(?P<text>[^<]*+)",
    re.S,
)
_ATTRIBUTE = re.compile(r"(?<![\w:.-])([\w:.-]++)\s*=\s*(?:\"([^\"]*+)\"|'([^']*+)')")


@dataclass(frozen=True, slots=True)
class Element:
    """An element: the names of its parents and itself joined by "/", its attributes, and the text before its first child."""

    path: str
    attributes: dict[str, str]
    text: str
    line: int

    @property
    def name(self) -> str:
        """Its own name."""
        return self.path.rpartition("/")[2]


def elements(source: str) -> Iterator[Element]:
    """Yield the elements in document order; namespaces of names are dropped."""
    stack: list[str] = []
    line, at = 1, 0
    for count, match in enumerate(_TOKEN.finditer(source)):
        if count > MAX_ELEMENTS:
            return
        line += source.count("\n", at, match.start())
        at = match.start()
        name = (match["name"] or "").rpartition(":")[2]
        if not name:
            continue
        if match["close"]:
            if name in stack:
                del stack[len(stack) - 1 - stack[::-1].index(name) :]
            continue
        if len(stack) < MAX_DEPTH:
            attributes = {key: one or two for key, one, two in _ATTRIBUTE.findall(match["rest"])}
            yield Element("/".join([*stack, name]), attributes, match["text"].strip()[:1000], line)
        if not match["rest"].rstrip().endswith("/"):
            stack.append(name)
            del stack[MAX_DEPTH * 2 :]
