"""Tells root modules from child modules and published ones, and finds where each root keeps its state.

A root is a module somebody applies. It has a backend, or configures providers, or has files only a root has, and no
other module calls it. A backend block in a module that is called is ignored by Terraform and is not credited here.
A repository that publishes a module has no roots: its examples are callers for documentation.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property

import msgspec

from assessor.facts.base import Fact, Place
from assessor.facts.gitops import Controller
from assessor.facts.infrastructure import (
    Backend,
    BackendTemplate,
    PublishedModule,
    TerraformRoot,
    VariablesFile,
)

from .backends import BackendSettings
from .base import Deriver, Joiner, Material, deriver
from .bicep import deployed_bicep
from .terraform_modules import Module, assemble, constraints, folder_of
from .terraform_resources import from_infrastructure
from .terragrunt import Units

_PARTS = re.compile(r"(?:^|/)(?:modules?|_modules?|[\w-]+-modules|lib|libs|wrappers|components-lib)(?:/|$)", re.I)
_EXAMPLES = re.compile(r"(?:^|/)(?:examples?|samples?|demos?|tutorials?|quickstarts?|playground)(?:/|$)", re.I)
_MODULE_REPOSITORY = re.compile(r"(?:^|[_/])terraform-[a-z0-9]+-[\w.-]+$", re.I)
_CLUSTER_VERSION = re.compile(r"(?:cluster|kube|k8s|eks|gke|aks|master|control_plane).*version", re.I)
_KUBERNETES = re.compile(r"v?1\.(\d{1,2})(?:\.|\Z)", re.A)
_LOCK_FILE = ".terraform.lock.hcl"


@deriver()
def terraform(material: Material) -> Iterator[Fact]:
    """Yield roots and published modules, the resources and module calls of all that count, and what they configure."""
    modules = assemble(material)
    units = Units(material, modules)
    if not modules and not units.files:
        return
    layout = Layout(material, modules, units)
    backends = BackendSettings(material)
    for folder in layout.roots:
        modules[folder].values |= layout.cluster_versions(folder)
    for module in layout.own:
        offered = module.folder in layout.offered
        yield from (msgspec.structs.replace(item, offered=True) if offered else item for item in module.resources)
        yield from module.calls
        for fact in from_infrastructure(module):
            yield msgspec.structs.replace(fact, conditional=True) if offered and isinstance(fact, Controller) else fact
    for folder in layout.roots:
        yield layout.root(modules[folder], backends)
    for folder in layout.published:
        yield layout.module(modules[folder])
    yield from units.roots(backends)


class Layout:
    """What each module of a repository is."""

    def __init__(self, material: Material, modules: dict[str, Module], units: Units) -> None:
        self.material = material
        self.modules = modules
        self.templates = material.of(BackendTemplate)
        self.variables = material.of(VariablesFile)
        self.applied_by_units = units.targets | units.folders
        self.called = {folder for folder, module in modules.items() if module.callers} | units.targets
        self.rooted = {folder_of(v.at.path) for v in self.variables} | {
            folder_of(path) for path in material.files if path.endswith(_LOCK_FILE)
        }
        within_units = {folder for folder in modules if folder in units.folders}
        candidates = {folder for folder in modules if folder not in within_units and self._is_root(folder)}
        self.is_library = self._is_library(candidates)
        examples = {folder for folder in modules if _EXAMPLES.search(folder)} if self.is_library else set()
        self.roots = [] if self.is_library else sorted(candidates)
        self.own = [module for folder, module in modules.items() if folder not in examples]
        children = self.called if self.roots or units.files else set()
        self.published = [
            folder
            for folder in modules
            if folder not in {*self.roots, *children, *examples, *within_units}
            and (self.is_library or not (self.roots or units.folders))
        ]

    @cached_property
    def offered(self) -> set[str]:
        """The folders of modules that nothing here applies: neither roots nor called by one; none if there are no roots."""
        starts = [*self.roots, *(folder for folder in self.applied_by_units if folder in self.modules)]
        if not starts:
            return {module.folder for module in self.own} if self.is_library else set()
        applied: set[str] = set()
        waiting = [self.modules[folder] for folder in starts]
        while waiting:
            module = waiting.pop()
            if module.folder not in applied:
                applied.add(module.folder)
                waiting += module.children
        return {module.folder for module in self.own} - applied

    def _is_root(self, folder: str) -> bool:
        module = self.modules[folder]
        declares = any(file.resources or file.modules for file in module.files)
        # Variables alone are only copied into a root by whoever applies it.
        marked = folder in self.rooted and bool(declares or module.provider_blocks or module.total("outputs"))
        if folder in self.called:
            return marked and module.backend is not None
        if module.backend is not None or marked:
            return True
        if _PARTS.search(folder):
            return False
        # What puts modules of the repository together, and is itself called by none, is what somebody applies.
        if module.provider_blocks or any(call.source.startswith("..") for file in module.files for call in file.modules):
            return True
        if module.total("refers") and not module.total("variables"):
            return False  # Terraform would refuse it: files that are put into a module elsewhere
        return declares and not module.required_variables and not (module.total("variables") and module.total("outputs"))

    def _is_library(self, candidates: set[str]) -> bool:
        """Say whether the repository publishes modules: what it has beside its examples is for others to call."""
        if any(self.modules[folder].backend for folder in candidates if not _EXAMPLES.search(folder)):
            return False
        if any(folder in self.modules and not _EXAMPLES.search(folder) for folder in self.applied_by_units):
            return False
        top = self.modules.get("")
        if top is not None:
            interface = bool(top.total("variables")) and not (top.provider_blocks or "" in self.rooted)
            nested = any(_EXAMPLES.search(folder) or _PARTS.search(folder) for folder in self.modules)
            return interface and (nested or bool(_MODULE_REPOSITORY.search(self.material.repository.name)))
        outside = {folder for folder in self.modules if not _EXAMPLES.search(folder)}
        return bool(outside) and not (outside & candidates)

    def root(self, module: Module, backends: BackendSettings) -> TerraformRoot:
        """Return a module as a root."""
        uncertain = ""
        backend = module.backend
        files: tuple[Place, ...] = ()
        if backend is not None:
            backend = backends.completed(backend, module.folder)
            files = tuple(file.at for file in backends.files_for(module.folder))
        else:
            template = self._template(module.folder)
            uncertain = f"{template} writes the backend when it is deployed" if template else ""
        required_version, providers = constraints(module)
        return TerraformRoot(
            at=self._place(module, backend),
            folder=module.folder,
            tool=module.tool,
            resources=module.resources,
            modules=module.calls,
            required_version=required_version,
            providers=providers,
            states_providers=module.states_providers,
            lock_file=self._locked(module.folder),
            unreadable=tuple(file.at for file in module.files if file.broken),
            backend=backend,
            backend_files=files,
            variable_files=self._variable_files(module.folder),
            uncertain=uncertain,
        )

    def module(self, module: Module) -> PublishedModule:
        """Return a module as one made for others."""
        return PublishedModule(
            at=self._place(module, None),
            folder=module.folder,
            tool=module.tool,
            resources=module.resources,
            modules=module.calls,
            required_version=module.required_version,
            providers=module.providers,
            states_providers=module.states_providers,
            lock_file=self._locked(module.folder),
            unreadable=tuple(file.at for file in module.files if file.broken),
        )

    def _locked(self, folder: str) -> bool:
        return (f"{folder}/{_LOCK_FILE}" if folder else _LOCK_FILE) in self.material.files

    def _template(self, folder: str) -> str:
        """Return a template that may write this root's backend: one at the top, or below the same top folder."""
        for template in self.templates:
            top, below, _ = template.at.path.partition("/")
            if not below or folder.partition("/")[0] == top:
                return str(template.at)
        return ""

    @staticmethod
    def _place(module: Module, backend: Backend | None) -> Place:
        """Return where a backend is, or should be: the file with the version requirements, else the main one."""
        if backend is not None and folder_of(backend.at.path) == module.folder:
            return backend.at
        stated = [file.at for file in module.files if file.required_version or file.required_providers]
        named = [file.at for file in module.files if file.at.path.endswith(("main.tf", "main.tofu"))]
        return min(stated or named or [file.at for file in module.files])

    def cluster_versions(self, folder: str) -> dict[str, str]:
        """Return the versions of Kubernetes that a root's variable files give: of several environments, the lowest."""
        lowest: dict[str, tuple[int, str]] = {}
        for file in self._variables(folder):
            for name, text in file.values.items():
                if _CLUSTER_VERSION.search(name[:100]) and (found := _KUBERNETES.match(text)):
                    lowest[f"var.{name}"] = min((int(found.group(1)), text), lowest.get(f"var.{name}", (100, "")))
        return {name: text for name, (_, text) in lowest.items()}

    def _variable_files(self, folder: str) -> tuple[str, ...]:
        return tuple(file.at.path for file in self._variables(folder))

    def _variables(self, folder: str) -> list[VariablesFile]:
        """Return the tfvars in its folder or below it, or named for it in a folder of variables elsewhere."""
        name = folder.rpartition("/")[2]
        return [file for file in self.variables if self._is_for(file.at.path, folder, name)]

    def _is_for(self, path: str, folder: str, name: str) -> bool:
        where = folder_of(path)
        while where not in self.modules and where:
            where = folder_of(where)
        stem = path.rpartition("/")[2].partition(".")[0]
        named = bool(name) and name in (stem, folder_of(path).rpartition("/")[2])
        return where == folder or (named and where not in self.called)


DERIVERS: tuple[Deriver, ...] = (deployed_bicep, terraform)
JOINERS: tuple[Joiner, ...] = ()
