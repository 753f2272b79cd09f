"""Whether drift of infrastructure is noticed, and who hears of it."""

from __future__ import annotations

from assessor.checking import CORE, HYGIENE, Task, Verdict, check, failed, graded, not_applicable, not_observed, partial, passed
from assessor.facts.aws import DeployedStack
from assessor.facts.gitops import Application, PlanAutomation
from assessor.facts.infrastructure import Stack, TerraformRoot
from assessor.facts.pipelines import Activity, Event, Purpose
from assessor.facts.repository import Organization
from assessor.model import Status

from ..forges import scheduled  # noqa: TID252  the absolute name depends on the installation
from ..live import both  # noqa: TID252  the absolute name depends on the installation
from ..observed import DRIFT_WORK, activities, hidden, listing  # noqa: TID252

_LEGACY = ("driftctl", "snyk/driftctl-action")  # in maintenance since October 2023


@check(
    "aut.iac-drift",
    task=Task.DRIFT,
    weight=CORE,
    scaffold="drift-detection",
    frameworks=("OpenGitOps 4: Continuously reconciled", "State of GitOps: continuous reconciliation"),
)
def drift_is_detected(organization: Organization) -> Verdict:
    """Something looks for drift of the infrastructure on a schedule and reports it.

    Counted: a scheduled plan that tells changes (`-detailed-exitcode`, `--expect-no-changes`, `--check --diff`) or reports
    them, CloudFormation drift detection, drift detection of HCP Terraform, Spacelift, env0 and the like. In part: a plan
    whose schedule or result is not to be seen, driftctl (no longer developed), and a GitOps controller that puts back what
    it applies itself without a report. Atlantis alone does not look for drift. With AWS asked, stacks of CloudFormation in
    which drift was looked for within 31 days count as well; no detection is started. With the forge asked, a schedule that
    does not run there does not count, and one whose every run fails counts half.

    ## Why
    What was changed by hand in a console is overwritten by the next apply, or is found when it is needed least. Only
    something that looks regularly keeps the code true.

    ## Fix
    ```yaml
    on:
      schedule: [{cron: "17 4 * * *"}]
    jobs:
      drift:
        steps:
          - run: terraform plan -input=false -lock=false -detailed-exitcode
          - if: failure()
            run: gh issue create --title "Drift in production" --body "$RUN_URL"
    ```
    """
    files, stacks = _scheduled(organization), organization.of(DeployedStack)
    recent = [stack for stack in stacks if stack.checked_days is not None and stack.checked_days <= _RECENT]
    if not recent:
        return files
    told = f"CloudFormation looked for drift of {len(recent)} of {len(stacks)} stacks in the last {_RECENT} days"
    places = [stack.at for stack in recent]
    if files.status is Status.FAIL:
        return partial(
            0.5 * len(recent) / len(stacks), f"{told}; nothing in files has it done regularly", [*places, *files.places]
        )
    if _declares_stacks(organization):
        return both(files, graded(len(recent) / len(stacks), told, places))
    return both(files, passed(told, places))


_RECENT = 31  # days


def _declares_stacks(organization: Organization) -> bool:
    """Say whether stacks are how this organization declares infrastructure: else there are a few that services made."""
    return any(stack.tool in ("cloudformation", "cdk", "sam") and not stack.library for stack in organization.of(Stack))


def _scheduled(organization: Organization) -> Verdict:
    found = activities(organization, Purpose.DRIFT)
    platforms = [tool for tool in organization.of(PlanAutomation) if tool.drift]
    notifying = set(map(_pipeline, activities(organization, Purpose.NOTIFY)))
    reporting = [a for a in found if a.on(Event.SCHEDULE) and a.tool not in _LEGACY and (a.blocking or _pipeline(a) in notifying)]
    if reporting or platforms:
        tools = [*(a.tool for a in reporting), *(tool.tool for tool in platforms)]
        files = passed(f"looked for by {listing(tools)}", [*(a.at for a in reporting), *(tool.at for tool in platforms)])
        return files if platforms else both(files, scheduled(organization, reporting))
    if found:
        files = partial(0.5, _weakness(found), [a.at for a in found])
        return both(files, scheduled(organization, [a for a in found if a.on(Event.SCHEDULE)]))
    healing = [a for a in organization.of(Application) if a.self_heal and not (a.suspended or a.legacy)]
    if healing:
        return partial(
            0.3,
            "controllers undo drift of what they apply; nothing looks at the infrastructure",
            [a.policy_from or a.at for a in healing],
        )
    for repository in organization.repositories:
        if elsewhere := hidden(repository, DRIFT_WORK):
            return not_observed(f"drift may be looked for by {elsewhere[0]}, which is not in the scan", [elsewhere[1]])
    roots = (*organization.of(TerraformRoot), *organization.of(Stack))
    return failed("nothing looks for drift", [root.at for root in roots[:3]])


def _weakness(found: list[Activity]) -> str:
    if all(a.tool in _LEGACY for a in found):
        return "driftctl looks for drift; it is no longer developed"
    if any(a.on(Event.SCHEDULE) for a in found):
        return "a plan is made on a schedule, but nothing tells whether it found changes"
    return "drift is looked for, but no schedule is to be seen"


def _pipeline(activity: Activity) -> tuple[str, str]:
    return activity.at.repository, activity.pipeline


@check("aut.drift-alert", task=Task.DRIFT, weight=HYGIENE, scaffold="drift-detection", frameworks=("DSOMM: Alerting",))
def drift_is_announced(organization: Organization) -> Verdict:
    """Drift that was found opens an issue, a pull request or a message.

    ## Why
    A red run in a list nobody opens is no alarm: failed schedules are mailed to whoever last edited the file.

    ## Fix
    Add a step with `if: failure()` (GitLab: `when: on_failure`) that opens an issue or posts to the team's channel.
    """
    found = [a for a in activities(organization, Purpose.DRIFT) if a.on(Event.SCHEDULE)]
    if not found:
        platforms = [tool.at for tool in organization.of(PlanAutomation) if tool.drift]
        if platforms:
            return not_observed("who is told of drift is set in the platform", platforms)
        return not_applicable("nothing looks for drift on a schedule")
    looking = set(map(_pipeline, found))
    told = [a for a in activities(organization, Purpose.NOTIFY) if _pipeline(a) in looking]
    if told:
        return passed(f"drift is announced by {listing([a.tool for a in told])}", [a.at for a in told])
    return partial(0.3, "drift is only to be found in the log of the run", [a.at for a in found])
