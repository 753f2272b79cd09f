"""The trend of the HTML report: what its pictures and its table say."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import msgspec

from assessor.registry import load_entry

from .runs import runs
from .sample import assessment, empty

render = load_entry("gitops_assess.reports", "html")


def section(page: str) -> str:
    found = re.search(r'<section id="trend">.*?</section>', page, re.S)
    return found.group() if found else ""


def pictures(page: str) -> list[ElementTree.Element]:
    return [ElementTree.fromstring(svg) for svg in re.findall(r"<svg.*?</svg>", section(page), re.S)]  # noqa: S314  our own page


def test_without_earlier_runs_there_is_no_trend() -> None:
    page = render(assessment())
    assert section(page) == ""
    assert 'href="#trend"' not in page


def test_each_step_and_the_whole_have_a_picture_that_says_in_words_what_it_shows() -> None:
    one = assessment()
    labels = [svg.get("aria-label") for svg in pictures(render(one, history=runs()))]
    assert len(labels) == 6
    last = one.organization.steps[0].score
    highest = max(run.steps["iac"] or 0 for run in runs())
    assert labels[1] == f"1. Start with IaC: 19.6 on 2025-11-20, {last:g} on 2026-11-23; lowest 19.6, highest {highest:g}"


def test_a_line_ends_at_the_score_of_the_assessment_itself() -> None:
    one = assessment()
    svg = pictures(render(one, history=runs()))[5]
    x, y = (float(part) for part in str(svg.findall("polyline")[-1].get("points")).split()[-1].split(","))
    score = one.organization.steps[4].score
    assert score is not None
    assert x == 100
    assert abs(40 * (1 - score / 100) - y) < 0.01


def test_a_line_breaks_where_nothing_could_be_assessed_instead_of_falling_to_zero() -> None:
    svg = pictures(render(assessment(), history=runs()))[4]
    assert len(svg.findall("polyline")) == 2
    unseen = [msgspec.structs.replace(run, steps=dict.fromkeys(run.steps)) for run in runs(3)]
    svg = pictures(render(empty(), history=unseen))[1]
    assert svg.findall("polyline") == []
    assert "not assessed in any of these runs" in str(svg.get("aria-label"))


def test_a_single_known_score_is_a_dot() -> None:
    early, *later = runs(3)[::-1]
    later = [msgspec.structs.replace(run, steps={**run.steps, "iac": None}) for run in later]
    svg = pictures(render(assessment(), history=[*later[::-1], early]))[1]
    assert len(svg.findall("path")) == 2  # the first, and the end of the line


def test_points_lie_by_time_and_side_by_side_when_all_are_of_one_day() -> None:
    def places(history: list[object]) -> list[float]:
        points = pictures(render(assessment(date="2025-11-20"), history=history))[0].find("polyline")
        assert points is not None
        return [float(pair.partition(",")[0]) for pair in str(points.get("points")).split()]

    first, second, third = runs(3, days=0.1)[::-1]
    assert places([third, second, first]) == [0, 33.33, 66.67, 100]
    late = msgspec.structs.replace(third, taken_at="2025-11-30T03:00:00Z")
    assert places([late, second, first])[:3] == [0, 1, 100]


def test_changes_of_the_level_are_told() -> None:
    assert "level 0 on 2025-11-20, level 1 since 2026-01-22, level 2 since" in section(render(assessment(), history=runs()))


def test_thousands_of_runs_are_thinned_and_the_report_says_so() -> None:
    page = render(assessment(), history=runs(3000, days=0.1))
    assert section(page).count('<tr><th scope="row">') == 120
    assert "Shown are 120 of 3,001 runs." in section(page)
    assert len(section(page)) < 60_000
    assert "2025-11-20" in section(page)
