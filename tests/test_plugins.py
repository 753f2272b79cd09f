"""Third-party checks enter by the same door as ours: an installed package, or a folder the user names."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from assessor.errors import UsageError
from assessor.registry import load_checks
from tests.organizations import write

PACKAGE = Path(__file__).parent / "plugin_package"

LOCAL = '''
from assessor.checking import HYGIENE, Task, Verdict, check, failed
from assessor.facts.repository import Repository


@check("{id}", task=Task.OPERATING_MODEL, weight=HYGIENE)
def nothing_is_good_enough(repository: Repository) -> Verdict:
    """Nothing is good enough.

    ## Why
    Because.

    ## Fix
    Give up.
    """
    return failed(f"{{repository.name}} is not good enough")
'''


def assess(*arguments: str, path: Path | None = None) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(path or "")}
    return subprocess.run(
        [sys.executable, "-m", "assessor", *arguments], capture_output=True, text=True, env=environment, check=False, timeout=120
    )


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("site")
    source = tmp_path_factory.mktemp("source")
    write(source, {str(f.relative_to(PACKAGE)): f.read_bytes() for f in PACKAGE.rglob("*") if f.suffix in (".py", ".toml")})
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(target), str(source)]
    subprocess.run(pip, check=True, capture_output=True, timeout=300)
    return target


def test_an_installed_package_brings_its_checks_and_readers(installed: Path, tmp_path: Path) -> None:
    write(tmp_path / "org", {"OWNERS": "ada grace\n", "README.md": "x"})
    listed = assess("checks", path=installed).stdout
    assert "acme.owned" in listed
    assert "(acme-checks 1.2.3)" in listed
    done = assess("scan", str(tmp_path / "org"), "--select", "acme", "--format", "json", "--no-cache", path=installed)
    assert done.returncode == 0, done.stderr
    (finding,) = json.loads(done.stdout)["findings"]
    assert finding["status"] == "pass"
    assert finding["summary"] == "owned by ada, grace"
    place = {"path": "OWNERS", "line": 1, "excerpt": "ada grace", "repository": "org", "source": "files"}
    assert finding["evidence"][0] == place


def test_a_folder_the_user_names_brings_checks(tmp_path: Path) -> None:
    write(tmp_path, {"mine/extra.py": LOCAL.format(id="mine.never"), "org/main.py": "print()\n"})
    done = assess(
        "scan",
        str(tmp_path / "org"),
        "--checks",
        str(tmp_path / "mine"),
        "--select",
        "mine.never",
        "--format",
        "json",
        "--no-cache",
    )
    assert done.returncode == 0, done.stderr
    (finding,) = json.loads(done.stdout)["findings"]
    assert (finding["status"], finding["remediation"]) == ("fail", "Give up.")


def test_code_in_an_assessed_repository_never_runs(tmp_path: Path) -> None:
    trap = f"import pathlib; pathlib.Path({str(tmp_path / 'ran')!r}).touch()\n"
    write(tmp_path / "org", {"checks/trap.py": trap, "assessor/__init__.py": trap, "conftest.py": trap, "sitecustomize.py": trap})
    done = subprocess.run(
        [Path(sys.executable).with_name("gitops-assess"), "scan", ".", "--no-cache"],
        cwd=tmp_path / "org",
        capture_output=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert not (tmp_path / "ran").exists()


def test_an_id_claimed_twice_names_both_origins(tmp_path: Path) -> None:
    write(tmp_path, {"a/x.py": LOCAL.format(id="mine.same"), "b/y.py": LOCAL.format(id="mine.same")})
    with pytest.raises(UsageError) as caught:
        load_checks([tmp_path / "a", tmp_path / "b"])
    assert "a/x.py" in str(caught.value)
    assert "b/y.py" in str(caught.value)


def test_a_local_module_that_fails_to_import_is_named(tmp_path: Path) -> None:
    write(tmp_path, {"a/broken.py": "import does_not_exist\n"})
    with pytest.raises(UsageError, match=r"broken\.py cannot be loaded: ModuleNotFoundError"):
        load_checks([tmp_path / "a"])
    with pytest.raises(UsageError, match="is not a folder"):
        load_checks([tmp_path / "absent"])
