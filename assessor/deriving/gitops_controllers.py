"""Controllers that other facts show: charts that applications install, pipelines that run an installer."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from assessor.facts.base import Fact
from assessor.facts.containers import LanguageProject
from assessor.facts.gitops import Application, AppSource, Controller
from assessor.facts.infrastructure import Resource
from assessor.facts.pipelines import Pipeline
from assessor.readers.gitops.products import COPY, THROW_AWAY, UPSTREAM, product_of_chart, product_of_command, product_of_remote

from .base import Material, deriver

_INSTALL = re.compile(r"install|manifests/?\Z|manifests/(?:base|ha|cluster)\b")
_TEST_CLUSTERS = ("kind-action", "k3d", "k3s-action", "minikube", "setup-kind", "ctlptl")


@deriver()
def controllers_of_applications(material: Material) -> Iterator[Controller]:
    """Yield the controllers that applications install: a controller may manage itself, or bring another."""
    for application in material.of(Application):
        for source in application.sources:
            product = product_of_chart(source.chart) or _upstream(source)
            if product:
                method = "helm" if source.chart else "kustomize"
                yield Controller(
                    at=application.at, product=product, method=method, version=source.revision, conditional=application.selective
                )
                break


def _upstream(source: AppSource) -> str:
    """Return the controller whose install manifests an application takes from the product's own repository."""
    if "flux-manifests" not in source.repository and not _INSTALL.search(source.path):
        return ""
    return product_of_remote(f"{source.repository}//{source.path}")


@deriver()
def controllers_of_pipelines(material: Material) -> Iterator[Controller]:
    """Yield the controllers that a pipeline installs, other than on a cluster made for a test."""
    for pipeline in material.of(Pipeline):
        commands = [command for _, step in pipeline.steps for command in step.commands]
        uses = " ".join(step.uses for _, step in pipeline.steps)
        lines = [(" ".join(command.argv[:200]), command.at) for command in commands]
        if any(name in uses for name in _TEST_CLUSTERS) or any(THROW_AWAY.search(line) for line, _ in lines):
            continue
        seen: set[str] = set()
        for line, place in lines:
            product = product_of_command(line)
            if product and product not in seen:
                seen.add(product)
                yield Controller(at=place, product=product, method="pipeline", scripted=True)


@deriver()
def controllers_of_stacks(material: Material) -> Iterator[Controller]:
    """Yield the Argo CD that CloudFormation declares as a capability of an EKS cluster."""
    for resource in material.of(Resource):
        if resource.type == "AWS::EKS::Capability" and resource.settings.get("Type", "").upper() == "ARGOCD":
            yield Controller(at=resource.at, product="argocd", method="eks-capability")


@deriver(replaces=(Controller,))
def installed_controllers(material: Material) -> Iterator[Fact]:
    """Drop what a controller's own source tree holds, where the product is made, and charts that nothing deploys."""
    deployed = [source.path.removeprefix("./").strip("/") for a in material.of(Application) for source in a.sources]
    names = {project.name.lower() for project in material.of(LanguageProject)} | {_slug(material.repository.remote)}
    for controller in material.of(Controller):
        if controller.method == COPY:
            folder = controller.at.path.rpartition("/")[0]
            if not any(_reaches(path, folder) for path in deployed):
                continue
            controller = msgspec.structs.replace(controller, method="helm")
        if not any(_is_home(name, home) for home in UPSTREAM.get(controller.product, ()) for name in names if name):
            yield controller


def _reaches(path: str, folder: str) -> bool:
    """Say whether an application's path, which may hold the ``*`` of a directory generator, is a chart's folder."""
    names = folder.split("/")
    parts = path.split("/")
    return len(parts) == len(names) and all(part in ("*", name) for part, name in zip(parts, names, strict=True))


def _slug(remote: str) -> str:
    return remote.lower().removesuffix("/").removesuffix(".git")


def _is_home(name: str, home: str) -> bool:
    """Say whether a module's name or a remote address is that of a repository on GitHub."""
    base, _, rest = name.partition(home)
    return base.endswith(("github.com/", "github.com:")) and (not rest or rest.startswith("/"))
