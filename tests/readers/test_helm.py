"""Charts are read with what they depend on; values only as far as they name images."""

from __future__ import annotations

from assessor.facts.manifests import ChartDependency, ChartValues, HelmChart
from tests.organizations import read


def chart(text: str) -> HelmChart | None:
    """Return the chart of a Chart.yaml."""
    found = [fact for fact in read("helm-chart", "charts/web/Chart.yaml", text) if isinstance(fact, HelmChart)]
    return found[0] if found else None


def test_a_chart_is_read_with_its_dependencies() -> None:
    found = chart(
        "apiVersion: v2\nname: web\nversion: 1.10.0\nappVersion: '1.10'\ntype: library\n"
        "dependencies:\n- {name: redis, repository: 'oci://r', version: ~1.2, condition: redis.enabled}\n- [no mapping]\n- {version: 1}\n"
    )
    assert found is not None
    assert (found.folder, found.name, found.version, found.app_version, found.type) == (
        "charts/web", "web", "1.10.0", "1.10", "library",
    )  # fmt: skip
    assert found.dependencies == (ChartDependency("redis", "oci://r", "~1.2", "redis.enabled"),)
    assert found.at.line == 2


def test_a_chart_of_version_1_may_lack_its_api_version() -> None:
    found = chart("name: old\nversion: 0.1.0\n")
    assert found is not None
    assert found.api_version == "v1"


def test_what_is_no_chart_is_left_alone() -> None:
    assert chart("apiVersion: v1\nkind: Chart\nname: x\n") is None
    assert chart("- a\n") is None
    assert chart("version: 1\n") is None


def test_requirements_of_version_1_are_a_nameless_chart() -> None:
    (found,) = read("helm-requirements", "c/requirements.yaml", "dependencies:\n- name: mysql\n  repository: https://x\n")
    assert isinstance(found, HelmChart)
    assert (found.name, found.dependencies[0].name) == ("", "mysql")
    assert read("helm-requirements", "c/requirements.yaml", "roles:\n- src: x\n") == []


def test_values_are_kept_only_where_they_name_images() -> None:
    text = "image: {repository: a/b, tag: ''}\nsidecar:\n  imageTag: 1.2.3\nauth: {password: hunter2}\nimagePullSecrets: []\n"
    (found,) = read("helm-values", "c/values.yaml", text)
    assert isinstance(found, ChartValues)
    assert found.values == {"image.repository": "a/b", "image.tag": "", "sidecar.imageTag": "1.2.3"}
