"""How fast 1,000 stored assessments are listed and compared, as ratios against reading the same bytes raw.

usage: python benchmarks/history.py [--runs N] [--repositories M] [--store URL] [--times T]

Stores assessments of an organization of M repositories (made of the sample one), then lists all of them, compares two, and
draws the trend. The floor of listing is sqlite3 reading the same columns; that of comparing is zlib and json of two documents.
"""

from __future__ import annotations

import argparse
import datetime
import json
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from assessor.comparing import compare
from assessor.history.address import parse
from assessor.history.store import Store
from assessor.model import Assessment, decode
from assessor.registry import load_entry

PROGRAM = str(Path(sys.executable).with_name("gitops-assess"))
SAMPLE = Path(__file__).parent.parent / "examples/acme"
START = datetime.datetime(2024, 1, 1, tzinfo=datetime.UTC)


def organization(repositories: int) -> Assessment:
    """Return an assessment of that many repositories: the sample organization's, over and over under other names."""
    done = subprocess.run([PROGRAM, "scan", str(SAMPLE), "-q", "-f", "json"], capture_output=True, check=True)
    sample = decode(done.stdout)
    times = range(max(1, repositories // len(sample.repositories)))
    rename = msgspec.structs.replace
    return rename(
        sample,
        repositories=tuple(rename(r, name=f"{r.name}-{n}") for n in times for r in sample.repositories),
        findings=tuple(rename(f, repository=f"{f.repository}-{n}") for n in times for f in sample.findings),
    )


def varied(one: Assessment, number: int) -> Assessment:
    """Return the assessment with other verdicts, a few of them per run."""
    findings = list(one.findings)
    for index in range(number % 97, len(findings), 97):
        if findings[index].score is not None:
            findings[index] = msgspec.structs.replace(findings[index], score=float((number * 37 + index) % 101))
    return msgspec.structs.replace(one, findings=tuple(findings))


def seconds(times: int, work: Callable[[], Any]) -> float:
    """Return the median time of some work."""
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


def raw_list(file: Path) -> list[tuple[Any, ...]]:
    """Read the columns that a list shows."""
    with sqlite3.connect(file) as connection:
        columns = "id, organization, taken_at, version, repositories, level, score, coverage, low, high, iac, ctr, k8s, gop, aut"
        return connection.execute(f"SELECT {columns} FROM gitops_assess_runs ORDER BY taken_at DESC, id DESC").fetchall()


def raw_documents(file: Path) -> list[Any]:
    """Read two documents."""
    with sqlite3.connect(file) as connection:
        rows = connection.execute("SELECT document FROM gitops_assess_runs ORDER BY taken_at DESC LIMIT 2").fetchall()
        return [json.loads(zlib.decompress(row[0])) for row in rows]


def main() -> None:
    """Fill a store, measure, print."""
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--runs", type=int, default=1000)
    options.add_argument("--repositories", type=int, default=200)
    options.add_argument("--store", default="", help="another store, e.g. postgresql://…; it has no floor")
    options.add_argument("--times", type=int, default=5)
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "history.db")
        store = Store(parse(given.store or str(file)), create=True)
        one = organization(given.repositories)
        name = one.organization.name
        start = time.perf_counter()
        for number in range(given.runs):
            store.save(varied(one, number), START + datetime.timedelta(days=number))
        saving = (time.perf_counter() - start) / given.runs
        render = load_entry("gitops_assess.reports", "html")

        def compared() -> Any:
            runs = [store.find(reference, name) for reference in ("previous", "latest")]
            return compare(*(store.load(run) for run in runs if run))

        listing = seconds(given.times, lambda: store.runs())
        comparing = seconds(given.times, compared)
        plain = seconds(given.times, lambda: render(one))
        trend = seconds(given.times, lambda: render(one, history=store.runs(name)))
        where = ["--store", given.store or str(file)]
        commands = [
            seconds(given.times, lambda c=c: subprocess.run([PROGRAM, *c, *where], capture_output=True, check=True))
            for c in (["history", "--limit", "1000000"], ["compare"])
        ]
        bare = seconds(given.times, lambda: subprocess.run([sys.executable, "-c", "import typer, sqlalchemy"], check=True))
        print(f"runs, repositories in each                  {given.runs}, {len(one.repositories)}")
        print(f"bytes of a document, compressed             {len(zlib.compress(msgspec.json.encode(one), 6)):,}")
        print(f"saving a run ÷ comparing two                {saving / comparing:.2f}")
        if not given.store:
            print(f"listing all ÷ raw SQL                       {listing / seconds(given.times, lambda: raw_list(file)):.1f}")
            print(
                f"comparing two ÷ raw SQL, zlib, json         {comparing / seconds(given.times, lambda: raw_documents(file)):.2f}"
            )
        print(f"HTML report with the trend ÷ without        {trend / plain:.2f}")
        for word, command in zip(("history", "compare"), commands, strict=True):
            under = "yes" if command < 0.5 else "no"
            print(f"`{word}` ÷ starting Python with libraries  {command / bare:.2f}")
            print(f"`{word}` in under half a second             {under}: {command:.2f} of a second")
        whole = listing + comparing
        print(f"listed and compared in under a second       {'yes' if whole < 1 else 'no'}: {whole:.2f} of a second")
        print(
            f"the two commands, one after the other       {'yes' if sum(commands) < 1 else 'no'}: {sum(commands):.2f} of a second"
        )


if __name__ == "__main__":
    main()
