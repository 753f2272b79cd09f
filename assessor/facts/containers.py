"""How images are built, and the applications that go into them."""

from __future__ import annotations

import msgspec

from .base import Fact, Place


class Stage(msgspec.Struct, frozen=True):
    """One ``FROM`` of a Dockerfile. `base` has its ARGs resolved where they have defaults."""

    base: str
    name: str
    line: int
    user: str | None = None  # the last USER, as written; None when there is none
    from_stage: bool = False  # the base is an earlier stage
    dynamic: bool = False  # the base depends on an ARG without default


class Dockerfile(Fact, frozen=True, kw_only=True):
    """A Dockerfile or Containerfile."""

    stages: tuple[Stage, ...]
    ports: tuple[str, ...] = ()
    healthcheck: bool = False
    copies: tuple[str, ...] = ()  # sources of COPY and ADD from the build context
    development: bool = False  # a dev container, debug or test-runner image, not a product
    ignore_file: str = ""  # the .dockerignore that applies; set when derived

    @property
    def folder(self) -> str:
        """The folder it stands in."""
        return self.at.path.rpartition("/")[0]


class ImageBuild(Fact, frozen=True, kw_only=True):
    """Another way an image is built: buildpacks, ko, Jib, Bazel, Nix, Skaffold, compose …

    `folder` is what is built, `image` its name when the file says it, `dockerfile` the Dockerfile it uses, if any.
    """

    tool: str
    folder: str
    image: str = ""
    dockerfile: str = ""


class LanguageProject(Fact, frozen=True, kw_only=True):
    """A language's manifest (pyproject.toml, package.json, go.mod, pom.xml …), the seed of a service or a library."""

    language: str
    folder: str
    name: str = ""
    version: str = ""  # of the language, as the manifest asks for it
    entry_points: tuple[str, ...] = ()  # what shows it runs as a program: a main package, a start script, a web framework
    published: bool = False  # it is made to be imported by others
    port: int = 0
    package_manager: str = ""


class Service(Fact, frozen=True, kw_only=True):
    """A deployable application: a language project with an entry point, or a folder whose image the repository builds.

    Joined across repositories: `images` it is pushed as, `workloads` that run them, `applications` that deploy those.
    """

    name: str
    folder: str
    language: str = ""
    why: str = ""  # what shows that it is deployable
    port: int = 0
    dockerfile: Place | None = None
    build: Place | None = None  # another way its image is built (buildpacks, ko, Jib …)
    build_tool: str = ""
    images: tuple[str, ...] = ()
    pushed_by: tuple[Place, ...] = ()
    workloads: tuple[Place, ...] = ()
    applications: tuple[Place, ...] = ()

    @property
    def label(self) -> str:
        """Its name."""
        return self.name
