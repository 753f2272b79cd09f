"""The assessment as it is: the published JSON format, the same bytes for the same assessment."""

from __future__ import annotations

import msgspec

from assessor.model import Assessment, encode


def render(assessment: Assessment, *, baseline: Assessment | None = None) -> str:
    """Return the assessment as indented JSON; a baseline does not change it."""
    return msgspec.json.format(encode(assessment), indent=2).decode() + "\n"
