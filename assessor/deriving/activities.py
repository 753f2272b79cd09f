"""From the steps of a followed pipeline to what they are for."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import msgspec

from assessor.facts.base import Place
from assessor.facts.pipelines import Activity, Command, Event, Job, Pipeline, PipelineStep, Purpose, Runnable

from .purposes.calls import Call, calls
from .purposes.commands import of_command, of_own_name
from .purposes.rules import Aside, Match
from .purposes.steps import of_step

MAX_NAME = 200  # patterns with several wildcards are matched against it

_PREFIXES = {
    "azure": "azure:",
    "circleci": "circleci:",
    "bitbucket": "bitbucket:",
    "buildkite": "buildkite:",
    "gitlab": "gitlab:",
    "drone": "image:",
    "woodpecker": "image:",
    "cloudbuild": "image:",
}
_KNOWN_PREFIX = re.compile(
    r"(?:codefresh|jenkins|hook|goreleaser|azd|cloudbuild|tekton-task|tekton-pipeline|jx|travis|cluster-build|concourse|concourse-task):"
)
_LOCAL_REGISTRY = re.compile(
    r"(?:^|[\s/=\"'])(?:localhost|127\.0\.0\.1|0\.0\.0\.0|host\.docker\.internal|kind[.-]\w+|ko\.local|k3d-[\w.-]+|registry\.local(?:host)?|ttl\.sh)(?::\d+)?(?:/|$)"
)
_THROW_AWAY = re.compile(r"\b(?:kind|k3d|minikube|e2e|ephemeral|preview|review|sandbox|pr-\d*)\b", re.I)
_BOOTSTRAPPED = re.compile(
    r"argo-?cd|argoproj|flux(?:cd|-system)?\b|crossplane|cert-manager|ingress-nginx|sealed-secrets|external-secrets", re.I
)
_NEVER = re.compile(r"(?:\$\{\{)?\s*false\s*(?:\}\})?", re.I)  # a step or job that is switched off
_DRIFT = re.compile(r"drift", re.I)


@dataclass(frozen=True, slots=True)
class _Seen:
    """A match where it was found."""

    match: Match
    at: Place
    tolerated: bool


def activities_of(pipeline: Pipeline) -> Iterator[Activity]:
    """Yield what a pipeline does, in the order of its jobs; the same line and purpose once."""
    found: dict[tuple[Purpose, str, str, Place], Activity] = {}
    for job in pipeline.jobs:
        if job.triggers == () or _NEVER.fullmatch(job.condition):
            continue
        for activity in _of_job(pipeline, job):
            found.setdefault((activity.purpose, activity.tool, activity.job, activity.at), activity)
    yield from found.values()


def _of_job(pipeline: Pipeline, job: Job) -> Iterator[Activity]:
    seen = [match for step in job.steps for match in _of_step(pipeline.system, step)]
    asides = {one.match.purpose for one in seen}
    throw_away = Aside.CLUSTER in asides or bool(_THROW_AWAY.search(job.environment))
    triggers = job.triggers if job.triggers is not None else pipeline.triggers
    read = any("exitcode" in step.condition or "exitcode" in " ".join(step.inputs.values()) for step in job.steps)
    names = " ".join((pipeline.at.path, pipeline.name, job.id, *(step.name for step in job.steps)))
    context = Activity(
        at=job.at,
        purpose=Purpose.NOTIFY,
        tool="",
        pipeline=pipeline.at.path,
        system=pipeline.system,
        job=job.id,
        triggers=triggers,
    )
    for one in (*seen, *_implied(seen, read, any(t.event is Event.SCHEDULE for t in triggers), bool(_DRIFT.search(names)))):
        match = one.match
        if isinstance(match.purpose, Purpose):
            yield msgspec.structs.replace(
                context,
                at=one.at,
                purpose=match.purpose,
                tool=match.tool,
                subject=match.subject,
                tags=match.tags,
                blocking=False if one.tolerated or job.tolerated else match.blocking,
                bootstrap=_is_bootstrap(match, throw_away, one.at.excerpt),
            )


def _implied(seen: list[_Seen], read: bool, scheduled: bool, named: bool) -> Iterator[_Seen]:
    """Yield what follows from several steps together.

    A plan on a schedule looks for drift, as does one in a job named for it; whether a change is noticed depends on the
    exit code asked for or read. An image version written into a file and pushed to git is a commit back. Code that is
    formatted and then compared with what was committed is checked.
    """
    by_purpose: dict[Purpose | Aside, _Seen] = {}
    for one in seen:
        by_purpose.setdefault(one.match.purpose, one)
    plan = by_purpose.get(Purpose.PLAN) or by_purpose.get(Aside.CHANGES)
    told = Aside.CHANGES in by_purpose or read
    if plan is not None and Purpose.DRIFT not in by_purpose and (scheduled or named):
        yield replace(plan, match=replace(plan.match, purpose=Purpose.DRIFT, blocking=True if told else None), tolerated=False)
    formatted = by_purpose.get(Aside.FORMAT)
    if formatted is not None and Aside.GIT_DIFF in by_purpose:
        yield replace(formatted, match=replace(formatted.match, purpose=Purpose.LINT_IAC), tolerated=False)
    edit, push = by_purpose.get(Aside.EDIT_IMAGE), by_purpose.get(Aside.GIT_PUSH)
    if edit is not None and push is not None:
        yield replace(push, match=replace(edit.match, purpose=Purpose.COMMIT_BACK, tool=edit.match.tool))


def _is_bootstrap(match: Match, throw_away: bool, excerpt: str) -> bool:
    if match.purpose in (Purpose.PUSH_IMAGE, Purpose.BUILD_IMAGE):
        return bool(_LOCAL_REGISTRY.search(f"{match.subject} {excerpt}"))
    if match.purpose is Purpose.DEPLOY:
        return throw_away or match.subject == "flux" or bool(_BOOTSTRAPPED.search(f"{match.subject} {excerpt}"))
    return match.purpose in (Purpose.APPLY,) and throw_away


def _of_step(system: str, step: PipelineStep) -> Iterator[_Seen]:
    """Yield what a step does: by what it uses, and by each of its commands; nothing if it is switched off."""
    if _NEVER.fullmatch(step.condition):
        return
    if step.uses:
        for match in of_step(step_name(system, step.uses), _given(step)):
            yield _Seen(match, step.at, step.tolerated)
    for command in step.commands:
        for match in _of_command(command, step):
            yield _Seen(match, command.at, step.tolerated or command.tolerated)


def _given(step: PipelineStep) -> dict[str, str]:
    """Return what a shared step is given: its inputs, and its environment under names that begin with ``env.``."""
    return {**{f"env.{name}": value for name, value in step.environment.items()}, **step.inputs}


def _of_command(command: Command, step: PipelineStep) -> Iterator[Match]:
    known = False
    for call in calls(command.argv):
        for match in of_command(call):
            known = True
            yield _placed(_local(match, step), call, command, step)
    if not known and ("/" in command.argv[0] or command.program in ("make", "just", "task", "npm", "yarn", "pnpm")):
        yield from of_own_name(" ".join(command.argv[:2]) if "/" not in command.argv[0] else Call(command.argv).program)


def _placed(match: Match, call: Call, command: Command, step: PipelineStep) -> Match:
    """A plan is of the folder it is made in, ``helm lint`` of the chart it names; where a script was started is not known."""
    if match.subject:
        return match
    if match.purpose is Purpose.PLAN:
        given = call.value("-chdir", "--terragrunt-working-dir", "--working-dir")
    elif match.purpose is Purpose.LINT_CHART and call.words[:1] == ("lint",) and len(call.words) == 2:
        given = call.words[1]
    else:
        return match
    start = "$PWD" if command.via else step.folder
    return replace(match, subject=posixpath.normpath(posixpath.join(start, command.folder, given) or "."))


def _local(match: Match, step: PipelineStep) -> Match:
    """An image that ko keeps in a local cluster is built, not pushed."""
    local = match.purpose is Purpose.PUSH_IMAGE and _LOCAL_REGISTRY.search(step.environment.get("KO_DOCKER_REPO", ""))
    return replace(match, subject=step.environment["KO_DOCKER_REPO"]) if local else match


def step_name(system: str, uses: str) -> str:
    """Return the name rules know a shared step by: lower case, without version, with the prefix of its system."""
    name = uses.lower()[:MAX_NAME]
    if not name.startswith("jx:"):
        name = name.partition("@")[0]
    if _KNOWN_PREFIX.match(name):
        return name
    prefix = _PREFIXES.get(system, "")
    if prefix == "azure:":
        name = name.rpartition(".")[2] if name.count(".") else name
    elif prefix in ("image:", "bitbucket:"):
        name = name.removeprefix("docker://").partition(":")[0]
    elif prefix == "buildkite:":
        name = name.partition("#")[0].removeprefix("buildkite-plugins/").removesuffix("-buildkite-plugin")
    return prefix + name


def manual_activities(runnable: Runnable) -> Iterator[Activity]:
    """Yield what a script or target that no pipeline starts would do."""
    for step in runnable.steps:
        for one in _of_step("", step):
            match = one.match
            if isinstance(match.purpose, Purpose):
                yield Activity(
                    at=one.at,
                    purpose=match.purpose,
                    tool=match.tool,
                    job=runnable.name,
                    subject=match.subject,
                    tags=match.tags,
                    blocking=False if one.tolerated else match.blocking,
                    manual=True,
                    bootstrap=_is_bootstrap(match, False, one.at.excerpt),
                )


def without_environment(pipeline: Pipeline) -> Pipeline:
    """Return the pipeline as it is kept: names and commands, without environments and long inputs."""

    def short(steps: Iterable[PipelineStep]) -> tuple[PipelineStep, ...]:
        return tuple(
            msgspec.structs.replace(
                step, environment={}, inputs={key: value[:200] for key, value in step.inputs.items() if key != "script"}
            )
            for step in steps
        )

    jobs = tuple(msgspec.structs.replace(job, steps=short(job.steps)) for job in pipeline.jobs)
    return msgspec.structs.replace(pipeline, jobs=jobs)
