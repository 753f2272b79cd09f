"""Schemas of Terraform providers, read from the packages that CDK Terrain generates from the real provider's schema.

The package `cdktn-provider-<name>` holds generated JavaScript and type declarations, one folder per resource or data
source. From them come each argument's name, type, whether it is required, whether it is a block and how that nests, and
the attributes that are only computed. What they do not say (conflicts, allowed values, deprecations) is not judged.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import tarfile
import tempfile
import zipfile
from functools import cache
from pathlib import Path
from typing import Any

WHEELS = Path(__file__).parents[2] / ".judges"
MAX_DEPTH = 8  # some blocks hold themselves
Schema = dict[str, Any]

_FUNCTION = re.compile(r"^function (\w+)ToHclTerraform\(struct\) \{(.*?)^\}", re.M | re.S)
_ATTRIBUTE = re.compile(
    r"^ +(\w+): \{\n +value: (.*?),\n +isBlock: (true|false),\n +type: \"(\w+)\",\n +storageClassType: \"(\w+)\",", re.M
)
_INTERFACE = re.compile(r"^export interface (\w+)[^{]*\{(.*?)^\}", re.M | re.S)
_PROPERTY = re.compile(r"/\*\*(.*?)\*/\s+readonly (\w+)(\??): (.*?);$", re.M | re.S)
_COMPUTED = re.compile(r"this\.get(\w+?)Attribute\(['\"](\w+)['\"]\)|new (?:cdkt[fn]\.)?\w+\(this, ['\"](\w+)['\"]")
_SIMPLE = {"string": "string", "number": "number", "boolean": "bool"}


def wheel(provider: str) -> Path | None:
    """Return the downloaded package of a provider, None when it is absent."""
    # Providers that CDK Terrain has no package for come from CDK for Terraform, whose packages are made alike.
    found = sorted(
        f for name in ("cdktn", "cdktf_cdktf") for f in WHEELS.glob(f"{name}_provider_{provider.replace('-', '_')}-*.whl")
    )
    return found[-1] if found else None


@cache
def schemas(provider: str) -> tuple[str, dict[str, Schema]] | None:
    """Return a provider's version and its schemas by folder (``ecr-repository``, ``data-aws-region``, ``provider``)."""
    package = wheel(provider)
    if package is None:
        return None
    stamp = hashlib.blake2b(Path(__file__).read_bytes() + package.name.encode(), digest_size=8).hexdigest()
    cached = Path(tempfile.gettempdir()) / f"gitops-assess-schema-{provider}-{stamp}.json"
    if not cached.is_file():
        part = cached.with_suffix(f".{id(package)}")
        part.write_text(json.dumps(_read(package)))
        part.replace(cached)
    version, found = json.loads(cached.read_text())
    return version, found


def _read(package: Path) -> tuple[str, dict[str, Schema]]:
    with zipfile.ZipFile(package) as outer:
        name = next(n for n in outer.namelist() if n.endswith(".jsii.tgz"))
        inner = outer.read(name)
    code: dict[str, dict[str, str]] = {}
    with tarfile.open(fileobj=io.BytesIO(inner), mode="r|gz") as archive:
        for member in archive:
            # The blocks of large resources (a GKE cluster) are in files of their own; those of the very largest are left out.
            found = re.fullmatch(r"package/lib/([\w-]+)/index(?:-structs/structs(?:0|400))?\.(js|d\.ts)", member.name)
            if found and (file := archive.extractfile(member)):
                text = file.read().decode().partition("\n//# sourceMappingURL")[0]
                parts = code.setdefault(found[1], {})
                # The resource itself comes last: it is what the text is searched for from the end.
                pair = (text, parts.get(found[2], "")) if "structs" in member.name else (parts.get(found[2], ""), text)
                parts[found[2]] = "\n".join(pair)
    version = re.search(r"registry\.terraform\.io/providers/\w+/\w+/([\d.]+)/", code["provider"]["d.ts"])
    found_schemas = {folder: _schema(parts["js"], parts["d.ts"]) for folder, parts in sorted(code.items()) if len(parts) == 2}
    return (version[1] if version else "1.0.0"), {folder: schema for folder, schema in found_schemas.items() if schema}


def _schema(script: str, declarations: str) -> Schema | None:
    main = re.search(r"^class (\w+) extends cdkt[fn]\.Terraform(Resource|DataSource|Provider|EphemeralResource) \{", script, re.M)
    if main is None:
        return None
    body = script[main.start() :]
    functions = {m[1]: m[2] for m in _FUNCTION.finditer(script)}
    interfaces = {m[1]: _properties(m[2]) for m in _INTERFACE.finditer(declarations)}
    own = body[body.rfind("synthesizeHclAttributes()") :]
    schema = _block(own, interfaces.get(f"{main[1]}Config", {}), functions, interfaces)
    for found in _COMPUTED.finditer(body):
        name = found[2] or found[3]
        if name not in schema["attributes"] and name not in schema["blocks"]:
            kind = {"String": "string", "Number": "number", "Boolean": "bool", "List": ["list", "string"]}.get(
                found[1], "dynamic"
            )
            schema["attributes"][name] = {"type": kind, "required": False, "optional": False, "write_only": False}
    return schema


def _properties(body: str) -> dict[str, dict[str, Any]]:
    """Return an interface's properties by the provider's own name, which the link in their comment ends with."""
    found = {}
    for comment, _, optional, kind in _PROPERTY.findall(body):
        named = re.search(r"\{@link \S+#(\w+) ", comment)
        if named:
            block = bool(re.search(rf"\* {named[1]} block", comment))
            found[named[1]] = {"required": not optional, "many": "[]" in kind, "block": block}
    return found


def _block(
    code: str, properties: dict[str, dict[str, Any]], functions: dict[str, str], interfaces: dict[str, Any], depth: int = 0
) -> Schema:
    schema: Schema = {"attributes": {}, "blocks": {}}
    for name, value, is_block, nesting, storage in _ATTRIBUTE.findall(code):
        known = properties.get(name, {"required": False, "many": True, "block": True})
        nested = re.search(r"(\w+)ToHclTerraform", value) if is_block == "true" else None
        if nested is None or nested[1] not in functions or depth >= MAX_DEPTH:
            schema["attributes"][name] = {
                "type": _type(nesting, storage),
                "required": known["required"],
                "optional": not known["required"],
                "write_only": "markWriteOnlyAttribute" in value,
            }
            continue
        inner = _block(
            functions[nested[1]], interfaces.get(nested[1][:1].upper() + nested[1][1:], {}), functions, interfaces, depth + 1
        )
        if not known["block"]:
            # Objects written as ``name = {…}``: their type would have to say which fields are optional; any is accepted.
            schema["attributes"][name] = {
                "type": "dynamic",
                "required": known["required"],
                "optional": not known["required"],
                "write_only": False,
            }
        else:
            most = 0 if known["many"] or nesting not in ("list", "set") else 1
            schema["blocks"][name] = {
                "nesting": nesting,
                "min": int(known["required"] and nesting != "struct"),
                "max": most,
                "block": inner,
            }
    return schema


def _type(nesting: str, storage: str) -> Any:
    if storage in _SIMPLE:
        return _SIMPLE[storage]
    found = re.fullmatch(r"(string|number|boolean)(List|Map)", storage)
    if not found:
        return "dynamic"
    return ["map" if found[2] == "Map" else "set" if nesting == "set" else "list", _SIMPLE[found[1]]]
