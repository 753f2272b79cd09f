"""What GitLab demands and does in a project: protection, approvals, merge checks, schedules, reviews of merge requests."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import Any

from assessor.collectors.forges.pacing import Refused
from assessor.facts.base import Gap, Place
from assessor.facts.forge import BranchRules, ForgePipeline, ForgeRepository, MergedRequest, MergedRequests, Run

from .calls import APPROVALS, BRANCH, NOTES, PIPELINES, REQUESTS, RULES, SCHEDULED, SCHEDULES
from .client import Client

MERGED = 20  # merge requests looked at; each takes two calls
RUNS_KEPT = 10
MAX_SCHEDULES = 5
FILE = ".gitlab-ci.yml"
_BOT = ("project_", "group_")  # how the users of access tokens are called: project_{id}_bot_{random}


def branch_rules(client: Client, repository: ForgeRepository, merge_check: bool | None) -> BranchRules:
    """Return what is demanded of the default branch; `merge_check`: whether pipelines must succeed. Raises `AskingError`.

    Approvals and checks only bind who cannot push past them: where developers may push, neither is demanded.
    """
    protected, pushed = _protection(client, repository)
    reviews = _approvals(client, repository) if protected and not pushed else protected and False
    checks = merge_check if protected and not pushed else protected and False
    hidden = ""
    if protected is None:
        hidden = "whether the branch is protected cannot be read (role Reporter)"
    elif reviews is None:
        hidden = "required approvals cannot be read (role Developer; they exist in Premium and Ultimate only)"
    elif checks is None:
        hidden = "merge checks are not shown to this token"
    return BranchRules(
        at=Place("", f"{client.address.url}/{repository.name}/-/tree/{repository.default_branch}", source="gitlab"),
        repository=repository.repository,
        branch=repository.default_branch,
        protected=protected,
        reviews=reviews,
        checks=checks,
        hidden=hidden,
    )


def _protection(client: Client, repository: ForgeRepository) -> tuple[bool | None, bool]:
    """Return whether the branch is protected, and whether developers may push to it all the same."""
    try:
        branch = client.get(BRANCH, project=repository.name, branch=repository.default_branch)
    except Refused:
        return None, False
    protected = branch.get("protected")
    return (protected if isinstance(protected, bool) else None), bool(branch.get("developers_can_push"))


def _approvals(client: Client, repository: ForgeRepository) -> bool | None:
    try:
        rules = list(client.pages(RULES, project=repository.name))
    except Refused:
        return None  # also where the plan knows no approval rules: the token cannot tell
    return any(_applies(rule, repository.default_branch) and (rule.get("approvals_required") or 0) > 0 for rule in rules)


def _applies(rule: dict[str, Any], branch: str) -> bool:
    branches = rule.get("protected_branches") or []
    return not branches or bool(rule.get("applies_to_all_protected_branches")) or any(b.get("name") == branch for b in branches)


def pipelines(client: Client, repository: ForgeRepository) -> Iterator[ForgePipeline | Gap]:
    """Yield the project's pipeline with the last runs of its schedules and of merge requests; raises `AskingError`."""
    schedules, scheduled = _schedules(client, repository)
    requested: tuple[Run, ...] | None
    try:
        query = {"source": "merge_request_event", "per_page": str(RUNS_KEPT)}
        requested = tuple(_run(p) for p in client.get(PIPELINES, query, project=repository.name))
    except Refused:
        requested = None
    if schedules is None:
        yield Gap("gitlab", repository.name, "pipeline schedules cannot be read (role Developer)", kinds=("forge-pipeline",))
    if schedules is None and requested is None:
        return
    starts = None if schedules is None else any(schedule.get("active") for schedule in schedules)
    yield ForgePipeline(
        at=Place("", f"{client.address.url}/{repository.name}/-/pipeline_schedules", source="gitlab"),
        repository=repository.repository,
        file=FILE,
        on_schedule=starts,
        state="" if starts is not False else "its schedules are inactive" if schedules else "it has no schedule",
        scheduled=scheduled,
        requested=requested,
    )


def _schedules(client: Client, repository: ForgeRepository) -> tuple[list[dict[str, Any]] | None, tuple[Run, ...] | None]:
    try:
        schedules = list(client.pages(SCHEDULES, project=repository.name))
        active = [schedule for schedule in schedules if schedule.get("active")][:MAX_SCHEDULES]
        query = {"sort": "desc", "per_page": str(RUNS_KEPT)}
        runs = [
            _run(pipeline)
            for schedule in active
            for pipeline in client.get(SCHEDULED, query, project=repository.name, schedule=str(schedule["id"]))
        ]
    except Refused:
        return None, None
    return schedules, tuple(sorted(runs, key=lambda run: run.day, reverse=True)[:RUNS_KEPT])


def _run(pipeline: dict[str, Any]) -> Run:
    outcomes = {"failed": "failure", "canceled": "cancelled"}
    status = str(pipeline.get("status", ""))
    return Run(str(pipeline.get("created_at", ""))[:10], outcomes.get(status, status))


def merged(client: Client, repository: ForgeRepository) -> MergedRequests:
    """Return the newest merged merge requests and who looked at them; raises `AskingError`."""
    query = {
        "state": "merged",
        "target_branch": repository.default_branch,
        "order_by": "updated_at",
        "sort": "desc",
        "per_page": str(MERGED),
    }
    found = client.get(REQUESTS, query, project=repository.name)
    return MergedRequests(
        at=Place("", f"{client.address.url}/{repository.name}/-/merge_requests?state=merged", source="gitlab"),
        repository=repository.repository,
        requests=tuple(_request(client, repository, item) for item in found[:MERGED]),
    )


def _request(client: Client, repository: ForgeRepository, item: dict[str, Any]) -> MergedRequest:
    author = str((item.get("author") or {}).get("username", ""))
    parts = {"project": repository.name, "request": str(int(item["iid"]))}
    approvals = client.get(APPROVALS, **parts)
    notes = client.get(NOTES, {"sort": "asc", "order_by": "created_at", "per_page": "50"}, **parts)
    approved = {_user(entry.get("user")) for entry in approvals.get("approved_by") or ()}
    looked = [n for n in notes if _user(n.get("author")) != author and not _is_bot(_user(n.get("author"))) and _is_review(n)]
    people = {name for name in approved | {_user(note.get("author")) for note in looked} if name and name != author}
    times = [moment for note in looked if (moment := _time(note.get("created_at")))]
    opened = _time(item.get("created_at"))
    return MergedRequest(
        number=int(item["iid"]),
        merged=str(item.get("merged_at") or "")[:10],
        reviews=len([name for name in people if not _is_bot(name)]),
        hours=round(max((min(times) - opened).total_seconds() / 3600, 0.0), 1) if times and opened else None,
        bot=_is_bot(author),
    )


def _user(user: object) -> str:
    return str(user.get("username", "")) if isinstance(user, dict) else ""


def _is_bot(name: str) -> bool:
    return name.startswith(_BOT) and "_bot" in name


def _is_review(note: dict[str, Any]) -> bool:
    """Say whether a note is a comment or an approval, rather than a record of some change."""
    return not note.get("system") or str(note.get("body", "")).startswith("approved this merge request")


def _time(text: object) -> datetime.datetime | None:
    try:
        return datetime.datetime.fromisoformat(str(text)) if text else None
    except ValueError:
        return None
