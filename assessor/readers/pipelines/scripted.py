"""Systems whose steps are scripts: AWS CodeBuild, Travis CI, Bitbucket Pipelines, Buildkite.

Sources: AWS's "Build specification reference", Travis CI's "Job lifecycle", Atlassian's "Bitbucket Pipelines
configuration reference", Buildkite's "Defining steps".
"""

from __future__ import annotations

from collections.abc import Iterator

from assessor.errors import ParseError
from assessor.facts.base import Fact
from assessor.facts.pipelines import Event, Job, Pipeline, PipelineStep, Trigger
from assessor.parsing.yaml import Map, Seq, Tagged
from assessor.reading import Source, reader

from .common import entries, inputs, is_true, mapping, members, run, stem, text, texts, variables

_PUSHED = (Trigger(Event.PUSH), Trigger(Event.PULL_REQUEST))
_TRAVIS = ("before_install", "install", "before_script", "script", "after_success", "before_deploy", "deploy", "after_deploy")
MAX_DEPTH = 6
MAX_SPECIFICATION = 100_000  # characters of a build specification inside a template


@reader("codebuild", names=("*buildspec*.yml", "*buildspec*.yaml"))
def read_codebuild(source: Source) -> Iterator[Fact]:
    """Yield a build specification; what starts it is kept elsewhere."""
    yield from _specification(source, stem(source.path))


@reader("codebuild-inline", names=("*.yml", "*.yaml", "*.json", "*.template"))
def read_codebuild_inline(source: Source) -> Iterator[Fact]:
    """Yield the build specifications that a CloudFormation template holds as text."""
    if b"AWS::CodeBuild::Project" not in source.data or b"BuildSpec" not in source.data:
        return
    resources = mapping(mapping(source.yaml).get("Resources"))
    for name, resource, _ in members(resources):
        build = mapping(mapping(mapping(resource).get("Properties")).get("Source"))
        written = text_of(build.get("BuildSpec"))
        if mapping(resource).get("Type") == "AWS::CodeBuild::Project" and "phases" in written:
            start = build.line_of("BuildSpec")
            yield from _specification(_inner(source, written[:MAX_SPECIFICATION], start), name)


def text_of(value: object) -> str:
    """Return a text, also one that is substituted into (``!Sub``, ``Fn::Sub``), as far as it is written."""
    value = value.value if isinstance(value, Tagged) else mapping(value).get("Fn::Sub", value)
    value = value[0] if isinstance(value, Seq) and value else value
    return value if isinstance(value, str) else ""


def _inner(source: Source, written: str, line: int) -> Source:
    """Return a text inside a file as a file whose lines have the numbers they have there."""
    header = source.lines[line - 1] if 0 < line <= len(source.lines) else ""
    block = header.rstrip().endswith(("|", "|-", "|+", ">", ">-", ">+"))
    return Source(source.repository, source.path, ("\n" * (line if block else line - 1) + written).encode())


def _specification(source: Source, name: str) -> Iterator[Pipeline]:
    try:
        body = mapping(source.yaml)
    except ParseError:
        return
    phases = mapping(body.get("phases"))
    if phases:
        steps = tuple(
            PipelineStep(
                at=source.place(line),
                name=phase_name,
                commands=run(source, mapping(phase).get("commands"), mapping(phase).line_of("commands")),
                environment=inputs(mapping(mapping(body.get("env")).get("variables"))),
            )
            for phase_name, phase, line in members(phases)
        )
        job = Job(id="build", at=source.place(body.line_of("phases")), steps=steps)
        yield Pipeline(at=source.place(), system="codebuild", name=name, triggers=(Trigger(Event.OTHER),), jobs=(job,))


@reader("travis", names=(".travis.yml",))
def read_travis(source: Source) -> Iterator[Fact]:
    """Yield the pipeline of Travis CI, which reads its file at the root only."""
    body = mapping(source.yaml)
    if source.path != ".travis.yml" or not body:
        return
    blocks = [("build", body, body.line)]
    for key in ("jobs", "matrix"):
        included = mapping(body.get(key)).get("include")
        blocks += [
            (text(mapping(i).get("name")) or f"job {n}", mapping(i), line) for n, (i, line) in enumerate(entries(included))
        ]
    jobs = tuple(Job(id=id, at=source.place(line), steps=tuple(_travis_steps(source, block))) for id, block, line in blocks)
    yield Pipeline(at=source.place(), system="travis", name="travis", triggers=_PUSHED, jobs=jobs)


def _travis_steps(source: Source, block: Map) -> Iterator[PipelineStep]:
    for key in _TRAVIS:
        for item, line in entries(block.get(key), block.line_of(key)) if key == "deploy" else ():
            deploy = mapping(item)
            commands = run(source, deploy.get("script"), deploy.line_of("script"))
            uses = "" if commands else f"travis:{text(deploy.get('provider'))}"
            yield PipelineStep(at=source.place(line), name=key, uses=uses, inputs=inputs(deploy), commands=commands)
        if key in block and key != "deploy":
            line = block.line_of(key)
            yield PipelineStep(at=source.place(line), name=key, commands=run(source, block[key], line))


@reader("bitbucket-pipelines", names=("bitbucket-pipelines.yml",))
def read_bitbucket(source: Source) -> Iterator[Fact]:
    """Yield the pipelines of Bitbucket, which reads its file at the root only."""
    body = mapping(source.yaml)
    if "/" in source.path or "pipelines" not in body:
        return
    jobs = tuple(_bitbucket_jobs(source, mapping(body["pipelines"])))
    triggers = tuple(dict.fromkeys(trigger for job in jobs for trigger in job.triggers or ()))
    yield Pipeline(at=source.place(), system="bitbucket", name="bitbucket", triggers=triggers, jobs=jobs)


def _bitbucket_jobs(source: Source, pipelines: Map) -> Iterator[Job]:
    sections = {"branches": Event.PUSH, "pull-requests": Event.PULL_REQUEST, "tags": Event.TAG, "custom": Event.MANUAL}
    for section, value, line in members(pipelines):
        if section == "default":
            yield from _bitbucket_steps(source, section, value, line, _PUSHED)
        for pattern, steps, at in members(value) if section in sections else ():
            branches = (pattern,) if section == "branches" else ()
            trigger = Trigger(sections[section], branches)
            yield from _bitbucket_steps(source, f"{section}: {pattern}", steps, at, (trigger,))


def _bitbucket_steps(
    source: Source, name: str, value: object, line: int, triggers: tuple[Trigger, ...], depth: int = 0
) -> Iterator[Job]:
    """Yield a job a step; ``parallel`` and ``stage`` hold further steps."""
    for item, _ in entries(value, line):
        for key, inner, where in members(item) if depth < MAX_DEPTH else ():
            if key == "step":
                step = mapping(inner)
                steps = tuple(_bitbucket_script(source, step, where))
                title = text(step.get("name")) or name
                deployment = text(step.get("deployment"))
                yield Job(
                    id=title,
                    at=source.place(where),
                    steps=steps,
                    image=text(mapping(step.get("image")).get("name")) or text(step.get("image")),
                    environment=deployment,
                    tolerated=mapping(step.get("on-fail")).get("strategy") == "ignore",
                    triggers=triggers,
                )
            elif key in ("parallel", "stage"):
                nested = mapping(inner).get("steps", inner if isinstance(inner, Seq) else None)
                yield from _bitbucket_steps(source, name, nested, where, triggers, depth + 1)


def _bitbucket_script(source: Source, step: Map, line: int) -> Iterator[PipelineStep]:
    lines = Seq(step.line_of("script"))
    for item, at in [*entries(step.get("script"), line), *entries(step.get("after-script"), line)]:
        if isinstance(item, Map) and "pipe" in item:
            settings = variables(item.get("variables"))
            yield PipelineStep(at=source.place(at), uses=text(item["pipe"]), inputs=settings, name=text(item.get("name")))
        else:
            lines.append(item)
            lines.lines.append(at)
    yield PipelineStep(at=source.place(line), name=text(step.get("name")), commands=run(source, lines, line))


@reader("buildkite", names=(".buildkite/**/*.yml", ".buildkite/**/*.yaml", "buildkite.yml", "buildkite.yaml"))
def read_buildkite(source: Source) -> Iterator[Fact]:
    """Yield a pipeline of Buildkite; schedules are kept elsewhere."""
    body = source.yaml
    steps = body if isinstance(body, Seq) else mapping(body).get("steps")
    if isinstance(steps, Seq):
        jobs = tuple(_buildkite_jobs(source, steps, 0))
        yield Pipeline(at=source.place(), system="buildkite", name=stem(source.path), triggers=_PUSHED, jobs=jobs)


def _buildkite_jobs(source: Source, value: object, depth: int) -> Iterator[Job]:
    for item, line in entries(value):
        step = mapping(item)
        if "steps" in step and depth < MAX_DEPTH:
            yield from _buildkite_jobs(source, step["steps"], depth + 1)
        if not {"command", "commands", "plugins", "label"} & set(step):
            continue
        key = "commands" if "commands" in step else "command"
        title = text(step.get("label")) or text(step.get("name")) or text(step.get("key"))
        own = PipelineStep(
            at=source.place(step.line_of(key)),
            name=title,
            commands=run(source, step.get(key), step.line_of(key)),
            environment=inputs(step.get("env")),
        )
        yield Job(
            id=title,
            at=source.place(line),
            steps=(own, *_buildkite_plugins(source, step)),
            condition=text(step.get("if")),
            tolerated=is_true(step.get("soft_fail")) or isinstance(step.get("soft_fail"), Seq),
            triggers=(Trigger(Event.PUSH, texts(step["branches"])),) if "branches" in step else None,
        )


def _buildkite_plugins(source: Source, step: Map) -> Iterator[PipelineStep]:
    for plugin, line in entries(step.get("plugins")):
        for name, options, at in members(plugin):
            yield PipelineStep(at=source.place(at or line), uses=name, inputs=inputs(options))
