"""Reads PHP projects: composer.json, and the front controllers that serve them."""

from __future__ import annotations

from collections.abc import Iterator

from assessor.facts.containers import LanguageProject, Program
from assessor.reading import Source, reader

from .values import first_of, table, text

FRAMEWORKS = (
    "laravel/framework", "symfony/framework-bundle", "symfony/http-kernel", "slim/slim", "cakephp/cakephp", "yiisoft/yii2",
    "laminas/laminas-mvc", "codeigniter4/framework", "drupal/core-recommended", "drupal/core", "mezzio/mezzio", "laravel/lumen-framework",
    "spiral/framework", "api-platform/core", "silverstripe/framework",
)  # fmt: skip


@reader("php-project", names=("composer.json",))
def read_composer(source: Source) -> Iterator[LanguageProject]:
    """Yield the project of a composer.json. Packages of type project are applications, others are made to be required."""
    package = table(source.json)
    if not package:
        return
    requires = table(package.get("require"))
    kind = text(package.get("type"))
    framework = first_of(FRAMEWORKS, requires)
    yield LanguageProject(
        at=source.place(source.line_with(f'"{framework}"') if framework else 1),
        language="php",
        folder=source.folder,
        name=text(package.get("name")).rpartition("/")[2],
        version=text(requires.get("php")),
        published=kind not in ("", "project") or (kind == "" and bool(package.get("name")) and not framework),
        package_manager="composer",
        framework=framework,
    )


@reader("php-program", names=("index.php", "artisan", "wp-config-sample.php"))
def read_program(source: Source) -> Iterator[Program]:
    """Yield a front controller: ``public/index.php`` or an ``index.php`` beside the manifest."""
    if "<?php" in source.text:
        yield Program(at=source.place(1), language="php", main=True, serves=source.name)
