"""An address of a store is understood in the forms people write, and its credentials are never repeated."""

from __future__ import annotations

import datetime
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assessor.errors import UsageError
from assessor.history.address import parse
from assessor.history.store import Store
from tests.history.conftest import Postgres
from tests.reports.sample import assessment


def test_default_is_a_file_in_the_users_data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    address = parse("default")
    assert address.file == tmp_path / "data/gitops-assess/history.db"
    assert not (tmp_path / "data").exists()
    Store(address, create=True)
    assert (tmp_path / "data/gitops-assess").stat().st_mode & 0o777 == 0o700
    monkeypatch.setenv("XDG_DATA_HOME", "relative")  # the specification: to be ignored
    monkeypatch.setenv("HOME", str(tmp_path))
    assert parse("default").file == tmp_path / ".local/share/gitops-assess/history.db"


def test_a_user_without_a_home_can_name_a_file_and_is_told_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def homeless() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    monkeypatch.setattr(Path, "home", homeless)
    Store(parse(str(tmp_path / "history.db")), create=True)
    with pytest.raises(UsageError, match="no data folder"):
        parse("default")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("history.db", "history.db"),
        ("/srv/a@b/history.db", "/srv/a@b/history.db"),
        ("sqlite:///history.db", "history.db"),
        ("sqlite:////srv/history.db", "/srv/history.db"),
        ("postgresql://nightly:pw@db.acme.example:5433/history", "postgresql://db.acme.example:5433/history"),
        ("postgres://db/history", "postgresql://db/history"),
        ("postgresql+asyncpg://u@db/history?password=pw", "postgresql://db/history"),
        ("postgresql:///history?host=/run/postgresql", "postgresql:///history"),
    ],
)
def test_an_address_is_shown_without_user_password_and_options(text: str, shown: str) -> None:
    assert parse(text).shown == shown


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "no address"),
        ("postgresql:/u:hunter2@db/history", "no address"),
        ("postgresql://u:hun/ter2@db/history", "percent-encoded"),
        ("postgresql://u:hun@ter2@db/history", "percent-encoded"),
        ("postgresql://u:hun?ter2@db/history", "percent-encoded"),
        ("postgresql://u:hunter2@db:port/history", "no address"),
        ("mysql://u:hunter2@db/history", "mysql is no kind of store"),
        ("sqlite://", "names no file"),
        ("sqlite:///:memory:", "names no file"),
        ("sqlite:///file:x?mode=memory&uri=true", "names no file"),
        ("https://u:hunter2@db/", "https is no kind of store"),
    ],
)
def test_what_is_no_address_is_refused_without_repeating_it(text: str, says: str) -> None:
    with pytest.raises(UsageError, match=says) as caught:
        parse(text)
    assert not any(part in f"{caught.value} {caught.value.hint}" for part in ("hunter2", "hun", "ter2"))


@given(st.text(st.characters(codec="utf-8"), min_size=4, max_size=20), st.sampled_from(["{}", "u:{}", "{}:pw"]))
def test_no_part_of_the_credentials_is_ever_shown(secret: str, form: str) -> None:
    credentials = form.format(f"zq{secret}qz")
    try:
        shown = parse(f"postgresql://{credentials}@db/history").shown
    except UsageError as error:
        shown = f"{error} {error.hint}"
    assert "zq" not in shown
    assert "qz" not in shown


def test_a_refused_password_is_not_in_the_error(database: str, postgres: Postgres) -> None:
    name = database.rpartition("/")[2]
    with pytest.raises(UsageError, match="password authentication failed") as caught:
        Store(parse(postgres.url(name, password="hunter2")), create=True)  # noqa: S106  of no account
    assert "hunter2" not in f"{caught.value} {caught.value.hint}"
    assert "nightly" not in str(caught.value)


def test_a_message_that_repeats_the_password_is_withheld(postgres: Postgres) -> None:
    postgres.sql("CREATE ROLE odd LOGIN PASSWORD 'absent'")
    with pytest.raises(UsageError, match="it holds the password"):
        Store(parse(postgres.url("absent", user="odd", password="absent")), create=True)  # noqa: S106  the server's answer names the database


def test_who_may_not_create_tables_is_told_so(postgres: Postgres, database: str) -> None:
    postgres.sql("CREATE ROLE reader LOGIN PASSWORD 'reader'")
    with pytest.raises(UsageError, match="permission denied"):
        Store(parse(postgres.url(database.rpartition("/")[2], user="reader", password="reader")), create=True)  # noqa: S106  the test's own


def test_a_server_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"postgresql://127\.0\.0\.1:1/history: .*refused"):
        Store(parse("postgresql://u:hunter2@127.0.0.1:1/history"), create=True)


def test_without_the_extra_package_postgresql_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(UsageError, match="needs the package psycopg") as caught:
        Store(parse("postgresql://u@db/history"), create=True)
    assert "gitops-assess[postgres]" in caught.value.hint


def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("not a database, and dear to me " * 100)
    with pytest.raises(UsageError, match="not a database"):
        Store(parse(str(tmp_path / "notes.txt")), create=True)
    assert (tmp_path / "notes.txt").read_text().startswith("not a database")


def test_a_folder_that_does_not_exist_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="existing folder"):
        Store(parse(str(tmp_path / "no/history.db")), create=True)
    assert not list(tmp_path.iterdir())


def test_a_database_shared_with_others_is_left_as_it_was(postgres: Postgres, database: str) -> None:
    name = database.rpartition("/")[2]
    postgres.sql("CREATE TABLE alembic_version (version_num varchar(32)); INSERT INTO alembic_version VALUES ('theirs')", name)
    Store(parse(database), create=True).save(assessment(repositories=1), datetime.datetime(2026, 11, 23, tzinfo=datetime.UTC))
    postgres.sql("DO $$ BEGIN ASSERT (SELECT version_num FROM alembic_version) = 'theirs'; END $$", name)
