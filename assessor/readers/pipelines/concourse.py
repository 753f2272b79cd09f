"""Concourse: pipelines and tasks, in files of any name.

A pipeline is told by its jobs, each of which has a plan; a task by the program it runs on a platform. Sources:
Concourse's "Pipelines", "Steps" and "Tasks" references.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import msgspec

from assessor.facts.base import Fact, Place
from assessor.facts.pipelines import Command, Event, Job, Pipeline, PipelineStep, Runnable, Trigger
from assessor.parsing.yaml import Map, Seq
from assessor.reading import Source, reader

from .common import container, entries, folder_of, inputs, is_manifest, is_true, mapping, stem, text, variables

MAX_DEPTH = 10  # steps inside steps
MAX_STEPS = 1_000  # of one job

_CHANGES = re.compile(r"pull-?requests?|merge-?requests?|(?:^|-)[pm]rs?(?:$|-)")
_TAG_FILES = ("tag", "tag_file", "additional_tags")  # parameters that name a file with tags
_INNER = ("in_parallel", "aggregate", "do", "try", "on_success", "on_failure", "on_error", "on_abort", "ensure")


@reader("concourse", names=("*.yml", "*.yaml"))
def read_concourse(source: Source) -> Iterator[Fact]:
    """Yield a pipeline, or a task that pipelines can start."""
    data = source.data
    pipeline, task = b"jobs:" in data and b"plan:" in data, b"platform:" in data and b"run:" in data
    if not (pipeline or task) or is_manifest(source):
        return
    body = mapping(source.yaml)
    jobs = body.get("jobs")
    if isinstance(jobs, Seq) and jobs and all("plan" in mapping(job) and "name" in mapping(job) for job in jobs):
        yield _pipeline(source, body, jobs)
    elif "platform" in body and "path" in mapping(body.get("run")):
        steps = (_task(source, source.path, body, source.place()),)
        yield Runnable(at=source.place(), runner="concourse-task", name=source.path, folder=source.folder, steps=steps)


def _pipeline(source: Source, body: Map, jobs: Seq) -> Pipeline:
    resources = {text(mapping(item).get("name")): mapping(item) for item, _ in entries(body.get("resources"))}
    found = []
    for item, line in entries(jobs):
        job = mapping(item)
        steps = list(_flat({key: job[key] for key in job if key in _INNER}, job.get("plan"), line))[:MAX_STEPS]
        found.append(
            Job(
                id=text(job.get("name")),
                at=source.place(line),
                steps=tuple(made for step, at, tolerated in steps if (made := _step(source, step, at, resources, tolerated))),
                triggers=tuple(_triggers([step for step, _, _ in steps], resources)),
            )
        )
    triggers = tuple(dict.fromkeys(trigger for job in found for trigger in job.triggers or ()))
    return Pipeline(at=source.place(), system="concourse", name=stem(source.path), triggers=triggers, jobs=tuple(found))


def _flat(
    hooks: Mapping[str, object], plan: object, line: int, tolerated: bool = False, depth: int = 0
) -> Iterator[tuple[Map, int, bool]]:
    """Yield the steps of a plan and of what surrounds it, with their lines and whether their failure is ignored."""
    for item, at in entries(plan, line):
        step = mapping(item)
        yield step, at, tolerated
        if depth < MAX_DEPTH:
            yield from _flat({key: step[key] for key in step if key in _INNER}, None, at, tolerated, depth + 1)
    for key, inner in hooks.items():
        nested = mapping(inner).get("steps", inner) if key == "in_parallel" else inner
        yield from _flat({}, nested, line, tolerated or key == "try", depth + 1)


def _step(source: Source, step: Map, line: int, resources: Mapping[str, Map], tolerated: bool) -> PipelineStep | None:
    if "put" in step:
        name = text(step["put"])
        resource = resources.get(text(step.get("resource")) or name, Map())
        type = text(resource.get("type")) or "put"  # a resource that another file declares
        params = inputs(step.get("params"))
        read = {key: f"${{{params[key]}}}" for key in _TAG_FILES if params.get(key)}  # the file's content exists at run time
        given = {**inputs(resource.get("source")), **params, **read}
        at = source.place(step.line_of("put"))
        return PipelineStep(at=at, name=name, uses=f"concourse:{type}", inputs=given, tolerated=tolerated)
    if "task" not in step:
        return None
    name, at = text(step["task"]), source.place(step.line_of("task"))
    if "config" in step:
        made = _task(source, name, mapping(step["config"]), at, inputs(step.get("params")))
        return PipelineStep(
            at=at, name=name, uses=made.uses, inputs=made.inputs, commands=made.commands, folder=made.folder, tolerated=tolerated
        )
    uses = f"concourse-task:{text(step.get('file'))}"
    return PipelineStep(at=at, name=name, uses=uses, environment=variables(step.get("params")), tolerated=tolerated)


def _task(source: Source, name: str, config: Map, at: Place, params: Mapping[str, str] | None = None) -> PipelineStep:
    """Return a task's step: the program it runs, or the shared task its image is named for."""
    image = text(mapping(mapping(config.get("image_resource")).get("source")).get("repository"))
    program = mapping(config.get("run"))
    builds = image.rpartition("/")[2] == "oci-build-task"
    line = program.line_of("args") if "args" in program else program.line_of("path")
    folders = frozenset(
        text(mapping(item).get("path")) or text(mapping(item).get("name")) for item, _ in entries(config.get("inputs"))
    )
    commands = () if builds else container(source, image, program.get("path"), program.get("args"), line)
    return PipelineStep(
        at=at,
        name=name,
        uses="concourse:oci-build-task" if builds else "",
        inputs={**variables(config.get("params")), **(params or {})} if builds else {},
        commands=tuple(_from_root(command, folders) for command in commands),
        folder=folder_of(source, _below(text(program.get("dir")), folders)),
    )


def _from_root(command: Command, folders: frozenset[str]) -> Command:
    """Return a command as it would be given in the repository: a task finds each input in a folder of the input's name."""
    argv = (_below(command.argv[0], folders), *command.argv[1:])
    return msgspec.structs.replace(command, argv=argv, folder=_below(command.folder, folders))


def _below(path: str, folders: frozenset[str]) -> str:
    first, _, rest = path.removeprefix("./").partition("/")
    return rest if first in folders else path


def _triggers(steps: list[Map], resources: Mapping[str, Map]) -> Iterator[Trigger]:
    """Yield what starts a job: new versions of the resources it gets with a trigger; without any it is started by hand."""
    started = [
        text(step.get("resource")) or text(step["get"]) for step in steps if "get" in step and is_true(step.get("trigger"))
    ]
    for name in dict.fromkeys(started):
        resource = resources.get(name, Map())
        type = text(resource.get("type"))
        branch = text(mapping(resource.get("source")).get("branch"))
        if _CHANGES.search(type):
            yield Trigger(Event.PULL_REQUEST)
        elif type == "git":
            yield Trigger(Event.PUSH, (branch,) if branch else ())
        else:
            yield Trigger(Event.SCHEDULE if type in ("time", "cron-resource", "cron") else Event.OTHER)
    if not started:
        yield Trigger(Event.MANUAL)
