"""How images are built, and the applications that go into them."""

from __future__ import annotations

from typing import ClassVar

import msgspec

from .base import Fact, Place


class Stage(msgspec.Struct, frozen=True):
    """One ``FROM`` of a Dockerfile. `base` has its ARGs resolved where they have defaults."""

    base: str
    name: str
    line: int
    user: str | None = None  # the last USER, its ARGs and ENVs resolved where they have values; None when there is none
    from_stage: bool = False  # the base is an earlier stage
    dynamic: bool = False  # the base depends on an ARG without default
    user_line: int = 0
    takes_from: tuple[str, ...] = ()  # names and numbers of stages, or images, that it copies from or mounts


class Dockerfile(Fact, frozen=True, kw_only=True):
    """A Dockerfile or Containerfile."""

    stages: tuple[Stage, ...]
    ports: tuple[str, ...] = ()
    healthcheck: bool = False
    copies: tuple[str, ...] = ()  # sources of COPY and ADD from the build context
    development: bool = False  # not a product: a dev container, debug or test-runner image, or `idle`
    idle: bool = False  # a bare FROM that nothing builds; set when derived
    ignore_file: str = ""  # the .dockerignore that applies; set when derived
    bare: bool = False  # nothing but FROM, ARG and LABEL: it adds nothing to its base
    runs: bool = False  # a RUN changes what is in a stage
    mounts_context: bool = False  # a RUN mounts the build context
    context: str | None = None  # the folder it is built from; set when derived

    @property
    def folder(self) -> str:
        """The folder it stands in."""
        return self.at.path.rpartition("/")[0]

    @property
    def holds_own_content(self) -> bool:
        """Whether anything of the repository goes into the image."""
        return bool(self.copies) or self.mounts_context

    @property
    def final(self) -> tuple[Stage, ...]:
        """The last stage, then the earlier stages it builds on; the last of these names the base that is shipped."""
        needs = self._needs()
        chain: list[Stage] = []
        at = len(self.stages) - 1 if self.stages else None
        while at is not None:
            chain.append(self.stages[at])
            at = needs[at][0]
        return tuple(chain)

    @property
    def shipped(self) -> tuple[Stage, ...]:
        """The stages the image that is shipped needs: the last, and those it builds on, copies from or mounts.

        All of them where a variable stands for a stage.
        """
        if any("$" in name for stage in self.stages for name in stage.takes_from):
            return self.stages
        needs = self._needs()
        wanted: set[int | None] = {len(self.stages) - 1}
        for number in range(len(self.stages) - 1, -1, -1):
            if number in wanted:
                wanted.update(needs[number])
        return tuple(stage for number, stage in enumerate(self.stages) if number in wanted)

    def _needs(self) -> list[tuple[int | None, ...]]:
        """Return which earlier stages each needs: first the one it builds on, None without, then those it takes from."""
        latest: dict[str, int] = {}  # of each name and number, where it stands last so far
        needs: list[tuple[int | None, ...]] = []
        for number, stage in enumerate(self.stages):
            base = latest.get(stage.base.lower()) if stage.from_stage else None
            needs.append((base, *(latest.get(name.lower()) for name in stage.takes_from)))
            latest[str(number)] = number
            if stage.name:
                latest[stage.name.lower()] = number
        return needs


class ImageBuild(Fact, frozen=True, kw_only=True):
    """Another way an image is built: buildpacks, ko, Jib, Bazel, Nix, Skaffold, compose and others.

    `folder` is what is built, `image` its name when the file says it, `dockerfile` the Dockerfile it uses, if any.
    """

    tool: str
    folder: str
    image: str = ""
    dockerfile: str = ""
    name: str = ""  # what the file calls it: a compose service, a bake target


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
    serves: str = ""  # what shows it runs as a service rather than as a command; "" when nothing in the manifest does
    framework: str = ""  # a server framework it depends on: a service if a program of it uses that


class Program(Fact, frozen=True, kw_only=True):
    """A source file that starts a program or serves requests: what makes a language project run."""

    transient: ClassVar[bool] = True
    language: str
    main: bool = False  # it is where a program starts
    serves: str = ""  # what in it listens for requests or works for ever
    port: int = 0

    @property
    def folder(self) -> str:
        """The folder it stands in."""
        return self.at.path.rpartition("/")[0]


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
    content: str = "own"  # what its image holds: own, third-party (nothing of the repository's) or nothing (a bare FROM)
    entry_points: tuple[str, ...] = ()
    version: str = ""  # of the language
    package_manager: str = ""

    @property
    def label(self) -> str:
        """Its name."""
        return self.name


class WebApplication(Fact, frozen=True, kw_only=True):
    """The object or factory of a Python module that a web server is told to run."""

    name: str
    interface: str  # asgi or wsgi
    factory: bool = False  # a function that makes the application, not the application itself
