"""Tells a repository whose product is code for others to import from one whose product runs.

Its examples are documentation then, and nothing in it needs an image. Only its own content decides, never what its
examples do.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from assessor.facts.base import Fact
from assessor.facts.containers import Dockerfile, LanguageProject, Program

# The Terraform registry takes modules only from repositories of this name:
# https://developer.hashicorp.com/terraform/registry/modules/publish
_MODULE_NAME = re.compile(r"(?:^|__|/)terraform-[a-z0-9]+-[\w.-]+\Z", re.I)
_MODULE_ROOT = re.compile(r"(?:main|variables|outputs|versions)\.(?:tf|tofu)")
_LINKED = re.compile(r"(?:cmake/|pkgconfig/)?[\w.+@-]+(?:\.pc\.(?:c?make)?in|(?:-c|C)onfig\.cmake\.in)")
_APPLIED = re.compile(r"(?:backend|providers?|[^/]*\.auto)\.(?:tf|tofu|tfvars)|terraform\.tfvars|\.terraform\.lock\.hcl")


def is_library(facts: Iterable[Fact], name: str, paths: Iterable[str] = ()) -> bool:
    """Say whether a repository is a library, from the facts of its own content, its name and its listing."""
    listing = frozenset(paths)
    return _is_package(tuple(facts)) or _is_terraform_module(name, listing) or _is_ansible_content(listing) or _is_native(listing)


def _is_package(facts: tuple[Fact, ...]) -> bool:
    """Say whether its main language project is published and nothing in the repository serves."""
    projects = [fact for fact in facts if isinstance(fact, LanguageProject)]
    top = min((p.folder.count("/") + bool(p.folder) for p in projects), default=0)
    main = [p for p in projects if p.folder.count("/") + bool(p.folder) == top]
    if not any(p.published for p in main) or any(p.serves and not p.published for p in projects):
        return False
    if any(isinstance(f, Program) and f.serves and f.language == "go" for f in facts):
        return False
    roots = {p.folder for p in main}
    return not any(isinstance(f, Dockerfile) and not f.development and f.folder in roots for f in facts)


def _is_terraform_module(name: str, paths: frozenset[str]) -> bool:
    """Say whether it is a module to call: the root is one, is not applied itself, and its name or examples say so."""
    root = {path for path in paths if "/" not in path}
    if not any(_MODULE_ROOT.fullmatch(path) for path in root):
        return False
    if _MODULE_NAME.search(name):
        return True
    shown = any(path.startswith("examples/") and path.endswith((".tf", ".tofu")) for path in paths)
    return shown and {"variables.tf", "outputs.tf"} <= root and not any(_APPLIED.fullmatch(path) for path in root)


def _is_native(paths: frozenset[str]) -> bool:
    """Say whether it is a C or C++ library: at its root it tells pkg-config or CMake how others link to it."""
    return any(_LINKED.fullmatch(path) for path in paths)


def _is_ansible_content(paths: frozenset[str]) -> bool:
    """Say whether it is an Ansible role (``meta/`` and ``tasks/`` at the root) or collection (``galaxy.yml``)."""
    if paths & {"galaxy.yml", "galaxy.yaml"}:
        return True
    return bool(paths & {"meta/main.yml", "meta/main.yaml"}) and bool(paths & {"tasks/main.yml", "tasks/main.yaml"})
