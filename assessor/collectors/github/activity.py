"""What happens in a repository at GitHub: workflows that are on or off and their runs, merged pull requests and their reviews."""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from assessor.collectors.forges.pacing import Refused
from assessor.facts.base import Gap, Place
from assessor.facts.forge import ForgePipeline, ForgeRepository, MergedRequest, MergedRequests, Run

from .calls import MERGED, RUNS, WORKFLOWS
from .client import Client

REQUESTS = 50  # merged pull requests looked at
RUNS_KEPT = 10  # of each workflow


def pipelines(client: Client, repository: ForgeRepository) -> Iterator[ForgePipeline | Gap]:
    """Yield the workflows of a repository with their last runs on a schedule and for pull requests; raises `AskingError`."""
    owner, _, name = repository.name.partition("/")
    try:
        listed = client.get(WORKFLOWS, {"per_page": "100"}, owner=owner, name=name).get("workflows") or ()
    except Refused as refused:
        yield Gap("github", repository.name, f"workflows: {refused} (Actions: read)", kinds=("forge-pipeline",))
        return
    workflows = [w for w in listed if isinstance(w, dict) and str(w.get("path", "")).startswith(".github/workflows/")]
    if not workflows:
        return
    runs = {event: _runs(client, owner, name, event) for event in ("schedule", "pull_request")}
    for workflow in workflows:
        file, state = str(workflow["path"]), str(workflow.get("state", ""))
        if state == "deleted":
            continue
        yield ForgePipeline(
            at=Place("", f"{client.address.url}/{repository.name}/actions/workflows/{file.rpartition('/')[2]}", source="github"),
            repository=repository.repository,
            file=file,
            active=not state.startswith("disabled"),
            on_schedule=False if state.startswith("disabled") else None,
            state=state,
            scheduled=_of(runs["schedule"], file),
            requested=_of(runs["pull_request"], file),
        )


def _of(runs: dict[str, list[Run]] | None, file: str) -> tuple[Run, ...] | None:
    """Return the runs of one workflow; None where they were not seen, or may lie behind those of others."""
    if runs is None:
        return None
    found = tuple(runs.get(file, ())[:RUNS_KEPT])
    return found if found or sum(map(len, runs.values())) < 100 else None


def _runs(client: Client, owner: str, name: str, event: str) -> dict[str, list[Run]] | None:
    """Return the newest runs an event started, by the file of their workflow; None where they cannot be read."""
    try:
        answer = client.get(RUNS, {"event": event, "per_page": "100"}, owner=owner, name=name)
    except Refused:
        return None
    found: defaultdict[str, list[Run]] = defaultdict(list)
    for run in answer.get("workflow_runs") or ():
        outcome = str(run.get("conclusion") or run.get("status") or "")
        file = str(run.get("path", "")).partition("@")[0]
        found[file].append(Run(str(run.get("created_at", ""))[:10], outcome))
    return dict(found)


def merged(client: Client, repository: ForgeRepository) -> tuple[MergedRequests, dict[str, Any]]:
    """Return the newest merged pull requests, and what GraphQL tells of the branch's protection; raises `AskingError`."""
    owner, _, name = repository.name.partition("/")
    branch = repository.default_branch
    variables = {"owner": owner, "name": name, "branch": branch, "ref": f"refs/heads/{branch}", "count": REQUESTS}
    data = client.query(MERGED, variables).get("repository") or {}
    requests = [_request(node) for node in (data.get("pullRequests") or {}).get("nodes") or () if isinstance(node, dict)]
    at = Place("", f"{client.address.url}/{repository.name}/pulls?q=is%3Amerged", source="github")
    fact = MergedRequests(at=at, repository=repository.repository, requests=tuple(requests))
    return fact, (data.get("ref") or {}).get("refUpdateRule") or {}


def _request(node: dict[str, Any]) -> MergedRequest:
    author = node.get("author") or {}  # null: a deleted account
    opened = _time(node.get("createdAt"))
    reviews = []
    for review in (node.get("reviews") or {}).get("nodes") or ():
        by = review.get("author") or {}
        if by.get("login") != author.get("login") and by.get("__typename") != "Bot" and review.get("state") != "PENDING":
            reviews.append(review)
    times = [moment for review in reviews if (moment := _time(review.get("submittedAt")))]
    hours = round((min(times) - opened).total_seconds() / 3600, 1) if times and opened else None
    return MergedRequest(
        number=int(node["number"]),
        merged=str(node.get("mergedAt") or "")[:10],
        reviews=len(reviews),
        hours=max(hours, 0.0) if hours is not None else None,
        bot=author.get("__typename") == "Bot",
    )


def _time(text: object) -> datetime.datetime | None:
    try:
        return datetime.datetime.fromisoformat(str(text)) if text else None
    except ValueError:
        return None
