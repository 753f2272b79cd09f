"""CODEOWNERS and branch protection written as files."""

from __future__ import annotations

import pytest

from assessor.facts.gitops import BranchProtection, Codeowners
from tests.organizations import read


def test_code_owners_are_patterns_with_owners() -> None:
    content = "# teams\n* @acme/platform\n/docs/ a@example.com @b # writers\n/unowned\n/broken platform\n"
    (found,) = read("codeowners", ".github/CODEOWNERS", content)
    assert isinstance(found, Codeowners)
    assert (found.rules, found.errors) == ((("*", True), ("/docs/", True), ("/unowned", False)), 1)
    assert found.at.line == 2


def test_a_section_of_gitlab_owns_what_it_lists() -> None:
    (found,) = read("codeowners", "CODEOWNERS", "[Config][2] @acme/platform\napps/\n[Optional]\nother/\n")
    assert isinstance(found, Codeowners)
    assert found.rules == (("apps/", True),)


def test_code_owners_elsewhere_are_read_by_no_forge() -> None:
    assert not read("codeowners", "config/CODEOWNERS", "* @a\n")


@pytest.mark.parametrize(("path", "tool"), [(".github/settings.yml", "settings.yml"), (".github/suborgs/a.yml", "safe-settings")])
def test_settings_apply_protection(path: str, tool: str) -> None:
    content = (
        "branches:\n  - name: main\n    protection:\n      required_pull_request_reviews: {required_approving_review_count: 1}\n"
    )
    (found,) = read("repository-settings", path, content)
    assert isinstance(found, BranchProtection)
    assert (found.tool, found.reviews, found.checks, found.applied, found.at.line) == (tool, True, False, True, 3)


def test_a_committed_ruleset_is_intent_and_a_disabled_one_nothing() -> None:
    content = (
        '{"target": "branch", "enforcement": "active", "rules": [{"type": "pull_request"}, {"type": "required_status_checks"}]}'
    )
    (found,) = read("rulesets", ".github/rulesets/main.json", content)
    assert isinstance(found, BranchProtection)
    assert (found.reviews, found.checks, found.applied) == (True, True, False)
    assert not read("rulesets", ".github/rulesets/main.json", content.replace("active", "evaluate"))
    assert not read("rulesets", ".github/rulesets/main.json", content.replace('"branch"', '"tag"'))
    lenient = content.replace('"pull_request"', '"pull_request", "parameters": {"required_approving_review_count": 0}')
    (found,) = read("rulesets", ".github/rulesets/main.json", lenient)
    assert isinstance(found, BranchProtection)
    assert not found.reviews
