"""What was reported as saved is there after every fault that was tried, no store is corrupt, and the next run works."""

from __future__ import annotations

import datetime
import json
import os
import resource
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from assessor.errors import UsageError
from assessor.history.address import parse
from assessor.history.store import Store
from tests.history.conftest import Postgres
from tests.organizations import write
from tests.reports.sample import assessment

ROOT = Path(__file__).parents[2]
PROGRAM = str(Path(sys.executable).with_name("gitops-assess"))
NOON = datetime.datetime(2026, 11, 23, 12, 0, tzinfo=datetime.UTC)


def check(address: str) -> list[int]:
    """Return the runs of a store after reading each; an SQLite file is looked at page by page, too."""
    store = Store(parse(address), create=False)
    if store.address.file:
        with sqlite3.connect(store.address.file) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        connection.close()
    runs = store.runs()
    for run in runs[:50]:
        store.load(run)
    return [run.id for run in runs]


def test_a_writer_killed_fifty_times_loses_nothing_that_it_reported(address: str) -> None:
    done = subprocess.run([sys.executable, str(Path(__file__).with_name("writer.py")), address, "50"], env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, timeout=120, check=False)  # fmt: skip
    assert done.returncode == 0, done.stderr
    reported = json.loads(done.stdout)
    assert len(reported) >= 25
    kept = check(address)
    assert set(reported) <= set(kept)
    assert len(set(kept)) == len(kept)
    assert Store(parse(address), create=False).save(assessment(repositories=1), NOON).id > max(reported)


def test_postgresql_restarted_while_runs_are_saved_loses_nothing_and_stores_nothing_twice(
    postgres: Postgres, database: str
) -> None:
    store = Store(parse(database), create=True)
    one = assessment(repositories=1)
    reported: list[int] = []
    failures: list[Exception] = []
    stop = threading.Event()

    def save() -> None:
        try:
            while not stop.is_set():
                reported.append(store.save(one, NOON).id)
        except Exception as error:  # noqa: BLE001  the test tells
            failures.append(error)

    writers = [threading.Thread(target=save) for _ in range(3)]
    for writer in writers:
        writer.start()
    for enough in (5, 10, 15):  # before, between and after two restarts
        while len(reported) < enough and not failures:
            time.sleep(0.01)
        if enough < 15:
            postgres.restart()
    stop.set()
    for writer in writers:
        writer.join(60)
    assert failures == []
    kept = check(database)
    assert sorted(reported) == sorted(kept)
    assert len(set(reported)) == len(reported)


def test_a_commit_whose_answer_was_lost_is_not_stored_twice(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import psycopg
    from sqlalchemy.exc import OperationalError

    store = Store(parse(address), create=True)
    save: Any = store._save
    lost = iter([True, False])

    def save_and_lose(*arguments: Any) -> int:
        id: int = save(*arguments)
        if next(lost):
            raise OperationalError("COMMIT", {}, psycopg.OperationalError("server closed the connection unexpectedly"))
        return id

    monkeypatch.setattr(store, "_save", save_and_lose)
    assert store.save(assessment(repositories=1), NOON).id == 1
    assert check(address) == [1]


def test_a_server_that_stays_away_is_an_error_not_a_loss_of_the_scan(
    postgres: Postgres, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(parse(database), create=True)
    monkeypatch.setattr("assessor.history.store.RETRIES", (0.01, 0.01))
    postgres.stop()
    try:
        with pytest.raises(UsageError, match="refused"):
            store.save(assessment(repositories=1), NOON)
    finally:
        postgres.start()
    assert check(database) == []


def test_a_full_disk_is_told_and_what_was_stored_stays(tmp_path: Path) -> None:
    address = str(tmp_path / "history.db")
    store = Store(parse(address), create=True)
    saved = [store.save(assessment(repositories=1), NOON).id for _ in range(3)]
    pages = (tmp_path / "history.db").stat().st_size // 4096

    def fill(connection: Any, _record: Any) -> None:
        connection.execute(f"PRAGMA max_page_count = {pages + 2}")

    event.listen(store._engine, "connect", fill)
    with pytest.raises(UsageError, match="database or disk is full") as caught:
        store.save(assessment(repositories=200), NOON)
    assert "room" in caught.value.hint
    event.remove(store._engine, "connect", fill)
    assert sorted(check(address)) == saved
    assert store.save(assessment(repositories=200), NOON).id > max(saved)


def test_a_scan_whose_store_is_full_still_writes_its_reports_and_says_what_failed(tmp_path: Path) -> None:
    write(tmp_path, {"infra/main.tf": 'resource "aws_vpc" "main" {}\n'})
    scan = [
        PROGRAM,
        "scan",
        str(tmp_path / "infra"),
        "--no-cache",
        "-q",
        "--store",
        str(tmp_path / "h.db"),
        "-o",
        str(tmp_path / "a.md"),
    ]
    assert subprocess.run(scan, capture_output=True, timeout=60, check=False).returncode == 0
    (tmp_path / "a.md").unlink()
    size = (tmp_path / "h.db").stat().st_size

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    done = subprocess.run(scan, capture_output=True, text=True, timeout=60, check=False, preexec_fn=limit)
    assert done.returncode == 2
    assert done.stderr.startswith("error: ")
    assert "h.db: " in done.stderr
    assert "Traceback" not in done.stderr
    assert (tmp_path / "a.md").exists()
    assert check(str(tmp_path / "h.db")) == [1]
    assert subprocess.run(scan, capture_output=True, timeout=60, check=False).returncode == 0
    assert check(str(tmp_path / "h.db")) == [2, 1]


def test_a_scan_killed_at_any_moment_leaves_a_store_that_the_next_scan_can_use(tmp_path: Path) -> None:
    write(tmp_path, {"infra/main.tf": 'resource "aws_vpc" "main" {}\n'})
    scan = [
        PROGRAM,
        "scan",
        str(tmp_path / "infra"),
        "--no-cache",
        "-q",
        "-j",
        "1",
        "--store",
        str(tmp_path / "h.db"),
        "-f",
        "badge",
    ]
    started = time.monotonic()
    assert subprocess.run(scan, capture_output=True, timeout=60, check=False).returncode == 0
    whole = time.monotonic() - started
    reported = 1
    for part in (0.3, 0.6, 0.8, 0.9, 0.95):
        process = subprocess.Popen(scan, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        time.sleep(whole * part)
        process.kill()
        reported += process.communicate()[1].count("kept as run")
    assert len(check(str(tmp_path / "h.db"))) >= reported
    assert subprocess.run(scan, capture_output=True, timeout=60, check=False).returncode == 0


def test_two_scans_at_once_share_one_store_and_one_cache(tmp_path: Path) -> None:
    write(tmp_path, {"infra/main.tf": 'resource "aws_vpc" "main" {}\n'})
    scan = [PROGRAM, "scan", str(tmp_path / "infra"), "-q", "-j", "1", "--store", str(tmp_path / "h.db"), "-f", "badge"]
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path / "cache")}
    running = [
        subprocess.Popen(scan, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) for _ in range(3)
    ]
    said = [process.communicate(timeout=60)[1] for process in running]
    assert [process.returncode for process in running] == [0, 0, 0], said
    assert sorted(check(str(tmp_path / "h.db"))) == [1, 2, 3]
