"""The command line: one module per command. Results go to stdout, progress and errors to stderr.

Exit codes: 0 ok · 1 below what was asked, or a check crashed · 2 wrong usage, settings or output · 3 nothing could be
assessed · 130 interrupted.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import os
import signal
import sys
from pathlib import Path

import typer

from assessor.errors import AssessorError, NothingToAssess

from . import checks, compare, explain, history, init, permissions, report, scaffold, scan

INTERRUPTED = 130

app = typer.Typer(
    name="gitops-assess",
    help="How far is your organization on the way to GitOps, and what comes next?",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # plain help: importing rich would double the time of --help
    epilog="Exit codes: 0 ok, 1 below what was asked, or a check crashed, 2 wrong usage, 3 nothing could be assessed, 130 interrupted.",
)
app.command("scan")(scan.scan)
app.command("report")(report.report)
app.command("history")(history.history)
app.command("compare")(compare.compare)
app.command("checks")(checks.checks)
app.command("explain")(explain.explain)
app.command("init")(init.init)
app.command("permissions")(permissions.permissions)
app.add_typer(scaffold.app, name="scaffold")


def _version(wanted: bool) -> None:
    if wanted:
        from assessor import __version__

        typer.echo(f"gitops-assess {__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Show the version and exit."),
) -> None:
    """Take the options that stand before the command."""


def main() -> None:
    """Be the program: run the command line and end the process."""
    gc.set_threshold(50_000, 20, 50)  # facts are many, and none refers back: collecting often finds nothing
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # whoever started us has closed it
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115  stays open to the end
    try:
        run()
    except SystemExit as end:
        _leave(end.code)


def run() -> None:
    """Run the command line; every error a user can cause ends in one clear message, and everything in `SystemExit`."""
    try:
        app()
    except AssessorError as error:
        typer.echo(f"error: {error}", err=True)
        if error.hint:
            typer.echo(f"  {error.hint}", err=True)
        sys.exit(3 if isinstance(error, NothingToAssess) else 2)
    except KeyboardInterrupt:  # outside a command: inside one typer makes it the exit code
        typer.echo("interrupted", err=True)
        sys.exit(INTERRUPTED)
    except OSError as error:  # e.g. standard output on a full disk
        typer.echo(f"error: {error.strerror or error}{f': {error.filename}' if error.filename else ''}", err=True)
        sys.exit(2)
    except SystemExit as end:
        if isinstance(end.__context__, BrokenPipeError):  # whoever read our output has enough; typer says 1
            sys.exit(0)
        if end.code == INTERRUPTED:
            typer.echo("interrupted", err=True)
        raise


def _leave(code: object) -> None:
    """End at once: to take apart what a large scan has made would take a twentieth of a rescan's time."""
    status = code if isinstance(code, int) else 0 if code is None else 1
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # whoever interrupts once more wants no traceback
    try:
        atexit._run_exitfuncs()
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
    except BrokenPipeError:
        pass
    except OSError as error:  # e.g. a full disk
        with contextlib.suppress(OSError):
            os.write(2, f"error: the output could not be written: {error.strerror}\n".encode())
        status = 2
    os._exit(status)
