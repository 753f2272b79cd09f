"""The metrics as their readers take them: the reference parsers of OpenMetrics and of the older Prometheus text format."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics
from prometheus_client.parser import text_string_to_metric_families as prometheus

from assessor.model import Assessment
from assessor.registry import load_entry

from .sample import assessment, empty

render = load_entry("gitops_assess.reports", "openmetrics")


def samples(text: str, parse: Any = openmetrics) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    return {
        (sample.name.removeprefix("gitops_assess_"), frozenset(sample.labels.items())): sample.value
        for family in parse(text)
        for sample in family.samples
    }


def at(**labels: str) -> frozenset[tuple[str, str]]:
    return frozenset({"organization": "Acme Commerce", **labels}.items())


@pytest.mark.parametrize("parse", [openmetrics, prometheus], ids=["openmetrics", "prometheus"])
@pytest.mark.parametrize("one", [assessment(), assessment(hostile=True), empty()], ids=["sample", "hostile", "empty"])
def test_both_reference_parsers_take_every_sample(one: Assessment, parse: Any) -> None:
    text = render(one)
    assert len(samples(text, parse)) == sum(not line.startswith("#") for line in text.splitlines()) > 0
    assert text.endswith("\n# EOF\n")


def test_score_level_coverage_and_bounds_are_those_of_the_assessment() -> None:
    one = assessment()
    whole, step, repo = one.organization, one.organization.steps[2], one.repositories[1]
    read = samples(render(one))
    assert read["level", at()] == whole.level
    assert (read["score", at()], read["score_low", at()], read["score_high", at()]) == (whole.score, *whole.bounds)
    assert read["coverage_ratio", at()] == pytest.approx(whole.coverage / 100)
    k8s = at(step="k8s")
    assert (read["step_score", k8s], read["step_score_low", k8s], read["step_score_high", k8s]) == (step.score, *step.bounds)
    assert read["step_coverage_ratio", k8s] == pytest.approx(step.coverage / 100)
    own = at(repository=repo.name, team=repo.team)
    assert (read["repository_score", own], read["repository_level", own]) == (repo.score, repo.level)
    assert (read["repository_score_low", own], read["repository_score_high", own]) == repo.bounds
    assert read["repository_step_score", at(repository=repo.name, team=repo.team, step="iac")] == repo.steps["iac"]
    assert read["assessed_timestamp_seconds", at()] == 1795392000  # 2026-11-23T00:00:00Z
    assert sum(value for (name, _), value in read.items() if name == "findings") == len(one.findings)


def test_what_was_not_assessed_has_no_sample_rather_than_a_zero() -> None:
    names = {name for name, _ in samples(render(empty()))}
    assert not names & {"score", "score_low", "score_high", "step_score", "iac_coverage_ratio", "repository_score"}
    assert {"level", "coverage_ratio", "step_reached"} <= names


def test_a_hostile_name_stays_inside_its_label() -> None:
    name = 'a"} 1\ngitops_assess_level{organization="b"} 5 # \\'
    one = assessment(repositories=1)
    read = samples(render(msgspec.structs.replace(one, organization=msgspec.structs.replace(one.organization, name=name))))
    names = {dict(labels)["organization"] for _, labels in read}
    assert names == {name.replace("\n", " ")}
    assert sum(metric == "level" for metric, _ in read) == 1


def test_the_same_series_never_appears_twice() -> None:
    one = assessment(repositories=2)
    twins = tuple(msgspec.structs.replace(repo, name="\u202ex" * 5000, team="") for repo in one.repositories)
    keys: Iterable[str] = [
        line.rpartition(" ")[0] for line in render(msgspec.structs.replace(one, repositories=twins)).splitlines()[:-1] if line[0] != "#"
    ]  # fmt: skip
    assert len(set(keys)) == len(list(keys))


def test_every_metric_is_documented() -> None:
    page = (Path(__file__).parents[2] / "docs/scheduling.md").read_text()
    whole = msgspec.structs.replace(assessment().organization, iac_coverage=50.0, gitops_coverage=50.0)
    names = {name for name, _ in samples(render(msgspec.structs.replace(assessment(), organization=whole)))}
    assert {name for name in names if f"`{name}`" not in page} == set()
