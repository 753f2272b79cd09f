"""GitLab CI: every file in its syntax. Which of them are a pipeline, or part of one, is derived from the includes.

Source: GitLab's "CI/CD YAML syntax reference".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from assessor.facts.base import Fact
from assessor.facts.pipelines import Event, GitlabFile, GitlabJob, PipelineStep, ScriptLine, Trigger
from assessor.parsing.yaml import Map, Seq, Tagged
from assessor.reading import Source, reader

from .common import entries, harmless, inputs, is_manifest, is_true, mapping, members, run, text, texts

_TELLING = re.compile(r"^[ \t]*(?:-[ \t]+)?(?:script|include|extends|trigger)[ \t]*:", re.M)
_KEYWORDS = frozenset({"default", "include", "stages", "variables", "workflow", "image", "services", "cache", "spec"}) | {
    "before_script", "after_script",
}  # fmt: skip
_ELSEWHERE = frozenset({"on", "jobs", "pool", "resources", "apiVersion", "kind", "orbs"})
_COMPARED = re.compile(r"CI_PIPELINE_SOURCE\s*==\s*[\"'](\w+)")
_BRANCH = re.compile(r"CI_COMMIT_(?:BRANCH|REF_NAME)\s*==\s*[\"']?([$\w./-]+)")

_SOURCES = {
    "merge_request_event": Event.PULL_REQUEST,
    "external_pull_request_event": Event.PULL_REQUEST,
    "schedule": Event.SCHEDULE,
    "push": Event.PUSH,
    "web": Event.MANUAL,
    "parent_pipeline": Event.CALL,
}
_ONLY = {
    "merge_requests": Event.PULL_REQUEST,
    "external_pull_requests": Event.PULL_REQUEST,
    "schedules": Event.SCHEDULE,
    "tags": Event.TAG,
    "web": Event.MANUAL,
    "triggers": Event.OTHER,
    "api": Event.OTHER,
    "pipelines": Event.OTHER,
}
ALWAYS = (Trigger(Event.PUSH), Trigger(Event.PULL_REQUEST))  # a branch pipeline also stands in its merge request


@reader("gitlab-ci", names=("*.yml", "*.yaml"))
def read_gitlab(source: Source) -> Iterator[Fact]:
    """Yield the file if it is in GitLab's syntax: a mapping of jobs, includes or both."""
    if source.path.startswith(".github/") or is_manifest(source) or not _TELLING.search(source.text):
        return
    documents = [document.value for document in source.documents if isinstance(document.value, Map)]
    body = documents[-1] if documents and ("spec" in documents[0] or len(documents) == 1) else None
    if body is None or not _is_gitlab(body, source.path):
        return
    jobs = tuple(
        _job(source, id, value, line)
        for id, value, line in members(body)
        if id not in _KEYWORDS and (isinstance(value, Map) or _is_hidden(id, value))
    )
    local, remote = _includes(source, body)
    yield GitlabFile(
        at=source.place(),
        jobs=jobs,
        default=_job(source, "default", _globals(body), body.line),
        includes=local,
        remote=remote,
        triggers=_rules(mapping(body.get("workflow")).get("rules")),
    )


def _is_gitlab(body: Map, path: str) -> bool:
    if path == ".gitlab-ci.yml":
        return True
    if isinstance(body.get("services"), Map):  # Compose
        return False
    looks = any(isinstance(v, Map) and ("script" in v or "extends" in v or "trigger" in v) for v in body.values())
    return (looks or "include" in body or "stages" in body) and not _ELSEWHERE & set(body)


def _is_hidden(id: str, value: object) -> bool:
    """Say whether a key holds a script for ``!reference`` or an anchor rather than a job."""
    return id.startswith(".") and isinstance(value, Seq)


def _globals(body: Map) -> Map:
    """Return ``default`` with the deprecated global spellings of the same settings."""
    merged = Map(body.line)
    for origin in (body, mapping(body.get("default"))):
        for key, value, line in members(origin):
            if key in ("image", "services", "before_script", "after_script", "variables", "environment"):
                merged[key] = value
                merged.lines[key] = line
    return merged


def _job(source: Source, id: str, value: object, line: int) -> GitlabJob:
    job = mapping(value)
    if isinstance(value, Seq):  # ``.name: [commands]``, used through !reference or an anchor
        return GitlabJob(id=id, at=source.place(line), script=_script(source, value, line))
    image, child, calls = job.get("image"), *_called(job.get("trigger"))
    return GitlabJob(
        id=id,
        at=source.place(line),
        extends=texts(job.get("extends")),
        before_script=_section(source, job, "before_script"),
        script=_section(source, job, "script") or _section(source, job, "run"),
        after_script=_section(source, job, "after_script"),
        image=(text(mapping(image).get("name")) or text(image)) if "image" in job else None,
        services=_services(job.get("services")) if "services" in job else None,
        variables={key: harmless(key, _variable(item)) for key, item, _ in members(job.get("variables"))},
        triggers=_rules(job.get("rules")) if "rules" in job else _only(job),
        tolerated=_tolerated(job),
        environment=_environment(job.get("environment")) if "environment" in job else None,
        rules_of=tuple(texts(rule.value)[0] for rule, _ in entries(job.get("rules")) if _is_reference(rule)),
        child=child,
        calls=calls,
    )


def _variable(value: object) -> str:
    return text(mapping(value).get("value")) if isinstance(value, Map) else text(value)


def _environment(value: object) -> str:
    return text(mapping(value).get("name")) or text(value)


def _services(value: object) -> tuple[str, ...]:
    return tuple(text(mapping(item).get("name")) or text(item) for item, _ in entries(value))


def _tolerated(job: Map) -> bool | None:
    if "allow_failure" in job:
        return is_true(job["allow_failure"]) or isinstance(job["allow_failure"], Map)
    rules = [rule for rule, _ in entries(job.get("rules")) if isinstance(rule, Map) and rule.get("when") != "never"]
    return True if rules and all(is_true(rule.get("allow_failure")) for rule in rules) else None


def _section(source: Source, job: Map, key: str) -> tuple[ScriptLine, ...] | None:
    return _script(source, job[key], job.lines.get(key, job.line)) if key in job else None


def _script(source: Source, value: object, line: int) -> tuple[ScriptLine, ...]:
    """Read a script, keeping ``!reference`` where it stands; the texts between are run by one shell."""
    lines: list[ScriptLine] = []
    pending = Seq(line)
    for item, at in entries(value, line):
        if _is_reference(item):
            lines.append(ScriptLine(commands=run(source, pending, line)))
            lines.append(ScriptLine(reference=texts(item.value)))
            pending = Seq(at)
        else:
            pending.append(item if not isinstance(item, Map) else text(item.get("script")))
            pending.lines.append(at)
    lines.append(ScriptLine(commands=run(source, pending, line)))
    return tuple(line for line in lines if line.commands or line.reference)


def _is_reference(value: object) -> bool:
    return isinstance(value, Tagged) and value.tag == "!reference" and bool(texts(value.value))


def _called(value: object) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the local files of a child pipeline, and the projects or files elsewhere that a ``trigger`` starts."""
    if not isinstance(value, Map):
        return (), texts(value)
    local: list[str] = []
    other = list(texts(value.get("project")))
    for item, _ in entries(value.get("include")):
        if isinstance(item, Map) and "local" not in item:
            other += texts(item.get("file")) or texts(item.get("artifact")) or texts(item.get("template"))
        else:
            local += texts(mapping(item).get("local")) or texts(item)
    return tuple(local), tuple(other)


def _includes(source: Source, body: Map) -> tuple[tuple[str, ...], tuple[PipelineStep, ...]]:
    """Return local includes, and the others as steps that use them."""
    local: list[str] = []
    remote: list[PipelineStep] = []
    for item, line in entries(body.get("include"), body.line_of("include")):
        options = mapping(item)
        where = text(options.get("local")) or text(item)
        if where and "://" not in where:
            local.append(where)
            continue
        names = [f"{text(options.get('project'))}:{file}" for file in texts(options.get("file"))]
        names += [where, *(text(options.get(key)) for key in ("template", "component", "remote"))]
        settings: dict[str, Any] = inputs(options.get("inputs"))
        remote += (PipelineStep(at=source.place(line), uses=name, inputs=settings) for name in names if name)
    return tuple(local), tuple(remote)


def _rules(value: object) -> tuple[Trigger, ...] | None:
    """Translate rules to triggers; None when there are none of their own."""
    if not isinstance(value, Seq):
        return None
    found: list[Trigger] = []
    rules = [rule for rule, _ in entries(value) if isinstance(rule, Map)]
    for rule in rules:
        if rule.get("when") != "never":
            found += _condition(
                text(rule.get("if")), texts(rule.get("changes")) or texts(mapping(rule.get("changes")).get("paths"))
            )
    return tuple(dict.fromkeys(found)) if rules else None


def _condition(condition: str, paths: tuple[str, ...]) -> Iterator[Trigger]:
    events = [_SOURCES.get(source, Event.OTHER) for source in _COMPARED.findall(condition)]
    if "CI_MERGE_REQUEST_" in condition:
        events.append(Event.PULL_REQUEST)
    if re.search(r"CI_COMMIT_TAG(?!\s*==\s*null)", condition) and "!$CI_COMMIT_TAG" not in condition:
        events.append(Event.TAG)
    branches = tuple(_BRANCH.findall(condition))
    if branches and not events:
        events.append(Event.PUSH)
    if not events:
        yield from (Trigger(trigger.event, paths=paths) for trigger in ALWAYS)
    for event in events:
        yield Trigger(event, branches if event is Event.PUSH else (), paths)


def _only(job: Map) -> tuple[Trigger, ...] | None:
    """Translate ``only`` and ``except``, the older spelling of rules."""
    if "only" not in job:
        return None
    only = job["only"]
    refs = texts(only.get("refs")) if isinstance(only, Map) else texts(only)
    paths = texts(only.get("changes")) if isinstance(only, Map) else ()
    found = [Trigger(_ONLY[ref], paths=paths) for ref in refs if ref in _ONLY]
    branches = tuple(ref for ref in refs if ref not in _ONLY and ref != "branches")
    if branches:
        found.append(Trigger(Event.PUSH, branches, paths))
    elif "branches" in refs or not refs:
        found += (Trigger(trigger.event, paths=paths) for trigger in ALWAYS)
    return tuple(found)
