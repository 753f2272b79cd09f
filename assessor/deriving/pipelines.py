"""Pipelines with everything they start followed, and what their steps are for."""

from __future__ import annotations

from collections.abc import Iterator

from assessor.facts.base import Fact
from assessor.facts.pipelines import Pipeline, Runnable

from .activities import activities_of, manual_activities, without_environment
from .base import Deriver, Joiner, Material, deriver
from .following import Follower, is_called_only
from .gitlab import keep_shared_gitlab, merge_gitlab
from .shared_pipelines import join_gitlab_includes, join_reusable_workflows


@deriver(replaces=(Pipeline,))
def follow_and_recognise(material: Material) -> Iterator[Fact]:
    """Yield each pipeline followed, and its activities; then those of scripts and targets that no pipeline starts.

    A file that only other pipelines call is judged where it is called; as one of its own only if nothing here calls it.
    A script among tests only counts where a pipeline starts it.
    """
    follower = Follower(material)
    followed = [follower.pipeline(pipeline) for pipeline in material.of(Pipeline)]
    for pipeline in followed:
        if not (is_called_only(pipeline) and pipeline.at.path in follower.called):
            yield from activities_of(pipeline)
        yield without_environment(pipeline)
    for runnable in material.of(Runnable):
        started = (runnable.runner, runnable.folder, runnable.name) in follower.reached
        own = runnable.at.path in material.files
        if own and not started and runnable.runner not in ("action", "tekton-task", "tekton-pipeline", "concourse-task"):
            yield from manual_activities(runnable)


DERIVERS: tuple[Deriver, ...] = (merge_gitlab, keep_shared_gitlab, follow_and_recognise)
JOINERS: tuple[Joiner, ...] = (join_reusable_workflows, join_gitlab_includes)
