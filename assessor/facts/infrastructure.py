"""Infrastructure declared in code: resources and module calls of any tool, and Terraform root modules."""

from __future__ import annotations

from typing import ClassVar

import msgspec

from .base import Fact, Place


class Resource(Fact, frozen=True, kw_only=True):
    """A resource some tool declares, e.g. ``aws_ecr_repository`` or ``AWS::ECR::Repository``."""

    tool: str  # terraform, opentofu, terragrunt, cloudformation, cdk, pulumi, crossplane, bicep, ansible …
    type: str
    name: str
    settings: dict[str, str] = {}  # literal arguments as text, nested ones as "block.argument"; dynamic ones as "${…}"

    @property
    def label(self) -> str:
        """Its address."""
        return f"{self.type}.{self.name}"


class ModuleCall(Fact, frozen=True, kw_only=True):
    """A Terraform ``module`` block or Terragrunt ``terraform { source }``."""

    name: str
    source: str  # as written; "" when dynamic
    version: str = ""  # the version argument, or the ``ref`` of a git source
    local: bool = False  # a path inside the repository
    settings: dict[str, str] = {}

    @property
    def label(self) -> str:
        """Its address."""
        return f"module.{self.name}"


class Backend(msgspec.Struct, frozen=True):
    """Where a root keeps its state. `type` is the backend's name, ``cloud`` for a cloud block."""

    type: str
    at: Place
    settings: dict[str, str] = {}  # as for `Resource`
    partial: bool = False  # more settings come from -backend-config or the environment
    inherited: bool = False  # from a Terragrunt file higher up


class TerraformRoot(Fact, frozen=True, kw_only=True):
    """A module somebody applies; `at` is its folder (or its unit file, for Terragrunt)."""

    kind: ClassVar[str] = "terraform-root"
    folder: str
    tool: str = "terraform"
    backend: Backend | None = None
    resources: tuple[Resource, ...] = ()
    modules: tuple[ModuleCall, ...] = ()
    required_version: str = ""
    providers: dict[str, str] = {}  # provider → version constraint, "" when it has none
    lock_file: bool = False
    variable_files: tuple[str, ...] = ()  # tfvars beside it
    unreadable: tuple[Place, ...] = ()  # files of the module that could not be parsed

    @property
    def label(self) -> str:
        """Its folder."""
        return self.folder or "."


class Stack(Fact, frozen=True, kw_only=True):
    """A unit of another declarative or procedural tool: a CloudFormation template, CDK or Pulumi project, playbook …"""

    tool: str
    declares: int = 0  # how many resources, when they can be counted
    library: bool = False  # constructs for others, not applied by itself


class StateFile(Fact, frozen=True, kw_only=True):
    """A Terraform state file in the repository: it holds every attribute of every resource, secrets included."""


class IgnoreFile(Fact, frozen=True, kw_only=True):
    """The patterns of a .gitignore, .dockerignore or .containerignore."""

    patterns: tuple[str, ...] = ()
