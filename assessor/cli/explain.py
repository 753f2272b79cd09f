"""`gitops-assess explain`: a check's page."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def explain(
    id: Annotated[str, typer.Argument(help="A check's id, e.g. iac.state-lock.")],
    folders: Annotated[
        list[Path] | None, typer.Option("--checks", help="A folder with checks of your own. Its code runs.")
    ] = None,
) -> None:
    """Explain a check: what it looks at, why it matters, how to fix what it finds."""
    import difflib
    import sys

    from assessor.errors import UsageError
    from assessor.registry import load_checks

    found = load_checks(folders or ())
    if id not in found:
        near = difflib.get_close_matches(id, found, 3, 0.5)
        raise UsageError(f"no check {id!r}", f"Did you mean {', '.join(near)}?" if near else "`gitops-assess checks` lists them.")
    check = found[id]
    facts = [
        f"- id: `{check.id}`",
        f"- step {int(check.step)}, {check.step.title}: {check.task.title}",
        f"- weight {int(check.weight)}, judged per {check.subjects}",
        *(f"- {framework}" for framework in check.frameworks),
        f"- from {check.origin}",
    ]
    title, _, body = check.doc.partition("\n")
    page = f"# {title.rstrip('.')}\n\n" + "\n".join(facts) + f"\n{body}\n"
    if sys.stdout.isatty():
        from rich.console import Console
        from rich.markdown import Markdown

        Console().print(Markdown(page))
    else:
        typer.echo(page.rstrip())
