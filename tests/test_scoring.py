"""Scores are exact, honest about what was not seen, and monotone."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assessor import scoring
from assessor.checking import CORE, HYGIENE, SUPPORT, Check, Verdict, check, passed
from assessor.facts.repository import Repository
from assessor.model import Finding, OrganizationScore, Status, Step, StepScore, Subject, Task, TaskScore, Thresholds, Weight


def make(id: str, task: Task, weight: Weight, *, gate: bool = False) -> Check[Any]:
    @check(id, task=task, weight=weight, gate=gate)
    def judge(repository: Repository) -> Verdict:
        """It holds."""
        return passed(repository.name)

    return judge


CHECKS = {
    c.id: c
    for c in (
        make("iac.a", Task.INFRASTRUCTURE, CORE),
        make("iac.b", Task.REMOTE_STATE, CORE),
        make("iac.c", Task.REMOTE_STATE, SUPPORT),
        make("iac.gate", Task.IAC_SECRETS, SUPPORT, gate=True),
        make("ctr.a", Task.CONTAINERIZE, CORE),
        make("ctr.b", Task.IMAGE_QUALITY, HYGIENE),
        make("k8s.a", Task.MANIFESTS, CORE),
        make("gop.a", Task.CONTROLLER, CORE),
        make("aut.a", Task.DRIFT, CORE),
    )
}


def finding(check: str, status: Status, share: float = 0.0, subject: str = "") -> Finding:
    score = {Status.PASS: 100.0, Status.FAIL: 0.0, Status.PARTIAL: round(share * 100, 1)}.get(status)
    return Finding(
        check=check,
        title="",
        task=CHECKS[check].task.id,
        step=int(CHECKS[check].step),
        repository="r",
        subject=Subject("repository", subject),
        status=status,
        score=score,
        summary="",
    )


def score(findings: Sequence[Finding], steps: Sequence[Step] = tuple(Step)) -> OrganizationScore:
    return scoring.score_organization("o", scoring.judged(findings, CHECKS), Thresholds(), steps)


FINDINGS = st.lists(
    st.builds(
        finding,
        st.sampled_from(sorted(CHECKS)),
        st.sampled_from(sorted(Status)),
        st.floats(0.01, 0.99),
        st.sampled_from("abcdef"),
    ),
    max_size=40,
)


@given(FINDINGS, st.randoms(use_true_random=False))
def test_the_order_of_findings_never_matters(findings: list[Finding], shuffler: random.Random) -> None:
    shuffled = list(findings)
    shuffler.shuffle(shuffled)
    assert msgspec.json.encode(score(findings)) == msgspec.json.encode(score(shuffled))


@given(FINDINGS, st.data())
def test_fixing_a_fail_never_lowers_any_score_or_the_level(findings: list[Finding], data: st.DataObject) -> None:
    failing = [i for i, f in enumerate(findings) if f.status in (Status.FAIL, Status.PARTIAL)]
    if not failing:
        return
    index = data.draw(st.sampled_from(failing))
    fixed = list(findings)
    fixed[index] = msgspec.structs.replace(findings[index], status=Status.PASS, score=100.0)
    before, after = score(findings), score(fixed)
    assert before.score is not None
    assert after.score is not None
    assert after.score >= before.score
    assert after.level >= before.level
    for old, new in zip(before.steps, after.steps, strict=True):
        assert (new.score or 0) >= (old.score or 0)


@given(FINDINGS, st.sampled_from(sorted(CHECKS)))
def test_one_more_unknown_changes_no_score_and_raises_no_coverage(findings: list[Finding], check: str) -> None:
    more = [*findings, finding(check, Status.NOT_OBSERVED, subject="unknown")]
    before, after = score(findings), score(more)
    assert after.score == before.score
    assert [step.score for step in after.steps] == [step.score for step in before.steps]
    if CHECKS[check].id in {f.check for f in findings if f.status.observed or f.status.unknown}:
        assert after.coverage <= before.coverage


@given(FINDINGS)
def test_every_score_lies_within_its_bounds(findings: list[Finding]) -> None:
    result = score(findings)
    parts: list[OrganizationScore | StepScore | TaskScore] = [result, *result.steps]
    parts += [task for step in result.steps for task in step.tasks]
    for part in parts:
        low, high = part.bounds
        assert 0 <= low <= high <= 100
        if part.score is not None:
            assert low <= part.score <= high


@given(FINDINGS, st.data())
def test_learning_an_unknown_stays_within_the_bounds(findings: list[Finding], data: st.DataObject) -> None:
    unknown = [i for i, f in enumerate(findings) if f.status.unknown]
    if not unknown:
        return
    before = score(findings)
    index = data.draw(st.sampled_from(unknown))
    status = data.draw(st.sampled_from([Status.PASS, Status.FAIL]))
    known = list(findings)
    known[index] = finding(findings[index].check, status, subject="seen")
    low, high = before.bounds
    after = score(known).score
    assert after is not None
    bounds = score(known).bounds
    assert low - 0.1 <= bounds[0]
    assert bounds[1] <= high + 0.1


def test_nothing_observed_is_no_number() -> None:
    result = score([finding("iac.a", Status.NOT_OBSERVED)])
    assert result.score is None
    assert result.coverage == 0
    assert result.bounds == (0, 100)
    assert result.level == 0
    assert "nothing of it could be observed" in result.steps[0].held_by


def test_subjects_are_averaged_within_a_check_before_checks_are_weighted() -> None:
    many = [finding("iac.c", Status.FAIL, subject=str(n)) for n in range(99)]
    result = score([finding("iac.b", Status.PASS), *many])
    task = result.steps[0].tasks[0]
    assert task.score == pytest.approx(100 * 5 / 8)


def test_waived_and_not_applicable_findings_leave_the_score_and_the_coverage() -> None:
    base = [finding("iac.a", Status.PASS)]
    more = [*base, finding("iac.b", Status.WAIVED), finding("iac.c", Status.NOT_APPLICABLE)]
    assert score(more).score == score(base).score
    assert score(more).coverage == score(base).coverage


def test_the_level_is_the_highest_step_that_holds_with_all_before_it() -> None:
    everything = [finding(id, Status.PASS) for id in CHECKS]
    assert score(everything).level == 5
    without_containers = [f for f in everything if f.step != 2] + [finding("ctr.a", Status.FAIL)]
    result = score(without_containers)
    assert result.level == 1
    assert [step.reached for step in result.steps] == [True, False, False, False, False]
    assert result.steps[2].held_by == ()


def test_a_gate_holds_step_1_whatever_its_score() -> None:
    findings = [finding(id, Status.PASS) for id in CHECKS if id != "iac.gate"]
    findings += [finding("iac.gate", Status.PASS, subject=str(n)) for n in range(9)]
    assert score(findings).level == 5
    result = score([*findings, finding("iac.gate", Status.FAIL, subject="secret")])
    assert result.level == 0, "one committed secret among many clean files is enough"
    assert result.steps[0].score is not None
    assert result.steps[0].score >= 70
    assert any(reason.startswith("gate") for reason in result.steps[0].held_by)


def test_a_core_task_at_zero_holds_its_step() -> None:
    findings = [finding(id, Status.PASS) for id in CHECKS if id != "ctr.a"] + [finding("ctr.a", Status.FAIL)]
    assert "nothing done for: Dockerize applications" in score(findings).steps[1].held_by


def test_low_coverage_holds_a_step() -> None:
    findings = [finding("iac.c", Status.PASS), finding("iac.b", Status.NOT_OBSERVED), finding("iac.a", Status.NOT_OBSERVED)]
    assert any("could be observed" in reason for reason in score(findings).steps[0].held_by)


def test_a_narrowed_path_scores_its_steps_only() -> None:
    findings = [finding("iac.a", Status.PASS), finding("ctr.a", Status.FAIL)]
    assert score(findings, [Step.IAC]).score == 100
    assert [step.id for step in score(findings, [Step.IAC]).steps] == [1]


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [
        ([Status.PASS, Status.PASS], Status.PASS),
        ([Status.PASS, Status.FAIL], Status.PARTIAL),
        ([Status.PASS, Status.NOT_OBSERVED], Status.PASS),
        ([Status.NOT_OBSERVED, Status.NOT_APPLICABLE], Status.NOT_OBSERVED),
        ([Status.WAIVED, Status.NOT_APPLICABLE], Status.WAIVED),
        ([Status.ERROR, Status.PASS], Status.ERROR),
        ([], Status.NOT_APPLICABLE),
    ],
)
def test_one_status_for_several_subjects(statuses: list[Status], expected: Status) -> None:
    assert scoring.status_of(statuses) is expected


@pytest.mark.parametrize(
    ("status", "measured", "shown"),
    [(Status.PASS, 85.0, 85.0), (Status.FAIL, 17.0, 17.0), (Status.PASS, None, 100.0), (Status.NOT_OBSERVED, 17.0, None)],
)
def test_a_figure_of_breadth_is_what_was_measured_and_not_the_score_of_its_thresholds(
    status: Status, measured: float | None, shown: float | None
) -> None:
    check = make("iac.coverage", Task.INFRASTRUCTURE, SUPPORT)
    found = msgspec.structs.replace(finding("iac.a", status), check="iac.coverage", measured=measured)
    results = scoring.judged([found], {"iac.coverage": check})
    assert scoring.score_organization("o", results, Thresholds()).iac_coverage == shown
