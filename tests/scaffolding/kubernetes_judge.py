"""Kubernetes objects as others read them: Helm lints and renders, Kustomize builds, schemas reject unknown fields."""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

CRDS = Path(__file__).parents[3] / "shared" / "crds"
KUBERNETES = "1.36"
KUSTOMIZATION = ("kustomization.yaml", "kustomization.yml", "Kustomization")
PRESERVE = "x-kubernetes-preserve-unknown-fields"

Command = Callable[[str], str | None]


def judge(files: Mapping[str, str], root: Path, command: Command) -> Iterator[str]:
    """Yield complaints about charts, kustomizations and plain objects among the files below `root`."""
    charts = [PurePosixPath(path).parent for path in files if PurePosixPath(path).name == "Chart.yaml"]
    for chart in charts:
        yield from _chart(root, str(chart))
    kustomized: set[str] = set()
    for path in files:
        if PurePosixPath(path).name in KUSTOMIZATION:
            parts, complaints = _kustomization(root, path, command)
            kustomized |= parts
            yield from complaints
    for path, text in files.items():
        inside = any(PurePosixPath(path).is_relative_to(chart) for chart in charts) or _below_chart(root, path)
        if path.endswith((".yaml", ".yml")) and not inside and path not in kustomized and not path.startswith(".github/"):
            yield from _objects(text, path)


def _below_chart(root: Path, path: str) -> bool:
    return any((root / parent / "Chart.yaml").is_file() for parent in PurePosixPath(path).parents)


def _chart(root: Path, folder: str) -> Iterator[str]:
    """Lint a chart and render it with its own values and with each values file beside them."""
    if importlib.util.find_spec("helm_python") is None:
        return
    from helm_python import Chart, chart
    from helm_python.errors import HelmError

    report = chart.lint(root / folder, strict=True)
    for message in report["messages"]:
        if message["severity"] >= 2 or "icon is recommended" not in message["error"]:
            yield f"{folder}: helm lint: {message['path']}: {message['error']}"
    for values in (None, *_values_files(root / folder)):
        given = yaml.safe_load(values.read_text()) if values else None
        label = values.relative_to(root).as_posix() if values else f"{folder}/values.yaml"
        try:
            with Chart.load(root / folder) as loaded:
                rendered = loaded.render(given, name="release", namespace="judged")
        except HelmError as error:
            yield f"{label}: helm template: {error}"
            continue
        for template, text in sorted(rendered.items()):
            if template.endswith((".yaml", ".yml")):
                yield from _objects(text, f"{label} → {template}")


def _values_files(folder: Path) -> list[Path]:
    found = {*folder.glob("values[-.]*.y*ml"), *folder.glob("*values.y*ml"), *folder.glob("environments/*.y*ml")}
    return sorted(f for f in {*found, *folder.glob("ci/*.y*ml")} if f.name not in ("values.yaml", "values.yml"))


def _kustomization(root: Path, path: str, command: Command) -> tuple[set[str], list[str]]:
    """Build a kustomization; returns the files it takes in (patches and generators are no whole objects) and complaints."""
    try:
        value = yaml.safe_load((root / path).read_text())
    except yaml.YAMLError:
        return set(), []  # yamllint says so
    folder = PurePosixPath(path).parent
    taken = {_join(folder, item) for item in _texts(value)}
    if not isinstance(value, dict) or "toolkit.fluxcd.io" in str(value.get("apiVersion", "")):
        return set(), []
    kubectl = command("kubectl")
    remote = any(re.match(r"https?://|ssh://|git@|github\.com/", item) for item in _texts(value))
    if kubectl is None or remote or value.get("kind") == "Component":
        return taken, []
    done = subprocess.run([kubectl, "kustomize", str(root / folder)], capture_output=True, text=True, timeout=120, check=False)
    if done.returncode or done.stderr.strip():
        return taken, [f"{path}: kustomize: {line}" for line in done.stderr.strip().splitlines()]
    return taken, list(_objects(done.stdout, f"{path} → build"))


def _join(folder: PurePosixPath, item: str) -> str:
    parts: list[str] = []
    for part in (folder / item).parts:
        if part == ".." and parts:
            parts.pop()
        else:
            parts.append(part)
    return "/".join(parts)


def _texts(value: object) -> Iterator[str]:
    """Yield every text inside a kustomization that may name a file."""
    if isinstance(value, str) and len(value) < 200 and "\n" not in value:
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)


def _objects(text: str, label: str) -> Iterator[str]:
    """Judge every document that looks like a Kubernetes object."""
    try:
        documents = list(yaml.load_all(text, Loader=yaml.SafeLoader))
    except yaml.YAMLError as error:
        if "could not determine a constructor" not in str(error):  # a CI system's own tag
            yield f"{label}: yaml: {str(error).splitlines()[0]}"
        return
    for value in documents:
        if isinstance(value, dict) and isinstance(value.get("apiVersion"), str) and isinstance(value.get("kind"), str):
            name = f"{value['kind']}/{(value.get('metadata') or {}).get('name', '')}"
            yield from (f"{label}: {name}: {complaint}" for complaint in object_complaints(value))
            yield from _made(value, f"{label}: {name}")


def _made(value: dict[str, Any], label: str) -> Iterator[str]:
    """Judge what a ResourceSet of the Flux Operator makes; its inputs stand in values, which are text."""
    if value["kind"] == "ResourceSet":
        for made in (value.get("spec") or {}).get("resources", ()):
            text = re.sub(r"<<.*?>>", "input", yaml.safe_dump(made))
            yield from _objects(text, label)


def object_complaints(value: dict[str, Any]) -> Iterator[str]:
    """Judge one object by the schema of its kind, unknown fields rejected; a kind without a schema at hand is not judged."""
    group, _, version = value["apiVersion"].rpartition("/")
    custom = _crd(group, value["kind"].lower(), version)
    if custom is not None:
        yield from _against(custom, value)
    elif ("." not in group or group.endswith(".k8s.io")) and importlib.util.find_spec("kubernetes_validate"):
        import kubernetes_validate

        try:
            kubernetes_validate.validate(value, KUBERNETES, strict=True)
        except kubernetes_validate.ValidationError as error:
            yield f"kubernetes-validate: {'.'.join(str(part) for part in error.path)}: {error.message[:300]}"
        except kubernetes_validate.SchemaNotFoundError:
            # Kinds such as Kustomization's build file and the gateway API are served by no schema of Kubernetes itself.
            if not group.endswith(".k8s.io"):
                yield f"kubernetes-validate: no kind {value['kind']} in {value['apiVersion']}"


@cache
def _crd(group: str, kind: str, version: str) -> dict[str, Any] | None:
    file = CRDS / f"{group}_{kind}_{version}.json"
    if not file.is_file():
        return None
    content = json.loads(file.read_text())
    structural = content.get("schema", content)
    closed: dict[str, Any] = _closed(structural, top=True)
    return closed


def _closed(schema: object, *, top: bool = False) -> Any:
    """Return a structural schema that rejects fields it does not name, as the API server does when told to be strict."""
    if not isinstance(schema, dict):
        return schema
    found = {key: value for key, value in schema.items() if not key.startswith("x-kubernetes-")}
    if schema.get("x-kubernetes-int-or-string"):
        found.pop("type", None)
        found["anyOf"] = [{"type": "integer"}, {"type": "string"}]
    if "properties" in found:
        found["properties"] = {key: _closed(value) for key, value in found["properties"].items()}
        if top:  # the API server knows what every object has
            found["properties"] |= {"apiVersion": {"type": "string"}, "kind": {"type": "string"}, "metadata": {"type": "object"}}
        if not schema.get(PRESERVE) and "additionalProperties" not in found:
            found["additionalProperties"] = False
    for key in ("items", "additionalProperties"):
        if key in found:
            found[key] = _closed(found[key])
    found.pop("format", None)
    return found


def _against(schema: dict[str, Any], value: dict[str, Any]) -> Iterator[str]:
    import jsonschema

    for error in jsonschema.Draft202012Validator(schema).iter_errors(value):
        yield f"its CRD: {'.'.join(str(part) for part in error.absolute_path)}: {error.message[:300]}"
