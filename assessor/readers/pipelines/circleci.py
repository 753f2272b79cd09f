"""CircleCI: ``.circleci/config.yml`` with its commands and orbs. Source: CircleCI's "Configuration reference"."""

from __future__ import annotations

import re
from collections.abc import Iterator

from assessor.facts.base import Fact
from assessor.facts.pipelines import Command, Event, Job, Pipeline, PipelineStep, Trigger
from assessor.parsing.yaml import Map
from assessor.reading import Source, reader

from .common import entries, folder_of, inputs, mapping, members, run, text, texts

_PARAMETER = re.compile(r"<<[ \t]*([\w.-]{1,100})[ \t]*>>")
_ORB = re.compile(r"([\w-]+)/")
MAX_DEPTH = 6

# Every push starts a pipeline; its result stands in the pull request of the branch.
_PUSHED = (Trigger(Event.PUSH), Trigger(Event.PULL_REQUEST))


@reader("circleci", names=(".circleci/config.yml", ".circleci/config.yaml"))
def read_circleci(source: Source) -> Iterator[Fact]:
    """Yield the pipeline, each job once per workflow that runs it."""
    body = source.yaml
    if isinstance(body, Map):
        reading = _Reading(source, body)
        jobs = tuple(reading.workflows())
        triggers = tuple(dict.fromkeys(t for job in jobs for t in job.triggers or ()))
        yield Pipeline(at=source.place(), system="circleci", name="circleci", triggers=triggers or _PUSHED, jobs=jobs)


class _Reading:
    """Reads one configuration; orbs are resolved to the names they are imported by."""

    def __init__(self, source: Source, body: Map) -> None:
        self.source = source
        self.jobs = mapping(body.get("jobs"))
        self.commands = mapping(body.get("commands"))
        self.flows = mapping(body.get("workflows"))
        self.orbs = {alias: text(name).partition("@")[0] for alias, name, _ in members(body.get("orbs"))}
        executors = mapping(body.get("executors"))
        self.executors = {name: self._image(mapping(executor)) for name, executor, _ in members(executors)}

    def workflows(self) -> Iterator[Job]:
        """Yield the jobs of every workflow; of old files without workflows, the job named build."""
        found = False
        for _, flow, _ in members(self.flows):
            triggers = tuple(_scheduled(mapping(flow))) or None
            for entry, line in entries(mapping(flow).get("jobs")):
                found = True
                name, options = next(iter(entry.items()), ("", None)) if isinstance(entry, Map) else (text(entry), None)
                yield self._job(name, mapping(options), line, triggers)
        if not found:
            for name, _, line in members(self.jobs):
                yield self._job(name, Map(), line, None)

    def _job(self, name: str, options: Map, line: int, triggers: tuple[Trigger, ...] | None) -> Job:
        job = mapping(self.jobs.get(name))
        started = triggers or tuple(_filtered(mapping(options.get("filters")), text(options.get("type")) == "approval"))
        around = [*self.steps(options.get("pre-steps"), line, 0)]
        if name not in self.jobs:
            at = self.source.place(line)
            uses = self._orb(name)
            steps = (*around, PipelineStep(at=at, name=name, uses=uses, inputs=inputs(options)))
            return Job(id=name, at=at, steps=steps, uses=uses if "/" in uses else "", triggers=started)
        folder = folder_of(self.source, re.sub(r"^~/[^/]*/?", "", text(job.get("working_directory"))))
        steps = (*around, *self.steps(job.get("steps"), job.line_of("steps"), 0, folder))
        executor = job.get("executor")
        image = self._image(job) or self.executors.get(text(mapping(executor).get("name")) or text(executor), "")
        return Job(id=name, at=self.source.place(self.jobs.lines.get(name, line)), steps=steps, image=image, triggers=started)

    def steps(self, value: object, line: int, depth: int, folder: str = "") -> Iterator[PipelineStep]:
        """Yield steps: ``run``, orbs and own commands, also within ``when`` and ``unless``."""
        if depth > MAX_DEPTH:
            return
        for item, at in entries(value, line):
            name, options = next(iter(item.items()), ("", None)) if isinstance(item, Map) else (text(item), None)
            if name in ("when", "unless"):
                inner = mapping(options)
                yield from self.steps(inner.get("steps"), inner.line_of("steps"), depth + 1, folder)
            elif name == "run":
                yield self._run(options, at, folder)
            elif name in self.commands:
                command = mapping(self.commands[name])
                yield from self.steps(command.get("steps"), command.line_of("steps"), depth + 1, folder)
            elif name:
                yield PipelineStep(at=self.source.place(at), name=name, uses=self._orb(name), inputs=inputs(options))

    def _run(self, options: object, line: int, folder: str) -> PipelineStep:
        step = mapping(options)
        own = text(step.get("working_directory"))
        return PipelineStep(
            at=self.source.place(step.line_of("command") if step else line),
            name=text(step.get("name")),
            commands=self._script(step.get("command") if step else options, step.line_of("command") if step else line),
            environment=inputs(step.get("environment")),
            condition=text(step.get("when")),
            folder=folder_of(self.source, own) if own else folder,
        )

    def _script(self, value: object, line: int) -> tuple[Command, ...]:
        """Parameters are written ``<< … >>``, which a shell would take for a here-document."""
        return run(self.source, _PARAMETER.sub(r"${{ \1 }}", value) if isinstance(value, str) else value, line)

    def _orb(self, name: str) -> str:
        alias = _ORB.match(name)
        return name.replace(alias[1], self.orbs.get(alias[1]) or alias[1], 1) if alias else name

    def _image(self, value: Map) -> str:
        return next((text(mapping(item).get("image")) for item, _ in entries(value.get("docker"))), "")


def _scheduled(flow: Map) -> Iterator[Trigger]:
    for trigger, _ in entries(flow.get("triggers")):
        schedule = mapping(mapping(trigger).get("schedule"))
        if schedule:
            yield Trigger(Event.SCHEDULE, cron=text(schedule.get("cron")))
    condition = " ".join((text(flow.get("when")), *inputs(flow.get("when")).values()))
    if "schedul" in condition:
        yield Trigger(Event.SCHEDULE)


def _filtered(filters: Map, approval: bool) -> Iterator[Trigger]:
    """Translate branch and tag filters; tags only start a job that asks for them."""
    if approval:
        yield Trigger(Event.MANUAL)
        return
    branches, tags = mapping(filters.get("branches")), mapping(filters.get("tags"))
    only = texts(branches.get("only"))
    if only:
        yield Trigger(Event.PUSH, only)
    elif texts(branches.get("ignore")) != ("/.*/",):
        yield from _PUSHED
    if texts(tags.get("only")):
        yield Trigger(Event.TAG, texts(tags.get("only")))
