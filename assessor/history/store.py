"""Reads and writes a store: every run in one row, in one transaction, with its assessment compressed beside its figures.

What `Store.save` returns is on disk. Writers take the lock of the database before they read (SQLite: BEGIN IMMEDIATE with
a rollback journal, safe on every file system whose locks work; PostgreSQL: row and advisory locks), so that two runs at once
both end up stored. A process that is killed leaves nothing half-written. Every transaction has a connection of its own: a
server that was restarted in between does not matter, and one that goes away during a write is tried again; a key made once
per run keeps that from storing it twice.
"""

from __future__ import annotations

import contextlib
import datetime
import time
import uuid
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import (
    Connection,
    Engine,
    NullPool,
    Row,
    create_engine,
    delete,
    event,
    func,
    literal_column,
    select,
    text,
)
from sqlalchemy.exc import (
    DBAPIError,
    IntegrityError,
    InterfaceError,
    NoSuchModuleError,
    OperationalError,
    ProgrammingError,
    SQLAlchemyError,
)

from assessor.errors import UsageError
from assessor.history import upgrading
from assessor.history.address import Address
from assessor.history.reference import end_of_day
from assessor.history.tables import RUNS
from assessor.model import Assessment, Run, Step, decode, encode

LISTED = [column for column in RUNS.columns if column.name not in ("key", "document")]
BY_TIME = (RUNS.c.taken_at.desc(), RUNS.c.id.desc())
RETRIES = (0.25, 0.5, 1, 2, 4, 8, 8)  # seconds: longer than a restart of PostgreSQL takes
BUSY = 60  # seconds to wait for another writer
LOCK = 0x6769746F70735F61  # names our advisory lock in a shared PostgreSQL: "gitops_a"
MOST = 2**62
BEGIN = "`gitops-assess scan --store …` begins one."


@dataclass(frozen=True, slots=True)
class Retention:
    """Which runs of an organization are kept: the newest `count`, and those not older than `days`; 0 sets no rule.

    With both, a run that one of them keeps is kept. The newest run always is.
    """

    count: int = 0
    days: int = 0


class Store:
    """A store that is there, with its tables as this version needs them."""

    def __init__(self, address: Address, *, create: bool) -> None:
        """Open a store; with `create` it is begun where there is none. Raises `UsageError`."""
        self.address = address
        if address.file:
            _check_file(address, create)
        with _told(address):
            self._engine = _engine(address)
        with _told(address):
            self._prepare(create)

    def _prepare(self, create: bool) -> None:
        """Bring the tables up to date; one process does it, others wait for it."""
        try:
            with self._engine.begin() as connection:
                if upgrading.revision(connection) == upgrading.HEAD:
                    return
        except (OperationalError, ProgrammingError) as error:
            if not upgrading.is_new(error):
                raise
            if not create:
                raise UsageError(f"no history in {self.address.shown}", BEGIN) from error
        with self._alone() as connection:
            upgrading.upgrade(connection, self.address.shown)

    @contextlib.contextmanager
    def _writing(self) -> Iterator[Connection]:
        """Begin a transaction of the only writer; raises `UsageError` if another version has changed the tables since."""
        with self._alone() as connection:
            if (found := upgrading.revision(connection)) != upgrading.HEAD:
                raise upgrading.newer(self.address.shown, found)
            yield connection

    @contextlib.contextmanager
    def _alone(self) -> Iterator[Connection]:
        """Begin a transaction that no other writer's can come between."""
        with self._engine.execution_options(writes=True).begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(text(f"SET LOCAL lock_timeout = '{BUSY}s'"))
                connection.execute(select(func.pg_advisory_xact_lock(literal_column(str(LOCK)))))
            yield connection

    def save(self, assessment: Assessment, taken_at: datetime.datetime, retention: Retention = Retention()) -> Run:
        """Store an assessment, delete what the retention no longer keeps, and return its run; raises `UsageError`."""
        row = _row(assessment, taken_at)
        with _told(self.address):
            for wait in (*RETRIES, None):
                try:
                    id = self._save(row, retention, taken_at)
                    break
                except (OperationalError, InterfaceError) as error:
                    if wait is None or not _passing(error):
                        raise
                    time.sleep(wait)
        return _run({**row, "id": id})

    def _save(self, row: dict[str, Any], retention: Retention, now: datetime.datetime) -> int:
        with self._writing() as connection:
            # A commit whose answer was lost may have happened.
            stored: int | None = connection.scalar(select(RUNS.c.id).where(RUNS.c.key == row["key"]))
            id: int = stored or connection.execute(RUNS.insert().values(row).returning(RUNS.c.id)).scalar_one()
            _prune(connection, row["organization"], retention, now, but=id)
        return id

    def prune(self, organization: str, retention: Retention, now: datetime.datetime) -> int:
        """Delete what the retention no longer keeps of one organization; returns how many runs that were."""
        with _told(self.address), self._writing() as connection:
            return _prune(connection, storable(organization), retention, now)

    def runs(self, organization: str = "", *, until: str = "", limit: int = MOST) -> list[Run]:
        """Return runs, the newest first: of one organization, or all; `until` a moment (ISO 8601), that one included."""
        query = select(*LISTED).order_by(*BY_TIME).limit(limit)
        if organization:
            query = query.where(RUNS.c.organization == storable(organization))
        if until:
            query = query.where(RUNS.c.taken_at < datetime.datetime.fromisoformat(until) + datetime.timedelta(seconds=1))
        with _told(self.address), self._engine.begin() as connection:
            return [_run(row._mapping) for row in connection.execute(query)]

    def organizations(self) -> list[str]:
        """Return the organizations that have runs, sorted."""
        with _told(self.address), self._engine.begin() as connection:
            return sorted(connection.scalars(select(RUNS.c.organization).distinct()))

    def find(self, reference: str, organization: str = "", *, until: datetime.datetime | None = None) -> Run | None:
        """Return the run that a reference names (see `reference`), of one organization or of all; None if there is none.

        For ``latest`` and ``previous`` runs after `until` are not there.
        """
        query = select(*LISTED)
        if organization:
            query = query.where(RUNS.c.organization == storable(organization))
        if reference in ("latest", "previous"):
            query = query.order_by(*BY_TIME).limit(1).offset(reference == "previous")
            if until:
                query = query.where(RUNS.c.taken_at <= until)
        elif reference.isdigit():
            query = query.where(RUNS.c.id == int(reference))
        else:
            query = query.where(RUNS.c.taken_at < end_of_day(reference)).order_by(*BY_TIME).limit(1)
        with _told(self.address), self._engine.begin() as connection:
            row: Row[Any] | None = connection.execute(query).first()
            return None if row is None else _run(row._mapping)

    def load(self, run: Run) -> Assessment:
        """Return the assessment of a run; raises `UsageError` if it is gone or cannot be read."""
        with _told(self.address), self._engine.begin() as connection:
            document = connection.scalar(select(RUNS.c.document).where(RUNS.c.id == run.id))
        if document is None:
            raise UsageError(f"run {run.id} was deleted meanwhile", "`gitops-assess history` lists what is there.")
        try:
            return decode(zlib.decompress(document))
        except (zlib.error, ValueError, TypeError) as error:
            raise UsageError(f"run {run.id} of {self.address.shown} cannot be read: {error}", "Name another run.") from error


def storable(name: str) -> str:
    """Return a name as every database can hold it."""
    return name.encode("utf-8", "replace").decode().replace("\0", "\ufffd")


def _row(assessment: Assessment, taken_at: datetime.datetime) -> dict[str, Any]:
    whole = assessment.organization
    steps = {step.name: step.score for step in whole.steps}
    return {
        "key": uuid.uuid4().hex,
        "organization": storable(whole.name),
        "taken_at": taken_at.replace(microsecond=0),
        "version": assessment.tool.version,
        "repositories": len(assessment.repositories),
        "level": whole.level,
        "score": whole.score,
        "coverage": whole.coverage,
        "low": whole.bounds[0],
        "high": whole.bounds[1],
        **{step.short: steps.get(step.short) for step in Step},
        "document": zlib.compress(encode(assessment), 6),
    }


def _run(row: Any) -> Run:
    taken_at: datetime.datetime = row["taken_at"]
    values = {
        **{name: row[name] for name in ("id", "organization", "version", "repositories", "level", "score", "coverage")},
        "taken_at": taken_at.astimezone(datetime.UTC).isoformat().replace("+00:00", "Z"),
        "bounds": (row["low"], row["high"]),
        "steps": {step.short: row[step.short] for step in Step},
    }
    return msgspec.convert(values, Run)  # SQLite keeps any value in any column


def _prune(connection: Connection, organization: str, retention: Retention, now: datetime.datetime, but: int = 0) -> int:
    """Delete what is no longer kept; never the run that was just stored, though its moment may be an early one."""
    if not (retention.count or retention.days):
        return 0
    mine = RUNS.c.organization == organization
    newest = select(RUNS.c.id).where(mine).order_by(*BY_TIME).limit(max(retention.count, 1)).subquery()
    statement = delete(RUNS).where(mine, RUNS.c.id != but, RUNS.c.id.not_in(select(newest.c.id)))
    if retention.days:
        statement = statement.where(RUNS.c.taken_at < now - datetime.timedelta(days=retention.days))
    return connection.execute(statement).rowcount


def _check_file(address: Address, create: bool) -> None:
    assert address.file is not None  # noqa: S101  asked by the caller
    folder = address.file.absolute().parent
    try:
        if create and address.ours:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not create and not address.file.exists():
            raise UsageError(f"no history in {address.shown}", BEGIN)
        if address.file.is_dir() or not folder.is_dir():
            raise UsageError(f"{address.shown}: not a file in an existing folder", "Name an SQLite file with --store.")
    except OSError as error:
        raise UsageError(f"{address.shown}: {error.strerror}", "Name a file you may write with --store.") from error


def _engine(address: Address) -> Engine:
    """Return an engine that opens a connection per transaction."""
    if address.file:
        engine = create_engine(address.url, poolclass=NullPool, connect_args={"timeout": BUSY})
        event.listen(engine, "connect", _set_up_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    timeout = {} if "connect_timeout" in address.url.query else {"connect_timeout": 10}
    return create_engine(address.url, poolclass=NullPool, connect_args=timeout)


def _set_up_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # the driver would begin transactions late, and not for table changes
    connection.execute("PRAGMA synchronous = EXTRA")  # a commit that was reported survives a loss of power


def _begin_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.get_execution_options().get("writes") else "BEGIN")


def _passing(error: DBAPIError) -> bool:
    """Say whether an error may pass by itself: PostgreSQL went away or is starting (SQLSTATE classes 08 and 57P, or none)."""
    state = getattr(error.orig, "sqlstate", "none of PostgreSQL's")
    return state is None or state.startswith(("08", "57P", "40"))


@contextlib.contextmanager
def _told(address: Address) -> Iterator[None]:
    """Tell what goes wrong with a store in one line without its credentials."""
    try:
        yield
    except (ImportError, NoSuchModuleError) as error:  # not there, or without its libpq
        raise UsageError("PostgreSQL needs the package psycopg", "pip install 'gitops-assess[postgres]'") from error
    except IntegrityError as error:
        raise UsageError(f"{address.shown}: {address.say(error.orig or error)}", "This is a defect; please report it.") from error
    except SQLAlchemyError as error:
        reason = address.say(getattr(error, "orig", None) or error)
        raise UsageError(
            f"{address.shown}: {reason}", "Is this the store you mean, reachable, with room and rights to write?"
        ) from error
    except (ValueError, TypeError, OverflowError) as error:  # values of no such type, text in another encoding
        raise UsageError(
            f"{address.shown}: holds what cannot be read, or cannot hold this: {address.say(error)}",
            "Is it damaged, or in an encoding other than UTF-8? Go on with another store.",
        ) from error
