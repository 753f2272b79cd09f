"""Who must look at a change: CODEOWNERS, and branch protection written as files.

Probot's Settings app reads ``.github/settings.yml`` of the repository itself; safe-settings keeps the settings of all
repositories in one, with ``suborgs/`` and ``repos/`` beside it. A committed ruleset is applied by nothing: intent.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from assessor.facts.gitops import BranchProtection, Codeowners
from assessor.parsing.yaml import Map
from assessor.reading import Source, reader

from .bots import read_json
from .objects import get, items, mapping, text

_OWNER = re.compile(r"@[\w.-]+(?:/[\w.-]+)*|[^\s@]+@[^\s@]+")
MAX_PATTERNS = 2000


@reader("codeowners", names=("CODEOWNERS",))
def read_codeowners(source: Source) -> Iterator[Codeowners]:
    """Yield the rules of a CODEOWNERS file that a forge reads, and how many of its lines it would reject."""
    if source.folder not in ("", ".github", "docs", ".gitlab", ".bitbucket", ".gitea", ".forgejo"):
        return
    rules: list[tuple[str, bool]] = []
    first = errors = 0
    section, section_owned = False, False
    for number, line in enumerate(source.lines[: MAX_PATTERNS * 5], 1):
        content = line.partition(" #")[0].strip()
        if not content or content.startswith("#"):
            continue
        if content.startswith(("[", "^[")):  # a section of GitLab, perhaps with owners for all of it
            section, section_owned = True, bool(_OWNER.search(content.partition("]")[2]))
            continue
        pattern, *owners = content.split()
        if not all(_OWNER.fullmatch(owner) for owner in owners):
            errors += 1
        elif owners or section_owned or not section:  # what a section leaves without owners may have them from another
            rules.append((pattern, bool(owners) or section_owned))
            first = first or number
    yield Codeowners(at=source.place(first or 1), rules=tuple(rules[:MAX_PATTERNS]), errors=errors)


@reader(
    "repository-settings",
    names=(".github/settings.yml", ".github/suborgs/*.yml", ".github/repos/*.yml", "suborgs/*.yml", "safe-settings/**"),
)
def read_settings(source: Source) -> Iterator[BranchProtection]:
    """Yield the protection that Probot Settings or safe-settings apply."""
    if not source.name.endswith((".yml", ".yaml")):
        return
    value = source.yaml
    tool = "settings.yml" if source.path == ".github/settings.yml" else "safe-settings"
    for branch in items(value, "branches"):
        if isinstance(branch, Map) and "protection" in branch:
            protection = mapping(branch, "protection")
            yield BranchProtection(
                at=source.place(branch.line_of("protection")),
                tool=tool,
                reviews=bool(mapping(protection, "required_pull_request_reviews")),
                checks=bool(mapping(protection, "required_status_checks")),
            )
    for ruleset in items(value, "rulesets"):
        yield from _ruleset(source, ruleset, tool, applied=True)


@reader("rulesets", names=(".github/rulesets/*.json", ".github/*ruleset*.json", "*ruleset*.json", "rulesets/*.json"))
def read_ruleset(source: Source) -> Iterator[BranchProtection]:
    """Yield a committed ruleset of GitHub: what somebody meant to import, not what applies."""
    if '"rules"' in source.text:
        yield from _ruleset(source, read_json(source.text), "ruleset", applied=False)


def _ruleset(source: Source, ruleset: object, tool: str, *, applied: bool) -> Iterator[BranchProtection]:
    if not isinstance(ruleset, Map) or text(ruleset, "target") not in ("branch", ""):
        return
    if text(ruleset, "enforcement") in ("disabled", "evaluate"):
        return
    types = {text(rule, "type") for rule in items(ruleset, "rules")}
    reviews = "pull_request" in types and any(
        get(rule, "parameters", "required_approving_review_count") != 0
        for rule in items(ruleset, "rules")
        if text(rule, "type") == "pull_request"
    )
    if types - {""}:
        at = source.place(ruleset.line_of("rules"))
        yield BranchProtection(at=at, tool=tool, reviews=reviews, checks="required_status_checks" in types, applied=applied)
