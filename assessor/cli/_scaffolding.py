"""What the scaffold commands share: read the wish, build the change, show it, write it, assess again."""

from __future__ import annotations

import contextlib
import difflib
import json
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer

from assessor.checking import Check
from assessor.cli import _scanning
from assessor.collectors.discovery import discover
from assessor.collectors.files import collect_repository
from assessor.collectors.target import Target
from assessor.deriving import derive_organization
from assessor.engine import assess, selected
from assessor.errors import NothingToAssess, UsageError
from assessor.facts.base import Place
from assessor.facts.repository import Organization, Repository
from assessor.model import Assessment, Step
from assessor.registry import load_checks
from assessor.scaffolding import writing
from assessor.scaffolding.answering import Given, load_answers, parse_options
from assessor.scaffolding.planning import Wish, pieces
from assessor.scaffolding.session import CONFLICT, EDITED, KEPT, SKIPPED, Change, Overlays, Session, diff
from assessor.scaffolding.template import Question, Template, load_templates
from assessor.settings import Settings

CHOICES = {"cloud": ("aws", "gcp", "azure"), "gitops": ("argocd", "flux"), "ci": ("github", "gitlab")}
NOTES = {
    KEPT: "  exists and is kept; --overwrite replaces it",
    EDITED: "  exists; only what the diff shows is added",
    CONFLICT: "  has conflict markers to resolve",
    SKIPPED: "  the block to add lines to was not found once, written over several lines: add them by hand",
}
WORDS = {"iac": 1, "containerize": 2, "containers": 2, "ctr": 2, "kubernetes": 3, "k8s": 3, "gitops": 4, "gop": 4, "automate": 5, "automation": 5, "aut": 5}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A scaffolding as asked for on the command line."""

    step: str
    path: Path = Path()
    only: tuple[str, ...] | None = None
    dry_run: bool = False
    format: str = "diff"
    yes: bool = False
    set: tuple[str, ...] | None = None
    answers: Path | None = None
    output: Path | None = None
    cloud: str = ""
    gitops: str = ""
    ci: str = ""
    config_repo: str = ""
    overwrite: tuple[str, ...] | None = None
    templates: tuple[str, ...] | None = None
    config: Path | None = None


class Estate:
    """The repositories a scaffolding is about; looks at them with what would be written laid over."""

    def __init__(self, path: Path, config: Path | None = None) -> None:
        scan = _scanning.Request(paths=(path,), config=config)
        self.settings: Settings = _scanning.merged_settings(scan)
        folders = bool(self.settings.organization)
        self.targets: dict[str, Target] = {
            t.name: t for t in discover([path], "", self.settings.exclude, folders_are_repositories=folders)
        }
        self.checks: dict[str, Check[Any]] = selected(load_checks(), self.settings)
        self.name = self.settings.organization or path.resolve().name

    def look(self, overlays: Overlays) -> tuple[Organization, Assessment]:
        """Collect and assess, with files laid over repositories."""
        repositories = tuple(
            collect_repository(t, self.settings.exclude, overlay=overlays.get(name)) for name, t in self.targets.items()
        )
        if not any(r.files or r.set_aside for r in repositories):
            raise NothingToAssess("nothing to assess: no readable file found", "Name a folder that holds a repository.")
        organization = derive_organization(Organization(at=Place("", ""), name=self.name, repositories=repositories))
        return organization, assess(organization, self.checks, self.settings, _scanning.today())

    def root(self, repository: Repository) -> Path:
        """Return a repository's folder; raises `UsageError` for one without a work tree."""
        location = self.targets[repository.name].location
        if (location / "HEAD").is_file() and (location / "objects").is_dir():
            raise UsageError(f"{location} is a bare repository", "Scaffold into a work tree.")
        return location


def run(request: Request) -> None:
    """Build the change, show it, ask, write it all or not at all, and print the gain."""
    if request.format not in ("diff", "json"):
        raise UsageError(f"unknown format {request.format!r}", "Known: diff, json.")
    with _templates(request.templates or ()) as templates:
        wish = _wish(request, templates)
        estate = Estate(request.path, request.config)
        for target in estate.targets.values():
            if writing.recover(target.location):
                typer.echo(f"{target.location}: undid an interrupted write", err=True)
        asker = None if request.yes or request.dry_run or not sys.stdin.isatty() else ask
        session = Session(estate.look, templates, estate.root, _given(request, templates), asker, request.overwrite or ())
        change = session.build(wish)
    if request.format == "json":
        typer.echo(json.dumps(_described(change), indent=2))
    else:
        typer.echo(diff(change), nl=False)
    _summarize(change)
    if not change.files:
        typer.echo("\nnothing to do: everything generated is as it would be", err=True)
    if request.dry_run or not change.files:
        return
    if asker and not _confirmed():
        typer.echo("nothing was written", err=True)
        return
    _write(change, request.output)
    if request.output is None:
        _, after = estate.look({})
        _gain(change.before, after)


def _wish(request: Request, templates: dict[str, Template]) -> Wish:
    choices = []
    for name, allowed in CHOICES.items():
        value = getattr(request, name)
        if value and value not in allowed:
            raise UsageError(f"--{name}: {value!r} is none of {', '.join(allowed)}", _near(value, allowed))
        choices.append((name, value))
    known = {name for t in templates.values() for name in (t.id, t.family, *t.repairs)}
    for name in request.only or ():
        if name not in known:
            raise UsageError(
                f"--only: no template or check {name!r}", _near(name, known) or "`gitops-assess scaffold list` shows them."
            )
    return Wish(_steps(request.step), request.only or (), tuple(choices), request.config_repo)


def _steps(text: str) -> tuple[int, ...]:
    if not text:
        return ()
    number = WORDS.get(text, int(text) if text.isdigit() else 0)
    if number not in range(1, 6):
        raise UsageError(
            f"no step {text!r}", _near(text, WORDS) or "Steps are 1 to 5, or iac, containerize, kubernetes, gitops, automate."
        )
    return (number,)


def _near(text: str, known: Any) -> str:
    near = difflib.get_close_matches(text, sorted(known), 1)
    return f"Did you mean {near[0]!r}?" if near else ""


def _given(request: Request, templates: dict[str, Template]) -> Given:
    known = {name for template in templates.values() for name in template.defaults}
    options = parse_options(list(request.set or ()), known)
    if request.answers is None:
        return Given(options, {}, {})
    read = load_answers(request.answers, known)
    return Given(options, read.general, read.pieces, read.file)


@contextlib.contextmanager
def _templates(more: tuple[str, ...]) -> Iterator[dict[str, Template]]:
    """Load our templates and those of folders or git addresses the user named."""
    with tempfile.TemporaryDirectory(prefix="gitops-assess-") as scratch:
        folders = []
        for number, place in enumerate(more):
            folder = Path(place)
            if "://" in place or place.startswith("git@"):
                folder = Path(scratch) / str(number)
                _clone(place, folder)
            elif not folder.is_dir():
                raise UsageError(
                    f"--templates: {place} is neither a folder nor a git address", "Name a folder with template.yaml files."
                )
            folders.append(folder)
        yield load_templates(folders)


def _clone(address: str, folder: Path) -> None:
    import pygit2

    try:
        # A repository on this machine cannot be cloned in part.
        pygit2.clone_repository(address, str(folder), depth=0 if address.startswith("file://") else 1)
    except (pygit2.GitError, ValueError) as error:
        raise UsageError(
            f"--templates: {address} cannot be cloned: {error}", "Check the address, or clone it and name the folder."
        ) from error


def ask(text: str, question: Question, default: str) -> str:
    """Ask one question; an interrupted dialogue ends the run before anything is written."""
    import questionary

    from assessor.scaffolding.answering import mistake

    if question.kind == "choice":
        answer = questionary.select(text, list(question.choices), default=default).unsafe_ask()
    else:
        answer = questionary.text(text, default=default, validate=lambda value: mistake(question, value) or True).unsafe_ask()
    return str(answer)


def _confirmed() -> bool:
    import questionary

    return bool(questionary.confirm("Write these files?", default=True).unsafe_ask())


def _described(change: Change) -> dict[str, Any]:
    """Return the change as JSON: each piece with its answers, their origins, and its files."""
    return {
        "pieces": [
            {
                "template": a.piece.template.id,
                "repository": a.piece.repository.name,
                "subject": a.piece.subject.label,
                "repairs": list(a.piece.checks),
                "answers": {key: {"value": found.value, "origin": found.origin} for key, found in sorted(a.answers.items())},
                "files": [{"path": o.path, "action": o.action} for o in a.outcomes],
            }
            for a in change.applied
        ],
        "todo": change.todo,
        "score": {"before": change.before.organization.score, "after": change.after.organization.score},
        "level": {"before": change.before.organization.level, "after": change.after.organization.level},
    }


def _summarize(change: Change) -> None:
    """Say on stderr what was decided and why, and what is left to a person."""
    if not change.applied:
        typer.echo("nothing to generate: no failing check has a template that applies here", err=True)
        return
    for applied in change.applied:
        typer.echo(f"\n{applied.piece.template.title} — {applied.piece.repository.name}: {applied.piece.subject.label}", err=True)
        for key, found in applied.answers.items():
            typer.echo(f"    {key} = {found.value}   ({found.origin})", err=True)
        for outcome in applied.outcomes:
            note = NOTES.get(outcome.action, "")
            typer.echo(f"  {outcome.action:9} {outcome.path}{note}", err=True)
    _gain(change.before, change.after, "expected: ")
    if change.todo:
        typer.echo("\nleft for you:", err=True)
        for line in change.todo:
            typer.echo(f"  - {line}", err=True)


def _gain(before: Assessment, after: Assessment, prefix: str = "") -> None:
    old, new = before.organization, after.organization
    passed = sorted(
        {c.id for s in new.steps for t in s.tasks for c in t.checks if c.score == 100}
        - {c.id for s in old.steps for t in s.tasks for c in t.checks if c.score == 100}
    )
    typer.echo(f"\n{prefix}score {_number(old.score)} → {_number(new.score)}, level {old.level} → {new.level}", err=True)
    if passed:
        typer.echo(f"  now passing: {', '.join(passed)}", err=True)


def _number(score: float | None) -> str:
    return "–" if score is None else f"{score:g}"


def _write(change: Change, output: Path | None) -> None:
    """Write each repository's files all or nothing; those already written are named if a later one fails."""
    done: list[str] = []
    for name, files in sorted(change.files.items()):
        root = change.roots[name] if output is None else output / name
        if output is not None:
            with _usage(root):
                root.mkdir(parents=True, exist_ok=True)
        else:
            _respect_changes(root, files)
    for name, files in sorted(change.files.items()):
        root = change.roots[name] if output is None else output / name
        try:
            writing.write_all(root, files)
        except UsageError as error:
            raise UsageError(f"{error}" + (f" (already written: {', '.join(done)})" if done else ""), error.hint) from error
        done.append(name)
        typer.echo(f"wrote {len(files)} files to {root}", err=True)


@contextlib.contextmanager
def _usage(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UsageError(f"{path}: cannot be written: {error.strerror}", "Name another folder with --output.") from error


def _respect_changes(root: Path, files: dict[str, str]) -> None:
    """Refuse to touch a tracked file with changes that git does not know yet."""
    import pygit2

    if not (root / ".git").exists():
        return
    try:
        repository = pygit2.Repository(str(root), pygit2.enums.RepositoryOpenFlag.NO_SEARCH)
        for path in files:
            if (root / path).exists() and not path.startswith(".gitops-assess/"):
                flags = repository.status_file(path)
                if flags not in (pygit2.enums.FileStatus.CURRENT, pygit2.enums.FileStatus.IGNORED):
                    raise UsageError(f"{root / path} has changes that are not committed", "Commit or stash them first.")
    except (pygit2.GitError, KeyError):
        return


def dialogue(path: Path) -> None:
    """Offer what the assessment of a folder found missing, with the expected gain, and generate what is chosen."""
    import questionary

    if not sys.stdin.isatty():
        raise UsageError("the dialogue needs a terminal", "Use `gitops-assess scaffold step STEP` or `scaffold all`, with --yes.")
    templates = load_templates()
    estate = Estate(path)
    organization, assessment = estate.look({})
    gains = {action.check: action.gain for action in assessment.actions}
    offers: dict[str, tuple[float, str]] = {}
    for piece in pieces(organization, assessment, templates, Wish()):
        gain = sum(gains.get(check, 0) for check in piece.checks)
        offers[piece.template.id] = (gain, f"{piece.template.step} {piece.template.title} (+{gain:.1f})")
    if not offers:
        typer.echo("nothing to generate: no failing check has a template that applies here", err=True)
        return
    choices = [questionary.Choice(text, id) for id, (gain, text) in sorted(offers.items(), key=lambda item: -item[1][0])]
    chosen = questionary.checkbox("What shall be generated?", choices).unsafe_ask()
    if chosen:
        run(Request(step="", path=path, only=tuple(chosen)))


def show_templates(path: Path | None, more: list[str], format: str, config: Path | None) -> None:
    """List the templates, with whether each applies to a repository if one is named."""
    if format not in ("table", "json"):
        raise UsageError(f"unknown format {format!r}", "Known: table, json.")
    with _templates(tuple(more)) as templates:
        here: set[str] | None = None
        if path is not None:
            organization, assessment = Estate(path, config).look({})
            here = {piece.template.id for piece in pieces(organization, assessment, templates, Wish())}
        if format == "json":
            rows = [
                {"id": t.id, "family": t.family, "step": t.step, "title": t.title, "repairs": list(t.repairs), "origin": t.origin}
                | ({"applies": t.id in here} if here is not None else {})
                for t in templates.values()
            ]
            typer.echo(json.dumps(rows, indent=2))
            return
        width = max((len(id) for id in templates), default=0)
        for step in sorted({t.step for t in templates.values()}):
            typer.echo(f"\n{step} {Step(step).title}")
            for t in templates.values():
                if t.step == step:
                    mark = "" if here is None else ("  ✓ " if t.id in here else "    ")
                    typer.echo(f"{mark}  {t.id:{width}}  {t.title}  [{', '.join(t.repairs)}]")
