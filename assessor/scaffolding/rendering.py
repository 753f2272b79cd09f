"""Renders a template with cookiecutter into memory: no hook, no replay file, nothing of the user's home read or written."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from assessor.errors import UsageError

from .template import DELIMITERS, Edit, Template

MAX_FILE = 1024 * 1024


def render(template: Template, answers: Mapping[str, str]) -> dict[str, str]:
    """Return the files of a template, by path inside the repository; raises `UsageError` for a template that cannot be rendered."""
    from cookiecutter.exceptions import CookiecutterException
    from cookiecutter.generate import generate_files
    from cookiecutter.prompt import prompt_for_config
    from jinja2 import TemplateError

    context = {"cookiecutter": {**template.context, **answers}}
    context["cookiecutter"].pop("_extensions", None)  # would import code the template names
    try:
        # Renders the private values (`__name`) that are made from answers; asks nothing.
        full = prompt_for_config(context, no_input=True)
        full["_template"] = template.id
        with tempfile.TemporaryDirectory(prefix="gitops-assess-") as folder:
            # A folder that renders to "." is there already; the place is fresh, so nothing is ever overwritten.
            root = generate_files(template.folder, {"cookiecutter": full}, folder, overwrite_if_exists=True, accept_hooks=False)
            return _files(Path(root))
    except (CookiecutterException, TemplateError, OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"the template {template.id} cannot be rendered: {error}", f"Its folder is {template.folder}."
        ) from error


def todo(template: Template, answers: Mapping[str, str]) -> list[str]:
    """Return what a template leaves to a person, given its answers; a line that renders to nothing does not apply."""
    lines = [_text(template, line, answers).strip() for line in template.todo]
    return [line for line in lines if line]


def edits(template: Template, answers: Mapping[str, str]) -> list[Edit]:
    """Return what a template adds to files that exist, given its answers."""
    return [Edit(_text(template, e.path, answers), e.block, _text(template, e.add, answers)) for e in template.edits]


def _text(template: Template, text: str, answers: Mapping[str, str]) -> str:
    from jinja2 import StrictUndefined, TemplateError
    from jinja2.sandbox import SandboxedEnvironment

    environment = SandboxedEnvironment(undefined=StrictUndefined, **DELIMITERS)
    try:
        return environment.from_string(text).render(cookiecutter=answers)
    except TemplateError as error:
        raise UsageError(
            f"the template {template.id} cannot be rendered: {text[:60]!r}: {error}", f"Its folder is {template.folder}."
        ) from error


def _files(root: Path) -> dict[str, str]:
    found = {}
    for folder, folders, names in os.walk(root):
        folders.sort()
        for name in sorted(names):
            file = Path(folder) / name
            if file.is_symlink() or file.stat().st_size > MAX_FILE:
                continue
            text = file.read_text("utf-8")
            if text.strip():  # a file whose every part was left out by a condition
                found[file.relative_to(root).as_posix()] = text
    return found
