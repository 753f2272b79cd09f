"""Starts a real PostgreSQL for the tests, as an unprivileged user, or says why it cannot."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

PASSWORD = "s3cret-of-the-store"  # noqa: S105  of a server that lives as long as the tests


@dataclass(frozen=True)
class Postgres:
    """A running server; each test makes a database of its own."""

    programs: Path
    folder: Path
    port: int
    as_user: dict[str, Any]

    def url(self, database: str, *, user: str = "nightly", password: str = PASSWORD) -> str:
        return f"postgresql://{user}:{password}@127.0.0.1:{self.port}/{database}"

    def sql(self, statement: str, database: str = "postgres") -> None:
        self.run("psql", "-h", str(self.folder), "-p", str(self.port), "-U", "owner", "-d", database, "-v", "ON_ERROR_STOP=1", "-qc", statement)  # fmt: skip

    def restart(self) -> None:
        """Crash it and start it again: what a failing machine or an impatient operator does."""
        self.control("restart", "-m", "immediate")

    def control(self, *arguments: str) -> None:
        options = f"-p {self.port} -k {self.folder} -c listen_addresses=127.0.0.1 -c fsync=off -c max_connections=40"
        log = str(self.folder / "log")
        self.run("pg_ctl", "-D", str(self.folder / "data"), "-l", log, "-w", "-t", "60", "-o", options, *arguments)

    def run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [str(self.programs / program), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,  # a server started by pg_ctl would keep a pipe open
            stderr=subprocess.DEVNULL if program == "pg_ctl" else subprocess.PIPE,
            cwd=self.folder,
            env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "PGPASSWORD": PASSWORD},
            timeout=120,
            check=False,
            **self.as_user,
        )
        assert done.returncode == 0, (program, arguments, done.stderr)


def _programs() -> Path | None:
    """Return the folder of the newest PostgreSQL that is installed."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    found = str(debian[-1]) if debian else shutil.which("initdb")
    return Path(found).resolve().parent if found else None


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    programs = _programs()
    if programs is None:
        pytest.skip("PostgreSQL is not installed (Debian: postgresql)")
    as_user: dict[str, Any] = {}
    folder = Path(tempfile.mkdtemp(prefix="gitops-assess-postgres-"))
    if os.geteuid() == 0:  # it refuses to run as root
        try:
            user = pwd.getpwnam("postgres")
        except KeyError:
            user = pwd.getpwnam("nobody")
        as_user = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": ()}
        os.chown(folder, user.pw_uid, user.pw_gid)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (folder / "password").write_text(PASSWORD)
    (folder / "password").chmod(0o644)
    server = Postgres(programs, folder, port, as_user)
    server.run(
        "initdb", "-D", str(folder / "data"), "--no-sync", "-U", "owner", "-A", "scram-sha-256", "--pwfile", str(folder / "password"),
        "--encoding=UTF8", "--locale=C.UTF-8",
    )  # fmt: skip
    server.control("start")
    try:
        server.sql(f"CREATE ROLE nightly LOGIN PASSWORD '{PASSWORD}'")
        yield server
    finally:
        server.control("stop", "-m", "immediate")
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def database(postgres: Postgres, request: pytest.FixtureRequest) -> str:
    """Return the address of an empty database of the test's own."""
    name = f"t{abs(hash(request.node.nodeid))}"
    postgres.sql(f"CREATE DATABASE {name} OWNER nightly")
    return postgres.url(name)


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the address of a store that does not exist yet, of either kind."""
    if request.param == "sqlite":
        return str(tmp_path / "history.db")
    address: str = request.getfixturevalue("database")
    return address
