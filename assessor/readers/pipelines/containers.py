"""Systems whose steps are containers: Google Cloud Build, Codefresh, Drone, Woodpecker.

Sources: Google's "Build configuration file schema", Codefresh's "Steps in pipelines", Drone's and Woodpecker's pipeline
references.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from assessor.facts.base import Fact
from assessor.facts.pipelines import Event, Job, Pipeline, PipelineStep, Trigger
from assessor.parsing.yaml import Map, Seq
from assessor.reading import Source, reader

from .common import container, entries, folder_of, inputs, is_manifest, mapping, members, run, stem, text, texts, variables

_CLOUD_BUILD = frozenset(
    {"steps", "timeout", "logsBucket", "options", "substitutions", "tags", "serviceAccount", "secrets", "availableSecrets"}
) | {"artifacts", "images", "queueTtl", "id", "projectId", "source", "dependencies"}

_CLOUD_STEP = frozenset(
    {"name", "args", "env", "dir", "id", "waitFor", "entrypoint", "secretEnv", "volumes", "timeout", "allowFailure", "script"}
) | {"allowExitCodes", "automapSubstitutions", "pullTiming", "timing", "status"}

_EVENTS = {
    "push": Event.PUSH,
    "pull_request": Event.PULL_REQUEST,
    "pull_request_closed": Event.PULL_REQUEST,
    "tag": Event.TAG,
    "release": Event.TAG,
    "cron": Event.SCHEDULE,
    "manual": Event.MANUAL,
    "custom": Event.MANUAL,
    "promote": Event.MANUAL,
    "deployment": Event.MANUAL,
}


@reader("cloud-build", names=("*.yml", "*.yaml", "cloudbuild*.json"))
def read_cloud_build(source: Source) -> Iterator[Fact]:
    """Yield a Cloud Build configuration; its name is free, its triggers are kept elsewhere."""
    if source.path.startswith((".github/workflows/", ".github/actions/")) or "steps" not in source.text or is_manifest(source):
        return
    body = source.yaml
    if not isinstance(body, Map) or not _is_cloud_build(body):
        return
    steps = [_cloud_step(source, mapping(item), line) for item, line in entries(body.get("steps"))]
    images = texts(body.get("images")) + texts(mapping(body.get("artifacts")).get("images"))
    if images:
        at = source.place(body.line_of("images") if "images" in body else body.line_of("artifacts", "images"))
        steps.append(PipelineStep(at=at, uses="cloudbuild:images", inputs={"images": "\n".join(images)}))
    yield Pipeline(
        at=source.place(),
        system="cloudbuild",
        name=stem(source.path),
        triggers=(Trigger(Event.OTHER),),
        jobs=(Job(id="build", at=source.place(body.line_of("steps")), steps=tuple(steps)),),
    )


def _is_cloud_build(body: Map) -> bool:
    """Say whether a document has Cloud Build's shape: known keys only, and steps that name an image and run it."""
    steps = body.get("steps")
    if not isinstance(steps, Seq) or not steps or set(body) - _CLOUD_BUILD:
        return False
    items = [item for item in steps if isinstance(item, Map)]
    shaped = all(not set(item) - _CLOUD_STEP and " " not in text(item.get("name")) for item in items)
    return shaped and any("name" in item and {"args", "entrypoint", "script"} & set(item) for item in items)


def _cloud_step(source: Source, step: Map, line: int) -> PipelineStep:
    image = text(step.get("name"))
    commands = container(
        source, image, step.get("entrypoint"), step.get("args"), step.line_of("args") if "args" in step else line
    )
    if "script" in step:
        commands = run(source, step["script"], step.line_of("script"))
    return PipelineStep(
        at=source.place(line),
        name=text(step.get("id")) or image,
        uses=image,
        commands=commands,
        environment=variables(step.get("env")),
        tolerated=step.get("allowFailure") is True,
        folder=folder_of(source, text(step.get("dir"))),
    )


_CODEFRESH_VERSION = re.compile(rb"^version:[ \t]*[\"']?1\.0[\"']?[ \t]*(?:#.*)?$", re.M)
_CODEFRESH = frozenset(
    {"version", "steps", "stages", "mode", "hooks", "fail_fast", "success_criteria", "indicators", "build_version", "strict"}
) | {"requiredFlags", "services", "kind", "metadata", "spec"}
_CODEFRESH_OPTIONS = frozenset({"commands", "when", "title", "stage", "steps", "scale", "matrix", "description"})
MAX_STEPS, MAX_DEPTH = 500, 5


@reader("codefresh", names=("*.yml", "*.yaml"))
def read_codefresh(source: Source) -> Iterator[Fact]:
    """Yield a pipeline of Codefresh; its file's name is free, its triggers are kept elsewhere."""
    if b"steps:" not in source.data or not _CODEFRESH_VERSION.search(source.data):
        return
    body = mapping(source.yaml)
    if not isinstance(body.get("steps"), Map) or set(body) - _CODEFRESH:
        return
    steps = tuple(islice(_codefresh_steps(source, body["steps"], 0), MAX_STEPS))
    if any(step.uses or step.commands for step in steps):
        job = Job(id="build", at=source.place(body.line_of("steps")), steps=steps)
        yield Pipeline(
            at=source.place(), system="codefresh", name=stem(source.path), triggers=(Trigger(Event.OTHER),), jobs=(job,)
        )


def _codefresh_steps(source: Source, steps: Map, depth: int) -> Iterator[PipelineStep]:
    """Yield the steps; those without a type run commands in an image, and ``parallel`` ones hold further steps."""
    for name, value, line in members(steps):
        step = mapping(value)
        kind = text(step.get("type")).partition(":")[0]
        if isinstance(step.get("steps"), Map) and depth < MAX_DEPTH:
            yield from _codefresh_steps(source, step["steps"], depth + 1)
        given = Map(step.line)
        given.update({key: item for key, item in step.items() if key not in _CODEFRESH_OPTIONS})
        yield PipelineStep(
            at=source.place(line),
            name=text(step.get("title")) or name,
            uses=f"codefresh:{kind}" if kind and kind not in ("freestyle", "parallel") else "",
            inputs={**inputs(given), **inputs(given.get("arguments"))},
            commands=run(source, step.get("commands"), step.line_of("commands")),
            environment=variables(step.get("environment")),
            tolerated=step.get("fail_fast") is False,
            folder=folder_of(source, text(step.get("working_directory"))),
        )


@reader("drone", names=(".drone.yml", ".drone.yaml"))
def read_drone(source: Source) -> Iterator[Fact]:
    """Yield the pipelines of Drone's file, one a document."""
    for document in source.documents:
        body = mapping(document.value)
        if "steps" in body and body.get("kind", "pipeline") == "pipeline":
            yield _containers(source, body, "drone", "trigger", document.line)


@reader(
    "woodpecker",
    names=(".woodpecker.yml", ".woodpecker.yaml", ".woodpecker/**/*.yml", ".woodpecker/**/*.yaml"),
)
def read_woodpecker(source: Source) -> Iterator[Fact]:
    """Yield a workflow of Woodpecker; steps stand in a list or a mapping, ``pipeline`` in old files."""
    body = mapping(source.yaml)
    if "steps" in body or "pipeline" in body:
        yield _containers(source, body, "woodpecker", "when", body.line)


def _containers(source: Source, body: Map, system: str, trigger: str, line: int) -> Pipeline:
    triggers = _events(body.get(trigger))
    key = "steps" if "steps" in body else "pipeline"
    if isinstance(body[key], Map):
        items = [(name, mapping(step), at) for name, step, at in members(body[key])]
    else:
        items = [(text(mapping(step).get("name")), mapping(step), at) for step, at in entries(body[key])]
    services = [mapping(value) for value in (body["services"].values() if isinstance(body.get("services"), Map) else [])]
    services += [mapping(value) for value, _ in entries(body.get("services")) if "image" in mapping(value)]
    return Pipeline(
        at=source.place(line if line > 1 else 0),
        system=system,
        name=text(body.get("name")) or stem(source.path),
        triggers=triggers,
        jobs=tuple(
            Job(
                id=name,
                at=source.place(at),
                steps=(_container_step(source, name, step, at),),
                image=text(step.get("image")),
                services=tuple(sorted(text(service.get("image")) for service in services)),
                tolerated=text(step.get("failure")) == "ignore",
                triggers=_events(step["when"]) if "when" in step else None,
            )
            for name, step, at in items
        ),
    )


def _container_step(source: Source, name: str, step: Map, line: int) -> PipelineStep:
    """A step with settings and no commands is a plug-in."""
    commands = run(source, step.get("commands"), step.line_of("commands"))
    if not commands and ("entrypoint" in step or "command" in step):
        commands = container(source, text(step.get("image")), step.get("entrypoint"), step.get("command"), line)
    return PipelineStep(
        at=source.place(step.line_of("image") if "image" in step else line),
        name=name,
        uses="" if commands else text(step.get("image")),
        inputs=inputs(step.get("settings")),
        commands=commands,
        environment=variables(step.get("environment")),
        tolerated=text(step.get("failure")) == "ignore",
        folder=folder_of(source, text(step.get("directory"))),
    )


def _events(value: object) -> tuple[Trigger, ...]:
    """Translate conditions: a mapping, or a list of which one must hold; without an event any starts it."""
    found: list[Trigger] = []
    for item, _ in entries(value):
        options = mapping(item)
        event, branch = options.get("event"), options.get("branch")
        events = texts(event.get("include")) if isinstance(event, Map) else texts(event)
        branches = texts(branch.get("include")) if isinstance(branch, Map) else texts(branch)
        paths = texts(mapping(options.get("path")).get("include")) or texts(options.get("path"))
        names = events or ("push", "pull_request", *(("cron",) if "cron" in options else ()))
        found += (Trigger(_EVENTS.get(name, Event.OTHER), branches, paths) for name in names)
    return tuple(dict.fromkeys(found)) or (Trigger(Event.PUSH), Trigger(Event.PULL_REQUEST), Trigger(Event.TAG))
