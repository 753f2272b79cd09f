"""GitHub Actions (also Gitea's and Forgejo's): workflows and composite actions.

Only ``.github/workflows`` (``.gitea``, ``.forgejo``) at the root of a repository is run; actions may stand anywhere.
Source: GitHub's "Workflow syntax" and "Metadata syntax" references.
"""

from __future__ import annotations

from collections.abc import Iterator

from assessor.facts.base import Fact
from assessor.facts.pipelines import Command, Event, Job, Pipeline, PipelineStep, Runnable, Trigger
from assessor.parsing.yaml import Map
from assessor.reading import Source, reader

from .common import entries, folder_of, inputs, is_true, mapping, members, program_of, run, stem, text, texts

_EVENTS = {
    "push": Event.PUSH,
    "create": Event.PUSH,
    "release": Event.TAG,
    "registry_package": Event.TAG,
    "pull_request": Event.PULL_REQUEST,
    "pull_request_target": Event.PULL_REQUEST,
    "merge_group": Event.PULL_REQUEST,
    "schedule": Event.SCHEDULE,
    "workflow_dispatch": Event.MANUAL,
    "repository_dispatch": Event.MANUAL,
    "workflow_call": Event.CALL,
}


PERMISSION = "permissions."  # begins the names under which a reusable workflow's grants stand among its inputs

# Actions that run a program ("" for the shell) with the text of the first input that is given.
_RUNNERS = {
    "goreleaser/goreleaser-action": ("goreleaser", "args"),
    "pre-commit/action": ("pre-commit run", "extra_args"),
    "gradle/gradle-build-action": ("gradle", "arguments"),
    "azure/cli": ("", "inlineScript"),
    "nick-fields/retry": ("", "command"),
    "nick-invision/retry": ("", "command"),
    "wandalen/wretry.action": ("", "command"),
    "devcontainers/ci": ("", "runCmd"),
    "addnab/docker-run-action": ("", "run"),
    "appleboy/ssh-action": ("", "script"),
}


@reader("github-actions", names=(".{github,gitea,forgejo}/workflows/*.yml", ".{github,gitea,forgejo}/workflows/*.yaml"))
def read_workflow(source: Source) -> Iterator[Fact]:
    """Yield the workflow of a file."""
    document = source.yaml
    if not isinstance(document, Map) or not isinstance(document.get("jobs"), Map):
        return
    defaults = _folder(source, document)
    yield Pipeline(
        at=source.place(),
        system="github",
        name=text(document.get("name")) or stem(source.path),
        triggers=tuple(_triggers(document.get("on", document.get("true")))),
        jobs=tuple(_job(source, id, job, line, defaults) for id, job, line in members(document["jobs"])),
    )


@reader("github-composite-action", names=("action.yml", "action.yaml"))
def read_action(source: Source) -> Iterator[Fact]:
    """Yield a composite action, by the folder that workflows name it with."""
    runs = mapping(mapping(source.yaml).get("runs"))
    if "steps" in runs:
        steps = _steps(source, runs["steps"], runs.line_of("steps"), "")
        yield Runnable(at=source.place(), runner="action", name=source.folder, folder=source.folder, steps=steps)


def _triggers(value: object) -> Iterator[Trigger]:
    """Read ``on`` in its three shapes: one event, a list of events, events with their filters."""
    if not isinstance(value, Map):
        for name in texts(value):
            yield Trigger(_EVENTS.get(name, Event.OTHER))
        return
    for name, filters, _ in members(value):
        event = _EVENTS.get(name, Event.OTHER)
        if event is Event.SCHEDULE:
            for entry, _ in entries(filters):
                yield Trigger(event, cron=text(mapping(entry).get("cron")))
            continue
        options = mapping(filters)
        branches, tags, paths = (texts(options.get(key)) for key in ("branches", "tags", "paths"))
        if event is Event.PUSH and (tags or "tags-ignore" in options):
            yield Trigger(Event.TAG, tags, paths)
            if "branches" not in options and "branches-ignore" not in options:
                continue
        yield Trigger(event, branches, paths)


def _job(source: Source, id: str, value: object, line: int, folder: str) -> Job:
    job = mapping(value)
    uses = _used(job)
    grants = {f"{PERMISSION}{name}": text(level) for name, level, _ in members(job.get("permissions")) if uses}
    called = PipelineStep(at=source.place(job.line_of("uses")), uses=uses, inputs={**inputs(job.get("with")), **grants}, name=id)
    images = [text(mapping(item).get("image")) or text(item) for _, item, _ in members(job.get("services"))]
    return Job(
        id=id,
        at=source.place(line),
        uses=uses,
        steps=(called,) if uses else _steps(source, job.get("steps"), job.line_of("steps"), _folder(source, job) or folder),
        image=text(mapping(job.get("container")).get("image")) or text(job.get("container")),
        services=tuple(sorted(image for image in images if image)),
        condition=text(job.get("if")),
        environment=text(mapping(job.get("environment")).get("name")) or text(job.get("environment")),
        tolerated=is_true(job.get("continue-on-error")),
    )


def _steps(source: Source, value: object, line: int, folder: str) -> tuple[PipelineStep, ...]:
    return tuple(_step(source, mapping(step), at, folder) for step, at in entries(value, line) if isinstance(step, Map))


def _step(source: Source, step: Map, line: int, folder: str) -> PipelineStep:
    key = "uses" if "uses" in step else "run"
    foreign = text(step.get("shell")).startswith(("python", "node", "perl"))  # not the language of a shell
    return PipelineStep(
        at=source.place(step.line_of(key) if key in step else line),
        name=text(step.get("name")) or text(step.get("id")),
        uses=_used(step),
        inputs=inputs(step.get("with")),
        commands=() if foreign else run(source, step.get("run"), step.line_of("run")) + _by_action(source, step),
        environment=inputs(step.get("env")),
        condition=text(step.get("if")),
        tolerated=is_true(step.get("continue-on-error")),
        folder=folder_of(source, text(step.get("working-directory"))) or folder,
    )


def _used(value: Map) -> str:
    """Return what a job or step uses; ``$/`` is the repository itself at the commit that runs, as ``./`` is checked out."""
    uses = text(value.get("uses"))
    return f".{uses.removeprefix('$')}" if uses.startswith("$/") else uses


def _by_action(source: Source, step: Map) -> tuple[Command, ...]:
    """Return the command that an action, or the image of a ``docker://`` step, runs with what it is given."""
    uses, given = text(step.get("uses")), mapping(step.get("with"))
    program, *inputs_ = _RUNNERS.get(uses.partition("@")[0].lower(), ("",))
    if uses.startswith("docker://"):
        program, inputs_ = program_of(uses), ["args"]
    key = next((name for name in inputs_ if text(given.get(name))), "")
    if key and not program:
        return run(source, given[key], given.line_of(key))
    return run(source, f"{program} {text(given.get(key))}", given.line_of(key) or step.line_of("uses")) if program else ()


def _folder(source: Source, value: Map) -> str:
    return folder_of(source, text(mapping(mapping(value.get("defaults")).get("run")).get("working-directory")))
