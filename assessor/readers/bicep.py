"""Reads Bicep files. Source: Microsoft's "Bicep file structure and syntax", where every property stands on its own line."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from assessor.facts.base import Fact
from assessor.facts.infrastructure import Resource, Stack
from assessor.reading import Source, reader
from assessor.redaction import MARK, redact

from .cloudformation import MAX_SETTINGS, MAX_VALUE
from .terraform import is_secret_name

MAX_LINES = 400  # of a declaration
MAX_LINE = 400  # characters

_DECLARED = re.compile(r"^\s*(resource|module)\s+(\w+)\s+'([^'@]{1,200})(?:@[^']{0,60})?'(\s+existing\b)?")
_PARAMETER = re.compile(r"^(?:param|var)\s+(\w+)(?:\s+\w+)?\s*=\s*'([^'$]{1,200})'\s*$")
_PROPERTY = re.compile(r"^(?:(\w+)|'([\w ./-]+)')\s*:\s*(.*)$")
_LITERAL = re.compile(r"'([^'$]*)'|(\d+|true|false)")
_OUTER = re.compile(r"^(?:properties|params)\.")


@reader("bicep", names=("*.bicep",))
def read_bicep(source: Source) -> Iterator[Fact]:
    """Yield a Bicep file and the resources and registry modules it declares; existing resources are only referred to."""
    found = []
    given = {m.group(1): m.group(2) for line in source.lines if (m := _PARAMETER.match(line[:MAX_LINE]))}
    for number, line in enumerate(source.lines, 1):
        match = _DECLARED.match(line[:MAX_LINE])
        if match and not match.group(4):
            body = source.lines[number - 1 : number + MAX_LINES]
            found.append(
                Resource(
                    at=source.place(number),
                    tool="bicep",
                    type=match.group(3),
                    name=match.group(2),
                    settings=_settings(body, given),
                )
            )
    if found:
        local = (resource.type for resource in found if resource.type.endswith(".bicep"))
        modules = tuple(posixpath.normpath(posixpath.join(source.folder, path)) for path in local)
        yield Stack(at=found[0].at, tool="bicep", name=source.name, declares=len(found), modules=modules)
        yield from (resource for resource in found if not resource.type.endswith(".bicep"))


def _settings(lines: list[str], given: dict[str, str]) -> dict[str, str]:
    """Return a declaration's scalars, nested names joined by dots, without the outer ``properties`` or ``params``.

    A name that the file gives a text stands for that text; other expressions are kept as ``${…}``.
    """
    found: dict[str, str] = {}
    inside: list[str] = []
    for number, line in enumerate(lines):
        text = line[:MAX_LINE].partition(" //")[0].strip()
        closed = len(text) - len(text.lstrip("]})"))
        inside = inside[: max(len(inside) - closed, 0)]
        if (number and not inside) or len(found) >= MAX_SETTINGS:
            break
        match = _PROPERTY.match(text)
        key, value = (match.group(1) or match.group(2), match.group(3)) if match else ("", text)
        name = _OUTER.sub("", ".".join(part for part in (*inside, key) if part))
        if value.endswith(("{", "[", "(")):
            inside += [key, *[""] * (len(value) - len(value.rstrip("{[(")) - 1)]
        elif key:
            found.setdefault(name, _shown(key, value, given))
    return found


def _shown(key: str, value: str, given: dict[str, str]) -> str:
    literal = _LITERAL.fullmatch(value)
    if literal is None:
        return redact(given.get(value) or f"${{{value}}}")[:MAX_VALUE]
    text: str = literal.group(1) or literal.group(2) or ""
    return MARK if literal.group(1) and is_secret_name(key) else redact(text[:MAX_VALUE])
