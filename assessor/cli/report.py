"""`gitops-assess report`: render an assessment again without scanning."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from assessor.model import Assessment


def report(
    assessment: Annotated[Path, typer.Argument(help="An assessment written with --format json.")],
    format: Annotated[
        list[str] | None, typer.Option("--format", "-f", help="table, json, html, markdown …; repeatable.", show_default="table")
    ] = None,
    output: Annotated[list[Path] | None, typer.Option("--output", "-o", help="A file for a format; repeatable.")] = None,
    baseline: Annotated[Path | None, typer.Option(help="An earlier assessment to compare with.")] = None,
    fail_under: Annotated[float | None, typer.Option(min=0, max=100, help="Exit with 1 if the score is lower.")] = None,
    min_level: Annotated[int | None, typer.Option(min=0, max=5, help="Exit with 1 if the maturity level is lower.")] = None,
) -> None:
    """Render an assessment again, without scanning."""
    from assessor.cli import _outputs

    targets = _outputs.plan(format or [], output or [])
    loaded = load(assessment)
    _outputs.write(loaded, targets, load(baseline) if baseline else None)
    if missing := _outputs.shortfall(loaded, fail_under, min_level):
        typer.echo(missing, err=True)
        raise typer.Exit(1)


def load(file: Path) -> Assessment:
    """Read an assessment; raises `UsageError` naming the file and what is wrong with it."""
    import msgspec

    from assessor.errors import UsageError
    from assessor.model import SCHEMA_VERSION, Assessment

    try:
        assessment = msgspec.json.decode(file.read_bytes(), type=Assessment)
    except OSError as error:
        raise UsageError(
            f"{file}: cannot be read: {error.strerror}", "Name a file written with `gitops-assess scan --format json`."
        ) from error
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise UsageError(
            f"{file}: not an assessment: {error}", "Name a file written with `gitops-assess scan --format json`."
        ) from error
    if assessment.schema_version != SCHEMA_VERSION:
        raise UsageError(
            f"{file}: its format has version {assessment.schema_version}, this program reads {SCHEMA_VERSION}", "Scan again."
        )
    return assessment
