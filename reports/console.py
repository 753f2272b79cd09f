"""How text goes to a terminal: colours where they are wanted, lines that fit, ASCII where nothing more is known of it."""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from assessor.model import Status

BOLD, DIM, ACCENT = "1", "2", "36"
COLOURS = {
    Status.PASS: "32",
    Status.PARTIAL: "33",
    Status.FAIL: "31",
    Status.NOT_OBSERVED: "35",
    Status.ERROR: "31;1",
    Status.NOT_APPLICABLE: "2",
    Status.WAIVED: "2",
}
_PLAIN = str.maketrans(
    {
        "✓": "+",
        "◐": "~",
        "✗": "x",
        "–": "-",
        "∼": "w",
        "●": "*",
        "○": "o",
        "█": "#",
        "░": ".",
        "·": "-",
        "…": "...",
        "‹": "<",
        "›": ">",
        "→": "->",
        "≠": "!=",
    }
)


@dataclass(frozen=True, slots=True)
class Style:
    """How lines are written."""

    color: bool
    width: int

    def paint(self, code: str, text: str) -> str:
        """Colour a text, where colours are wanted."""
        return f"\x1b[{code}m{text}\x1b[0m" if self.color and text else text

    def wrap(self, text: str, indent: str = "", code: str = "", hang: str = "") -> Iterator[str]:
        """Break a text into lines that fit; `hang` indents the second line and those after it further."""
        lines = textwrap.wrap(
            text, self.width, initial_indent=indent, subsequent_indent=indent + hang, break_on_hyphens=False
        )  # fmt: skip
        for line in lines or [""]:
            yield self.paint(code, line) if code else line


def style(color: bool, width: int) -> Style:
    """Return the style of a terminal, of a width that can be read."""
    return Style(color, max(40, min(width, 120)))


def text(lines: Iterable[str], *, ascii: bool) -> str:
    """Join lines to a text."""
    joined = "\n".join(line.rstrip() for line in lines) + "\n"
    return joined.translate(_PLAIN).encode("ascii", "backslashreplace").decode() if ascii else joined


def fit(text: str, width: int) -> str:
    """Cut or pad to a number of terminal cells; wide characters take two."""
    used, kept = 0, ""
    for character in text:
        cells = 0 if unicodedata.combining(character) else 2 if unicodedata.east_asian_width(character) in "WF" else 1
        if used + cells > width:
            return f"{kept[:-1]}…" if kept else ""
        used, kept = used + cells, kept + character
    return kept + " " * (width - used)
