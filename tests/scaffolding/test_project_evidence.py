"""What templates are told about how a service is built and started comes from the repository, not from guesses."""

from __future__ import annotations

from pathlib import Path

import pytest

from assessor.facts.containers import Service
from assessor.scaffolding.evidence import evidence
from assessor.scaffolding.version_ranges import runtime
from tests.organizations import scan, write

FASTAPI = "from fastapi import FastAPI\n\napp = FastAPI()\n"
FLASK = "from flask import Flask\n\n\ndef create_app():\n    return Flask(__name__)\n"
SERVER = 'package main\n\nimport "net/http"\n\nfunc main() {\n\thttp.ListenAndServe(":8080", nil)\n}\n'


def known(root: Path, files: dict[str, str]) -> dict[str, str]:
    organization = scan(write(root, files))
    repository = organization.repositories[0]
    (service,) = repository.of(Service)
    return {name: item.value for name, item in evidence(organization, repository, service, {}).items()}


@pytest.mark.parametrize(
    ("family", "wanted", "version"),
    [
        ("python", ">=3.10", "3.13"),
        ("python", ">=3.11,<3.13", "3.12"),
        ("python", ">=3.11, <4.0", "3.13"),
        ("python", "^3.10", "3.13"),
        ("python", "~=3.10.0", "3.10"),
        ("python", "~3.11", "3.13"),
        ("python", "==3.12.*", "3.12"),
        ("python", "3.11", "3.11"),
        ("python", ">=3.14", "3.14"),
        ("python", "!=3.13.1,>=3.12", "3.13"),
        ("python", ">=3.8,<3.9", ""),
        ("javascript", ">=18", "24"),
        ("javascript", "20.x", "20"),
        ("javascript", "^20.11.0", "20"),
        ("javascript", "~22.1", "22"),
        ("javascript", "^20 || ^22", "22"),
        ("javascript", ">=20 <23", "22"),
        ("javascript", "16", ""),
        ("java", "1.8", "8"),
        ("java", "17", "17"),
        ("java", "18", "21"),
        ("c#", "net9.0", "9.0"),
        ("c#", "netstandard2.0", ""),
        ("ruby", "3.3.5", "3.3.5"),
        ("ruby", "~> 3.3", "3.4"),
        ("ruby", ">= 3.2.0", "3.4"),
        ("php", "^8.2", "8.4"),
        ("php", ">=8.1 <8.4", "8.3"),
        ("php", "~8.2.0", "8.2"),
        ("php", "^7.4", ""),
        ("go", "1.24", ""),
        ("python", "", ""),
        ("python", "whatever", ""),
        ("javascript", "*", ""),
    ],
)
def test_a_version_is_one_the_manifest_allows(family: str, wanted: str, version: str) -> None:
    assert runtime(family, wanted) == version


def test_an_object_of_fastapi_is_served_as_asgi(tmp_path: Path) -> None:
    found = known(tmp_path, {"requirements.txt": "fastapi\n", "app/__init__.py": "", "app/main.py": FASTAPI})
    assert (found["project.server"], found["project.module"], found["project.object"]) == ("asgi", "app.main", "app")
    assert found["project.source"] == "."


def test_a_factory_of_flask_below_src_is_served_as_wsgi(tmp_path: Path) -> None:
    files = {"pyproject.toml": '[project]\nname = "shop"\ndependencies = ["flask"]\n', "src/shop/__init__.py": FLASK}
    found = known(tmp_path, files)
    assert (found["project.server"], found["project.module"], found["project.factory"]) == ("wsgi", "shop", "yes")
    assert found["project.source"] == "src"


def test_a_file_made_for_the_server_wins_over_the_nearest(tmp_path: Path) -> None:
    files = {"requirements.txt": "flask\n", "app.py": "from flask import Flask\napp = Flask(__name__)\n"}
    files["deploy/wsgi.py"] = "from flask import Flask\napplication = Flask(__name__)\n"
    assert known(tmp_path, files)["project.module"] == "deploy.wsgi"


def test_django_is_served_by_its_own_wsgi_module(tmp_path: Path) -> None:
    manage = "from django.core.management import execute_from_command_line\n\nexecute_from_command_line()\n"
    wsgi = "from django.core.wsgi import get_wsgi_application\napplication = get_wsgi_application()\n"
    found = known(tmp_path, {"requirements.txt": "django\n", "manage.py": manage, "site/wsgi.py": wsgi})
    assert (found["project.server"], found["project.django"]) == ("wsgi", "site.wsgi")


def test_go_finds_the_main_package_below_cmd(tmp_path: Path) -> None:
    found = known(tmp_path, {"go.mod": "module x\n\ngo 1.24\n", "cmd/api/main.go": SERVER, "static/a.css": "p {}\n"})
    assert (found["project.main"], found["project.assets"]) == ("cmd/api", "static")


def test_a_lock_file_above_makes_the_workspace_the_context(tmp_path: Path) -> None:
    package = '{"name": "api", "private": true, "scripts": {"start": "node server.js"}, "dependencies": {"express": "5"}}\n'
    found = known(tmp_path, {"pnpm-lock.yaml": "lockfileVersion: 9\n", "apps/api/package.json": package})
    assert (found["project.workspace"], found["project.context"], found["project.inner"]) == ("yes", ".", "apps/api")
    assert (found["project.lock"], found["project.start"]) == ("pnpm-lock.yaml", "node server.js")


def test_a_lock_file_of_its_own_makes_a_project_stand_alone(tmp_path: Path) -> None:
    package = '{"name": "api", "private": true, "scripts": {"start": "node server.js"}, "dependencies": {"express": "5"}}\n'
    files = {"yarn.lock": "", "apps/api/package.json": package, "apps/api/package-lock.json": "{}\n"}
    found = known(tmp_path, files)
    assert (found["project.workspace"], found["project.context"], found["project.lock"]) == (
        "no",
        "apps/api",
        "package-lock.json",
    )


def test_nest_is_started_by_what_it_builds(tmp_path: Path) -> None:
    package = '{"name": "api", "private": true, "scripts": {"start": "nest start"}, "dependencies": {"@nestjs/core": "11"}}\n'
    assert known(tmp_path, {"package.json": package})["project.start"] == "node dist/main.js"


def test_a_start_script_that_compiles_keeps_what_it_compiles_with(tmp_path: Path) -> None:
    package = '{"name": "api", "private": true, "scripts": {"start": "ts-node server.ts"}, "dependencies": {"express": "5"}}\n'
    found = known(tmp_path, {"package.json": package})
    assert (found["project.start"], found["project.prune"]) == ("npm start", "no")


def test_what_a_dockerfile_copies_and_nothing_holds_is_told(tmp_path: Path) -> None:
    files = {
        "Dockerfile": "FROM node:24\nCOPY dist/api api\nCOPY package.json lock* ./\nENV PORT=3000\n",
        "package.json": '{"name": "shop"}',
    }
    found = known(tmp_path, files)
    assert (found["service.prebuilt"], found["service.port"]) == ("dist/api", "3000")


def test_an_image_listens_where_its_base_does(tmp_path: Path) -> None:
    files = {
        "Dockerfile": "FROM node:24 AS build\nCOPY . .\nFROM nginx:1\nCOPY --from=build /dist /usr/share/nginx/html\n",
        "index.html": "<p>",
    }
    assert known(tmp_path, files)["service.port"] == "80"
