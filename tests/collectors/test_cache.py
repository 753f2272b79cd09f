"""The fact cache changes how long a scan takes and nothing else, whatever happens to its file."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from assessor.collectors import cache as module
from assessor.collectors import extraction
from assessor.collectors.cache import FactCache, cache_file, code_version
from assessor.collectors.files import collect_repository
from assessor.collectors.target import Target
from assessor.collectors.tree import WorkTree
from assessor.facts.infrastructure import IgnoreFile
from assessor.facts.repository import Repository
from assessor.reading import Reader, Source, reader
from tests.collectors.repositories import repository
from tests.organizations import write


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "cache/facts.sqlite"


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the paths whose readers ran."""
    paths: list[str] = []
    run = extraction._run

    def noted(reader: Reader, source: Source, problems: dict[str, int]) -> Any:
        paths.append(source.path)
        return run(reader, source, problems)

    monkeypatch.setattr(extraction, "_run", noted)
    return paths


def scan(root: Path, file: Path, version: str = "1") -> Repository:
    cache = FactCache(file, version)
    try:
        return collect_repository(Target("r", ".", root), (), cache)
    finally:
        cache.close()


def test_a_second_scan_reads_only_what_changed_and_finds_the_same(tmp_path: Path, file: Path, read: list[str]) -> None:
    root = write(tmp_path / "r", {".gitignore": "*.log\n", "in/.gitignore": "x\n", "broken.tf": "resource {{{", "a.yaml": "a: ["})
    first = scan(root, file)
    assert set(read) == {".gitignore", "in/.gitignore", "broken.tf", "a.yaml"}
    assert first.gaps
    read.clear()
    assert scan(root, file) == first
    assert read == []
    write(root, {"in/.gitignore": "y\n"})
    assert scan(root, file) == collect_repository(Target("r", ".", root))
    assert set(read) - {".gitignore", "broken.tf", "a.yaml"} == {"in/.gitignore"}


def test_unchanged_tracked_files_are_not_even_opened(tmp_path: Path, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = repository(tmp_path / "r", {".gitignore": "*.log\n", "in/.dockerignore": "x\n"})
    os.utime(root / ".git/index", (2**31, 2**31))
    first = scan(root, file)
    monkeypatch.setattr(WorkTree, "read", lambda self, entry: pytest.fail(f"{entry.path} was opened"))
    assert scan(root, file) == first


def test_another_version_another_path_and_another_repository_do_not_share_facts(file: Path) -> None:
    one = FactCache(file, "1")
    keys = {one.key(*parts) for parts in (("r", "p", "c"), ("s", "p", "c"), ("r", "q", "c"), ("r", "p", "d"), ("rp", "", "c"))}
    assert len(keys | {FactCache(file, "2").key("r", "p", "c")}) == 6


def test_the_version_is_that_of_the_tool_of_plug_ins_and_of_the_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def version(group: str = "gitops_assess.readers", *folders: Path) -> str:
        code_version.cache_clear()
        return code_version(group, folders=tuple(map(str, folders)))

    first = version()
    assert version() == first
    assert version("gitops_assess.checks") != first
    folder = write(tmp_path / "checks", {"a.py": "1"})
    with_folder = version("gitops_assess.checks", folder)
    write(folder, {"a.py": "22"})
    assert version("gitops_assess.checks", folder) != with_folder
    for code in ("deriving/base.py", "facts/containers.py", "readers/helm.py"):
        file = Path(module.__file__).parent.parent / code
        seen = module._files([str(file)])
        assert seen and set(seen) <= set(module._files([str(file.parent.parent)]))  # noqa: PT018  one thing
    monkeypatch.setattr(module, "__version__", "99")
    assert version() != first
    code_version.cache_clear()


@pytest.mark.parametrize("damage", [b"not a database at all" * 300, b"SQLite format 3\0" + b"\xff" * 5000])
def test_a_damaged_file_is_made_anew_with_a_warning(
    tmp_path: Path, file: Path, damage: bytes, caplog: pytest.LogCaptureFixture, read: list[str]
) -> None:
    root = write(tmp_path / "r", {".gitignore": "x\n"})
    file.parent.mkdir()
    file.write_bytes(damage)
    first = scan(root, file)
    assert "is made anew" in caplog.text
    assert scan(root, file) == first
    assert read == [".gitignore"]


def test_a_file_damaged_later_costs_time_only(tmp_path: Path, file: Path, caplog: pytest.LogCaptureFixture) -> None:
    root = write(tmp_path / "r", {f"{n}/.gitignore": f"{'x' * 3000}{n}\n" for n in range(50)})
    first = scan(root, file)
    with file.open("r+b") as handle:
        handle.seek(4096)
        handle.write(b"\xff" * (file.stat().st_size - 4096))
    assert scan(root, file) == first
    assert "is made anew" in caplog.text
    assert scan(root, file) == first


def test_a_value_that_cannot_be_decoded_is_read_again(tmp_path: Path, file: Path) -> None:
    root = write(tmp_path / "r", {".gitignore": "x\n"})
    first = scan(root, file)
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE facts SET value = x'ff00'")
    connection.close()
    assert scan(root, file) == first


def test_a_file_of_another_version_of_the_tool_is_made_anew(file: Path, caplog: pytest.LogCaptureFixture) -> None:
    FactCache(file, "1").close()
    with sqlite3.connect(file) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    FactCache(file, "1").close()
    assert "of another version" in caplog.text


def test_a_place_that_cannot_be_written_is_not_used(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    root = write(tmp_path / "r", {".gitignore": "x\n"})
    write(tmp_path, {"occupied": "a file"})
    assert scan(root, tmp_path / "occupied/facts.sqlite").files == (".gitignore",)
    (tmp_path / "folder").mkdir()
    assert scan(root, tmp_path / "folder").files == (".gitignore",)
    assert caplog.text.count("is not used") == 2


def test_a_value_that_is_no_longer_bytes_is_damage_to_it_alone(file: Path, caplog: pytest.LogCaptureFixture) -> None:
    cache = FactCache(file, "1")
    cache.put(b"a", b"1")
    cache.put(b"b", b"2")
    cache.flush()
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE facts SET value = CAST(x'00ff' AS TEXT) WHERE key = x'61'")
    connection.close()
    assert [cache.get(key) for key in (b"a", b"b")] == [None, b"2"]
    assert not caplog.text
    cache.close()


def test_the_least_recently_used_is_forgotten_when_the_file_grows(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1_000_000_000
    monkeypatch.setattr(time, "time", lambda: now)
    for day in range(20):
        monkeypatch.setattr(time, "time", lambda day=day: now + day * 2 * module.DAY)
        cache = FactCache(file, "1", max_size=200_000)
        assert cache.get(b"kept") is not None or day == 0
        cache.put(b"kept" if day == 0 else b"%d" % day, os.urandom(30_000))
        cache.close()
    assert file.stat().st_size < 300_000
    cache = FactCache(file, "1")
    assert cache.get(b"1") is None
    assert cache.get(b"19") is not None
    cache.close()


WRITER = """
import sys
import time
from pathlib import Path
from assessor.collectors.cache import FactCache
cache = FactCache(Path(sys.argv[1]), "1")
for n in range(30):
    cache.put(f"{sys.argv[2]}-{n}".encode(), b"x" * 1000)
    cache.flush()
cache.close()
"""


def test_processes_share_it(file: Path) -> None:
    command = (sys.executable, "-P", "-c", WRITER, str(file))
    running = [subprocess.Popen((*command, name), stderr=subprocess.PIPE) for name in "abcd"]
    assert [process.communicate()[1] for process in running] == [b""] * 4
    cache = FactCache(file, "1")
    assert all(cache.get(f"{name}-{n}".encode()) for name in "abcd" for n in range(30))
    cache.close()


def test_a_process_killed_while_it_writes_leaves_it_whole(file: Path) -> None:
    script = WRITER.replace("range(30)", "range(10**9)").replace("cache.flush()", "cache.flush(); print(n, flush=True)")
    process = subprocess.Popen((sys.executable, "-P", "-c", script, str(file), "a"), stdout=subprocess.PIPE)
    assert process.stdout
    seen = [int(process.stdout.readline()) for _ in range(20)][-1]
    process.kill()
    process.communicate()
    cache = FactCache(file, "1")
    assert all(cache.get(f"a-{n}".encode()) for n in range(seen))
    cache.close()
    with sqlite3.connect(file) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()


def test_it_lies_in_the_folder_for_caches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ada")
    monkeypatch.setenv("XDG_CACHE_HOME", "/somewhere")
    assert cache_file() == Path("/somewhere/gitops-assess/facts.sqlite")
    for relative in ("", "relative"):
        monkeypatch.setenv("XDG_CACHE_HOME", relative)
        assert cache_file() == Path("/home/ada/.cache/gitops-assess/facts.sqlite")


def test_it_is_for_its_owner_only(tmp_path: Path, file: Path) -> None:
    scan(write(tmp_path / "r", {".gitignore": "x\n"}), file)
    assert file.parent.stat().st_mode & 0o077 == 0


def test_secrets_are_not_in_it(tmp_path: Path, file: Path) -> None:
    key, word = "AKIA" + "Z7QX" * 4, "hunter2hunter2"
    texts = {
        "a.tf": 'resource "aws_db_instance" "x" {\n  user_data = "@k"\n  password = "@w"\n}\nmodule "m" {\n  source = "git::https://u:@w@host/x"\n}\n',
        "a.tfvars": 'access_key = "@k"\npassword = "@w"\n',
        "Dockerfile": "FROM alpine\nENV KEY=@k PASSWORD=@w\nRUN echo @k && curl -u a:@w https://host\n",
        ".github/workflows/ci.yml": "on: push\njobs:\n  a:\n    steps:\n    - run: deploy @k --password @w\n      env: {TOKEN: @w, X: @k}\n",
        ".gitlab-ci.yml": "variables: {PASSWORD: @w}\na:\n  script: [docker login -p @w -u x, export TOKEN=@w]\n",
        "Jenkinsfile": "pipeline { stages { stage('a') { steps { sh 'docker login -p @w @k' } } } }\n",
        "k8s/secret.yaml": "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData: {key: @k, password: @w}\n",
        "k8s/app.yaml": "apiVersion: v1\nkind: Pod\nmetadata: {name: a, annotations: {password: @w}}\nspec: {containers: [{name: a, env: [{name: TOKEN, value: @w}]}]}\n",
        "chart/values.yaml": "key: @k\nimage: {tag: @k}\npassword: @w\n",
        "chart/Chart.yaml": "apiVersion: v2\nname: a\nversion: 1.0.0\n",
        "package.json": '{"name": "a", "scripts": {"start": "node a --token @w @k"}}',
        "deploy.sh": "docker login -u x -p @w\nexport PASSWORD=@w\nKEY=@k terraform apply\n",
        "Makefile": "a:\n\thelm upgrade --set password=@w --set k=@k\n",
        ".env": "KEY=@k\n",
    }
    root = write(tmp_path / "r", {path: text.replace("@k", key).replace("@w", word) for path, text in texts.items()})
    assert len(scan(root, file).facts) > 5
    for found in file.parent.iterdir():
        data = found.read_bytes()
        assert key.encode() not in data
        assert word.encode() not in data


def test_a_fact_that_is_not_what_it_declares_costs_itself_only(
    tmp_path: Path, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    @reader("odd", names=("*.odd",))
    def odd(source: Source) -> Iterator[IgnoreFile]:
        yield IgnoreFile(at=source.place(), patterns=("good",))
        yield IgnoreFile(at=source.place(), patterns=(7,))  # type: ignore[arg-type] # that is the point
        yield IgnoreFile(at=source.place(), patterns=("\ud800",))

    monkeypatch.setattr(extraction, "readers_of", lambda: lambda path: [odd] if path.endswith(".odd") else [])
    found = scan(write(tmp_path / "r", {"a.odd": ""}), file)
    assert [fact.patterns for fact in found.of(IgnoreFile)] == [("good",)]
    assert [gap.subject for gap in found.gaps] == ["a.odd", "a.odd"]
    assert all("is not what it should be" in gap.reason for gap in found.gaps)
    assert msgspec.json.encode(found.gaps)
