"""Kubernetes objects, Helm charts and Kustomize files."""

from __future__ import annotations

from typing import ClassVar

import msgspec

from .base import Fact


class Container(msgspec.Struct, frozen=True):
    """A container of a pod. None = cannot be told (templated)."""

    name: str
    image: str  # as written; a templated part starts with "tpl-"
    line: int
    requests: bool | None = False
    limits: bool | None = False
    liveness: bool | None = False
    readiness: bool | None = False
    non_root: bool | None = False  # container or pod level
    no_escalation: bool | None = False
    privileged: bool = False
    init: bool = False


class KubernetesObject(Fact, frozen=True, kw_only=True):
    """One object of a manifest."""

    group: str  # "" for the core group
    version: str
    type: str  # the object's kind
    name: str = ""
    namespace: str = ""
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}
    templated: bool = False
    conditional_api: bool = False  # the template chooses the API version by what the cluster serves
    chart: str = ""  # folder of the chart whose template it is
    containers: tuple[Container, ...] = ()

    @property
    def label(self) -> str:
        """Kind and name."""
        return f"{self.type}/{self.name}" if self.name else self.type


class Workload(KubernetesObject, frozen=True, kw_only=True):
    """An object that runs pods: Deployment, StatefulSet, DaemonSet, Job, CronJob, Pod, Rollout, a Knative Service and the like."""

    kind: ClassVar[str] = "workload"


class BrokenManifest(Fact, frozen=True, kw_only=True):
    """A manifest that cannot be read as one: a syntax error, or no kind, API version or name. Templates never count."""

    reason: str


class ManifestSource(Fact, frozen=True, kw_only=True):
    """A source in another language that Kubernetes objects are generated from: jsonnet, cdk8s, CUE, Timoni or KCL."""

    tool: str


class ChartValues(Fact, frozen=True, kw_only=True):
    """Default values of a chart that make up image names, by dotted path; only for resolving its templates."""

    transient: ClassVar[bool] = True
    folder: str
    values: dict[str, str] = {}


class ChartDependency(msgspec.Struct, frozen=True):
    """An entry of a chart's dependencies."""

    name: str
    repository: str = ""
    version: str = ""
    condition: str = ""


class HelmChart(Fact, frozen=True, kw_only=True):
    """A chart of the repository's own."""

    folder: str
    name: str
    version: str = ""
    app_version: str = ""
    api_version: str = "v2"
    type: str = "application"
    dependencies: tuple[ChartDependency, ...] = ()
    templates: int = 0  # own templates; 0 = a wrapper of third-party charts
    values_schema: bool = False
    notes: bool = False
    values_files: tuple[str, ...] = ()
    vendored: bool = False  # a third-party chart copied in; set when derived
    linted: bool = False  # a pipeline lints or renders charts of this repository; set when derived

    @property
    def label(self) -> str:
        """Its name."""
        return self.name


class Kustomization(Fact, frozen=True, kw_only=True):
    """A Kustomize build file (``kustomize.config.k8s.io``), not Flux's controller object of the same kind."""

    folder: str
    component: bool = False
    resources: tuple[str, ...] = ()  # as written, bases and components included
    patches: tuple[str, ...] = ()  # patch files
    images: dict[str, str] = {}  # image → new tag or digest
    helm_charts: tuple[str, ...] = ()
    generators: int = 0
    missing: tuple[str, ...] = ()  # references that do not exist; set when derived
    base_of: tuple[str, ...] = ()  # folders of kustomizations that build on this one; set when derived
    namespace: str = ""
    lines: dict[str, int] = {}  # reference → the line that makes it
    deprecated: tuple[str, ...] = ()  # fields in a deprecated spelling

    @property
    def label(self) -> str:
        """Its folder."""
        return self.folder or "."


class SecretManifest(Fact, frozen=True, kw_only=True):
    """A Secret in git. `values` says what it holds: plain, encrypted (SOPS), templated, placeholder, empty or harmless.

    The same question arises where a secret stands outside a Secret; `where` tells: the kind of object whose container
    gets it as a literal variable, "values" of a chart, or a "secretGenerator".
    """

    name: str
    values: str
    test: bool = False  # in a folder for trying things out
    where: str = "Secret"


class SecretTool(Fact, frozen=True, kw_only=True):
    """A way secrets are kept out of git: Sealed Secrets, External Secrets, SOPS, the CSI driver, Vault and the like.

    `used` tells an object or file that uses it from a mere installation.
    """

    tool: str
    used: bool = True
