"""Dockerfiles and Containerfiles as instructions with line numbers.

The grammar is that of https://docs.docker.com/reference/dockerfile/, read tolerantly: an instruction nobody knows is
kept, a broken one is kept as text, nothing raises. Understood are the escape directive, continuations with comments
and blank lines inside them, heredocs, flags, the JSON form, ONBUILD, and keywords in any case.
"""

from __future__ import annotations

import bisect
import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

MAX_INSTRUCTIONS = 20_000
MAX_VALUE = 4_000  # characters an expanded value may have: nested ARGs can double at each step

_NAME = re.compile(r"(?:(?P<before>.+)\.)?(?:dockerfile|containerfile)(?:[.\-_](?P<after>.+))?\Z", re.I)
_DIRECTIVE = re.compile(r"^#\s*([A-Za-z][\w-]*)\s*=\s*(.*?)\s*$")
_HEREDOC = re.compile(r"<<(-?)(['\"]?)([A-Za-z_][\w.]*)\2")
_FLAG = re.compile(r"--([a-z][\w-]*)(?:=(\S*))?\s+")
_HEREDOC_KEYWORDS = frozenset(("RUN", "COPY", "ADD"))
_WORD = re.compile(r'"(?:\\.|[^"\\])*"|\'[^\']*\'|(?:\\.|[^\s"\'\\])+|["\'\\]')
_VARIABLE = re.compile(r"\\\$|\$\{(?P<braced>\w++)(?:(?P<operator>:?[-+?])(?P<word>[^{}]*+)|[^{}]*+)\}|\$(?P<plain>\w++)")


@dataclass(frozen=True, slots=True)
class Instruction:
    """One instruction. `value` is its text without flags, on one line; `heredocs` the bodies that follow it."""

    keyword: str  # in capitals
    value: str
    line: int
    flags: tuple[tuple[str, str], ...] = ()
    heredocs: tuple[str, ...] = ()

    def flag(self, name: str) -> str:
        """Return a flag's value, "" when it is not given."""
        return next((value for key, value in self.flags if key == name), "")

    @property
    def words(self) -> tuple[str, ...]:
        """The arguments: those of the JSON form, or the words, without their quotes."""
        if self.value.startswith("["):
            try:
                items = json.loads(self.value)
            except (ValueError, RecursionError):
                items = None
            if isinstance(items, list) and all(isinstance(item, str) for item in items):
                return tuple(items)
        return tuple(unquote(word) for word in _WORD.findall(self.value))


@dataclass(slots=True)
class _Lines:
    """The lines of a file, with an index to find where heredocs end."""

    lines: list[str]
    index: dict[str, list[int]] = field(default_factory=dict)

    def end_of_heredoc(self, delimiter: str, start: int) -> int:
        """Return the number of the line that ends a heredoc, or -1. One pass over the file serves every heredoc."""
        if not self.index:
            index: defaultdict[str, list[int]] = defaultdict(list)
            for number, line in enumerate(self.lines):
                if len(line) < 100:
                    index[line.strip()].append(number)
            self.index = dict(index)
        at = self.index.get(delimiter, [])
        found = bisect.bisect_left(at, start)
        return at[found] if found < len(at) else -1


def parse(text: str) -> list[Instruction]:
    """Return the instructions of a Dockerfile, at most `MAX_INSTRUCTIONS`."""
    source = _Lines(text.split("\n"))
    found: list[Instruction] = []
    for instruction in _instructions(source, _escape(source.lines)):
        found.append(instruction)
        if len(found) >= MAX_INSTRUCTIONS:
            break
    return found


def variant_of(path: str) -> str:
    """Return what tells a Dockerfile's name from the plain one: ``debug`` of ``Dockerfile.debug`` and ``debug.Dockerfile``."""
    match = _NAME.match(path.rpartition("/")[2])
    return ((match["before"] or match["after"] or "") if match else "").lower()


def resolve(text: str, values: Mapping[str, str]) -> tuple[str, bool]:
    """Replace variables by their values or defaults; also say whether one had neither (it then stays as written)."""
    for _ in range(3):  # a default may itself hold variables; the innermost are replaced first
        expanded = _VARIABLE.sub(lambda match: _value(match, values), text[:MAX_VALUE])[:MAX_VALUE]
        if expanded == text:
            break
        text = expanded
    return text, any(match["braced"] or match["plain"] for match in _VARIABLE.finditer(text))


def _value(match: re.Match[str], values: Mapping[str, str]) -> str:
    """Return what a variable stands for; itself when that cannot be told."""
    name = match["braced"] or match["plain"]
    if not name:
        return match.group()
    operator, word = match["operator"] or "", match["word"] or ""
    value = values.get(name)
    if operator.endswith("+"):
        return word if value is not None else ""
    if value is None or (operator == ":-" and not value):
        return word if operator.endswith("-") else match.group()
    return value


def assignments(instruction: Instruction) -> Iterator[tuple[str, str | None]]:
    """Yield the names of an ARG or ENV with their values, None where an ARG has no default."""
    words = _WORD.findall(instruction.value)
    if instruction.keyword == "ENV" and words and "=" not in words[0]:
        yield words[0], " ".join(unquote(word) for word in words[1:])  # the old form: ENV name value with spaces
        return
    for pair in _pairs(words):
        name, equals, value = pair.partition("=")
        yield name, unquote(value) if equals else None


def unquote(word: str) -> str:
    """Take the quotes off a word."""
    if len(word) >= 2 and word[0] == word[-1] and word[0] in "\"'":
        return word[1:-1]
    return word


def _pairs(words: list[str]) -> Iterator[str]:
    """Join ``name=`` with the quoted value that follows it."""
    pending = ""
    for word in words:
        if pending or word.endswith("="):
            if pending:
                yield pending + word
                pending = ""
            else:
                pending = word
        else:
            yield word
    if pending:
        yield pending


def _escape(lines: list[str]) -> str:
    """Return the escape character: directives stand before anything else in the file."""
    for line in lines[:20]:
        directive = _DIRECTIVE.match(line)
        if not directive:
            break
        if directive[1].lower() == "escape" and directive[2] in ("`", "\\"):
            return directive[2]
    return "\\"


def _instructions(source: _Lines, escape: str) -> Iterator[Instruction]:
    number = 0
    while number < len(source.lines):
        text = source.lines[number].strip()
        if not text or text.startswith("#"):
            number += 1
            continue
        start = number + 1
        joined, number = _join(source.lines, number, escape)
        keyword, _, rest = joined.partition(" ")
        keyword, rest = keyword.upper(), rest.strip()
        heredocs: list[str] = []
        if keyword in _HEREDOC_KEYWORDS or keyword == "ONBUILD":
            number = _skip_heredocs(source, rest, number, heredocs)
        flags, value = _flags(rest)
        yield Instruction(keyword, value, start, flags, tuple(heredocs))


def _join(lines: list[str], number: int, escape: str) -> tuple[str, int]:
    """Join a line with its continuations; comments and blank lines among them are dropped."""
    parts: list[str] = []
    while number < len(lines):
        text = lines[number].strip()
        number += 1
        if parts and (not text or text.startswith("#")):
            continue
        if not text.endswith(escape):
            parts.append(text)
            break
        parts.append(text[:-1].rstrip())
    joined = " ".join(part for part in parts if part)
    return joined.replace("\t", " ", 1) if "\t" in joined.partition(" ")[0] else joined, number


def _skip_heredocs(source: _Lines, text: str, number: int, bodies: list[str]) -> int:
    """Collect the heredocs an instruction opens; one that never ends is no heredoc (``1<<EOF`` in a script)."""
    for match in list(_HEREDOC.finditer(text))[:20]:
        end = source.end_of_heredoc(match[3], number)
        if end < 0:
            break
        bodies.append("\n".join(source.lines[number:end]))
        number = end + 1
    return number


def _flags(text: str) -> tuple[tuple[tuple[str, str], ...], str]:
    flags: list[tuple[str, str]] = []
    at = 0
    while match := _FLAG.match(text, at):
        flags.append((match[1], unquote(match[2] or "")))
        at = match.end()
    return tuple(flags), text[at:].strip()
