"""Update bots: Renovate and Dependabot, and whether they cover container images."""

from __future__ import annotations

import re
from collections.abc import Iterator

from assessor.facts.gitops import UpdateBot
from assessor.parsing import yaml
from assessor.parsing.yaml import Map
from assessor.reading import Source, reader

from .objects import EMPTY, get, items, mapping, text, unique

# Managers of Renovate that update container images or charts in manifests, values or Dockerfiles.
IMAGE_MANAGERS = frozenset({
    "ansible", "argocd", "docker-compose", "dockerfile", "droneci", "flux", "fleet", "helm-requirements", "helm-values",
    "helmfile", "helmsman", "helmv3", "kubernetes", "kustomize", "tekton", "custom.regex", "regex", "custom.jsonata", "quadlet",
})  # fmt: skip
IMAGE_ECOSYSTEMS = frozenset({"docker", "docker-compose", "helm"})  # of Dependabot
# An unclosed comment runs to the end: looking for its end from each start would take quadratic time.
_TOKEN = re.compile(r"\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'|//[^\n]*|/\*(?:[^*]|\*(?!/))*+(?:\*/)?")
_RENOVATE = (
    "renovate*.json", "renovate*.json5", "renovate*.jsonc", ".github/renovate*.json*", ".gitlab/renovate*.json*", ".renovaterc", ".renovaterc.json",
    ".renovaterc.json5", ".renovaterc.jsonc",
)  # fmt: skip
# Only the configuration of a Renovate that one runs oneself says where it works; that file may have any name.
_SELF_HOSTED = frozenset({"platform", "repositories", "autodiscover"})


def read_json(content: str) -> Map:
    """Return the mapping of JSON or JSON5 text: without its comments it is YAML's flow style. Empty if it is neither."""
    plain = _TOKEN.sub(
        lambda match: match.group() if match.group()[0] in "\"'" else re.sub(r"[^\n]", " ", match.group()), content
    )
    documents = yaml.parse(plain.replace("\t", " ")).documents
    return documents[0].value if documents and isinstance(documents[0].value, Map) else EMPTY


@reader("renovate", names=_RENOVATE)
def read_renovate(source: Source) -> Iterator[UpdateBot]:
    """Yield Renovate's configuration at one of the places it looks for it, or that of a Renovate one runs oneself."""
    if source.name.startswith("renovate") and source.folder not in ("", ".github", ".gitlab"):
        return
    configuration = read_json(source.text)
    if source.name.startswith(("renovate.", ".renovaterc")) or _SELF_HOSTED & set(configuration):
        yield from _renovate(source, configuration)


@reader("renovate-package", names=("package.json",))
def read_package(source: Source) -> Iterator[UpdateBot]:
    """Yield Renovate's configuration inside package.json."""
    if '"renovate"' in source.text and not source.folder:
        configuration = read_json(source.text)
        if isinstance(configuration.get("renovate"), Map):
            yield from _renovate(source, mapping(configuration, "renovate"), configuration.lines.get("renovate", 0))


def _renovate(source: Source, configuration: Map, line: int = 1) -> Iterator[UpdateBot]:
    if not configuration or configuration.get("enabled") is False:
        return
    managers = tuple(text(manager) for manager in items(configuration, "enabledManagers"))
    telling = next((key for key in ("enabledManagers", "extends") if key in configuration), "")
    at = source.place(configuration.lines.get(telling, line))
    yield UpdateBot(at=at, tool="renovate", images=_covers_images(configuration, managers), scope=unique(list(managers)))


def _covers_images(configuration: Map, managers: tuple[str, ...]) -> bool:
    """Say whether images are updated: by default yes, unless the managers or a rule about Docker leave them out."""
    if managers and not IMAGE_MANAGERS & set(managers):
        return False
    if get(configuration, "docker", "enabled") is False:
        return False
    if any(text(preset).lstrip(":").startswith("disableDocker") for preset in items(configuration, "extends")):
        return False
    return not any(_excludes_images(rule) for rule in items(configuration, "packageRules"))


def _excludes_images(rule: object) -> bool:
    """Say whether a package rule turns all container images off."""
    if not isinstance(rule, Map) or rule.get("enabled") is not False:
        return False
    matchers = [key for key in rule if key.startswith(("match", "exclude"))]
    return matchers == ["matchDatasources"] and "docker" in [text(item) for item in items(rule, "matchDatasources")]


@reader("dependabot", names=(".github/dependabot.yml", ".github/dependabot.yaml"))
def read_dependabot(source: Source) -> Iterator[UpdateBot]:
    """Yield Dependabot's configuration with the ecosystems it covers."""
    value = source.yaml
    updates = items(value, "updates")
    ecosystems = unique([text(update, "package-ecosystem") for update in updates])
    if not ecosystems:
        return
    images = next((update for update in updates if text(update, "package-ecosystem") in IMAGE_ECOSYSTEMS), updates[0])
    line = images.line_of("package-ecosystem") if isinstance(images, Map) else 1
    yield UpdateBot(at=source.place(line), tool="dependabot", images=bool(IMAGE_ECOSYSTEMS & set(ecosystems)), scope=ecosystems)


@reader("updatecli", names=("updatecli.yaml", "updatecli.yml", "updatecli.d/**", "updatecli/updatecli.d/**"))
def read_updatecli(source: Source) -> Iterator[UpdateBot]:
    """Yield an Updatecli pipeline; it covers images if one of its sources or targets is about them."""
    if "targets" not in source.text:
        return
    value = source.yaml
    kinds = [text(part, "kind") for block in ("sources", "conditions", "targets") for part in mapping(value, block).values()]
    if kinds:
        images = any(kind in ("dockerimage", "dockerfile", "dockerdigest", "helmchart") for kind in kinds)
        yield UpdateBot(at=source.place(1), tool="updatecli", images=images, scope=unique(kinds))
