"""Finds the deployable applications of a repository and how their images are built.

A service is a folder whose image the repository builds, or a language project that shows it runs as a service. A
library, a command-line tool without an image, a role, a chart or plain configuration is none.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator

import msgspec

from assessor.facts.base import Place
from assessor.facts.containers import Dockerfile, ImageBuild, LanguageProject, Service
from assessor.facts.pipelines import Activity, Purpose
from assessor.parsing.dockerfile import variant_of

from . import projects
from .base import Deriver, Joiner, Material, deriver
from .dockerfiles import contexts, copied, inherits_content
from .pushes import attribute_pushes

_GENERIC = frozenset(
    (
        "src",
        "docker",
        ".docker",
        "dockerfiles",
        "build",
        "package",
        "packaging",
        "container",
        "containers",
        "image",
        "main",
        "deploy",
        "deployment",
        "code",
        "source",
    )
)
# Variants of one image for a platform, a base or a stage of delivery, not images of their own.
_PLATFORMS = re.compile(
    r"(?:alpine|debian|ubuntu|bookworm|bullseye|slim|distroless|scratch|ubi\d*|rhel\d*|fedora|centos|mariner|azurelinux|arm|arm64|armv?\d\w*|aarch64|amd64"
    r"|x86(?:_64)?|s390x|ppc64le|riscv64|windows|win|nanoserver|ltsc\d*|linux|gpu|cpu|cuda[\d.]*|rocm|native|jvm|legacy|jar|micro|prod|production"
    r"|release|releaser|goreleaser|multi|multiarch|multistage|multiplatform|arch|stage|buildx|cross|fips|nonroot|rootless|root|nginx|static|v?\d[\d.]*|latest|full|minimal|"
    r"base|cache|cached|bazel|simple|final|prebuilt|heroku|fly|render|railway|aws|gcp|azure|ecs|eks|lambda|kubernetes|k8s)"
)
# Names that tools give the project at the root of whatever they make.
_NAMELESS = frozenset(("source", "root", "workspace", "monorepo", "project"))
_OTHER_BUILDS = re.compile(
    r"pack\b|buildpack|jib|\bko\b|spring-boot|bootbuildimage|s2i|dotnet|bazel|nix|earthly|source-to-image|gcloud", re.I
)


@deriver()
def services(material: Material) -> Iterator[Service]:
    """Yield the services of a repository, their builds, images and pushes joined."""
    finder = _Finder(material)
    found = [*finder.built(), *finder.unbuilt()]
    if not found:
        found = list(finder.helpers())
    named = _with_distinct_names(found)
    yield from attribute_pushes(named, material.of(ImageBuild), material.of(Activity))


class _Finder:
    """Looks for the services of one repository."""

    def __init__(self, material: Material) -> None:
        self.repository = material.repository
        self.dockerfiles = [d for d in material.of(Dockerfile) if not d.development]
        self.alone = {
            f for f, number in Counter(d.folder for d in self.dockerfiles).items() if number == 1 and not _is_packaging(f)
        }
        self.builds = [b for b in material.of(ImageBuild) if not b.dockerfile]
        self.commands = [
            a
            for a in material.of(Activity)
            if a.purpose in (Purpose.BUILD_IMAGE, Purpose.PUSH_IMAGE) and _OTHER_BUILDS.search(a.tool)
        ]
        self.projects: defaultdict[str, list[LanguageProject]] = defaultdict(list)
        for project in material.of(LanguageProject):
            self.projects[project.folder].append(project)
        self.covered: set[str] = set()  # folders of projects that go into some image
        # Images that hold nothing of the repository's own.
        self.pending = [d for d in material.of(Dockerfile) if d.idle]

    def built(self) -> list[Service]:
        """Return a service for each Dockerfile with own content, variants of one image taken together."""
        found: dict[tuple[str, str], Service] = {}
        for dockerfile in sorted(self.dockerfiles, key=lambda d: (d.folder, self._suffix(d), d.at)):
            project = self._project(dockerfile)
            if not (dockerfile.holds_own_content or project or inherits_content(dockerfile)):
                self.pending.append(dockerfile)
                continue
            self.covered.update(self._goes_into(dockerfile))
            folder = self._home(dockerfile, project)
            found.setdefault((folder, self._suffix(dockerfile)), self._of_dockerfile(dockerfile, project, folder))
        return list(found.values())

    def unbuilt(self) -> Iterator[Service]:
        """Yield a service for each project that serves, or that another tool makes an image of, and no Dockerfile takes up."""
        for folder in sorted(self.projects):
            if folder in self.covered or projects.TOOL_FOLDERS & set(folder.lower().split("/")):
                continue
            for project in self.projects[folder]:
                build, tool = self._other_build(project)
                library = self.repository.is_library or project.published
                if (project.serves and not library) or (build and tool != "compose" and self._is_product(project)):
                    yield self._service(
                        build or project.at,
                        project,
                        folder,
                        why=project.serves or f"{tool} builds an image of it",
                        build=build,
                        build_tool=tool,
                    )
                    break

    def helpers(self) -> Iterator[Service]:
        """Yield the images that repackage third-party software: subjects only where nothing of the repository's own is."""
        for dockerfile in self.pending:
            service = self._of_dockerfile(dockerfile, None, self._home(dockerfile, None))
            yield msgspec.structs.replace(service, content="nothing" if dockerfile.idle else "third-party", why="its Dockerfile")

    def _is_product(self, project: LanguageProject) -> bool:
        return bool(project.serves or project.entry_points or project.language == "go") and not project.published

    def _project(self, dockerfile: Dockerfile) -> LanguageProject | None:
        """Return the project an image is made of: in its folder or context, else the one most likely to run of those it takes up."""
        if dockerfile.folder in self.projects:
            return self._main(self.projects[dockerfile.folder])
        taken = self._goes_into(dockerfile)
        near = [folder for folder in taken if folder.startswith(dockerfile.folder + "/")] or taken
        return self._main([p for folder in near for p in self.projects[folder]]) if near else None

    @staticmethod
    def _main(found: list[LanguageProject]) -> LanguageProject:
        return max(found, key=lambda p: (bool(p.serves), bool(p.entry_points), not p.published))

    def _goes_into(self, dockerfile: Dockerfile) -> list[str]:
        """Return the folders of projects whose content an image takes up: copied, or around a folder made for packaging."""
        return sorted({*self._around(dockerfile.folder), *(f for f in self.projects if copied(dockerfile, f, self.repository))})

    def _around(self, folder: str) -> Iterator[str]:
        while folder not in self.projects and _is_packaging(folder):
            folder = folder.rpartition("/")[0]
        if folder in self.projects:
            yield folder

    def _home(self, dockerfile: Dockerfile, project: LanguageProject | None) -> str:
        """Return the folder of the application: the Dockerfile's own, or the one above folders made for packaging."""
        folder = dockerfile.folder
        while folder not in self.projects and _is_packaging(folder):
            folder = folder.rpartition("/")[0]
        if not folder and project and dockerfile.folder:
            return project.folder
        return folder

    def _other_build(self, project: LanguageProject) -> tuple[Place | None, str]:
        """Return another way the image of a project is built: declared beside or above it, or run by a pipeline."""
        for build in self.builds:
            if build.folder == project.folder or (build.name == "*" and _is_below(project.folder, build.folder)):
                return build.at, build.tool
            above = build.tool.startswith(("ko", "goreleaser (ko)", "bazel", "nix", "earthly")) and _is_below(
                project.folder, build.folder
            )
            if above and (project.language == "go" or not build.tool.startswith(("ko", "goreleaser"))):
                return build.at, build.tool
        for activity in self.commands:
            if activity.subject.strip("./") == project.folder or not project.folder:
                return activity.at, activity.tool
        return None, ""

    def _suffix(self, dockerfile: Dockerfile) -> str:
        """Return what names an image apart from its folder: nothing where it is the only one of a folder of its own."""
        return "" if dockerfile.folder and dockerfile.folder in self.alone else _suffix(dockerfile)

    def _of_dockerfile(self, dockerfile: Dockerfile, project: LanguageProject | None, folder: str) -> Service:
        service = self._service(dockerfile.at, project, folder, why="its Dockerfile", suffix=self._suffix(dockerfile))
        return msgspec.structs.replace(service, dockerfile=dockerfile.at, port=_port(dockerfile) or service.port)

    def _service(
        self,
        at: Place,
        project: LanguageProject | None,
        folder: str,
        *,
        why: str,
        suffix: str = "",
        build: Place | None = None,
        build_tool: str = "",
    ) -> Service:
        return Service(
            at=at,
            name=suffix or self._name(folder, project),
            folder=folder,
            language=project.language if project else "",
            why=why,
            port=project.port if project else 0,
            build=build,
            build_tool=build_tool,
            entry_points=project.entry_points if project else (),
            version=project.version if project else "",
            package_manager=project.package_manager if project else "",
        )

    def _name(self, folder: str, project: LanguageProject | None) -> str:
        """Name a service: by its folder, at the root by its project or the repository."""
        parts = [part for part in folder.split("/") if part]
        while parts and parts[-1].lower() in _GENERIC:
            parts.pop()
        if parts:
            return parts[-1]
        name = re.sub(r"/v\d+$", "", project.name).rpartition("/")[2] if project else ""
        return self.repository.name if name in _NAMELESS else name or self.repository.name


def _is_packaging(folder: str) -> bool:
    """Say whether a folder is only there to make an image in, also one for a platform (``docker/alpine``)."""
    above, _, name = folder.lower().rpartition("/")
    return name in _GENERIC or (above.rpartition("/")[2] in _GENERIC and bool(_PLATFORMS.fullmatch(name)))


def _suffix(dockerfile: Dockerfile) -> str:
    """Return what sets an image apart from the plain one of its folder; "" for variants of it."""
    variant = variant_of(dockerfile.at.path)
    return "" if all(_PLATFORMS.fullmatch(part) for part in re.split(r"[.\-_]", variant) if part) else variant


def _port(dockerfile: Dockerfile) -> int:
    for port in dockerfile.ports:
        number = port.partition("/")[0].partition("-")[0]
        if number.isdecimal() and len(number) <= 5 and 0 < int(number) < 65536:
            return int(number)
    return 0


def _is_below(folder: str, above: str) -> bool:
    return not above or folder == above or folder.startswith(above + "/")


def _with_distinct_names(found: Iterable[Service]) -> list[Service]:
    """Name services that share a name by their folders."""
    services = list(found)
    counts = Counter(service.name for service in services)
    return [
        msgspec.structs.replace(s, name=f"{s.folder}:{s.name}" if s.folder.rpartition("/")[2] != s.name else s.folder)
        if counts[s.name] > 1 and s.folder
        else s
        for s in services
    ]


DERIVERS: tuple[Deriver, ...] = (contexts, *projects.DERIVERS, services)
JOINERS: tuple[Joiner, ...] = ()
