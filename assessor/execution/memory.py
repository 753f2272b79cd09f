"""Remembers whole assessments: where nothing has changed anywhere, nothing is to be joined and judged again."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import msgspec

from assessor.collectors.cache import FactCache, open_cache
from assessor.facts.base import Gap
from assessor.model import Assessment

from .unit import Answer, Order


class Memory:
    """What is remembered of an assessment: it depends on the order, the day, and the state of every repository."""

    def __init__(self, order: Order, name: str, gaps: Sequence[Gap], answers: Sequence[Answer]) -> None:
        self._key: bytes = b""
        if order.cache and all(answer.state for answer in answers):
            parts = (order.digest(), order.settings, order.today, name, gaps, [answer.state for answer in answers])
            digest = hashlib.blake2b(msgspec.json.encode(parts, order="deterministic"), digest_size=20).hexdigest()
            self._cache: FactCache = open_cache()
            self._key = self._cache.key("assessment", digest)

    def assessment(self) -> Assessment | None:
        """Return the assessment that was made of the same."""
        value = self._cache.get(self._key) if self._key else None
        try:
            return msgspec.msgpack.decode(value, type=Assessment) if value is not None else None
        except (msgspec.MsgspecError, ValueError):  # damaged
            return None

    def keep(self, assessment: Assessment) -> Assessment:
        """Remember an assessment and return it."""
        if self._key:
            self._cache.put(self._key, msgspec.msgpack.encode(assessment))
            self._cache.close()
        return assessment
