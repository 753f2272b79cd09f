"""What commands share that keep or read history: the store they mean, and assessments named by run, day or file."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    import datetime
    from collections.abc import Iterator

    from assessor.history.store import Retention, Store
    from assessor.model import Assessment, Run

VARIABLE = "GITOPS_ASSESS_STORE"
DEFAULT = "default"
StoreOption = Annotated[
    str,
    typer.Option(
        "--store",
        envvar=VARIABLE,
        help="The history: an SQLite file, postgresql://user@host/database, or `default`: a file in your data folder.",
        show_default="default",
    ),
]
OrganizationOption = Annotated[
    str, typer.Option("--organization", help="Whose runs.", show_default="the only one in the store")
]  # fmt: skip
KeepLast = Annotated[
    int, typer.Option("--keep-last", min=0, max=1_000_000, help="Keep the newest runs, this many; 0 sets no rule.")
]
KeepDays = Annotated[int, typer.Option("--keep-days", min=0, max=36_500, help="Keep the runs of so many days; 0 sets no rule.")]


def open_store(where: str, *, create: bool = False) -> Store:
    """Open the store an option names; raises `UsageError` without ever showing its credentials."""
    from assessor.history.address import parse
    from assessor.history.store import Store

    return Store(parse(where or DEFAULT), create=create)


def retention(keep_last: int, keep_days: int) -> Retention:
    """Return the rules of two options."""
    from assessor.history.store import Retention

    return Retention(keep_last, keep_days)


def load_file(file: Path) -> Assessment:
    """Read an assessment; raises `UsageError` naming the file and what is wrong with it."""
    from assessor.errors import UsageError
    from assessor.model import decode

    hint = "Name a file written with `gitops-assess scan --format json`."
    try:
        return decode(file.read_bytes())
    except OSError as error:
        raise UsageError(f"{file}: cannot be read: {error.strerror}", hint) from error
    except ValueError as error:
        raise UsageError(f"{file}: {error}", hint) from error


@dataclass
class Library:
    """Finds assessments by what a user calls them; the store is opened when the first one needs it."""

    where: str
    organization: str = ""

    @cached_property
    def store(self) -> Store:
        """The store."""
        return open_store(self.where)

    def get(self, reference: str) -> tuple[Run | None, Assessment]:
        """Return the assessment that a run's number, a day, ``latest``, ``previous``, or a file's path names; raises `UsageError`."""
        from assessor.errors import UsageError
        from assessor.history.reference import is_run

        if not is_run(reference):
            return None, load_file(Path(reference))
        name = self.organization or ("" if reference.isdigit() else self._only())
        run = self.store.find(reference, name)
        if run is None:
            of = f" of {name}" if name else ""
            raise UsageError(f"no run {reference}{of} in {self.store.address.shown}", "`gitops-assess history` lists them.")
        return run, self.store.load(run)

    def _only(self) -> str:
        from assessor.errors import UsageError

        names = self.store.organizations()
        if len(names) > 1:
            raise UsageError(
                f"{self.store.address.shown} holds the runs of several: {', '.join(names[:10])}", "Name one with --organization."
            )
        return names[0] if names else ""

    def before(self, assessment: Assessment, run: Run | None) -> list[Run]:
        """Return the runs before an assessment, the newest first: before its own run, else before its day."""
        until = run.taken_at if run else f"{assessment.date}T00:00:00+00:00"
        found = self.store.runs(assessment.organization.name, until=until)
        return [one for one in found if run is None or (one.taken_at, one.id) < (run.taken_at, run.id)]


class Keeper:
    """What a scan does with history: compare with an earlier run, keep this one, show the way travelled.

    What can be wrong with the store or the baseline is found before the scan; what goes wrong with them after it is told
    after the outputs are written, so that a long scan is never lost.
    """

    def __init__(self, store: str, baseline: str, keep_last: int, keep_days: int) -> None:
        """Open the store and read the baseline, where they are asked for; raises `UsageError`."""
        from assessor.errors import UsageError
        from assessor.history.reference import is_run

        if (keep_last or keep_days) and not store:
            raise UsageError("--keep-last and --keep-days say what a store keeps", "Name it with --store.")
        self._reference = baseline if is_run(baseline) else ""
        self._baseline = load_file(Path(baseline)) if baseline and not self._reference else None
        self._rules = (keep_last, keep_days)
        self._keeps = bool(store)
        self._store = open_store(store, create=self._keeps) if store or self._reference else None

    @contextlib.contextmanager
    def keep(self, assessment: Assessment, taken_at: datetime.datetime) -> Iterator[tuple[Assessment | None, list[Run]]]:
        """Yield the baseline and the runs before, having kept this one; raises `UsageError` at the end if that failed."""
        from assessor.errors import UsageError

        failure = None
        runs: list[Run] = []
        try:
            if self._store:
                self._find_baseline(self._store, assessment.organization.name, taken_at)
                if self._keeps:
                    runs = self._store.runs(assessment.organization.name, until=taken_at.isoformat())
                    run = self._store.save(assessment, taken_at, retention(*self._rules))
                    typer.echo(f"kept as run {run.id} in {self._store.address.shown}", err=True)
        except UsageError as error:
            failure = error
        yield self._baseline, runs
        if failure:
            raise failure

    def _find_baseline(self, store: Store, organization: str, taken_at: datetime.datetime) -> None:
        """Find the run to compare with; the first scan of an organization has none."""
        if self._reference:
            run = store.find(self._reference, organization, until=taken_at)
            if run:
                self._baseline = store.load(run)
            else:
                typer.echo(f"no run {self._reference} of {organization} to compare with", err=True)
