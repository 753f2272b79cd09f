"""Whether a change to what is deployed must be reviewed and checked, and by whom."""

from __future__ import annotations

import pathspec

from assessor.checking import CORE, HYGIENE, Task, Verdict, check, failed, graded, not_applicable, not_observed, partial, passed
from assessor.facts.forge import BranchRules
from assessor.facts.gitops import Application, BranchProtection, Codeowners
from assessor.facts.infrastructure import TerraformRoot
from assessor.facts.manifests import HelmChart, Kustomization, Workload
from assessor.facts.repository import Organization, Repository

from ..live import FORGES, NOT_ASKED, unseen  # noqa: TID252  the absolute name depends on the installation
from .shares import count

_RULES = ("branch-rules",)
_PRIORITY = (".github", ".gitlab", "", "docs")  # where forges look first
MAX_WILDCARDS = 4  # in a pattern; more is no path somebody wrote, and slow to match
MAX_PATTERNS = 500
MAX_PATHS = 300


@check(
    "gop.branch-protection",
    task=Task.PR_WORKFLOW,
    weight=CORE,
    scaffold="branch-protection",
    frameworks=("State of GitOps: responsive code review", "DSOMM: Require a PR before merging"),
)
def branches_are_protected(organization: Organization) -> Verdict:
    """The branch that is deployed takes only reviewed and checked changes.

    Protection is set at the forge. Where it was asked (`--github`, `--gitlab`), it decides: both reviews and checks must be
    required on the default branch of every repository that holds what is deployed. What is declared in git (Terraform,
    `.github/settings.yml`, safe-settings) shows intent and counts in part; a ruleset that is only committed is applied by
    nothing. A setting that the token may not read is not observed.

    ## Why
    With GitOps, who can push to the branch can change production. The pull request is the only gate there is.

    ## Fix
    Require an approving review and the checks on the default branch, for administrators too, and keep the rule as code:

    ```hcl
    resource "github_branch_protection" "main" {
      repository_id = github_repository.config.node_id
      pattern       = "main"
      required_pull_request_reviews { required_approving_review_count = 1 }
      required_status_checks { contexts = ["validate"] }
    }
    ```
    """
    rules = organization.of(BranchRules)
    holding = {r.name for r in organization.repositories if _configuration(r)}
    relevant = [rule for rule in rules if rule.at.repository in holding] or list(rules)
    live = _in_force(relevant)
    if live is None:
        why = f"at the forge it is hidden: {relevant[0].hidden}" if relevant else unseen(organization, *FORGES, kinds=_RULES)
        return _declared(organization, "the forge was not asked" if why == NOT_ASKED else why)
    files = _declared(organization)
    if files.status.observed:
        return graded(live.share, f"{live.summary}; in files: {files.summary}", [*live.places[:6], *files.places])
    return live


def _in_force(rules: list[BranchRules]) -> Verdict | None:
    """Judge what the forge demands; None where that was not seen. Half of it is not enough to tell."""
    rated = [(rule, (rule.reviews + rule.checks) / 2) for rule in rules if rule.reviews is not None and rule.checks is not None]
    if not rated:
        return None
    share = sum(rating for _, rating in rated) / len(rated)
    hidden = f"; hidden on {len(rules) - len(rated)} more" if len(rules) > len(rated) else ""
    if share == 1:
        return passed(f"the forge asks for reviews and checks{hidden}", [rule.at for rule, _ in rated])
    lacking = [rule.at for rule, rating in rated if rating < 1]
    if not share:
        return failed(f"the forge asks for neither reviews nor checks{hidden}", lacking)
    if len(rated) == 1:
        asked, other = ("reviews", "checks") if rated[0][0].reviews else ("checks", "reviews")
        return partial(share, f"the forge asks for {asked}, and for no {other}{hidden}", lacking)
    whole = len(rated) - len(lacking)
    return partial(share, f"the forge asks for reviews and checks on {whole} of {len(rated)} branches{hidden}", lacking)


def _declared(organization: Organization, unknown: str = "") -> Verdict:
    """Judge what files declare; `unknown` says why the forge's own word is not known, "" if it is."""
    protections = organization.of(BranchProtection)
    applied = [p for p in protections if p.applied]
    if not protections:
        return not_observed(f"nothing in git declares branch protection{', and ' if unknown else ''}{unknown}")
    best = max(protections, key=lambda p: (p.reviews + p.checks, p.applied))
    places = [best.at, *(p.at for p in protections if p is not best)]
    if not (best.reviews or best.checks):
        return failed(f"the protection declared in {best.tool} asks for neither reviews nor checks", places)
    asks = " and ".join(word for word, on in (("reviews", best.reviews), ("checks", best.checks)) if on)
    if not applied:
        return partial(0.25, f"a ruleset that asks for {asks} is committed, but nothing applies it", places)
    whole = best.reviews and best.checks and best.applied
    return partial(0.75 if whole else 0.4, f"{best.tool} asks for {asks}{'; ' if unknown else ''}{unknown}", places)


@check(
    "gop.codeowners",
    task=Task.OPERATING_MODEL,
    weight=HYGIENE,
    scaffold="codeowners",
    frameworks=("State of GitOps: responsive code review",),
)
def configuration_has_owners(repository: Repository) -> Verdict:
    """Somebody is named to review each part of the configuration.

    The last line of CODEOWNERS that matches a file decides; one without owners takes them away.

    ## Why
    Without owners a pull request waits for whoever looks, or is approved by somebody who does not know what it does.

    ## Fix
    Add `.github/CODEOWNERS` (GitLab: `.gitlab/CODEOWNERS`) with the folders the controller and Terraform read:

    ```
    /clusters/   @example/platform
    /terraform/  @example/platform
    ```
    """
    paths = _configuration(repository)
    if not paths:
        return not_applicable("the repository holds no configuration that is deployed")
    files = sorted(repository.of(Codeowners), key=lambda f: _order(f.at.path))
    if not files:
        return failed("no CODEOWNERS file at a place a forge reads")
    owners = files[0]
    if not owners.owned:
        return failed("CODEOWNERS names no owner", [owners.at])
    rules = _safe(owners.rules)
    spec = pathspec.PathSpec.from_lines("gitignore", [pattern for pattern, _ in rules])
    looked_at = paths[:MAX_PATHS]
    without = [path for path in looked_at if not _has_owner(path, spec, rules)]
    if not without:
        return passed(f"CODEOWNERS covers {_told(len(looked_at), len(paths))}", [owners.at])
    share = (len(looked_at) - len(without)) / len(looked_at)
    summary = f"CODEOWNERS leaves out {len(without)} of {_told(len(looked_at), len(paths))}, e.g. {without[0]}"
    return partial(max(share, 0.2), summary, [owners.at])


def _told(looked_at: int, there: int) -> str:
    files = count(looked_at, "file")
    return f"{files} of configuration that {'was' if looked_at == 1 else 'were'} looked at" + (
        f", of {there}" if there > looked_at else ""
    )


def _has_owner(path: str, spec: pathspec.PathSpec[pathspec.Pattern], rules: list[tuple[str, bool]]) -> bool:
    """Say whether the last rule that matches names an owner."""
    found = spec.check_file(path)
    return found.index is not None and rules[found.index][1]


def _configuration(repository: Repository) -> list[str]:
    """Return the files that decide what is deployed."""
    kinds = (Application, Workload, Kustomization, HelmChart, TerraformRoot)
    places = {fact.at.path or "main.tf" for kind in kinds for fact in repository.of(kind)}
    return sorted(places)


def _order(path: str) -> int:
    folder = path.rpartition("/")[0]
    return _PRIORITY.index(folder) if folder in _PRIORITY else len(_PRIORITY)


def _safe(rules: tuple[tuple[str, bool], ...]) -> list[tuple[str, bool]]:
    """Return the rules that can be matched, and quickly; negations and comments mean nothing to a forge here."""
    return [
        (pattern, owned)
        for pattern, owned in rules[:MAX_PATTERNS]
        if pattern.count("*") <= MAX_WILDCARDS
        and len(pattern) < 300
        and not pattern.startswith(("!", "#"))
        and not pattern.endswith("\\")
    ]
