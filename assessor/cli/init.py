"""`gitops-assess init`: writes a commented settings file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

TEMPLATE = """\
# Settings of gitops-assess. Keep this file beside the repositories it is about, or in the repository itself.
# Everything is optional; `gitops-assess scan --help` shows what can be set on the command line as well.

# The name shown in reports.
organization: {name}

# The steps of the path, for an organization that chose to stop earlier: 1 IaC, 2 containers, 3 Kubernetes, 4 GitOps, 5 automation.
steps: [{steps}]

# When a step counts as reached, in percent.
thresholds:
  score: {score}
  coverage: 50

# Checks to leave out (ids, or prefixes such as iac), and paths to leave out inside each repository.
ignore: []
exclude: []

# Which team owns which repositories (patterns of names).
teams: {{}}
#  platform: ["infra-*", "gitops-config"]

# Findings an owner accepts until a date. They leave the score, stay in the report, and come back when they expire.
waivers: []
#  - check: iac.state-lock
#    repository: legacy-batch
#    owner: jane@example.org
#    reason: moves to the new account this quarter
#    until: 2027-03-31
"""


def init(
    folder: Annotated[Path, typer.Argument(help="Where the settings file goes.")] = Path(),
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Ask nothing, take the defaults.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing settings file.")] = False,
) -> None:
    """Write a commented settings file, after a few questions."""
    import json

    from assessor.cli._outputs import write_whole
    from assessor.errors import UsageError
    from assessor.settings import FILE_NAME

    if not folder.is_dir():
        raise UsageError(f"{folder}: no such folder", "Name the folder that holds your repositories.")
    file = folder / FILE_NAME
    if file.exists() and not force:
        raise UsageError(f"{file} exists", "Edit it, or replace it with --force.")
    answers = _Answers(name=folder.resolve().name or "organization")
    if not yes:
        answers = _ask(answers)
    steps = ", ".join(answers.steps)
    write_whole(file, TEMPLATE.format(name=json.dumps(answers.name), steps=steps, score=answers.score))
    typer.echo(f"wrote {file}; next: gitops-assess scan {folder}", err=True)


@dataclass(frozen=True, slots=True)
class _Answers:
    name: str
    steps: tuple[str, ...] = ("1", "2", "3", "4", "5")
    score: str = "70"


def _ask(defaults: _Answers) -> _Answers:
    """Ask for each answer; an interrupted dialogue raises `KeyboardInterrupt`, before anything is written."""
    import sys

    import questionary

    from assessor.errors import UsageError
    from assessor.model import Step

    if not sys.stdin.isatty():
        raise UsageError("the dialogue needs a terminal", "Use --yes to take the defaults.")
    return _Answers(
        name=questionary.text("Name of the organization", default=defaults.name).unsafe_ask(),
        steps=tuple(
            questionary.checkbox(
                "Steps of the path",
                [questionary.Choice(f"{int(s)} {s.title}", str(int(s)), checked=str(int(s)) in defaults.steps) for s in Step],
                validate=lambda picked: bool(picked) or "Choose at least one step.",
            ).unsafe_ask()
        ),
        score=questionary.text(
            "Score at which a step counts as reached",
            default=defaults.score,
            validate=lambda text: (text.isdigit() and int(text) <= 100) or "A number from 0 to 100.",
        ).unsafe_ask(),
    )
