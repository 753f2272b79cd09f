"""`gitops-assess checks`: what there is to check."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def checks(
    folders: Annotated[
        list[Path] | None, typer.Option("--checks", help="A folder with checks of your own. Its code runs.")
    ] = None,
    format: Annotated[str, typer.Option("--format", "-f", help="table or json.")] = "table",
) -> None:
    """List every check: id, step, weight, title and where it comes from."""
    import msgspec

    from assessor.errors import UsageError
    from assessor.registry import load_checks

    found = sorted(load_checks(folders or ()).values(), key=lambda check: (check.step, check.id))
    if format == "json":
        rows = [
            {
                "id": check.id,
                "step": int(check.step),
                "task": check.task.id,
                "core": check.task.core,
                "weight": int(check.weight),
                "subject": check.subject.kind,
                "title": check.title,
                "scaffold": check.scaffold,
                "frameworks": list(check.frameworks),
                "origin": check.origin,
            }
            for check in found
        ]
        typer.echo(msgspec.json.format(msgspec.json.encode(rows)).decode())
        return
    if format != "table":
        raise UsageError(f"unknown format {format!r}", "Known: table, json.")
    width = max((len(check.id) for check in found), default=0)
    for step in sorted({check.step for check in found}):
        typer.echo(f"\n{int(step)} {step.title}")
        for check in found:
            if check.step is step:
                foreign = "" if check.origin.startswith("gitops-assess ") else f"  ({check.origin})"
                typer.echo(f"  {check.id:{width}}  {int(check.weight)}  {check.title}{foreign}")
