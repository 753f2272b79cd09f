"""How a version gets from one environment to the next, and whether a change can be tried before it is merged."""

from __future__ import annotations

import re
from collections.abc import Iterator

from assessor.checking import HYGIENE, Task, Verdict, check, failed, not_applicable, partial, passed
from assessor.facts.gitops import Application, Controller, Promotion
from assessor.facts.pipelines import Activity, Pipeline, Purpose
from assessor.facts.repository import Organization, Repository

_ENVIRONMENT = re.compile(
    r"(?<![a-z])(?:dev|development|staging|stage|stg|uat|qa|pre-?prod|prd|prod|production|environments?/|envs/|promot(?:e|ion))(?![a-z])",
    re.I,
)
_HALF = 0.5  # what promotion and previews count each
_EDITORS = ("yq", "sed", "perl", "dasel", "kustomize", "cd", "jx", "gitopscli", "fluxctl")


@check(
    "aut.promotion-preview",
    task=Task.AUTOMATION,
    weight=HYGIENE,
    scaffold="promotion",
    effort=3,
    frameworks=("OpenGitOps 2: Versioned and immutable",),
)
def versions_are_promoted(organization: Organization) -> Verdict:
    """Versions are promoted by a tool, and pull requests get a preview.

    Promotion: Kargo, the GitOps Promoter, or a pipeline that writes a version into the next environment's files. One that
    writes versions and names no environment counts in part.
    Preview: an ApplicationSet with a pull request generator, a ResourceSet for pull requests, a preview of Jenkins X.

    ## Why
    Copying a tag from staging to production by hand skips a step now and then. A preview shows a change to those who
    must approve it.

    ## Fix
    Add an ApplicationSet with a `pullRequest` generator for previews, and let a tool or a pull request of a pipeline
    move versions between the folders of the environments.
    """
    jenkins_x = any(controller.product == "jenkins-x" for controller in organization.of(Controller))  # names none in files
    if not (organization.of(Application) or jenkins_x):
        return not_applicable("no applications are declared")
    found = organization.of(Promotion)
    previews = [p.at for p in found if p.preview]
    promoted = [p.at for p in found if not p.preview]
    written = list(_written(organization))
    promoted += [activity.at for activity, named in written if named]
    if promoted:
        told, share = "versions are promoted by a tool", _HALF
    elif written:
        told, share = "a pipeline writes versions, and names no environment they are promoted to", 0.25
        promoted = [activity.at for activity, _ in written]
    else:
        told, share = "no tool promotes versions", 0.0
    if previews and share == _HALF:
        return passed(f"{told}, and pull requests get a preview", [*promoted, *previews])
    if previews:
        return partial(_HALF + share, f"pull requests get a preview; {told}", [*promoted, *previews])
    if promoted:
        return partial(share, f"{told}; pull requests get no preview", promoted)
    return failed("no tool promotes versions, and pull requests get no preview")


def _written(organization: Organization) -> Iterator[tuple[Activity, bool]]:
    """Yield what writes versions into a repository, and whether it names an environment."""
    for repository in organization.repositories:
        for activity in repository.of(Activity):
            if activity.purpose is Purpose.COMMIT_BACK and not activity.manual:
                yield activity, any(_ENVIRONMENT.search(text[:2000]) for text in _texts(activity, repository))


def _texts(activity: Activity, repository: Repository) -> Iterator[str]:
    """Yield where an environment would be named: the pipeline, the job, and the commands that write."""
    yield from (activity.pipeline, activity.job, activity.subject, activity.at.excerpt)
    for pipeline in repository.of(Pipeline):
        if pipeline.at.path != activity.pipeline:
            continue
        for job, step in pipeline.steps:
            if job.id == activity.job:
                yield from (job.environment, step.name, step.folder, *step.inputs.values())
                yield from (
                    f"{command.folder} {' '.join(command.argv[:100])}" for command in step.commands if command.program in _EDITORS
                )
