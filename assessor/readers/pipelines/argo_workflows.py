"""Argo Workflows: Workflow, CronWorkflow, WorkflowTemplate and ClusterWorkflowTemplate objects.

Each template that runs something is a job; steps and tasks only order them. Source: the project's field reference.
"""

from __future__ import annotations

from collections.abc import Iterator

from assessor.facts.base import Fact
from assessor.facts.pipelines import Command, Event, Job, Pipeline, PipelineStep, Trigger
from assessor.parsing.yaml import Map
from assessor.reading import Source, reader

from .common import container, entries, mapping, run, stem, text, texts, variables

_KINDS = frozenset({"Workflow", "CronWorkflow", "WorkflowTemplate", "ClusterWorkflowTemplate"})
_SHELLS = frozenset({"sh", "bash", "ash", "zsh", "dash", "ksh"})


@reader("argo-workflows", names=("*.yml", "*.yaml"))
def read_argo_workflows(source: Source) -> Iterator[Fact]:
    """Yield what the workflows of a file run."""
    if b"argoproj.io/" not in source.data or b"Workflow" not in source.data:
        return
    for document in source.documents:
        body = mapping(document.value)
        if text(body.get("apiVersion")).startswith("argoproj.io/") and text(body.get("kind")) in _KINDS:
            yield from _workflow(source, body, document.line)


def _workflow(source: Source, body: Map, line: int) -> Iterator[Pipeline]:
    spec = mapping(body.get("spec"))
    metadata = mapping(body.get("metadata"))
    inner = mapping(spec.get("workflowSpec")) if "workflowSpec" in spec else spec
    jobs = tuple(job for item, at in entries(inner.get("templates")) if (job := _job(source, mapping(item), at)))
    if jobs:
        yield Pipeline(
            at=source.place(line if line > 1 else 0),
            system="argo-workflows",
            name=text(metadata.get("name")) or text(metadata.get("generateName")) or stem(source.path),
            triggers=tuple(_triggers(text(body.get("kind")), spec)),
            jobs=jobs,
        )


def _triggers(kind: str, spec: Map) -> Iterator[Trigger]:
    """Yield the schedules of a CronWorkflow that is not suspended; what starts other workflows stands elsewhere."""
    schedules = (*texts(spec.get("schedules")), *texts(spec.get("schedule"))) if kind == "CronWorkflow" else ()
    if schedules and spec.get("suspend") is not True:
        yield from (Trigger(Event.SCHEDULE, cron=schedule) for schedule in schedules)
    else:
        yield Trigger(Event.OTHER)


def _job(source: Source, template: Map, line: int) -> Job | None:
    """Return what a template runs; None of one that only orders others."""
    containers = [
        *((mapping(template[key]), template.line_of(key)) for key in ("container", "script") if key in template),
        *((mapping(item), at) for item, at in entries(mapping(template.get("containerSet")).get("containers"))),
    ]
    if not containers:
        return None
    name = text(template.get("name"))
    steps = tuple(
        PipelineStep(
            at=source.place(at),
            name=text(given.get("name")) or name,
            commands=_commands(source, given, at),
            environment=variables(given.get("env")),
        )
        for given, at in containers
    )
    return Job(id=name, at=source.place(line), steps=steps, image=text(containers[0][0].get("image")))


def _commands(source: Source, given: Map, line: int) -> tuple[Command, ...]:
    """Return what a container or script runs; a script of another language than the shell's is not followed."""
    command = texts(given.get("command"))
    if "source" in given:
        shell = not command or command[0].rpartition("/")[2] in _SHELLS
        return run(source, given["source"], given.line_of("source")) if shell else ()
    key = "args" if "args" in given else "command" if "command" in given else ""
    at = given.line_of(key) if key else line
    return container(source, text(given.get("image")), given.get("command"), given.get("args"), at)
