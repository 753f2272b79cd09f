"""YAML as plain values that remember their lines.

The values are built from libyaml's event stream rather than its composer: the composer recurses in C and
crashes the process on deeply nested input. Custom tags (``!Ref``, ``!reference``) are kept as `Tagged`,
``on:`` stays a string, aliases share one value, and an alias bomb is refused before it can be walked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from assessor.errors import ParseError

MAX_DEPTH = 200
MAX_EXPANDED = 2_000_000  # values reachable when every alias is followed
MAX_PLACEHOLDERS = 20_000

_INT = re.compile(r"[-+]?(0|[1-9][0-9_]*)\Z")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z")
_WORDS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
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


def parse(text: str, *, templated: bool = False) -> Stream:
    """Parse a stream of documents; what precedes a syntax error is kept."""
    stream = Stream()
    try:
        for document in _documents(text, templated):
            stream.documents.append(document)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        stream.error = ParseError(f"not valid YAML: {error.problem}", (mark.line + 1) if mark else 0)
    except (yaml.YAMLError, ValueError) as error:
        stream.error = ParseError(f"not valid YAML: {str(error).splitlines()[0]}", 0)
    except ParseError as error:
        stream.error = error
    return stream


def parse_template(text: str) -> Stream:
    """Parse a Go-templated manifest: actions become placeholders, lines of control flow vanish, lines keep their number."""
    return parse(neutralise(text), templated=True)


PLACEHOLDER = "tpl-"  # a scalar that starts so stood for a template action
_ACTION = re.compile(r"\{\{-?\s*(.*?)\s*-?\}\}", re.S)
_CONTROL = re.compile(r"(if|else|end|range|with|define|block|template|include|toYaml|nindent|/\*|\$\w+\s*:?=|tpl|fail)\b|/\*")


def is_dynamic(value: object) -> bool:
    """Say whether a scalar stood, wholly or partly, for a template action."""
    return isinstance(value, str) and PLACEHOLDER in value


def neutralise(text: str) -> str:
    """Replace Go template actions so that what remains is YAML with the same line numbers.

    An action that is all of its line is control flow or an included block and is removed; one inside a line
    becomes a placeholder scalar that keeps the expression's last name (``tpl-Values.image.tag``).
    """

    def replace(match: re.Match[str]) -> str:
        start, end = match.span()
        newlines = "\n" * match.group(0).count("\n")
        before = text.rfind("\n", 0, start) + 1
        after = text.find("\n", end)
        line_rest = text[end : after if after >= 0 else len(text)]
        alone = not _ACTION.sub("", text[before:start]).strip() and not _ACTION.sub("", line_rest).strip()
        if alone or (_CONTROL.match(match.group(1)) and not text[before:start].rstrip().endswith((":", "-", '"', "'", "/", "="))):
            return newlines
        if match.group(1).startswith(("if", "else", "end", "range", "with", "/*")):
            return newlines
        name = re.search(r"[.$]?([A-Za-z_][\w.]*)", match.group(1).removeprefix(".").replace("$.", ""))
        return PLACEHOLDER + (name.group(1) if name else "x") + newlines

    return _ACTION.sub(replace, text)


def _documents(text: str, templated: bool) -> Iterator[Document]:
    events = yaml.parse(text, Loader=yaml.CSafeLoader)
    for event in events:
        if isinstance(event, yaml.DocumentStartEvent):
            value, line = _Builder().build(events)
            yield Document(value, line, templated)


class _Builder:
    """Builds one document without recursion; each container on the stack knows its expanded size so far."""

    def __init__(self) -> None:
        self.anchors: dict[str, tuple[Any, int]] = {}
        self.stack: list[tuple[Map | Seq, list[Any], str | None, str | None]] = []
        self.sizes: list[int] = []

    def build(self, events: Iterator[Any]) -> tuple[Any, int]:
        root: Any = None
        line = 0
        for event in events:
            if isinstance(event, yaml.DocumentEndEvent):
                break
            at = event.start_mark.line + 1
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
            else:
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
    if len(text) <= 18 and _INT.match(text):
        return int(text.replace("_", ""))
    if len(text) <= 32 and _FLOAT.match(text):
        return float(text)
    return text
