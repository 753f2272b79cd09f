"""`gitops-assess scaffold`: from failing verdicts to the missing files, and the proof that they close the gap."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

app = typer.Typer(
    help="Generate what the assessment found missing, show the diff, write it, and assess again.",
    invoke_without_command=True,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

PathArgument = Annotated[Path, typer.Argument(help="A repository, or a folder of repositories.")]
Only = Annotated[list[str] | None, typer.Option("--only", help="Only this check, template or family; repeatable.")]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Show the diff (or, with --format json, answers and files); write nothing.")
]
Format = Annotated[str, typer.Option("--format", "-f", help="diff or json.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Ask nothing: evidence and defaults answer.")]
Set = Annotated[list[str] | None, typer.Option("--set", help="An answer, key=value; repeatable.")]
Answers = Annotated[Path | None, typer.Option("--answers", help="A YAML file of answers.")]
Output = Annotated[Path | None, typer.Option("--output", help="Write here instead, a folder per repository.")]
Cloud = Annotated[str, typer.Option("--cloud", help="aws, gcp or azure.")]
Gitops = Annotated[str, typer.Option("--gitops", help="argocd or flux.")]
Ci = Annotated[str, typer.Option("--ci", help="github or gitlab.")]
ConfigRepository = Annotated[str, typer.Option("--config-repo", help="The repository of the GitOps configuration, by name.")]
Overwrite = Annotated[list[str] | None, typer.Option("--overwrite", help="An existing file that may be replaced; repeatable.")]
Templates = Annotated[
    list[str] | None, typer.Option("--templates", help="A folder or git address with more templates; repeatable.")
]
Config = Annotated[Path | None, typer.Option("--config", help="The settings file.")]


@app.callback()
def dialogue(context: typer.Context) -> None:
    """Without a command: ask what to generate of what the current folder misses."""
    if context.invoked_subcommand is None:
        from assessor.cli import _scaffolding

        _scaffolding.dialogue(Path())


@app.command("step")
def step(
    step: Annotated[str, typer.Argument(help="1 to 5, or iac, containerize, kubernetes, gitops, automate.")],
    path: PathArgument = Path(),
    only: Only = None,
    dry_run: DryRun = False,
    format: Format = "diff",
    yes: Yes = False,
    set: Set = None,
    answers: Answers = None,
    output: Output = None,
    cloud: Cloud = "",
    gitops: Gitops = "",
    ci: Ci = "",
    config_repo: ConfigRepository = "",
    overwrite: Overwrite = None,
    templates: Templates = None,
    config: Config = None,
) -> None:
    """Generate what one step misses."""
    options = dict(locals())
    _run(options.pop("step"), options)


@app.command("all")
def everything(
    path: PathArgument = Path(),
    only: Only = None,
    dry_run: DryRun = False,
    format: Format = "diff",
    yes: Yes = False,
    set: Set = None,
    answers: Answers = None,
    output: Output = None,
    cloud: Cloud = "",
    gitops: Gitops = "",
    ci: Ci = "",
    config_repo: ConfigRepository = "",
    overwrite: Overwrite = None,
    templates: Templates = None,
    config: Config = None,
) -> None:
    """Generate what every step misses, each building on the one before."""
    _run("", dict(locals()))


@app.command("list")
def listing(
    path: Annotated[Path | None, typer.Argument(help="A repository: says which templates apply to it.")] = None,
    templates: Templates = None,
    format: Annotated[str, typer.Option("--format", "-f", help="table or json.")] = "table",
    config: Config = None,
) -> None:
    """List the templates: what each repairs, and whether it applies here."""
    from assessor.cli import _scaffolding

    _scaffolding.show_templates(path, templates or [], format, config)


def _run(step: str, options: dict[str, Any]) -> None:
    from assessor.cli import _scaffolding

    lists: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in options.items()}
    _scaffolding.run(_scaffolding.Request(step=step, **lists))
