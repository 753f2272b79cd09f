"""`gitops-assess compare`: what improved, regressed, appeared, disappeared or was waived between two assessments."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assessor.cli._history import OrganizationOption, StoreOption

if TYPE_CHECKING:
    from assessor.comparing import Comparison

GROUP = "gitops_assess.comparisons"
WHICH = "a run's number, a day (the last run up to it), latest, previous, or an assessment file (JSON)."


def compare(
    before: Annotated[str, typer.Argument(help=f"The earlier one: {WHICH}")] = "previous",
    now: Annotated[str, typer.Argument(help="The later one, named in the same way.")] = "latest",
    store: StoreOption = "",
    organization: OrganizationOption = "",
    format: Annotated[str, typer.Option("--format", "-f", help="table, json or markdown.")] = "table",
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Write to this file.")] = None,
    fail_on_regression: Annotated[
        bool,
        typer.Option("--fail-on-regression", help="Exit with 1 if a verdict is worse, a problem is new or the level fell."),
    ] = False,
) -> None:
    """Compare two assessments: kept ones, or files."""
    import os
    import shutil
    import sys

    from assessor import comparing
    from assessor.cli import _outputs
    from assessor.cli._history import Library
    from assessor.registry import load_entry

    render = load_entry(GROUP, format)
    library = Library(store, organization)
    comparison = comparing.compare(library.get(before)[1], library.get(now)[1])
    terminal = format == "table" and not output and sys.stdout.isatty() and "NO_COLOR" not in os.environ
    text = render(comparison, color=True, width=shutil.get_terminal_size((80, 24)).columns) if terminal else render(comparison)
    _outputs.put(text, output or _outputs.STDOUT)
    if fail_on_regression and comparison.regression:
        typer.echo(_why(comparison), err=True)
        raise typer.Exit(1)


def _why(comparison: Comparison) -> str:
    parts = [f"{len(comparison.regressed)} regressed", f"{len(comparison.new)} new problems"]
    if comparison.level < 0:
        parts.append(f"level {comparison.before.level} → {comparison.now.level}")
    return f"regression: {', '.join(parts)}"
