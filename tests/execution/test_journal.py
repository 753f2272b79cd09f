"""An interrupted scan can be gone on with; one that ended leaves nothing behind."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest

from assessor.collectors.cache import cache_file
from assessor.collectors.discovery import discover
from assessor.execution import journal as module
from assessor.execution.journal import Journal
from assessor.execution.unit import Answer, Order
from tests.collectors.repositories import repository
from tests.execution.test_local import FAULTY
from tests.organizations import TODAY, write

PROGRAM = str(Path(sys.executable).with_name("gitops-assess"))
ORDER = Order(today=TODAY)


@pytest.fixture(autouse=True)
def _cache_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def organization(tmp_path: Path) -> Path:
    for number in range(6):
        repository(tmp_path / f"o/r{number}", {".gitignore": f"{number}\n", "main.tf": 'resource "a" "b" {}'})
    return tmp_path / "o"


def rows() -> int:
    with sqlite3.connect(cache_file().with_name("journal.sqlite")) as connection:
        count: int = connection.execute("SELECT count(*) FROM facts").fetchone()[0]
    connection.close()
    return count


def scan(folder: Path, *options: str) -> str:
    command = (PROGRAM, "scan", str(folder), "--format", "json", *options)
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_a_scan_that_was_interrupted_goes_on_where_it_was(organization: Path, tmp_path: Path) -> None:
    before = scan(organization, "--no-cache")
    met = tmp_path / "met"
    write(tmp_path, {"faulty/sitecustomize.py": FAULTY.format(fault="time.sleep(60)")})
    environment = {**os.environ, "PYTHONPATH": str(tmp_path / "faulty"), "MET": str(met)}
    command = (PROGRAM, "scan", str(organization), "--jobs", "2", "--format", "json")
    running = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    while not met.exists() or len(met.read_text().split()) < 6:
        time.sleep(0.05)
    time.sleep(2)  # the last one takes milliseconds
    running.send_signal(signal.SIGINT)
    out, said = running.communicate()
    assert (out, running.returncode) == ("", 130)
    assert "5 of 6 repositories are kept: repeat the scan with --resume to go on" in said
    assert rows() == 5
    write(organization, {"r0/main.tf": 'resource "changed" "since" {}'})
    assert scan(organization, "--resume") == before
    assert rows() == 0
    assert scan(organization, "--resume") == scan(organization, "--no-cache") != before


def test_a_scan_that_ends_forgets_what_an_interrupted_one_had_kept(organization: Path) -> None:
    targets = discover([organization])
    interrupted = Journal(ORDER)
    interrupted.note(targets[0], Answer("state", b"result"))
    assert interrupted.interrupted() == 1
    Journal(ORDER).finished(targets)
    assert Journal(ORDER).answers(targets) == {}


def test_a_scan_that_ends_soon_writes_no_journal(organization: Path) -> None:
    scan(organization)
    assert not cache_file().with_name("journal.sqlite").exists()


def test_what_was_written_survives_a_kill_and_another_order_does_not_take_it(
    organization: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "FIRST", 0.0)
    monkeypatch.setattr(module, "EVERY", 0.0)
    targets = discover([organization])
    if (child := os.fork()) == 0:
        journal = Journal(ORDER)
        journal.note(targets[0], Answer("state", b"result"))
        journal.note(targets[1], Answer(failure="lost"))
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)
    assert Journal(ORDER).answers(targets) == {0: Answer("state", b"result")}
    assert Journal(Order(today=TODAY, settings=msgspec.structs.replace(ORDER.settings, steps=(1,)))).answers(targets) == {}


def test_resuming_without_a_cache_is_refused(organization: Path) -> None:
    command = (PROGRAM, "scan", str(organization), "--resume", "--no-cache")
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "--no-cache keeps nothing" in done.stderr
