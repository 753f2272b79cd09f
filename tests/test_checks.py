"""Every check is shown on small organizations on disk: tests/checks/<id>/<verdict>-<what>/.

The folder's name begins with the verdict expected of it: pass, partial, fail, na or unknown. A folder with ``repos/``
is an organization of several repositories. Adding a case needs no Python. An optional ``<case>.places`` file beside
the folder lists places (``path:line``, or the path of a live object) that must be among the evidence; an optional
``<case>.evidence.json`` holds what live systems said (a file as ``--save-evidence`` writes it).
"""

from __future__ import annotations

from pathlib import Path

import pytest

from assessor.model import Status
from assessor.scoring import status_of
from tests.organizations import findings, scan

ROOT = Path(__file__).parent / "checks"
CASES = sorted(case for check in ROOT.iterdir() if check.is_dir() for case in check.iterdir() if case.is_dir())
NAMES = {**{str(status): status for status in Status}, "na": Status.NOT_APPLICABLE, "unknown": Status.NOT_OBSERVED}


def test_a_store_that_only_infrastructure_code_uses_is_named_rather_than_denied() -> None:
    said = {
        case: [f.summary for f in findings(scan(ROOT / "gop.secrets" / case), "gop.secrets")]
        for case in ("fail-store-that-only-terraform-writes", "fail-plain-secret")
    }
    assert said == {
        "fail-store-that-only-terraform-writes": [
            "infrastructure code uses aws-secrets-manager; no tool was seen that brings secrets to a cluster"
        ],
        "fail-plain-secret": ["no tool was seen that brings secrets to a cluster"],
    }


def test_charts_are_named_only_where_a_controller_installs_some() -> None:
    said = {
        case: [f.summary.partition("the workloads ")[2] for f in findings(scan(ROOT / "k8s.manifests" / case), "k8s.manifests")]
        for case in ("pass-charts-installed-by-flux", "pass-manifests-from-a-registry")
    }
    assert said == {
        "pass-charts-installed-by-flux": ["come from charts that a controller installs"],
        "pass-manifests-from-a-registry": ["come from what a controller installs from elsewhere"],
    }


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.parent.name}/{case.name}")
def test_the_verdict_is_the_one_the_case_is_named_for(case: Path) -> None:
    found = findings(scan(case), case.parent.name)
    word = case.name.partition("-")[0]
    summaries = [f"{f.status}: {f.subject.name}: {f.summary}" for f in found]
    assert status_of(f.status for f in found) is NAMES[word], summaries
    expected = case.with_name(case.name + ".places")
    if expected.exists():
        places = {f"{e.path}:{e.line}" if e.line else e.path for f in found for e in f.evidence}
        assert set(expected.read_text().split()) <= places
