"""HCL as light blocks and attributes that remember their lines.

The tree of tree-sitter is walked once, without recursion, in document order: a block opens at its brace and closes
at the matching one, whether the tree is sound or an error node holds its loose parts. A broken file is cut where
blocks begin in the first column, so that it keeps every block but the broken one. An attribute's value is only worked out when asked for: literals become Python values,
anything else is dynamic and stays text that holds ``${…}``.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TypeAlias

import tree_sitter
import tree_sitter_hcl

from assessor.errors import ParseError

Value: TypeAlias = "str | int | float | bool | list[Value] | dict[str, Value] | None"

MAX_BYTES = 512 * 1024  # hand-written HCL is far smaller, and sound text of this size takes the parser half a second
TRIED = 16 * 1024  # bytes from which a text is tried first: recovering from mistakes can take the square of its size, or more
SECONDS = 2.0  # of processor time that the parser gets
MAX_BLANKS = 1000  # odd ones in a text; see _BLANK
MAX_PIECES = 2000  # of a broken file
MAX_DEPTH = 32  # of blocks and of values; deeper parts are left out, or kept as text
MAX_DYNAMIC = 200  # characters kept of an expression

_LANGUAGE = tree_sitter.Language(tree_sitter_hcl.language())
_OPEN = frozenset({"config_file", "body", "block", "ERROR"})
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))", re.S)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t"}
_SPACE = re.compile(r"\s+")
# What is white space in Unicode and not in HCL: the grammar skips a run of it anew at each of its characters.
_BLANK = re.compile(rb"\xe1\x9a\x80|\xe2\x80[\x80-\x8a\xa8\xa9]|\xe2\x81\x9f|\xe3\x80\x80")


class Attribute:
    """A ``name = value``; the value is worked out on first use."""

    __slots__ = ("_node", "_value", "line", "name")

    def __init__(self, name: str, line: int, node: tree_sitter.Node | None = None, value: Value = None) -> None:
        self.name = name
        self.line = line
        self._node = node
        self._value = value

    @property
    def value(self) -> Value:
        """The literal value, or text with ``${…}`` where it is dynamic."""
        if self._node is not None:
            self._value, self._node = _evaluate(self._node, 0), None
        return self._value


@dataclass(slots=True)
class Block:
    """A block; the root of a file is a block without type. Of an attribute set twice the last counts."""

    type: str
    labels: tuple[str, ...] = ()
    line: int = 0
    attributes: dict[str, Attribute] = field(default_factory=dict)
    blocks: list[Block] = field(default_factory=list)
    error: ParseError | None = None  # of the root: the first part that could not be read

    def of(self, *types: str) -> Iterator[Block]:
        """Yield the blocks of these types directly inside."""
        return (block for block in self.blocks if block.type in types)

    def first(self, type: str) -> Block | None:
        """Return the first block of a type directly inside."""
        return next(self.of(type), None)

    def get(self, name: str) -> Value:
        """Return an attribute's value, None where it is not set."""
        attribute = self.attributes.get(name)
        return attribute.value if attribute else None

    def text(self, name: str) -> str:
        """Return an attribute as text, "" where it is not set or is not a scalar."""
        return as_text(self.get(name))

    def line_of(self, name: str) -> int:
        """Return the line of an attribute, or of the block where it is not set."""
        attribute = self.attributes.get(name)
        return attribute.line if attribute else self.line

    def label(self, index: int) -> str:
        """Return a label, "" where there is none."""
        return self.labels[index] if index < len(self.labels) else ""


def is_dynamic(value: object) -> bool:
    """Say whether a text holds a part that only exists at run time."""
    return isinstance(value, str) and "${" in value


def as_text(value: Value) -> str:
    """Return a scalar as text; a list of scalars joined by commas; "" for anything else."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, list):
        return ", ".join(as_text(item) for item in value if not isinstance(item, dict | list))
    return ""


@lru_cache(maxsize=8)
def parse(data: bytes) -> Block:
    """Parse a file. What cannot be read is left out and noted in `error`; the result is shared: do not change it."""
    root = Block("", line=1)
    if len(data) > MAX_BYTES:
        root.error = ParseError(f"HCL larger than {MAX_BYTES // 1024} KiB")
        return root
    data = data.removeprefix(b"\xef\xbb\xbf")
    if _takes_long(data):
        root.error = ParseError(f"HCL that takes longer than {SECONDS:g} s to read")
        return root
    parser = tree_sitter.Parser(_LANGUAGE)
    tree = parser.parse(data)
    if not tree.root_node.has_error:
        _Builder(root).build(tree)
        return root
    root.error = ParseError("not valid HCL; what can be read is used", _error_line(tree.root_node))
    for line, piece in _pieces(data):
        _Builder(root, line).build(parser.parse(piece))
    return root


def _takes_long(data: bytes) -> bool:
    """Say whether the parser needs too long for a text, in a trial whose tree is not used.

    Only a parser that reads through a function can be stopped, and only one that has the whole text keeps it for its nodes.
    """
    if len(data) < TRIED:
        return False
    if len(_BLANK.findall(data)) > MAX_BLANKS:
        return True
    end = time.thread_time() + SECONDS
    try:
        tree_sitter.Parser(_LANGUAGE).parse(
            lambda start, _: data[start:], progress_callback=lambda _start, _error: time.thread_time() > end
        )
    except ValueError:  # it was stopped
        return True
    return False


_TOP_LEVEL = re.compile(rb'^[A-Za-z_][\w-]*(?:[ \t]+(?:"[^"\n]*"|[\w-]+))*[ \t]*\{', re.M)


def _pieces(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Cut a broken file where blocks begin in the first column, so that a mistake only costs the block it is in."""
    cuts = [0, *(match.start() for match in _TOP_LEVEL.finditer(data) if match.start())][:MAX_PIECES]
    line = 0
    for start, end in zip(cuts, [*cuts[1:], len(data)], strict=True):
        yield line, data[start:end]
        line += data.count(b"\n", start, end)


def _error_line(node: tree_sitter.Node) -> int:
    """Return the line of the first part that is wrong or missing."""
    while not (node.is_error or node.is_missing):
        inner = next((child for child in node.children if child.has_error or child.is_missing), None)
        if inner is None:
            break
        node = inner
    return node.start_point.row + 1


class _Builder:
    """Walks a tree in document order and opens and closes blocks."""

    def __init__(self, root: Block, line: int = 0) -> None:
        self.line = line + 1  # of the text's first line
        self.stack = [root]
        self.labels: list[tuple[str, int]] = []  # what stands before a brace
        self.skipped = 0  # blocks too deep to keep, still open

    def build(self, tree: tree_sitter.Tree) -> None:
        cursor = tree.walk()
        while True:
            node = cursor.node
            if node is None:
                return
            if node.type in _OPEN:
                if cursor.goto_first_child():
                    continue
            else:
                self._visit(node)
            while not cursor.goto_next_sibling():
                if not cursor.goto_parent():
                    return

    def _visit(self, node: tree_sitter.Node) -> None:
        kind = node.type
        if kind == "attribute":
            self._attribute(node)
        elif kind == "identifier" or kind == "string_lit":
            self.labels.append((_plain(node), node.start_point.row + self.line))
        elif kind == "block_start":
            self._start()
        elif kind == "block_end":
            self._end()
        elif kind != "comment":
            self.labels.clear()

    def _start(self) -> None:
        labels, self.labels = self.labels, []
        if not labels or len(self.stack) >= MAX_DEPTH:
            self.skipped += 1
            return
        names = tuple(name for name, _ in labels)
        block = Block(names[0], names[1:], labels[0][1])
        self.stack[-1].blocks.append(block)
        self.stack.append(block)

    def _end(self) -> None:
        self.labels.clear()
        if self.skipped:
            self.skipped -= 1
        elif len(self.stack) > 1:
            self.stack.pop()

    def _attribute(self, node: tree_sitter.Node) -> None:
        self.labels.clear()
        children = node.named_children
        if self.skipped or len(children) < 2:
            return
        name = _plain(children[0])
        value = next((c for c in children[1:] if c.type == "expression"), None)
        if value is not None:
            self.stack[-1].attributes[name] = Attribute(name, children[0].start_point.row + self.line, value)


def _source(node: tree_sitter.Node) -> str:
    return (node.text or b"").decode("utf-8", "replace")


def _plain(node: tree_sitter.Node) -> str:
    """Return an identifier, or a string without its quotes."""
    text = _source(node)
    return _unescape(text[1:-1]) if node.type == "string_lit" and len(text) > 1 else text


def _unescape(text: str) -> str:
    if "\\" not in text:
        return text

    def replace(match: re.Match[str]) -> str:
        code = match.group(1) or match.group(2)
        if code:
            number = int(code, 16)
            return chr(number) if number < 0x110000 and not 0xD800 <= number < 0xE000 else "\ufffd"
        return _ESCAPES.get(match.group(3), match.group(3))

    return _ESCAPE.sub(replace, text)


def _dynamic(node: tree_sitter.Node) -> str:
    text = _SPACE.sub(" ", _source(node)[: MAX_DYNAMIC * 2])
    return "${" + text[:MAX_DYNAMIC] + "}"


def _evaluate(node: tree_sitter.Node, depth: int) -> Value:
    """Return the value of an expression; each level of nesting is one level of recursion, up to `MAX_DEPTH`."""
    inner = node.named_children
    if depth > MAX_DEPTH or len(inner) != 1:
        return _dynamic(node)
    kind = inner[0].type
    if kind == "literal_value":
        return _literal(inner[0])
    if kind == "template_expr":
        return _template(inner[0])
    if kind == "collection_value" and inner[0].named_child_count:
        return _collection(inner[0].named_children[0], depth)
    if kind == "operation":
        return _signed(inner[0])
    return _dynamic(node)


def _literal(node: tree_sitter.Node) -> Value:
    text = _source(node)
    kind = node.named_children[0].type if node.named_child_count else ""
    if kind == "string_lit":
        return _unescape(text[1:-1])
    if kind == "bool_lit":
        return text == "true"
    return _number(text) if kind == "numeric_lit" else None


def _number(text: str) -> Value:
    if len(text) > 40:
        return text
    try:
        return int(text)
    except ValueError:
        pass
    try:
        return float(text)
    except ValueError:
        return text


def _signed(node: tree_sitter.Node) -> Value:
    text = _source(node)
    number = _number(text) if re.fullmatch(r"-\d{1,18}(\.\d{1,18})?", text) else None
    return _dynamic(node) if number is None else number


def _template(node: tree_sitter.Node) -> Value:
    text = _source(node)
    if not text.startswith("<<"):
        return _unescape(text[1:-1])
    first, _, rest = text.partition("\n")
    body = rest.rpartition("\n")[0] if "\n" in rest else ""
    if first.startswith("<<-"):
        lines = body.split("\n")
        indent = min((len(line) - len(line.lstrip()) for line in lines if line.strip()), default=0)
        body = "\n".join(line[indent:] for line in lines)
    return body + "\n" if body else ""


def _collection(node: tree_sitter.Node, depth: int) -> Value:
    if node.type == "tuple":
        return [_evaluate(child, depth + 1) for child in node.named_children if child.type == "expression"]
    found: dict[str, Value] = {}
    for element in node.named_children:
        parts = [c for c in element.named_children if c.type == "expression"] if element.type == "object_elem" else []
        if len(parts) == 2:
            found[_key(parts[0])] = _evaluate(parts[1], depth + 1)
    return found


def _key(node: tree_sitter.Node) -> str:
    text = _source(node).strip()
    return _unescape(text[1:-1]) if text.startswith('"') and len(text) > 1 else text
