"""Which format goes where, and writing it whole or not at all."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assessor.errors import UsageError
from assessor.model import Assessment, Run, Status
from assessor.registry import load_entry, names

GROUP = "gitops_assess.reports"
STDOUT = Path("-")
ENDINGS = {".json": "json", ".html": "html", ".htm": "html", ".md": "markdown", ".sarif": "sarif", ".xml": "junit", ".csv": "csv", ".svg": "badge", ".txt": "table", ".prom": "openmetrics"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Output:
    """A format and where it goes; `render` makes the text."""

    format: str
    path: Path
    render: Any


def plan(formats: list[str], paths: list[Path]) -> list[Output]:
    """Pair formats with files: by position when there are as many, else by the file's ending; the rest goes to stdout."""
    for format in formats:
        if format not in names(GROUP):
            load_entry(GROUP, format)  # raises, naming the known ones
    pairs = list(zip(formats, paths, strict=True)) if len(formats) == len(paths) else _by_ending(formats, paths)
    if not pairs:
        pairs = [("table", STDOUT)]
    if sum(path == STDOUT for _, path in pairs) > 1:
        raise UsageError("more than one format would go to standard output", "Give each format a file with -o.")
    for _, path in pairs:
        if path != STDOUT and (path.is_dir() or not path.absolute().parent.is_dir()):
            raise UsageError(f"{path}: not a file in an existing folder", "Name a file with -o.")
    return [Output(format, path, load_entry(GROUP, format)) for format, path in pairs]


def _by_ending(formats: list[str], paths: list[Path]) -> list[tuple[str, Path]]:
    left = list(formats)
    pairs = []
    for path in paths:
        format = ENDINGS.get(path.suffix.lower(), "")
        if path == STDOUT and len(left) == 1:
            format = left[0]
        meant = [each for each in left if each != "table"]  # that one may be for the screen
        if not format or (meant and format not in left):
            raise UsageError(
                f"{path}: its ending does not say which of the formats it is for",
                "Give one --format for each -o, in the same order.",
            )
        if format in left:
            left.remove(format)
        pairs.append((format, path))
    return pairs + [(format, STDOUT) for format in left]


def write(assessment: Assessment, outputs: list[Output], baseline: Assessment | None = None, history: Sequence[Run] = ()) -> None:
    """Render and write each output; a file appears only once it is complete. `history` are the runs before, newest first."""
    for output in outputs:
        options: dict[str, Any] = {"baseline": baseline}
        if output.format == "table":
            terminal = output.path == STDOUT and sys.stdout.isatty() and "NO_COLOR" not in os.environ
            options |= {"color": terminal, "width": shutil.get_terminal_size((80, 24)).columns if terminal else 80}
        if output.format == "html":
            options |= {"history": history}
        put(output.render(assessment, **options), output.path)


def put(text: str, path: Path) -> None:
    """Write a text to a file, whole or not at all, or to standard output, until whoever reads that has enough."""
    if path != STDOUT:
        write_whole(path, text)
        return
    try:
        sys.stdout.buffer.write(text.encode("utf-8", "replace"))
        sys.stdout.flush()
    except BrokenPipeError:
        sys.stdout = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115  stays open: files and gates are still to come
    except OSError as error:
        raise UsageError(f"standard output: {error.strerror}", "Free some space or write elsewhere.") from error


def write_whole(path: Path, text: str) -> None:
    """Write a file atomically; raises `UsageError` and leaves no trace when that fails.

    What a link leads to is replaced, not the link. A device or a pipe is written into: it is no file that could be replaced.
    """
    temporary = ""
    try:
        path = Path(os.path.realpath(path))
        if path.exists() and not path.is_file():
            path.write_bytes(text.encode("utf-8", "replace"))
            return
        handle, temporary = tempfile.mkstemp(dir=path.absolute().parent, prefix=f".{path.name[:100]}.")
        with os.fdopen(handle, "wb") as file:
            file.write(text.encode("utf-8", "replace"))
            file.flush()
            os.fsync(file.fileno())
        mask = os.umask(0)
        os.umask(mask)
        Path(temporary).chmod(0o666 & ~mask)
        Path(temporary).replace(path)
    except OSError as error:
        raise UsageError(
            f"{path}: cannot be written: {error.strerror}", "Nothing was written there; free some space or name another file."
        ) from error
    finally:
        with contextlib.suppress(OSError):
            if temporary:
                Path(temporary).unlink(missing_ok=True)


def shortfall(assessment: Assessment, fail_under: float | None, min_level: int | None) -> str:
    """Say what keeps a scan from exiting with 0, "" if nothing does."""
    score = assessment.organization.score
    crashed = sorted({f.check for f in assessment.findings if f.status is Status.ERROR})
    if crashed:
        return f"checks crashed: {', '.join(crashed)}"
    if score is None and (fail_under is not None or min_level):
        return "nothing was observed, so there is no score to compare"
    if fail_under is not None and score is not None and score < fail_under:
        return f"the score {score:g} is below {fail_under:g}"
    if min_level is not None and assessment.organization.level < min_level:
        return f"level {assessment.organization.level} is below {min_level}"
    return ""
