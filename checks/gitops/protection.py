"""Whether a change to what is deployed must be reviewed and checked, and by whom."""

from __future__ import annotations

import pathspec

from assessor.checking import CORE, HYGIENE, Task, Verdict, check, failed, not_applicable, not_observed, partial, passed
from assessor.facts.gitops import Application, BranchProtection, Codeowners
from assessor.facts.infrastructure import TerraformRoot
from assessor.facts.manifests import HelmChart, Kustomization, Workload
from assessor.facts.repository import Organization, Repository

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

    Protection is set at the forge. What is declared in git (Terraform, `.github/settings.yml`, safe-settings) shows
    intent and counts in part; a ruleset that is only committed is applied by nothing. Without any declaration it
    cannot be told from files whether the forge protects the branch.

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
    protections = organization.of(BranchProtection)
    observed = [p for p in protections if p.observed]
    if observed:
        return _seen(observed)
    applied = [p for p in protections if p.applied]
    if not protections:
        return not_observed("nothing in git declares branch protection, and the forge was not asked")
    best = max(protections, key=lambda p: (p.reviews + p.checks, p.applied))
    if not (best.reviews or best.checks):
        return failed(f"the protection declared in {best.tool} asks for neither reviews nor checks", [p.at for p in protections])
    asks = " and ".join(word for word, on in (("reviews", best.reviews), ("checks", best.checks)) if on)
    if not applied:
        return partial(0.25, f"a ruleset that asks for {asks} is committed, but nothing applies it", [p.at for p in protections])
    whole = best.reviews and best.checks and best.applied
    return partial(
        0.75 if whole else 0.4, f"{best.tool} asks for {asks}; the forge was not asked", [best.at, *(p.at for p in protections)]
    )


def _seen(protections: list[BranchProtection]) -> Verdict:
    whole = [p for p in protections if p.reviews and p.checks]
    places = [p.at for p in protections if p not in whole] or [p.at for p in whole]
    if len(whole) == len(protections):
        return passed("the forge asks for reviews and checks", places)
    score = sum(p.reviews + p.checks for p in protections) / (2 * len(protections))
    if not score:
        return failed("the forge asks for neither reviews nor checks", places)
    return partial(score, f"the forge asks for reviews and checks on {len(whole)} of {len(protections)} branches", places)


@check(
    "gop.codeowners",
    task=Task.OPERATING_MODEL,
    weight=HYGIENE,
    scaffold="codeowners",
    frameworks=("State of GitOps: responsive code review",),
)
def configuration_has_owners(repository: Repository) -> Verdict:
    """Somebody is named to review each part of the configuration.

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
    spec = pathspec.GitIgnoreSpec.from_lines(_safe(owners.patterns))
    without = [path for path in paths if not spec.match_file(path)]
    if not without:
        return passed("CODEOWNERS covers all configuration", [owners.at])
    share = (len(paths) - len(without)) / len(paths)
    return partial(max(share, 0.2), f"CODEOWNERS leaves out {len(without)} of {len(paths)} files, e.g. {without[0]}", [owners.at])


def _configuration(repository: Repository) -> list[str]:
    """Return files that decide what is deployed, a fair number of them."""
    kinds = (Application, Workload, Kustomization, HelmChart, TerraformRoot)
    places = {fact.at.path or "main.tf" for kind in kinds for fact in repository.of(kind)}
    return sorted(places)[:MAX_PATHS]


def _order(path: str) -> int:
    folder = path.rpartition("/")[0]
    return _PRIORITY.index(folder) if folder in _PRIORITY else len(_PRIORITY)


def _safe(patterns: tuple[str, ...]) -> list[str]:
    """Return the patterns that can be matched quickly; negations and comments mean nothing to a forge here."""
    return [p for p in patterns[:MAX_PATTERNS] if p.count("*") <= MAX_WILDCARDS and len(p) < 300 and not p.startswith(("!", "#"))]
