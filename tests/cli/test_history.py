"""History on the command line: what is kept and where, listed, compared, shown, and what goes wrong with it."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import jsonschema
import pytest
from jsonschema import Draft202012Validator

from assessor import cli
from tests.cli.test_commands import ROOT
from tests.organizations import write

DAYS = {day: str(1_790_000_000 + 86_400 * day) for day in range(200)}  # day 0 is 2026-09-21
GOOD = (
    'terraform {\n  backend "s3" {\n    bucket = "b"\n    key = "k"\n    use_lockfile = true\n  }\n}\nresource "aws_vpc" "a" {}\n'
)
BAD = GOOD.replace("    use_lockfile = true\n", "")


class Done(NamedTuple):
    """What a command answered."""

    returncode: int
    stdout: str
    stderr: str


Run = Callable[..., Done]
Keep = Callable[..., str]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """Run the command line in this process: starting it anew for each command would take most of the tests' time."""

    def run(*arguments: str | Path, cwd: Path | None = None, **environment: str) -> Done:
        code = 0
        with monkeypatch.context() as context:
            context.setattr(sys, "argv", ["gitops-assess", *map(str, arguments)])
            for name, value in environment.items():
                context.setenv(name, value)
            if cwd:
                context.chdir(cwd)
            try:
                cli.run()
            except SystemExit as stop:
                code = int(stop.code or 0)
        return Done(code, *capfd.readouterr())

    return run


@pytest.fixture
def keep(run: Run) -> Keep:
    """Scan a folder on a day and keep the assessment; returns what was said on stderr."""

    def keep(folder: Path, store: Path, day: int, *more: str | Path) -> str:
        scan = ("scan", folder, "--no-cache", "-q", "-j", "1", "-f", "badge", "--store", store)
        done = run(*scan, *more, SOURCE_DATE_EPOCH=DAYS[day])
        assert done.returncode == 0, done.stderr
        return done.stderr

    return keep


@pytest.fixture
def small(tmp_path: Path) -> Path:
    return write(tmp_path / "small", {"infra/main.tf": GOOD})


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "history.db"


def test_nothing_is_kept_unless_asked(run: Run, small: Path, tmp_path: Path) -> None:
    home = {"XDG_DATA_HOME": str(tmp_path / "data"), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    assert run("scan", small, **home).returncode == 0
    assert not (tmp_path / "data").exists()
    done = run("history", **home)
    assert (done.returncode, "no history in" in done.stderr) == (2, True)
    assert not (tmp_path / "data").exists()


def test_default_keeps_runs_in_the_data_folder_and_the_variable_names_another(run: Run, small: Path, tmp_path: Path) -> None:
    home = {"XDG_DATA_HOME": str(tmp_path / "data")}
    assert "kept as run 1 in " in run("scan", small, "--no-cache", "--store", "default", **home).stderr
    assert len(json.loads(run("history", "-f", "json", **home).stdout)) == 1
    named = {"GITOPS_ASSESS_STORE": str(tmp_path / "other.db")}
    assert f"in {tmp_path / 'other.db'}" in run("scan", small, "--no-cache", **named).stderr
    assert len(json.loads(run("history", "-f", "json", **named).stdout)) == 1


def test_runs_are_listed_with_level_score_and_change(run: Run, keep: Keep, small: Path, store: Path) -> None:
    keep(small, store, 0)
    write(small, {"infra/main.tf": BAD})
    keep(small, store, 1)
    runs = json.loads(run("history", "--store", store, "-f", "json").stdout)
    assert [(one["id"], one["organization"], one["taken_at"][:10]) for one in runs] == [
        (2, "small", "2026-09-22"),
        (1, "small", "2026-09-21"),
    ]
    table = run("history", "--store", store).stdout.splitlines()
    assert table[0].split() == [
        "run",
        "taken",
        "at",
        "(UTC)",
        "organization",
        "level",
        "score",
        "change",
        "assessed",
        "repositories",
    ]
    assert f"{runs[0]['score'] - runs[1]['score']:+.1f}" in table[1]
    assert run("history", "--store", store, "--organization", "nobody").stdout == ""
    assert len(run("history", "--store", store, "--limit", "1").stdout.splitlines()) == 2


def test_a_change_is_since_the_run_before_of_the_same_organization(
    run: Run, keep: Keep, small: Path, store: Path, tmp_path: Path
) -> None:
    other = write(tmp_path / "other", {"infra/main.tf": BAD})
    for day, folder in enumerate((small, other, other, small)):
        keep(folder, store, day)
    lines = run("history", "--store", store).stdout.splitlines()[1:]
    assert [(line.split()[2], "+0.0" in line) for line in lines] == [
        ("small", True), ("other", True), ("other", False), ("small", False),
    ]  # fmt: skip


def test_compare_says_what_regressed_and_fails_where_asked(run: Run, keep: Keep, small: Path, store: Path) -> None:
    keep(small, store, 0)
    write(small, {"infra/main.tf": BAD})
    keep(small, store, 7)
    done = run("compare", "--store", store)
    assert done.returncode == 0
    assert "2026-09-21 -> 2026-09-28" in done.stdout
    assert "Regressed (1)" in done.stdout
    assert "(was pass)" in done.stdout
    done = run("compare", "1", "2026-09-30", "--store", store, "--fail-on-regression")
    assert (done.returncode, done.stderr) == (1, "regression: 1 regressed, 0 new problems, level 2 → 0\n")
    assert run("compare", "2", "1", "--store", store, "--fail-on-regression").returncode == 0
    assert "Improved (1)" in run("compare", "latest", "previous", "--store", store).stdout


def test_compare_as_json_follows_its_published_schema(run: Run, keep: Keep, small: Path, store: Path, tmp_path: Path) -> None:
    keep(small, store, 0)
    write(small, {"infra/main.tf": BAD, "gitops-assess.yaml": "waivers:\n  - {check: iac.provider-lock, owner: me, reason: later, until: 2030-01-01}\n"})  # fmt: skip
    keep(small, store, 1)
    assert run("compare", "--store", store, "-f", "json", "-o", tmp_path / "c.json").stdout == ""
    comparison = json.loads((tmp_path / "c.json").read_text())
    schema = json.loads((ROOT / "docs/schemas/comparison.json").read_text())
    jsonschema.validate(comparison, schema, cls=Draft202012Validator)
    assert comparison["regression"] is True
    (change,) = comparison["regressed"]
    assert (change["check"], change["before"], change["now"]) == ("iac.state-lock", "pass", "fail")
    assert {one["check"] for one in comparison["waived"]} == {"iac.provider-lock"}
    assert comparison["steps"][0]["change"] < 0


def test_compare_as_markdown_escapes_and_names_places(run: Run, keep: Keep, small: Path, store: Path) -> None:
    keep(small, store, 0)
    write(small, {"infra/main.tf": BAD})
    keep(small, store, 1)
    text = run("compare", "--store", store, "-f", "markdown").stdout
    assert "### Regressed" in text
    assert "`infra/main.tf:2`" in text


def test_files_are_compared_without_a_store(run: Run, small: Path, tmp_path: Path) -> None:
    run("scan", small, "--no-cache", "-o", tmp_path / "a.json")
    done = run("compare", tmp_path / "a.json", tmp_path / "a.json", "--fail-on-regression", XDG_DATA_HOME=str(tmp_path / "data"))
    assert (done.returncode, "No verdict changed." in done.stdout) == (0, True)
    assert not (tmp_path / "data").exists()


def test_a_file_and_a_run_are_compared(run: Run, keep: Keep, small: Path, store: Path, tmp_path: Path) -> None:
    keep(small, store, 0, "-o", tmp_path / "a.svg")
    run("scan", small, "--no-cache", "-o", tmp_path / "a.json")
    assert "No verdict changed." in run("compare", "latest", tmp_path / "a.json", "--store", store).stdout


def test_organizations_stay_apart_and_have_to_be_named_when_there_are_several(
    run: Run, keep: Keep, tmp_path: Path, store: Path
) -> None:
    for name in ("acme", "globex"):
        keep(write(tmp_path / name, {"main.tf": GOOD}), store, 0)
    done = run("compare", "--store", store)
    assert (done.returncode, "holds the runs of several: acme, globex" in done.stderr) == (2, True)
    done = run("compare", "--store", store, "--organization", "acme")
    assert (done.returncode, "no run previous of acme" in done.stderr) == (2, True)
    assert run("compare", "1", "2", "--store", store).returncode == 0


def test_a_scan_is_compared_with_the_run_before_it(keep: Keep, small: Path, store: Path) -> None:
    said = keep(
        small, store, 0, "--baseline", "latest", "-f", "markdown", "-o", store.with_name("a.svg"), "-o", store.with_name("a.md")
    )
    assert "no run latest of small to compare with" in said
    assert "Since" not in store.with_name("a.md").read_text()
    write(small, {"infra/main.tf": BAD})
    keep(small, store, 1, "--baseline", "latest", "-f", "markdown", "-o", store.with_name("a.svg"), "-o", store.with_name("a.md"))
    text = store.with_name("a.md").read_text()
    assert "Since 2026-09-21" in text
    assert "1 regressed" in text


def test_the_html_report_shows_the_trend_from_the_second_run_on(keep: Keep, small: Path, store: Path) -> None:
    page = store.with_name("a.html")
    keep(small, store, 0, "-o", store.with_name("a.svg"), "-f", "html", "-o", page)
    assert 'id="trend"' not in page.read_text()
    keep(small, store, 30, "-o", store.with_name("a.svg"), "-f", "html", "-o", page)
    assert "2 runs from <time>2026-09-21</time> to <time>2026-10-21</time>" in page.read_text()


def test_a_kept_run_is_rendered_again_as_it_was(run: Run, keep: Keep, small: Path, store: Path, tmp_path: Path) -> None:
    for day in (0, 10, 20):
        keep(small, store, day, "-o", tmp_path / "a.svg", "-f", "html", "-o", tmp_path / f"{day}.html", "-f", "json", "-o", tmp_path / f"{day}.json")  # fmt: skip
    assert run("report", "2026-10-01", "--store", store, "-f", "html").stdout == (tmp_path / "10.html").read_text()
    assert run("report", "2", "--store", store, "-f", "json").stdout == (tmp_path / "10.json").read_text()
    assert run("report", tmp_path / "20.json", "--store", store, "-f", "html").stdout == (tmp_path / "20.html").read_text()
    assert 'id="trend"' not in run("report", tmp_path / "20.json", "-f", "html").stdout


def test_retention_is_for_who_asks(run: Run, keep: Keep, small: Path, store: Path) -> None:
    for day in (0, 1, 2):
        keep(small, store, day, "--keep-last", "2")
    assert [one["id"] for one in json.loads(run("history", "--store", store, "-f", "json").stdout)] == [3, 2]
    done = run("history", "--store", store, "--prune", "--keep-days", "1", "-f", "json", SOURCE_DATE_EPOCH=DAYS[190])
    assert "deleted 1 run\n" in done.stderr
    assert [one["id"] for one in json.loads(done.stdout)] == [3]


def test_a_hostile_organization_cannot_forge_a_line_of_the_list(run: Run, keep: Keep, tmp_path: Path, store: Path) -> None:
    small = write(tmp_path / "small", {"repo/main.tf": GOOD, "gitops-assess.yaml": 'organization: "a\\n     9  forged\\e[31m"\n'})
    keep(small, store, 0)
    assert len(run("history", "--store", store).stdout.splitlines()) == 2
    assert "\x1b" not in run("history", "--store", store).stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["compare", "latest", "2026-13-01"], "no day"),
        (["compare", "7"], "no run 7"),
        (["compare", "absent.json"], "cannot be read"),
        (["compare", "-f", "pdf"], "Known: json, markdown, table"),
        (["history", "-f", "pdf"], "Known: table, json"),
        (["history", "--prune"], "what to keep"),
        (["history", "--keep-last", "3"], "--prune"),
        (["history", "--store", "postgresql://u:hun/ter2@db/x"], "percent-encoded"),
        (["history", "--store", "absent.db"], "no history in absent.db"),
        (["scan", "--store", "no/such/history.db"], "existing folder"),
        (["scan", "--keep-last", "3"], "--store"),
        (["scan", "--baseline", "latest", "--store", "postgresql://u:hunter2@127.0.0.1:1/x"], "refused"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_is_wrong_is_said_before_a_scan_begins_without_traceback_or_credentials(
    run: Run, keep: Keep, small: Path, store: Path, arguments: list[str], says: str
) -> None:
    keep(small, store, 0)
    done = run(
        *arguments, cwd=small, **({} if "--store" in arguments or "scan" in arguments else {"GITOPS_ASSESS_STORE": str(store)})
    )
    assert done.returncode == 2
    assert says in done.stderr
    assert not any(word in done.stderr + done.stdout for word in ("Traceback", "hunter2", "ter2", "Level"))
