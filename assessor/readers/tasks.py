"""What commands of a pipeline, or a person, can start inside a repository: make, just, task, npm, deno, nx, scripts, hooks.

These are only input to deriving: a pipeline's ``make deploy`` is followed to the commands of that target.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import msgspec

from assessor.facts.base import Fact
from assessor.facts.pipelines import Command, PipelineStep, Runnable
from assessor.parsing import shell
from assessor.parsing.yaml import Map
from assessor.readers.pipelines.common import entries, folder_of, from_shell, inputs, mapping, members, run, text, texts
from assessor.reading import Source, reader, strings

MAX_TARGETS = 1_000
MAX_LINE = 4_000
MAX_VALUE = 500

_TARGET = re.compile(r"(?P<names>[^\s:=#][^:=#\n]{0,500}?)\s*::?(?!=)(?P<needs>[^=\n]*)$")
_VARIABLE = re.compile(r"(?:export\s+|override\s+)*(?P<name>[\w.-]{1,100})\s*(?:[:?+!]|::)?=\s*(?P<value>.*)")
_REFERENCE = re.compile(r"\$\$|\$[({](?P<name>[\w.-]{1,100})[)}]|\$(?P<short>[@<^*?])")
_RECIPE = re.compile(r"@?(?P<name>[A-Za-z_][\w-]*)(?P<parameters>[^:=\n]*(?:=[^:\n]*)?):(?!=)(?P<needs>.*)$")
_KEY = re.compile(r'[\s{,]*"(?P<key>[^"]{1,200})"\s*:')
_SHEBANG = re.compile(rb"#!.{0,80}?\b(?:ba|da|z|k|a)?sh\b")


@dataclass(slots=True)
class _Target:
    """A target being read: its recipe lines with their numbers."""

    names: tuple[str, ...]
    line: int
    needs: tuple[str, ...]
    recipe: list[tuple[str, int]] = field(default_factory=list)


@reader("makefile", names=("Makefile", "makefile", "GNUmakefile", "Makefile.*", "*.mk"))
def read_makefile(source: Source) -> Iterator[Fact]:
    """Yield the targets of a makefile. Variables with literal values are put in; each recipe line is its own shell."""
    targets, variables = _make_targets(_joined(source.lines))
    first = True
    for target in targets[:MAX_TARGETS]:
        commands: list[Command] = []
        for line, number in target.recipe:
            prefix = re.match(r"[@+\-\s]*", line)
            flags = prefix.group() if prefix else ""
            found = from_shell(source, shell.commands(_expand(line[len(flags) :], variables), number))
            commands += (msgspec.structs.replace(c, tolerated=True) for c in found) if "-" in flags else found
        for name in target.names:
            default = first and not name.startswith(".")
            first = first and not default
            yield _runnable(source, "make", name, target.line, commands, needs=target.needs, default=default)


def _runnable(
    source: Source,
    runner: str,
    name: str,
    line: int,
    commands: Iterable[Command],
    *,
    needs: Iterable[str] = (),
    default: bool = False,
) -> Runnable:
    at = source.place(line)
    step = PipelineStep(at=at, name=name, commands=tuple(commands), folder=source.folder)
    return Runnable(at=at, runner=runner, name=name, folder=source.folder, steps=(step,), needs=tuple(needs), default=default)


def _joined(lines: list[str]) -> Iterator[tuple[str, int]]:
    """Yield logical lines, joined where a line ends in a backslash, with the number of their first line."""
    parts: list[str] = []
    start = 0
    for number, line in enumerate(lines, 1):
        start = start or number
        parts.append(line[:MAX_LINE])
        if not line.endswith("\\") or len(parts) > 200:
            yield "\n".join(parts), start
            parts, start = [], 0
    if parts:
        yield "\n".join(parts), start


def _make_targets(lines: Iterable[tuple[str, int]]) -> tuple[list[_Target], dict[str, str]]:
    targets: list[_Target] = []
    variables: dict[str, str] = {}
    for line, number in lines:
        if line.startswith("\t"):
            if targets and line.strip():
                targets[-1].recipe.append((line.strip(), number))
        elif variable := _VARIABLE.match(line):
            variables.setdefault(variable["name"], variable["value"].strip())
        elif (found := _TARGET.match(line)) and not line.startswith((" ", "-include", "include ", "ifeq", "ifneq")):
            needs, _, inline = found["needs"].partition(";")
            target = _Target(tuple(found["names"].split()), number, tuple(w for w in needs.split() if w != "|"))
            if inline.strip():
                target.recipe.append((inline.strip(), number))
            targets.append(target)
    return [target for target in targets if target.names != (".PHONY",)], variables


def _expand(line: str, variables: dict[str, str], depth: int = 0) -> str:
    """Put literal variables in; the others stay as shell variables. ``$$`` is make's way to write a dollar."""

    def replace(match: re.Match[str]) -> str:
        if match.group() == "$$":
            return "$" if depth == 0 else "$$"
        name = match["name"]
        value = variables.get(name or "", "")
        if name and value and len(value) <= MAX_VALUE and depth < 3 and "$(shell" not in value:
            return _expand(value, variables, depth + 1)
        return f"${{{name}}}" if name else match.group()

    return _REFERENCE.sub(replace, line)


@reader("justfile", names=("justfile", ".justfile", "*.just"))
def read_justfile(source: Source) -> Iterator[Fact]:
    """Yield the recipes of a justfile."""
    recipes: list[_Target] = []
    for line, number in _joined(source.lines):
        if line[:1] in (" ", "\t"):
            if recipes and line.strip():
                recipes[-1].recipe.append((line.strip(), number))
        elif (found := _RECIPE.match(line)) and not line.startswith(("set ", "import", "mod ", "alias ")):
            needs = re.sub(r"\([^()]*\)", lambda m: m.group()[1:-1].split(" ")[0], found["needs"].partition("#")[0])
            recipes.append(_Target((found["name"],), number, tuple(word for word in needs.split() if word != "&&")))
    for index, recipe in enumerate(recipes[:MAX_TARGETS]):
        chunks = [(re.sub(r"^[@\-]+", "", line), number) for line, number in recipe.recipe]
        commands = from_shell(source, shell.commands_of(chunks))
        yield _runnable(source, "just", recipe.names[0], recipe.line, commands, needs=recipe.needs, default=index == 0)


@reader(
    "taskfile",
    names=("Taskfile.yml", "Taskfile.yaml", "Taskfile.dist.yml", "Taskfile.dist.yaml", "{.taskfiles,taskfiles}/**/*.{yml,yaml}"),
)
def read_taskfile(source: Source) -> Iterator[Fact]:
    """Yield the tasks of a Taskfile (go-task)."""
    for name, value, line in members(mapping(source.yaml).get("tasks")):
        task = mapping(value)
        listed = task.get("cmds", task.get("cmd")) if task else value
        commands: list[Command] = []
        needs = [text(mapping(need).get("task")) or text(need) for need, _ in entries(task.get("deps"))]
        for item, at in entries(listed, task.line_of("cmds", 0) if task else line):
            options = mapping(item)
            if "task" in options:
                needs.append(text(options["task"]))
            commands += run(source, options.get("cmd") if options else item, options.line_of("cmd") if options else at)
        found = _runnable(source, "task", name, line, commands, needs=needs, default=name == "default")
        folder = posixpath.normpath(posixpath.join(source.folder, folder_of(source, text(task.get("dir")))))
        steps = tuple(msgspec.structs.replace(step, folder="" if folder == "." else folder) for step in found.steps)
        yield msgspec.structs.replace(found, steps=steps)


@reader("package-scripts", names=("package.json", "project.json"))
def read_package_scripts(source: Source) -> Iterator[Fact]:
    """Yield the scripts of a package.json, and the targets of an Nx project."""
    body = source.json
    if not isinstance(body, dict):
        return
    lines = _lines_of_keys(source)
    found: dict[str, object] = {}
    if source.name == "project.json":
        runner, project = "nx", str(body.get("name", ""))
        targets = body.get("targets")
        for name, target in targets.items() if isinstance(targets, dict) else ():
            options = target.get("options") if isinstance(target, dict) else None
            commands = (options.get("command") or options.get("commands")) if isinstance(options, dict) else None
            found[f"{project}:{name}"] = "\n".join(_strings(commands))
    else:
        runner = "npm"
        scripts = body.get("scripts")
        found = dict(scripts) if isinstance(scripts, dict) else {}
    for name, script in list(found.items())[:MAX_TARGETS]:
        if script and isinstance(script, str):
            line = lines.get(name.rpartition(":")[2] if runner == "nx" else name, 0)
            commands_found = from_shell(source, shell.commands(script[:MAX_LINE].replace("\n", " ; "), line))
            yield _runnable(source, runner, name, line, commands_found)


@reader("deno-tasks", names=("deno.json", "deno.jsonc"))
def read_deno(source: Source) -> Iterator[Fact]:
    """Yield the tasks of a deno.json."""
    body = source.json
    tasks = body.get("tasks") if isinstance(body, dict) else None
    lines = _lines_of_keys(source)
    for name, task in list(tasks.items())[:MAX_TARGETS] if isinstance(tasks, dict) else ():
        command = next(_strings(task), "")[:MAX_LINE]
        needs = strings(task.get("dependencies")) if isinstance(task, dict) else ()
        line = lines.get(name, 0)
        yield _runnable(source, "deno", name, line, from_shell(source, shell.commands(command, line)), needs=needs)


def _lines_of_keys(source: Source) -> dict[str, int]:
    """Return where keys of a JSON file stand, the last of each name; those that share a line with another are not told."""
    return {match["key"]: number for number, line in enumerate(source.lines, 1) if (match := _KEY.match(line[:300]))}


def _strings(value: object) -> Iterator[str]:
    for item in value if isinstance(value, list) else [value]:
        command = item.get("command") if isinstance(item, dict) else item
        if isinstance(command, str):
            yield command


@reader("shell-scripts", names=("*.sh", "*.bash", "*.ps1", "**/{scripts,script,hack,ci,.ci,bin,build,tools}/*"))
def read_script(source: Source) -> Iterator[Fact]:
    """Yield a shell script: by its extension, or in the usual folders by its first line."""
    if source.name.endswith((".sh", ".bash", ".ps1")) or ("." not in source.name and _SHEBANG.match(source.data[:120])):
        commands = run(source, source.text, 1)
        yield _runnable(source, "script", source.path, 0, commands)


@reader(
    "git-hooks", names=(".pre-commit-config.yaml", ".pre-commit-config.yml", "lefthook.yml", ".lefthook.yml", "lefthook.yaml")
)
def read_hooks(source: Source) -> Iterator[Fact]:
    """Yield the hooks of pre-commit or Lefthook, which pipelines run as well."""
    body = mapping(source.yaml)
    if "lefthook" in source.name:
        steps = tuple(_lefthook(source, body))
    else:
        steps = tuple(
            _hook(source, text(mapping(repository).get("repo")), mapping(hook), line)
            for repository, _ in entries(body.get("repos"))
            for hook, line in entries(mapping(repository).get("hooks"))
        )
    name = "lefthook" if "lefthook" in source.name else "pre-commit"
    yield Runnable(at=source.place(), runner="hooks", name=name, folder=source.folder, steps=steps)


def _hook(source: Source, repository: str, hook: Map, line: int) -> PipelineStep:
    entry = text(hook.get("entry"))
    commands = run(source, " ".join((entry, *texts(hook.get("args")))), hook.line_of("entry")) if entry else ()
    at = source.place(hook.line_of("id"))
    return PipelineStep(
        at=at, uses=f"hook:{text(hook.get('id'))}", inputs={"repo": repository, **inputs(hook)}, commands=commands
    )


def _lefthook(source: Source, body: Map) -> Iterator[PipelineStep]:
    for name, group, _ in members(body):
        for key in ("commands", "scripts"):
            for title, command, line in members(mapping(group).get(key)):
                options = mapping(command)
                commands = run(source, options.get("run"), options.line_of("run"))
                yield PipelineStep(at=source.place(line), name=f"{name}: {title}", commands=commands)
        for job, line in entries(mapping(group).get("jobs")):
            options = mapping(job)
            yield PipelineStep(at=source.place(line), name=name, commands=run(source, options.get("run"), options.line_of("run")))


@reader(
    "goreleaser-steps",
    names=(".goreleaser.yml", ".goreleaser.yaml", "goreleaser.yml", "goreleaser.yaml", ".goreleaser.*.{yml,yaml}"),
)
def read_goreleaser(source: Source) -> Iterator[Fact]:
    """Yield the images, signatures and bills of material that ``goreleaser release`` makes."""
    body = mapping(source.yaml)
    sections = ("dockers", "dockers_v2", "docker_manifests", "kos", "docker_signs", "signs", "sboms", "attestations")
    steps = tuple(
        PipelineStep(at=source.place(line), uses=f"goreleaser:{section}", inputs=inputs(item))
        for section in sections
        for item, line in entries(body.get(section), body.line_of(section))
    )
    yield Runnable(at=source.place(), runner="goreleaser", name=source.path, folder=source.folder, steps=steps)


@reader("azd-services", names=("azure.yaml", "azure.yml"))
def read_azd(source: Source) -> Iterator[Fact]:
    """Yield the services that ``azd deploy`` delivers, by where they run; one with an `image` is not built."""
    steps = tuple(
        PipelineStep(at=source.place(mapping(service).line_of("host")), name=name, uses=f"azd:{host}")
        for name, service, _ in members(mapping(source.yaml).get("services"))
        if (host := text(mapping(service).get("host"))) and "image" not in mapping(service)
    )
    if steps:
        yield Runnable(at=source.place(), runner="azd", name=source.path, folder=source.folder, steps=steps)
