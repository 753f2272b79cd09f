"""Starts a real PostgreSQL for the tests, as an unprivileged user, or says why it cannot."""

from __future__ import annotations

import contextlib
import ctypes
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

PASSWORD = "s3cret-of-the-store"  # noqa: S105  of a server that lives as long as the tests


@dataclass
class Postgres:
    """A running server; each test makes a database of its own."""

    programs: Path
    folder: Path
    port: int
    as_user: dict[str, Any]
    process: subprocess.Popen[bytes] | None = None

    def url(self, database: str, *, user: str = "nightly", password: str = PASSWORD) -> str:
        return f"postgresql://{user}:{password}@127.0.0.1:{self.port}/{database}"

    def sql(self, statement: str, database: str = "postgres") -> None:
        self.run("psql", "-h", str(self.folder), "-p", str(self.port), "-U", "owner", "-d", database, "-v", "ON_ERROR_STOP=1", "-qc", statement)  # fmt: skip

    def restart(self) -> None:
        """Crash it and start it again: what a failing machine or an impatient operator does."""
        self.stop(signal.SIGQUIT)
        self.start()

    def start(self) -> None:
        options = {
            "listen_addresses": "127.0.0.1",
            "fsync": "off",
            "max_connections": "40",
            "unix_socket_directories": str(self.folder),
        }
        settings = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [str(self.programs / "postgres"), "-D", str(self.folder / "data"), "-p", str(self.port), *settings],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, preexec_fn=_end_with_parent, **self._around(),
            )  # fmt: skip
        for _ in range(600):
            if self._run("pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port)).returncode == 0:
                return
            assert self.process.poll() is None, (self.folder / "log").read_text()
            time.sleep(0.1)
        raise AssertionError((self.folder / "log").read_text())

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """End it: by SIGINT its fast way, by SIGQUIT as in a crash."""
        if self.process:
            self.process.send_signal(how)
            self.process.wait(60)

    def run(self, program: str, *arguments: str) -> None:
        done = self._run(program, *arguments)
        assert done.returncode == 0, (program, arguments, done.stderr)

    def _run(self, program: str, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        command = [str(self.programs / program), *arguments]
        return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=120, check=False, **self._around())

    def _around(self) -> dict[str, Any]:
        environment = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "PGPASSWORD": PASSWORD}
        return {"cwd": self.folder, "env": environment, **self.as_user}


def _end_with_parent() -> None:
    """Let the kernel end the server when the tests are killed (prctl PR_SET_PDEATHSIG, Linux only)."""
    with contextlib.suppress(AttributeError, OSError):
        ctypes.CDLL(None).prctl(1, signal.SIGQUIT)


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
    server.start()
    try:
        server.sql(f"CREATE ROLE nightly LOGIN PASSWORD '{PASSWORD}'")
        yield server
    finally:
        server.stop(signal.SIGQUIT)
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
