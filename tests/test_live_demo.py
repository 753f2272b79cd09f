"""The demonstration of the documentation: it runs, and says what the page says it does."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_the_demonstration_says_what_the_documentation_shows(tmp_path: Path) -> None:
    table, report = tmp_path / "report.txt", tmp_path / "report.json"
    done = subprocess.run(
        [sys.executable, "examples/live/demo.py", "--format", "table", "-o", str(table), "--format", "json", "-o", str(report)],
        cwd=ROOT, env={**os.environ, "XDG_CACHE_HOME": str(tmp_path)}, capture_output=True, text=True, timeout=180,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    page = (ROOT / "docs" / "live.md").read_text()
    shown = re.search(r"tests/test_live_demo\.py compares -->\n```\n(.*?)\n```\n", page, re.S)
    assert shown is not None
    assert shown[1] in table.read_text()
    assessment = json.loads(report.read_text())
    assert assessment["asked"] == ["aws", "kubernetes"]
    assert {f["basis"] for f in assessment["findings"]} == {"files", "live", "both"}
    assert not [gap for gap in assessment["gaps"] if gap["source"] in ("aws", "kubernetes")]
