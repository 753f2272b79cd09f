"""Pipelines with everything they start followed, and what their steps are for."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from assessor.facts.base import Fact
from assessor.facts.pipelines import Activity, Job, Pipeline, Runnable
from assessor.facts.repository import Organization, Repository

from .activities import activities_of, manual_activities, without_environment
from .base import Deriver, Joiner, Material, deriver, joiner
from .following import Follower, is_called_only
from .gitlab import merge_gitlab


@deriver(replaces=(Pipeline,))
def follow_and_recognise(material: Material) -> Iterator[Fact]:
    """Yield each pipeline followed, and its activities; then those of scripts and targets that no pipeline starts.

    A file that only other pipelines call is judged where it is called; as one of its own only if nothing here calls it.
    """
    follower = Follower(material)
    followed = [follower.pipeline(pipeline) for pipeline in material.of(Pipeline)]
    for pipeline in followed:
        if not (is_called_only(pipeline) and pipeline.at.path in follower.called):
            yield from activities_of(pipeline)
        yield without_environment(pipeline)
    for runnable in material.of(Runnable):
        started = (runnable.runner, runnable.folder, runnable.name) in follower.reached
        if not started and runnable.runner not in ("action", "tekton-task", "tekton-pipeline"):
            yield from manual_activities(runnable)


@joiner(replaces=(Pipeline,))
def join_reusable_workflows(organization: Organization) -> Iterator[Fact]:
    """Yield each pipeline, and what it does through reusable workflows of other repositories that were scanned as well."""
    shared = {(r.name.rpartition("/")[2].lower(), p.at.path): r for r in organization.repositories for p in r.of(Pipeline)}
    for repository in organization.repositories:
        for pipeline in repository.of(Pipeline):
            found = {name: origin for name in pipeline.unresolved if (origin := _origin(shared, name)) is not None}
            rest = tuple(name for name in pipeline.unresolved if name not in found)
            yield msgspec.structs.replace(pipeline, unresolved=rest) if found else pipeline
            for job in pipeline.jobs:
                if job.uses in found:
                    yield from _through(pipeline, job, found[job.uses])


def _origin(shared: dict[tuple[str, str], Repository], uses: str) -> tuple[Repository, str] | None:
    """Return the scanned repository, and the path in it, that ``owner/repository/.github/workflows/file@ref`` names."""
    name, separator, file = uses.partition("@")[0].partition("/.github/workflows/")
    path = f".github/workflows/{file}"
    owner, _, repository = name.lower().rpartition("/")
    origin = shared.get((repository, path)) if separator and owner else None
    if origin is None or (origin.remote and not origin.remote.removesuffix(".git").lower().endswith(f"{owner}/{repository}")):
        return None
    return origin, path


def _through(pipeline: Pipeline, job: Job, origin: tuple[Repository, str]) -> Iterator[Activity]:
    """Yield what a job does in a workflow elsewhere, at the line that calls it."""
    repository, path = origin
    at = next((step.at for step in job.steps if step.uses == job.uses), job.at)
    for activity in repository.of(Activity):
        if activity.pipeline == path:
            triggers = job.triggers if job.triggers is not None else pipeline.triggers
            yield msgspec.structs.replace(activity, at=at, pipeline=pipeline.at.path, job=job.id, triggers=triggers)


DERIVERS: tuple[Deriver, ...] = (merge_gitlab, follow_and_recognise)
JOINERS: tuple[Joiner, ...] = (join_reusable_workflows,)
