"""Whatever a cluster answers, it is read, joined and judged without a failure, and in bounded time."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assessor.collectors.kubernetes import calls
from assessor.collectors.kubernetes.api import Api
from assessor.collectors.kubernetes.survey import Survey
from assessor.deriving import derive_organization
from assessor.engine import judge
from assessor.facts.base import Gap, Place
from assessor.facts.cluster import Cluster
from assessor.facts.repository import Organization
from assessor.model import Status
from assessor.observing import silent
from assessor.registry import load_checks
from assessor.snapshot import Snapshot, dump, load
from tests.organizations import TODAY, scan_repository, write
from tests.standins.cluster import Object, deployment

HOSTILE = (
    "<script>alert(1)</script>",
    "a" * 5000,
    "x\x1b[31m\n\u202e",
    "../../etc/passwd",
    "",
    "{{ .x }}",
    "${y}",
    "tpl-z",
    "=cmd|x",
)
FILES = {
    "app.yaml": "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: shop}\nspec:\n  source: {repoURL: 'https://x.example/y', path: .}\n"
    "  destination: {namespace: shop}\n",
    "kustomization.yaml": "resources: [app.yaml]\nimages: [{name: shop, newTag: '1'}]\n",
}


class Said:
    """An API that answers each list with the same objects."""

    now = 1_700_000_000.0

    def __init__(self, objects: list[Any]) -> None:
        self.objects = objects

    def get(self, path: str, query: object = None) -> dict[str, Any]:
        groups = [{"name": one.group, "versions": [{"version": one.version}]} for one in calls.LISTINGS]
        return {"gitVersion": HOSTILE[0], "groups": groups, "data": {"service.slack": "x", "subscriptions": "- [1, {a: [b]}]"}}

    def list(self, path: str) -> Iterator[dict[str, Any]]:
        yield from (value for value in self.objects if isinstance(value, dict))


def survey(objects: list[Any]) -> Cluster:
    found = list(Survey("prod", cast("Api", Said(objects)), silent).run())
    assert not [f for f in found if isinstance(f, Gap)]
    return next(f for f in found if isinstance(f, Cluster))


@pytest.fixture(scope="module")
def declared(tmp_path_factory: pytest.TempPathFactory) -> Organization:
    repository = scan_repository(write(tmp_path_factory.mktemp("hostile") / "repo", FILES))
    return Organization(at=Place("", ""), name="acme", repositories=(repository,), asked=("kubernetes",))


def broken(declared: Organization, cluster: Cluster) -> list[str]:
    from msgspec.structs import replace

    whole = derive_organization(replace(declared, facts=(cluster,)))
    return [f.summary for f in judge(whole, load_checks().values(), (), TODAY) if f.status is Status.ERROR]


KEYS = st.sampled_from(
    [
        "metadata",
        "spec",
        "status",
        "name",
        "namespace",
        "labels",
        "annotations",
        "ownerReferences",
        "kind",
        "controller",
        "source",
        "sources",
        "path",
        "repoURL",
        "syncPolicy",
        "automated",
        "selfHeal",
        "template",
        "containers",
        "image",
        "conditions",
        "type",
        "message",
        "resources",
        "inventory",
        "entries",
        "id",
        "sync",
        "health",
        "strategy",
        "canary",
        "steps",
        "analysis",
        "targetRef",
        "providerRef",
        "sourceRef",
        "rules",
        "data",
        "replicas",
        "readyReplicas",
        "destination",
        "server",
        "chart",
        "ref",
        "url",
        "suspend",
    ]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(HOSTILE) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=6),
    max_leaves=25,
)


@given(st.lists(st.dictionaries(KEYS, VALUES, max_size=6), max_size=4))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_objects_of_any_shape_are_read_joined_and_judged(declared: Organization, objects: list[Any]) -> None:
    assert broken(declared, survey(objects)) == []


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_kept_as_text_and_in_the_snapshot(declared: Organization, name: str, tmp_path: Path) -> None:
    app = {
        "spec": {"source": {"repoURL": name, "path": name}, "destination": {}},
        "status": {"sync": {"status": name}, "conditions": [{"type": "ComparisonError", "message": name}]},
    }
    cluster = survey(
        [{"metadata": {"name": name, "namespace": name, "labels": {name: name}, "annotations": {name: name}}, **app}]
    )
    assert broken(declared, cluster) == []
    file = tmp_path / "evidence.json"
    file.write_text(dump(Snapshot(taken="2026-11-24", facts=(cluster,))))
    assert len(load(file).facts) == 1
    assert "\x1b" not in "".join(a.application.at.path for a in cluster.applications)


def test_a_large_cluster_is_read_in_seconds_and_kept_small(declared: Organization) -> None:
    variables = [{"name": f"V{n}", "value": "x" * 100} for n in range(50)]
    objects: list[Object] = []
    for number in range(2_000):
        one = deployment(f"shop-{number}", f"team-{number % 50}", "registry.example/shop:1.4.2", labels={"app": "shop"})
        one["spec"]["template"]["spec"]["containers"][0]["env"] = variables
        objects.append({key: value for key, value in one.items() if key not in ("apiVersion", "kind")})

    class Deployments(Said):
        def list(self, path: str) -> Iterator[dict[str, Any]]:
            yield from self.objects if path.endswith("/deployments") else ()

    before = time.process_time()
    found = list(Survey("prod", cast("Api", Deployments(objects)), silent).run())
    cluster = next(f for f in found if isinstance(f, Cluster))
    assert len(cluster.workloads) == 2_000
    assert broken(declared, cluster) == []
    assert time.process_time() - before < 20
    assert len(dump(Snapshot(taken="2026-11-24", facts=(cluster,)))) < 4_000 * 2_000
