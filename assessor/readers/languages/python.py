"""Reads Python projects: pyproject.toml (PEP 621, Poetry, uv), setup.py/.cfg, requirements, Pipfile, and what runs them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from assessor.facts.base import Fact
from assessor.facts.containers import LanguageProject, Program
from assessor.reading import Source, reader

from .values import first_of, names, port_of, table, text, texts

# Frameworks and servers whose use in a program means that it serves. Order: the more telling first.
FRAMEWORKS = (
    "django", "fastapi", "flask", "starlette", "sanic", "tornado", "aiohttp", "falcon", "bottle", "quart", "litestar", "pyramid",
    "connexion", "streamlit", "gradio", "dash", "celery", "dramatiq", "grpcio", "uvicorn", "gunicorn", "hypercorn", "waitress",
    "daphne", "apache-airflow", "langserve", "mcp", "locust", "kopf", "nameko", "faust-streaming", "aiogram", "discord.py",
)  # fmt: skip
_TOOLS = frozenset(
    ("pulumi", "aws-cdk-lib", "aws-cdk.core", "cdktf", "cdk8s", "ansible", "ansible-core")
)  # infrastructure, not a service


@reader("python-project", names=("pyproject.toml",))
def read_pyproject(source: Source) -> Iterator[LanguageProject]:
    """Yield the project of a pyproject.toml, unless the file only configures tools."""
    config = source.toml
    project, poetry = table(config, "project"), table(config, "tool", "poetry")
    if not project and not poetry:
        return
    requirements = names([*texts(project.get("dependencies")), *table(config, "tool", "poetry", "dependencies")])
    scripts = [*table(project.get("scripts")), *table(poetry.get("scripts"))]
    yield LanguageProject(
        at=source.place(source.line_with("[project]") or source.line_with("[tool.poetry]") or 1),
        language="python",
        folder=source.folder,
        name=text(project.get("name")) or text(poetry.get("name")),
        version=text(project.get("requires-python")) or text(table(config, "tool", "poetry", "dependencies").get("python")),
        entry_points=tuple(f"console script {name}" for name in sorted(scripts)[:20]),
        published=_is_published(config, project, poetry),
        package_manager=_package_manager(config, poetry),
        framework="" if requirements & _TOOLS else first_of(FRAMEWORKS, requirements),
    )


def _is_published(config: dict[str, object], project: dict[str, object], poetry: dict[str, object]) -> bool:
    """Say whether it is made for an index: it builds a package and describes it for strangers."""
    metadata = project or poetry
    if "build-system" not in config or poetry.get("package-mode") is False:
        return False
    classifiers = texts(metadata.get("classifiers"))
    if any(c.startswith("Private ::") for c in classifiers):
        return False
    described = (
        classifiers or metadata.get("keywords") or project.get("urls") or poetry.get("homepage") or poetry.get("repository")
    )
    return bool(described)


def _package_manager(config: dict[str, object], poetry: dict[str, object]) -> str:
    tools = table(config, "tool")
    if poetry:
        return "poetry"
    return next((tool for tool in ("uv", "pdm", "hatch", "rye") if tool in tools), "pip")


@reader("python-setup", names=("setup.py", "setup.cfg"))
def read_setup(source: Source) -> Iterator[LanguageProject]:
    """Yield the package a setup.py or setup.cfg describes."""
    content = source.text
    if source.name.lower() == "setup.cfg":
        line, pattern = source.line_with("[metadata]"), r"(?m)^name\s*=\s*([\w.-]+)"
    else:
        line, pattern = source.line_with("setup("), r"\bname\s*=\s*['\"]([\w.-]+)['\"]"
    if not line:
        return
    name = re.search(pattern, content)
    described = re.search(r"(?i)classifiers?|long_description|author_email|keywords", content)
    yield LanguageProject(
        at=source.place(line),
        language="python",
        folder=source.folder,
        name=name[1] if name else "",
        entry_points=("console script",) if "console_scripts" in content else (),
        published=bool(described) and "Private ::" not in content,
        package_manager="pip",
    )


@reader("python-requirements", names=("requirements.txt", "requirements.in", "Pipfile", "environment.yml"))
def read_requirements(source: Source) -> Iterator[LanguageProject]:
    """Yield a project of its requirements alone. What it is, its programs tell."""
    name = source.name.lower()
    lines = source.lines[:5000]
    version = text(table(source.toml, "requires").get("python_version")) if name == "pipfile" else ""
    if name == "pipfile":
        found, manager = names([*table(source.toml, "packages")]), "pipenv"
    elif name == "environment.yml":
        if not source.line_with("dependencies:"):
            return
        found, manager = names(line.strip().lstrip("- ") for line in lines), "conda"
    else:
        found, manager = names(line for line in lines if not line.lstrip().startswith(("#", "-"))), "pip"
    yield LanguageProject(
        at=source.place(1),
        language="python",
        folder=source.folder,
        version=version,
        package_manager=manager,
        framework="" if found & _TOOLS else first_of(FRAMEWORKS, found),
    )


_MAIN = re.compile(rb"^if\s+__name__\s*==\s*['\"]__main__['\"]", re.M)
_SERVES = re.compile(
    rb"^(?![ \t]*(?:#|>>>)).*?\b("
    rb"(?:Flask|FastAPI|Sanic|Starlette|Quart|Litestar|Bottle|FastMCP|Celery|Dash|AioHTTPApp|FlaskApp|AsyncApp)\(|"
    rb"get_[wa]sgi_application\(|execute_from_command_line\(|uvicorn\.run\(|web\.run_app\(|run_simple\(|serve_forever\(|"
    rb"grpc\.(?:aio\.)?server\(|HTTPServer\(|make_server\(|waitress\.serve\(|start_http_server\(|add_insecure_port\(|"
    rb"kopf\.run\(|BlockingConnection\(|KafkaConsumer\(|start_consuming\(|\.launch\(server|class \w+\((?:HttpUser|FastHttpUser)\))",
    re.M,
)
_PORT = re.compile(rb"\bport\s*=\s*(?:int\([^)\n]*?|os\.[^)\n]*?)?['\"]?(\d{2,5})\b|runserver\s+\S*?:?(\d{4,5})")


@reader("python-program", names=("*.py", "Procfile"))
def read_program(source: Source) -> Iterator[Fact]:
    """Yield a program: a file that starts when run, or builds an application that serves."""
    if source.name.lower() == "procfile":
        yield from _procfile(source)
        return
    data = source.data[:400_000]
    if max(map(len, data.split(b"\n"))) > 5_000:
        return  # generated
    served = _SERVES.search(data)
    main = _MAIN.search(data)
    if not served and not main:
        return
    found = served or main
    line = data.count(b"\n", 0, found.start(1) if served else found.start()) + 1 if found else 0
    port = _PORT.search(data) if served else None
    yield Program(
        at=source.place(line),
        language="python",
        main=bool(main),
        serves=served[1].decode("ascii", "replace").rstrip("(") if served else "",
        port=port_of((port[1] or port[2]).decode()) if port else 0,
    )


def _procfile(source: Source) -> Iterator[Program]:
    """Yield the processes a platform is told to run (buildpacks read this file too)."""
    for number, line in enumerate(source.lines[:100], 1):
        process = re.match(r"([\w-]+):\s*\S", line)
        if process:
            yield Program(at=source.place(number), language="", main=True, serves=f"Procfile process {process[1]}")
