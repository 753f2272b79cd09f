"""Asks the live systems the user named, one after the other, through the collectors that entry points name."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from assessor.errors import UsageError
from assessor.facts.base import Fact, Gap
from assessor.facts.repository import Organization
from assessor.observing import Collector, Progress, silent
from assessor.redaction import redact
from assessor.registry import load_entry
from assessor.snapshot import Snapshot

GROUP = "gitops_assess.collectors"


def collector(name: str) -> Collector:
    """Return the collector of a live system; raises `UsageError` naming the known ones."""
    found: Collector = load_entry(GROUP, name)
    return found


def verify(wanted: Mapping[str, Any], scanned: Iterable[Path] = ()) -> None:
    """Raise `UsageError` for settings that are wrong, without asking any system."""
    for name, settings in sorted(wanted.items()):
        collector(name).verify(settings, scanned)


def observe(wanted: Mapping[str, Any], declared: Organization, day: datetime.date, progress: Progress = silent) -> Snapshot:
    """Ask each system with its settings about what files declare. One that fails costs its own evidence only: it is a gap.

    Raises `UsageError` for what the user named wrongly.
    """
    facts: list[Fact] = []
    gaps: list[Gap] = []
    for name, settings in sorted(wanted.items()):
        source = collector(name)
        progress(source.title)
        try:
            for found in source.observe(settings, declared, progress):
                (gaps if isinstance(found, Gap) else facts).append(found)  # type: ignore[arg-type]  # told apart here
        except UsageError:
            raise
        except Exception as error:  # noqa: BLE001  one source never costs the rest of the scan
            gaps.append(Gap(name, source.title, redact(f"could not be asked further: {type(error).__name__}: {error}")[:300]))
    return Snapshot(taken=day.isoformat(), asked=tuple(sorted(wanted)), facts=tuple(facts), gaps=tuple(gaps))
