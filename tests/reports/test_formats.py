"""The renderers that write for other tools: SARIF, JUnit XML, CSV, badge."""

from __future__ import annotations

import csv
import io
import json
from typing import Any
from xml.etree import ElementTree

import jsonschema
import msgspec
import pytest

from assessor.model import Assessment, Evidence, Status
from assessor.registry import load_entry

from .packages import SARIF_SCHEMA, npm_file
from .sample import HOSTILE_NAMES, assessment, empty

sarif, junit, table, badge = (load_entry("gitops_assess.reports", name) for name in ("sarif", "junit", "csv", "badge"))


def _run(one: Assessment, baseline: Assessment | None = None) -> dict[str, Any]:
    run = json.loads(sarif(one, baseline=baseline))["runs"][0]
    assert isinstance(run, dict)
    return run


@pytest.mark.parametrize("one", [assessment(), assessment(hostile=True), empty()], ids=["sample", "hostile", "empty"])
def test_sarif_satisfies_its_schema(one: Assessment) -> None:
    schema = json.loads(npm_file(*SARIF_SCHEMA))
    schema.pop("$schema", None)
    jsonschema.Draft7Validator(schema).validate(json.loads(sarif(one, baseline=assessment(seed=3))))


def test_sarif_reports_problems_only_and_each_has_a_place() -> None:
    one = assessment()
    results = _run(one)["results"]
    problems = [f for f in one.findings if f.status in (Status.FAIL, Status.PARTIAL, Status.WAIVED)]
    assert len(results) == len(problems)
    for result in results:
        place = result["locations"][0]["physicalLocation"]
        assert place["region"]["startLine"] >= 1
        assert not place["artifactLocation"]["uri"].startswith("/")


def test_sarif_weighs_a_core_failure_as_an_error_and_a_partial_one_less() -> None:
    one = assessment()
    core = next(f for f in one.findings if f.check == "aut.progressive" and f.status is Status.FAIL)
    partial = msgspec.structs.replace(core, status=Status.PARTIAL, score=50.0)
    results = _run(msgspec.structs.replace(one, findings=(core, partial)))["results"]
    assert [result["level"] for result in results] == ["error", "warning"]


def test_sarif_suppresses_what_is_waived_with_owner_and_reason() -> None:
    suppressed = [result for result in _run(assessment())["results"] if "suppressions" in result]
    assert suppressed
    assert suppressed[0]["suppressions"][0]["justification"].startswith("Dana Okafor, until 2027-03-31: ")


def test_sarif_knows_a_problem_again_though_its_line_moved() -> None:
    one = assessment(repositories=1)
    moved = tuple(
        msgspec.structs.replace(f, evidence=tuple(msgspec.structs.replace(p, line=p.line + 7) for p in f.evidence))
        for f in one.findings
    )
    results = _run(one, baseline=msgspec.structs.replace(one, findings=moved))["results"]
    assert {result["baselineState"] for result in results} == {"unchanged"}
    assert {result["baselineState"] for result in _run(one, baseline=empty())["results"]} == {"new"}


def test_sarif_gives_what_is_not_a_file_a_logical_place() -> None:
    one = assessment()
    finding = next(f for f in one.findings if f.status is Status.FAIL)
    live = msgspec.structs.replace(finding, evidence=(Evidence("arn:aws:s3:::state", 0, "", "", "aws"),), basis="live")
    result = _run(msgspec.structs.replace(one, findings=(live,)))["results"][0]
    assert result["locations"][0]["logicalLocations"] == [{"fullyQualifiedName": "AWS: arn:aws:s3:::state"}]
    assert result["properties"] == {"basis": "live"}


def test_sarif_points_at_a_file_first_where_a_finding_rests_on_both() -> None:
    one = assessment()
    finding = next(f for f in one.findings if f.status is Status.FAIL and f.evidence)
    seen = Evidence("prod/shop/Deployment/orders", 0, "", "", "kubernetes")
    both = msgspec.structs.replace(finding, evidence=(seen, *finding.evidence), basis="both")
    result = _run(msgspec.structs.replace(one, findings=(both,)))["results"][0]
    assert "logicalLocations" not in result["locations"][0]
    assert result["relatedLocations"][0]["logicalLocations"] == [
        {"fullyQualifiedName": "Kubernetes: prod/shop/Deployment/orders"}
    ]


def test_sarif_paths_of_a_single_repository_start_at_its_root_and_of_many_at_their_folder() -> None:
    def paths(one: Assessment) -> set[str]:
        places = [result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for result in _run(one)["results"]]
        return {place.partition("/")[0] for place in places}

    own = {"terraform", "services", "charts", "clusters", ".github"}
    assert paths(assessment(repositories=1)) <= own
    assert paths(assessment()) == {repo.path for repo in assessment().repositories if repo.inventory}


def test_junit_counts_what_it_holds() -> None:
    for one in (assessment(), assessment(hostile=True), empty()):
        root = ElementTree.fromstring(junit(one))  # noqa: S314  our own text
        for suite in (root, *root.iter("testsuite")):
            assert int(suite.get("tests", "")) == len(list(suite.iter("testcase")))
            assert int(suite.get("failures", "")) == len(list(suite.iter("failure")))
            assert int(suite.get("errors", "")) == len(list(suite.iter("error")))
            assert int(suite.get("skipped", "")) == len(list(suite.iter("skipped")))
        assert int(root.get("tests", "")) == len(one.findings)


def test_junit_skips_with_a_reason_what_could_not_be_seen() -> None:
    root = ElementTree.fromstring(junit(assessment()))  # noqa: S314  our own text
    reasons = {str(case.get("message")) for case in root.iter("skipped")}
    assert "not observed: live evidence was not requested" in reasons


def test_csv_has_a_row_per_finding_with_its_link() -> None:
    one = assessment()
    rows = list(csv.DictReader(io.StringIO(table(one))))
    assert len(rows) == len(one.findings)
    failing = next(row for row in rows if row["status"] == "fail" and row["repository"] == "payments-api")
    assert failing["link"].startswith("https://github.com/acme-commerce/payments-api/blob/")
    assert failing["team"] == "Payments"


@pytest.mark.parametrize("start", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", " =1", "\r=1", "＝1", *HOSTILE_NAMES])
def test_csv_holds_no_formula(start: str) -> None:
    one = assessment(repositories=1)
    finding = msgspec.structs.replace(one.findings[0], summary=start, repository=start)
    rows = list(csv.reader(io.StringIO(table(msgspec.structs.replace(one, findings=(finding,))))))
    assert len(rows) == 2
    assert not [cell for cell in rows[1] if cell.startswith(("=", "+", "-", "@", "\t", "\r", "＝"))]


def test_the_badge_fills_a_field_per_level_and_says_it_in_words() -> None:
    root = ElementTree.fromstring(badge(assessment()))  # noqa: S314  our own text
    fields = [rect.get("fill") for rect in root if rect.get("stroke")]
    assert fields == ["#fff"] * 3 + ["none"] * 2
    assert root.get("aria-label") == "GitOps: level 3 of 5"


def test_the_badge_shows_no_level_where_nothing_was_assessed() -> None:
    assert "not assessed" in badge(empty())
    assert "level" not in badge(empty()).partition("</title>")[0]
