"""Turns the Markdown of checks' pages into HTML that cannot run, load or look like anything else on the page."""

from __future__ import annotations

from functools import cache

from markdown_it import MarkdownIt
from markupsafe import Markup


class _Converter(MarkdownIt):
    def validateLink(self, url: str) -> bool:  # noqa: N802  the library's name for this hook
        """Allow web addresses only."""
        return url.startswith(("https://", "http://"))


# CommonMark without raw HTML, images, and headings, which would break the page's outline.
_CONVERTER = _Converter("commonmark", {"html": False}).disable(["image", "heading", "lheading"])


@cache
def prose(text: str) -> Markup:
    """Return Markdown as safe HTML."""
    return Markup(_CONVERTER.render(text)) if text else Markup("")  # noqa: S704  raw HTML is off, links are web addresses only
