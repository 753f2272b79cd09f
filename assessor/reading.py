"""What the author of a reader imports: a reader turns the bytes of one file into facts.

The facts are a pure function of (repository name, path, bytes), so that they can be cached by content and computed on any
worker. A reader never opens another file; what needs several files is derived later.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath
from typing import Any

from assessor.errors import ParseError
from assessor.facts.base import Fact, Place
from assessor.parsing import yaml
from assessor.parsing.globs import alternatives, compiled, matches
from assessor.redaction import printable, redact

EXCERPT = 160  # characters
WINDOW = 1000  # characters of a line looked at for its excerpt, so that no secret is cut in two before it is found
MAX_DOTS = 200  # in one line of TOML outside strings: the parser takes quadratic time over a key of many parts


class Source:
    """One file as readers see it. Syntax trees are parsed once and shared by all readers of the file."""

    def __init__(self, repository: str, path: str, data: bytes) -> None:
        self.repository = repository
        self.path = path
        self.data = data
        self.problems: dict[str, ParseError] = {}

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rpartition("/")[2]

    @property
    def folder(self) -> str:
        """The path without its last part; "" at the root."""
        return self.path.rpartition("/")[0]

    @cached_property
    def text(self) -> str:
        """The content as text; undecodable bytes become U+FFFD. Binary content raises `ParseError`."""
        data = self.data
        if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
            text = data.decode("utf-16", "replace")
        elif b"\x00" in data[:8192]:
            raise ParseError("binary content")
        else:
            text = data.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace")
        return text.replace("\r\n", "\n")

    @cached_property
    def lines(self) -> list[str]:
        """The lines of the text."""
        return self.text.split("\n")

    def place(self, line: int = 0) -> Place:
        """Return a place in this file, with a short redacted excerpt of its line."""
        excerpt = ""
        if 0 < line <= len(self.lines):
            start = self.lines[line - 1][:WINDOW].replace("\t", " ").strip()
            excerpt = redact(start if start.isprintable() else printable(start))[:EXCERPT]
        return Place(self.repository, self.path, line, excerpt)

    @cached_property
    def documents(self) -> list[yaml.Document]:
        """The YAML (or JSON) documents. Go-templated files are understood; a syntax error is noted in `problems`."""
        templated = "{{" in self.text and "/templates/" in f"/{self.path}"
        stream = yaml.parse_template(self.text) if templated else yaml.parse(self.text)
        if stream.error and not templated and "{{" in self.text:
            stream = yaml.parse_template(self.text)
        if stream.error:
            self.problems["yaml"] = stream.error
        return stream.documents

    @cached_property
    def yaml(self) -> Any:
        """The value of the first YAML document, or None."""
        return self.documents[0].value if self.documents else None

    @cached_property
    def json(self) -> Any:
        """The JSON value, without line numbers; comments and trailing commas of JSON5 are tolerated. None if broken."""
        problem = None
        for prepare in (str, _plain_json):
            try:
                text = prepare(self.text)
                value = json.loads(text)
                return _well_formed(value) if _HALF_CHARACTER.search(text) else value
            except (ValueError, RecursionError) as error:
                problem = problem or _json_problem(error)
        if problem:
            self.problems["json"] = problem
        return None

    @cached_property
    def toml(self) -> dict[str, Any]:
        """The TOML table; empty, and noted in `problems`, if broken."""
        try:
            _refuse_dots(self.text)
            return tomllib.loads(self.text)
        except RecursionError:
            self.problems["toml"] = ParseError("nested too deeply")
        except ParseError as error:
            self.problems["toml"] = error
        except ValueError as error:
            found = re.search(r"at line (\d+)", str(error))
            self.problems["toml"] = ParseError(f"not valid TOML: {error}", int(found.group(1)) if found else 0)
        return {}

    def line_with(self, needle: str | re.Pattern[str], start: int = 1) -> int:
        """Return the first line, from `start`, that contains the needle; 0 if none does."""
        for number, line in enumerate(self.lines[start - 1 :], start):
            if needle in line if isinstance(needle, str) else needle.search(line):
                return number
        return 0


# Each alternative consumes what it has looked at, even unclosed strings and comments, so the time is linear.
_TEXT = r'"(?:\\.?|[^"\\\n])*+"?+'
_COMMENT = re.compile(_TEXT + r"|//[^\n]*+|/\*.*?(?:\*/|\Z)", re.S)
_TRAILING_COMMA = re.compile(_TEXT + r"|,(?=\s*+[}\]])", re.S)
_HALF_CHARACTER = re.compile(r"\\u[dD][89a-fA-F]")


def _plain_json(text: str) -> str:
    """Take comments and trailing commas out of JSON5-like text, leaving strings and line numbers alone."""

    def keep(match: re.Match[str]) -> str:
        found = match.group()
        return found if found.startswith('"') else "\n" * found.count("\n")

    return _TRAILING_COMMA.sub(keep, _COMMENT.sub(keep, text))


def _well_formed(value: Any) -> Any:
    """Replace half characters, which JSON can escape and no encoding can hold."""
    return json.loads(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))


def _json_problem(error: ValueError | RecursionError) -> ParseError:
    if isinstance(error, RecursionError):
        return ParseError("nested too deeply")
    return ParseError(f"not valid JSON: {error}", getattr(error, "lineno", 0))


_STRING = re.compile(r"""\"(?:\\.?|[^"\\])*+"?+|'[^']*+'?+""")


def _refuse_dots(text: str) -> None:
    for number, line in enumerate(text.split("\n"), 1):
        if line.count(".") > MAX_DOTS and _STRING.sub("", line).count(".") > MAX_DOTS:
            raise ParseError("a key of too many parts", number)


Read = Callable[[Source], Iterable[Fact]]


@dataclass(frozen=True, slots=True)
class Reader:
    """A reader: which files it reads, and the function that reads one."""

    id: str
    names: tuple[str, ...]
    read: Read
    origin: str = ""  # the distribution or folder it came from

    def reads(self, path: str) -> bool:
        """Say whether this reader wants the file."""
        return any(matches(path, pattern) for pattern in self.names)


def reader(id: str, *, names: Iterable[str]) -> Callable[[Read], Reader]:
    """Turn a function of one `Source` into a reader of the files whose path matches a pattern.

    A pattern without a slash matches the file's name, one with a slash the whole path (``**`` = any folders).
    Matching ignores case.
    """

    def wrap(read: Read) -> Reader:
        return Reader(id, tuple(names), read)

    return wrap


class Dispatch:
    """Finds the readers of a file quickly: few files interest any, so a file's name must rule nearly all of them out.

    Each pattern is filed under the fixed part of the name it asks for: the whole, its ending, or its beginning. Where that
    part is all it asks for, nothing is left to match.
    """

    def __init__(self, readers: Iterable[Reader]) -> None:
        self._by_name: dict[str, list[_Filed]] = {}
        self._by_suffix: dict[str, list[_Filed]] = {}
        self._by_prefix: dict[str, list[_Filed]] = {}
        self._others: list[tuple[str, _Filed]] = []  # each with a text that every path it matches has in it
        for number, reader in enumerate(readers):
            for pattern in sorted({alternative for name in reader.names for alternative in alternatives(name.lower())}):
                self._file(pattern, number, reader)
        self._prefixes = tuple(self._by_prefix)

    def __call__(self, path: str) -> list[Reader]:
        """Return the readers that want the file, in the order given."""
        name = path.rpartition("/")[2].lower()
        lower = path.lower()
        found = [filed for text, filed in self._others if text in lower]
        found += self._by_name.get(name, ())
        if "." in name:
            found += self._by_suffix.get(name[name.rindex(".") :], ())
        if name.startswith(self._prefixes):
            found += (filed for prefix in self._prefixes if name.startswith(prefix) for filed in self._by_prefix[prefix])
        wanted: dict[int, Reader] = {}
        for number, reader, pattern in found:
            if number not in wanted and (pattern is None or compiled(pattern).match(path)):
                wanted[number] = reader
        return [wanted[number] for number in sorted(wanted)]

    def _file(self, pattern: str, number: int, reader: Reader) -> None:
        name = pattern.rpartition("/")[2]
        head, tail = re.split(r"[*?]", name)[0], re.split(r"[*?]", name)[-1]
        whole = pattern if name != pattern else f"**/{pattern}"  # compiled when a path first asks for it: most never do
        sure = name == pattern
        if head == name:
            self._by_name.setdefault(name, []).append((number, reader, None if sure else whole))
        elif "." in tail:
            suffix = tail[tail.rindex(".") :]
            self._by_suffix.setdefault(suffix, []).append((number, reader, None if sure and name == "*" + suffix else whole))
        elif head:
            self._by_prefix.setdefault(head, []).append((number, reader, None if sure and name == head + "*" else whole))
        else:
            self._others.append((max(re.split(r"[*?]+", pattern.removeprefix("**/")), key=len), (number, reader, whole)))


_Filed = tuple[int, Reader, str | None]  # the reader's place in the order, the reader, what its path must still match


def strings(value: object) -> Iterator[str]:
    """Yield the strings of a scalar or list (settings that take either)."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | tuple):
        for item in value:
            yield from strings(item)


def parent(path: str) -> str:
    """Return the folder of a repository path, "" at the root."""
    folder = str(PurePosixPath(path).parent)
    return "" if folder == "." else folder
