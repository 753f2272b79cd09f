"""Turns the Markdown of checks' pages into HTML that cannot run, load or look like anything else on the page."""

from __future__ import annotations

from functools import cache

from markdown_it import MarkdownIt
from markupsafe import Markup


def _converter() -> MarkdownIt:
    """Return a CommonMark converter without raw HTML, images and headings (they would break the page's outline)."""
    converter = MarkdownIt("commonmark", {"html": False}).disable(["image", "heading", "lheading"])
    converter.validateLink = _allowed  # type: ignore[method-assign]  # the library's documented way to restrict links
    return converter


def _allowed(address: str) -> bool:
    return address.startswith(("https://", "http://"))


_CONVERTER = _converter()


@cache
def prose(text: str) -> Markup:
    """Return Markdown as safe HTML."""
    return Markup(_CONVERTER.render(text)) if text else Markup("")  # noqa: S704  raw HTML is off, links are web addresses only
