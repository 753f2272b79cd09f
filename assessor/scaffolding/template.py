"""A template: a cookiecutter folder with a `template.yaml` that says what it repairs, where it applies and what it asks.

Templates are data. Their hooks never run and extensions they name are never loaded; a template package only says where
its folders lie.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Literal

import msgspec

from assessor.errors import UsageError
from assessor.parsing import yaml
from assessor.plugins import points

GROUP = "gitops_assess.scaffolds"
FILE_NAME = "template.yaml"
DELIMITERS = {
    "block_start_string": "[%",
    "block_end_string": "%]",
    "variable_start_string": "[[",
    "variable_end_string": "]]",
    "comment_start_string": "[#",
    "comment_end_string": "#]",
}

SubjectKind = Literal["service", "terraform-root", "repository", "config", "infrastructure"]


class Question(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"from_": "from"}):
    """How one value of `cookiecutter.json` is found.

    `from_` names evidence (see `assessor.scaffolding.evidence`), first that is known wins; then the default of
    `cookiecutter.json`. `ask` is the question for a person; without it nothing is asked.
    """

    from_: tuple[str, ...] = ()
    ask: str = ""
    kind: Literal["text", "name", "port", "version", "path", "image", "url", "choice"] = "text"
    choices: tuple[str, ...] = ()


class Edit(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Lines to add at the end of a block of a file that exists; `path` and `add` may hold expressions."""

    path: str
    block: str  # its header, e.g. ``backend "s3"``
    add: str


class Template(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A template's metadata.

    `family` is the name checks use in ``scaffold=``; several templates of a family differ by `when` (evidence or
    choices that must hold) and `unless`. `subject` is what it is applied to: each service, Terraform root or
    repository, or once to the repository of the GitOps configuration or of the infrastructure. `after` names families
    whose pieces must come first. `edits` are the lines it adds to files that exist. With
    `finished_by_hand` no file can make the first check pass: `todo` names the places a person must change. `todo` is what a person still has to do. `sources` say where each version,
    digest or commit id written into the template was seen.
    """

    id: str = ""  # the folder's name; filled when loaded
    family: str
    title: str
    step: int
    repairs: tuple[str, ...]
    subject: SubjectKind
    place: Literal["", "config"] = ""
    when: dict[str, tuple[str, ...]] = {}
    unless: dict[str, tuple[str, ...]] = {}
    answers: dict[str, Question] = {}
    edits: tuple[Edit, ...] = ()
    finished_by_hand: bool = False
    todo: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    folder: str = ""  # where it lies; filled when loaded
    origin: str = ""

    @property
    def defaults(self) -> dict[str, Any]:
        """The values of `cookiecutter.json` that are answers: not the private ones."""
        return {key: value for key, value in self.context.items() if not key.startswith("_")}

    @property
    def context(self) -> dict[str, Any]:
        """The whole of `cookiecutter.json`."""
        value = json.loads((Path(self.folder) / "cookiecutter.json").read_text("utf-8"))
        return dict(value)


def load_templates(folders: Iterable[Path] = ()) -> dict[str, Template]:
    """Return every template by id, sorted; an id claimed twice is an error naming both origins."""
    found: dict[str, Template] = {}
    for origin, root in (*_installed(), *((str(folder), folder) for folder in folders)):
        for file in sorted(root.glob(f"**/{FILE_NAME}")):
            template = read_template(file, origin)
            if template.id in found:
                raise UsageError(
                    f"the template {template.id!r} comes twice: from {found[template.id].origin} and from {origin}", "Rename one."
                )
            found[template.id] = template
    return dict(sorted(found.items(), key=lambda item: (item[1].step, item[0])))


def families() -> frozenset[str]:
    """Return the families that can be generated."""
    return frozenset(template.family for template in load_templates().values())


def _installed() -> Iterator[tuple[str, Path]]:
    for point in points(GROUP):
        package = point.load()
        origin = f"{point.dist.name} {point.dist.version}" if point.dist else point.value
        for folder in package.__path__:
            yield origin, Path(folder)


def read_template(file: Path, origin: str) -> Template:
    """Read and check one template's metadata; raises `UsageError` naming file and mistake."""

    def wrong(message: str) -> UsageError:
        return UsageError(f"{file}: {message}", "See docs/templates.md for what a template holds.")

    try:
        stream = yaml.parse(file.read_text("utf-8"))
        if stream.error or not stream.documents:
            raise wrong(str(stream.error or "empty"))
        template = msgspec.convert(_listed(stream.documents[0].value), Template)
        template = msgspec.structs.replace(template, id=file.parent.name, folder=str(file.parent), origin=origin)
        context = template.context
    except msgspec.ValidationError as error:
        raise wrong(str(error)) from error
    except (OSError, ValueError) as error:
        raise wrong(f"no readable cookiecutter.json beside it: {error}") from error
    if unknown := sorted(set(template.answers) - set(template.defaults)):
        raise wrong(f"answers that cookiecutter.json does not have: {', '.join(unknown)}")
    if context.get("_jinja2_env_vars") != DELIMITERS:
        raise wrong("cookiecutter.json must set _jinja2_env_vars to the delimiters [[ ]], [% %] and [# #]")
    return template


def _listed(value: Any) -> Any:
    """Let a single string stand for a list of one where lists are expected."""
    if not isinstance(value, dict):
        return value
    plain = dict(value)
    for key in ("repairs", "todo", "sources"):
        if isinstance(plain.get(key), str):
            plain[key] = [plain[key]]
    for key in ("when", "unless"):
        if isinstance(plain.get(key), dict):
            plain[key] = {k: v if isinstance(v, list) else [str(v)] for k, v in plain[key].items()}
    if isinstance(plain.get("answers"), dict):
        plain["answers"] = {
            name: {**question, "from": [question["from"]]}
            if isinstance(question, dict) and isinstance(question.get("from"), str)
            else question or {}
            for name, question in plain["answers"].items()
        }
    return plain
