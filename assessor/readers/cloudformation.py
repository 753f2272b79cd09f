"""Reads CloudFormation and SAM templates, Azure's ARM templates, Serverless and Deployment files."""

from __future__ import annotations

from collections.abc import Iterator

from assessor.facts.base import Fact
from assessor.facts.infrastructure import Resource, Stack
from assessor.parsing.yaml import Map, Tagged
from assessor.reading import Source, reader
from assessor.redaction import MARK, redact

from .terraform import is_secret_name

MAX_SETTINGS = 60
MAX_VALUE = 200


def plain_settings(value: object) -> dict[str, str]:
    """Return the scalars of a mapping as text, nested names joined by dots; what only exists at run time as ``${…}``."""
    found: dict[str, str] = {}
    _flatten(value, "", found, 0)
    return found


def _flatten(value: object, name: str, found: dict[str, str], depth: int) -> None:
    if len(found) >= MAX_SETTINGS or depth > 5:
        return
    if isinstance(value, dict):
        if name:
            found.setdefault(name, "")
        for key, item in value.items():
            _flatten(item, f"{name}.{key}" if name else str(key), found, depth + 1)
    elif isinstance(value, list):
        _flatten_list(value, name, found, depth)
    elif isinstance(value, Tagged):
        found.setdefault(name, f"${{{value.tag} {value.value if isinstance(value.value, str) else '…'}}}"[:MAX_VALUE])
    elif value is not None:
        found.setdefault(name, _shown(name, value))


def _flatten_list(value: list[object], name: str, found: dict[str, str], depth: int) -> None:
    if all(isinstance(item, str | int | float) for item in value):
        found.setdefault(name, redact(", ".join(map(str, value))[:MAX_VALUE]))
        return
    found.setdefault(name, "")
    for item in value[:8]:
        if isinstance(item, dict):
            _flatten(item, name, found, depth + 1)


def _shown(name: str, value: object) -> str:
    text = ("true" if value else "false") if isinstance(value, bool) else str(value)[:MAX_VALUE]
    if text and not isinstance(value, bool) and is_secret_name(name.rpartition(".")[2]) and "{{" not in text:
        return MARK
    return redact(text)


@reader("cloudformation", names=("*.yaml", "*.yml", "*.json", "*.template"))
def read_cloudformation(source: Source) -> Iterator[Fact]:
    """Yield a template and its resources. A template is a mapping whose `Resources` have types of AWS or `Custom::`."""
    if b"Resources" not in source.data or b"AWS::" not in source.data:
        return
    template = source.yaml
    if not isinstance(template, Map) or not isinstance(template.get("Resources"), Map):
        return
    resources = template["Resources"]
    found = [
        Resource(
            at=source.place(resources.lines.get(name, resources.line)),
            tool="cloudformation",
            type=body["Type"],
            name=name,
            settings=plain_settings(body.get("Properties")),
        )
        for name, body in resources.items()
        if isinstance(body, Map) and isinstance(body.get("Type"), str) and "::" in body["Type"]
    ]
    if found:
        sam = "Transform" in template and "Serverless" in str(template["Transform"])
        yield Stack(at=found[0].at, tool="sam" if sam else "cloudformation", name=source.name, declares=len(found))
        yield from found


@reader("arm", names=("*.json",))
def read_arm(source: Source) -> Iterator[Fact]:
    """Yield an Azure Resource Manager template and its resources."""
    if b"deploymentTemplate.json" not in source.data:
        return
    template = source.yaml
    resources = template.get("resources") if isinstance(template, Map) else None
    items = list(resources.values()) if isinstance(resources, dict) else resources if isinstance(resources, list) else []
    found = [
        Resource(
            at=source.place(item.line),
            tool="arm",
            type=item["type"],
            name=str(item.get("name", ""))[:MAX_VALUE],
            settings=plain_settings(item.get("properties")),
        )
        for item in items
        if isinstance(item, Map) and isinstance(item.get("type"), str)
    ]
    if found:
        yield Stack(at=found[0].at, tool="arm", name=source.name, declares=len(found))
        yield from found


@reader("serverless", names=("serverless.yml", "serverless.yaml"))
def read_serverless(source: Source) -> Iterator[Stack]:
    """Yield a Serverless Framework service."""
    value = source.yaml
    if isinstance(value, Map) and "service" in value and "provider" in value:
        functions = value.get("functions")
        declares = len(functions) if isinstance(functions, dict | list) else 0
        yield Stack(
            at=source.place(value.lines["service"]), tool="serverless", name=str(value["service"])[:80], declares=declares
        )
