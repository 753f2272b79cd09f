"""GitLab's pipeline: the file at the root with its local includes merged, ``extends``, ``default`` and ``!reference`` applied.

A file nobody includes is no pipeline. Includes from elsewhere become jobs that use them; where their project is scanned
as well, `merged_with` merges them in. Source: GitLab's "CI/CD YAML
syntax reference" (an including file overrides what it includes, keys merge, scripts replace).
"""

from __future__ import annotations

import fnmatch
import posixpath
from collections.abc import Callable, Iterable, Iterator, Mapping

import msgspec

from assessor.facts.base import Place
from assessor.facts.pipelines import (
    Command,
    Event,
    GitlabFile,
    GitlabJob,
    GitlabSource,
    Job,
    Pipeline,
    PipelineStep,
    ScriptLine,
    Trigger,
)

from .base import Material, deriver

ROOT = ".gitlab-ci.yml"
MAX_DEPTH = 10
MAX_FILES = 200
MAX_REFERENCES = 2_000
ALWAYS = (Trigger(Event.PUSH), Trigger(Event.PULL_REQUEST))
_SECTIONS = ("before_script", "script", "after_script")
_INHERITED = ("before_script", "after_script", "image", "services")


Files = Mapping[str, GitlabFile]  # by path


# The files of the project that an include names, and the path it names there; None where the project is not known.
Elsewhere = Callable[[str], tuple[Files, str] | None]


def nowhere(_uses: str) -> tuple[Files, str] | None:
    """Know no other project."""
    return None


@deriver()
def keep_shared_gitlab(material: Material) -> Iterator[GitlabSource]:
    """Yield the files that other projects may include, and those of a pipeline that includes files of other projects."""
    files = {file.at.path: file for file in material.of(GitlabFile)}
    merged = _Merged(files, ROOT) if ROOT in files else None
    own = {path for _, path in merged.seen} if merged else set()
    for path, file in sorted(files.items())[:MAX_FILES]:
        if path not in own or (merged and merged.remote):
            yield GitlabSource(at=file.at, file=file)


def merged_with(files: Files, elsewhere: Elsewhere) -> tuple[Pipeline, Mapping[tuple[str, str], Place], frozenset[str]] | None:
    """Return the root's pipeline with what other projects bring to it, None if nothing is brought.

    With it, where each file of another project enters it (the include; by repository and path), and the includes followed.
    """
    merged = _Merged(files, ROOT, elsewhere) if ROOT in files else None
    return (merged.pipeline(None), merged.entries, frozenset(merged.followed)) if merged and merged.followed else None


@deriver()
def merge_gitlab(material: Material) -> Iterator[Pipeline]:
    """Yield the pipeline of the root file and the child pipelines it starts from local files."""
    files = {file.at.path: file for file in material.of(GitlabFile)}
    if ROOT not in files:
        return
    waiting: list[tuple[str, tuple[Trigger, ...] | None]] = [(ROOT, None)]
    seen = {ROOT}
    while waiting and len(seen) < MAX_FILES:
        path, triggers = waiting.pop()
        merged = _Merged(files, path)
        pipeline = merged.pipeline(triggers)
        yield pipeline
        for job in merged.jobs.values():
            for child in _matching(files, job.child, path):
                if child not in seen:
                    seen.add(child)
                    waiting.append((child, merged.resolved(job.id).triggers or pipeline.triggers))


def _matching(files: Iterable[str], includes: Iterable[str], path: str) -> Iterator[str]:
    """Yield the files that include entries name: from the root of the repository, with wildcards."""
    for include in includes:
        pattern = posixpath.normpath(include).lstrip("/")
        if "*" in pattern:
            yield from sorted(fnmatch.filter(files, pattern.replace("**", "*")))
        elif pattern in files:
            yield pattern
        elif posixpath.join(posixpath.dirname(path), pattern) in files:
            yield posixpath.join(posixpath.dirname(path), pattern)


class _Merged:
    """A pipeline file with everything it includes."""

    def __init__(self, files: Files, path: str, elsewhere: Elsewhere = nowhere) -> None:
        self.root = files[path]
        self.elsewhere = elsewhere
        self.entries: dict[tuple[str, str], Place] = {}
        self.followed: set[str] = set()
        self.jobs: dict[str, GitlabJob] = {}
        self.default: GitlabJob | None = None
        self.remote: list[PipelineStep] = []
        self.triggers: tuple[Trigger, ...] | None = None
        self.seen: set[tuple[str, str]] = set()  # repository and path
        self._resolved: dict[str, GitlabJob] = {}
        self._references = MAX_REFERENCES
        self._include(files, path, 0)

    def _include(self, files: Files, path: str, depth: int, entry: Place | None = None) -> None:
        file = files[path]
        key = (file.at.repository, path)
        if key in self.seen or depth > MAX_DEPTH or len(self.seen) >= MAX_FILES:
            return
        self.seen.add(key)
        if entry is not None:
            self.entries[key] = entry
        for included in _matching(files, file.includes, path):
            self._include(files, included, depth + 1, entry)
        for step in file.remote:
            found = self.elsewhere(step.uses)
            if found is None:
                self.remote.append(step)
                continue
            theirs, inner = found
            self.followed.add(step.uses)
            self._include(theirs, inner, depth + 1, entry or step.at)
        for job in file.jobs:
            self.jobs[job.id] = _over(self.jobs.get(job.id), job)
        if file.default is not None:
            self.default = _over(self.default, file.default)
        self.triggers = file.triggers or self.triggers

    def pipeline(self, started: tuple[Trigger, ...] | None) -> Pipeline:
        """Return the merged pipeline, started as its own rules say or as a parent starts it."""
        resolved = [self.resolved(id) for id in self.jobs if not id.startswith(".")]
        jobs = [self._job(job) for job in resolved if job.script or job.before_script or job.calls]
        jobs += [self._included(step) for step in self.remote]
        found = tuple(dict.fromkeys(t for job in jobs for t in job.triggers or ()))
        return Pipeline(
            at=self.root.at,
            system="gitlab",
            name=posixpath.basename(self.root.at.path),
            triggers=started or self.triggers or found or ALWAYS,
            jobs=tuple(jobs),
            unresolved=tuple(sorted({call for job in resolved for call in job.calls})),
        )

    def _included(self, step: PipelineStep) -> Job:
        """Return a job for an include from elsewhere; what the file sets for its jobs is known."""
        name = step.uses.lower()
        override = next((job for id, job in self.jobs.items() if id.replace("_", "-") in name.replace("_", "-")), None)
        settings = dict(step.inputs)
        if override is not None and override.tolerated is not None:
            settings["allow_failure"] = str(override.tolerated).lower()
        step = msgspec.structs.replace(step, inputs=settings)
        return Job(id=step.uses, at=step.at, steps=(step,), uses=step.uses)

    def resolved(self, id: str, depth: int = 0) -> GitlabJob:
        """Return a job with what it extends."""
        if id not in self._resolved:
            job = self._resolved[id] = self.jobs[id]  # what a cycle comes back to
            base: GitlabJob | None = None
            if depth < MAX_DEPTH:
                for parent in job.extends:
                    if parent in self.jobs:
                        base = _over(base, self.resolved(parent, depth + 1))
            self._resolved[id] = _over(base, job)
        return self._resolved[id]

    def _job(self, job: GitlabJob) -> Job:
        """Return the job as it runs; the parts of a script run in one shell, what follows a failure in another."""
        if self.default is not None:
            filled = {name: getattr(self.default, name) for name in _INHERITED if getattr(job, name) is None}
            job = msgspec.structs.replace(job, **filled)
        steps = [
            PipelineStep(at=job.at, name=job.id, commands=(*self._commands(job.before_script), *self._commands(job.script))),
            PipelineStep(at=job.at, name=f"{job.id} after", commands=tuple(self._commands(job.after_script)), tolerated=True),
        ]
        return Job(
            id=job.id,
            at=job.at,
            steps=tuple(step for step in steps if step.commands),
            image=job.image or "",
            services=job.services or (),
            environment=job.environment or "",
            tolerated=bool(job.tolerated),
            triggers=self._triggers(job),
        )

    def _triggers(self, job: GitlabJob) -> tuple[Trigger, ...] | None:
        if job.triggers is not None:
            return job.triggers
        for other in job.rules_of:
            if other in self.jobs and (triggers := self.resolved(other).triggers) is not None:
                return triggers
        return self.triggers or ALWAYS

    def _commands(self, lines: tuple[ScriptLine, ...] | None, depth: int = 0) -> Iterator[Command]:
        for line in lines or ():
            yield from line.commands
            name, section = (*line.reference, "script", "script")[:2]
            if name in self.jobs and section in _SECTIONS and line.reference and depth < MAX_DEPTH and self._references > 0:
                self._references -= 1
                yield from self._commands(getattr(self.resolved(name), section), depth + 1)


def _over(base: GitlabJob | None, job: GitlabJob) -> GitlabJob:
    """Return the job with what it does not set taken from its base."""
    if base is None:
        return job
    names = (*_SECTIONS, "image", "services", "triggers", "tolerated", "environment")
    filled = {name: getattr(base, name) for name in names if getattr(job, name) is None}
    return msgspec.structs.replace(
        job,
        **filled,
        variables={**base.variables, **job.variables},
        extends=job.extends or base.extends,
        rules_of=job.rules_of or (base.rules_of if job.triggers is None else ()),
        child=job.child or base.child,
        calls=job.calls or base.calls,
    )
