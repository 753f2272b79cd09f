"""Joins language manifests with the programs beside them: what runs, what serves, what is a library.

A manifest alone rarely tells: a requirements.txt with a web framework may belong to a test suite, a go.mod to a
library. So a project serves when its manifest says so by itself (a start script, an application plug-in), or when a
program of it does what the manifest's framework is for.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

import msgspec

from assessor.facts.containers import LanguageProject, Program

from .base import Material, deriver

_FAMILIES = {"kotlin": "java", "scala": "java", "typescript": "javascript", "f#": "c#", "vb.net": "c#"}
TOOL_FOLDERS = frozenset(
    (
        "hack",
        "tools",
        "tool",
        "scripts",
        "script",
        "ci",
        "util",
        "utils",
        "contrib",
        "files",
        "migrations",
        "notebooks",
        "benchmarks",
        "bench",
    )
)
# Packages of a Go module in which a listening socket is the program's purpose, not a helper's.
_SERVER_FOLDERS = frozenset(
    ("server", "servers", "api", "http", "web", "grpc", "rpc", "handler", "handlers", "transport", "rest", "router", "routers", "app",
     "service", "services", "controller", "controllers", "operator", "manager", "cmd", "serve", "daemon", "webserver", "httpserver")
)  # fmt: skip
_WEB_ROOTS = frozenset(("", "public", "web", "htdocs", "html", "www", "src", "webroot"))


@deriver(replaces=(LanguageProject,))
def projects(material: Material) -> Iterator[LanguageProject]:
    """Yield one project per folder and language, with what its programs add."""
    merged = {key: _merge(found) for key, found in _grouped(material.of(LanguageProject)).items()}
    programs = _owned(material.of(Program), merged)
    for key in sorted(merged):
        yield _complete(merged[key], programs[key])


Key = tuple[str, str]  # folder, language family


def family(language: str) -> str:
    """Return the language whose manifests and programs belong together."""
    return _FAMILIES.get(language, language)


def _grouped(found: Iterable[LanguageProject]) -> dict[Key, list[LanguageProject]]:
    groups: defaultdict[Key, list[LanguageProject]] = defaultdict(list)
    for project in found:
        groups[project.folder, family(project.language)].append(project)
    return dict(groups)


def _merge(found: list[LanguageProject]) -> LanguageProject:
    """Join the manifests of one folder: two of Maven and Gradle, pyproject.toml beside requirements.txt."""
    best = max(found, key=lambda p: (bool(p.serves), bool(p.name), p.published))
    return msgspec.structs.replace(
        best,
        name=best.name or next((p.name for p in found if p.name), ""),
        version=best.version or next((p.version for p in found if p.version), ""),
        entry_points=tuple(dict.fromkeys(e for p in found for e in p.entry_points)),
        published=any(p.published for p in found) and not any(p.serves for p in found),
        port=next((p.port for p in found if p.port), 0),
        framework=next((p.framework for p in found if p.framework), ""),
    )


def _owned(programs: Iterable[Program], known: dict[Key, LanguageProject]) -> defaultdict[Key, list[Program]]:
    """Give each program to the nearest project of its language around it; a Procfile to those of its own folder."""
    owned: defaultdict[Key, list[Program]] = defaultdict(list)
    by_folder: defaultdict[str, list[Key]] = defaultdict(list)
    for key in known:
        by_folder[key[0]].append(key)
    for program in programs:
        folder = program.folder
        if not program.language:
            for key in by_folder.get(folder, ()):
                owned[key].append(program)
            continue
        while (folder, family(program.language)) not in known and folder:
            folder = folder.rpartition("/")[0]
        if (folder, family(program.language)) in known:
            owned[folder, family(program.language)].append(program)
    return owned


def _complete(project: LanguageProject, programs: list[Program]) -> LanguageProject:
    """Add what the programs show: entry points, that it serves, its port; or that it is a library."""
    inside = [(p, _relative(p.folder, project.folder)) for p in programs]
    telling = [(p, folder) for p, folder in inside if not TOOL_FOLDERS & set(folder.lower().split("/"))]
    mains = [folder for p, folder in telling if p.main]
    if project.language == "go":
        serving = _go_server(project, telling, mains)
        published = not mains
    else:
        serving = _server(project, telling)
        published = project.published
    if serving is None:
        entry_points = project.entry_points or tuple(f"program {folder or '.'}" for folder in sorted(set(mains))[:10])
        return msgspec.structs.replace(project, entry_points=entry_points, published=published)
    serves = project.serves or f"{serving.serves} in {serving.at.path}"
    return msgspec.structs.replace(
        project,
        at=project.at if project.serves else serving.at,
        serves=serves,
        entry_points=project.entry_points or (serves,),
        port=project.port or serving.port,
        published=False,
    )


def _relative(folder: str, base: str) -> str:
    return folder[len(base) :].lstrip("/")


def _go_server(project: LanguageProject, programs: list[tuple[Program, str]], mains: list[str]) -> Program | None:
    """Return the file in which a Go program listens: in a main package, or in one named for it."""
    if not mains or project.framework == "infrastructure":
        return None
    main_folders = set(mains)
    for program, folder in sorted(programs, key=lambda item: (not item[0].main, item[1] not in main_folders, item[0].at)):
        if program.serves and (folder in main_folders or _SERVER_FOLDERS & set(folder.lower().split("/"))):
            return program
    return None


def _server(project: LanguageProject, programs: list[tuple[Program, str]]) -> Program | None:
    """Return the program that serves, in a language whose manifest names a framework."""
    if project.published:
        return None
    for program, folder in sorted(programs, key=lambda item: (item[1].count("/") + bool(item[1]), not item[0].main, item[0].at)):
        if not program.serves or (project.language == "php" and folder not in _WEB_ROOTS):
            continue
        if project.framework or family(project.language) in ("java", "php", "rust") or not program.language:
            return program
    return None


DERIVERS = (projects,)
