"""Brings the tables of a store to the revision this version works with: all of the way or none, by one process at a time.

Every revision that is missing is applied in the transaction of who opens the store. Whatever interrupts it, a store is of one
revision or another, never between two. Alembic is only imported where a store is not at the newest.
"""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import DBAPIError

from assessor.errors import UsageError
from assessor.history.tables import VERSION_TABLE

if TYPE_CHECKING:
    from alembic.config import Config

HEAD = "0001"  # the newest revision: known without importing Alembic
MIGRATIONS = Path(__file__).with_name("migrations")
VERSIONS: tuple[Path, ...] = (MIGRATIONS / "versions",)  # where revisions are
NO_TABLE = "42P01"  # SQLSTATE undefined_table
_ONE = threading.Lock()  # Alembic keeps the upgrade that is under way in globals


def is_new(error: DBAPIError) -> bool:
    """Say whether a revision could not be read because there are no tables yet."""
    return getattr(error.orig, "sqlstate", "") == NO_TABLE or str(error.orig).startswith("no such table")


def revision(connection: Connection) -> str | None:
    """Return the revision of the tables: one select. Where there are none it raises what `is_new` knows."""
    found: str | None = connection.scalar(text(f"SELECT version_num FROM {VERSION_TABLE}"))  # noqa: S608  a constant
    return found


def upgrade(connection: Connection, shown: str) -> None:
    """Apply what is missing, in a transaction that no other writer's can come between; raises `UsageError`."""
    from alembic import command
    from alembic.script import ScriptDirectory
    from alembic.util import CommandError

    found = revision(connection) if inspect(connection).has_table(VERSION_TABLE) else None
    if found == HEAD:  # another process was faster
        return
    config = _config(connection)
    if found is not None:
        try:
            ScriptDirectory.from_config(config).get_revision(found)
        except CommandError as error:
            raise newer(shown, found) from error
    with _ONE:
        command.upgrade(config, HEAD)


def newer(shown: str, found: str | None) -> UsageError:
    """Return the error about a store whose tables this version does not know."""
    return UsageError(
        f"{shown} was written by a newer version of gitops-assess: its tables are at revision {found}, this version knows {HEAD}",
        "Update gitops-assess, or keep runs in another store: name it with --store.",
    )


def _config(connection: Connection) -> Config:
    from alembic.config import Config

    config = Config()
    for name, value in (("script_location", str(MIGRATIONS)), ("version_locations", "\n".join(map(str, VERSIONS)))):
        config.set_main_option(name, value.replace("%", "%%"))
    config.set_main_option("path_separator", "newline")
    config.attributes["connection"] = connection
    return config
