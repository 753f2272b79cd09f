"""Writes a set of files all or nothing, even when the process is killed in the middle.

New contents are staged beside the target on the same file system, what they replace is kept, and a journal names both
before the first rename. A run that finds a journal undoes what it describes: the tree is as it was.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path

from assessor.errors import UsageError

from .memory import FOLDER

JOURNAL = f"{FOLDER}/journal.json"
STAGE = f"{FOLDER}/staged"
KEPT = f"{FOLDER}/kept"


def check_target(root: Path, paths: Mapping[str, str]) -> None:
    """Refuse paths that leave the repository, directly or through a link, and a folder that cannot be written."""
    home = root.resolve()
    for path in paths:
        full = root / path
        existing = full
        while not existing.exists() and existing != root and not existing.is_symlink():
            existing = existing.parent
        if (
            full.is_symlink()
            or Path(path).is_absolute()
            or ".." in Path(path).parts
            or not existing.resolve().is_relative_to(home)
        ):
            raise UsageError(f"{path}: leads out of {root}", "Remove the link, or leave that template out with --only.")
        if existing.is_file() and existing != full:
            raise UsageError(
                f"{path}: {existing.relative_to(root)} is a file", "Move it, or leave that template out with --only."
            )
    if not os.access(root, os.W_OK | os.X_OK):
        raise UsageError(f"{root}: cannot be written", "Check the folder's permissions, or write elsewhere with --output.")


def write_all(root: Path, files: Mapping[str, str]) -> None:
    """Write every file or none; raises `UsageError` and leaves the tree as it was when that fails."""
    recover(root)
    check_target(root, files)
    made = not (root / FOLDER).exists()
    try:
        _stage(root, files)
        for number, path in enumerate(files):
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / STAGE / str(number)).replace(root / path)
        _sync(root / JOURNAL)
        (root / JOURNAL).unlink()  # from here on, everything is in place
    except OSError as error:
        recover(root)
        if made:
            with contextlib.suppress(OSError):
                (root / FOLDER).rmdir()
        raise UsageError(
            f"{root}: cannot be written: {error.strerror}", "Nothing was changed; free some space or check the permissions."
        ) from error
    finally:
        for folder in (STAGE, KEPT):
            shutil.rmtree(root / folder, ignore_errors=True)


def ignored(root: Path, paths: Iterable[str]) -> list[str]:
    """Return the paths that a rule of the repository's .gitignore files leaves out of git; none without a repository."""
    import pygit2

    if not (root / ".git").exists():
        return []
    try:
        repository = pygit2.Repository(str(root), pygit2.enums.RepositoryOpenFlag.NO_SEARCH)
        return [path for path in paths if repository.path_is_ignored(path)]
    except (pygit2.GitError, KeyError):
        return []


def _stage(root: Path, files: Mapping[str, str]) -> None:
    for folder in (STAGE, KEPT):
        shutil.rmtree(root / folder, ignore_errors=True)
        (root / folder).mkdir(parents=True)
    entries = []
    for number, (path, text) in enumerate(files.items()):
        target = root / path
        staged = root / STAGE / str(number)
        staged.write_bytes(text.encode())
        existed = target.exists()
        if existed:
            shutil.copy2(target, root / KEPT / str(number))
            staged.chmod(target.stat().st_mode & 0o777)
        elif text.startswith("#!"):
            staged.chmod(0o755)
        folders = [str(p.relative_to(root)) for p in Path(root / path).parents if p.is_relative_to(root) and not p.exists()]
        entries.append({"path": path, "existed": existed, "folders": folders, "made": _digest(staged)})
    journal = root / f"{JOURNAL}.new"
    journal.write_text(json.dumps(entries))
    _sync(journal)
    journal.replace(root / JOURNAL)


def _digest(file: Path) -> str:
    return hashlib.blake2b(file.read_bytes()).hexdigest()


def _sync(file: Path) -> None:
    handle = os.open(file, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def recover(root: Path) -> bool:
    """Undo what an interrupted write left behind; returns whether there was anything."""
    journal = root / JOURNAL
    if journal.is_symlink() or not journal.is_file():
        return False
    try:
        entries = json.loads(journal.read_text())
        safe = [e for e in entries if not Path(e["path"]).is_absolute() and ".." not in Path(e["path"]).parts]
    except (OSError, ValueError, TypeError, KeyError):
        safe = []
    for number, entry in enumerate(safe):
        target, kept = root / entry["path"], root / KEPT / str(number)
        with contextlib.suppress(OSError):
            if not target.parent.resolve().is_relative_to(root.resolve()):
                continue
            # Only what the interrupted write itself made is undone, whatever a journal claims.
            if target.is_symlink() or _digest(target) != entry["made"]:
                continue
            if not entry["existed"]:
                target.unlink()
            elif kept.is_file() and not kept.is_symlink():
                kept.replace(target)
        for folder in entry["folders"]:
            with contextlib.suppress(OSError):
                (root / folder).rmdir()
    journal.unlink(missing_ok=True)
    for folder in (STAGE, KEPT):
        shutil.rmtree(root / folder, ignore_errors=True)
    return True
