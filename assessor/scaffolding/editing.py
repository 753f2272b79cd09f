"""Adds lines to a block of a file that exists: what no new file can say, such as a setting of a backend."""

from __future__ import annotations

import re


def add_to_block(text: str, header: str, lines: str) -> str | None:
    """Return a text with lines added at the end of its one block with this header (``backend "s3"``).

    The block must be written over several lines with its closing brace below its first word, as formatters leave it.
    Every other byte stays. The text itself where the lines are there already; None where the block is not found once.
    """
    words = r"\s+".join(re.escape(word) for word in header.split())
    found = list(re.finditer(rf"(?m)^([ \t]*){words}\s*\{{[ \t]*(?:#.*|//.*)?\r?$", text))
    if len(found) != 1:
        return None
    indent = found[0][1]
    end = re.compile(rf"(?m)^{re.escape(indent)}\}}").search(text, found[0].end())
    if end is None:
        return None
    inside = text[found[0].end() : end.start()]
    if all(any(line.strip() == wanted.strip() for line in inside.splitlines()) for wanted in lines.strip().splitlines()):
        return text
    newline = "\r\n" if "\r\n" in inside else "\n"
    # Apart from the lines above, so that those keep their alignment.
    gap = newline if inside.strip() and not inside.endswith(newline * 2) else ""
    added = "".join(f"{indent}  {line.strip()}{newline}" for line in lines.strip().splitlines())
    return text[: end.start()] + gap + added + text[end.start() :]
