"""GitLab: what is learned of projects, what is hidden, and that only declared calls are made."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from assessor.collectors.forges import pacing
from assessor.collectors.forges.pacing import Patience
from assessor.collectors.gitlab import COLLECTOR
from assessor.collectors.gitlab import calls as gitlab_calls
from assessor.errors import UsageError
from assessor.facts.base import Fact, Gap, Place
from assessor.facts.forge import BranchRules, ForgePipeline, ForgeReference, ForgeRepository, MergedRequests, Run
from assessor.facts.gitops import Application, AppSource
from assessor.facts.repository import Organization, Repository
from assessor.observing import silent
from assessor.settings import GitlabSettings
from tests.collectors.forge_server import Forge, Reply, gitlab_project, serving

TOKEN = "glpat-canary0123456789canary"  # noqa: S105  a canary
SHOP = "/projects/acme/web/shop"
DENIED = Reply(403, {"message": "403 Forbidden"})


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "assessor.collectors.gitlab.Pace",
        lambda _interval, **options: pacing.Pace(0.0, Patience(pause=0.01, wait=2), **options),
    )
    monkeypatch.setenv("GITLAB_TOKEN", TOKEN)


@pytest.fixture
def forge() -> Iterator[Forge]:
    """Serve a group with a subgroup, and in it a project with a protected branch."""
    with serving(Forge("/api/v4", token=TOKEN)) as forge:
        forge.answers |= {
            "/groups/acme": {"full_path": "acme"},
            "/groups/acme/projects": [gitlab_project(forge, "acme/web/shop")],
            f"{SHOP}/repository/branches/main": {"name": "main", "protected": True, "developers_can_push": False},
            f"{SHOP}/approval_rules": [{"approvals_required": 1, "protected_branches": []}],
            f"{SHOP}/pipeline_schedules": [],
            f"{SHOP}/pipelines": [],
            f"{SHOP}/merge_requests": [],
        }
        yield forge


def observe(forge: Forge, declared: Organization | None = None) -> list[Fact | Gap]:
    here = Repository(at=Place("shop", ""), name="shop", path=".", remote=f"{forge.url}/acme/web/shop.git")
    known = declared or Organization(at=Place("", ""), name="o", repositories=(here,))
    return list(COLLECTOR.observe(GitlabSettings(groups=("acme",), url=forge.url), known, silent))


def only(kind: type[Any], found: list[Fact | Gap]) -> Any:
    [fact] = [fact for fact in found if isinstance(fact, kind)]
    return fact


def rules(forge: Forge) -> tuple[bool | None, bool | None, bool | None]:
    found = only(BranchRules, observe(forge))
    return found.protected, found.reviews, found.checks


def test_protection_approvals_and_merge_checks_count(forge: Forge) -> None:
    assert rules(forge) == (True, True, True)


def test_a_branch_that_developers_may_push_to_demands_nothing(forge: Forge) -> None:
    forge.answers[f"{SHOP}/repository/branches/main"]["developers_can_push"] = True
    assert rules(forge) == (True, False, False)


def test_an_unprotected_branch_demands_nothing(forge: Forge) -> None:
    forge.answers[f"{SHOP}/repository/branches/main"]["protected"] = False
    assert rules(forge) == (False, False, False)


def test_approval_rules_of_other_branches_do_not_count(forge: Forge) -> None:
    forge.answers[f"{SHOP}/approval_rules"] = [{"approvals_required": 2, "protected_branches": [{"name": "release"}]}]
    assert rules(forge) == (True, False, True)


@pytest.mark.parametrize("answer", [DENIED, Reply(404, {"message": "404 Not Found"})])
def test_hidden_approval_rules_are_not_observed(forge: Forge, answer: Reply) -> None:
    forge.denied[f"{SHOP}/approval_rules"] = answer
    assert rules(forge) == (True, None, True)
    assert any("role Developer" in gap.reason for gap in observe(forge) if isinstance(gap, Gap))


def test_hidden_branches_and_merge_checks_are_not_observed(forge: Forge) -> None:
    forge.answers["/groups/acme/projects"] = [gitlab_project(forge, "acme/web/shop", only_allow_merge_if_pipeline_succeeds=None)]
    assert rules(forge) == (True, True, None)
    forge.denied[f"{SHOP}/repository/branches/main"] = DENIED
    assert rules(forge) == (None, None, None)


def test_schedules_and_their_runs_are_seen(forge: Forge) -> None:
    forge.answers |= {
        f"{SHOP}/pipeline_schedules": [{"id": 4, "active": True}, {"id": 5, "active": False}],
        f"{SHOP}/pipeline_schedules/4/pipelines": [{"status": "failed", "created_at": "2026-11-20T04:00:00Z"}],
        f"{SHOP}/pipelines": [{"status": "success", "created_at": "2026-11-21T04:00:00Z"}],
    }
    found = only(ForgePipeline, observe(forge))
    assert found.on_schedule is True
    assert (found.scheduled, found.requested) == ((Run("2026-11-20", "failure"),), (Run("2026-11-21", "success"),))


@pytest.mark.parametrize(
    ("schedules", "state"), [([], "it has no schedule"), ([{"id": 5, "active": False}], "its schedules are inactive")]
)
def test_a_project_without_an_active_schedule_says_so(forge: Forge, schedules: list[object], state: str) -> None:
    forge.answers[f"{SHOP}/pipeline_schedules"] = schedules
    found = only(ForgePipeline, observe(forge))
    assert (found.active, found.on_schedule, found.state) == (True, False, state)


def test_hidden_schedules_are_not_observed(forge: Forge) -> None:
    forge.denied[f"{SHOP}/pipeline_schedules"] = DENIED
    found = only(ForgePipeline, observe(forge))
    assert (found.on_schedule, found.scheduled) == (None, None)


def test_reviews_by_others_are_counted(forge: Forge) -> None:
    forge.answers |= {
        f"{SHOP}/merge_requests": [
            {"iid": 7, "author": {"username": "ada"}, "created_at": "2026-11-01T10:00:00Z", "merged_at": "2026-11-02T10:00:00Z"},
            {"iid": 8, "author": {"username": "project_5_bot_0a1b"}, "created_at": "2026-11-01T10:00:00Z"},
        ],
        f"{SHOP}/merge_requests/7/approvals": {"approved_by": [{"user": {"username": "bob"}}, {"user": {"username": "ada"}}]},
        f"{SHOP}/merge_requests/7/notes": [
            {"system": True, "author": {"username": "bob"}, "body": "added 1 commit", "created_at": "2026-11-01T10:10:00Z"},
            {"system": False, "author": {"username": "ada"}, "body": "please look", "created_at": "2026-11-01T10:20:00Z"},
            {"system": False, "author": {"username": "cleo"}, "body": "why?", "created_at": "2026-11-01T12:00:00Z"},
            {"system": True, "author": {"username": "bob"}, "body": "approved this merge request", "created_at": "2026-11-01T13:00:00Z"},
        ],
        f"{SHOP}/merge_requests/8/approvals": {"approved_by": []},
        f"{SHOP}/merge_requests/8/notes": [],
    }  # fmt: skip
    requests = only(MergedRequests, observe(forge)).requests
    assert [(r.number, r.merged, r.reviews, r.hours, r.bot) for r in requests] == [
        (7, "2026-11-02", 2, 2.0, False),
        (8, "", 0, None, True),
    ]


def test_every_page_is_read_from_the_host_the_user_named(forge: Forge) -> None:
    forge.page = 1
    forge.answers["/groups/acme/projects"].append(gitlab_project(forge, "acme/other"))
    with serving(Forge("/api/v4", token=TOKEN)) as elsewhere:
        forge.url, own = elsewhere.url, forge.url  # the links of the pages lead there
        found = list(
            COLLECTOR.observe(GitlabSettings(groups=("acme",), url=own), Organization(at=Place("", ""), name="o"), silent)
        )
        assert len([fact for fact in found if isinstance(fact, ForgeRepository)]) == 2
        assert elsewhere.asked == []


def test_a_redirection_to_another_host_does_not_take_the_token_along(forge: Forge) -> None:
    with serving(Forge("/api/v4")) as elsewhere:
        other = elsewhere.url.replace("127.0.0.1", "localhost")
        forge.fail(Reply(302, {}, {"Location": f"{other}/api/v4/groups/acme"}))
        with pytest.raises(UsageError, match="knows no group"):
            observe(forge)
        assert [asked.authorization for asked in elsewhere.asked] == [""]


def test_an_unknown_group_is_said(forge: Forge) -> None:
    forge.answers.clear()
    with pytest.raises(UsageError, match="knows no group 'acme'"):
        observe(forge)


def test_archived_projects_and_forks_are_listed_for_cloning_only_if_wanted(forge: Forge) -> None:
    forge.answers["/groups/acme/projects"] += [
        gitlab_project(forge, "acme/old", archived=True),
        gitlab_project(forge, "acme/fork", forked_from_project={"id": 1}),
    ]

    def names(**settings: bool) -> list[str]:
        assert COLLECTOR.repositories
        listing = COLLECTOR.repositories(GitlabSettings(groups=("acme",), url=forge.url, **settings), silent)
        assert (listing.access.user, TOKEN in repr(listing)) == ("oauth2", False)
        return [repository.name for repository in listing.repositories]

    assert names() == ["acme/web/shop"]
    assert names(archived=True, forks=True) == ["acme/fork", "acme/old", "acme/web/shop"]


@pytest.mark.parametrize(("there", "exists"), [(True, True), (False, None)])
def test_a_project_that_is_not_found_may_be_hidden(forge: Forge, there: bool, exists: bool | None) -> None:
    if there:
        forge.answers["/projects/acme/infra/config"] = {"id": 3}
    source = AppSource(repository=f"{forge.url}/acme/infra/config.git", path="apps")
    application = Application(
        at=Place("shop", "app.yaml", 1), product="argocd", type="Application", name="shop", sources=(source,)
    )
    here = Repository(at=Place("shop", ""), name="shop", path=".", facts=(application,))
    assert only(ForgeReference, observe(forge, Organization(at=Place("", ""), name="o", repositories=(here,)))).exists is exists


def test_only_declared_calls_are_made_and_all_of_them(forge: Forge) -> None:
    test_schedules_and_their_runs_are_seen(forge)
    test_reviews_by_others_are_counted(forge)
    test_a_project_that_is_not_found_may_be_hidden(forge, True, True)
    for asked in forge.asked:
        assert any(call.covers(asked.method, asked.path) for call in gitlab_calls.CALLS), asked
    assert {call for call in gitlab_calls.CALLS for asked in forge.asked if call.covers(asked.method, asked.path)} == set(
        gitlab_calls.CALLS
    )
    assert {asked.method for asked in forge.asked} == {"GET"}


def test_the_scopes_printed_are_those_of_the_calls() -> None:
    text = COLLECTOR.permissions(None)
    assert all(f"GET {call.path} " in text for call in gitlab_calls.CALLS)
    assert {scope for call in gitlab_calls.CALLS for scope in call.right.split()[:1]} == {"read_api"}
    assert "  read_api " in text


@pytest.mark.parametrize(
    "reply",
    [
        Reply(429, {"message": "Retry later"}, {"Retry-After": "0"}),
        Reply(429, "Retry later", {"RateLimit-Remaining": "0", "RateLimit-Reset": "1"}),
        Reply(502, "<html>"),
        Reply(200, "{"),
        Reply(200, {"full_path": "acme"}, cut=True),
    ],
)
def test_what_passes_is_asked_again(forge: Forge, reply: Reply) -> None:
    forge.fail(reply, reply)
    assert only(BranchRules, observe(forge)).protected is True


@pytest.mark.parametrize(
    ("replies", "says"),
    [
        ([Reply(429, {}, {"Retry-After": "7200"})], "rate limit is used up for another 120 minutes"),
        ([Reply(503, {"message": "Unavailable"})] * 9, "503 Unavailable"),
        ([Reply(401, {"message": "401 Unauthorized"})], "401 401 Unauthorized"),
        ([Reply(200, {}), Reply(200, {"message": "no list"})], "no list"),
        ([Reply(200, {}), Reply(200, [{"id": 1}])], "not documented"),
    ],
)
def test_what_stays_is_a_gap(forge: Forge, replies: list[Reply], says: str) -> None:
    forge.fail(*replies)
    [gap] = observe(forge)
    assert isinstance(gap, Gap)
    assert says in gap.reason


def test_a_slow_answer_is_given_up(forge: Forge, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assessor.collectors.gitlab.client.TIMEOUT", 0.1)
    forge.fail(*[Reply(200, {}, delay=0.3)] * 9)
    [gap] = observe(forge)
    assert isinstance(gap, Gap)
    assert "does not answer in time" in gap.reason
