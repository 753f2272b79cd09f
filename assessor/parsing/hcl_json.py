"""Terraform's JSON syntax (``.tf.json``) as the same blocks and attributes that `hcl` makes of its native one."""

from __future__ import annotations

import json

from . import yaml
from .hcl import MAX_DEPTH, Attribute, Block, Value

# How many labels each block of Terraform's JSON syntax has; below them stands the body.
_LABELS = {
    "resource": 2, "data": 2, "ephemeral": 2, "module": 1, "variable": 1, "output": 1, "provider": 1,
    "terraform": 0, "locals": 0, "backend": 1, "cloud": 0, "required_providers": 0,
}  # fmt: skip
_NESTED = {"terraform": {"backend", "cloud", "required_providers"}}


def parse(value: object) -> Block:
    """Turn Terraform's JSON syntax, as parsed by `yaml.parse`, into the same blocks."""
    root = Block("", line=1)
    if isinstance(value, yaml.Map):
        _body(root, value, set(_LABELS), 0)
    return root


def _body(block: Block, body: yaml.Map, types: set[str], depth: int) -> None:
    for name, value in body.items():
        if name in types and depth < MAX_DEPTH:
            _labelled(block, name, (), value, body.lines.get(name, body.line), depth + 1)
        elif name != "//":
            block.attributes[name] = Attribute(name, body.lines.get(name, body.line), value=_json_value(value, 0))


def _labelled(parent: Block, type: str, labels: tuple[str, ...], value: object, line: int, depth: int) -> None:
    if isinstance(value, list):
        for item in value:
            if isinstance(item, yaml.Map):
                _labelled(parent, type, labels, item, item.line, depth)
    elif isinstance(value, yaml.Map) and len(labels) < _LABELS[type]:
        for label, item in value.items():
            _labelled(parent, type, (*labels, label), item, value.lines.get(label, line), depth)
    elif isinstance(value, yaml.Map):
        block = Block(type, labels, line)
        parent.blocks.append(block)
        _body(block, value, _NESTED.get(type, set()), depth)


def _json_value(value: object, depth: int) -> Value:
    if depth > MAX_DEPTH:
        return "${" + json.dumps(str(type(value).__name__)) + "}"
    if isinstance(value, list):
        return [_json_value(item, depth + 1) for item in value]
    if isinstance(value, dict):
        return {str(key): _json_value(item, depth + 1) for key, item in value.items()}
    return value if isinstance(value, str | int | float | bool) or value is None else str(value)
