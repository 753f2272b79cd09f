"""Reads the builds of images that are declared in YAML, TOML and HCL: compose, Skaffold, bake, ko, buildpacks and others.

Builds that a language's own manifest declares (Jib, the Spring Boot plug-in, the .NET SDK) are read with that manifest.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping

from assessor.facts.base import Fact
from assessor.facts.containers import ImageBuild
from assessor.facts.pipelines import Event, Job, Pipeline, PipelineStep, Trigger
from assessor.parsing import hcl
from assessor.parsing.yaml import Map
from assessor.reading import Source, reader, strings

MAX_BUILDS = 500


def below(folder: str, relative: object) -> str:
    """Return a path relative to a folder as a repository path; "" for the root and for anything outside."""
    if not isinstance(relative, str) or "://" in relative or "$" in relative:
        return folder
    path = posixpath.normpath(posixpath.join(folder or ".", relative.strip() or "."))
    return "" if path in (".", "/") or path.startswith(("../", "/")) or path == ".." else path


def mapping(value: object) -> Map:
    """Return the value if it is a mapping, else an empty one."""
    return value if isinstance(value, Map) else Map()


def text(value: object) -> str:
    """Return the value if it is a short string, else ""."""
    return value if isinstance(value, str) and len(value) < 500 else ""


def items(value: object) -> Iterator[Map]:
    """Yield the mappings of a list."""
    if isinstance(value, list):
        yield from (item for item in value[:MAX_BUILDS] if isinstance(item, Map))


@reader("compose-builds", names=("*compose*.yml", "*compose*.yaml"))
def read_compose(source: Source) -> Iterator[ImageBuild]:
    """Yield the services of a compose file that are built from source."""
    if "build" not in source.text:
        return
    for document in source.documents:
        services = mapping(mapping(document.value).get("services"))
        for name, service in list(services.items())[:MAX_BUILDS]:
            build = mapping(service).get("build")
            if not isinstance(build, str | Map):
                continue
            context = below(source.folder, build if isinstance(build, str) else build.get("context", "."))
            named = text(build.get("dockerfile")) if isinstance(build, Map) else ""
            yield ImageBuild(
                at=source.place(mapping(service).line_of("build")),
                tool="compose",
                folder=context,
                image=text(service.get("image")),
                dockerfile=below(context, named or "Dockerfile"),
                name=name,
            )


_SKAFFOLD_BUILDERS = ("buildpacks", "ko", "jib", "bazel", "custom", "kaniko")


@reader("skaffold-builds", names=("skaffold*.yaml", "skaffold*.yml"))
def read_skaffold(source: Source) -> Iterator[ImageBuild]:
    """Yield the artifacts of a Skaffold configuration."""
    for document in source.documents:
        config = mapping(document.value)
        if not str(config.get("apiVersion", "")).startswith("skaffold/"):
            continue
        for part in (config, *items(config.get("profiles"))):
            for artifact in items(mapping(part.get("build")).get("artifacts")):
                context = below(source.folder, artifact.get("context", "."))
                other = next((tool for tool in _SKAFFOLD_BUILDERS if tool in artifact), "")
                named = text(mapping(artifact.get("docker")).get("dockerfile")) or text(
                    mapping(artifact.get("kaniko")).get("dockerfile")
                )
                docker = not other or other == "kaniko"
                yield ImageBuild(
                    at=source.place(artifact.line),
                    tool=f"skaffold ({other})" if other else "skaffold",
                    folder=context,
                    image=text(artifact.get("image")),
                    dockerfile=below(context, named or "Dockerfile") if docker else "",
                )


@reader("bake-builds", names=("docker-bake*.hcl", "docker-bake*.json", "*.bake.hcl"))
def read_bake(source: Source) -> Iterator[ImageBuild]:
    """Yield the targets of a buildx bake file, in HCL or JSON."""
    if source.name.endswith(".json"):
        for name, target in mapping(mapping(source.yaml).get("target")).items():
            yield _target(source, name, mapping(target), mapping(target).line)
        return
    for block in list(hcl.parse(source.data).of("target"))[:MAX_BUILDS]:
        settings = {key: block.get(key) for key in ("context", "dockerfile", "tags")}
        yield _target(source, block.label(0), settings, block.line)


def _target(source: Source, name: str, settings: Mapping[str, object], line: int) -> ImageBuild:
    context = below(source.folder, settings.get("context") or ".")
    tags = list(strings(settings.get("tags")))
    return ImageBuild(
        at=source.place(line),
        tool="docker bake",
        folder=context,
        image=text(tags[0]) if tags else "",
        dockerfile=below(context, text(settings.get("dockerfile")) or "Dockerfile"),
        name=name,
    )


@reader("ko-builds", names=(".ko.yaml", ".ko.yml"))
def read_ko(source: Source) -> Iterator[ImageBuild]:
    """Yield the builds of a ko configuration; without any, ko builds what it is asked to."""
    config = mapping(source.yaml)
    builds = list(items(config.get("builds")))
    for build in builds:
        folder = below(below(source.folder, build.get("dir", ".")), build.get("main", "."))
        yield ImageBuild(at=source.place(build.line), tool="ko", folder=folder, name=text(build.get("id")))
    if not builds:
        yield ImageBuild(at=source.place(1), tool="ko", folder=source.folder)


@reader("project-descriptor", names=("project.toml",))
def read_project_descriptor(source: Source) -> Iterator[ImageBuild]:
    """Yield the build of a Cloud Native Buildpacks project descriptor."""
    config = source.toml
    namespaced = config.get("io")
    declared = isinstance(namespaced, dict) and "buildpacks" in namespaced
    build = config.get("build")
    if declared or (isinstance(build, dict) and ({"buildpacks", "builder", "env"} & build.keys())):
        yield ImageBuild(at=source.place(max(source.line_with("buildpacks"), 1)), tool="buildpacks", folder=source.folder)


@reader("goreleaser-images", names=(".goreleaser*.yml", ".goreleaser*.yaml", "goreleaser.yml", "goreleaser.yaml"))
def read_goreleaser(source: Source) -> Iterator[ImageBuild]:
    """Yield the images a GoReleaser configuration builds, by Dockerfile or by ko."""
    config = mapping(source.yaml)
    for key in ("dockers", "dockers_v2", "kos"):
        for build in items(config.get(key)):
            images = [
                *strings(build.get("image_templates")), *strings(build.get("images")), *strings(build.get("repositories")),
                *strings(build.get("repository")),
            ]  # fmt: skip
            yield ImageBuild(
                at=source.place(build.line),
                tool="goreleaser (ko)" if key == "kos" else "goreleaser",
                folder=source.folder if key != "kos" else below(source.folder, build.get("main", ".")),
                image=text(images[0]) if images else "",
                dockerfile="" if key == "kos" else below(source.folder, text(build.get("dockerfile")) or "Dockerfile"),
            )


_RULE = re.compile(
    r"^[ \t]*(?:oci_image|container_image|docker_build|oci_push|[a-z0-9]+3?_(?:oci_)?image|py_image_layer|container_push)\s*\(",
    re.M,
)


@reader("bazel-images", names=("BUILD", "BUILD.bazel"))
def read_bazel(source: Source) -> Iterator[ImageBuild]:
    """Yield the first image rule of a Bazel package (rules_oci, rules_docker)."""
    if b"_image" not in source.data and b"oci_" not in source.data:
        return
    line = source.line_with(_RULE)
    if line:
        yield ImageBuild(at=source.place(line), tool="bazel", folder=source.folder)


_NIX = re.compile(
    r"\b(?:dockerTools\s*\.\s*(?:buildImage|buildLayeredImage|streamLayeredImage)|nix2container\b.{0,80}\bbuildImage|ociTools\s*\.)"
)


@reader("nix-images", names=("*.nix",))
def read_nix(source: Source) -> Iterator[ImageBuild]:
    """Yield the first image a Nix expression builds."""
    if b"dockerTools" not in source.data and b"nix2container" not in source.data:
        return
    line = source.line_with(_NIX) or source.line_with(re.compile(r"\b(?:buildLayeredImage|streamLayeredImage|buildImage)\b"))
    if line:
        folder = source.folder.removesuffix("nix").rstrip("/")
        yield ImageBuild(at=source.place(line), tool="nix", folder=folder)


@reader("earthly-images", names=("Earthfile",))
def read_earthfile(source: Source) -> Iterator[ImageBuild]:
    """Yield the images an Earthfile saves."""
    for number, line in enumerate(source.lines, 1):
        words = line.split()
        if words[:2] == ["SAVE", "IMAGE"]:
            image = next((w for w in words[2:] if not w.startswith("--")), "")
            yield ImageBuild(at=source.place(number), tool="earthly", folder=source.folder, image=text(image))


@reader("cluster-builds", names=("*.yaml", "*.yml"))
def read_cluster_builds(source: Source) -> Iterator[Fact]:
    """Yield builds that run in a cluster: OpenShift BuildConfig (S2I or Docker), kpack Image, Shipwright Build.

    They name a repository, not a folder, so `folder` is the context they give inside it. The cluster pushes what it builds
    to where the object says, so an object that says so is a pipeline of one step.
    """
    data = source.data
    if b"BuildConfig" not in data and b"kpack.io" not in data and b"shipwright.io" not in data:
        return
    for document in source.documents[:MAX_BUILDS]:
        manifest = mapping(document.value)
        api, spec = str(manifest.get("apiVersion", "")), mapping(manifest.get("spec"))
        tool, context = _cluster_build(api, str(manifest.get("kind", "")), spec)
        if not tool:
            continue
        name = text(mapping(manifest.get("metadata")).get("name"))
        output = mapping(spec.get("output"))
        image = text(spec.get("tag")) or text(output.get("image"))
        at = source.place(manifest.line or document.line)
        yield ImageBuild(at=at, tool=tool, folder=below("", context or "."), image=image, name=name)
        pushed = image or text(mapping(output.get("to")).get("name"))
        if pushed:
            line = spec.line_of("tag") if "tag" in spec else spec.line_of("output")
            step = PipelineStep(at=source.place(line), name=tool, uses=f"cluster-build:{tool}", inputs={"image": pushed})
            job = Job(id=name, at=at, steps=(step,))
            yield Pipeline(at=at, system="cluster-build", name=name, triggers=(Trigger(Event.OTHER),), jobs=(job,))


def _cluster_build(api: str, kind: str, spec: Map) -> tuple[str, str]:
    origin = mapping(spec.get("source"))
    if kind == "BuildConfig" and api in ("v1", "build.openshift.io/v1"):
        strategy = mapping(spec.get("strategy"))
        if "sourceStrategy" in strategy:
            return "s2i", text(origin.get("contextDir"))
        return ("openshift build" if "dockerStrategy" in strategy else ""), text(origin.get("contextDir"))
    if kind == "Image" and api.startswith("kpack.io/"):
        return "buildpacks", text(origin.get("subPath"))
    if kind == "Build" and api.startswith("shipwright.io/"):
        return "shipwright", text(origin.get("contextDir"))
    return "", ""
