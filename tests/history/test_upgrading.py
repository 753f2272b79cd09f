"""A store is brought to the newest revision in place, in whole or not at all; an earlier version leaves it alone after that."""

from __future__ import annotations

import datetime
import os
import sqlite3
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from assessor.errors import UsageError
from assessor.history import upgrading
from assessor.history.address import parse
from assessor.history.store import Store
from assessor.history.tables import VERSION_TABLE
from assessor.model import Run
from tests.history.conftest import Postgres
from tests.history.later import HEAD
from tests.reports.sample import assessment, empty

ROOT = Path(__file__).parents[2]
NOON = datetime.datetime(2026, 11, 23, 12, 0, tzinfo=datetime.UTC)
HEADER = '"""A revision."""\nimport os, pathlib, time\nimport sqlalchemy as sa\nfrom alembic import op\n'
# A column with what it says of the runs that are there; then another type for it, for which SQLite makes the table anew.
NOTE = """
    op.add_column("gitops_assess_runs", sa.Column("note", sa.Text, nullable=False, server_default="none"))
    op.execute("UPDATE gitops_assess_runs SET note = organization")
"""
TYPE = """
    with op.batch_alter_table("gitops_assess_runs", table_kwargs={"sqlite_autoincrement": True}) as batch:
        batch.alter_column("note", type_=sa.String(200), existing_type=sa.Text, existing_server_default="none", existing_nullable=False)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return the folder of the revisions that a later version adds."""
    (tmp_path / "later").mkdir()
    return tmp_path / "later"


def revisions(folder: Path, second: str = NOTE, third: str = TYPE) -> None:
    for number, (name, body) in enumerate((("0002", second), (HEAD, third)), 1):
        head = f'{HEADER}revision = "{name}"\ndown_revision = "000{number}"\n\n\ndef upgrade():'
        (folder / f"r{name}.py").write_text(head + body)


@pytest.fixture
def earlier(address: str) -> list[Run]:
    """Return the runs that this version has kept in a store."""
    store = Store(parse(address), create=True)
    return [store.save(one, NOON + datetime.timedelta(days=n)) for n, one in enumerate((assessment(), empty(), assessment()))]


class Later:
    """This program as the later version, while it is entered."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.patch = pytest.MonkeyPatch()

    def __enter__(self) -> None:
        self.patch.setattr(upgrading, "VERSIONS", (*upgrading.VERSIONS, self.folder))
        self.patch.setattr(upgrading, "HEAD", HEAD)

    def __exit__(self, *_: object) -> None:
        self.patch.undo()


def later(address: str, folder: Path, **variables: str) -> subprocess.Popen[str]:
    """Start a process of the later version, which saves a run."""
    command = [sys.executable, str(Path(__file__).with_name("later.py")), address, str(folder)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **variables}
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def look(address: str, query: str) -> list[tuple[object, ...]]:
    engine = create_engine(parse(address).url)
    with engine.connect() as connection:
        found = [tuple(row) for row in connection.execute(text(query))]
    engine.dispose()
    return found


def at(address: str) -> object:
    return look(address, f"SELECT version_num FROM {VERSION_TABLE}")[0][0]  # noqa: S608  a constant


def is_sound(address: str) -> bool:
    """Say whether an SQLite file is whole, page by page; PostgreSQL looks after its own."""
    file = parse(address).file
    if file is None:
        return True
    with sqlite3.connect(file) as connection:
        answer: list[tuple[str]] = connection.execute("PRAGMA integrity_check").fetchall()
    connection.close()
    return answer == [("ok",)]


@pytest.mark.parametrize("create", [True, False], ids=["by a scan", "by who only reads"])
def test_a_store_of_an_earlier_version_is_upgraded_in_place(address: str, folder: Path, earlier: list[Run], create: bool) -> None:
    revisions(folder)
    with Later(folder):
        store = Store(parse(address), create=create)
        assert store.runs() == earlier[::-1]
        assert [store.load(run) for run in earlier] == [assessment(), empty(), assessment()]
        assert store.save(assessment(repositories=1), NOON).id == 4
    assert at(address) == HEAD
    assert look(address, "SELECT id, note FROM gitops_assess_runs ORDER BY id") == [
        *((run.id, run.organization) for run in earlier),
        (4, "none"),
    ]
    assert is_sound(address)


def test_a_new_store_is_made_by_all_revisions(address: str, folder: Path) -> None:
    revisions(folder)
    with Later(folder):
        assert Store(parse(address), create=True).save(empty(), NOON).id == 1
    assert at(address) == HEAD


def test_of_processes_that_upgrade_at_once_one_does_and_all_go_on(
    address: str, folder: Path, earlier: list[Run], tmp_path: Path
) -> None:
    told = tmp_path / "told"
    revisions(folder, NOTE + '    open(os.environ["TOLD"], "a").write("once ")\n    time.sleep(0.5)\n')
    running = [later(address, folder, TOLD=str(told)) for _ in range(4)]
    said = [process.communicate(timeout=60) for process in running]
    assert [error for _, error in said] == [""] * 4
    assert sorted(int(out) for out, _ in said) == [4, 5, 6, 7]
    assert told.read_text() == "once "
    with Later(folder):
        assert len(Store(parse(address), create=False).runs()) == 7
    assert is_sound(address)


def test_an_upgrade_that_is_killed_leaves_the_store_as_it_was(
    address: str, folder: Path, earlier: list[Run], tmp_path: Path
) -> None:
    underway = tmp_path / "underway"
    revisions(folder, third=f"{TYPE}    pathlib.Path(os.environ['UNDERWAY']).touch()\n    time.sleep(60)\n")
    process = later(address, folder, UNDERWAY=str(underway))
    for _ in range(600):
        if underway.exists():
            break
        time.sleep(0.05)
    assert underway.exists(), process.communicate(timeout=1)
    process.kill()
    process.communicate()
    assert at(address) == upgrading.HEAD
    assert is_sound(address)
    store = Store(parse(address), create=False)
    assert store.runs() == earlier[::-1]
    assert store.save(assessment(repositories=1), NOON).id == 4
    revisions(folder)
    with Later(folder):
        assert [run.id for run in Store(parse(address), create=False).runs()] == [3, 2, 4, 1]
    assert at(address) == HEAD


def test_a_revision_that_fails_takes_those_before_it_back(address: str, folder: Path, earlier: list[Run]) -> None:
    revisions(folder, third=f'{TYPE}    op.drop_table("nowhere")\n')
    with Later(folder), pytest.raises(UsageError, match="nowhere"):
        Store(parse(address), create=False)
    assert at(address) == upgrading.HEAD
    assert Store(parse(address), create=False).runs() == earlier[::-1]


def test_an_earlier_version_refuses_an_upgraded_store_and_says_what_to_do(address: str, folder: Path, earlier: list[Run]) -> None:
    revisions(folder)
    with Later(folder):
        Store(parse(address), create=False)
    for create in (True, False):
        with pytest.raises(
            UsageError, match=r"newer version of gitops-assess: .* revision 0003, this version knows 0001"
        ) as told:
            Store(parse(address), create=create)
        assert "Update gitops-assess" in told.value.hint
        assert "--store" in told.value.hint
    assert at(address) == HEAD
    assert len(look(address, "SELECT id FROM gitops_assess_runs")) == len(earlier)


def test_who_opened_a_store_before_it_was_upgraded_writes_nothing_into_it(address: str, folder: Path, earlier: list[Run]) -> None:
    before = Store(parse(address), create=True)
    revisions(folder)
    with Later(folder):
        Store(parse(address), create=False)
    with pytest.raises(UsageError, match="newer version"):
        before.save(assessment(repositories=1), NOON)
    assert len(look(address, "SELECT id FROM gitops_assess_runs")) == len(earlier)


def test_a_role_that_may_not_change_the_tables_leaves_them_to_one_that_may(
    postgres: Postgres, database: str, folder: Path
) -> None:
    run = Store(parse(database), create=True).save(empty(), NOON)
    name, role = database.rpartition("/")[2], f"writer_{database.rpartition('/')[2]}"
    postgres.sql(f"CREATE ROLE {role} LOGIN PASSWORD 'other'")
    postgres.sql(f"GRANT SELECT, INSERT, DELETE ON gitops_assess_runs TO {role}", name)
    postgres.sql(f"GRANT SELECT ON {VERSION_TABLE} TO {role}", name)
    writer = parse(postgres.url(name, user=role, password="other"))  # noqa: S106
    assert Store(writer, create=True).save(empty(), NOON).id == 2
    revisions(folder)
    with Later(folder):
        with pytest.raises(UsageError, match="must be owner") as told:
            Store(writer, create=False)
        assert "rights" in told.value.hint
        assert Store(parse(database), create=False).find("1") == run
        assert len(Store(writer, create=False).runs()) == 2


def test_threads_begin_stores_of_their_own_at_once(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        stores = list(pool.map(lambda n: Store(parse(str(tmp_path / f"{n}.db")), create=True), range(16)))
    assert [store.runs() for store in stores] == [[]] * 16


def test_alembic_is_only_imported_where_tables_are_to_be_changed(address: str) -> None:
    Store(parse(address), create=True)
    program = (
        "import sys; from assessor.history.address import parse; from assessor.history.store import Store;"
        "Store(parse(sys.argv[1]), create=False).runs(); print('alembic' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program, address], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
