"""The tables of a store as the newest revision has them; `migrations` makes them so, and a test compares the two."""

from __future__ import annotations

import datetime
from typing import Any

from sqlalchemy import BigInteger, Column, DateTime, Float, Identity, Index, Integer, LargeBinary, MetaData, String, Table, Text
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

from assessor.model import Step

VERSION_TABLE = "gitops_assess_version"  # a database may be shared with others that use Alembic


class Utc(TypeDecorator[datetime.datetime]):
    """A moment, always in UTC; SQLite has no time zones."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime.datetime | None, dialect: Dialect) -> Any:
        """Write it in UTC."""
        return value and value.astimezone(datetime.UTC)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime.datetime | None:
        """Read it as UTC."""
        if not isinstance(value, datetime.datetime):
            return None
        return value.astimezone(datetime.UTC) if value.tzinfo else value.replace(tzinfo=datetime.UTC)


METADATA = MetaData()
RUNS = Table(
    "gitops_assess_runs",
    METADATA,
    # AUTOINCREMENT: the number of a deleted run never comes back as another's.
    Column("id", BigInteger().with_variant(Integer, "sqlite"), Identity(), primary_key=True),
    Column("key", String(32), nullable=False, unique=True),  # made by the writer: a write that is tried again stays one run
    Column("organization", Text, nullable=False),
    Column("taken_at", Utc, nullable=False),
    Column("version", Text, nullable=False),
    Column("repositories", Integer, nullable=False),
    Column("level", Integer, nullable=False),
    Column("score", Float),
    Column("coverage", Float, nullable=False),
    Column("low", Float, nullable=False),
    Column("high", Float, nullable=False),
    *(Column(step.short, Float) for step in Step),
    Column(
        "document", LargeBinary, nullable=False
    ),  # the assessment, JSON compressed with zlib; last, so that lists need not read it
    Index("gitops_assess_runs_by_time", "organization", "taken_at", "id"),
    sqlite_autoincrement=True,
)
