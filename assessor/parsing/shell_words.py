"""Reads the words of a shell script: quotes, escapes and expansions. What stands in substitutions is handed on."""

from __future__ import annotations

import re
from dataclasses import dataclass

MAX_EXPRESSION = 4_000  # characters of one substitution or expression

SPACE = re.compile(r"(?:[ \t\r\f\v]|\\\n|`\n)+")
_PLAIN = re.compile(r"[^\s\\'\"`$;&|()<>{]+")
_VARIABLE = re.compile(r"\$(?:\w+|[?!#@*$-])")
_IN_PARENTHESES = re.compile(r"[()]|'[^']*'|\"(?:[^\"\\]|\\.)*\"|\\.", re.S)
_IN_DOUBLE = re.compile(r"[^\"\\$`]+")


@dataclass(slots=True)
class Lexer:
    """A place in a text. `broken`: something unterminated was seen, so that its kind is not looked for again."""

    text: str
    line: int
    pos: int = 0
    broken: bool = False

    def nest(self, inner: str) -> None:
        """Take what stands inside a substitution."""
        raise NotImplementedError

    def advance(self, to: int) -> None:
        """Go on to a position, counting lines."""
        self.line += self.text.count("\n", self.pos, to)
        self.pos = to

    def read_word(self) -> str:
        """Read one word, without its quotes; expansions stay as written."""
        parts: list[str] = []
        text, end = self.text, len(self.text)
        while self.pos < end:
            start = self.pos
            char = text[start]
            if plain := _PLAIN.match(text, start):
                parts.append(plain.group())
                self.advance(plain.end())
            elif char in "<>" and text.startswith("(", start + 1):
                parts.append(char + self._substitution(start + 1))
            elif char in " \t\n\r\f\v;&|()<>" or text.startswith("`\n", start):
                break
            else:
                parts.append(self._special(char))
            if self.pos == start:  # nothing fits: take the character as it is
                parts.append(char)
                self.advance(start + 1)
        return "".join(parts)

    def _special(self, char: str) -> str:
        """Read a quoted string, an escape or an expansion."""
        text, pos = self.text, self.pos
        if char == "'":
            close = text.find("'", pos + 1)
            return self._take(pos + 1, close, close + 1) if close >= 0 else ""
        if char == '"':
            return self._double_quoted()
        if char == "\\":
            escaped = text[pos + 1 : pos + 2]
            self.advance(min(pos + 2, len(text)))
            return "" if escaped == "\n" else escaped
        if char == "`":
            close = text.find("`", pos + 1, pos + MAX_EXPRESSION)
            if close < 0:
                return ""
            self.nest(text[pos + 1 : close])
            return self._take(pos, close + 1, close + 1)
        return self._expansion() if char == "$" else self._braces()

    def _take(self, start: int, stop: int, to: int) -> str:
        self.advance(to)
        return self.text[start:stop]

    def _double_quoted(self) -> str:
        parts: list[str] = []
        text, start = self.text, self.pos
        if self.broken or text.find('"', start + 1) < 0:
            return ""
        self.advance(start + 1)
        while self.pos < len(text) and text[self.pos] != '"':
            if plain := _IN_DOUBLE.match(text, self.pos):
                parts.append(self._take(self.pos, plain.end(), plain.end()))
                continue
            before = self.pos
            parts.append(self._special(text[before]))
            if self.pos == before:
                parts.append(self._take(before, before + 1, before + 1))
        self.advance(min(self.pos + 1, len(text)))
        return "".join(parts)

    def _expansion(self) -> str:
        text, pos = self.text, self.pos
        if text.startswith("${{", pos):
            return self._until("}}", 2)
        if text.startswith("$((", pos):
            return self._until("))", 2)
        if text.startswith("$(", pos):
            return "$" + self._substitution(pos + 1)
        if text.startswith("${", pos):
            return self._until("}", 1)
        if text.startswith("$'", pos):
            return self._take(pos, pos, pos + 1)
        variable = _VARIABLE.match(text, pos)
        return self._take(pos, variable.end(), variable.end()) if variable else ""

    def _braces(self) -> str:
        return self._until("}}", 2) if self.text.startswith("{{", self.pos) else ""

    def _until(self, closer: str, size: int) -> str:
        close = self.text.find(closer, self.pos, self.pos + MAX_EXPRESSION)
        return self._take(self.pos, close + size, close + size) if close >= 0 else ""

    def _substitution(self, opening: int) -> str:
        """Read from an opening parenthesis to its partner; the commands between them are found as well."""
        level = 0
        if not self.broken:
            for match in _IN_PARENTHESES.finditer(self.text, opening, opening + MAX_EXPRESSION):
                level += {"(": 1, ")": -1}.get(match.group(), 0)
                if level == 0 and match.group() == ")":
                    self.nest(self.text[opening + 1 : match.start()])
                    return self._take(opening, match.end(), match.end())
        self.broken = True
        self.advance(opening)
        return ""
