"""Tells which files declare something that runs in AWS, by its name.

Terraform names things through variables, loops and modules, so a name counts as declared wherever it is written out: as
the name of a resource of the kind, or among the arguments of a module call (values and keys of maps). Where a declaration
of the kind has a name that is only known at run time, what is not found by name may still be declared.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from functools import cached_property

from assessor.facts.base import Place
from assessor.facts.infrastructure import ModuleCall, Resource, TerraformRoot
from assessor.facts.repository import Organization
from assessor.parsing.hcl import is_dynamic

_NAMES = ("name", "RepositoryName", "repositoryName", "repository_name", "Name", "cluster_name", "metadata.name")
_VERSIONS = ("kubernetes_version", "cluster_version", "version", "Version")
_NAMING = re.compile(r"name|repositor|cluster|registr", re.I)
_SPLIT = re.compile(r"[,\s]+")


class Declared:
    """The names an organization's infrastructure code writes out for one kind of resource."""

    def __init__(self, organization: Organization, types: Iterable[str], module: re.Pattern[str]) -> None:
        self._types = frozenset(types)
        self._module = module
        self._resources = [r for r in organization.of(Resource) if r.type in self._types and r.tool != "ansible"]
        units = (call for root in organization.of(TerraformRoot) if root.tool == "terragrunt" for call in root.modules)
        self._calls = [*organization.of(ModuleCall), *units]
        self._local: defaultdict[tuple[str, str], list[ModuleCall]] = defaultdict(list)  # by repository and folder's name
        for call in self._calls:
            if call.local:
                self._local[call.at.repository, _last(call.source)].append(call)

    @cached_property
    def places(self) -> dict[str, Place]:
        """Each literal name, and where it is written."""
        found: dict[str, Place] = {}
        for call in self._calls:
            for name, value in call.settings.items():
                for word in (*name.split(".")[1:], *_SPLIT.split(value)):
                    found.setdefault(word, call.at)
        for resource in self._resources:
            for name in self._named(resource):
                found[name] = resource.at
        found.pop("", None)
        return found

    @cached_property
    def versions(self) -> dict[str, tuple[str, Place]]:
        """The literal version beside each literal name."""
        found = {}
        for settings, at in (*((c.settings, c.at) for c in self._calls), *((r.settings, r.at) for r in self._resources)):
            version = next((settings[key] for key in _VERSIONS if key in settings and not is_dynamic(settings[key])), "")
            for name in (settings.get("name", ""), settings.get("cluster_name", "")):
                if name and version and not is_dynamic(name):
                    found[name] = (version, at)
        return found

    @cached_property
    def open(self) -> list[Place]:
        """Declarations of the kind whose name is only known at run time, and not written in a call of their module either."""
        dynamic = [r.at for r in self._resources if not self._named(r) and not self._completed(r)]
        return dynamic + [c.at for c in self._calls if not c.local and self._module.search(c.source) and not _says_name(c)]

    def _completed(self, resource: Resource) -> bool:
        """Say whether every call within its repository of the module a resource is in writes out a name."""
        folder = resource.at.path.rpartition("/")[0].rpartition("/")[2]
        calls = self._local.get((resource.at.repository, folder), [])
        return bool(folder and calls) and all(_says_name(call) for call in calls)

    @property
    def any(self) -> bool:
        """Whether anything of the kind is declared."""
        return bool(self._resources) or any(self._module.search(call.source) for call in self._calls)

    @staticmethod
    def _named(resource: Resource) -> list[str]:
        names = [resource.settings.get(key, "") for key in _NAMES]
        return [name for name in names if name and not is_dynamic(name)]


def _says_name(call: ModuleCall) -> bool:
    """Say whether a call writes out what could be names: an argument called so, or a map or list of things to make."""
    told = [value for key, value in call.settings.items() if _NAMING.search(key.partition(".")[0])]
    return bool(told) and not any(is_dynamic(value) for value in told)


def _last(source: str) -> str:
    return source.rstrip("/").rpartition("/")[2]
