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
    offered: bool = False  # in a module that no root of the repository calls: made when somebody else calls it

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


class SeenBackend(msgspec.Struct, frozen=True):
    """What AWS shows of a root's S3 backend. None: it could not be told."""

    at: Place  # the bucket
    exists: bool | None = None
    applied: bool | None = None  # the state the backend names is in it
    lock_seen: bool = False  # a lock object of that state, now or among earlier versions
    table: bool | None = None  # the lock table the backend names exists and has the key Terraform needs
    table_at: Place | None = None


class TerraformModule(Fact, frozen=True, kw_only=True):
    """A Terraform module that stands for itself: a root somebody applies, or a module published for others.

    Modules a root calls within its repository are not listed; their resources are facts of their own.
    """

    folder: str
    tool: str = "terraform"  # terraform, opentofu, terragrunt
    resources: tuple[Resource, ...] = ()
    modules: tuple[ModuleCall, ...] = ()
    required_version: str = ""
    providers: dict[str, str] = {}  # provider → version constraint, "" when it has none
    states_providers: bool = False  # it has a required_providers block, which may only be written once
    lock_file: bool = False
    unreadable: tuple[Place, ...] = ()  # files of the module that could not be parsed

    @property
    def label(self) -> str:
        """Its folder."""
        return self.folder or "."


class TerraformRoot(TerraformModule, frozen=True, kw_only=True):
    """A module somebody applies; `at` is the file that shows it (the unit file, for Terragrunt)."""

    kind: ClassVar[str] = "terraform-root"
    backend: Backend | None = None
    variable_files: tuple[str, ...] = ()  # tfvars made for it
    backend_files: tuple[Place, ...] = ()  # files that complete its partial backend
    uncertain: str = ""  # why its backend cannot be told from the files, if it cannot
    seen: SeenBackend | None = None  # what is there, if AWS was asked about it and answered


class PublishedModule(TerraformModule, frozen=True, kw_only=True):
    """A module others import: it has no state of its own, and a backend in it would be wrong."""


class Stack(Fact, frozen=True, kw_only=True):
    """A unit of another declarative or procedural tool: a template, a CDK or Pulumi project, a playbook."""

    tool: str
    name: str = ""
    declares: int = 0  # how many resources (of Ansible: plays or tasks), when they can be counted
    library: bool = False  # constructs for others, not applied by itself
    modules: tuple[str, ...] = ()  # files of the same repository that it takes in, as far as they are known


class ClusterScript(Fact, frozen=True, kw_only=True):
    """A script that makes a Kubernetes cluster by commands."""

    tool: str  # eksctl, gcloud, az, kops, k3s …


class StateFile(Fact, frozen=True, kw_only=True):
    """A Terraform state file in the repository: it holds every attribute of every resource, secrets included."""


class HardcodedSecret(Fact, frozen=True, kw_only=True):
    """A secret written into a file, recognised by its form or by the name it is assigned to. The value is not kept."""

    name: str  # what it is assigned to, or what kind of token it is
    infrastructure: bool = True  # in a file of an infrastructure tool
    demo: bool = False  # by its value or its place only meant for trying out

    @property
    def label(self) -> str:
        """Its name."""
        return self.name


class SecretSource(Fact, frozen=True, kw_only=True):
    """Infrastructure code that takes a secret from a store, makes one up, or lets the provider keep it."""

    tool: str  # aws-secrets-manager, vault, azure-key-vault, google-secret-manager, sops, 1password, random, managed …
    name: str = ""
    ephemeral: bool = False  # it stays out of the state: an ephemeral resource or a write-only argument


class SecretInput(Fact, frozen=True, kw_only=True):
    """An argument or a sensitive variable of infrastructure code through which a secret enters.

    `source`: variable (given at run time) or reference (to a resource or a data source). A literal is a `HardcodedSecret`.
    """

    name: str
    source: str


class IgnoreFile(Fact, frozen=True, kw_only=True):
    """The patterns of a .gitignore, .dockerignore or .containerignore."""

    patterns: tuple[str, ...] = ()


class TerraformFile(Fact, frozen=True, kw_only=True):
    """One configuration file of a module, before the module is put together."""

    transient: ClassVar[bool] = True
    resources: tuple[Resource, ...] = ()
    modules: tuple[ModuleCall, ...] = ()
    backends: tuple[Backend, ...] = ()
    required_version: str = ""
    required_providers: dict[str, str] = {}
    provider_blocks: tuple[str, ...] = ()
    defaults: dict[str, str] = {}  # "var.x" and "local.x" → their literal values
    required_variables: tuple[str, ...] = ()
    variables: int = 0
    outputs: int = 0
    refers: bool = False  # to variables
    broken: bool = False


class TerragruntFile(Fact, frozen=True, kw_only=True):
    """One Terragrunt file: a unit, or a file that units include."""

    transient: ClassVar[bool] = True
    includes: tuple[str, ...] = ()  # path expressions, as written
    source: ModuleCall | None = None
    backend: Backend | None = None
    required_version: str = ""
    providers: dict[str, str] = {}  # from generated code
    units: tuple[ModuleCall, ...] = ()  # of a stack file: the units it makes, with their paths as `version`
    broken: bool = False


class VariablesFile(Fact, frozen=True, kw_only=True):
    """A ``.tfvars`` file. Secrets among its values are redacted."""

    transient: ClassVar[bool] = True
    values: dict[str, str]


class BackendTemplate(Fact, frozen=True, kw_only=True):
    """A template from which a file with a backend block is written when the module is deployed."""

    transient: ClassVar[bool] = True
    type: str


class BackendFile(Fact, frozen=True, kw_only=True):
    """Settings for ``terraform init -backend-config``."""

    transient: ClassVar[bool] = True
    settings: dict[str, str]
