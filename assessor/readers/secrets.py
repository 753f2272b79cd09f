"""Reads where secrets stand in git: Secret objects, literal variables of containers, chart values, generators.

What a value is, is judged by `assessor.parsing.secret_values`; no value is kept, and no excerpt shows one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from assessor.facts.base import Place
from assessor.facts.manifests import SecretManifest
from assessor.parsing.manifests import Manifest, dig, manifests, mapping, sequence, text
from assessor.parsing.secret_values import literal_secret, secret_value
from assessor.parsing.yaml import Map, Seq
from assessor.reading import Source, reader
from assessor.redaction import MARK

from .manifests import pod_path

MAX_NODES = 20_000  # of one tree of values
MAX_FOUND = 50  # in one tree of values

_TRYING = re.compile(
    r"(?:^|/)(?:tests?|testing|e2e|ci|examples?|samples?|demos?|tutorials?|workshops?|labs?|hack|local|minikube|kind|dev-?env|"
    r"playground|quickstarts?|benchmarks?|fixtures?|getting-started)/|(?:^|[._/-])(?:examples?|samples?)[._-][^/]*\Z",
    re.I,
)
_WORST_FIRST = ("plain", "templated", "encrypted", "placeholder", "harmless", "empty")


def is_for_trying(path: str) -> bool:
    """Say whether a path is one of those where people only try things out."""
    return bool(_TRYING.search(path))


@reader("kubernetes-secrets", names=("*.yaml", "*.yml", "*.json"))
def read_secrets(source: Source) -> Iterator[SecretManifest]:
    """Yield Secrets and literal secrets in workloads and releases of one file."""
    data = source.data
    if b"apiVersion" not in data or not (b"Secret" in data or b"env" in data or b"values" in data):
        return
    for found in manifests(source.documents):
        if found.kind == "Secret" and found.group == "":
            yield _secret(source, found)
        elif path := pod_path(found):
            yield from _variables(source, found, path)
        elif found.kind == "HelmRelease":
            yield from _values(source, dig(found.body, "spec", "values"), found.kind)
        elif found.kind == "Application" and found.group == "argoproj.io":
            yield from _values(source, dig(found.body, "spec", "source", "helm", "valuesObject"), found.kind)


@reader("values-secrets", names=("values*.yaml", "values*.yml", "*values.yaml", "**/values/*.yaml"))
def read_values_secrets(source: Source) -> Iterator[SecretManifest]:
    """Yield literal secrets among a chart's values; a SOPS file's are encrypted."""
    if b"apiVersion:" not in source.data[:2000] and isinstance(source.yaml, Map) and "sops" not in source.yaml:
        yield from _values(source, source.yaml, "values")


@reader("generated-secrets", names=("kustomization.yaml", "kustomization.yml", "Kustomization"))
def read_generated_secrets(source: Source) -> Iterator[SecretManifest]:
    """Yield the literals of a `secretGenerator`."""
    build = mapping(source.yaml)
    for number, generator in enumerate(sequence(build.get("secretGenerator"))):
        literals = dig(generator, "literals")
        for index, literal in enumerate(sequence(literals)):
            key, found, value = text(literal).partition("=")
            if found:
                line = build.line_of("secretGenerator", number, "literals", index)
                yield _fact(source, line, key, secret_value(key, value.strip("'\"")), "secretGenerator")


def _fact(source: Source, line: int, name: str, values: str, where: str) -> SecretManifest:
    place = Place(source.repository, source.path, line, f"{name[:60]}: {MARK}")
    return SecretManifest(at=place, name=name, values=values, test=is_for_trying(source.path), where=where)


def _secret(source: Source, found: Manifest) -> SecretManifest:
    """Judge a Secret by the worst of its entries; the line is that entry's."""
    encrypted = "sops" in found.body
    judged: list[tuple[int, int]] = []
    for field in ("data", "stringData"):
        for key, value in mapping(found.body.get(field)).items():
            kind = "encrypted" if encrypted else secret_value(key, value, encoded=field == "data")
            judged.append((_WORST_FIRST.index(kind), found.line_of(field, key)))
    if text(found.body.get("type")) == "kubernetes.io/service-account-token":
        judged = []
    worst, line = min(judged, default=(_WORST_FIRST.index("encrypted" if encrypted else "empty"), found.line))
    values = _WORST_FIRST[worst]
    if values == "empty" and found.templated and any(found.body.get(field, 0) is None for field in ("data", "stringData")):
        values = "templated"  # the template includes the entries
    return _fact(source, line or found.line, found.name or "Secret", values, "Secret")


def _variables(source: Source, found: Manifest, path: tuple[str, ...]) -> Iterator[SecretManifest]:
    pod = mapping(dig(found.body, *path))
    for field in ("containers", "initContainers"):
        for container in sequence(pod.get(field)):
            for variable in sequence(dig(container, "env")):
                name = text(dig(variable, "name"))
                if kind := literal_secret(name, dig(variable, "value")):
                    yield _fact(source, mapping(variable).line_of("value"), name, kind, found.kind)


def _values(source: Source, tree: object, where: str) -> Iterator[SecretManifest]:
    """Yield the literal secrets of a tree of values, those that aliases repeat once; bounded."""
    stack: list[object] = [tree]
    found: set[tuple[str, int]] = set()
    nodes = 0
    while stack and nodes < MAX_NODES and len(found) < MAX_FOUND:
        item = stack.pop()
        nodes += 1
        if isinstance(item, Seq):
            stack.extend(child for child in item if isinstance(child, Map | Seq))
        elif isinstance(item, Map):
            for key, child in item.items():
                if isinstance(child, Map | Seq):
                    stack.append(child)
                elif (kind := literal_secret(key, child)) and (key, item.line_of(key)) not in found:
                    found.add((key, item.line_of(key)))
                    yield _fact(source, item.line_of(key), key, kind, where)
