"""What is known of how a service starts.

Names: ``project.program`` (the file that serves, inside the service's folder), ``project.server`` (of Python: asgi, wsgi or
program; of Ruby: rails, rack or program), ``project.module``, ``project.object`` and ``project.factory`` (what a Python
server is told to run), ``project.django`` (the module of a Django project's WSGI application), ``project.source`` (the
folder modules are in), ``project.main`` (a Go main package, a Rust binary, PHP's public folder), ``project.assets``
(folders a compiled program may read while it runs), ``project.start``, ``project.prune`` and ``project.output`` (of Node.js).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Protocol

from assessor.facts.base import Place
from assessor.facts.containers import LanguageProject, WebApplication
from assessor.facts.repository import Repository

Item = tuple[str, str, Place | str]

_ASSETS = ("templates", "static", "public", "views", "assets", "web", "migrations", "locales")
_ENTRIES = ("server.js", "index.js", "app.js", "main.js", "src/server.js", "src/index.js", "src/app.js", "src/main.js")
# Where the builders of sites write, unless they are told otherwise.
_OUTPUTS = {"react-scripts": "build", "gatsby": "public", "@sveltejs/kit": "build"}
_PLAIN = re.compile(r"(?:NODE_ENV=\w+ )?(node (?:--[\w=-]+ )*[\w./-]+)")
_DEVELOPMENT = re.compile(r"\b(?:ts-node(?:-dev)?|tsx|nodemon|babel-node|concurrently|cross-env|nest start)\b")


class Files(Protocol):
    """The files of a repository, asked by folder and name."""

    def has(self, folder: str, name: str) -> bool:
        """Say whether a folder holds a file."""

    def first(self, folder: str, names: tuple[str, ...]) -> str:
        """Return the first of some names that a folder holds."""

    def below(self, folder: str, shape: str) -> list[str]:
        """Return the paths inside a folder that match a pattern."""


def of_start(repository: Repository, files: Files, family: str, project: LanguageProject) -> Iterator[Item]:
    """Yield what a service is started with."""
    folder = project.folder
    # A deriver says "FastAPI in services/api/app/main.py".
    found = re.search(r" in (\S+)\Z", project.serves)
    program = found[1][len(folder) :].lstrip("/") if found and _within(found[1], folder) else ""
    yield "project.program", program, project.at
    assets = [name for name in _ASSETS if files.below(f"{folder}/{name}" if folder else name, r".+")]
    yield "project.assets", " ".join(assets), project.at
    if family == "python":
        yield from _python(repository, files, project, program)
    elif family == "javascript":
        yield from _node(files, project)
    elif family == "go":
        mains = [path.rpartition("/")[0] for path in files.below(folder, r"(?:.+/)?main\.go")]
        near = program.rpartition("/")[0]
        yield "project.main", (near if near in mains or not mains else mains[0]) or ".", project.at
    elif family == "rust":
        binaries = [entry.removeprefix("binary ") for entry in project.entry_points if entry.startswith("binary ")]
        yield "project.main", binaries[0] if len(binaries) == 1 else "", project.at
    elif family == "php":
        served = ("public", "web", "htdocs", "www", "webroot")
        yield "project.main", next((f for f in served if files.has(_join(folder, f), "index.php")), "."), project.at
    elif family == "ruby":
        rails = project.framework == "rails" or files.has(folder, "config/application.rb")
        yield "project.server", "rails" if rails else "rack" if files.has(folder, "config.ru") else "program", project.at


def _python(repository: Repository, files: Files, project: LanguageProject, program: str) -> Iterator[Item]:
    folder = project.folder
    settings = files.below(folder, r"(?:\w+/){1,3}wsgi\.py") if files.has(folder, "manage.py") else []
    if settings:
        at = Place(project.at.repository, _join(folder, settings[0]))
        yield "project.django", _module(settings[0]), at
        yield "project.object", "application", at
        yield "project.server", "wsgi", at
        yield "project.source", "src" if settings[0].startswith("src/") else ".", at
        return
    inside = [a for a in repository.of(WebApplication) if _within(a.at.path, folder)]
    # A file made for the server (wsgi.py) first, then the one nearest to the manifest, then objects before factories.
    best = min(
        inside, key=lambda a: (not re.search(r"[wa]sgi\.py", a.at.path), a.at.path.count("/"), a.factory, a.at), default=None
    )
    if best is None:
        yield "project.server", "program", project.at
        return
    path = best.at.path[len(folder) :].lstrip("/")
    yield "project.module", _module(path), best.at
    yield "project.object", best.name, best.at
    yield "project.factory", "yes" if best.factory else "no", best.at
    yield "project.server", best.interface, best.at
    yield (
        "project.source",
        "src" if path.startswith("src/") and not files.has(_join(folder, "src"), "__init__.py") else ".",
        best.at,
    )


def _node(files: Files, project: LanguageProject) -> Iterator[Item]:
    script = next((e.removeprefix("start script: ") for e in project.entry_points if e.startswith("start script: ")), "")
    plain = _PLAIN.fullmatch(script)
    entry = files.first(project.folder, _ENTRIES)
    if plain:
        start = plain[1]
    elif project.framework == "@nestjs/core":
        start = "node dist/main.js"  # what `nest build` makes; `nest start` is its development tool
    else:
        start = "npm start" if script else f"node {entry}" if entry else ""
    yield "project.start", start, project.at
    # What is only installed for development is taken out after the build, unless the start script runs it.
    yield "project.prune", "no" if start == "npm start" and _DEVELOPMENT.search(script) else "yes", project.at
    yield "project.output", _OUTPUTS.get(project.serves.removesuffix(" site"), "dist"), project.at


def _module(path: str) -> str:
    """Return the module a file is imported as; a folder ``src`` that is no package is where modules are looked for."""
    return path.removesuffix(".py").removesuffix("/__init__").removeprefix("src/").replace("/", ".")


def _join(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name


def _within(path: str, folder: str) -> bool:
    return not folder or path.startswith(folder + "/")
