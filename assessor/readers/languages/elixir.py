"""Reads Elixir projects: mix.exs."""

from __future__ import annotations

import re
from collections.abc import Iterator

from assessor.facts.containers import LanguageProject
from assessor.reading import Source, reader

_APP = re.compile(r"\bapp:\s*:(\w{1,80})")
_SERVER = re.compile(r"\{:(phoenix|bandit|plug_cowboy|cowboy|broadway|oban)\b")


@reader("elixir-project", names=("mix.exs",))
def read_mix(source: Source) -> Iterator[LanguageProject]:
    """Yield the project. One with a ``mod:`` starts a supervision tree; with a server library it serves."""
    content = source.text
    app, server = _APP.search(content), _SERVER.search(content)
    starts = source.line_with(re.compile(r"^\s*mod:\s*\{"))
    published = bool(re.search(r"\bpackage:\s", content))
    serves = f"{server[1]} application" if server and starts and not published else ""
    yield LanguageProject(
        at=source.place(starts or 1), language="elixir", folder=source.folder, name=app[1] if app else "", published=published,
        entry_points=(serves,) if serves else (), package_manager="mix", serves=serves,
    )  # fmt: skip
