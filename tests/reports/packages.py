"""Fetches files of npm packages that tests need and that are not ours to commit; a test without them is skipped."""

from __future__ import annotations

import os
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

import pytest

AXE = ("axe-core", "4.14.1", "axe.min.js")
SARIF_SCHEMA = ("@microsoft/jest-sarif", "1.0.0-beta.0", "lib/schemas/sarif-2.1.0-rtm.5.json")


def npm_file(package: str, version: str, member: str) -> str:
    """Return the text of one file of a package, from the cache or the registry."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "gitops-assess-tests"
    kept = cache / f"{package.replace('/', '-')}-{version}-{Path(member).name}"
    if not kept.exists():
        cache.mkdir(parents=True, exist_ok=True)
        _fetch(f"{package}@{version}", member, kept)
    return kept.read_text(encoding="utf-8")


def _fetch(package: str, member: str, target: Path) -> None:
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip(f"npm is not installed, so {package} cannot be fetched")
    with tempfile.TemporaryDirectory() as folder:
        result = subprocess.run([npm, "pack", "--silent", package], cwd=folder, capture_output=True, timeout=120, check=False)
        archives = list(Path(folder).glob("*.tgz"))
        if result.returncode or not archives:
            pytest.skip(f"{package} cannot be fetched: {result.stderr.decode(errors='replace')[-200:]}")
        with tarfile.open(archives[0]) as archive:
            file = archive.extractfile(f"package/{member}")
            assert file is not None
            part = target.with_suffix(f".{os.getpid()}")
            part.write_bytes(file.read())
            part.replace(target)  # atomic: tests run in several processes
