"""Reads Terraform and OpenTofu configuration: what one file adds to its module.

Which folders are roots, and which value a variable has, is told when the files of a module are put together.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from assessor.errors import ParseError
from assessor.facts.base import Fact
from assessor.facts.infrastructure import (
    Backend,
    BackendFile,
    BackendTemplate,
    ModuleCall,
    Resource,
    SecretInput,
    SecretSource,
    StateFile,
    TerraformFile,
    VariablesFile,
)  # fmt: skip
from assessor.parsing import hcl, hcl_json
from assessor.reading import Source, reader
from assessor.redaction import MARK, redact

MAX_SETTINGS = 60  # arguments kept of one block
MAX_VALUE = 200  # characters kept of one argument

_SECRET_NAME = re.compile(
    r"passw(?:or)?d|passphrase|secret(?!s?[_-]?(?:arn|id|name|key_ref|ref|version|manager|store|engine|mount|path|type)\b)"
    r"|token(?!_?(?:ttl|type|url|endpoint|reviewer|validity|policies|period|audience|issuer|expir))|api_?key|access_?key(?!_id)|private_?key(?!_(?:path|file))"
    r"|client_?secret|credentials?$|connection_string",
    re.I,
)
_REFERENCE = re.compile(r"^(?![ \t]*(?:#|//)).*\bvar\.\w", re.M)
_NOT_SECRET = re.compile(
    r"(?:length|rotation|policy|enabled?|_id|_ids|_arn|_arns|_name|_names|_path|_file|_version|_ttl|_days|_type|_ref|_url|_wo_version|algorithm|expiration"
    r"|minimum|require|reset|recovery|prefix|suffix|keepers|min_|max_|_only|_in_days|_mode|_size|_refs|_authentication|_lifetime|_count)",
    re.I,
)
_STORES = (
    ("aws_secretsmanager", "aws-secrets-manager"),
    ("aws_ssm_parameter", "aws-parameter-store"),
    ("azurerm_key_vault_secret", "azure-key-vault"),
    ("azurerm_key_vault_certificate", "azure-key-vault"),
    ("google_secret_manager", "google-secret-manager"),
    ("aws_kms_secrets", "aws-kms"),
    ("vault_", "vault"),
    ("hcp_vault_secrets", "vault"),
    ("sops_", "sops"),
    ("onepassword_", "1password"),
    ("bitwarden", "bitwarden"),
    ("infisical_", "infisical"),
    ("doppler_", "doppler"),
    ("akeyless_", "akeyless"),
    ("random_password", "random"),
)
_PUBLIC_PARAMETER = re.compile(r"(?:^|:parameter)/aws/service/")
_MANAGED = {"manage_master_user_password", "manage_user_password", "manage_password"}
_META = {"count", "for_each", "depends_on", "lifecycle", "providers"}


def is_secret_name(name: str) -> bool:
    """Say whether an argument of this name holds a secret rather than something about one."""
    return bool(_SECRET_NAME.search(name)) and not _NOT_SECRET.search(name)


def settings(block: hcl.Block) -> dict[str, str]:
    """Return a block's arguments as text: nested ones as ``block.argument``, a block itself as "", secrets redacted."""
    found: dict[str, str] = {}
    _flatten(block, "", found, 0)
    return found


def _flatten(block: hcl.Block, prefix: str, found: dict[str, str], depth: int) -> None:
    for name, attribute in block.attributes.items():
        _setting(f"{prefix}{name}", attribute.value, found, 0)
    for inner in block.blocks:
        content = inner.first("content") if inner.type == "dynamic" else inner
        name = prefix + (inner.label(0) if inner.type == "dynamic" else inner.type)
        if len(found) < MAX_SETTINGS:
            found.setdefault(name, "")
        if content is not None and depth < 4:
            _flatten(content, name + ".", found, depth + 1)


def _setting(name: str, value: hcl.Value, found: dict[str, str], depth: int) -> None:
    if name in found or len(found) >= MAX_SETTINGS:
        return
    if isinstance(value, dict) and depth < 3:
        found[name] = ""
        for key, item in value.items():
            _setting(f"{name}.{key[:MAX_VALUE]}", item, found, depth + 1)
    elif isinstance(value, list) and any(isinstance(item, dict) for item in value):
        found[name] = ""
        for item in value[:8]:
            if isinstance(item, dict) and depth < 3:
                for key, inner in item.items():
                    _setting(f"{name}.{key[:MAX_VALUE]}", inner, found, depth + 1)
    else:
        found[name] = _shown(name, hcl.as_text(value))


def _shown(name: str, text: str) -> str:
    """Return a setting as it may be kept."""
    if text and not hcl.is_dynamic(text) and text not in ("true", "false") and is_secret_name(name.rpartition(".")[2]):
        return MARK
    return redact(text[:MAX_VALUE])


def parsed(source: Source) -> hcl.Block:
    """Return the blocks of a file; what cannot be read is noted once in the file's problems."""
    if source.path.lower().endswith(".json"):
        return hcl_json.parse(source.yaml)
    if b"\x00" in source.data[:8192]:
        raise ParseError("binary content")
    root = hcl.parse(source.data)
    if root.error is not None:
        source.problems["hcl"] = root.error
    return root


@reader("terraform", names=("*.tf", "*.tofu", "*.tf.json", "*.tofu.json"))
def read_terraform(source: Source) -> Iterator[Fact]:
    """Yield what the file adds to its module, and where secrets enter and come from."""
    root = parsed(source)
    tool = "opentofu" if ".tofu" in source.name.lower() else "terraform"
    resources = tuple(
        Resource(at=source.place(b.line), tool=tool, type=b.label(0), name=b.label(1), settings=settings(b))
        for b in root.of("resource")
        if b.label(0)
    )
    terraform = list(root.of("terraform"))
    defaults, required = _values(root)
    providers: dict[str, str] = {}
    for block in terraform:
        for required_block in block.of("required_providers"):
            providers |= {name: _constraint(a.value) for name, a in required_block.attributes.items()}
    provider_blocks = [block for block in root.of("provider") if block.label(0)]
    for block in provider_blocks:
        if block.text("version"):
            providers.setdefault(block.label(0), block.text("version"))
    shown = terraform[0].line if terraform else next((block.line for block in root.blocks), 1)
    yield TerraformFile(
        at=source.place(shown),
        resources=resources,
        modules=tuple(_module(source, block) for block in root.of("module")),
        backends=tuple(_backends(source, terraform)),
        required_version=next((b.text("required_version") for b in terraform if "required_version" in b.attributes), ""),
        required_providers=dict(sorted(providers.items())),
        provider_blocks=tuple(sorted({block.label(0) for block in provider_blocks})),
        defaults=defaults,
        required_variables=required,
        variables=sum(1 for _ in root.of("variable")),
        outputs=sum(1 for _ in root.of("output")),
        refers=bool(_REFERENCE.search(source.text)),
        broken=root.error is not None or "yaml" in source.problems,
    )
    yield from _secrets(source, root)


def _constraint(value: hcl.Value) -> str:
    """Return the version of a provider requirement: an object with `version`, or the old short form."""
    return hcl.as_text(value.get("version")) if isinstance(value, dict) else hcl.as_text(value)


def _values(root: hcl.Block) -> tuple[dict[str, str], tuple[str, ...]]:
    """Return literal defaults of variables and literal locals, and the variables without default."""
    defaults: dict[str, str] = {}
    required = []
    for block in root.of("variable"):
        name = block.label(0)
        if "default" not in block.attributes:
            required.append(name)
        else:
            defaults[f"var.{name}"] = _shown(name, block.text("default"))
    for block in root.of("locals"):
        defaults |= {f"local.{name}": _shown(name, hcl.as_text(a.value)) for name, a in block.attributes.items()}
    return {name: text for name, text in sorted(defaults.items()) if text}, tuple(sorted(required))


_REF = re.compile(r"[?&]ref=([^&\"]+)")


_CHOICE = re.compile(r"""[?:][ \t]*"((?:[^"$]|\$(?!\{)|\$\{[^{}]*\})*)\"""")  # a side of a condition
MAX_ADDRESS = 2_000  # characters of a source


def _held_at(address: str) -> str:
    """Return the ``ref`` of an address; of the alternatives of a condition, that of the first, "" unless all have one."""
    choices = _CHOICE.findall(address[:MAX_ADDRESS]) if address.startswith("${") else []
    refs = [found.group(1) if (found := _REF.search(text)) else "" for text in choices or [address]]
    known = next((ref for ref in refs if hcl.is_dynamic(ref)), refs[0])
    return known if all(refs) else ""


def module_call(source: Source, name: str, line: int, address: str, version: str, given: dict[str, str]) -> ModuleCall:
    """Return a module call; the version of a git source is its ``ref``."""
    found = _held_at(address)
    return ModuleCall(
        at=source.place(line),
        name=name,
        source=address,
        version=version or found,
        local=address.startswith(("./", "../", "/")) or address in (".", ".."),
        settings=given,
    )


def _module(source: Source, block: hcl.Block) -> ModuleCall:
    given = {name: text for name, text in settings(block).items() if name not in ("source", "version", *_META)}
    return module_call(source, block.label(0), block.line, redact(block.text("source")), block.text("version"), given)


def _backends(source: Source, terraform: list[hcl.Block]) -> Iterator[Backend]:
    for block in terraform:
        for backend in block.of("backend"):
            given = settings(backend)
            yield Backend(type=backend.label(0), at=source.place(backend.line), settings=given)
        for cloud in block.of("cloud"):
            yield Backend(type="cloud", at=source.place(cloud.line), settings=settings(cloud))


def _secrets(source: Source, root: hcl.Block) -> Iterator[SecretSource | SecretInput]:
    """Yield the stores secrets come from, and the arguments and variables they enter through."""
    for block in root.of("data", "ephemeral", "resource"):
        tool = next((tool for prefix, tool in _STORES if block.label(0).startswith(prefix)), "")
        made = block.type == "resource" and tool not in ("", "random") and "random" not in tool
        if tool and (not made or "secret" in block.label(0)) and not _is_public(block):
            yield SecretSource(at=source.place(block.line), tool=tool, name=block.label(0), ephemeral=block.type == "ephemeral")
    for block in root.of("variable"):
        if not block.text("default") and (block.get("sensitive") is True or is_secret_name(block.label(0))):
            yield SecretInput(at=source.place(block.line), name=block.label(0), source="variable")
    for block in root.of("resource", "module"):
        yield from _arguments(source, block, 0)


def _is_public(block: hcl.Block) -> bool:
    """Say whether a parameter is one that AWS publishes for everybody, such as the identifier of an image."""
    names = (block.text(name) for name in ("name", "path", "arn"))
    return block.label(0).startswith("aws_ssm_parameter") and any(_PUBLIC_PARAMETER.search(name) for name in names)


def _arguments(source: Source, block: hcl.Block, depth: int) -> Iterator[SecretSource | SecretInput]:
    for name, attribute in block.attributes.items():
        if name in _MANAGED and attribute.value is True:
            yield SecretSource(at=source.place(attribute.line), tool="managed", name=name)
        elif name.endswith("_wo") and is_secret_name(name):
            yield SecretSource(at=source.place(attribute.line), tool="write-only", name=name, ephemeral=True)
        elif is_secret_name(name):
            text = hcl.as_text(attribute.value)
            if hcl.is_dynamic(text):
                kind = "variable" if "${var." in text else "reference"
                yield SecretInput(at=source.place(attribute.line), name=name, source=kind)
    for inner in block.blocks:
        if depth < 4:
            yield from _arguments(source, inner, depth + 1)


@reader("terraform-state", names=("*.tfstate", "*.tfstate.backup", "*.tfstate.*.backup", "errored.tfstate"))
def read_state(source: Source) -> Iterator[StateFile]:
    """Yield a state file: JSON of Terraform's state format that holds a version. Its content is not kept."""
    head = source.text[:4096]
    if '"terraform_version"' in head or '"serial"' in head or '"lineage"' in head:
        yield StateFile(at=source.place(1))


@reader("terraform-variables", names=("*.tfvars", "*.tfvars.json"))
def read_variables(source: Source) -> Iterator[VariablesFile]:
    """Yield the values given to variables."""
    root = parsed(source)
    yield VariablesFile(at=source.place(), values={name: text for name, text in sorted(settings(root).items()) if text})


_BACKEND = re.compile(r'^\s*backend\s+"(\w+)"\s*\{')


@reader("terraform-template", names=("*.tf.tpl", "*.tf.tftpl", "*.tf.tmpl", "*.tf.j2", "*.tf.jinja", "*.tf.template", "*.tftpl"))
def read_template(source: Source) -> Iterator[BackendTemplate]:
    """Yield the backend blocks of a template of Terraform code."""
    if b"backend" in source.data:
        for number, line in enumerate(source.lines, 1):
            found = _BACKEND.match(line[:200])
            if found:
                yield BackendTemplate(at=source.place(number), type=found.group(1))


_BACKEND_SETTINGS = frozenset(
    {"bucket", "key", "prefix", "region", "encrypt", "profile", "role_arn", "dynamodb_table", "use_lockfile"}
    | {"storage_account_name", "container_name", "resource_group_name", "address", "lock_address", "path", "conn_str"}
    | {"hostname", "organization", "workspaces", "secret_suffix", "tablestore_table"}
)


@reader(
    "terraform-backend-config",
    names=("*.tfbackend", "*.backend", "*backend*.hcl", "**/backend*/**/*.hcl", "*backend*.tfvars", "*backend*.conf"),
)
def read_backend_config(source: Source) -> Iterator[BackendFile]:
    """Yield the settings of a file made for ``-backend-config``: plain ``key = value`` lines."""
    if b"=" not in source.data:
        return
    root = parsed(source)
    if _BACKEND_SETTINGS & root.attributes.keys() and not root.blocks:
        yield BackendFile(at=source.place(1), settings=settings(root))
