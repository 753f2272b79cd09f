"""No content makes a GitOps reader raise, or keeps it busy."""

from __future__ import annotations

import contextlib
import json
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assessor.errors import ParseError
from assessor.readers.gitops.kubernetes import HANDLERS
from assessor.reading import Source
from assessor.registry import load_readers

READERS = {id: reader for id, reader in load_readers().items() if ".readers.gitops" in reader.read.__module__}
PATHS = {
    "gitops-objects": "chart/templates/a.yaml", "argocd-values": "values.yaml", "gitops-kustomize": "kustomization.yaml",
    "gitops-charts": "Chart.yaml", "helmfile-controllers": "helmfile.yaml", "jenkins-x": "jx-requirements.yml", "renovate": "renovate.json",
    "renovate-package": "package.json", "dependabot": ".github/dependabot.yml", "codeowners": "CODEOWNERS", "updatecli": "updatecli.yaml",
    "repository-settings": ".github/settings.yml", "rulesets": "ruleset.json", "gitops-scripts": "a.sh", "rego-policies": "a.rego",
    "flux-bootstrap": "flux-system/gotk-components.yaml", "flux-extension": "a.bicep", "jenkins-x-previews": "preview/helmfile.yaml.gotmpl",
}  # fmt: skip
KEYS = st.sampled_from([
    "spec", "metadata", "name", "template", "generators", "list", "git", "matrix", "merge", "elements", "directories", "path", "source", "sources",
    "sourceHydrator", "destination", "syncPolicy", "automated", "prune", "enabled", "annotations", "patches", "patch", "target", "kind", "chart",
    "strategy", "canary", "steps", "analysis", "http", "route", "weight", "applications", "applicationsets", "notifications", "subscriptions",
    "data", "updates", "branches", "protection", "rules", "releases", "dependencies", "resources", "values", "instance", "sync", "renovate",
    "enabledManagers", "packageRules", "artifacts", "copy", "sourceRef", "ref", "driftDetection", "notifications.argoproj.io/subscriptions",
])  # fmt: skip
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=8)
    | st.sampled_from(["{{path}}", "{{ if }}", "tpl-x", "*", "Kustomization"])
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4), max_leaves=25
)


def run(reader: str, content: bytes) -> None:
    with contextlib.suppress(ParseError):  # not text: the collector notes it
        list(READERS[reader].read(Source("repo", PATHS[reader], content)))


def test_every_gitops_reader_has_a_path_to_be_tried_on() -> None:
    assert READERS.keys() == PATHS.keys()
    assert all(READERS[id].reads(path) for id, path in PATHS.items())


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(content=st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_arbitrary_bytes_never_raise(content: bytes) -> None:
    for reader in READERS:
        run(reader, content + b"\n# argoproj fluxcd kind: notifications rules targets dependencies argo flux")


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(key=st.sampled_from(sorted(HANDLERS)), value=st.dictionaries(KEYS, VALUES, max_size=6))
def test_objects_of_any_shape_never_raise(key: tuple[str, str], value: dict[str, object]) -> None:
    group, kind = key
    whole = {**value, "apiVersion": f"{group}/v1" if group else "v1", "kind": kind, "x": "argoproj"}
    run("gitops-objects", json.dumps(whole).encode())
    for reader in READERS:
        run(reader, json.dumps({**value, "x": "argo notifications applications rules targets renovate"}).encode())


@pytest.mark.parametrize("reader", sorted(PATHS))
@pytest.mark.parametrize(
    "content",
    [
        "apiVersion: argoproj.io/v1\nkind: Application\nspec: " + "[" * 100_000,
        "argoproj kind applications rules: " + "{{ if " * 50_000,
        "kubectl apply flux argo " * 40_000,
        '{"extends": "' + "/*a" * 200_000,
        ("* @a " + "@b" * 2_000 + "\n") * 20,
        "argoproj kind\n" + "{{- if .x }}\n" * 20_000,
    ],
    ids=["deep", "actions", "words", "comments", "owners", "blocks"],
)
def test_hostile_content_is_read_in_moments(reader: str, content: str) -> None:
    start = time.process_time()
    run(reader, content.encode())
    assert time.process_time() - start < 20
