"""What GitHub demands of changes to a branch: rules of rulesets, and classic protection as far as the token may see it.

"Rules for a branch" answers with what is in force for anybody who may read the repository, and leaves out rulesets in evaluate
mode. Classic protection is only shown to who administers it. Everybody else sees that the branch is protected, which checks that
takes (`protection` of the branch) and, asking GraphQL, how many reviews (`refUpdateRule`). What none of them shows is not observed.
"""

from __future__ import annotations

from typing import Any

from assessor.collectors.forges.pacing import Refused
from assessor.facts.base import Place
from assessor.facts.forge import BranchRules, ForgeRepository

from .calls import BRANCH, PROTECTION, RULES
from .client import Client

NO_PLAN = "Upgrade to GitHub"  # how GitHub says that the plan has no protection for private repositories
NOT_PROTECTED = "Branch not protected"
_PROTECTS = frozenset({"pull_request", "required_status_checks", "update", "workflows", "merge_queue", "required_deployments"})


def branch_rules(client: Client, repository: ForgeRepository, update_rule: dict[str, Any]) -> BranchRules:
    """Return what is demanded of the default branch; `update_rule` is GraphQL's `refUpdateRule`. Raises `AskingError`."""
    owner, _, name = repository.name.partition("/")
    parts = {"owner": owner, "name": name, "branch": repository.default_branch}
    rules = _rules(client, parts)
    classic = _Classic(client, parts, update_rule)
    types = {rule["type"] for rule in rules or () if isinstance(rule.get("type"), str)}
    reviews = rules is not None and any(_asks_reviews(rule) for rule in rules)
    checks = rules is not None and bool(types & {"required_status_checks", "workflows"})
    unknown = rules is None
    required = {
        str(check.get("context")) for rule in rules or () for check in _parameters(rule).get("required_status_checks") or ()
    }
    return BranchRules(
        at=Place("", f"{client.address.url}/{repository.name}/tree/{repository.default_branch}", source="github"),
        repository=repository.repository,
        branch=repository.default_branch,
        protected=_either(bool(types & _PROTECTS), classic.protected, unknown=unknown),
        reviews=_either(reviews, classic.reviews, unknown=unknown),
        checks=_either(checks, classic.checks, unknown=unknown),
        required=tuple(sorted(required | classic.required)),
        hidden="the rules of the branch cannot be read" if unknown else classic.hidden,
    )


def _either(seen: bool, classic: bool | None, *, unknown: bool) -> bool | None:
    """Join both ways of protection: either of them suffices, and it takes both to say that there is none."""
    if seen or classic:
        return True
    return None if unknown else classic


def _rules(client: Client, parts: dict[str, str]) -> list[dict[str, Any]] | None:
    """Return the rules in force; None where they cannot be read."""
    try:
        return [rule for rule in client.get(RULES, {"per_page": "100"}, **parts) if isinstance(rule, dict)]
    except Refused as refused:
        return [] if NO_PLAN in refused.message else None


def _parameters(rule: dict[str, Any]) -> dict[str, Any]:
    found = rule.get("parameters")
    return found if isinstance(found, dict) else {}


def _asks_reviews(rule: dict[str, Any]) -> bool:
    return rule.get("type") == "pull_request" and bool(_parameters(rule).get("required_approving_review_count"))


class _Classic:
    """Classic protection of a branch; None is what cannot be seen."""

    def __init__(self, client: Client, parts: dict[str, str], update_rule: dict[str, Any]) -> None:
        self.protected: bool | None = False
        self.reviews: bool | None = False
        self.checks: bool | None = False
        self.required: frozenset[str] = frozenset()
        self.hidden = ""
        branch = self._branch(client, parts)
        if branch.get("protected") is False:
            return
        if not client.address.token:  # refused in any case
            self._guess(branch, update_rule)
            return
        try:
            self._from(client.get(PROTECTION, **parts))
        except Refused as refused:
            if NOT_PROTECTED not in refused.message and NO_PLAN not in refused.message:
                self._guess(branch, update_rule)

    def _branch(self, client: Client, parts: dict[str, str]) -> dict[str, Any]:
        try:
            found = client.get(BRANCH, **parts)
        except Refused:
            return {}
        return found if isinstance(found, dict) else {}

    def _from(self, protection: dict[str, Any]) -> None:
        self.protected = True
        reviews = protection.get("required_pull_request_reviews") or {}
        checks = protection.get("required_status_checks") or {}
        self.reviews = bool(reviews.get("required_approving_review_count"))
        self.required = _contexts(checks)
        self.checks = bool(self.required)

    def _guess(self, branch: dict[str, Any], update_rule: dict[str, Any]) -> None:
        """Take what is shown to everybody."""
        self.protected = True if branch.get("protected") else None
        shown = branch.get("protection")
        known = shown.get("required_status_checks") if isinstance(shown, dict) else None
        if isinstance(known, dict):
            self.required = _contexts(known) if known.get("enforcement_level") != "off" else frozenset()
            self.checks = bool(self.required)
        else:
            self.checks = None
        if update_rule.get("requiredStatusCheckContexts"):
            self.checks = True
        self.reviews = True if update_rule.get("requiredApprovingReviewCount") else None
        self.hidden = "classic branch protection is only shown to a token with Administration: read"


def _contexts(checks: dict[str, Any]) -> frozenset[str]:
    named = [c.get("context") for c in checks.get("checks") or () if isinstance(c, dict)] + list(checks.get("contexts") or ())
    return frozenset(str(name) for name in named if name)
