"""Where a store is, as the user says it: ``default``, a file, ``sqlite:///…`` or ``postgresql://…``.

Credentials in an address are used and never shown: what cannot be taken apart safely is refused without repeating it.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, quote_plus

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from assessor.errors import UsageError
from assessor.redaction import printable

DEFAULT = "default"
KNOWN = "A store is `default`, an SQLite file, or postgresql://user@host/database."
_SECRET = re.compile(r"pass|secret|token|key", re.I)
_NAMED = re.compile(r'\b(user|role) "[^"]*"')


@dataclass(frozen=True, slots=True)
class Address:
    """A store's address; `shown` is safe to print, `file` is set for SQLite only, `ours` if its folder may be made."""

    url: URL
    shown: str
    file: Path | None = None
    ours: bool = False

    def say(self, error: BaseException) -> str:
        """Return the first line of a driver's message without the address's credentials."""
        secrets = {self.url.password, *(value for key, value in self.url.query.items() if _SECRET.search(key))}
        text = printable(next(iter(str(error).strip().splitlines()), "") or type(error).__name__)[:300]
        for secret in filter(None, map(str, secrets)):
            if any(form in text for form in (secret, quote(secret, safe=""), quote_plus(secret))):
                return "the driver's message is not shown, since it holds the password"
        return _NAMED.sub(r'\1 "…"', text)


def parse(text: str) -> Address:
    """Return the address; raises `UsageError`, which never repeats credentials."""
    if text == DEFAULT:
        return _file(data_folder() / "history.db", ours=True)
    scheme, separator, rest = text.partition("://")
    if not separator:
        if not text or text == ":memory:" or re.match(r"(?i)(postgres|sqlite|mysql|mariadb|oracle|mssql)\w*:", text):
            raise UsageError("--store: this is no address of a store", KNOWN)
        return _file(Path(text))
    if set(rest.rpartition("@")[0]) & set("/?#@ "):
        raise UsageError(
            "--store: the user or the password holds a character that must be percent-encoded",
            "Write @ as %40, / as %2F, ? as %3F.",
        )
    try:
        url = make_url(text)
        url.port  # noqa: B018  says itself whether it is a number
    except (ArgumentError, ValueError):
        raise UsageError("--store: this is no address of a store", KNOWN) from None
    driver = scheme.partition("+")[0]
    if driver == "sqlite":
        if not url.database or url.database.startswith(("file:", ":memory:")) or url.query or url.host:
            raise UsageError("--store: this SQLite address names no file", "Use sqlite:///folder/history.db, or the file itself.")
        return _file(Path(url.database))
    if driver in ("postgres", "postgresql"):
        return _postgres(url)
    raise UsageError(f"--store: {printable(driver)[:30]} is no kind of store", KNOWN)


def data_folder() -> Path:
    """Return the user's data folder for this program (XDG Base Directory Specification 0.8)."""
    base = Path(os.environ.get("XDG_DATA_HOME", ""))
    try:
        return (base if base.is_absolute() else Path.home() / ".local/share") / "gitops-assess"
    except RuntimeError as error:  # a user without a home, as in a container
        raise UsageError("--store default: there is no data folder", "Name a file, or set XDG_DATA_HOME.") from error


def _file(path: Path, *, ours: bool = False) -> Address:
    return Address(URL.create("sqlite", database=str(path)), printable(str(path)), path, ours)


def _postgres(url: URL) -> Address:
    where = f"{url.host or ''}{f':{url.port}' if url.port else ''}/{url.database or ''}"
    return Address(url.set(drivername="postgresql+psycopg"), printable(f"postgresql://{where}"))
