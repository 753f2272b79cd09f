"""YAML as plain values that remember their lines.

The values are built from libyaml's event stream rather than its composer: the composer recurses in C and
crashes the process on deeply nested input. Custom tags (``!Ref``, ``!reference``) are kept as `Tagged`,
``on:`` stays a string, aliases share one value, and an alias bomb is refused before it can be walked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import yaml

from assessor.errors import ParseError

from .templates import PLACEHOLDER, is_dynamic, neutralise

__all__ = ["PLACEHOLDER", "Document", "Map", "Seq", "Stream", "Tagged", "is_dynamic", "neutralise", "parse", "parse_template"]

MAX_DEPTH = 200
MAX_EXPANDED = 2_000_000  # values reachable when every alias is followed
MAX_REPAIRS = 6  # lines given up in one document of a template before the document is
MAX_REPAIRED = 40  # … and in one file, so that a hostile one does not cost its square

_INT = re.compile(r"[-+]?(0|[1-9][0-9_]*)\Z")
_FLOAT = re.compile(
    r"[-+]?(?:\.[0-9]+|[0-9]+\.[0-9]*)(?:[eE][-+]?[0-9]+)?\Z"
)  # with a point: 1e5 may be a commit, 007 an account
_WORDS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_BARE = re.compile(r"(?<=[:\-] )\{\{[^{}'\n]*\}\}[^\s'#{}]*(?=[ \t]*$)", re.M)  # `url: {{url}}` means text, not a mapping
_NULLS = {"", "~", "null", "Null", "NULL"}


class Map(dict[str, Any]):
    """A mapping whose keys are strings; `line` is where it starts, `lines` where each key stands (from 1)."""

    __slots__ = ("line", "lines")

    def __init__(self, line: int = 0) -> None:
        super().__init__()
        self.line = line
        self.lines: dict[str, int] = {}

    def line_of(self, *path: str | int) -> int:
        """Return the line of the value at a path of keys, or of the nearest parent that exists."""
        line: int = self.line
        value: Any = self
        for step in path:
            if isinstance(value, Map) and isinstance(step, str) and step in value:
                line, value = value.lines.get(step, line), value[step]
            elif isinstance(value, Seq) and isinstance(step, int) and step < len(value):
                line, value = value.lines[step], value[step]
            else:
                break
        return line


class Seq(list[Any]):
    """A sequence; `lines[i]` is where item i starts (from 1)."""

    __slots__ = ("line", "lines")

    def __init__(self, line: int = 0) -> None:
        super().__init__()
        self.line = line
        self.lines: list[int] = []


@dataclass(frozen=True, slots=True)
class Tagged:
    """A value with an application tag, e.g. ``!Ref Bucket`` or ``!reference [job, script]``."""

    tag: str
    value: Any


@dataclass(frozen=True, slots=True)
class Document:
    """One document of a stream; `templated` when template actions had to be taken out to parse it."""

    value: Any
    line: int
    templated: bool = False


@dataclass(slots=True)
class Stream:
    """The documents that could be read, and the error that ended the reading, if any."""

    documents: list[Document] = field(default_factory=list)
    error: ParseError | None = None


def parse(text: str, *, templated: bool = False, offset: int = 0) -> Stream:
    """Parse a stream of documents; what precedes a syntax error is kept. `offset` is added to every line number."""
    stream = Stream()
    if "{{" in text:
        text = _BARE.sub(lambda found: f"'{found[0]}'", text)
    try:
        for document in _documents(text, templated, offset):
            stream.documents.append(document)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        stream.error = ParseError(f"not valid YAML: {error.problem}", (mark.line + 1 + offset) if mark else 0)
    except (yaml.YAMLError, ValueError) as error:
        stream.error = ParseError(f"not valid YAML: {str(error).splitlines()[0]}", 0)
    except ParseError as error:
        stream.error = error
    return stream


def parse_template(text: str) -> Stream:
    """Parse a Go-templated manifest: actions become placeholders, lines of control flow vanish, lines keep their number.

    Where both branches of a condition cannot stand together only the first is read, and where that does not help
    either a few lines are given up, document by document. The error of a document that stays unreadable is kept.
    """
    every = neutralise(text)
    stream = parse(every, templated=True)
    if stream.error is None:
        return stream
    lines, first = every.split("\n"), neutralise(text, first_branch=True).split("\n")
    starts = [0, *(n for n, line in enumerate(lines) if n and line.startswith("---")), len(lines)]
    result, budget = Stream(), MAX_REPAIRED
    for start, end in pairwise(starts):
        part = parse("\n".join(lines[start:end]), templated=True, offset=start)
        if part.error is not None:
            part, spent = _repaired(first[start:end], start, min(budget, MAX_REPAIRS))
            budget -= spent
        result.documents += part.documents
        result.error = result.error or part.error
    return result


def _repaired(lines: list[str], offset: int, tries: int) -> tuple[Stream, int]:
    """Parse lines of one document, giving up the line of an error as often as allowed; also return how often that was."""
    for spent in range(tries + 1):
        stream = parse("\n".join(lines), templated=True, offset=offset)
        if stream.error is None or spent == tries:
            return stream, spent
        at = min(stream.error.line - offset, len(lines)) - 1
        while at >= 0 and not lines[at].strip():
            at -= 1
        if at < 0:
            return stream, spent
        lines[at] = ""
    return Stream(), tries


def _documents(text: str, templated: bool, offset: int) -> Iterator[Document]:
    events = yaml.parse(text, Loader=yaml.CSafeLoader)
    for event in events:
        if isinstance(event, yaml.DocumentStartEvent):
            value, line = _Builder(templated, offset).build(events)
            yield Document(value, line, templated)


class _Builder:
    """Builds one document without recursion; each container on the stack knows its expanded size so far."""

    def __init__(self, templated: bool, offset: int) -> None:
        self.templated = templated  # of a key given twice, as by both branches of a condition, the first value counts
        self.offset = offset
        self.anchors: dict[str, tuple[Any, int]] = {}
        self.stack: list[tuple[Map | Seq, list[Any], str | None, str | None]] = []
        self.sizes: list[int] = []

    def build(self, events: Iterator[Any]) -> tuple[Any, int]:
        root: Any = None
        line = 0
        for event in events:
            if isinstance(event, yaml.DocumentEndEvent):
                break
            at = event.start_mark.line + 1 + self.offset
            line = line or at
            if isinstance(event, yaml.ScalarEvent):
                value = _scalar(event)
                self._anchor(event.anchor, value, 1)
                root = self._add(value, at, 1, root, raw=event.value)
            elif isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
                if len(self.stack) >= MAX_DEPTH:
                    raise ParseError(f"nested more than {MAX_DEPTH} levels deep", at)
                container = Map(at) if isinstance(event, yaml.MappingStartEvent) else Seq(at)
                self.stack.append((container, [], event.tag, event.anchor))
                self.sizes.append(1)
            elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
                container, _, tag, anchor = self.stack.pop()
                size = self.sizes.pop()
                value = _tagged(tag, container)
                self._anchor(anchor, value, size)
                root = self._add(value, container.line, size, root)
            elif isinstance(event, yaml.AliasEvent):
                value, size = self.anchors.get(event.anchor or "", (None, 1))
                root = self._add(value, at, size, root)
        return root, line

    def _anchor(self, name: str | None, value: Any, size: int) -> None:
        if name:
            self.anchors[name] = (value, size)

    def _add(self, value: Any, line: int, size: int, root: Any, raw: str | None = None) -> Any:
        if not self.stack:
            return value
        self.sizes[-1] += size
        if self.sizes[-1] > MAX_EXPANDED:
            raise ParseError("aliases expand to too many values", line)
        container, pending = self.stack[-1][:2]
        if isinstance(container, Seq):
            container.append(value)
            container.lines.append(line)
        elif not pending:
            pending.extend((raw if raw is not None else str(value), line))
        else:
            key, at = pending
            pending.clear()
            if key == "<<":
                _merge(container, value)
            elif not (self.templated and container.get(key) is not None):
                container[key] = value
                container.lines[key] = at
        return root


def _merge(target: Map, value: Any) -> None:
    """Apply a merge key: keys of the merged mappings that the mapping itself has not set yet."""
    for source in value if isinstance(value, Seq) else [value]:
        if isinstance(source, Map):
            for key, item in source.items():
                if key not in target:
                    target[key] = item
                    target.lines[key] = source.lines.get(key, source.line)


def _tagged(tag: str | None, value: Any) -> Any:
    return Tagged(tag, value) if tag and tag.startswith("!") and tag != "!" else value


def _scalar(event: Any) -> Any:
    text: str = event.value
    if event.tag and event.tag.startswith("!") and event.tag != "!":
        return Tagged(event.tag, text)
    if not event.implicit[0] or event.style in ("'", '"', "|", ">"):
        return text
    if text in _NULLS:
        return None
    if text in _WORDS:
        return _WORDS[text]
    if len(text) <= 18 and _INT.match(text):  # longer ones are identifiers
        return int(text.replace("_", ""))
    if len(text) <= 32 and _FLOAT.match(text):
        return float(text)
    return text
