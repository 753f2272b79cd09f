"""Reads Terragrunt files: units, the files they include, and stacks of units."""

from __future__ import annotations

from collections.abc import Iterator

from assessor.facts.infrastructure import Backend, ModuleCall, TerragruntFile
from assessor.parsing import hcl
from assessor.reading import Source, reader

from .terraform import module_call, parsed, settings

_OTHER = (".terraform.lock.hcl", ".tflint.hcl", ".tfquery.hcl", ".tftest.hcl", ".pkr.hcl", ".pkrvars.hcl", ".nomad.hcl")
_BLOCKS = ("terraform", "include", "remote_state", "generate", "unit", "stack", "dependency", "dependencies", "catalog", "locals")


@reader("terragrunt", names=("*.hcl", "terragrunt.hcl.json"))
def read_terragrunt(source: Source) -> Iterator[TerragruntFile]:
    """Yield a Terragrunt file: any HCL file with its blocks or an `inputs` attribute, since any may be included."""
    if source.name.lower().endswith(_OTHER):
        return
    root = parsed(source)
    if not (any(root.of(*_BLOCKS)) or "inputs" in root.attributes or source.name == "terragrunt.hcl"):
        return
    generated = list(_generated(root))
    yield TerragruntFile(
        at=source.place(),
        includes=tuple(block.text("path") for block in root.of("include")),
        source=_source(source, root),
        backend=_remote_state(source, root)
        or next((b for block, code in generated for b in _backends(source, block, code)), None),
        required_version=root.text("terraform_version_constraint")
        or next((v for _, code in generated for v in _versions(code)), ""),
        providers=dict(sorted(pair for _, code in generated for pair in _providers(code))),
        units=tuple(_units(source, root)),
        broken=root.error is not None,
    )


def _source(source: Source, root: hcl.Block) -> ModuleCall | None:
    block = root.first("terraform")
    if block is None or not block.text("source"):
        return None
    return module_call(source, "terragrunt", block.line_of("source"), block.text("source"), "", {})


def _units(source: Source, root: hcl.Block) -> Iterator[ModuleCall]:
    for block in root.of("unit"):
        yield module_call(source, block.label(0), block.line, block.text("source"), block.text("path"), {})


def _remote_state(source: Source, root: hcl.Block) -> Backend | None:
    block = root.first("remote_state")
    if block is None:
        return None
    inner = hcl.Block("config")
    config = block.get("config")
    if isinstance(config, dict):
        inner.attributes = {name: hcl.Attribute(name, block.line, value=value) for name, value in config.items()}
    return Backend(
        type=block.text("backend"),
        at=source.place(block.line),
        settings=settings(inner),
        partial=hcl.is_dynamic(config),
    )


def _generated(root: hcl.Block) -> Iterator[tuple[hcl.Block, hcl.Block]]:
    """Yield each generate block with the code it writes, parsed."""
    for block in root.of("generate"):
        contents = block.text("contents")
        if contents:
            yield block, hcl.parse(contents.encode())


def _backends(source: Source, block: hcl.Block, code: hcl.Block) -> Iterator[Backend]:
    for terraform in code.of("terraform"):
        for backend in terraform.of("backend"):
            yield Backend(type=backend.label(0), at=source.place(block.line), settings=settings(backend))
        if terraform.first("cloud"):
            yield Backend(type="cloud", at=source.place(block.line))


def _versions(code: hcl.Block) -> Iterator[str]:
    return (text for block in code.of("terraform") if (text := block.text("required_version")))


def _providers(code: hcl.Block) -> Iterator[tuple[str, str]]:
    for terraform in code.of("terraform"):
        for block in terraform.of("required_providers"):
            for name, attribute in block.attributes.items():
                value = attribute.value
                yield name, hcl.as_text(value.get("version") if isinstance(value, dict) else value)
