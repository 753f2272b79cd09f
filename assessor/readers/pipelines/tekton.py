"""Tekton: Pipelines, PipelineRuns and Tasks, also those of Pipelines as Code and of Jenkins X (Lighthouse).

A Task is something a pipeline can start; Lighthouse names files by what starts them (``pullrequest.yaml``,
``release.yaml``), as Jenkins X's catalogue does. Sources: Tekton's API specification, the annotations of Pipelines as Code.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from assessor.facts.base import Fact
from assessor.facts.pipelines import Event, Job, Pipeline, PipelineStep, Runnable, Trigger
from assessor.parsing.yaml import Map
from assessor.reading import Source, reader

from .common import container, entries, folder_of, inputs, mapping, run, stem, text, texts, variables

_AS_CODE = "pipelinesascode.tekton.dev/"
_RELEASE = re.compile(r"release|postsubmit|main|master", re.I)


@reader("tekton", names=("*.yml", "*.yaml"))
def read_tekton(source: Source) -> Iterator[Fact]:
    """Yield what Tekton's objects in a file run."""
    if "tekton.dev/" not in source.text:
        return
    for document in source.documents:
        body = mapping(document.value)
        if text(body.get("apiVersion")).startswith("tekton.dev/"):
            yield from _object(source, body, document.line)


def _object(source: Source, body: Map, line: int) -> Iterator[Fact]:
    kind, spec = text(body.get("kind")), mapping(body.get("spec"))
    metadata = mapping(body.get("metadata"))
    name = text(metadata.get("name")) or text(metadata.get("generateName")) or stem(source.path)
    at = source.place(line)
    if kind in ("Task", "ClusterTask"):
        yield Runnable(at=at, runner="tekton-task", name=name, steps=tuple(_steps(source, spec, "")))
    elif kind == "Pipeline":
        jobs = tuple(_tasks(source, spec))
        yield Runnable(at=at, runner="tekton-pipeline", name=name, steps=tuple(step for job in jobs for step in job.steps))
        yield _pipeline(source, name, line, (Trigger(Event.OTHER),), jobs)
    elif kind in ("PipelineRun", "TaskRun"):
        jobs = tuple(_run(source, spec, line))
        yield _pipeline(source, name, line, _triggers(source.path, mapping(metadata.get("annotations"))), jobs)


def _pipeline(source: Source, name: str, line: int, triggers: tuple[Trigger, ...], jobs: tuple[Job, ...]) -> Pipeline:
    at = source.place(line if line > 1 else 0)
    return Pipeline(at=at, system="tekton", name=name, triggers=triggers, jobs=jobs)


def _run(source: Source, spec: Map, line: int) -> Iterator[Job]:
    if "pipelineSpec" in spec:
        yield from _tasks(source, mapping(spec["pipelineSpec"]))
    for key, runner in (("pipelineRef", "tekton-pipeline"), ("taskRef", "tekton-task")):
        if key in spec:
            yield _referred(source, spec, key, runner, spec.line_of(key))
    if "taskSpec" in spec:
        yield _task(source, "task", spec, line)


def _tasks(source: Source, spec: Map) -> Iterator[Job]:
    for key in ("tasks", "finally"):
        for item, line in entries(spec.get(key)):
            yield _task(source, text(mapping(item).get("name")) or "task", mapping(item), line)


def _task(source: Source, name: str, item: Map, line: int) -> Job:
    if "taskSpec" not in item:
        return _referred(source, item, "taskRef", "tekton-task", line)
    spec = mapping(item["taskSpec"])
    steps = tuple(_steps(source, spec, text(mapping(spec.get("stepTemplate")).get("image"))))
    return Job(id=name, at=source.place(line), steps=steps)


def _referred(source: Source, item: Map, key: str, runner: str, line: int) -> Job:
    reference = mapping(item.get(key))
    resolved = {text(mapping(p).get("name")): text(mapping(p).get("value")) for p, _ in entries(reference.get("params"))}
    name = text(reference.get("name")) or resolved.get("name") or resolved.get("pathInRepo", "")
    settings = {text(mapping(p).get("name")): "\n".join(texts(mapping(p).get("value"))) for p, _ in entries(item.get("params"))}
    step = PipelineStep(at=source.place(line), name=text(item.get("name")), uses=f"{runner}:{name}", inputs=settings)
    return Job(id=text(item.get("name")) or name, at=step.at, steps=(step,), uses=step.uses)


def _steps(source: Source, spec: Map, default: str) -> Iterator[PipelineStep]:
    default = text(mapping(spec.get("stepTemplate")).get("image")) or default
    for item, line in entries(spec.get("steps")):
        step = mapping(item)
        image = text(step.get("image")) or default
        shared = image.startswith("uses:")  # Jenkins X: the steps stand in another repository
        if "script" in step:
            commands = run(source, step["script"], step.line_of("script"))
        elif "command" in step or "args" in step:
            key = "args" if "args" in step else "command"
            commands = container(source, image, step.get("command"), step.get("args"), step.line_of(key))
        else:
            commands = ()
        yield PipelineStep(
            at=source.place(line),
            name=text(step.get("name")),
            uses=f"jx:{image.removeprefix('uses:')}" if shared else "",
            inputs=inputs(step.get("params")),
            commands=() if shared else commands,
            environment=variables(step.get("env")),
            tolerated=step.get("onError") == "continue",
            folder=folder_of(source, re.sub(r"^(?:\$\(workspaces\.[^)]*\)|/workspace/\w+)/?", "", text(step.get("workingDir")))),
        )


def _triggers(path: str, annotations: Map) -> tuple[Trigger, ...]:
    """Return what starts a run: annotations of Pipelines as Code, the file's name for Lighthouse; else it is not known."""
    branches = tuple(re.findall(r"[\w./*-]+", text(annotations.get(f"{_AS_CODE}on-target-branch"))))
    events = text(annotations.get(f"{_AS_CODE}on-event")) + text(annotations.get(f"{_AS_CODE}on-cel-expression"))
    found = []
    if "pull_request" in events:
        found.append(Trigger(Event.PULL_REQUEST, branches))
    if re.search(r"\bpush\b", events):
        found.append(Trigger(Event.PUSH, branches))
    if not found and path.startswith(".lighthouse/"):
        found.append(Trigger(Event.PUSH if _RELEASE.search(stem(path)) else Event.PULL_REQUEST))
    return tuple(found) or (Trigger(Event.OTHER),)
