"""How scanning grows: with repositories, files, processes and machines. Ratios within one run.

usage: python benchmarks/scale.py [--repositories N] [--files M] [--runs R] [--markdown FILE]

Prints: the time of one worker ÷ that of two (of this machine, and of a Dask cluster of separate processes), the memory of the
coordinating process with ten times the files ÷ with the files, a rescan with 1 % of the repositories changed ÷ a cold scan, and
the size of the HTML report and the seconds until Chromium has opened it.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))
sys.path.insert(0, str(Path(__file__).parent))

from organization import generate  # the sibling modules
from speed import PROGRAM, installed, median

from tests.execution.dask_cluster import dask_cluster
from tests.reports.conftest import ARGUMENTS


class Run:
    """One run of the program: its seconds, the processor seconds of it and its workers, and its own peak memory in MiB."""

    def __init__(self, command: list[str], cache: Path) -> None:
        environment = installed() | {"XDG_CACHE_HOME": str(cache), "SOURCE_DATE_EPOCH": "1800000000"}
        before = os.times()
        start = time.perf_counter()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment)
        self.peak = 0.0
        watcher = threading.Thread(target=self._watch, args=(process,))
        watcher.start()
        _, errors = process.communicate()
        self.seconds = time.perf_counter() - start
        watcher.join()
        after = os.times()
        self.processor = after.children_user + after.children_system - before.children_user - before.children_system
        if process.returncode != 0:
            raise SystemExit(f"{command}: {errors.decode()}")

    def _watch(self, process: subprocess.Popen[bytes]) -> None:
        while process.poll() is None:
            with contextlib.suppress(OSError):
                for line in Path(f"/proc/{process.pid}/status").read_text().splitlines():
                    if line.startswith("VmHWM:"):
                        self.peak = max(self.peak, int(line.split()[1]) / 1024)
            time.sleep(0.02)


def scan(folder: Path, scratch: Path, *options: str, cache: str = "unused") -> Run:
    """Scan a folder, with the table as its result."""
    return Run([PROGRAM, "scan", str(folder), "--quiet", *options], scratch / cache)


def spread(folder: Path, scratch: Path, runs: int) -> Iterator[tuple[str, str, str]]:
    """Yield how much faster two workers are than one: taken in turn, medians."""
    one, two, dask = [], [], []
    with dask_cluster(scratch / "dask") as cluster:
        for _ in range(runs):
            one.append(scan(folder, scratch, "--no-cache", "--jobs", "1").seconds)
            two.append(scan(folder, scratch, "--no-cache", "--jobs", "2").seconds)
            dask.append(scan(folder, scratch, "--no-cache", "--executor", cluster.address).seconds)
    yield "one worker ÷ two workers", f"{median(one) / median(two):.2f}", "≥ 1.8"
    yield "one worker ÷ two Dask workers", f"{median(one) / median(dask):.2f}", "≥ 1.8"
    print(f"one {median(one):.2f} s, two {median(two):.2f} s, Dask {median(dask):.2f} s", file=sys.stderr)


def memory(scratch: Path) -> Iterator[tuple[str, str, str]]:
    """Yield how the coordinating process grows with files: the same repositories, with ten times as many that say nothing."""
    peaks = []
    for files, share in ((10_000, 0.5), (100_000, 0.05)):
        folder = scratch / f"files-{files}"
        generate(folder, 100, files, share)
        peaks.append(scan(folder, scratch, "--no-cache").peak)
        shutil.rmtree(folder)
    yield "coordinator's peak memory, 100,000 files ÷ 10,000", f"{peaks[1] / peaks[0]:.2f}", "about 1"
    print(f"coordinator {peaks[0]:.0f} MiB, {peaks[1]:.0f} MiB", file=sys.stderr)


def rescan(folder: Path, scratch: Path, runs: int, jobs: int) -> Iterator[tuple[str, str, str]]:
    """Yield what a rescan costs with 1 % of the repositories changed, and with none: seconds and processor time."""
    cold, changed, same = [], [], []
    for run in range(runs):
        options, cache = ("--jobs", str(jobs)), f"cache-{jobs}-{run}"
        cold.append(scan(folder, scratch, *options, cache=cache))
        change(folder, f"{jobs} {run}")
        time.sleep(4)  # until the changed files are trusted to stay as they are, so that everything is remembered anew
        changed.append(scan(folder, scratch, *options, cache=cache))
        scan(folder, scratch, *options, cache=cache)
        same.append(scan(folder, scratch, *options, cache=cache))
        shutil.rmtree(scratch / cache)
    whole, work = median([run.seconds for run in cold]), median([run.processor for run in cold])
    who = "one worker" if jobs == 1 else f"{jobs} workers"
    for name, rescans, aim in (("1 % changed", changed, "≤ 0.10"), ("nothing changed", same, "≤ 0.25")):
        yield f"rescan with {name} ÷ cold scan, {who}", f"{median([r.seconds for r in rescans]) / whole:.2f}", aim
        yield f"… of processor time ({name}, {who})", f"{median([r.processor for r in rescans]) / work:.2f}", ""
    print(f"{who}: cold {whole:.2f} s, 1 % changed {median([r.seconds for r in changed]):.2f} s", file=sys.stderr)


def change(folder: Path, mark: str) -> None:
    """Change a file in each of 1 % of the repositories."""
    roots = sorted(path for path in folder.iterdir() if path.is_dir())
    for root in random.Random(mark).sample(roots, max(1, len(roots) // 100)):
        files = (path for path in sorted(root.rglob("*")) if ".git/" not in f"{path.relative_to(root)}" and path.is_file())
        file = next(path for path in files if path.suffix in (".yaml", ".yml", ".tf", ".go"))
        file.write_text(file.read_text() + f"\n{'//' if file.suffix == '.go' else '#'} changed {mark}\n")


def report(folder: Path, scratch: Path) -> Iterator[tuple[str, str, str]]:
    """Yield the size of the HTML report, and how long Chromium takes to open it."""
    page = scratch / "a.html"
    scan(folder, scratch, "-o", str(page))
    yield "size of the HTML report", f"{page.stat().st_size / 1e6:.1f} MB", "≤ 5 MB"
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if chromium is None:
        yield "seconds until it is open", "not measured: no Chromium", "< 2"
        return
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(ARGUMENTS))
        taken = []
        for _ in range(3):
            tab = browser.new_page()
            start = time.perf_counter()
            tab.goto(page.as_uri(), wait_until="load")
            tab.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")  # painted
            taken.append(time.perf_counter() - start)
            tab.close()
        browser.close()
    yield "seconds until it is open", f"{median(taken):.2f}", "< 2"


def main() -> None:
    """Generate, measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repositories", type=int, default=1000)
    parser.add_argument("--files", type=int, default=250_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--folder", type=Path, help="an organization that organization.py has generated before; it is changed")
    parser.add_argument("--markdown", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        scratch = Path(temporary)
        folder = options.folder or scratch / "organization"
        if not options.folder:
            generate(folder, options.repositories, options.files)
        rows = [("repositories, files", f"{options.repositories}, {options.files}", "")]
        rows += spread(folder, scratch, options.runs)
        for jobs in (2, 1):
            rows += rescan(folder, scratch, options.runs, jobs)
        rows += report(folder, scratch)
        rows += memory(scratch)
    table = "| measure | value | aim |\n|---|---|---|\n" + "".join(f"| {a} | {b} | {c} |\n" for a, b, c in rows)
    print(table)
    if options.markdown:
        options.markdown.write_text(table)


if __name__ == "__main__":
    main()
