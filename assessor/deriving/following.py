"""Follows what pipelines start inside their own repository: targets, scripts, local actions, workflows and templates.

Every command found so says by way of what (`via`). Depth and size are bounded; a cycle is entered once.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator

import msgspec

from assessor.facts.pipelines import Command, Event, Job, Pipeline, PipelineStep, Runnable

from .base import Material
from .purposes.calls import Call, calls

MAX_DEPTH = 8
MAX_COMMANDS = 5_000  # of one pipeline

_TEMPLATE = re.compile(r"\.ya?ml(?:@\w+)?$")  # of steps, in Azure Pipelines: other shared steps are tasks
_DYNAMIC_ROOT = re.compile(r"^(?:\$\{\{[^}]*\}\}|\$\([^)]*\)|\$\{[^}]*\}|\$\w+|`[^`]*`)/?")
_PACKAGE_MANAGERS = frozenset({"npm", "pnpm", "yarn", "bun"})
_RUN_WORDS = {"npm": ("run", "run-script", "workspace"), "deno": ("task",)}
_INTERPRETERS = frozenset({"bash", "sh", "zsh", "dash", "source", ".", "pwsh", "powershell"})


class Follower:
    """Knows what a repository's commands can start."""

    def __init__(self, material: Material) -> None:
        self.remote = material.repository.remote.removesuffix(".git").lower()
        self.pipelines: dict[str, Pipeline] = {}
        for pipeline in material.of(Pipeline):
            self.pipelines.setdefault(pipeline.at.path, pipeline)
        self.by_place: dict[tuple[str, str, str], Runnable] = {}
        self.by_name: dict[tuple[str, str], list[Runnable]] = {}
        self.defaults: dict[tuple[str, str], Runnable] = {}
        for runnable in material.of(Runnable):
            self.by_place.setdefault((runnable.runner, runnable.folder, runnable.name), runnable)
            self.by_name.setdefault((runnable.runner, runnable.name), []).append(runnable)
            if runnable.default:
                self.defaults.setdefault((runnable.runner, runnable.folder), runnable)
        self.scripts = {runnable.name: runnable for runnable in material.of(Runnable) if runnable.runner == "script"}
        self.script_names: dict[str, list[Runnable]] = {}
        for path, script in self.scripts.items():
            self.script_names.setdefault(posixpath.basename(path), []).append(script)
        self.files = material.files
        self.shared: list[PipelineStep] = []  # steps without commands that the step being followed starts
        self.reached: set[tuple[str, str, str]] = set()  # runnables some pipeline starts
        self.called: set[str] = set()  # files of pipelines that another pipeline took in

    # -- pipelines --------------------------------------------------------------------------------------------------

    def pipeline(self, pipeline: Pipeline) -> Pipeline:
        """Return the pipeline with everything local followed."""
        budget = [MAX_COMMANDS]
        unresolved: set[str] = set(pipeline.unresolved)
        jobs = [done for job in pipeline.jobs for done in self._job(pipeline, job, (pipeline.at.path,), budget, unresolved)]
        return msgspec.structs.replace(pipeline, jobs=tuple(jobs), unresolved=tuple(sorted(unresolved)))

    def _job(
        self, pipeline: Pipeline, job: Job, stack: tuple[str, ...], budget: list[int], unresolved: set[str]
    ) -> Iterator[Job]:
        if not _spend(budget):
            return
        target = self._local(job.uses, pipeline) if job.uses else None
        if target is not None and target.at.path not in stack and len(stack) < MAX_DEPTH:
            self.called.add(target.at.path)
            for inner in target.jobs:
                for done in self._job(target, inner, (*stack, target.at.path), budget, unresolved):
                    yield msgspec.structs.replace(
                        done,
                        id=f"{job.id}/{done.id}" if job.id != job.uses else done.id,
                        triggers=job.triggers or (done.triggers if pipeline.system != "github" else None),
                        tolerated=job.tolerated or done.tolerated,
                        environment=done.environment or job.environment,
                    )
            return
        steps: list[PipelineStep] = []
        for step in job.steps:
            for found in self._steps(pipeline, step, stack, budget):
                commands = tuple(self._commands(found.commands, (found.folder,), (), budget))
                steps.append(msgspec.structs.replace(found, commands=commands))
                if pipeline.system == "azure" and _TEMPLATE.search(found.uses):
                    unresolved.add(found.uses)
                steps += self.shared
                self.shared.clear()
        if job.uses:
            unresolved.add(job.uses)
        yield msgspec.structs.replace(job, steps=tuple(steps))

    def _local(self, uses: str, pipeline: Pipeline) -> Pipeline | None:
        """Return the pipeline file of this repository that a job uses."""
        path, _, version = uses.partition("@")
        owner, _, inner = path.partition("/.github/workflows/")
        if inner and owner not in (".", "") and self.remote.endswith("/" + owner.lower()):
            return self.pipelines.get(f".github/workflows/{inner}")
        if version and not path.startswith("./") and pipeline.system == "azure" and version != "self":
            return None
        for base in ("", posixpath.dirname(pipeline.at.path)):
            found = self.pipelines.get(posixpath.normpath(posixpath.join(base, path.lstrip("/"))))
            if found is not None and found.system == pipeline.system:
                return found
        return None

    def _steps(self, pipeline: Pipeline, step: PipelineStep, stack: tuple[str, ...], budget: list[int]) -> Iterator[PipelineStep]:
        """Yield a step, or what the local action, task or template it uses consists of."""
        inner = self._used(pipeline, step.uses) if step.uses and len(stack) < MAX_DEPTH else None
        if inner is None or inner.at.path in stack:
            yield step
            return
        if not _spend(budget):
            return
        via = step.uses
        if isinstance(inner, Pipeline):
            self.called.add(inner.at.path)
            steps: Iterable[PipelineStep] = (s for job in inner.jobs for s in job.steps)
            origin = inner
        else:
            self.reached.add((inner.runner, inner.folder, inner.name))
            steps, origin = inner.steps, pipeline
        for each in steps:
            for found in self._steps(origin, each, (*stack, inner.at.path), budget):
                yield msgspec.structs.replace(
                    found,
                    commands=tuple(_by_way_of(command, via) for command in found.commands),
                    environment={**step.environment, **found.environment},
                    condition=found.condition or step.condition,
                    tolerated=step.tolerated or found.tolerated,
                )

    def _used(self, pipeline: Pipeline, uses: str) -> Runnable | Pipeline | None:
        runner, separator, name = uses.partition(":")
        if separator and runner in ("tekton-task", "tekton-pipeline"):
            return next(iter(self.by_name.get((runner, name), ())), None)
        if runner == "concourse-task":  # a path below the folder of an input
            own = (self.by_name.get((runner, path)) for path in (name, name.partition("/")[2]))
            return next((tasks[0] for tasks in own if tasks), None)
        if pipeline.system == "azure" and "." in uses:
            return self._local(uses, pipeline)
        path = uses.partition("@")[0]
        owner = "/".join(path.split("/")[:2]).lower()
        if not path.startswith("./") and self.remote.endswith("/" + owner) and "/" in path:
            path = "./" + "/".join(path.split("/")[2:])
        if not path.startswith("./"):
            return None
        folder = posixpath.normpath(path)
        return self.by_place.get(("action", "" if folder == "." else folder, "" if folder == "." else folder))

    # -- commands ---------------------------------------------------------------------------------------------------

    def _commands(
        self, commands: Iterable[Command], folders: tuple[str, ...], via: tuple[str, ...], budget: list[int]
    ) -> Iterator[Command]:
        """Yield commands and what they start, looked for in the first of the folders they may run in that has it."""
        for command in commands:
            if not _spend(budget):
                return
            yield command if not via else msgspec.structs.replace(command, via=(*via, *command.via))
            if len(via) >= MAX_DEPTH or not command.argv:
                continue
            places = [_join(folder, command.folder) for folder in folders]
            for call in calls(command.argv):
                started = ((where, list(self._started(call, where))) for where in places)
                where, runnables = next((found for found in started if found[1]), ("", []))
                for runnable in runnables:
                    yield from self._runnable(runnable, where, via, budget, command.tolerated)

    def _runnable(
        self, runnable: Runnable, where: str, via: tuple[str, ...], budget: list[int], tolerated: bool
    ) -> Iterator[Command]:
        title = runnable.name if runnable.runner == "script" else f"{runnable.runner} {runnable.name}"
        if title in via or len(via) >= MAX_DEPTH or not _spend(budget):
            return
        self.reached.add((runnable.runner, runnable.folder, runnable.name))
        for need in runnable.needs[:50]:
            needed = self._find(runnable.runner, runnable.folder, need)
            if needed is not None:
                yield from self._runnable(needed, where, (*via, title), budget, tolerated)
        for step in runnable.steps:
            if step.uses:
                self.shared.append(msgspec.structs.replace(step, commands=(), tolerated=step.tolerated or tolerated))
            # a script runs where it is started, unless it goes to its own folder first
            folders = (where, step.folder) if runnable.runner == "script" else (step.folder,)
            for command in self._commands(step.commands, folders, (*via, title), budget):
                yield msgspec.structs.replace(command, tolerated=True) if tolerated else command

    def _find(self, runner: str, folder: str, name: str) -> Runnable | None:
        """Return a target by name: in the folder, else (included files) where only one has it."""
        found = self.by_place.get((runner, folder, name))
        if found is not None:
            return found
        others = self.by_name.get((runner, name), [])
        if not others and ":" in name and runner == "task":  # a namespace of an included Taskfile
            others = self.by_name.get((runner, name.rpartition(":")[2]), [])
        return others[0] if len(others) == 1 else None

    def _started(self, call: Call, folder: str) -> Iterator[Runnable]:
        """Yield what a call starts."""
        program = call.program
        if program in ("make", "gmake", "just", "task", "go-task"):
            yield from self._targets("task" if program == "go-task" else program.removeprefix("g"), call, folder)
        elif program in _PACKAGE_MANAGERS:
            yield from self._package_script("npm", call, folder)
        elif program == "deno" and call.words[:1] == ("task",):
            yield from self._package_script("deno", call, folder)
        elif program == "nx":
            yield from self._nx(call)
        elif program in ("pre-commit", "prek", "lefthook"):
            hooks = self.by_place.get(("hooks", "", "lefthook" if program == "lefthook" else "pre-commit"))
            if hooks is not None and call.words[:1] != ("install",):
                yield hooks
        elif program == "goreleaser" and call.words[:1] == ("release",) and not call.has("--snapshot"):
            yield from self._all("goreleaser")
        elif program == "azd" and call.words[:1] in (("deploy",), ("publish",), ("up",)) and not call.has("--from-package"):
            yield from self._all("azd")
        else:
            script = self._script(call, folder)
            if script is not None:
                yield script

    def _all(self, runner: str) -> Iterator[Runnable]:
        return (runnable for (known, _), found in self.by_name.items() if known == runner for runnable in found)

    def _targets(self, runner: str, call: Call, folder: str) -> Iterator[Runnable]:
        for option in ("-C", "--directory", "-d", "--dir"):
            folder = _join(folder, call.value(option))
        if file := call.value("-f", "--file", "--makefile", "--justfile", "-t", "--taskfile"):
            folder = _join(folder, posixpath.dirname(file))
        named = [word for word in call.words if "=" not in word][:20]
        if not named:
            default = self.defaults.get((runner, folder))
            yield from (default,) if default is not None else ()
        for name in named:
            found = self._find(runner, folder, name)
            if found is not None:
                yield found

    def _package_script(self, runner: str, call: Call, folder: str) -> Iterator[Runnable]:
        words = [word for word in call.words if word not in _RUN_WORDS[runner]]
        for option in ("--prefix", "--cwd", "-C", "--dir"):
            folder = _join(folder, call.value(option))
        for name in words[:2]:
            found = self.by_place.get((runner, folder, name))
            if found is not None:
                yield found
                return

    def _nx(self, call: Call) -> Iterator[Runnable]:
        """``nx run project:target``, ``nx target project``, ``nx run-many -t target``."""
        targets = {*call.values("-t", "--target", "--targets"), *call.words[:1]} - {"run", "run-many", "affected"}
        wanted = {word for word in call.words if ":" in word}
        for (runner, name), found in self.by_name.items():
            if runner == "nx" and (name in wanted or name.rpartition(":")[2] in targets):
                yield from found

    def _script(self, call: Call, folder: str) -> Runnable | None:
        path = call.argv[0]
        if call.program in _INTERPRETERS or path in _INTERPRETERS:
            path = next((word for word in call.argv[1:] if not word.startswith("-")), "")
        stripped = _DYNAMIC_ROOT.sub("", path)
        for candidate in (_join(folder, path), _join(folder, stripped), _join("", stripped)):
            if candidate in self.scripts:
                return self.scripts[candidate]
        if "/" in path and stripped != path:
            named = self.script_names.get(posixpath.basename(path), [])
            return named[0] if len(named) == 1 else None
        return None


def _spend(budget: list[int]) -> bool:
    """Take one from what may still be followed; say whether there was one."""
    budget[0] -= 1
    return budget[0] >= 0


def _by_way_of(command: Command, title: str) -> Command:
    return msgspec.structs.replace(command, via=(title, *command.via))


def _join(folder: str, path: str) -> str:
    """Return a path from the root of the repository; what cannot be known at its start is dropped."""
    if not path:
        return folder
    stripped = _DYNAMIC_ROOT.sub("", path)
    joined = posixpath.normpath(posixpath.join("" if stripped != path else folder, stripped.lstrip("/"))[-1000:])
    return "" if joined == "." else joined


def is_called_only(pipeline: Pipeline) -> bool:
    """Say whether only other pipelines start it."""
    return bool(pipeline.triggers) and all(trigger.event is Event.CALL for trigger in pipeline.triggers)
