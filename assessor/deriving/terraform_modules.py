"""Puts Terraform modules together from their files: overrides, OpenTofu's preference, values of variables.

Only the files of one folder form a module. ``override.tf`` and ``*_override.tf`` are applied last; where ``x.tofu``
and ``x.tf`` both exist OpenTofu reads the first (Terraform's configuration loader, OpenTofu's 1.8 notes).
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeVar

import msgspec

from assessor.facts.infrastructure import Backend, ModuleCall, Resource, TerraformFile, VariablesFile

from .base import Material

Declared = TypeVar("Declared", Resource, ModuleCall)

MAX_CALL_DEPTH = 8
_CONFIGURATION = re.compile(r"\.tf((?:\.json)?)\Z")
_REFERENCE = re.compile(r"\$\{((?:var|local)\.[\w-]+)\}")
_AUTOMATIC = re.compile(r"(?:^|/)(?:terraform\.tfvars|[^/]*\.auto\.tfvars)(?:\.json)?$")


@dataclass
class Module:
    """A folder's files as one module."""

    folder: str
    files: list[TerraformFile]
    callers: list[tuple[Module, ModuleCall]] = field(default_factory=list)
    children: list[Module] = field(default_factory=list)  # the repository's own modules it calls
    values: dict[str, str] = field(default_factory=dict)  # "var.x", "local.x" → literal text

    @cached_property
    def resources(self) -> tuple[Resource, ...]:
        """Its resources, with variables replaced where their value is known."""
        return tuple(self._resolved(item) for file in self.files for item in file.resources)

    @cached_property
    def calls(self) -> tuple[ModuleCall, ...]:
        """Its module calls, likewise."""
        return tuple(self._resolved(item) for file in self.files for item in file.modules)

    def _resolved(self, item: Declared) -> Declared:
        if not any("${" in text for text in item.settings.values()):
            return item
        given = {name: self.resolve(text) if "${" in text else text for name, text in item.settings.items()}
        return msgspec.structs.replace(item, settings=given)

    @property
    def backend(self) -> Backend | None:
        """Its backend; a later (override) block replaces an earlier one."""
        return next((file.backends[-1] for file in reversed(self.files) if file.backends), None)

    @property
    def required_version(self) -> str:
        """Its version constraint on Terraform."""
        return next((file.required_version for file in reversed(self.files) if file.required_version), "")

    @property
    def tool(self) -> str:
        """The program it is written for."""
        return "opentofu" if any(".tofu" in file.at.path.rpartition("/")[2] for file in self.files) else "terraform"

    @property
    def provider_blocks(self) -> set[str]:
        """The providers it configures."""
        return {name for file in self.files for name in file.provider_blocks}

    @property
    def providers(self) -> dict[str, str]:
        """The providers it requires, or uses without saying so, with their constraints."""
        found = {_provider(r.type): "" for file in self.files for r in file.resources} | dict.fromkeys(self.provider_blocks, "")
        found.pop("terraform", None)
        for file in self.files:
            found |= {name: text or found.get(name, "") for name, text in file.required_providers.items()}
        return dict(sorted(found.items()))

    @property
    def states_providers(self) -> bool:
        """Whether one of its files has a ``required_providers`` block."""
        return any(file.required_providers for file in self.files)

    def total(self, count: str) -> int:
        """Add up one of the files' counts."""
        return sum(int(getattr(file, count)) for file in self.files)

    @property
    def required_variables(self) -> int:
        """How many variables have no default."""
        return sum(len(file.required_variables) for file in self.files)

    def resolve(self, text: str, depth: int = 0) -> str:
        """Replace references to variables and locals whose value is known."""

        def value(match: re.Match[str]) -> str:
            known = self.values.get(match.group(1))
            if known is None:
                return match.group()
            return self.resolve(known, depth + 1) if "${" in known and depth < 4 else known

        return _REFERENCE.sub(value, text)[:400]


def _provider(resource_type: str) -> str:
    return resource_type.partition("_")[0]


def assemble(material: Material) -> dict[str, Module]:
    """Return the modules of a repository by folder, knowing who calls them and with which values."""
    by_folder: dict[str, list[TerraformFile]] = {}
    for file in material.of(TerraformFile):
        by_folder.setdefault(folder_of(file.at.path), []).append(file)
    modules = {folder: Module(folder, _effective(files)) for folder, files in sorted(by_folder.items())}
    for module in modules.values():
        for file in module.files:
            for call in file.modules:
                target = modules.get(resolve_path(module.folder, call.source)) if call.local else None
                if target is not None and target is not module:
                    target.callers.append((module, call))
                    module.children.append(target)
    _evaluate(modules.values(), material.of(VariablesFile))
    return modules


def constraints(root: Module) -> tuple[str, dict[str, str]]:
    """Return what holds a root's Terraform and providers: its own constraints, and those of the modules it calls.

    Terraform checks `required_version` of every module of a configuration and satisfies all provider constraints at
    once (`terraform providers` lists them), so one that only a called module states holds the root as well.
    """
    version, providers = root.required_version, dict(root.providers)
    seen, waiting = {root.folder}, list(root.children)
    while waiting:
        module = waiting.pop()
        if module.folder in seen:
            continue
        seen.add(module.folder)
        waiting += module.children
        version = version or module.required_version
        providers |= {name: text for name, text in module.providers.items() if text and not providers.get(name)}
    return version, dict(sorted(providers.items()))


def folder_of(path: str) -> str:
    """Return the folder of a path, "" at the root."""
    return path.rpartition("/")[0]


def resolve_path(folder: str, relative: str) -> str:
    """Return a relative path's folder within the repository; one that leads out of it stays as it is, with ``..``."""
    path = relative.replace("//", "/").partition("?")[0]
    joined = posixpath.normpath(posixpath.join(folder or ".", path))
    return "" if joined == "." else joined


def _effective(files: list[TerraformFile]) -> list[TerraformFile]:
    """Return the files in the order they apply: overrides last, a ``.tf`` with a ``.tofu`` twin left out."""
    names = {file.at.path for file in files}
    kept = [file for file in files if (twin := _CONFIGURATION.sub(r".tofu\1", file.at.path)) == file.at.path or twin not in names]
    return sorted(kept, key=lambda file: (_is_override(file.at.path), file.at.path))


def _is_override(path: str) -> bool:
    stem = path.rpartition("/")[2].partition(".")[0]
    return stem == "override" or stem.endswith("_override")


def _evaluate(modules: Iterable[Module], variables: Iterable[VariablesFile]) -> None:
    """Give each module the values its variables have: defaults, tfvars loaded by themselves, arguments all callers agree on."""
    automatic: dict[str, list[VariablesFile]] = {}
    for file in variables:
        if _AUTOMATIC.search(file.at.path):
            automatic.setdefault(folder_of(file.at.path), []).append(file)
    done: set[str] = set()
    for module in modules:
        _values(module, automatic, done, 0)


def _values(module: Module, automatic: dict[str, list[VariablesFile]], done: set[str], depth: int) -> None:
    if module.folder in done or depth > MAX_CALL_DEPTH:
        return
    done.add(module.folder)
    for file in module.files:
        module.values.update(file.defaults)
    for given in automatic.get(module.folder, ()):
        module.values.update({f"var.{name}": text for name, text in given.values.items()})
    passed: dict[str, set[str]] = {}
    for caller, call in module.callers[:20]:
        _values(caller, automatic, done, depth + 1)
        for name, text in call.settings.items():
            passed.setdefault(f"var.{name}", set()).add(caller.resolve(text))
    for name, texts in passed.items():
        text = texts.pop() if len(texts) == 1 else "${"
        if "${" in text:
            module.values.pop(name, None)
        else:
            module.values[name] = text


def local_targets(modules: Iterable[Module]) -> Iterator[tuple[Module, str]]:
    """Yield each module with the folder of each local module it calls."""
    for module in modules:
        for file in module.files:
            for call in file.modules:
                if call.local:
                    yield module, resolve_path(module.folder, call.source)
