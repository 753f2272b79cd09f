"""Reads JavaScript and TypeScript projects: package.json."""

from __future__ import annotations

import re
from collections.abc import Iterator

from assessor.facts.containers import LanguageProject
from assessor.reading import Source, reader

from .values import first_of, port_of, table, text, texts

SERVERS = (
    "@nestjs/core", "next", "nuxt", "express", "fastify", "koa", "@hapi/hapi", "@remix-run/serve", "@remix-run/node", "hono",
    "@feathersjs/feathers", "apollo-server", "@apollo/server", "@grpc/grpc-js", "grpc", "restify", "polka", "@adonisjs/core",
    "@strapi/strapi", "moleculer", "@loopback/core", "sails", "socket.io", "@sveltejs/adapter-node", "@astrojs/node", "http-proxy",
    "kafkajs", "amqplib", "bullmq", "@azure/functions", "h3", "elysia", "probot", "hexo-server",
)  # fmt: skip
# Their output is a site to be served.
FRONTENDS = (
    "react-scripts", "@angular/core", "@vue/cli-service", "@sveltejs/kit", "gatsby", "parcel", "vite", "webpack-dev-server", "ember-cli",
    "astro", "preact-cli", "@remix-run/react", "react-dom", "vue",
)  # fmt: skip
_DOCUMENTATION = frozenset(
    ("@docusaurus/core", "vuepress", "vitepress", "hexo", "docsify-cli", "@11ty/eleventy", "@astrojs/starlight", "nextra")
)
_TOOLS = frozenset(
    ("@pulumi/pulumi", "aws-cdk-lib", "aws-cdk", "cdktf", "cdk8s", "@actions/core", "electron", "react-native", "vscode", "sst")
)
# Without a known framework, only a start script that says so: "node dist/main.js" may be any program.
_STARTS_SERVER = re.compile(
    r"\b(?:node|nodemon|ts-node|tsx|bun|pm2(?:-runtime)?)\s.*\b(?:server|www|api)\b|\b(?:next|nuxt|nest|remix-serve|fastify|strapi|func) start\b"
)
_BUILDS = re.compile(
    r"\b(?:react-scripts|ng|vite|vue-cli-service|svelte-kit|gatsby|parcel|webpack|ember|astro|next|nuxt|preact)\s+(?:build|generate)\b|^webpack\b"
)
_PORT = re.compile(r"(?:PORT=|--port[= ]|-p )(\d{2,5})\b")


@reader("javascript-project", names=("package.json",))
def read_package(source: Source) -> Iterator[LanguageProject]:
    """Yield the project of a package.json."""
    package = table(source.json)
    if not package:
        return
    scripts = {name: text(value) for name, value in table(package.get("scripts")).items()}
    dependencies = {**table(package.get("dependencies")), **table(package.get("peerDependencies"))}
    every = {**dependencies, **table(package.get("devDependencies"))}
    published = _is_published(package)
    serves = "" if published else _serves(scripts, dependencies, every)
    start = scripts.get("start", "")
    yield LanguageProject(
        at=source.place(source.line_with('"start"') if serves and start else source.line_with('"name"') or 1),
        language="typescript" if "typescript" in every else "javascript",
        folder=source.folder,
        name=text(package.get("name")),
        version=text(table(package.get("engines")).get("node")),
        entry_points=tuple(_entry_points(package, start)),
        published=published,
        port=port_of(match[1]) if (match := _PORT.search(" ".join(scripts.values()))) else 0,
        package_manager=_package_manager(text(package.get("packageManager"))),
        serves=serves,
        framework=first_of(SERVERS, dependencies),
    )


def _package_manager(wanted: str) -> str:
    """Return the manager that ``packageManager`` names; Yarn 2 and later is another program than Yarn 1."""
    name, _, version = wanted.partition("@")
    return "yarn-berry" if name == "yarn" and re.match(r"[2-9]|\d\d", version) else name


def _is_published(package: dict[str, object]) -> bool:
    """Say whether it is made for a registry: not private, and it says what goes into the package or who may import it."""
    if package.get("private") is True or not package.get("name"):
        return False
    described = {"files", "exports", "publishConfig", "peerDependencies", "types", "typings", "module", "jsii"} & package.keys()
    return bool(described) or ("bin" in package and "start" not in table(package.get("scripts")))


def _serves(scripts: dict[str, str], dependencies: dict[str, object], every: dict[str, object]) -> str:
    """Return what shows that it serves: a server framework it is started with, or a site it builds."""
    if every.keys() & (_TOOLS | _DOCUMENTATION):
        return ""
    start = next((scripts[name] for name in ("start:prod", "start", "serve", "dev") if scripts.get(name)), "")
    framework = first_of(SERVERS, dependencies)
    if framework and (start or not scripts):
        return f"{framework} server"
    if _STARTS_SERVER.search(scripts.get("start", "")):
        return "server start script"
    frontend = first_of(FRONTENDS, every)
    if frontend and any(_BUILDS.search(command) for command in scripts.values()):
        return f"{frontend} site"
    return ""


def _entry_points(package: dict[str, object], start: str) -> Iterator[str]:
    if start:
        yield f"start script: {start[:80]}"
    for name in [*table(package.get("bin"))][:5] or texts(package.get("bin"))[:1]:
        yield f"command {name}"
