"""What ends up in the wheel is what is meant to."""

from __future__ import annotations

import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MAPPED = {"checks": "assessor.checks", "reports": "assessor.reports", "scaffolds": "assessor.scaffolds"}


def packages_on_disk() -> set[str]:
    found = set()
    for top in ("assessor", *MAPPED):
        for init in (ROOT / top).rglob("__init__.py"):
            parts = init.parent.relative_to(ROOT).parts
            if not any("cookiecutter" in part for part in parts):
                found.add(".".join((MAPPED.get(parts[0], parts[0]), *parts[1:])))
    return found


def test_every_package_on_disk_is_listed() -> None:
    listed = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]
    assert set(listed) == packages_on_disk()


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(folder), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True, timeout=300)
    return zipfile.ZipFile(next(folder.glob("*.whl")))


def test_only_the_name_assessor_lands_in_site_packages(wheel: zipfile.ZipFile) -> None:
    tops = {name.partition("/")[0] for name in wheel.namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"assessor"}


def test_the_wheel_holds_types_templates_migrations_and_the_licence(wheel: zipfile.ZipFile) -> None:
    names = wheel.namelist()
    assert "assessor/py.typed" in names
    assert any(name.startswith("assessor/reports/html/") and name.endswith(".j2") for name in names)
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert "assessor/history/migrations/versions/r0001_runs.py" in names
