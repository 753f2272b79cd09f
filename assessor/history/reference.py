"""How a user names a kept run: its number, ``latest``, ``previous`` (the one before it), or a day (the last run up to it)."""

from __future__ import annotations

import datetime
import re

from assessor.errors import UsageError

_RUN = re.compile(r"latest|previous|[0-9]{1,18}|[0-9]{4}-[0-9]{2}-[0-9]{2}")


def is_run(text: str) -> bool:
    """Say whether a text names a run; anything else is the path of a file."""
    return bool(_RUN.fullmatch(text))


def end_of_day(text: str) -> datetime.datetime:
    """Return the moment a day ends, in UTC; raises `UsageError` if the calendar has no such day."""
    try:
        day = datetime.datetime.combine(datetime.date.fromisoformat(text), datetime.time(), datetime.UTC)
        return day + datetime.timedelta(days=1)
    except (ValueError, OverflowError) as error:
        raise UsageError(f"{text!r} is no day", "Write it like 2026-12-31.") from error
