"""Reads Ruby projects: Gemfile, gemspec, and the rack files that make them run."""

from __future__ import annotations

import re
from collections.abc import Iterator

from assessor.facts.containers import LanguageProject, Program
from assessor.reading import Source, reader

FRAMEWORKS = (
    "rails",
    "sinatra",
    "hanami",
    "roda",
    "grape",
    "puma",
    "unicorn",
    "rackup",
    "rack",
    "sidekiq",
    "karafka",
    "gruf",
    "grpc",
)
_GEM = re.compile(r"""^\s*gem\s*\(?\s*["']([\w.-]+)["']""")
_RUBY = re.compile(r"""^\s*ruby\s+["']([^"'\n]{1,30})["']""")


@reader("ruby-project", names=("Gemfile",))
def read_gemfile(source: Source) -> Iterator[LanguageProject]:
    """Yield the project of a Gemfile; one that only loads a gemspec belongs to a library."""
    gems: dict[str, int] = {}
    version = ""
    for number, line in enumerate(source.lines[:2000], 1):
        if gem := _GEM.match(line):
            gems.setdefault(gem[1], number)
        elif ruby := _RUBY.match(line):
            version = ruby[1]
    library = bool(source.line_with(re.compile(r"^\s*gemspec\b")))
    framework = next((name for name in FRAMEWORKS if name in gems), "")
    yield LanguageProject(
        at=source.place(gems.get(framework, 1)),
        language="ruby",
        folder=source.folder,
        version=version,
        published=library,
        package_manager="bundler",
        framework="" if library else framework,
    )


@reader("ruby-gem", names=("*.gemspec",))
def read_gemspec(source: Source) -> Iterator[LanguageProject]:
    """Yield the library a gemspec describes."""
    yield LanguageProject(
        at=source.place(1),
        language="ruby",
        folder=source.folder,
        name=source.name.removesuffix(".gemspec"),
        published=True,
        package_manager="bundler",
    )


_SERVES = re.compile(
    r"^\s*(?:run\s+\S|require\s+['\"]sinatra['\"]|class\s+\w+\s*<\s*(?:Rails::Application|Sinatra::Base|Hanami::App|Grape::API))|\bGRPC::RpcServer\.new"
)


@reader(
    "ruby-program",
    names=("config.ru", "app.rb", "server.rb", "main.rb", "*_server.rb", "config/application.rb", "**/config/application.rb"),
)
def read_program(source: Source) -> Iterator[Program]:
    """Yield a rack file or an application's own file."""
    line = source.line_with(_SERVES)
    if line:
        yield Program(at=source.place(line), language="ruby", main=True, serves=source.name)
