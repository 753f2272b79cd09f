"""`gitops-assess history`: the runs that were kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from assessor.cli._history import KeepDays, KeepLast, StoreOption

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from assessor.model import Run


def history(
    store: StoreOption = "",
    organization: Annotated[str, typer.Option("--organization", help="Only the runs of this one.", show_default="all")] = "",
    format: Annotated[str, typer.Option("--format", "-f", help="table or json.")] = "table",
    limit: Annotated[int, typer.Option("--limit", min=1, max=1_000_000, help="List the newest runs, this many.")] = 50,
    prune: Annotated[bool, typer.Option("--prune", help="First delete what --keep-last and --keep-days do not keep.")] = False,
    keep_last: KeepLast = 0,
    keep_days: KeepDays = 0,
) -> None:
    """List the runs that `scan --store` kept, the newest first."""
    import msgspec

    from assessor.cli import _history
    from assessor.errors import UsageError

    if format not in ("table", "json"):
        raise UsageError(f"unknown format {format!r}", "Known: table, json.")
    if prune != bool(keep_last or keep_days):
        raise UsageError("--prune and what to keep belong together", "E.g. --prune --keep-last 100 --keep-days 730.")
    opened = _history.open_store(store)
    if prune:
        from assessor.cli._scanning import now

        rules = _history.retention(keep_last, keep_days)
        names = [organization] if organization else opened.organizations()
        deleted = sum(opened.prune(name, rules, now()) for name in names)
        typer.echo(f"deleted {deleted} run{'' if deleted == 1 else 's'}", err=True)
    runs = opened.runs(organization, limit=limit)
    if format == "json":
        typer.echo(msgspec.json.format(msgspec.json.encode(runs)).decode())
    elif runs:
        typer.echo("\n".join(_table(runs)))
    else:
        typer.echo(f"no runs in {opened.address.shown}", err=True)


def _table(runs: Sequence[Run]) -> Iterator[str]:
    """Yield the runs as lines, with the change of the score since the run before of the same organization."""
    from assessor.redaction import printable

    width = min(max(len(printable(run.organization)) for run in runs), 40)
    changes = list(_changes(runs))
    yield f"{'run':>6}  {'taken at (UTC)':20}  {'organization':{width}}  level  score  change  assessed  repositories"
    for run, change in zip(runs, reversed(changes), strict=True):
        score = "-" if run.score is None else f"{run.score:.1f}"
        name = printable(run.organization)[:width]
        yield (
            f"{run.id:>6}  {run.taken_at:20}  {name:{width}}  {run.level:>5}  {score:>5}  {change:>6}"
            f"  {run.coverage:>6.1f} %  {run.repositories:>12}"
        )


def _changes(runs: Sequence[Run]) -> Iterator[str]:
    """Yield the change of each run since the one before it, the oldest first."""
    before: dict[str, float | None] = {}
    for run in reversed(runs):
        earlier = before.get(run.organization)
        yield "" if run.score is None or earlier is None else f"{run.score - earlier:+.1f}"
        before[run.organization] = run.score
