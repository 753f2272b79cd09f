"""Azure Pipelines. The files have any name, so that they are recognised by what stands in them.

Templates are the same files without triggers; they are runnables that a pipeline's ``template`` entries name.
Source: Microsoft's "YAML schema reference for Azure Pipelines". Without a ``pr`` section GitHub's pull requests would
start a pipeline, those of Azure Repos would not: which of them it is does not stand in the file, so it is not credited.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from assessor.facts.base import Fact
from assessor.facts.pipelines import Event, Job, Pipeline, PipelineStep, Trigger
from assessor.parsing.yaml import Map, Seq
from assessor.reading import Source, reader

from .common import entries, folder_of, inputs, is_manifest, is_true, mapping, members, run, stem, text, texts

_TELLING = re.compile(r"^[ \t]*(?:-[ \t]+)?(?:task|script|bash|pwsh|powershell|template|deployment|job)[ \t]*:", re.M)
_SCRIPTS = ("script", "bash", "pwsh", "powershell")
_FOREIGN = frozenset(
    {"on", "apiVersion", "kind", "workflows", "orbs", "runs", "include", "pipeline", "image", "builder", "options"}
)
_STEP_KEYS = frozenset({"task", *_SCRIPTS, "template", "job", "deployment", "stage", "checkout"})
_FOREIGN_STEP = frozenset({"uses", "run", "image", "command", "commands", "plugins"})
MAX_DEPTH = 12


@reader("azure-pipelines", names=("*.yml", "*.yaml"))
def read_azure(source: Source) -> Iterator[Fact]:
    """Yield the pipeline or template of a file."""
    if source.path.startswith(".github/") or is_manifest(source) or not _TELLING.search(source.text):
        return
    body = source.yaml
    if not isinstance(body, Map) or not _is_azure(body):
        return
    started = _triggers(body) or (Trigger(Event.PUSH if source.name.startswith("azure-pipelines") else Event.CALL),)
    yield Pipeline(
        at=source.place(),
        system="azure",
        name=text(body.get("name")) or stem(source.path),
        triggers=started,
        jobs=tuple(_Reading(source).jobs(body, 0)),
    )


def _is_azure(body: Map) -> bool:
    """Say whether a document has Azure's shape: its own keys, with stages, jobs or steps as a list, and no other system's."""
    if _FOREIGN & set(body):
        return False
    lists = [body[key] for key in ("stages", "jobs", "steps") if isinstance(body.get(key), Seq)]
    if isinstance(body.get("extends"), Map) and "template" in body["extends"]:
        return True
    if not lists:
        return False
    items = [item for item in lists[0] if isinstance(item, Map)]
    if any(_FOREIGN_STEP & set(item) or "/" in text(item.get("name")) for item in items):
        return False
    return any(_STEP_KEYS & set(item) for item in items) or bool({"trigger", "pr", "pool"} & set(body))


def _triggers(body: Map) -> tuple[Trigger, ...]:
    """Read ``trigger``, ``pr`` and ``schedules``; without them every push starts a pipeline, and a template is called."""
    found: list[Trigger] = []
    for key, event in (("trigger", Event.PUSH), ("pr", Event.PULL_REQUEST)):
        value = body.get(key)
        if key in body and value not in ("none", None):
            branches = mapping(value).get("branches", value)
            included = texts(branches.get("include")) if isinstance(branches, Map) else texts(branches)
            found.append(Trigger(event, included, texts(mapping(mapping(value).get("paths")).get("include"))))
            if mapping(value).get("tags") is not None:
                found.append(Trigger(Event.TAG))
    for schedule, _ in entries(body.get("schedules")):
        found.append(Trigger(Event.SCHEDULE, cron=text(mapping(schedule).get("cron"))))
    if found:
        return tuple(found)
    if "trigger" in body or "pr" in body:
        return (Trigger(Event.MANUAL),)
    return (Trigger(Event.PUSH),) if {"pool", "resources", "extends"} & set(body) else ()


class _Reading:
    """Reads the nested lists of one file."""

    def __init__(self, source: Source) -> None:
        self.source = source

    def jobs(self, body: Map, depth: int, condition: str = "") -> Iterator[Job]:
        """Yield the jobs of a document, stage or conditional block."""
        if depth > MAX_DEPTH:
            return
        extends = mapping(body.get("extends"))
        if "template" in extends:
            yield self._called(extends)
            yield from self.jobs(mapping(extends.get("parameters")), depth + 1, condition)
        for key in ("stages", "jobs"):
            for item, _ in entries(body.get(key)):
                yield from self._item(mapping(item), depth, condition)
        if "steps" in body:
            steps = tuple(self.steps(body["steps"], body.line_of("steps"), depth))
            yield Job(id="job", at=self.source.place(body.line_of("steps")), steps=steps, condition=condition)

    def _item(self, item: Map, depth: int, condition: str) -> Iterator[Job]:
        """Read an entry of stages or jobs; ``${{ if … }}:`` keys hold further entries."""
        own = text(item.get("condition")) or condition
        if "template" in item:
            yield self._called(item)
        elif "job" in item or "deployment" in item:
            yield self._job(item, depth, own)
        elif "stage" in item or "jobs" in item or "stages" in item:
            yield from self.jobs(item, depth + 1, own)
        else:
            for key, value, line in members(item):
                if key.startswith("${{"):
                    block = Map(line)
                    block["jobs"] = value if isinstance(value, Seq) else None
                    yield from self.jobs(block, depth + 1, key)

    def _called(self, item: Map) -> Job:
        step = self._template(item)
        return Job(id=step.uses, at=step.at, uses=step.uses, steps=(step,))

    def _template(self, item: Map) -> PipelineStep:
        at = self.source.place(item.line_of("template"))
        return PipelineStep(at=at, uses=text(item.get("template")), inputs=inputs(item.get("parameters")))

    def _job(self, job: Map, depth: int, condition: str) -> Job:
        key = "deployment" if "deployment" in job else "job"
        steps = tuple(self.steps(job.get("steps"), job.line_of("steps"), depth))
        for _, strategy, _ in members(job.get("strategy")):
            for _, phase, line in members(strategy):
                steps += tuple(self.steps(mapping(phase).get("steps"), line, depth))
        environment = job.get("environment")
        return Job(
            id=text(job.get(key)) or key,
            at=self.source.place(job.line_of(key)),
            steps=steps,
            image=text(mapping(job.get("container")).get("image")) or text(job.get("container")),
            condition=condition,
            environment=text(mapping(environment).get("name")) or text(environment),
            tolerated=is_true(job.get("continueOnError")),
            triggers=_narrowed(condition),
        )

    def steps(self, value: object, line: int, depth: int) -> Iterator[PipelineStep]:
        """Yield the steps of a list; those in ``${{ if … }}`` blocks too."""
        if depth > MAX_DEPTH:
            return
        for item, at in entries(value, line):
            if not isinstance(item, Map):
                continue
            if "template" in item:
                yield self._template(item)
                continue
            blocks = [(key, block, where) for key, block, where in members(item) if key.startswith("${{")]
            for _, block, where in blocks:
                yield from self.steps(block, where, depth + 1)
            if not blocks:
                yield self._step(item, at)

    def _step(self, step: Map, line: int) -> PipelineStep:
        key = next((name for name in ("task", *_SCRIPTS) if name in step), "")
        settings = inputs(step.get("inputs"))
        script, at = (step.get(key), step.line_of(key)) if key in _SCRIPTS else self._inline(step)
        folder = text(step.get("workingDirectory")) or settings.get("workingDirectory", "")
        return PipelineStep(
            at=self.source.place(step.line_of(key) if key else line),
            name=text(step.get("displayName")),
            uses=text(step.get("task")),
            inputs=settings,
            commands=run(self.source, script, at),
            environment=inputs(step.get("env")),
            condition="false" if step.get("enabled") is False else text(step.get("condition")),
            tolerated=is_true(step.get("continueOnError")),
            folder=folder_of(self.source, folder),
        )

    def _inline(self, step: Map) -> tuple[object, int]:
        """Return the script that a task runs, inline or from a file, with its line."""
        settings = mapping(step.get("inputs"))
        for key in ("script", "inlineScript", "Inline", "InlineScript"):
            if text(settings.get(key)):
                return settings[key], settings.line_of(key)
        for key in ("filePath", "scriptPath", "ScriptPath"):
            if text(settings.get(key)):
                return f"./{text(settings[key])} {text(settings.get('arguments'))}", settings.line_of(key)
        return None, 0


def _narrowed(condition: str) -> tuple[Trigger, ...] | None:
    """Return the trigger that a condition on the build's reason leaves, if it leaves only one."""
    reason = re.search(r"eq\([^()]*Build\.Reason'?\]?\s*,\s*'(\w+)'", condition)
    known = {"PullRequest": Event.PULL_REQUEST, "Schedule": Event.SCHEDULE, "Manual": Event.MANUAL}
    return (Trigger(known[reason[1]]),) if reason and reason[1] in known and "not(" not in condition else None
