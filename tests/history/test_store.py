"""A store keeps what it was given, in SQLite and in a real PostgreSQL alike."""

from __future__ import annotations

import datetime
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, literal_column, text

from assessor.errors import UsageError
from assessor.history import migrations
from assessor.history.address import parse
from assessor.history.store import Retention, Store
from assessor.history.tables import METADATA, RUNS, VERSION_TABLE
from assessor.history.upgrading import HEAD
from assessor.model import Assessment, decode, encode
from tests.reports.sample import HOSTILE_NAMES, assessment, empty

NOON = datetime.datetime(2026, 11, 23, 12, 0, tzinfo=datetime.UTC)
DAY = datetime.timedelta(days=1)


def begin(address: str) -> Store:
    return Store(parse(address), create=True)


def named(name: str, one: Assessment | None = None) -> Assessment:
    one = one or assessment(repositories=1)
    return msgspec.structs.replace(one, organization=msgspec.structs.replace(one.organization, name=name))


def test_what_was_saved_comes_back_as_it_was(address: str) -> None:
    store = begin(address)
    for one in (assessment(), assessment(hostile=True), empty()):
        run = store.save(one, NOON)
        assert store.load(run) == decode(encode(one))


def test_a_run_has_the_figures_of_its_assessment(address: str) -> None:
    one = assessment()
    begin(address).save(one, NOON)
    (run,) = begin(address).runs()
    whole = one.organization
    assert (run.organization, run.level, run.score, run.coverage, run.bounds) == (
        whole.name, whole.level, whole.score, whole.coverage, whole.bounds,
    )  # fmt: skip
    assert run.taken_at == "2026-11-23T12:00:00Z"
    assert run.steps == {step.name: step.score for step in whole.steps}
    assert (run.repositories, run.version) == (6, "0.1.0")


def test_a_moment_of_another_time_zone_is_kept_in_utc(address: str) -> None:
    tokyo = datetime.timezone(datetime.timedelta(hours=9))
    run = begin(address).save(assessment(repositories=1), NOON.astimezone(tokyo))
    assert run.taken_at == "2026-11-23T12:00:00Z"
    assert begin(address).runs()[0] == run


def test_runs_of_organizations_stay_apart(address: str) -> None:
    store = begin(address)
    for name in ("acme", "globex", "acme"):
        store.save(named(name), NOON)
    assert [run.id for run in store.runs("acme")] == [3, 1]
    assert store.organizations() == ["acme", "globex"]
    assert store.find("latest", "globex") == store.find("2", "globex")
    assert store.find("2", "acme") is None


@pytest.mark.parametrize("name", [*HOSTILE_NAMES, "nul\0byte", "latin\udce9", "'; DROP TABLE gitops_assess_runs; --"])
def test_a_hostile_name_is_only_a_name(tmp_path: Path, name: str) -> None:
    store = begin(str(tmp_path / "h.db"))
    run = store.save(named(name), NOON)
    assert store.runs(name) == [run]
    assert store.find("latest", name) == run


def test_postgresql_takes_hostile_names_too(database: str) -> None:
    store = begin(database)
    for name in (*HOSTILE_NAMES, "nul\0byte", "latin\udce9"):
        run = store.save(named(name), NOON)
        assert store.runs(name) == [run]


def test_runs_are_found_by_number_day_latest_and_previous(address: str) -> None:
    store = begin(address)
    one = named("acme")
    first, second, third = (store.save(one, NOON + days * DAY) for days in (0, 1, 5))
    found = {
        reference: store.find(reference, "acme")
        for reference in ("2", "latest", "previous", "2026-11-24", "2026-11-27", "2030-01-01")
    }
    assert found == {
        "2": second,
        "latest": third,
        "previous": second,
        "2026-11-24": second,
        "2026-11-27": second,
        "2030-01-01": third,
    }
    assert store.find("2026-11-23", "acme") == first
    assert store.find("2026-11-22", "acme") is None
    assert store.find("99", "acme") is None
    assert store.find("9" * 18, "acme") is None
    with pytest.raises(UsageError, match="no day"):
        store.find("2026-02-30", "acme")


def test_latest_is_by_the_time_of_the_scan_so_that_older_commits_can_be_scanned_later(address: str) -> None:
    store = begin(address)
    now = store.save(named("acme"), NOON)
    store.save(named("acme"), NOON - 100 * DAY)
    assert store.find("latest", "acme") == now


@pytest.mark.parametrize(
    ("rules", "kept"),
    [
        (Retention(), [0, 1, 10, 100, 400]),
        (Retention(count=2), [0, 1]),
        (Retention(days=30), [0, 1, 10]),
        (Retention(count=4, days=5), [0, 1, 10, 100]),
        (Retention(count=1, days=30), [0, 1, 10]),
    ],
)
def test_retention_keeps_what_one_of_its_rules_keeps(address: str, rules: Retention, kept: list[int]) -> None:
    store = begin(address)
    ages = {store.save(named("acme"), NOON - age * DAY).id: age for age in (400, 100, 10, 1, 0)}
    other = store.save(named("globex"), NOON - 400 * DAY)
    store.prune("acme", rules, NOON)
    assert sorted(ages[run.id] for run in store.runs("acme")) == kept
    assert store.runs("globex") == [other]


def test_the_newest_run_is_never_deleted_and_numbers_never_come_back(address: str) -> None:
    store = begin(address)
    store.save(named("acme"), NOON - 100 * DAY)
    assert store.prune("acme", Retention(days=1), NOON) == 0
    second = store.save(named("acme"), NOON, Retention(count=1))
    assert [run.id for run in store.runs()] == [second.id]
    third = store.save(named("acme"), NOON, Retention(count=1))
    assert (second.id, third.id) == (2, 3)


def test_many_who_begin_one_store_at_once_find_it_begun_once(address: str) -> None:
    one = assessment(repositories=1)

    def save(_: int) -> int:
        return begin(address).save(one, NOON).id

    with ThreadPoolExecutor(8) as pool:
        ids = list(pool.map(save, range(16)))
    assert sorted(ids) == list(range(1, 17))


def test_processes_that_save_at_once_lose_nothing(address: str) -> None:
    program = (
        "import datetime, sys; from assessor.history.address import parse; from assessor.history.store import Store, Retention;"
        "from tests.reports.sample import assessment; one = assessment(repositories=1);"
        "[print(Store(parse(sys.argv[1]), create=True).save(one, datetime.datetime.now(datetime.UTC)).id) for _ in range(10)]"
    )
    root = Path(__file__).parents[2]
    running = [
        subprocess.Popen(
            [sys.executable, "-c", program, address], cwd=root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for _ in range(3)
    ]
    said = [process.communicate(timeout=60) for process in running]
    assert [error for _, error in said] == ["", "", ""]
    ids = [int(line) for out, _ in said for line in out.split()]
    assert sorted(ids) == sorted(run.id for run in begin(address).runs()) == list(range(1, 31))


def test_the_migrations_make_the_tables_that_the_code_expects(address: str) -> None:
    begin(address)
    engine = create_engine(parse(address).url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
        assert compare_metadata(context, METADATA) == []
        assert context.get_current_revision() == HEAD
    engine.dispose()


def test_the_newest_migration_is_the_one_that_the_code_names() -> None:
    assert ScriptDirectory(str(Path(migrations.__file__).parent)).get_heads() == [HEAD]


def test_a_migration_that_fails_leaves_no_trace(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = create_engine(parse(address).url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE gitops_assess_runs_by_time (something INTEGER)"))  # where the index wants to be
    with pytest.raises(UsageError, match="gitops_assess_runs_by_time"):
        begin(address)
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE gitops_assess_runs_by_time"))
    engine.dispose()
    assert begin(address).save(assessment(repositories=1), NOON).id == 1


def test_a_store_of_a_newer_version_is_refused_and_left_alone(address: str) -> None:
    begin(address).save(assessment(repositories=1), NOON)
    engine = create_engine(parse(address).url)
    with engine.begin() as connection:
        connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '9999'"))  # noqa: S608  a constant
    with pytest.raises(UsageError, match="newer version"):
        begin(address)
    with engine.begin() as connection:
        assert connection.scalar(text("SELECT count(*) FROM gitops_assess_runs")) == 1
    engine.dispose()


def test_reading_begins_nothing(address: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no history in"):
        Store(parse(address), create=False)
    assert not list(tmp_path.iterdir())
    with pytest.raises(UsageError, match="no history in"):
        Store(parse(address), create=False)


def test_a_document_that_cannot_be_read_costs_that_run_only(address: str) -> None:
    store = begin(address)
    broken, sound = store.save(assessment(repositories=1), NOON), store.save(assessment(repositories=1), NOON)
    engine = create_engine(parse(address).url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE gitops_assess_runs SET document = :d WHERE id = 1"), {"d": b"nonsense"})
    engine.dispose()
    with pytest.raises(UsageError, match=r"run 1 of .* cannot be read"):
        store.load(broken)
    assert store.load(sound) == assessment(repositories=1)
    assert [run.id for run in store.runs()] == [2, 1]


def test_what_is_compared_with_is_no_later_run(address: str) -> None:
    store = begin(address)
    for day in (1, 3):
        store.save(assessment(repositories=1), datetime.datetime(2026, 11, day, tzinfo=datetime.UTC))
    between = datetime.datetime(2026, 11, 2, tzinfo=datetime.UTC)
    found = [store.find(reference, until=between) for reference in ("latest", "previous")]
    assert [run and run.id for run in found] == [1, None]


def test_a_run_that_was_just_kept_is_there_though_its_moment_is_an_early_one(address: str) -> None:
    store = begin(address)
    for year in (2024, 2025, 2023):
        run = store.save(assessment(repositories=1), datetime.datetime(year, 1, 1, tzinfo=datetime.UTC), Retention(count=2))
    assert run.id in [one.id for one in store.runs()]


@pytest.mark.parametrize("column", ["taken_at", "score", "low", "document"])
def test_values_of_another_type_are_told_in_one_line(tmp_path: Path, column: str) -> None:
    store = begin(str(tmp_path / "h.db"))
    store.save(assessment(repositories=1), datetime.datetime(2026, 11, 1, tzinfo=datetime.UTC))
    engine = create_engine(parse(str(tmp_path / "h.db")).url)
    with engine.begin() as connection:
        connection.execute(RUNS.update().values({column: literal_column("'text'")}))
    engine.dispose()
    with pytest.raises(UsageError, match="cannot be read"):
        store.load(store.runs()[0])
