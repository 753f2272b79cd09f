"""What is known of how a service is built, from facts and the names of files.

Names: ``project.runtime`` (a version of the language that there is an image of and the manifest allows), ``project.lock``
(its lock file's name, "none" without one), ``project.manifest``, ``project.file`` (the manifest's own name),
``project.requirements`` ("yes": a folder of requirements files), ``project.berry`` ("yes": Yarn 2 or later),
``project.wrapper``, ``project.packaging`` (of Java: jar, boot, application, quarkus, war), ``project.context`` (the folder a
build needs: the service's own or that of its workspace), ``project.inner`` (the service's folder inside that),
``project.workspace`` ("yes" when the context is wider), ``project.framework``, ``project.serves``, ``project.site`` and
what `start_evidence` adds.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from assessor.facts.base import Place
from assessor.facts.containers import LanguageProject, Service
from assessor.facts.repository import Repository

from .start_evidence import of_start
from .version_ranges import runtime

Item = tuple[str, str, Place | str]

FAMILIES = {"typescript": "javascript", "kotlin": "java", "f#": "c#", "vb.net": "c#"}
LOCKS = {
    "python": ("uv.lock", "poetry.lock", "Pipfile.lock", "pdm.lock", "requirements.txt"),
    "javascript": ("pnpm-lock.yaml", "yarn.lock", "package-lock.json", "npm-shrinkwrap.json"),
    "ruby": ("Gemfile.lock",),
    "php": ("composer.lock",),
    "rust": ("Cargo.lock",),
}
_MANIFESTS = ("pyproject.toml", "setup.py", "setup.cfg", "requirements.in")
# Files whose presence in a folder above a project makes that folder the one a build needs.
_WORKSPACES: dict[str, tuple[str, ...]] = {
    "javascript": LOCKS["javascript"],
    "python": ("uv.lock",),
    "rust": ("Cargo.lock", "Cargo.toml"),
    "go": ("go.work",),
    "c#": ("Directory.Build.props", "Directory.Packages.props", "global.json", "nuget.config", "NuGet.config"),
    "java": ("settings.gradle", "settings.gradle.kts"),
}


@dataclass(frozen=True, slots=True)
class Files:
    """The files of a repository, asked by folder and name."""

    paths: frozenset[str]

    def has(self, folder: str, name: str) -> bool:
        """Say whether a folder holds a file."""
        return (f"{folder}/{name}" if folder else name) in self.paths

    def first(self, folder: str, names: tuple[str, ...]) -> str:
        """Return the first of some names that a folder holds, "" if none."""
        return next((name for name in names if self.has(folder, name)), "")

    def below(self, folder: str, shape: str) -> list[str]:
        """Return the paths inside a folder that match a pattern, those nearest to it first."""
        prefix, pattern = f"{folder}/" if folder else "", re.compile(shape)
        inside = (path[len(prefix) :] for path in self.paths if path.startswith(prefix))
        return sorted((path for path in inside if pattern.fullmatch(path)), key=lambda path: (path.count("/"), path))


def of_project(repository: Repository, service: Service, project: LanguageProject) -> Iterator[Item]:
    """Yield what is known of how a service's project is built and started."""
    files = Files(repository.file_set)
    family = FAMILIES.get(project.language, project.language)
    at, own = project.at, project.folder
    context = context_of(files, family, project)
    inner = own[len(context) :].strip("/")
    lock = files.first(own, LOCKS.get(family, ())) or (files.first(context, LOCKS.get(family, ())) if inner else "")
    yield "project.runtime", runtime(family, project.version), at
    yield "project.lock", lock or "none", Place(at.repository, _join(own, lock)) if lock else at
    yield "project.manifest", files.first(own, _MANIFESTS), at
    yield "project.file", at.path.rpartition("/")[2] if at.path.endswith("proj") else "", at
    yield "project.requirements", "yes" if files.below(_join(own, "requirements"), r"[^/]+\.txt") else "no", at
    berry = project.package_manager == "yarn-berry" or files.has(context, ".yarnrc.yml")
    yield "project.berry", "yes" if berry else "no", at
    wrapper = "gradle/wrapper/gradle-wrapper.jar" if project.package_manager == "gradle" else "mvnw"
    yield "project.wrapper", "yes" if files.has(context, wrapper) else "no", at
    if family == "java":
        yield "project.packaging", _packaging(project), at
    yield "project.context", context or ".", at
    yield "project.inner", inner or ".", at
    yield "project.workspace", "yes" if inner else "no", at
    yield "project.serves", project.serves, at
    yield "project.framework", project.framework, at
    yield "project.site", "yes" if project.serves.endswith(" site") else "no", at
    yield from of_start(repository, files, family, project)


def _join(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name


def _packaging(project: LanguageProject) -> str:
    """Return what a Java build makes."""
    if "war" in project.serves:
        return "war"
    if "Quarkus" in project.serves:
        return "quarkus"
    if project.package_manager == "maven":
        return "jar"
    return "boot" if "Spring Boot" in project.serves else "application"


def context_of(files: Files, family: str, project: LanguageProject) -> str:
    """Return the folder whose content a build needs: the project's own, or above it that of its workspace."""
    own = project.folder
    if project.package_manager == "maven":
        while own and files.has(own.rpartition("/")[0], "pom.xml"):
            own = own.rpartition("/")[0]
        return own
    # A project with a lock file or settings of its own stands alone; requirements.txt is no workspace's.
    if files.first(own, (*LOCKS.get(family, ()), *_WORKSPACES.get(family, ())) if family != "rust" else LOCKS["rust"]):
        return own
    folder = own
    while folder:
        folder = folder.rpartition("/")[0]
        if files.first(folder, _WORKSPACES.get(family, ())) or (family == "c#" and files.below(folder, r"[^/]+\.slnx?")):
            return folder
    return own
