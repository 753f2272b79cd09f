"""Remembers whole assessments: where nothing has changed anywhere, nothing is to be joined and judged again."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import msgspec

from assessor.collectors.cache import FactCache, open_cache
from assessor.facts.base import Gap
from assessor.model import Assessment, Finding

from .unit import Answer, Order

PART = 2000  # findings that are kept together: about a megabyte, so that a large assessment is never one block of memory


class Memory:
    """What is remembered of an assessment: it depends on the order, the day, and the state of every repository."""

    def __init__(self, order: Order, name: str, gaps: Sequence[Gap], answers: Sequence[Answer]) -> None:
        self._about = ""
        if order.cache and all(answer.state for answer in answers):
            parts = (order.digest(), order.settings, order.today, name, gaps, [answer.state for answer in answers])
            self._about = hashlib.blake2b(msgspec.json.encode(parts, order="deterministic"), digest_size=20).hexdigest()
            self._cache: FactCache = open_cache()

    def assessment(self) -> Assessment | None:
        """Return the assessment that was made of the same."""
        try:
            return self._remembered() if self._about else None
        except (msgspec.MsgspecError, ValueError):  # damaged
            return None

    def _remembered(self) -> Assessment | None:
        value = self._cache.get(self._cache.key("assessment", self._about))
        if value is None:
            return None
        bare, count = msgspec.msgpack.decode(value, type=tuple[Assessment, int])
        decoder = msgspec.msgpack.Decoder(list[Finding])
        findings: list[Finding] = []
        for first in range(0, count, PART):
            part = self._cache.get(self._key_of(first))
            if part is None:
                return None
            findings += decoder.decode(part)
        return msgspec.structs.replace(bare, findings=tuple(findings))

    def keep(self, assessment: Assessment) -> Assessment:
        """Remember an assessment and return it."""
        if self._about:
            findings = assessment.findings
            bare = msgspec.structs.replace(assessment, findings=())
            self._cache.put(self._cache.key("assessment", self._about), msgspec.msgpack.encode((bare, len(findings))))
            for first in range(0, len(findings), PART):
                self._cache.put(self._key_of(first), msgspec.msgpack.encode(findings[first : first + PART]))
            self._cache.close()
        return assessment

    def _key_of(self, first: int) -> bytes:
        """Return the key of the findings from that number on."""
        return self._cache.key("findings", self._about, str(first))
