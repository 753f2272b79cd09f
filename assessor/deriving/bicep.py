"""Which Bicep files of a repository are deployed: templates for Azure bring a whole library along and use a part of it."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator

from assessor.facts.base import Fact
from assessor.facts.infrastructure import Resource, Stack
from assessor.facts.pipelines import Pipeline, PipelineStep, Runnable

from .base import Material, deriver

_MAIN = "main.bicep"
_PARAMETERS = (".bicepparam", ".parameters.json")


@deriver(replaces=(Resource, Stack))
def deployed_bicep(material: Material) -> Iterator[Fact]:
    """Drop what stands in Bicep files below a ``main.bicep`` that neither it nor any other file that is deployed takes in."""
    files = {stack.at.path: stack for stack in material.of(Stack) if stack.tool == "bicep"}
    unused = _unused(material, files)
    for fact in (*material.of(Resource), *material.of(Stack)):
        if fact.at.path not in unused:
            yield fact


def _unused(material: Material, files: dict[str, Stack]) -> frozenset[str]:
    roots = [posixpath.dirname(path) for path in files if posixpath.basename(path) == _MAIN]
    if not roots:
        return frozenset()
    named = _named(material)
    waiting = [path for path in files if posixpath.basename(path) in named or not _below(path, roots)]
    used: set[str] = set()
    while waiting:
        path = waiting.pop()
        if path not in used:
            used.add(path)
            waiting += files[path].modules if path in files else ()
    return frozenset(files) - used


def _below(path: str, roots: Iterable[str]) -> bool:
    """Say whether a file is in a folder of a main file, or below one."""
    return any(not root or path.startswith(f"{root}/") for root in roots)


def _named(material: Material) -> frozenset[str]:
    """Return names of files that are deployed by themselves: ``main.bicep``, those with parameters, those a command names."""
    names = {_MAIN}
    for path in material.files:
        for ending in _PARAMETERS:
            if path.endswith(ending):
                names.add(f"{posixpath.basename(path).removesuffix(ending)}.bicep")
    steps: list[PipelineStep] = [step for pipeline in material.of(Pipeline) for _, step in pipeline.steps]
    steps += [step for runnable in material.of(Runnable) for step in runnable.steps]
    for step in steps:
        words = [*step.inputs.values(), *(word for command in step.commands for word in command.argv)]
        names |= {posixpath.basename(word.strip()) for word in words if word.strip().endswith(".bicep")}
    return frozenset(names)
