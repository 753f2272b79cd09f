"""How a change of infrastructure is looked at before it is made."""

from __future__ import annotations

import re

from assessor.checking import (
    HYGIENE,
    SUPPORT,
    Place,
    Task,
    Verdict,
    check,
    failed,
    graded,
    not_applicable,
    not_observed,
    partial,
    passed,
)
from assessor.facts.gitops import PlanAutomation
from assessor.facts.infrastructure import ModuleCall, Resource, Stack, TerraformRoot
from assessor.facts.pipelines import Activity, Purpose
from assessor.facts.repository import Organization, Repository

from ..forges import requested  # noqa: TID252  the name depends on the installation
from ..live import both  # noqa: TID252
from ..observed import PLAN_WORK, activities, hidden, listing, on_changes  # noqa: TID252

_HOOKS = (".pre-commit-config.yaml", ".pre-commit-config.yml", "lefthook.yml", ".lefthook.yml", "lefthook.yaml")
_TERRAFORM = re.compile(r"(?:terraform|open ?tofu|tofu|terragrunt)\b", re.I)
_TRYING = re.compile(r"(?:^|/)(?:examples?|samples?|demos?|tests?|fixtures?|e2e)(?:/|$)", re.I)


@check(
    "iac.plan-on-pr",
    task=Task.IAC_CHANGE,
    weight=SUPPORT,
    scaffold="terraform-plan",
    frameworks=("State of GitOps: responsive code review", "DSOMM: Defined deployment process"),
)
def changes_are_planned(organization: Organization) -> Verdict:
    """A change of infrastructure is planned in its pull request.

    Counted by repository that holds infrastructure somebody applies. A plan is what `terraform plan`, `pulumi preview`,
    `cdk diff`, a CloudFormation change set or `ansible-playbook --check` shows; Atlantis, HCP Terraform, Spacelift, env0
    and Digger make one for each pull request. A plan of examples, or of a folder that holds no root, is none. With the forge asked, a workflow that is switched off there does not count.

    ## Why
    Ten lines of code can replace a database. A reviewer only sees that in the plan, and only before the merge.

    ## Fix
    ```yaml
    on: pull_request
    jobs:
      plan:
        steps:
          - run: terraform plan -input=false -lock-timeout=5m
    ```
    """
    applied = [r for r in organization.repositories if r.of(TerraformRoot) or any(not stack.library for stack in r.of(Stack))]
    if not applied:
        return not_applicable("no infrastructure that somebody applies")
    ratings = [(repository, _rating(repository)) for repository in applied]
    told = [(repository, rating) for repository, rating in ratings if rating is not None]
    if not told:
        name, at = next(found for r in applied if (found := hidden(r, PLAN_WORK)))
        return not_observed(f"changes may be planned by {name}, which is not in the scan", [at])
    plans = [a for repository, rating in told if rating for a in _plans(repository) if on_changes(a)]
    return both(_planned(told), requested(organization, plans))


def _rating(repository: Repository) -> float | None:
    """Rate from 0 to 1: no plan, a plan on some occasion, a plan for each change; None when it may stand elsewhere."""
    plans = _plans(repository)
    if any(on_changes(plan) for plan in plans) or any(tool.plan_on_pr for tool in repository.of(PlanAutomation)):
        return 1.0
    if plans:
        return 0.5
    return None if hidden(repository, PLAN_WORK) else 0.0


def _plans(repository: Repository) -> list[Activity]:
    """Return the plans, those left out that are known to be of something nobody applies."""
    folders = [root.folder for root in repository.of(TerraformRoot)]
    return [a for a in activities(repository, Purpose.PLAN) if not _is_beside(a, folders, repository)]


def _is_beside(plan: Activity, folders: list[str], repository: Repository) -> bool:
    """Say whether a plan of Terraform is known to be made where none of the roots is, or only of what is for trying."""
    folder = plan.subject
    if not folders or not _TERRAFORM.match(plan.tool) or folder in ("", "."):
        return False
    if _TRYING.search(folder):
        return not all(_TRYING.search(root) for root in folders)
    if any(root == folder or root.startswith(folder + "/") or (root and folder.startswith(root + "/")) for root in folders):
        return False
    return any(path.startswith(folder + "/") for path in repository.files)


def _planned(told: list[tuple[Repository, float]]) -> Verdict:
    plans = [a.at for repository, _ in told for a in _by_change(_plans(repository))]
    plans += [tool.at for repository, _ in told for tool in repository.of(PlanAutomation) if tool.plan_on_pr]
    share = sum(rating for _, rating in told) / len(told)
    if share == 1:
        return passed("changes are planned before they are merged", plans)
    without = [_infrastructure(repository) for repository, rating in told if rating == 0]
    if not share:
        return failed("no pipeline plans changes of the infrastructure", without)
    if len(told) == 1:
        return partial(share, "a plan is made, but not for each pull request", plans)
    return graded(
        share, f"{len(without)} of {len(told)} repositories with infrastructure do not plan their changes", [*without, *plans]
    )


def _by_change(plans: list[Activity]) -> list[Activity]:
    """Put those that run for proposed changes first."""
    return sorted(plans, key=lambda plan: not on_changes(plan))


def _infrastructure(repository: Repository) -> Place:
    places = [root.at for root in repository.of(TerraformRoot)] + [stack.at for stack in repository.of(Stack)]
    return places[0]


@check(
    "iac.lint",
    task=Task.IAC_CHANGE,
    weight=HYGIENE,
    scaffold="terraform-plan",
    frameworks=("DSOMM: Static analysis of infrastructure code",),
)
def infrastructure_is_linted(organization: Organization) -> Verdict:
    """Infrastructure code is formatted, validated and checked automatically.

    In a pipeline, or as a git hook that comes with the repository.

    ## Why
    A missing argument, a public bucket or an open port is found in seconds by a machine, and after weeks, or never, by
    people who read a diff.

    ## Fix
    ```yaml
    - run: terraform fmt -check -recursive && terraform validate
    - run: tflint --recursive
    - run: checkov --directory .
    ```
    """
    written = any(organization.of(kind) for kind in (TerraformRoot, Stack, Resource, ModuleCall))
    if not written:
        return not_applicable("no infrastructure code")
    found = activities(organization, Purpose.LINT_IAC)
    found += [a for a in organization.of(Activity) if a.purpose is Purpose.LINT_IAC and a.manual and a.at.path in _HOOKS]
    tools = sorted({a.tool for a in found})
    places = [a.at for a in found]
    if len(tools) > 1:
        return passed(f"checked with {listing(tools)}", places)
    if tools == ["terraform pre-commit"]:
        return passed("checked with the hooks of pre-commit-terraform", places)
    if tools:
        return partial(0.5, f"only checked with {tools[0]}", places)
    for repository in organization.repositories:
        if elsewhere := hidden(repository, PLAN_WORK):
            return not_observed(f"infrastructure may be checked by {elsewhere[0]}, which is not in the scan", [elsewhere[1]])
    first = (*organization.of(TerraformRoot), *organization.of(Stack), *organization.of(Resource))
    return failed("nothing checks the infrastructure code", [fact.at for fact in first[:3]])
