"""How fast a scan is, as ratios against a floor in the same run.

usage: python benchmarks/speed.py [--repositories N] [--files M] [--runs R] [--markdown FILE]

Prints: a cold scan ÷ the floor program (benchmarks/floor.py), a rescan with nothing changed ÷ the cold scan, the time per
repository at N ÷ that at N/10, the peak memory of the process tree, and ``--help`` ÷ ``import typer``.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from organization import generate  # the sibling module

PROGRAM = str(Path(sys.executable).with_name("gitops-assess"))
FLOOR = str(Path(__file__).with_name("floor.py"))


def installed() -> dict[str, str]:
    """Return an environment in which our modules are kept compiled, as those of an installed program are."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def timed(command: list[str], cache: Path) -> tuple[float, float]:
    """Run a command and return its seconds and the peak memory of its process tree in MiB."""
    environment = installed() | {"XDG_CACHE_HOME": str(cache)}
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment)
    peak = 0.0
    done = threading.Event()

    def watch() -> None:
        nonlocal peak
        while not done.wait(0.05):
            peak = max(peak, tree_memory(process.pid))

    watcher = threading.Thread(target=watch)
    watcher.start()
    _, errors = process.communicate()
    seconds = time.perf_counter() - start
    done.set()
    watcher.join()
    if process.returncode != 0:
        raise SystemExit(f"{command}: {errors.decode()}")
    return seconds, peak


def tree_memory(pid: int) -> float:
    """Return the proportional memory of a process and its descendants, in MiB."""
    total = 0
    for member in _tree(pid):
        try:
            for line in Path(f"/proc/{member}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1])
        except OSError:
            continue
    return total / 1024


def _tree(pid: int) -> list[int]:
    found = [pid]
    for member in found:
        try:
            for task in Path(f"/proc/{member}/task").iterdir():
                found += [int(child) for child in (task / "children").read_text().split()]
        except OSError:
            continue
    return found


def median(values: list[float]) -> float:
    """Return the median."""
    return statistics.median(values)


def measure(organization: Path, runs: int, scratch: Path) -> dict[str, float]:
    """Return floor, cold and warm seconds (medians) and the peak memory of a cold scan, the three taken in turn."""
    floor, cold, warm, peaks = [], [], [], []
    for run in range(runs):
        cache = scratch / f"cache-{organization.name}-{run}"
        scan = [PROGRAM, "scan", str(organization), "--format", "json", "-o", str(scratch / "a.json")]
        floor.append(timed([sys.executable, FLOOR, str(organization)], cache)[0])
        seconds, peak = timed(scan, cache)
        cold.append(seconds)
        peaks.append(peak)
        warm.append(timed(scan, cache)[0])
    return {"floor": median(floor), "cold": median(cold), "warm": median(warm), "peak": max(peaks)}


def start_up(runs: int, scratch: Path) -> float:
    """Return the time of --help over that of importing typer."""
    helps = [timed([PROGRAM, "--help"], scratch)[0] for _ in range(runs)]
    imports = [timed([sys.executable, "-c", "import typer"], scratch)[0] for _ in range(runs)]
    return median(helps) / median(imports)


def main() -> None:
    """Generate, measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repositories", type=int, default=200)
    parser.add_argument("--files", type=int, default=20_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--markdown", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        total = generate(scratch / "large", options.repositories, options.files)
        generate(scratch / "small", options.repositories // 10, options.files // 10)
        large = measure(scratch / "large", options.runs, scratch)
        small = measure(scratch / "small", options.runs, scratch)
        rows = [
            ("repositories, files", f"{options.repositories}, {total}", ""),
            ("cold scan ÷ floor", f"{large['cold'] / large['floor']:.2f}", "≤ 2.5"),
            ("rescan with nothing changed ÷ cold scan", f"{large['warm'] / large['cold']:.2f}", "≤ 0.25"),
            ("seconds per repository, large ÷ small", f"{large['cold'] / small['cold'] / 10:.2f}", "about 1 or less"),
            ("peak memory of the process tree", f"{large['peak']:.0f} MiB", "≤ 300 MiB"),
            ("--help ÷ import typer", f"{start_up(9, scratch):.2f}", "≤ 1.5"),
        ]
    table = "| measure | value | aim |\n|---|---|---|\n" + "".join(f"| {a} | {b} | {c} |\n" for a, b, c in rows)
    print(table)
    print(f"floor {large['floor']:.2f} s, cold {large['cold']:.2f} s, warm {large['warm']:.2f} s", file=sys.stderr)
    if options.markdown:
        options.markdown.write_text(table)


if __name__ == "__main__":
    main()
