"""`gitops-assess report`: render an assessment again without scanning."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from assessor.cli._history import OrganizationOption, StoreOption


def report(
    assessment: Annotated[
        str, typer.Argument(help="An assessment written with --format json, or a kept run: its number, a day, latest, previous.")
    ],
    format: Annotated[
        list[str] | None, typer.Option("--format", "-f", help="table, json, html, markdown …; repeatable.", show_default="table")
    ] = None,
    output: Annotated[list[Path] | None, typer.Option("--output", "-o", help="A file for a format; repeatable.")] = None,
    baseline: Annotated[
        str | None, typer.Option(help="An earlier assessment to compare with, named in the same way.", show_default=False)
    ] = None,
    store: StoreOption = "",
    organization: OrganizationOption = "",
    fail_under: Annotated[float | None, typer.Option(min=0, max=100, help="Exit with 1 if the score is lower.")] = None,
    min_level: Annotated[int | None, typer.Option(min=0, max=5, help="Exit with 1 if the maturity level is lower.")] = None,
) -> None:
    """Render an assessment again, without scanning."""
    from assessor.cli import _outputs
    from assessor.cli._history import Library

    targets = _outputs.plan(format or [], output or [])
    library = Library(store, organization)
    run, loaded = library.get(assessment)
    earlier = library.get(baseline)[1] if baseline else None
    history = library.before(loaded, run) if store or run else ()
    _outputs.write(loaded, targets, earlier, history)
    if missing := _outputs.shortfall(loaded, fail_under, min_level):
        typer.echo(missing, err=True)
        raise typer.Exit(1)
