"""Terragrunt units as roots: each takes its backend from the files it includes.

An include names its file by an expression (``find_in_parent_folders("root.hcl")``); the few forms in common use are
worked out by text, nothing is evaluated. ``terragrunt.hcl`` without a source and without an include is the parent of
others rather than a unit.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

import msgspec

from assessor.facts.infrastructure import Backend, ModuleCall, TerraformRoot, TerragruntFile

from .backends import BackendSettings
from .base import Material
from .terraform_modules import Module, folder_of, resolve_path

_FIND = re.compile(r'find_in_parent_folders\(\s*(?:"([^"]*)")?[^)]*\)')
_HERE = re.compile(r"\$\{\s*(?:get_terragrunt_dir|get_original_terragrunt_dir|path_relative_from_include)\(\)\s*\}/?")
_TOP = re.compile(r"\$\{\s*(?:get_repo_root|get_path_to_repo_root)\(\)\s*\}/?")
_ABOVE = re.compile(r"\$\{\s*(?:get_parent_terragrunt_dir\([^)]*\)|dirname\(find_in_parent_folders\(.*?\)\))\s*\}/?")
# The local side of a condition, as units have that apply a release in production and the checkout elsewhere.
_EITHER = re.compile(r'[?:]\s*"(\.\.?/[^"$]*)"')
_UNIT = ("terragrunt.hcl", "terragrunt.hcl.json")
_MAX_INCLUDES = 16


class Units:
    """The Terragrunt files of a repository, and which of them are units."""

    def __init__(self, material: Material, modules: dict[str, Module]) -> None:
        self.material = material
        self.modules = modules
        self.files = {file.at.path: file for file in material.of(TerragruntFile)}
        self.included = {path for file in self.files.values() for path in self._includes(file)}
        self.stacks = [file for file in self.files.values() if file.units]
        self.made = {
            resolve_path(folder_of(f.at.path), self._local(f, call))
            for f in self.stacks
            for call in f.units
            if self._local(f, call)
        }
        self.units = [f for f in self.files.values() if self._is_unit(f)]
        self.folders = {folder_of(file.at.path) for file in self.units}
        self.targets = {
            resolve_path(folder_of(file.at.path), address)
            for file in self.files.values()
            if (source := self._source(file)) and (address := self._local(file, source))
        }

    def _is_unit(self, file: TerragruntFile) -> bool:
        folder, _, name = file.at.path.rpartition("/")
        if name not in _UNIT or file.at.path in self.included or folder in self.made:
            return False
        return bool(file.source or file.includes or folder in self.modules)

    def _includes(self, file: TerragruntFile) -> list[str]:
        return [path for text in file.includes[:_MAX_INCLUDES] if (path := self._path(file.at.path, text)) in self.files]

    def _path(self, of: str, text: str) -> str:
        """Return the path an include expression stands for, "" if it cannot be told."""
        folder = folder_of(of)
        found = _FIND.search(text)
        if found:
            base = self._parent(folder, found.group(1) or "terragrunt.hcl")
            rest = text[found.end() :].lstrip(')} "')
            return resolve_path(folder_of(base), rest.lstrip("/")) if base and rest.startswith("/") else base
        if _TOP.match(text):
            return resolve_path("", _TOP.sub("", text))
        text = _HERE.sub("", text)
        return "" if "${" in text else resolve_path(folder, text)

    def _parent(self, folder: str, name: str) -> str:
        """Return the nearest file of a name in a folder above."""
        while folder:
            folder = folder_of(folder)
            path = f"{folder}/{name}" if folder else name
            if path in self.files:
                return path
        return ""

    def _source(self, file: TerragruntFile) -> ModuleCall | None:
        """Return the module a unit applies; its own source comes before an included one."""
        if file.source:
            return file.source
        return next((s for path in self._includes(file) if (s := self.files[path].source)), None)

    def _local(self, file: TerragruntFile, call: ModuleCall) -> str:
        """Return a source's path relative to the file's folder when it is local, else ""."""
        text = _HERE.sub("", call.source)
        either = _EITHER.search(text) if text.startswith("${") else None
        text = either.group(1) if either else text
        up = "../" * (folder_of(file.at.path).count("/") + 1) if folder_of(file.at.path) else ""
        if _TOP.match(text):
            text = (up or "./") + _TOP.sub("", text).lstrip("/")
        elif _ABOVE.match(text):
            parent = self._parent(folder_of(file.at.path), "root.hcl") or self._parent(folder_of(file.at.path), "terragrunt.hcl")
            text = (up or "./") + posixpath.join(folder_of(parent), _ABOVE.sub("", text).lstrip("/"))
        return text if text.startswith(("./", "../")) and "${" not in text else ""

    def _inherited(self, file: TerragruntFile) -> Backend | None:
        """Return the backend of the first included file that has one."""
        for path in self._includes(file):
            backend = self.files[path].backend
            if backend is not None:
                return msgspec.structs.replace(backend, inherited=True)
        return None

    def roots(self, backends: BackendSettings) -> Iterator[TerraformRoot]:
        """Yield every unit as a root, and the units stacks make."""
        for unit in self.units:
            yield self._root(unit, backends)
        for stack in self.stacks:
            for call in stack.units:
                yield self._stack_unit(stack, call)

    def _root(self, unit: TerragruntFile, backends: BackendSettings) -> TerraformRoot:
        folder = folder_of(unit.at.path)
        module = self.modules.get(folder)
        source = self._source(unit)
        target = (
            self.modules.get(resolve_path(folder, self._local(unit, source))) if source and self._local(unit, source) else module
        )
        backend = unit.backend or self._inherited(unit)
        if backend is None and target is not None and target.backend is not None:
            backend = backends.completed(target.backend, folder)
        files = [unit, *(self.files[path] for path in self._includes(unit))]
        return TerraformRoot(
            at=unit.at,
            folder=folder,
            tool="terragrunt",
            backend=backend,
            resources=target.resources if target else (),
            modules=(source,) if source else (),
            required_version=next(
                (f.required_version for f in files if f.required_version), target.required_version if target else ""
            ),
            providers=(target.providers if target else {}) | {k: v for f in files for k, v in f.providers.items()},
            lock_file=f"{folder}/.terraform.lock.hcl" in self.material.files,
            unreadable=(unit.at,) if unit.broken else (),
            uncertain=self._uncertain(unit) if backend is None else "",
        )

    def _uncertain(self, unit: TerragruntFile) -> str:
        """Say why a unit's backend cannot be told: an include that could not be followed."""
        lost = [text for text in unit.includes if self._path(unit.at.path, text) not in self.files]
        return f"the include {lost[0][:80]} could not be followed" if lost else ""

    def _stack_unit(self, stack: TerragruntFile, call: ModuleCall) -> TerraformRoot:
        """Return a unit a stack file makes; ``find_in_parent_folders`` in it starts where the stack stands."""
        folder = folder_of(stack.at.path)
        template = (
            self.files.get(f"{resolve_path(folder, self._local(stack, call))}/terragrunt.hcl")
            if self._local(stack, call)
            else None
        )
        backend = template.backend if template else None
        if backend is None:
            names = ("root.hcl", "terragrunt.hcl")
            parents = (self.files[path] for name in names if (path := self._parent(folder + "/unit" if folder else "unit", name)))
            backend = next((msgspec.structs.replace(f.backend, inherited=True) for f in parents if f.backend), None)
        source = template.source if template else None
        return TerraformRoot(
            at=call.at,
            folder=posixpath.join(folder, call.version or call.name),
            tool="terragrunt",
            backend=backend,
            modules=(source or call,),
            uncertain="" if backend else f"the unit {call.source[:80]} could not be followed",
        )
