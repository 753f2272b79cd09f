from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assessor.facts.base import Fact
from assessor.facts.containers import ImageBuild, LanguageProject, Program
from assessor.reading import Source
from assessor.registry import load_readers
from tests.organizations import read


def facts(path: str, text: str) -> list[Fact]:
    """Return what all readers of languages and image builds say of a file."""
    return [
        fact
        for name, reader in load_readers().items()
        if reader.reads(path)
        for fact in read(name, path, text)
        if isinstance(fact, LanguageProject | Program | ImageBuild)
    ]


def project(path: str, text: str) -> LanguageProject:
    (found,) = (fact for fact in facts(path, text) if isinstance(fact, LanguageProject))
    return found


def test_the_python_a_pipfile_asks_for_and_the_generation_of_yarn_are_read() -> None:
    assert project("Pipfile", '[packages]\nflask = "*"\n\n[requires]\npython_version = "3.11"\n').version == "3.11"
    assert project("package.json", '{"name": "shop", "packageManager": "yarn@4.9.2"}').package_manager == "yarn-berry"
    assert project("package.json", '{"name": "shop", "packageManager": "yarn@1.22.22"}').package_manager == "yarn"


def programs(path: str, text: str) -> list[Program]:
    return [fact for fact in facts(path, text) if isinstance(fact, Program)]


def builds(path: str, text: str) -> list[ImageBuild]:
    return [fact for fact in facts(path, text) if isinstance(fact, ImageBuild)]


# Python


def test_a_described_python_package_is_published() -> None:
    found = project(
        "pyproject.toml",
        '[build-system]\nrequires = []\n[project]\nname = "Flask"\nrequires-python = ">=3.9"\nclassifiers = ["Framework :: Flask"]\n'
        'dependencies = ["werkzeug>=3"]\nscripts = {flask = "flask.cli:main"}\n',
    )
    assert (found.published, found.name, found.version, found.entry_points) == (True, "Flask", ">=3.9", ("console script flask",))


@pytest.mark.parametrize(
    "text",
    [
        '[project]\nname = "app"\ndependencies = ["fastapi"]\n',
        '[build-system]\n[project]\nname = "app"\nclassifiers = ["Private :: Do Not Upload"]\n',
        '[build-system]\n[tool.poetry]\nname = "app"\nhomepage = "https://x"\npackage-mode = false\n',
    ],
)
def test_a_python_application_is_not_published(text: str) -> None:
    assert not project("api/pyproject.toml", text).published


def test_a_pyproject_that_configures_tools_is_no_project() -> None:
    assert facts("pyproject.toml", "[tool.ruff]\nline-length = 100\n") == []


@pytest.mark.parametrize(
    ("path", "text", "manager", "framework"),
    [
        ("requirements.txt", "# x\n-r base.txt\nFlask[async]==3.1 ; python_version > '3'\n", "pip", "flask"),
        ("Pipfile", '[packages]\ndjango = "*"\n', "pipenv", "django"),
        ("pyproject.toml", '[tool.poetry]\nname = "x"\n[tool.poetry.dependencies]\nfastapi = "^0"\n', "poetry", "fastapi"),
        ("requirements.txt", "pulumi>=3\naiohttp\n", "pip", ""),
    ],
)
def test_python_requirements_name_a_framework(path: str, text: str, manager: str, framework: str) -> None:
    found = project(path, text)
    assert (found.package_manager, found.framework) == (manager, framework)


@pytest.mark.parametrize(
    ("text", "serves"),
    [
        ("app = Flask(__name__)\n", "Flask"),
        ("application = get_wsgi_application()\n", "get_wsgi_application"),
        ("    uvicorn.run(app, port=9000)\n", "uvicorn.run"),
        ("server = grpc.server(pool)\n", "grpc.server"),
        ("# app = Flask(__name__)\nif __name__ == '__main__':\n    main()\n", ""),
    ],
)
def test_python_programs_that_serve_are_told_from_scripts(text: str, serves: str) -> None:
    (program,) = programs("main.py", text)
    assert program.serves == serves


def test_a_python_module_without_main_or_server_is_no_program() -> None:
    assert programs("lib.py", "def f() -> None: ...\n") == []


def test_a_procfile_names_processes() -> None:
    (program,) = programs("Procfile", "web: gunicorn app:app\n")
    assert program.serves == "Procfile process web"


# JavaScript


@pytest.mark.parametrize(
    ("text", "serves", "published"),
    [
        ('{"name": "a", "private": true, "scripts": {"start": "node x.js"}, "dependencies": {"express": "5"}}', "express server", False),
        ('{"name": "a", "scripts": {"start:prod": "node dist/main"}, "dependencies": {"@nestjs/core": "1"}}', "@nestjs/core server", False),
        ('{"private": true, "scripts": {"build": "react-scripts build"}, "dependencies": {"react-scripts": "5"}}', "react-scripts site", False),
        ('{"private": true, "scripts": {"build": "vite build"}, "devDependencies": {"vite": "5"}}', "vite site", False),
        ('{"private": true, "scripts": {"start": "node server.js"}}', "server start script", False),
        ('{"private": true, "scripts": {"start": "node dist/main.js"}}', "", False),
        ('{"name": "@x/ui", "files": ["dist"], "scripts": {"build": "vite build"}, "devDependencies": {"vite": "5"}}', "", True),
        ('{"name": "x", "peerDependencies": {"aws-cdk-lib": "2"}, "main": "index.js"}', "", True),
        ('{"name": "cli", "bin": {"cli": "x.js"}, "dependencies": {"express": "5"}}', "", True),
        ('{"private": true, "scripts": {"start": "docusaurus start"}, "dependencies": {"@docusaurus/core": "3"}}', "", False),
        ('{"name": "infra", "main": "index.ts", "scripts": {"start": "node server"}, "dependencies": {"@pulumi/pulumi": "3"}}', "", False),
        ('{"devDependencies": {"@playwright/test": "1"}, "scripts": {}}', "", False),
    ],
)  # fmt: skip
def test_javascript_services_are_told_from_packages_and_tools(text: str, serves: str, published: bool) -> None:
    found = project("web/package.json", text)
    assert (found.serves, found.published) == (serves, published)


# Go


def test_a_go_module_has_a_name_and_a_version() -> None:
    found = project("go.mod", "// x\nmodule example.com/a/v2\n\ngo 1.25.1\n")
    assert (found.name, found.version, found.at.line) == ("example.com/a/v2", "1.25.1", 2)


def test_go_programs_are_main_packages_or_listen() -> None:
    (program,) = programs("cmd/x/main.go", 'package main\n\nfunc main() {\n\thttp.ListenAndServe(":8081", nil)\n}\n')
    assert (program.main, program.serves, program.port, program.at.line) == (True, "ListenAndServe", 8081, 4)
    assert programs("a_test.go", "package main\n") == []
    assert programs("lib/a.go", "package lib\n") == []


# Java


MAVEN = "<project><artifactId>a</artifactId>{}<build><plugins><plugin><artifactId>{}</artifactId></plugin></plugins></build></project>"


def test_a_spring_boot_build_serves_and_builds_an_image_only_where_it_says_so() -> None:
    text = MAVEN.format("", "spring-boot-maven-plugin")
    assert project("pom.xml", text).serves == "Spring Boot plug-in"
    assert builds("pom.xml", text) == []
    configured = text.replace("</plugin>", "<configuration><image><name>acme/clinic</name></image></configuration></plugin>")
    assert [(b.tool, b.image) for b in builds("pom.xml", configured)] == [("buildpacks (spring-boot:build-image)", "acme/clinic")]


def test_jib_is_preferred_and_an_aggregate_is_no_application() -> None:
    both = MAVEN.format("", "spring-boot-maven-plugin</artifactId></plugin><plugin><artifactId>jib-maven-plugin")
    assert [b.tool for b in builds("pom.xml", both)] == ["jib"]
    parent = MAVEN.format("<packaging>pom</packaging>", "jib-maven-plugin")
    assert (project("pom.xml", parent).serves, builds("pom.xml", parent)) == ("", [])


def test_managed_and_commented_plugins_are_not_applied() -> None:
    managed = MAVEN.replace("<plugins>", "<pluginManagement><plugins>").replace("</plugins>", "</plugins></pluginManagement>")
    assert project("pom.xml", managed.format("", "spring-boot-maven-plugin")).serves == ""
    assert (
        project(
            "pom.xml",
            MAVEN.format("", "x").replace(
                "<plugin>", "<!-- <plugin><artifactId>spring-boot-maven-plugin</artifactId></plugin> --><plugin>"
            ),
        ).serves
        == ""
    )


@pytest.mark.parametrize(
    ("text", "serves"),
    [
        ("plugins {\n  id 'org.springframework.boot' version '3'\n}\n", "Spring Boot plug-in"),
        ("plugins {\n  id 'org.springframework.boot' version '3' apply false\n}\n", ""),
        (
            "plugins {\n  id 'application'\n}\ndependencies { implementation 'io.grpc:grpc-netty:1' }\n",
            "application with grpc-netty",
        ),
        ("plugins {\n  id 'application'\n}\n", ""),
        ("plugins { `java-library` }\ndependencies { api('io.javalin:javalin:6') }\n", ""),
    ],
)
def test_gradle_applications_are_told_from_libraries(text: str, serves: str) -> None:
    assert project("build.gradle.kts", text).serves == serves


# .NET


@pytest.mark.parametrize(
    ("text", "serves"),
    [
        ('\ufeff<Project Sdk="Microsoft.NET.Sdk.Web"></Project>', "web SDK"),
        ('<Project Sdk="Microsoft.NET.Sdk.Worker"></Project>', "worker SDK"),
        ('<Project Sdk="Microsoft.NET.Sdk"><PropertyGroup><AzureFunctionsVersion>v4</AzureFunctionsVersion></PropertyGroup></Project>', "Azure Functions"),
        ('<Project Sdk="Microsoft.NET.Sdk"><PropertyGroup><OutputType>Exe</OutputType></PropertyGroup></Project>', ""),
        ('<Project Sdk="Aspire.AppHost.Sdk/13.1.0"><PropertyGroup><OutputType>Exe</OutputType></PropertyGroup></Project>', ""),
        ('<Project Sdk="Microsoft.NET.Sdk.Razor"><PropertyGroup><TargetFrameworks>net10.0-android</TargetFrameworks></PropertyGroup></Project>', ""),
        ('<Project Sdk="Microsoft.NET.Sdk"><ItemGroup><FrameworkReference Include="Microsoft.AspNetCore.App" /></ItemGroup></Project>', ""),
    ],
)  # fmt: skip
def test_dotnet_services_are_told_from_libraries_clients_and_orchestration(text: str, serves: str) -> None:
    assert project("src/A/A.csproj", text).serves == serves


def test_dotnet_test_projects_are_none() -> None:
    assert (
        facts(
            "A.Tests/A.Tests.csproj",
            '<Project Sdk="Microsoft.NET.Sdk.Web"><ItemGroup><PackageReference Include="xunit" /></ItemGroup></Project>',
        )
        == []
    )


def test_dotnet_publishes_an_image_only_where_it_is_set_up_to() -> None:
    text = '<Project Sdk="Microsoft.NET.Sdk.Web"><PropertyGroup>{}</PropertyGroup></Project>'
    assert builds("A.csproj", text.format("")) == []
    (build,) = builds("A.csproj", text.format("<ContainerRepository>team/a</ContainerRepository>"))
    assert (build.tool, build.image) == ("dotnet publish", "team/a")


# Ruby, PHP, Rust, Elixir


def test_a_gemfile_with_a_gemspec_belongs_to_a_library() -> None:
    assert project("Gemfile", "ruby '3.4'\ngem 'rails'\n").framework == "rails"
    assert project("Gemfile", "gemspec\ngem 'rails'\n").published
    assert project("x.gemspec", "").published


def test_php_packages_are_published_and_projects_are_not() -> None:
    assert project("composer.json", '{"name": "a/b", "type": "library", "require": {"symfony/framework-bundle": "7"}}').published
    assert not project("composer.json", '{"name": "a/b", "type": "project", "require": {"laravel/framework": "12"}}').published


def test_crates_with_a_library_are_published_and_workspaces_are_none() -> None:
    assert project("Cargo.toml", '[package]\nname = "a"\n[lib]\n').published
    assert project("Cargo.toml", '[package]\nname = "a"\n[dependencies]\naxum = "0"\n').framework == "axum"
    assert facts("Cargo.toml", '[workspace]\nmembers = ["a"]\n') == []


def test_an_elixir_application_starts_a_server() -> None:
    text = 'def project, do: [app: :shop]\ndef application do\n  [\n    mod: {Shop.Application, []}\n  ]\nend\n{:phoenix, "~> 1.7"}\n'
    assert project("mix.exs", text).serves == "phoenix application"


# No manifest raises, whatever it holds


NAMES = (
    "package.json", "pyproject.toml", "setup.py", "setup.cfg", "requirements.txt", "Pipfile", "Procfile", "a.py", "go.mod", "a.go", "pom.xml",
    "build.gradle", "build.sbt", "Main.java", "A.csproj", "Directory.Build.props", "Gemfile", "config.ru", "composer.json", "index.php",
    "Cargo.toml", "src/main.rs", "mix.exs", "environment.yml", "docker-compose.yml", "skaffold.yaml", "docker-bake.hcl", "docker-bake.json", ".ko.yaml",
    "project.toml", ".goreleaser.yml", "BUILD.bazel", "a.nix", "Earthfile", "build-config.yaml",
)  # fmt: skip
SCRAPS = st.sampled_from(
    ['{"scripts": ["start"], "dependencies": 1, "bin": [1]}', "[project]\ndependencies = 3\nscripts = [1]", "[tool]\npoetry = 1", "services: [1]", "services:\n  a: {build: [1]}",
     "services:\n  a: {build: {context: {a: 1}, dockerfile: [1]}}", "apiVersion: skaffold/v4\nbuild: {artifacts: {a: 1}}\nprofiles: 3", "builds: 1", "dockers: [1, {image_templates: {a: 1}}]",
     "kind: BuildConfig\napiVersion: v1\nspec: [1]", "<project><artifactId>", "<a " * 20, "</a>" * 3, 'target "a" {\n tags = 1\n', "[package]\nname = 1\n", "[package]\n[[bin]]\nname=[1]",
     "gem 'rails", "ARG", "kind: Build\napiVersion: shipwright.io/v1\nspec: {source: 1}", "io = 1\nbuild = []", "null", "[]", "1"]
)  # fmt: skip


@given(
    st.sampled_from(NAMES),
    st.one_of(st.text(), SCRAPS, st.lists(st.one_of(SCRAPS, st.text(max_size=10)), max_size=4).map("\n".join)),
)
def test_no_manifest_raises(path: str, text: str) -> None:
    text = text.replace("\x00", "")
    for reader in load_readers().values():
        if (
            reader.origin
            and reader.read.__module__.startswith(("assessor.readers.languages", "assessor.readers.image_builds"))
            and reader.reads(path)
        ):
            list(reader.read(Source("repo", path, text.encode("utf-8", "replace"))))


HOSTILE = {
    "newlines": "\n" * 500_000,
    "one word": "x" * 2_000_000,
    "one tag": "<project><a " + "x" * 2_000_000 + ">",
    "open tags": "<a" * 200_000,
    "open comments": "<!--" * 200_000,
    "nested tags": "<a>" * 200_000,
    "brackets": "[" * 200_000,
    "plug-ins": "enablePlugins(" * 100_000,
    "ports": "port=int(" * 100_000,
    "names": "name = '" * 100_000,
    "braces": '{"a":' * 100_000,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_manifests_are_read_in_time(text: str) -> None:
    start = time.process_time()
    for path in NAMES:
        for reader in load_readers().values():
            if reader.read.__module__.startswith(
                ("assessor.readers.languages", "assessor.readers.image_builds")
            ) and reader.reads(path):
                list(reader.read(Source("repo", path, text.encode())))
    assert time.process_time() - start < 20
