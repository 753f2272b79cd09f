"""The documentation says what the program does."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from assessor.registry import load_checks
from assessor.scaffolding.template import load_templates
from assessor.settings import Settings

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "examples").glob("*.md")])


def test_generated_pages_are_current() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "docs/generate.py", "--check"], capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)", page.read_text("utf-8")):
        if "://" not in target and "…" not in target:
            assert (page.parent / target).exists(), target


def test_every_setting_is_documented() -> None:
    text = (ROOT / "docs/settings.md").read_text("utf-8")
    for name in Settings.__struct_fields__:
        assert f"`{name}" in text, name


@pytest.mark.parametrize("check", load_checks().values(), ids=lambda check: check.id)
def test_every_check_has_a_page_and_cases(check: object) -> None:
    id, title = check.id, check.title  # type: ignore[attr-defined]  # a check of any subject
    assert check.section("Why"), id  # type: ignore[attr-defined]
    assert check.section("Fix"), id  # type: ignore[attr-defined]
    assert 10 < len(title) <= 80, title
    if not check.live and id not in IN_PYTHON:  # type: ignore[attr-defined]
        cases = {case.name.partition("-")[0] for case in (ROOT / "tests/checks" / id).iterdir() if case.is_dir()}
        assert "pass" in cases or id in NEVER_PASS, f"{id} has no case that passes"
        assert cases & {"fail", "partial"} or id in NEVER_FAIL, f"{id} has no case that fails"


NEVER_PASS = {
    "gop.branch-protection",  # only the forge can show that it is in force
    "gop.declared-vs-live",  # needs a cluster to compare with
    "k8s.cluster-supported",  # which versions are in support changes; only that one is long out of it can be told offline
}
IN_PYTHON = {"gop.reviewed-changes", "gop.commit-messages"}  # cases are git histories, made by tests
NEVER_FAIL = {"gop.declared-vs-live", "k8s.cluster-supported"}


def test_every_scaffold_a_check_names_exists() -> None:
    families = {template.family for template in load_templates().values()}
    named = {check.scaffold for check in load_checks().values() if check.scaffold}
    assert named <= families, named - families
