"""Finds what a Dockerfile is built from: its context, the ignore file that applies, and the folders it takes in."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import msgspec

from assessor.facts.containers import Dockerfile, ImageBuild, LanguageProject
from assessor.facts.repository import Repository

from .base import Material, deriver

_VARIABLE = re.compile(r"[$*?\[{]")


@deriver(replaces=(Dockerfile,))
def contexts(material: Material) -> Iterator[Dockerfile]:
    """Yield the Dockerfiles with their context: as a build says, or the nearest folder in which what they copy exists."""
    said = {build.dockerfile.lower(): build.folder for build in material.of(ImageBuild) if build.dockerfile}
    projects = frozenset(project.folder for project in material.of(LanguageProject))
    for dockerfile in material.of(Dockerfile):
        context = said.get(dockerfile.at.path.lower())
        if context is None:
            context = _guess(dockerfile, material.repository, projects)
        ignore = _ignore_file(dockerfile, context, material.files)
        bare = dockerfile.bare and not dockerfile.development
        idle = bare and dockerfile.at.path.lower() not in said and not inherits_content(dockerfile)
        yield msgspec.structs.replace(
            dockerfile, context=context, ignore_file=ignore, idle=idle, development=dockerfile.development or idle
        )


def inherits_content(dockerfile: Dockerfile) -> bool:
    """Say whether its base copies the context by itself (``ONBUILD COPY``)."""
    return any("onbuild" in stage.base for stage in dockerfile.final)


def copied(dockerfile: Dockerfile, folder: str, repository: Repository) -> bool:
    """Say whether an image takes in the content of a project's folder.

    A variable in a source may stand for anything below it. Where the context is the project itself, a folder copied
    out of it may be anything: only the whole, a file beside the manifest, or something the repository does not hold
    (what a build puts there) shows that the project goes in.
    """
    context = dockerfile.context or ""
    if not _within(folder, context):
        return False
    relative = folder[len(context) :].strip("/")
    prefix = f"{context}/" if context else ""
    if not relative and dockerfile.mounts_context:
        return True
    for source in map(_literal, dockerfile.copies):
        if not source or (relative and (_within(relative, source) or _within(source, relative))):
            return True
        if not relative and prefix + source.partition("/")[0] not in repository.folders:
            return True
    return False


def _within(path: str, folder: str) -> bool:
    return not folder or path == folder or path.startswith(folder + "/")


def _literal(source: str) -> str:
    """Return the part of a copied path that needs no expansion, as a folder or file relative to the context."""
    plain = source.removeprefix("./").strip("/")
    match = _VARIABLE.search(plain)
    literal = plain[: match.start()].rpartition("/")[0] if match else plain
    return "" if literal == "." else literal


def _guess(dockerfile: Dockerfile, repository: Repository, projects: frozenset[str]) -> str:
    """Return the nearest folder, upwards, that holds most of what the Dockerfile copies by a literal name.

    One that only copies ``.`` is taken to be built from the project around it.
    """
    wanted = [source for source in map(_literal, dockerfile.copies) if source]
    best, most = dockerfile.folder, 0
    for folder in _upwards(dockerfile.folder):
        prefix = f"{folder}/" if folder else ""
        present = sum(prefix + s in repository.file_set or prefix + s in repository.folders for s in wanted)
        if present > most:
            best, most = folder, present
    if not most and dockerfile.holds_own_content:
        return next((folder for folder in _upwards(dockerfile.folder) if folder in projects), best)
    return best


def _ignore_file(dockerfile: Dockerfile, context: str, files: Iterable[str]) -> str:
    """Return the ignore file a build reads: the Dockerfile's own, else that of the context (dockerignore documentation)."""
    prefix = f"{context}/" if context else ""
    candidates = (f"{dockerfile.at.path}.dockerignore", f"{prefix}.containerignore", f"{prefix}.dockerignore")
    known = files if isinstance(files, frozenset) else frozenset(files)
    return next((path for path in candidates if path in known), "")


def _upwards(folder: str) -> Iterator[str]:
    yield folder
    while folder:
        folder = folder.rpartition("/")[0]
        yield folder
