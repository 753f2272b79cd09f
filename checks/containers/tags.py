"""What kinds of tags a push gives an image: ones that mean one image for ever, or ones that move."""

from __future__ import annotations

import re
from collections.abc import Iterable

from assessor.facts.pipelines import Activity, Event, Pipeline, PipelineStep

MAX_INPUT = 200  # characters that are kept of a step's input; what is as long may have been cut

_MOVING = re.compile(
    r"(?i)latest|main|master|dev|develop|development|stable|edge|nightly|prod|production|staging|test|snapshot|current|release|next|canary"
)
_REF = re.compile(
    r"(?i)ref_name|ref_slug|head_ref|branch(?:_?name)?\b|sourcebranchname|CIRCLE_BRANCH|github[._]ref\b|base_ref|\{\{\s*branch"
)
_CONTENT = re.compile(
    r"(?i)sha|commit|version|build(?![\w-]{0,40}\.outputs)|run_|number|digest|hash|revision|\brev\b|git_?rev|describe|date|time|uuid|semver|patch|\.git/ref\b"
)
_TAG = re.compile(r"(?i)tag(?!s)")
_OF_A_CALLER = re.compile(r"(?i)\b(?:inputs|parameters|params)\b")
_DYNAMIC = re.compile(r"[$%]|\{\{|tpl-")
_OUTPUT = re.compile(r"(?i)\.outputs\.(?:tags|json|version)\b")
# By docker/metadata-action's reference: what it makes without `tags`, and after which of them `latest=auto` adds `latest`.
_DEFAULT = "type=ref,event=branch\ntype=ref,event=tag\ntype=ref,event=pr\ntype=schedule"
_VERSIONS = frozenset(("semver", "pep440", "match", "tag"))
_APPLIES = {
    **dict.fromkeys(_VERSIONS, (Event.TAG,)),
    **dict.fromkeys(("branch", "edge"), (Event.PUSH, Event.SCHEDULE, Event.MANUAL)),
    "pr": (Event.PULL_REQUEST,),
    "schedule": (Event.SCHEDULE,),
}


def kinds(push: Activity, pipelines: Iterable[Pipeline]) -> set[str]:
    """Return "unique" and "moving" as far as a push's tags are known: one alone only if all of them are."""
    found: set[str] = set()
    steps = [step for pipeline in pipelines for _, step in pipeline.steps if step.uses.startswith("docker/metadata-action")]
    for tag in filter(None, map(str.strip, push.tags)):
        made = "outputs" in tag and ("meta" in tag or (steps and _OUTPUT.search(tag)))
        found |= _made(push, steps) if made else {_kind(_last(tag), push)}
    return _told(found)


def _told(found: set[str]) -> set[str]:
    """Leave out what cannot be told (""), and what is known beside it unless that is both kinds."""
    known = found - {""}
    return known if "" not in found or len(known) > 1 else set()


def _last(tag: str) -> str:
    """Return what follows the image's name: a colon after the last that belongs to an expression."""
    depth = 0
    for at in range(len(tag) - 1, -1, -1):
        depth += (tag[at] in "})") - (tag[at] in "{(")
        if tag[at] == ":" and depth <= 0:
            return tag[at + 1 :] or tag
    return tag


def _kind(tag: str, push: Activity) -> str:
    """Return the kind of one tag, "" where it is an expression whose content cannot be told."""
    if not _DYNAMIC.search(tag):
        return "moving" if _MOVING.fullmatch(tag) or not re.search(r"\d", tag) else "unique"
    if _CONTENT.search(tag):
        return "unique"
    if _REF.search(tag):
        return "unique" if push.triggers and not _may_run_on(push, Event.PUSH, Event.SCHEDULE, Event.MANUAL) else "moving"
    return "unique" if _TAG.search(tag) and not _OF_A_CALLER.search(tag) else ""


def _may_run_on(push: Activity, *events: Event) -> bool:
    """Say whether one of the events may start it; who calls a workflow, and why, is told elsewhere."""
    return not push.triggers or push.on(*events, Event.CALL, Event.OTHER)


def _made(push: Activity, steps: list[PipelineStep]) -> set[str]:
    """Return the kinds of tags that docker/metadata-action makes, by the last of its steps before the push."""
    if not steps:
        return {""}
    before = [step for step in steps if step.at.path == push.at.path and step.at.line < push.at.line]
    step = max(before, key=lambda step: step.at.line) if before else steps[0]
    tags, flavor = step.inputs.get("tags", ""), step.inputs.get("flavor", "")
    rules = (line.strip() for line in (tags.strip() or _DEFAULT).splitlines())
    found = {kind for line in rules if line for kind in _of_rule(line, flavor, push)}
    if re.search(r"latest=(?:true|\$\{\{)", flavor):
        found.add("moving")
    return found if max(len(tags), len(flavor)) < MAX_INPUT else {*found, ""}


def _of_rule(line: str, flavor: str, push: Activity) -> tuple[str, ...]:
    """Return the kinds of tags that one line asks for: none where what starts the pipeline never lets it apply."""
    given = dict(part.strip().partition("=")[::2] for part in line.split(","))
    kind, value = given.get("type", "raw"), given.get("value", "")
    if kind == "ref":
        kind = given.get("event", "")
    if given.get("enable") == "false" or (not value and not _may_run_on(push, *_APPLIES.get(kind, tuple(Event)))):
        return ()
    if kind in _VERSIONS:
        return ("unique",) if "latest=false" in flavor else ("unique", "moving")
    if kind in ("sha", "pr") or _CONTENT.search(given.get("suffix", "") + given.get("prefix", "")):
        return ("unique",)
    if kind == "raw":
        return (_kind(value or line, push),)
    return ("unique",) if "{{" in given.get("pattern", "") else ("moving",)
