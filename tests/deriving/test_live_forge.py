"""What forges say, joined with what files declare."""

from __future__ import annotations

import pytest

from assessor.deriving import derive_organization
from assessor.deriving.live_forge import about, referred
from assessor.facts.base import Fact, Place
from assessor.facts.forge import BranchRules, ForgeOwner, ForgePipeline, ForgeReference
from assessor.facts.gitops import Application, AppSource, BranchProtection
from assessor.facts.infrastructure import ModuleCall
from assessor.facts.live import Contradiction
from assessor.facts.repository import Organization, Repository

OWNER = ForgeOwner(at=Place("", "https://github.com/acme", source="github"), name="acme", address="github.com/acme")


def repository(name: str, *facts: Fact, remote: str = "") -> Repository:
    return Repository(at=Place(name, ""), name=name, path=name, remote=remote or f"git@github.com:Acme/{name}.git", facts=facts)


def rules(name: str, *, reviews: bool | None = False, checks: bool | None = False) -> BranchRules:
    at = Place("", f"https://github.com/acme/{name}/tree/main", source="github")
    return BranchRules(at=at, repository=f"github.com/acme/{name}", branch="main", protected=True, reviews=reviews, checks=checks)


def protection(home: str, tool: str = "settings.yml", *, applied: bool = True) -> BranchProtection:
    return BranchProtection(at=Place(home, "declared", 1), tool=tool, reviews=True, checks=True, applied=applied)


def joined(*repositories: Repository, facts: tuple[Fact, ...] = ()) -> Organization:
    return derive_organization(Organization(at=Place("", ""), name="o", repositories=repositories, facts=(OWNER, *facts)))


def contradictions(organization: Organization) -> list[tuple[str, str]]:
    return [(found.name, found.subject) for found in organization.of(Contradiction)]


@pytest.mark.parametrize(
    "remote", ["https://github.com/acme/shop", "ssh://git@github.com:22/acme/shop.git", "https://x@GitHub.com/Acme/Shop.git/"]
)
def test_facts_go_to_the_repository_that_was_cloned_from_there(remote: str) -> None:
    found = joined(repository("here", remote=remote), facts=(rules("shop"), rules("other")))
    assert [fact.repository for fact in found.repositories[0].of(BranchRules)] == ["github.com/acme/shop"]
    assert [fact.repository for fact in found.facts if isinstance(fact, BranchRules)] == ["github.com/acme/other"]


def test_joining_again_changes_nothing() -> None:
    once = joined(repository("shop", protection("shop")), facts=(rules("shop"),))
    assert derive_organization(once).repositories == once.repositories


def test_protection_that_a_repository_declares_of_itself_and_that_is_not_in_force_is_told() -> None:
    found = joined(
        repository("shop", protection("shop")), repository("site", protection("site")), facts=(rules("shop"), rules("site", reviews=None, checks=None))
    )  # fmt: skip
    assert contradictions(found) == [("unprotected", "github.com/acme/shop main")]
    [told] = found.of(Contradiction)
    assert (told.declared, told.observed and told.observed.source) == (Place("shop", "declared", 1), "github")


def test_settings_kept_elsewhere_are_held_against_a_branch_only_where_there_is_but_one() -> None:
    terraform = repository("infra", protection("infra", "terraform"))
    assert contradictions(joined(terraform, facts=(rules("infra"),))) == [("unprotected", "github.com/acme/infra main")]
    assert contradictions(joined(terraform, repository("shop"), facts=(rules("infra"), rules("shop")))) == []


def test_a_ruleset_that_nothing_applies_contradicts_nothing() -> None:
    assert contradictions(joined(repository("shop", protection("shop", applied=False)), facts=(rules("shop"),))) == []


def application(address: str) -> Application:
    sources = (AppSource(repository=address, path="apps"),)
    return Application(at=Place("shop", "app.yaml", 1), product="argocd", type="Application", name="a", sources=sources)


def module(source: str, *, local: bool = False) -> ModuleCall:
    return ModuleCall(at=Place("shop", "main.tf", 3), name="m", source=source, local=local)


@pytest.mark.parametrize(
    ("fact", "address"),
    [
        (application("https://github.com/acme/config.git"), "github.com/acme/config"),
        (application("git@github.com:acme/config"), "github.com/acme/config"),
        (application("https://github.com/acme/{{name}}"), ""),
        (application("registry.example.com/charts"), ""),
        (module("git::https://github.com/acme/modules.git//network/vpc?ref=v1"), "github.com/acme/modules"),
        (module("git::ssh://git@github.com/acme/modules.git?ref=v1"), "github.com/acme/modules"),
        (module("github.com/acme/modules//network"), "github.com/acme/modules"),
        (module("git@github.com:acme/modules.git//network"), "github.com/acme/modules"),
        (module("terraform-aws-modules/vpc/aws"), ""),
        (module("../network", local=True), ""),
        (module("git::https://github.com/acme/${var.name}"), ""),
    ],
)
def test_repositories_that_files_refer_to(fact: Fact, address: str) -> None:
    found = referred(Organization(at=Place("", ""), name="o", repositories=(repository("shop", fact),)))
    assert list(found) == ([address] if address else [])


@pytest.mark.parametrize(("exists", "told"), [(False, True), (None, False), (True, False)])
def test_a_repository_is_missing_only_where_the_forge_says_so(exists: bool | None, told: bool) -> None:
    reference = ForgeReference(at=OWNER.at, repository="github.com/acme/modules", exists=exists)
    found = joined(repository("shop", module("github.com/acme/modules//network")), facts=(reference,))
    assert contradictions(found) == ([("repository-missing", "github.com/acme/modules")] if told else [])


def test_a_pipeline_that_does_nothing_we_know_may_be_off() -> None:
    at = Place("", "https://github.com/acme/shop/actions/workflows/stale.yml", source="github")
    off = ForgePipeline(
        at=at, repository="github.com/acme/shop", file=".github/workflows/stale.yml", active=False, on_schedule=False
    )
    assert contradictions(joined(repository("shop"), facts=(off,))) == []


def test_facts_are_looked_up_by_repository() -> None:
    assert {address: len(facts) for address, facts in about((OWNER, rules("shop"))).items()} == {"github.com/acme/shop": 1}
