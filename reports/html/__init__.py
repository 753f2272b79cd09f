"""The HTML report: one self-contained file that asks the network for nothing and runs without JavaScript.

`view` decides everything that is shown; the templates only place it. A Content-Security-Policy admits exactly the
style sheet and the script of this page, by hash, so nothing that came from a repository can run or load.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from assessor.model import Assessment, Run

from .view import build

_FOLDER = Path(__file__).parent


def render(assessment: Assessment, *, baseline: Assessment | None = None, history: Sequence[Run] = ()) -> str:
    """Return the report as one HTML document; `history` are the runs before this one, the newest first."""
    style, script = _asset("report.css"), _asset("report.js")
    policy = (
        f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )
    page = _environment().get_template("page.html.j2")
    return page.render(page=build(assessment, baseline, history), style=Markup(style), script=Markup(script), policy=policy)  # noqa: S704  our own files


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


@cache
def _asset(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8").strip()


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
