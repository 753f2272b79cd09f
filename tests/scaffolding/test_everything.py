"""From a service and nothing else to level 5: `scaffold all --yes` on an empty service of each language, proven by a scan."""

from __future__ import annotations

from pathlib import Path

import pygit2
import pytest

from assessor.model import Assessment, Status
from assessor.scaffolding.session import Change
from tests.organizations import write
from tests.scaffolding import judges
from tests.scaffolding.loop import Case, statuses, worsened

SERVICES: dict[str, dict[str, str]] = {
    "python": {
        "pyproject.toml": '[project]\nname = "shop"\nversion = "0.1.0"\nrequires-python = ">=3.13"\ndependencies = ["fastapi", "uvicorn"]\n',
        "app/main.py": "from fastapi import FastAPI\n\napp = FastAPI()\n",
    },
    "node": {
        "package.json": '{"name": "shop", "version": "0.1.0", "engines": {"node": ">=22"}, "scripts": {"start": "node server.js"},'
        ' "dependencies": {"express": "^5.1.0"}}\n',
        "package-lock.json": '{"name": "shop", "lockfileVersion": 3, "packages": {}}\n',
        "server.js": "require('express')().listen(process.env.PORT || 3000)\n",
    },
    "go": {
        "go.mod": "module github.com/acme-example/shop\n\ngo 1.25\n",
        "main.go": 'package main\n\nimport "net/http"\n\nfunc main() {\n\thttp.ListenAndServe(":8080", nil)\n}\n',
    },
    "java": {
        "pom.xml": "<project><modelVersion>4.0.0</modelVersion><groupId>example</groupId><artifactId>shop</artifactId>"
        "<version>0.1.0</version><parent><groupId>org.springframework.boot</groupId>"
        "<artifactId>spring-boot-starter-parent</artifactId><version>3.5.0</version></parent>"
        "<properties><java.version>21</java.version></properties><dependencies><dependency>"
        "<groupId>org.springframework.boot</groupId><artifactId>spring-boot-starter-web</artifactId></dependency></dependencies>"
        "<build><plugins><plugin><groupId>org.springframework.boot</groupId>"
        "<artifactId>spring-boot-maven-plugin</artifactId></plugin></plugins></build></project>\n",
        "src/main/java/shop/Shop.java": "package shop;\n\n@org.springframework.boot.autoconfigure.SpringBootApplication\n"
        "public class Shop {\n  public static void main(String[] args) {\n"
        "    org.springframework.boot.SpringApplication.run(Shop.class, args);\n  }\n}\n",
    },
    "dotnet": {
        "Shop.csproj": '<Project Sdk="Microsoft.NET.Sdk.Web">\n  <PropertyGroup>\n    <TargetFramework>net9.0</TargetFramework>\n'
        "  </PropertyGroup>\n</Project>\n",
        "Program.cs": 'var app = WebApplication.CreateBuilder(args).Build();\napp.MapGet("/", () => "shop");\napp.Run();\n',
    },
    "ruby": {
        "Gemfile": 'source "https://rubygems.org"\nruby "3.4.1"\ngem "sinatra"\ngem "puma"\n',
        "config.ru": 'require_relative "app"\nrun Sinatra::Application\n',
        "app.rb": 'require "sinatra"\n\nget "/" do\n  "shop"\nend\n',
    },
    "php": {
        "composer.json": '{"name": "acme-example/shop", "type": "project", "require": {"php": "^8.4", "slim/slim": "^4.14"}}\n',
        "public/index.php": "<?php\n\nrequire __DIR__ . '/../vendor/autoload.php';\n\nSlim\\Factory\\AppFactory::create()->run();\n",
    },
    "rust": {
        "Cargo.toml": '[package]\nname = "shop"\nversion = "0.1.0"\nedition = "2024"\n\n[dependencies]\naxum = "0.8"\ntokio = { version = "1", features = ["full"] }\n',
        "src/main.rs": '#[tokio::main]\nasync fn main() {\n    let listener = tokio::net::TcpListener::bind("0.0.0.0:8080").await.unwrap();\n'
        "    axum::serve(listener, axum::Router::new()).await.unwrap();\n}\n",
    },
}
HOSTS = {"github": "https://github.com/acme-example/shop.git", "gitlab": "https://gitlab.com/acme-example/shop.git"}


def _service(folder: Path, language: str, host: str) -> Case:
    """Return a repository with one commit that holds a service and nothing else."""
    source = folder / "shop"
    write(source, SERVICES[language])
    repository = pygit2.init_repository(str(source), initial_head="main")
    repository.index.add_all()
    repository.index.write()
    author = pygit2.Signature("A Developer", "developer@acme-example.test", 1_700_000_000, 0)
    repository.create_commit("HEAD", author, author, "feat: serve the shop", repository.index.write_tree(), [])
    repository.remotes.create("origin", HOSTS[host])
    return Case(source, folder / "copy" / "shop")


def _everything(case: Case, gitops: str) -> tuple[Change, Assessment]:
    change = case.change(choices=(("gitops", gitops),))
    return change, case.apply(change)


def _lacking(assessment: Assessment) -> list[tuple[str, str, str]]:
    """Return what is not passed, for the message of a failure."""
    wanting = (Status.FAIL, Status.PARTIAL, Status.ERROR)
    return [(f.check, f.status.value, f.summary) for f in assessment.findings if f.status in wanting]


@pytest.mark.parametrize("gitops", ["argocd", "flux"])
@pytest.mark.parametrize("language", SERVICES)
def test_a_service_and_nothing_else_reaches_level_five(language: str, gitops: str, tmp_path: Path) -> None:
    case = _service(tmp_path, language, "github")
    change, after = _everything(case, gitops)
    assert change.before.organization.level == 0
    assert after.organization.level == 5, _lacking(after)
    assert worsened(change.before, after) == {}
    assert after.gaps == change.before.gaps, "what was generated cannot be read"
    # Only `terraform init` can write lock files, which a `todo` says.
    assert [check for check, status in statuses(after).items() if status is Status.FAIL] in ([], ["iac.provider-lock"])
    assert case.change(choices=(("gitops", gitops),)).files == {}, "a second run changes something"


@pytest.mark.parametrize("gitops", ["argocd", "flux"])
def test_level_five_is_reached_on_gitlab_too(gitops: str, tmp_path: Path) -> None:
    _change, after = _everything(_service(tmp_path, "python", "gitlab"), gitops)
    assert after.organization.level == 5, _lacking(after)


# The slowest tests of this folder, half a minute each: Terraform validates every root and module.
@pytest.mark.parametrize(("gitops", "host"), [("argocd", "github"), ("flux", "gitlab")])
def test_the_whole_passes_every_judge(gitops: str, host: str, tmp_path: Path) -> None:
    case = _service(tmp_path, "go", host)
    change, _after = _everything(case, gitops)
    files = {outcome.path: outcome.text for _repository, outcome in change.outcomes}
    assert judges.judge(files, tmp_path / "judged") == []
