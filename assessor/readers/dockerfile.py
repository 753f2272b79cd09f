"""Reads Dockerfiles and Containerfiles: stages, what goes into the image, and whether it is a product at all."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from assessor.facts.containers import Dockerfile, Stage
from assessor.parsing.dockerfile import Instruction, assignments, parse, resolve, variant_of
from assessor.reading import Source, reader

MAX_COPIES = 40
MAX_NAME = 200  # characters of a stage's name
MAX_COMMAND = 2_000  # characters of what an image runs that are looked at

# "Dockerfile.go" parses Dockerfiles, "Dockerfile.j2" is a template of one: neither can be built as it stands.
_NOT_ONE = re.compile(
    r"\.(?:dockerignore|containerignore|go|py|rb|rs|js|ts|tsx|java|kt|php|cs|md|rst|adoc|txt|html|json|ya?ml|sh|j2|jinja2?|erb|tmpl|tpl"
    r"|template|gotmpl|mustache|in|orig|bak|old|swp|patch|diff|lock|snap|sig|example|sample)$",
    re.I,
)
_DEV_WORD_LIST = (
    "debug dbg dev devel develop development devenv devcontainer local localdev test tests testing tester unittest unittests e2e "
    "integration ci cicd lint linter linting builder build buildenv run runner cypress playwright selenium puppeteer bench benchmark "
    "benchmarks docs doc tilt skaffold hot hotreload watch gitpod codespace codespaces codegen genproto protoc protobuf proto"
)
_DEV_WORDS = frozenset(_DEV_WORD_LIST.split())
_DEV_FOLDER_LIST = (
    "devcontainer devcontainers .devcontainer .github .gitlab .circleci .buildkite .ci ci dev devel local e2e hack genproto codegen "
    "protoc dev-env devenv development .gitpod .vscode .dev .dagger .tekton .azure-pipelines ci-image ci-images ci-builder build-image "
    "buildenv build-env builder benchmark benchmarks test-runner debug"
)
_DEV_FOLDERS = frozenset(_DEV_FOLDER_LIST.split())
# Folders in which a distribution's packages are made, not images to run.
_PACKAGING = re.compile(r"(?:^|/)(?:packaging|package|pkg)/(?:deb|debian|rpm|snap|aur|appimage|flatpak)(?:/|\Z)")
_TEST_TOOLS = re.compile(
    r"(?:^|/)(?:cypress|playwright|selenium|artillery\w*|k6|locust|newman|jmeter|gatling|sonar-scanner)(?:[/:@-]|$)"
)
# Test runners, a task named for tests, or a program in a folder of tests. An image may start a server by a task "start".
_RUNS_TESTS = re.compile(
    r"(?:^|[\s/])(?:pytest|tox|nox|rspec|phpunit|jest|vitest|mocha|karma|ctest)(?:\s|$)"
    r"|(?:^|[\s/])(?:go|cargo|dotnet|mvnw?|gradlew?|make|rake|npm|pnpm|yarn|bun)\s(?:run\s)?(?:test|check)s?(?:\s|$)"
    r"|(?:^|[\s/])tests?/[\w/-]+\.(?:py|rb|sh|js|ts)(?:\s|$)"
)
_PORT = re.compile(r"(?:^|\s)PORT[= ]\"?(\d{2,5})\b")
_SILENT = frozenset(("FROM", "ARG", "LABEL", "MAINTAINER"))
_VARIANT_SEPARATOR = re.compile(r"[.\-_]+")


@reader(
    "dockerfile",
    names=("Dockerfile", "Dockerfile.*", "Dockerfile-*", "*.Dockerfile", "Containerfile", "Containerfile.*", "*.Containerfile"),
)
def read_dockerfile(source: Source) -> Iterator[Dockerfile]:
    """Yield the Dockerfile, unless it has no ``FROM`` or only bears the name."""
    if _NOT_ONE.search(source.name):
        return
    instructions = parse(source.text)
    stages = _stages(instructions)
    if not stages:
        return
    copies = tuple(dict.fromkeys(_copies(instructions)))[:MAX_COPIES]
    yield Dockerfile(
        at=source.place(stages[0].line),
        stages=stages,
        ports=_ports(instructions),
        healthcheck=any(i.keyword == "HEALTHCHECK" and not i.value.upper().startswith("NONE") for i in instructions),
        copies=copies,
        development=_is_development(source.path)
        or (not copies and bool(_TEST_TOOLS.search(stages[-1].base)))
        or _only_tests(instructions),
        bare=all(i.keyword in _SILENT for i in instructions),
        runs=any(i.keyword == "RUN" for i in instructions),
        mounts_context=any(i.keyword == "RUN" and _mounts_context(i) for i in instructions),
    )


def _is_development(path: str) -> bool:
    """Say whether an image serves those who work on the code: judged by its name and the folders it stands in.

    Folders named like an activity (``test``, ``e2e``) never get here: their files are fixtures.
    """
    folder, _, name = path.lower().rpartition("/")
    if _DEV_WORDS & set(_VARIANT_SEPARATOR.split(variant_of(name))):
        return True
    return bool(_DEV_FOLDERS & set(folder.split("/"))) or bool(_PACKAGING.search(folder))


def _only_tests(instructions: list[Instruction]) -> bool:
    """Say whether all that the image is made to run are tests."""
    started = [instruction.value for instruction in instructions if instruction.keyword in ("CMD", "ENTRYPOINT")]
    texts = [" ".join(re.sub(r"[\[\]\",']+", " ", value[:MAX_COMMAND]).split()) for value in started]
    return bool(texts) and all(_RUNS_TESTS.search(text) for text in texts)


def _stages(instructions: list[Instruction]) -> tuple[Stage, ...]:
    """Return the stages. Only ARGs before the first FROM can be used in a FROM."""
    args: dict[str, str] = {}
    names: set[str] = set()
    stages: list[Stage] = []
    values: dict[str, str] = {}
    taken: list[dict[str, None]] = []
    for instruction in instructions:
        if instruction.keyword == "FROM":
            stage = _stage(instruction, args, names)
            if stage is None:
                continue
            stages.append(stage)
            names.add(stage.name.lower())
            values = {}
            taken.append({})
        elif instruction.keyword in ("ARG", "ENV"):
            _assign(instruction, args if not stages else values, args)
        elif instruction.keyword == "USER" and stages:
            user, _ = resolve(instruction.value.strip("\"'"), values)
            stages[-1] = _with_user(stages[-1], user, instruction.line)
        if taken:
            taken[-1].update(dict.fromkeys(_takes_from(instruction)))
    return tuple(msgspec.structs.replace(stage, takes_from=tuple(names)) for stage, names in zip(stages, taken, strict=True))


def _takes_from(instruction: Instruction) -> Iterator[str]:
    """Yield the stages or images that COPY and ADD take from, and that a RUN mounts."""
    for key, value in instruction.flags:
        if key == "from":
            yield value[:MAX_NAME]
        elif key == "mount":
            yield from (part[5 : 5 + MAX_NAME] for part in value.split(",") if part.startswith("from="))


def _stage(instruction: Instruction, args: dict[str, str], names: set[str]) -> Stage | None:
    words = instruction.words
    if not words:
        return None
    name = words[2] if len(words) >= 3 and words[1].lower() == "as" else ""
    base, dynamic = resolve(words[0], args)
    known = bool(base) and base.lower() in names
    return Stage(base, name, instruction.line, from_stage=known, dynamic=dynamic)


def _with_user(stage: Stage, user: str, line: int) -> Stage:
    return Stage(stage.base, stage.name, stage.line, user, stage.from_stage, stage.dynamic, line)


def _assign(instruction: Instruction, values: dict[str, str], defaults: dict[str, str]) -> None:
    """Take over the values of an ARG or ENV; an ARG without default takes the one of a global ARG of its name."""
    for name, value in assignments(instruction):
        if value is not None:
            resolved, unknown = resolve(value, values)
            if not unknown:
                values[name] = resolved
        elif name in defaults:
            values[name] = defaults[name]


def _copies(instructions: list[Instruction]) -> Iterator[str]:
    """Yield what COPY and ADD take from the build context: not from stages, addresses or heredocs."""
    for instruction in instructions:
        if instruction.keyword not in ("COPY", "ADD") or instruction.flag("from"):
            continue
        for word in instruction.words[:-1]:
            if not word.startswith("<<") and "://" not in word and not word.startswith("git@"):
                yield word[:200]


def _mounts_context(instruction: Instruction) -> bool:
    """Say whether a RUN binds the build context (the default type of a mount, when it is not from a stage)."""
    return any(
        key == "mount" and ("type=" not in value or "type=bind" in value) and "from=" not in value
        for key, value in instruction.flags
    )


def _ports(instructions: list[Instruction]) -> tuple[str, ...]:
    """Return the ports of EXPOSE; without any, the one that a variable PORT gives."""
    exposed = tuple(dict.fromkeys(word for i in instructions if i.keyword == "EXPOSE" for word in _exposed(i)))[:20]
    given = [_PORT.search(i.value) for i in instructions if i.keyword == "ENV"]
    return exposed or tuple(found[1] for found in given if found)[-1:]


def _exposed(instruction: Instruction) -> Iterator[str]:
    for word in instruction.words:
        yield word[:40]
