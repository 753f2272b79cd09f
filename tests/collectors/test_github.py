"""GitHub: what is learned of repositories, what is hidden, and that only declared calls are made."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

import pytest

from assessor.collectors.forges import pacing
from assessor.collectors.forges.pacing import Patience
from assessor.collectors.github import COLLECTOR
from assessor.collectors.github import calls as github_calls
from assessor.collectors.github.client import api
from assessor.errors import UsageError
from assessor.facts.base import Fact, Gap, Place
from assessor.facts.forge import BranchRules, ForgeOwner, ForgePipeline, ForgeReference, ForgeRepository, MergedRequests, Run
from assessor.facts.gitops import Application, AppSource
from assessor.facts.repository import Organization, Repository
from assessor.observing import silent
from assessor.settings import GithubSettings
from tests.collectors.forge_server import TOKEN, Forge, Reply, github_repository, serving

SHOP = "/repos/acme/shop"
PULL = {"type": "pull_request", "parameters": {"required_approving_review_count": 1}}
CHECKS = {"type": "required_status_checks", "parameters": {"required_status_checks": [{"context": "validate"}]}}
PROTECTED = {
    "protected": True,
    "protection": {"enabled": True, "required_status_checks": {"enforcement_level": "off", "contexts": []}},
}
NOT_FOUND = Reply(404, {"message": "Not Found"})
DENIED = Reply(403, {"message": "Resource not accessible by personal access token"})


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "assessor.collectors.github.Pace",
        lambda *a, **k: pacing.Pace(0.0, Patience(pause=0.01, wait=2), **{n: v for n, v in k.items() if n != "patience"}),
    )
    monkeypatch.setenv("GITHUB_TOKEN", TOKEN)


@pytest.fixture
def forge() -> Iterator[Forge]:
    """Serve an organization with one repository, without any protection."""
    with serving(Forge("/api/v3", token=TOKEN, query=lambda body: {"data": {"repository": None}})) as forge:
        forge.answers |= {
            "/orgs/acme": {"login": "acme", "public_repos": 1},
            "/orgs/acme/repos": [github_repository(forge, "acme", "shop")],
            f"{SHOP}/rules/branches/main": [],
            f"{SHOP}/branches/main": {"protected": False},
            f"{SHOP}/actions/workflows": {"workflows": []},
            f"{SHOP}/actions/runs": {"workflow_runs": []},
        }
        yield forge


def observe(forge: Forge, declared: Organization | None = None, **settings: Any) -> list[Fact | Gap]:
    here = Repository(at=Place("shop", ""), name="shop", path=".", remote=f"{forge.url}/acme/shop.git")
    known = declared or Organization(at=Place("", ""), name="o", repositories=(here,))
    return list(COLLECTOR.observe(GithubSettings(organizations=("acme",), url=forge.url, **settings), known, silent))


def only(kind: type[Any], found: list[Fact | Gap]) -> Any:
    [fact] = [fact for fact in found if isinstance(fact, kind)]
    return fact


def rules(forge: Forge) -> tuple[bool | None, bool | None, bool | None]:
    found = only(BranchRules, observe(forge))
    return found.protected, found.reviews, found.checks


def test_an_unprotected_branch_is_seen_as_such(forge: Forge) -> None:
    assert rules(forge) == (False, False, False)


def test_rules_of_rulesets_count(forge: Forge) -> None:
    forge.answers[f"{SHOP}/rules/branches/main"] = [PULL, CHECKS, {"type": "deletion"}]
    found = only(BranchRules, observe(forge))
    assert (found.protected, found.reviews, found.checks, found.required) == (True, True, True, ("validate",))


def test_a_pull_request_without_approval_is_no_review(forge: Forge) -> None:
    forge.answers[f"{SHOP}/rules/branches/main"] = [
        {"type": "pull_request", "parameters": {"required_approving_review_count": 0}}
    ]
    assert rules(forge) == (True, False, False)


def test_classic_protection_counts_where_it_may_be_read(forge: Forge) -> None:
    forge.answers[f"{SHOP}/branches/main"] = PROTECTED
    forge.answers[f"{SHOP}/branches/main/protection"] = {
        "required_pull_request_reviews": {"required_approving_review_count": 2},
        "required_status_checks": {"contexts": ["ci"], "checks": [{"context": "ci"}]},
    }
    assert rules(forge) == (True, True, True)


@pytest.mark.parametrize("answer", [NOT_FOUND, DENIED])
def test_hidden_classic_protection_is_not_observed(forge: Forge, answer: Reply) -> None:
    forge.answers[f"{SHOP}/branches/main"] = PROTECTED
    forge.denied[f"{SHOP}/branches/main/protection"] = answer
    found = observe(forge)
    seen = only(BranchRules, found)
    assert (seen.protected, seen.reviews, seen.checks) == (True, None, False)
    assert any("Administration: read" in gap.reason for gap in found if isinstance(gap, Gap))


def test_a_branch_of_which_only_the_mark_is_shown_is_protected_and_no_more(forge: Forge) -> None:
    forge.answers[f"{SHOP}/branches/main"] = {"protected": True}
    assert rules(forge) == (True, None, None)


def test_protection_by_a_ruleset_alone_hides_no_classic_one(forge: Forge) -> None:
    forge.answers[f"{SHOP}/branches/main"] = {"protected": True}
    forge.answers[f"{SHOP}/rules/branches/main"] = [PULL]
    forge.denied[f"{SHOP}/branches/main/protection"] = Reply(404, {"message": "Branch not protected"})
    assert rules(forge) == (True, True, False)


def test_graphql_shows_reviews_that_rest_hides(forge: Forge) -> None:
    forge.answers[f"{SHOP}/branches/main"] = PROTECTED
    rule = {"requiredApprovingReviewCount": 1, "requiredStatusCheckContexts": ["ci"]}
    forge.query = lambda body: {"data": {"repository": {"ref": {"refUpdateRule": rule}, "pullRequests": {"nodes": []}}}}
    assert rules(forge) == (True, True, True)


def test_rules_that_cannot_be_read_are_not_observed(forge: Forge) -> None:
    forge.denied[f"{SHOP}/rules/branches/main"] = DENIED
    assert rules(forge) == (None, None, None)


def test_a_plan_without_protection_has_none(forge: Forge) -> None:
    upgrade = Reply(403, {"message": "Upgrade to GitHub Pro or make this repository public to enable this feature."})
    forge.denied |= {f"{SHOP}/rules/branches/main": upgrade, f"{SHOP}/branches/main/protection": upgrade}
    assert rules(forge) == (False, False, False)


def test_without_a_token_public_data_is_read_and_the_rest_is_a_gap(forge: Forge, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GITHUB_TOKEN")
    monkeypatch.delenv("GH_TOKEN", raising=False)
    forge.token = ""
    forge.query = None
    forge.answers[f"{SHOP}/rules/branches/main"] = [PULL, CHECKS]
    found = observe(forge)
    assert only(BranchRules, found).reviews
    assert any("without GITHUB_TOKEN" in gap.reason for gap in found if isinstance(gap, Gap))
    assert not [asked for asked in forge.asked if asked.method != "GET" or asked.authorization]


def review(login: str, when: str, kind: str = "User") -> dict[str, Any]:
    return {"state": "APPROVED", "submittedAt": when, "author": {"__typename": kind, "login": login}}


def test_reviews_by_others_are_counted(forge: Forge) -> None:
    nodes = [
        {
            "number": 7,
            "createdAt": "2026-11-01T10:00:00Z",
            "mergedAt": "2026-11-02T10:00:00Z",
            "author": {"__typename": "User", "login": "ada"},
            "reviews": {
                "nodes": [
                    review("ada", "2026-11-01T10:01:00Z"),
                    review("scanner", "2026-11-01T10:02:00Z", "Bot"),
                    review("bob", "2026-11-01T13:00:00Z"),
                ]
            },
        },
        {"number": 8, "createdAt": "2026-11-01T10:00:00Z", "mergedAt": None, "author": None, "reviews": {"nodes": []}},
        {"number": 9, "createdAt": "odd", "author": {"__typename": "Bot", "login": "renovate"}, "reviews": None},
    ]
    forge.query = lambda body: {"data": {"repository": {"ref": None, "pullRequests": {"nodes": nodes}}}}
    requests = only(MergedRequests, observe(forge)).requests
    assert [(r.number, r.merged, r.reviews, r.hours, r.bot) for r in requests] == [
        (7, "2026-11-02", 1, 3.0, False),
        (8, "", 0, None, False),
        (9, "", 0, None, True),
    ]


def test_workflows_that_are_switched_off_and_their_runs_are_seen(forge: Forge) -> None:
    drift, check = ".github/workflows/drift.yml", ".github/workflows/check.yml"
    forge.answers[f"{SHOP}/actions/workflows"] = {
        "workflows": [
            {"path": drift, "state": "disabled_inactivity"},
            {"path": check, "state": "active"},
            {"path": "dynamic/pages", "state": "active"},
        ]
    }
    runs = {
        "schedule": [{"path": drift, "conclusion": "failure", "created_at": "2026-09-01T00:00:00Z"}],
        "pull_request": [
            {"path": f"{check}@main", "conclusion": None, "status": "in_progress", "created_at": "2026-11-20T00:00:00Z"}
        ],
    }
    forge.answers[f"{SHOP}/actions/runs"] = lambda query: {"workflow_runs": runs[query["event"]]}
    found = {fact.file: fact for fact in observe(forge) if isinstance(fact, ForgePipeline)}
    assert (found[drift].active, found[drift].state) == (False, "disabled_inactivity")
    assert found[drift].scheduled == (Run("2026-09-01", "failure"),)
    assert found[check].requested == (Run("2026-11-20", "in_progress"),)
    assert len(found) == 2


def test_every_page_is_read_and_only_scanned_repositories_are_asked_about(forge: Forge) -> None:
    forge.page = 2
    forge.answers["/orgs/acme/repos"] += [github_repository(forge, "acme", f"other-{number}") for number in range(4)]
    found = observe(forge)
    assert len([fact for fact in found if isinstance(fact, ForgeRepository)]) == 5
    assert not [asked.path for asked in forge.asked if "other-" in asked.path]


def test_a_user_is_asked_like_an_organization(forge: Forge) -> None:
    forge.answers["/users/acme"] = {"login": "acme"}
    forge.answers["/users/acme/repos"] = forge.answers.pop("/orgs/acme/repos")
    del forge.answers["/orgs/acme"]
    assert only(ForgeOwner, observe(forge)).repositories == 1
    forge.answers["/user"] = {"login": "somebody"}
    assert only(ForgeOwner, observe(forge)).repositories == 1


def test_users_see_their_own_private_repositories(forge: Forge) -> None:
    del forge.answers["/orgs/acme"]
    forge.answers |= {"/users/acme": {"login": "acme"}, "/user": {"login": "Acme"}}
    forge.answers["/user/repos"] = [github_repository(forge, "acme", name) for name in ("shop", "private")]
    assert only(ForgeOwner, observe(forge)).repositories == 2


def test_an_unknown_organization_is_said(forge: Forge) -> None:
    forge.answers.clear()
    with pytest.raises(UsageError, match="knows no organization or user 'acme'"):
        observe(forge)


def test_archived_repositories_and_forks_are_listed_for_cloning_only_if_wanted(forge: Forge) -> None:
    forge.answers["/orgs/acme/repos"] += [
        github_repository(forge, "acme", "old", archived=True),
        github_repository(forge, "acme", "fork", fork=True),
    ]
    assert COLLECTOR.repositories

    def names(**settings: bool) -> list[str]:
        assert COLLECTOR.repositories
        listing = COLLECTOR.repositories(GithubSettings(organizations=("acme",), url=forge.url, **settings), silent)
        assert (listing.access.host, listing.access.protocols) == (forge.url.removeprefix("http://"), ("http",))
        return [repository.name for repository in listing.repositories]

    assert names() == ["acme/shop"]
    assert names(archived=True, forks=True) == ["acme/fork", "acme/old", "acme/shop"]


@pytest.mark.parametrize(("private", "status", "exists"), [(0, 404, False), (3, 404, None), (None, 404, None), (0, 200, True)])
def test_a_repository_that_files_refer_to_is_missing_only_if_none_can_be_hidden(
    forge: Forge, private: int | None, status: int, exists: bool | None
) -> None:
    if private is not None:
        forge.answers["/orgs/acme"]["total_private_repos"] = private
    if status == 200:
        forge.answers["/repos/acme/config"] = {"full_name": "acme/settings"}
    source = AppSource(repository=f"{forge.url}/acme/config.git", path="apps")
    application = Application(
        at=Place("shop", "app.yaml", 1), product="argocd", type="Application", name="shop", sources=(source,)
    )
    here = Repository(at=Place("shop", ""), name="shop", path=".", facts=(application,))
    found = observe(forge, Organization(at=Place("", ""), name="o", repositories=(here,)))
    assert only(ForgeReference, found).exists is exists


def test_only_declared_calls_are_made_and_the_one_post_only_reads(forge: Forge) -> None:
    forge.answers[f"{SHOP}/branches/main"] = PROTECTED
    forge.answers[f"{SHOP}/actions/workflows"] = {"workflows": [{"path": ".github/workflows/a.yml", "state": "active"}]}
    observe(forge)
    for asked in forge.asked:
        path = asked.path.removeprefix("/api")  # where an Enterprise Server keeps GraphQL
        assert any(call.covers(asked.method, path) for call in github_calls.CALLS), asked
        assert asked.method == "GET" or asked.body["query"].strip().startswith("query(")
    made = {
        call for call in github_calls.CALLS for asked in forge.asked if call.covers(asked.method, asked.path.removeprefix("/api"))
    }
    # made in tests above
    others = {github_calls.USER, github_calls.OF_USER, github_calls.ME, github_calls.MINE, github_calls.REPOSITORY}
    assert made == set(github_calls.CALLS) - others


def test_the_rights_printed_are_those_of_the_calls() -> None:
    text = COLLECTOR.permissions(None)
    for call in github_calls.CALLS:
        assert f"{call.method} {call.path} " in text
        assert all(f"  {right.strip()}\n" in text for right in call.right.split(",") if right)


@pytest.mark.parametrize(
    "reply",
    [
        Reply(429, {"message": "slow down"}, {"Retry-After": "0"}),
        Reply(403, {"message": "You have exceeded a secondary rate limit"}, {"Retry-After": "0"}),
        Reply(403, {"message": "API rate limit exceeded"}, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1"}),
        Reply(502, "<html>Bad Gateway</html>"),
        Reply(500, {"message": "Server Error"}),
        Reply(200, '{"half": '),
        Reply(200, {"login": "acme"}, cut=True),
    ],
)
def test_what_passes_is_asked_again(forge: Forge, reply: Reply) -> None:
    forge.fail(reply, reply)
    assert only(BranchRules, observe(forge)).protected is False


@pytest.mark.parametrize(
    ("replies", "says"),
    [
        (
            [
                Reply(
                    403,
                    {"message": "API rate limit exceeded"},
                    {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "99999999999"},
                )
            ],
            "rate limit is used up",
        ),
        ([Reply(503, {"message": "Unavailable"})] * 9, "503 Unavailable"),
        ([Reply(401, {"message": "Bad credentials"})], "401 Bad credentials"),
        ([Reply(410, {"message": "Gone"})], "410 Gone"),
        ([Reply(200, "not json")] * 9, "no JSON"),
        ([Reply(200, ["a list"])], "not documented"),
        ([Reply(301, {}, {"Location": "https://elsewhere.example/orgs/acme"})] * 9, "cannot be reached"),
    ],
)
def test_what_stays_is_a_gap(forge: Forge, replies: list[Reply], says: str) -> None:
    forge.fail(*replies)
    [gap] = observe(forge)
    assert isinstance(gap, Gap)
    assert says in gap.reason
    assert TOKEN not in str(gap)


def test_one_repository_that_cannot_be_asked_about_costs_only_itself(forge: Forge) -> None:
    forge.answers["/orgs/acme/repos"].append(github_repository(forge, "acme", "odd"))
    forge.answers |= {"/repos/acme/odd/rules/branches/main": 5, "/repos/acme/odd/branches/main": {"protected": False}}
    names = ("shop", "odd")
    known = tuple(Repository(at=Place(n, ""), name=n, path=".", remote=f"{forge.url}/acme/{n}") for n in names)
    found = observe(forge, Organization(at=Place("", ""), name="o", repositories=known))
    assert [fact.repository for fact in found if isinstance(fact, BranchRules)] == ["127.0.0.1/acme/shop"]
    assert [gap.subject for gap in found if isinstance(gap, Gap)] == ["acme/odd"]


def test_a_host_that_cannot_be_reached_is_a_gap() -> None:
    settings = GithubSettings(organizations=("acme",), url="http://127.0.0.1:9")
    [gap] = COLLECTOR.observe(settings, Organization(at=Place("", ""), name="o"), silent)
    assert isinstance(gap, Gap)
    assert "cannot be reached" in gap.reason


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("ghe.example.com", "is not the address of a server"),
        ("http://ghe.example.com", "is not encrypted"),
        ("https://ada:secret@ghe.example.com", "was given with credentials"),
        ("ftp://ghe.example.com", "is not the address of a server"),
        ("https://ghe.example.com:nan", "is not the address of a server"),
    ],
)
def test_an_address_that_is_none_is_said_before_anything_is_asked(url: str, says: str) -> None:
    with pytest.raises(UsageError, match=says) as raised:
        COLLECTOR.verify(GithubSettings(organizations=("acme",), url=url), ())
    assert "secret" not in str(raised.value)


def test_a_token_that_could_forge_a_header_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", "abc\r\nX-Evil: 1")
    with pytest.raises(UsageError, match="characters that no token has"):
        COLLECTOR.verify(GithubSettings(organizations=("acme",)), ())


@pytest.mark.parametrize(
    ("url", "root"),
    [
        ("https://github.com", "https://api.github.com"),
        ("https://acme.ghe.com", "https://api.acme.ghe.com"),
        ("https://git.acme.example", "https://git.acme.example/api/v3"),
        ("https://git.acme.example/api/v3", "https://git.acme.example/api/v3"),
    ],
)
def test_where_the_api_is(url: str, root: str) -> None:
    assert api(url) == root


def test_the_token_is_in_nothing_that_is_seen(forge: Forge) -> None:
    forge.denied[f"{SHOP}/rules/branches/main"] = Reply(403, {"message": f"token {TOKEN} may not"})
    listing = (
        COLLECTOR.repositories(GithubSettings(organizations=("acme",), url=forge.url), silent) if COLLECTOR.repositories else None
    )
    assert TOKEN not in repr(observe(forge)) + repr(listing)
    assert dataclasses.asdict(listing)["access"]["token"] == TOKEN if listing else False
