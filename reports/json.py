"""The assessment as it is: the published JSON format, the same bytes for the same assessment."""

from __future__ import annotations

from typing import Any

import msgspec

from assessor.model import Assessment


def render(assessment: Assessment, *, baseline: Assessment | None = None) -> str:
    """Return the assessment as indented JSON; a baseline does not change it."""
    try:
        text = msgspec.json.encode(assessment, order="deterministic")
    except UnicodeEncodeError:  # a file name that is not UTF-8 came in with surrogates, which JSON cannot hold
        text = msgspec.json.encode(_clean(msgspec.to_builtins(assessment)), order="deterministic")
    return msgspec.json.format(text, indent=2).decode() + "\n"


def _clean(value: Any) -> Any:
    """Replace what cannot be encoded, at any depth."""
    match value:
        case str():
            return value.encode("utf-8", "replace").decode()
        case list() | tuple():
            return [_clean(item) for item in value]
        case dict():
            return {_clean(key): _clean(item) for key, item in value.items()}
    return value
