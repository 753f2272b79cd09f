"""The command line as users meet it: exit codes, outputs, clear errors."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import jsonschema
import pytest

from assessor import model
from tests.organizations import write

PROGRAM = str(Path(sys.executable).with_name("gitops-assess"))
ROOT = Path(__file__).parent.parent.parent

SMALL = {
    "infra/main.tf": 'terraform {\n  backend "s3" {\n    bucket = "b"\n    key = "k"\n    use_lockfile = true\n  }\n}\nresource "aws_vpc" "main" {}\n',
    "Dockerfile": "FROM alpine:3.20\nUSER 1000\n",
}


def run(*arguments: str | Path, cwd: Path | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [PROGRAM, *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=cwd,
        env={**os.environ, "COLUMNS": "100", **environment},
        check=False,
        timeout=120,
    )


@pytest.fixture
def small(tmp_path: Path) -> Path:
    return write(tmp_path / "small", SMALL)


def test_the_json_follows_its_published_schema(small: Path) -> None:
    done = run("scan", small, "--format", "json", "--no-cache")
    assert done.returncode == 0, done.stderr
    assessment = json.loads(done.stdout)
    jsonschema.validate(assessment, json.loads((ROOT / "docs/schemas/assessment.json").read_text()))
    assert assessment["schema_version"] == model.SCHEMA_VERSION
    (repository,) = assessment["repositories"]
    assert repository["inventory"]["terraform_roots_remote"] == 1
    assert repository["checks"]["iac.remote-state"] == {"status": "pass", "score": 100.0}
    listed = json.loads(run("checks", "--format", "json").stdout)
    assert set(repository["checks"]) == {check["id"] for check in listed}


def test_the_same_input_gives_the_same_bytes(small: Path) -> None:
    first, second = (run("scan", small, "--format", "json").stdout for _ in range(2))
    assert first == second
    assert first == run("scan", small, "--format", "json", "--no-cache").stdout


def test_one_scan_writes_several_formats(small: Path, tmp_path: Path) -> None:
    done = run(
        "scan",
        small,
        "-f",
        "table",
        "-f",
        "json",
        "-f",
        "html",
        "-o",
        tmp_path / "a.json",
        "-o",
        tmp_path / "b.html",
        "--no-cache",
    )
    assert done.returncode == 0, done.stderr
    assert "small" in done.stdout
    assert json.loads((tmp_path / "a.json").read_text())["organization"]["name"] == "small"
    assert (tmp_path / "b.html").read_text().startswith("<!doctype html>")


def test_a_file_name_is_enough_to_choose_the_format(small: Path, tmp_path: Path) -> None:
    assert run("scan", small, "-o", tmp_path / "a.md", "--no-cache").returncode == 0
    assert (tmp_path / "a.md").read_text().lstrip().startswith(("#", "<!--"))


def test_files_are_named_by_their_endings_beside_a_table_on_the_screen(small: Path, tmp_path: Path) -> None:
    files = ("-o", tmp_path / "a.json", "-o", tmp_path / "a.html", "--no-cache")
    done = run("scan", small, "-f", "table", *files)
    assert done.returncode == 0, done.stderr
    assert "Next best actions" in done.stdout
    assert json.loads((tmp_path / "a.json").read_text())["findings"]
    assert (tmp_path / "a.html").read_text().startswith("<!doctype html>")
    assert "does not say which" in run("scan", small, "-f", "sarif", *files).stderr


def test_report_renders_again_what_scan_wrote(small: Path, tmp_path: Path) -> None:
    run("scan", small, "-o", tmp_path / "a.json", "-o", tmp_path / "a.html", "--no-cache")
    done = run("report", tmp_path / "a.json", "--format", "html")
    assert done.stdout == (tmp_path / "a.html").read_text()
    assert run("report", tmp_path / "a.json", "-f", "json").stdout == (tmp_path / "a.json").read_text()


def test_thresholds_decide_the_exit_code(small: Path) -> None:
    assert run("scan", small, "--fail-under", "1", "--no-cache").returncode == 0
    done = run("scan", small, "--fail-under", "99", "--no-cache")
    assert (done.returncode, "is below 99" in done.stderr) == (1, True)
    done = run("scan", small, "--min-level", "5", "--no-cache")
    assert (done.returncode, "is below 5" in done.stderr) == (1, True)


def test_the_path_and_the_checks_can_be_narrowed(small: Path) -> None:
    only = json.loads(run("scan", small, "-f", "json", "--steps", "1-2", "--no-cache").stdout)
    assert [step["id"] for step in only["organization"]["steps"]] == [1, 2]
    one = json.loads(run("scan", small, "-f", "json", "--select", "iac.state-lock", "--no-cache").stdout)
    assert list(one["repositories"][0]["checks"]) == ["iac.state-lock"]
    less = json.loads(run("scan", small, "-f", "json", "--ignore", "iac", "--no-cache").stdout)
    assert not [id for id in less["repositories"][0]["checks"] if id.startswith("iac.")]
    without = json.loads(run("scan", small, "-f", "json", "--exclude", "infra/**", "--no-cache").stdout)
    assert without["repositories"][0]["inventory"]["terraform_roots"] == 0


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["scan", "absent"], 2, "absent"),
        (["scan", "a-file"], 2, "a-file"),
        (["scan", "empty"], 3, "empty folder"),
        (["scan", "small", "--format", "pdf"], 2, "Known: "),
        (["scan", "small", "-f", "json", "-f", "table"], 2, "more than one format"),
        (["scan", "small", "-o", "out.xyz"], 2, "out.xyz"),
        (["scan", "small", "-o", "no/such/folder.json"], 2, "existing folder"),
        (["scan", "small", "--select", "iac.state-lok"], 2, "did you mean 'iac.state-lock'"),
        (["scan", "small", "--steps", "7"], 2, "no step"),
        (["scan", "small", "--config", "absent.yaml"], 2, "absent.yaml"),
        (["scan", "small", "--ref", "main"], 2, "not a git repository"),
        (["scan", "small", "--fail-under", "400"], 2, "--fail-under"),
        (["scan", "small", "--checks", "absent"], 2, "not a folder"),
        (["explain", "iac.state-lok"], 2, "iac.state-lock"),
        (["report", "a-file"], 2, "not an assessment"),
        (["report", "absent.json"], 2, "cannot be read"),
        (["init", "absent"], 2, "no such folder"),
        (["init", "small"], 2, "terminal"),
        (["frobnicate"], 2, "No such command"),
    ],
)
def test_each_mistake_has_a_clear_message_and_its_exit_code(small: Path, arguments: list[str], code: int, says: str) -> None:
    (small.parent / "a-file").write_text("{}")
    (small.parent / "empty").mkdir()
    done = run(*arguments, cwd=small.parent)
    assert done.returncode == code, done.stderr
    assert says.lower() in done.stderr.lower()
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_init_writes_settings_that_scan_reads(small: Path) -> None:
    assert run("init", small, "--yes").returncode == 0
    again = run("init", small, "--yes")
    assert (again.returncode, "--force" in again.stderr) == (2, True)
    done = run("scan", small, "-f", "json", "--no-cache")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["organization"]["name"] == "small"


def test_a_full_disk_leaves_nothing_half_written(small: Path, tmp_path: Path) -> None:
    def little_room() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

    (tmp_path / "out").mkdir()
    done = subprocess.run(
        [PROGRAM, "scan", str(small), "-o", str(tmp_path / "out/a.html"), "--no-cache", "--jobs", "1"],
        capture_output=True,
        text=True,
        preexec_fn=little_room,
        check=False,
        timeout=120,
    )
    assert done.returncode == 2, done.stderr
    assert "cannot be written" in done.stderr
    assert "Traceback" not in done.stderr
    assert list((tmp_path / "out").iterdir()) == []


def test_a_full_standard_output_is_said(small: Path) -> None:
    with open("/dev/full", "w") as full:  # noqa: PTH123  a device
        done = subprocess.run(
            [PROGRAM, "scan", str(small), "--no-cache"], stdout=full, stderr=subprocess.PIPE, text=True, check=False, timeout=120
        )
    assert done.returncode == 2
    assert "standard output" in done.stderr
    assert "Traceback" not in done.stderr


def test_what_is_no_file_is_written_into_and_what_a_link_leads_to_is_replaced(small: Path, tmp_path: Path) -> None:
    (tmp_path / "real.json").write_text("old")
    (tmp_path / "link.json").symlink_to("real.json")
    os.mkfifo(tmp_path / "pipe.json")
    with subprocess.Popen(["cat", tmp_path / "pipe.json"], stdout=subprocess.PIPE, text=True) as reader:
        for name in ("link.json", "pipe.json"):
            done = run("scan", small, "--no-cache", "-o", tmp_path / name)
            assert done.returncode == 0, done.stderr
        read, _ = reader.communicate(timeout=60)
    assert json.loads(read)["schema_version"] == json.loads((tmp_path / "real.json").read_text())["schema_version"]
    assert (tmp_path / "link.json").is_symlink()
    assert (tmp_path / "pipe.json").is_fifo()


def test_a_reader_that_stops_early_is_no_error_and_costs_no_file_and_no_gate(small: Path, tmp_path: Path) -> None:
    def unread(*arguments: str) -> int:
        reading, writing = os.pipe()
        os.close(reading)
        done = subprocess.run([PROGRAM, *arguments], stdout=writing, stderr=subprocess.PIPE, text=True, check=False, timeout=120)
        os.close(writing)
        assert "Traceback" not in done.stderr
        return done.returncode

    scan = ("scan", str(small), "--no-cache", "-f", "table", "-o", "-", "-f", "json", "-o", str(tmp_path / "a.json"))
    assert unread(*scan) == 0
    assert json.loads((tmp_path / "a.json").read_text())
    assert unread(*scan, "--fail-under", "100") == 1
    assert unread("checks") == 0


def test_streams_that_are_closed_or_full_are_no_traceback(small: Path) -> None:
    for command, code in (("scan {} -q >&-", 0), ("scan {} 2>&-", 0), ("checks >&-", 0), ("checks >/dev/full", 2)):
        shell = ["sh", "-c", f"{PROGRAM} {command.format(small)}"]
        done = subprocess.run(shell, capture_output=True, text=True, check=False, timeout=120)
        assert (done.returncode, "Traceback" in done.stderr) == (code, False), command


def test_where_few_files_may_be_open_fewer_workers_do_the_same(tmp_path: Path) -> None:
    organization = write(
        tmp_path / "o",
        {f"r{n}/{f}": c for n in range(40) for f, c in ((".git/HEAD", "ref: refs/heads/main\n"), ("main.tf", f"# {n}"))},
    )
    command = f"ulimit -n 60; {PROGRAM} scan {organization} -q --no-cache -j 40 -f json"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    assert done.stdout == run("scan", organization, "-q", "--no-cache", "-j", "1", "-f", "json").stdout


@pytest.mark.parametrize("epoch", ["99999999999999999", "²", "253402300799"])
def test_a_day_that_cannot_be_is_refused(small: Path, epoch: str) -> None:
    done = run("scan", small, SOURCE_DATE_EPOCH=epoch)
    assert (done.returncode, "SOURCE_DATE_EPOCH" in done.stderr) == (2, True)


def test_ctrl_c_ends_without_output_or_traceback(tmp_path: Path) -> None:
    for number in range(40):
        write(
            tmp_path / f"org/repo{number}",
            {".git/HEAD": "ref: refs/heads/main\n", **{f"m{n}/main.tf": 'resource "a" "b" {}\n' * 400 for n in range(20)}},
        )
    process = subprocess.Popen(
        [PROGRAM, "scan", str(tmp_path / "org"), "-o", str(tmp_path / "a.json"), "--no-cache"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    end = time.monotonic() + 60
    while process.poll() is None and not children.read_text() and time.monotonic() < end:
        time.sleep(0.01)  # until its workers are at work
    os.killpg(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    if process.returncode == 0:
        pytest.skip("the scan was faster than the signal")
    assert process.returncode == 130, errors
    assert "Traceback" not in errors
    assert not (tmp_path / "a.json").exists()


def test_ctrl_c_at_the_very_end_shows_no_traceback() -> None:
    late = "import atexit, os, signal; atexit.register(os.kill, os.getpid(), signal.SIGINT)"
    command = [sys.executable, "-c", f"{late}; from assessor.cli import main; main()", "--version"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (-signal.SIGINT, "")


def test_help_version_and_completion(small: Path) -> None:
    assert run("--version").stdout.startswith("gitops-assess 0.")
    for command in ("scan", "report", "checks", "explain", "init"):
        done = run(command, "--help")
        assert done.returncode == 0
        assert len(done.stdout.splitlines()) > 5
    assert (
        "gitops-assess"
        in run("--show-completion", _TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION="1").stdout + run("--help").stdout
    )


def test_every_check_has_a_page() -> None:
    for check in json.loads(run("checks", "--format", "json").stdout):
        assert len(check["title"]) <= 80, check["id"]
    page = run("explain", "iac.remote-state").stdout
    assert "## Why" in page
    assert "## Fix" in page
