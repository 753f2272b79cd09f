"""Declarations that install a controller: manifests, charts, remote bases, operators, releases, scripts."""

from __future__ import annotations

from collections.abc import Iterator

from assessor.errors import ParseError
from assessor.facts.base import Fact
from assessor.facts.gitops import Controller, Promotion
from assessor.parsing.yaml import Map
from assessor.reading import Source, reader

from .flux_patches import TARGETS, patches_of
from .objects import Manifest, get, items, mapping, text
from .products import COPY, SUBSCRIPTIONS, THROW_AWAY, product_of_chart, product_of_command, product_of_image, product_of_remote


def read_workload(manifest: Manifest) -> Iterator[Controller]:
    """Yield the controller that a Deployment, StatefulSet or DaemonSet runs.

    A patch of one has no image; of Argo CD's many processes only the application controller reconciles.
    """
    for container in items(manifest.spec, "template", "spec", "containers"):
        image = text(container, "image")
        product = product_of_image(image) if image else ""
        if not product or (product == "argocd" and "application-controller" not in manifest.name):
            continue
        version = image.partition("@")[0].rpartition(":")[2] if ":" in image else ""
        yield Controller(at=manifest.place, product=product, method="manifests", version=version)
        return


def read_operator_argocd(manifest: Manifest) -> Iterator[Controller]:
    """Yield the Argo CD that an operator's ``ArgoCD`` object asks for."""
    yield Controller(at=manifest.place, product="argocd", method="operator", version=text(manifest.spec, "version"))


def read_subscription(manifest: Manifest) -> Iterator[Controller]:
    """Yield the controller whose operator an Operator Lifecycle Manager ``Subscription`` installs."""
    if product := SUBSCRIPTIONS.get(text(manifest.spec, "name")):
        version = text(manifest.spec, "startingCSV") or text(manifest.spec, "channel")
        yield Controller(at=manifest.place, product=product, method="operator", version=version)


def read_k3s_chart(manifest: Manifest) -> Iterator[Controller]:
    """Yield the controller that a k3s ``HelmChart`` object installs."""
    if product := product_of_chart(text(manifest.spec, "chart")):
        yield Controller(at=manifest.place, product=product, method="helm", version=text(manifest.spec, "version"))


def read_eksctl(manifest: Manifest) -> Iterator[Controller]:
    """Yield the Flux that an eksctl cluster file bootstraps."""
    if get(manifest.value, "gitops", "flux") is not None:
        yield Controller(at=manifest.at("gitops", "flux"), product="flux", method="eksctl")


@reader("gitops-charts", names=("Chart.yaml", "Chart.yml", "requirements.yaml", "requirements.yml"))
def read_chart(source: Source) -> Iterator[Controller]:
    """Yield the controllers among a chart's dependencies, or the chart itself when it is a copy of a controller's.

    A copy installs nothing by itself: whether anything deploys it is told by other files.
    """
    if not any(word in source.text for word in ("argo", "flux", "flagger", "fleet", "kargo", "jx-git", "pipe", "kruise")):
        return
    chart = source.yaml
    for dependency in items(chart, "dependencies"):
        if product := product_of_chart(text(dependency, "name")):
            at = source.place(dependency.line_of("name") if isinstance(dependency, Map) else 0)
            yield Controller(at=at, product=product, method="helm", version=text(dependency, "version"))
    if source.name.lower().startswith("chart") and (product := product_of_chart(text(chart, "name"))) and get(chart, "sources"):
        at = source.place(mapping(chart).line_of("name"))
        yield Controller(at=at, product=product, method=COPY, version=text(chart, "version"))


@reader("gitops-kustomize", names=("kustomization.yaml", "kustomization.yml", "Kustomization"))
def read_kustomize(source: Source) -> Iterator[Fact]:
    """Yield the controllers whose remote manifests or charts a Kustomize file takes in, and the policies it patches."""
    content = source.text
    if not any(word in content for word in ("argo", "flux", "flagger", "gitops", *TARGETS[:1])):
        return
    value = source.yaml
    for key in ("resources", "bases", "components"):
        for number, entry in enumerate(items(value, key)):
            if product := product_of_remote(text(entry)):
                at = source.place(mapping(value).line_of(key, number))
                yield Controller(at=at, product=product, method="kustomize", version=text(entry).rpartition("ref=")[2][:60])
    for chart in items(value, "helmCharts"):
        if product := product_of_chart(text(chart, "name")):
            at = source.place(source.line_with(text(chart, "name")))
            yield Controller(at=at, product=product, method="helm", version=text(chart, "version"))
    if "toolkit.fluxcd.io" not in text(value, "apiVersion"):
        yield from patches_of(source, mapping(value), source.folder)


@reader("helmfile-controllers", names=("helmfile*.yaml", "helmfile*.yml", "helmfile*.gotmpl", "helmfile.d/*", "**/helmfile.d/*"))
def read_helmfile(source: Source) -> Iterator[Controller]:
    """Yield the controllers among the releases of a helmfile."""
    for document in source.documents:
        for release in items(document.value, "releases"):
            product = product_of_chart(text(release, "chart"))
            if product and isinstance(release, Map) and release.get("installed") is not False:
                at = source.place(release.line_of("chart"))
                yield Controller(at=at, product=product, method="helm", version=text(release, "version"))


@reader("flux-bootstrap", names=("flux-system/gotk-components.y*ml", "**/flux-system/gotk-components.y*ml"))
def read_gotk(source: Source) -> Iterator[Controller]:
    """Yield the placeholder that an example or a cluster not yet bootstrapped keeps in place of Flux's manifests."""
    if not any(line.strip() and not line.lstrip().startswith(("#", "---")) for line in source.lines):
        yield Controller(at=source.place(1), product="flux", method="manifests", placeholder=True)


@reader("jenkins-x", names=("jx-requirements.yml", "jx-requirements.yaml"))
def read_jenkins_x(source: Source) -> Iterator[Controller]:
    """Yield the Jenkins X of a cluster repository: its git operator applies what the repository holds."""
    value = source.yaml
    spec = mapping(value, "spec") or mapping(value)
    if "cluster" in spec or "environments" in spec:
        yield Controller(at=source.place(1), product="jenkins-x", method="jenkins-x")


@reader("jenkins-x-previews", names=("preview/helmfile.y*ml", "preview/helmfile.y*ml.gotmpl"))
def read_jenkins_x_preview(source: Source) -> Iterator[Promotion]:
    """Yield what ``jx preview create`` deploys for each pull request (jenkins-x-plugins/jx-preview, ``pkg/cmd/create``)."""
    number = next((n for n, line in enumerate(source.lines, 1) if "PREVIEW_NAMESPACE" in line), 0)
    if number:
        yield Promotion(at=source.place(number), tool="jenkins-x", preview=True)


_SCRIPTS = (
    "*.sh", "*.bash", "*.ps1", "Makefile", "*.mk", "Taskfile.y*ml", ".taskfiles/**", "justfile", "*.just", "Justfile",
    "**/tasks/*.yml", "**/tasks/*.yaml", "**/playbooks/*.y*ml", "playbook*.y*ml", "user_data*", "userdata*", "*.tftpl",
)  # fmt: skip


@reader("gitops-scripts", names=_SCRIPTS)
def read_script(source: Source) -> Iterator[Controller]:
    """Yield the controllers a script installs, unless it does so on a cluster it makes to throw away."""
    try:
        content = source.text
    except ParseError:
        return
    if not any(word in content for word in ("argo", "flux", "jx ", "config-management")) or THROW_AWAY.search(content):
        return
    seen: set[str] = set()
    for number, line in enumerate(_joined(source.lines), 1):
        if len(line) > 4000 or line.lstrip().startswith("#"):
            continue
        product = product_of_command(line)
        if product and product not in seen:
            seen.add(product)
            yield Controller(at=source.place(number), product=product, method="script", scripted=True)


def _joined(lines: list[str]) -> Iterator[str]:
    """Yield each line with up to eight lines that it continues on; a continued line's own turn is empty."""
    skip = 0
    for number, line in enumerate(lines):
        if skip:
            skip -= 1
            yield ""
            continue
        parts = [line]
        while parts[-1].endswith(("\\", "`")) and len(parts) < 9 and number + len(parts) < len(lines):
            parts.append(lines[number + len(parts)])
        skip = len(parts) - 1
        yield " ".join(part.rstrip("\\`").strip() for part in parts)


@reader("flux-extension", names=("*.bicep", "azuredeploy*.json", "*arm*.json"))
def read_extension(source: Source) -> Iterator[Controller]:
    """Yield the Flux extension of AKS that a Bicep file or ARM template declares."""
    if line := source.line_with("microsoft.flux"):
        yield Controller(at=source.place(line), product="flux", method="aks-extension")
