"""What the readers of pipelines share: tolerant access to YAML values, and scripts to commands."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from assessor.facts.pipelines import Command
from assessor.parsing import shell
from assessor.parsing.yaml import Map, Seq, Tagged
from assessor.reading import Source
from assessor.redaction import MARK, redact

MAX_TEXT = 2_000  # characters kept of an input
MAX_SETTINGS = 200  # inputs kept of a step

_MANIFEST = re.compile(r"^apiVersion[ \t]*:", re.M)
_BLOCK = re.compile(r"[|>][-+0-9]*\s*(?:#.*)?\Z")
_FOLDED = re.compile(r">[-+0-9]*\s*(?:#.*)?\Z")

# Images whose program has another name than their repository's last part.
_PROGRAMS = {
    "cloud-sdk": "gcloud", "google-cloud-cli": "gcloud", "executor": "kaniko", "kaniko-executor": "kaniko", "kaniko": "kaniko",
    "kaniko-project": "kaniko", "aws-cli": "aws", "awscli": "aws", "azure-cli": "az", "helm-kubectl": "helm",
    "k8s": "kubectl", "trivy": "trivy", "pack": "pack", "skaffold": "skaffold", "opentofu": "tofu", "stable": "skopeo",
    "pre-commit-terraform": "pre-commit", "k8s-skaffold": "skaffold", "kubernetes-helm": "helm", "dind": "docker", "docker-git": "docker",
}  # fmt: skip


def is_manifest(source: Source) -> bool:
    """Say whether a file holds Kubernetes objects, told without parsing it: those of operators are very large."""
    return b"apiVersion" in source.data and bool(_MANIFEST.search(source.text))


def mapping(value: object) -> Map:
    """Return the value if it is a mapping, else an empty one."""
    return value if isinstance(value, Map) else Map()


def entries(value: object, line: int = 0) -> Iterator[tuple[Any, int]]:
    """Yield the items of a sequence with their lines; another value that is set is the only item."""
    if isinstance(value, Seq):
        yield from zip(value, value.lines, strict=True)
    elif value is not None:
        yield value, value.line if isinstance(value, Map) else line


def members(value: object) -> Iterator[tuple[str, Any, int]]:
    """Yield key, value and line of a mapping; nothing of another value."""
    if isinstance(value, Map):
        for key, item in value.items():
            yield key, item, value.lines.get(key, value.line)


def text(value: object) -> str:
    """Return a scalar as it would be written in YAML; "" for anything else."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float):
        return str(value)[:MAX_TEXT]
    if isinstance(value, Tagged):
        return text(value.value)
    return ""


def texts(value: object) -> tuple[str, ...]:
    """Return the scalars of a scalar or sequence as texts, nested sequences included."""
    return tuple(scalars(value))


def scalars(value: object) -> Iterator[str]:
    """Yield the scalars of a scalar or sequence as texts, nested sequences included."""
    if isinstance(value, Seq):
        for item in value:
            yield from scalars(item)
    elif text(value):
        yield text(value)


def is_true(value: object) -> bool:
    """Say whether a setting is switched on; an expression does not count."""
    return value is True or (isinstance(value, str) and value.lower() in ("true", "yes", "on", "1"))


def inputs(value: object) -> dict[str, str]:
    """Return the settings of a mapping as texts, lists joined by newlines, inner mappings dotted, secrets taken out."""
    found: dict[str, str] = {}
    waiting = [("", value)]
    while waiting and len(found) < MAX_SETTINGS:
        prefix, current = waiting.pop()
        for key, item, _ in members(current):
            if isinstance(item, Map | Seq) and len(waiting) < MAX_SETTINGS:
                waiting += [(f"{prefix}{key}.", inner) for inner, _ in entries(item) if isinstance(inner, Map)][:MAX_SETTINGS]
            if not isinstance(item, Map):
                found[f"{prefix}{key}"[:200]] = harmless(key, "\n".join(islice(scalars(item), 50)))
    return found


def variables(value: object) -> dict[str, str]:
    """Return environment variables, given as a mapping or as a list of ``NAME=value`` or ``{name, value}``."""
    found = inputs(value)
    for item, _ in entries(value):
        name, _, setting = text(item).partition("=")
        if isinstance(item, Map) and "name" in item:
            name, setting = text(item["name"]), text(item.get("value"))
        if name:
            found[name] = harmless(name, setting)
    return found


def harmless(key: str, value: str) -> str:
    """Return a setting's value, without it when it is a secret."""
    return MARK if MARK in redact(f"{key}={value}") and MARK not in value else redact(value)


def run(source: Source, value: object, line: int) -> tuple[Command, ...]:
    """Return the commands of a script: a text, or a sequence of texts that one shell runs."""
    return from_shell(source, shell.commands_of(_chunks(source, value, line, 0)))


def from_shell(source: Source, simple: Iterable[shell.Simple]) -> tuple[Command, ...]:
    """Turn what a shell would run into facts."""
    return tuple(
        Command(
            argv=tuple(redact(word[:MAX_TEXT]) for word in command.argv[:200]),
            at=source.place(command.line),
            tolerated=command.tolerated,
            folder=command.folder,
        )
        for command in simple
    )


def _chunks(source: Source, value: object, line: int, depth: int) -> Iterator[tuple[str, int]]:
    if isinstance(value, Seq):
        for item, at in zip(value, value.lines, strict=True):
            if depth < 10:
                yield from _chunks(source, item, at, depth + 1)
    elif isinstance(value, str):
        header = source.lines[line - 1] if 0 < line <= len(source.lines) else ""
        yield value, line + 1 if _BLOCK.search(header) and not _FOLDED.search(header) else line


def container(source: Source, image: str, entrypoint: object, arguments: object, line: int) -> tuple[Command, ...]:
    """Return the command a container runs: its entry point, or the program its image is named for, with arguments.

    What a shell is given as text is followed by the commands in it, at their own lines.
    """
    program, words = texts(entrypoint) or (program_of(image),), texts(arguments)
    argv = words if words[:1] == program else (*program, *words)
    if not argv or not argv[0]:
        return ()
    if posixpath.basename(argv[0]) not in ("sh", "bash", "ash") or not any(re.fullmatch("-[a-z]*c", word) for word in argv):
        return (Command(argv=tuple(redact(word) for word in argv[:200]), at=source.place(line)),)
    scripts = [(item, at) for item, at in entries(arguments, line) if isinstance(item, str) and not item.startswith("-")]
    return run(source, scripts[0][0].replace("$$", "$"), scripts[0][1]) if scripts else run(source, argv[-1], line)


def program_of(image: str) -> str:
    """Return the program an image is named for: ``aquasec/trivy:0.60`` → ``trivy``."""
    name = image.rstrip("/").rpartition("/")[2].partition("@")[0].partition(":")[0]
    return _PROGRAMS.get(name, name)


def folder_of(source: Source, written: str) -> str:
    """Return a working directory from the root of the repository; what the CI system calls the root is dropped."""
    path = posixpath.normpath(re.sub(r"^(?:\$\{\{[^}]*\}\}|\$\([^)]*\)|\$\{?\w+\}?)/?", "", written) or ".")
    return "" if path in (".", "/") else path.lstrip("/")


def stem(path: str) -> str:
    """Return a file's name without folders and extension."""
    return posixpath.splitext(posixpath.basename(path))[0]
