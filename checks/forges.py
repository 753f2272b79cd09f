"""What checks ask of forges: whether what files declare is in force and runs there."""

from __future__ import annotations

from collections.abc import Iterable

from assessor.checking import Verdict, graded, not_observed
from assessor.facts.forge import ForgePipeline
from assessor.facts.pipelines import Activity
from assessor.facts.repository import Organization

from .live import FORGES, unseen

LEAST_RUNS = 3  # fewer say nothing about a habit


def requested(organization: Organization, validators: Iterable[Activity]) -> Verdict | None:
    """Say whether the pipelines of these activities are switched on, by repository; None where no forge was asked.

    One that runs suffices: others may be kept for the day they are needed.
    """
    validators = tuple(validators)
    by_repository: dict[str, list[ForgePipeline]] = {}
    for pipeline in _pipelines(organization, validators):
        # GitLab has no switch for its one file: only runs tell anything.
        if pipeline.requested or pipeline.at.source != "gitlab":
            by_repository.setdefault(pipeline.at.repository, []).append(pipeline)
    if not by_repository:
        return _unseen(organization, validators)
    off = [pipelines[0] for _, pipelines in sorted(by_repository.items()) if not any(p.active for p in pipelines)]
    if off:
        summary = f"{off[0].file} is switched off at the forge ({off[0].state})"
        return graded(1 - len(off) / len(by_repository), summary, [p.at for p in off])
    running = [pipeline for pipelines in by_repository.values() for pipeline in pipelines if pipeline.active]
    runs = [run for pipeline in running for run in pipeline.requested or ()]
    days = [run.day for run in runs if run.day]
    summary = f"it ran at the forge, last on {max(days)}" if days else "it is switched on at the forge"
    return graded(1, summary, [p.at for p in running])


def scheduled(organization: Organization, activities: Iterable[Activity]) -> Verdict | None:
    """Say whether the forge runs the pipelines of these activities on their schedule; None where none was asked.

    A run that fails may have found drift. One that fails every time is either broken, or finds what nobody puts right.
    """
    activities = tuple(activities)
    rated: list[tuple[ForgePipeline, float, str]] = []
    for pipeline in _pipelines(organization, activities):
        runs = pipeline.scheduled or ()
        if not pipeline.active or pipeline.on_schedule is False:
            rated.append((pipeline, 0.0, f"the schedule of {pipeline.file} does not run ({pipeline.state})"))
        elif len(runs) >= LEAST_RUNS and all(run.outcome == "failure" for run in runs):
            rated.append((pipeline, 0.5, f"each of the last {len(runs)} scheduled runs of {pipeline.file} failed"))
        elif runs or pipeline.on_schedule:
            days = [run.day for run in runs if run.day]
            summary = f"it ran on schedule, last on {max(days)}" if days else "its schedule is switched on"
            rated.append((pipeline, 1.0, summary))
    if not rated:
        return _unseen(organization, activities)
    share = sum(rating for _, rating, _ in rated) / len(rated)
    worst = min(rated, key=lambda each: each[1])
    return graded(share, worst[2], [pipeline.at for pipeline, rating, _ in rated if rating < 1 or share == 1])


def _unseen(organization: Organization, activities: Iterable[Activity]) -> Verdict | None:
    """Say why a forge that was asked tells nothing about pipelines of its own; None where it could not know."""
    if not any(activity.system in organization.asked for activity in activities):
        return None
    return not_observed(unseen(organization, *FORGES, kinds=(ForgePipeline.kind,)))


def _pipelines(organization: Organization, activities: Iterable[Activity]) -> list[ForgePipeline]:
    """Return what the forge says about the pipelines that do this, each once."""
    known: dict[tuple[str, str], ForgePipeline] = {(p.at.repository, p.file): p for p in organization.of(ForgePipeline)}
    keys = dict.fromkeys((activity.at.repository, activity.pipeline) for activity in activities)
    return [known[key] for key in keys if key in known]
