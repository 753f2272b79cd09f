"""The engine decides who is judged, what does not apply, what failed to run, and what is accepted."""

from __future__ import annotations

import datetime
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st

from assessor.checking import CORE, SUPPORT, Check, Task, Verdict, check, failed, graded, passed
from assessor.deriving import derive_repository
from assessor.engine import assess, judge
from assessor.facts.base import Fact, Gap, Place
from assessor.facts.live import Contradiction
from assessor.facts.repository import Organization, Repository
from assessor.model import Status, Waiver
from assessor.settings import Settings
from tests.organizations import TODAY


class Widget(Fact, frozen=True, kw_only=True):
    """Something to judge."""

    name: str
    good: bool = True

    @property
    def label(self) -> str:
        return self.name


@check("iac.widget", task=Task.REMOTE_STATE, weight=CORE, scaffold="widget")
def widget_is_good(widget: Widget) -> Verdict:
    """Every widget is good.

    ## Why
    Bad widgets break.

    ## Fix
    Make it good.
    """
    return (passed if widget.good else failed)(f"{widget.name}", [widget.at])


@check("iac.any", task=Task.INFRASTRUCTURE, weight=CORE)
def widgets_exist(organization: Organization) -> Verdict:
    """There are widgets."""
    widgets = organization.of(Widget)
    return passed("there are", [w.at for w in widgets]) if widgets else failed("there are none")


@check("gop.share", task=Task.OPERATING_MODEL, weight=SUPPORT)
def most_are_good(repository: Repository) -> Verdict:
    """Most widgets of a repository are good."""
    widgets = repository.of(Widget)
    return graded(sum(w.good for w in widgets) / max(len(widgets), 1), f"{len(widgets)} widgets")


@check("aut.crash", task=Task.DRIFT, weight=CORE)
def crashes(repository: Repository) -> Verdict:
    """This check has a bug."""
    raise RuntimeError(repository.name)


CHECKS: dict[str, Check[Any]] = {c.id: c for c in (widget_is_good, widgets_exist, most_are_good)}


def repository(name: str, *widgets: tuple[str, bool], gaps: tuple[Gap, ...] = ()) -> Repository:
    facts = tuple(Widget(at=Place(name, f"{w}.txt", 1), name=w, good=good) for w, good in widgets)
    return Repository(at=Place(name, ""), name=name, path=name, facts=facts, gaps=gaps)


def organization(*repositories: Repository) -> Organization:
    return Organization(at=Place("", ""), name="o", repositories=repositories)


def test_each_subject_of_the_annotated_kind_is_judged_once() -> None:
    org = organization(repository("a", ("x", True), ("y", False)), repository("b", ("z", True)))
    found = judge(org, [widget_is_good], (), TODAY)
    assert [(f.repository, f.subject.name, str(f.status)) for f in found] == [
        ("a", "x", "pass"),
        ("a", "y", "fail"),
        ("b", "z", "pass"),
    ]
    bad = found[1]
    assert (bad.remediation, bad.scaffold, bad.evidence[0].path) == ("Make it good.", "widget", "y.txt")
    assert (found[0].remediation, found[0].scaffold) == ("", None)


def test_without_a_subject_a_check_does_not_apply_unless_a_gap_hides_it() -> None:
    (finding,) = judge(organization(repository("a")), [widget_is_good], (), TODAY)
    assert (finding.status, finding.summary) == (Status.NOT_APPLICABLE, "no widget found")
    hidden = repository("a", gaps=(Gap("files", "w.txt:3", "broken", "a", ("widget",)),))
    (finding,) = judge(organization(hidden), [widget_is_good], (), TODAY)
    assert (finding.status, finding.summary) == (Status.NOT_OBSERVED, "w.txt:3: broken")


def test_a_missing_step_fails_its_core_tasks() -> None:
    result = assess(organization(repository("a")), CHECKS, Settings(), TODAY)
    by_id = {f.check: f for f in result.findings}
    assert by_id["iac.any"].status is Status.FAIL
    assert by_id["iac.widget"].status is Status.FAIL
    assert by_id["iac.widget"].summary.startswith("the step is not begun")
    assert result.repositories[0].checks["iac.widget"].status is Status.NOT_APPLICABLE


def test_a_check_that_crashes_is_shown_and_costs_nothing_else() -> None:
    result = assess(organization(repository("a", ("x", True))), {**CHECKS, "aut.crash": crashes}, Settings(), TODAY)
    crashed = next(f for f in result.findings if f.check == "aut.crash")
    assert (crashed.status, crashed.score, crashed.summary) == (Status.ERROR, None, "the check failed: RuntimeError: a")
    assert result.organization.steps[0].score == 100


def waiver(until: str, **about: str) -> Waiver:
    return Waiver(check="iac.widget", owner="jane", reason="moving", until=until, **about)


def test_a_waiver_holds_until_its_day_and_is_listed() -> None:
    org = organization(repository("a", ("x", False)))
    until_today = Settings(waivers=(waiver(TODAY.isoformat(), repository="a", subject="x"),))
    result = assess(org, CHECKS, until_today, TODAY)
    waived = next(f for f in result.findings if f.check == "iac.widget")
    assert waived.status is Status.WAIVED
    assert waived.waiver is not None
    assert waived.waiver.owner == "jane"
    late = assess(org, CHECKS, until_today, TODAY + datetime.timedelta(days=1))
    assert next(f for f in late.findings if f.check == "iac.widget").status is Status.FAIL
    assert any("expired" in note for note in late.notes)


def test_a_waiver_covers_only_what_it_names_and_an_idle_one_is_noted() -> None:
    org = organization(repository("a", ("x", False), ("y", True)))
    result = assess(org, CHECKS, Settings(waivers=(waiver("2030-01-01", subject="y"),)), TODAY)
    assert {f.subject.name: str(f.status) for f in result.findings if f.check == "iac.widget"} == {"x": "fail", "y": "pass"}
    assert any("covers nothing" in note for note in result.notes)


def test_next_actions_say_what_passing_would_bring() -> None:
    result = assess(organization(repository("a", ("x", False), ("y", True))), CHECKS, Settings(), TODAY, templates=("widget",))
    best = next(action for action in result.actions if action.check == "iac.widget")
    repaired = assess(
        organization(repository("a", ("x", True), ("y", True))),
        {"iac.widget": widget_is_good, "iac.any": widgets_exist},
        Settings(),
        TODAY,
    )
    assert best.gain > 0
    assert best.command == "gitops-assess scaffold step 1 --only widget"
    assert best.level_after >= result.organization.level
    assert repaired.organization.steps[0].score == 100
    assert list(result.actions) == sorted(
        result.actions, key=lambda a: (-(a.level_after - result.organization.level), -a.gain / a.effort, a.step, a.check)
    )


def test_an_action_without_a_template_names_no_command() -> None:
    result = assess(organization(repository("a", ("x", False))), CHECKS, Settings(), TODAY)
    assert all(action.command is None for action in result.actions)


WIDGETS = st.lists(st.tuples(st.text("abc", min_size=1, max_size=3), st.booleans()), max_size=5, unique_by=lambda w: w[0])


@limits(max_examples=50)
@given(st.lists(WIDGETS, min_size=1, max_size=4), st.randoms(use_true_random=False))
def test_the_order_of_repositories_and_facts_never_matters(shape: list[list[tuple[str, bool]]], shuffler: Any) -> None:
    repositories = [repository(f"r{n}", *widgets) for n, widgets in enumerate(shape)]
    mixed = [derive_repository(r, shuffler.sample(r.facts, len(r.facts))) for r in repositories]
    straight = assess(organization(*(derive_repository(r, r.facts) for r in repositories)), CHECKS, Settings(), TODAY)
    shuffled = assess(organization(*shuffler.sample(mixed, len(mixed))), CHECKS, Settings(), TODAY)
    assert msgspec.json.encode(straight) == msgspec.json.encode(shuffled)


def test_contradictions_that_only_differ_in_their_places_have_an_order_too() -> None:
    def found(declared: Place | None, observed: Place | None) -> Contradiction:
        return Contradiction(
            at=Place("", ""), name="drifted", subject="web", summary="differs", step=4, declared=declared, observed=observed
        )

    here, there = Place("a", "web.yaml", 1), Place("", "prod/web", source="kubernetes")
    several = (found(here, there), found(Place("b", "web.yaml", 1), there), found(None, there), found(here, None))
    orders = [
        assess(Organization(at=Place("", ""), name="o", facts=facts), {}, Settings(), TODAY).contradictions
        for facts in (several, several[::-1])
    ]
    assert orders[0] == orders[1]
    assert [c.declared and c.declared.repository for c in orders[0]] == [None, "a", "a", "b"]


def test_an_assessment_survives_json() -> None:
    from assessor.model import Assessment

    result = assess(organization(repository("a", ("x", False))), CHECKS, Settings(), TODAY)
    assert msgspec.json.decode(msgspec.json.encode(result), type=Assessment) == result
