"""Opens a git repository without trusting it.

libgit2 runs no program, whatever the configuration says. What a hostile ``.git`` can still do is make us wait (a pipe
in place of a file) or read a repository the user did not name (``commondir``, a ``.git`` file or link that leads
elsewhere, ``core.worktree``). Each is refused before, or undone after, libgit2 sees it.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path

import pygit2

from assessor.errors import ParseError
from assessor.redaction import printable

MAX_CONFIG = 1024 * 1024
MAX_GIT_FILES = 2_000_000
MAX_INCLUSIONS = 10  # settings files that include another, as git allows

_SECTION = re.compile(r"[ \t]*\[[ \t]*(\w+)[^\]\n]*\]")
_READS = {"include.path", "includeif.path", "core.excludesfile", "core.attributesfile"}
_CONSULTED = ("HEAD", "index", "commondir", "gitdir")
_SHARED = ("packed-refs", "shallow", "info/exclude")  # by linked work trees
_LEVELS = (pygit2.enums.ConfigLevel.SYSTEM, pygit2.enums.ConfigLevel.XDG, pygit2.enums.ConfigLevel.GLOBAL)


def open_repository(location: Path) -> pygit2.Repository:
    """Open the repository whose work tree or bare folder is exactly this one; raises `ParseError` saying why not."""
    try:
        git = _git_folder(location)
        for folder in dict.fromkeys((git, _common(git))):
            _refuse_pipes(folder)
            _refuse_inclusions(folder)
        # libgit2 refuses repositories that belong to another user, as git does, since git would run what their
        # configuration names. Nothing is run here, and in containers the owner nearly always differs.
        pygit2.settings.owner_validation = False
        repository = pygit2.Repository(str(git), pygit2.enums.RepositoryOpenFlag.NO_SEARCH)
        if git != location:
            repository.workdir = str(location)  # whatever core.worktree says
    except (pygit2.GitError, KeyError, ValueError, RuntimeError, OSError) as error:
        raise ParseError(f"not a readable git repository: {printable(str(error))}") from error
    return repository


def consulted(repository: pygit2.Repository) -> list[str]:
    """Return the files that say what is checked out and which paths git ignores; some may not exist.

    They are the repository's own, and the settings and ignore rules of the user and the system. Raises `ParseError` or
    `OSError` when one of them cannot be read.
    """
    git = Path(repository.path)
    found = [git / name for name in _CONSULTED]
    settings: list[Path] = []
    for folder in dict.fromkeys((git, _common(git))):
        found += (folder / name for name in _SHARED)
        settings += (folder / "config", folder / "config.worktree")
    found += (folder / name for name in _references(git) for folder in dict.fromkeys((git, _common(git))))
    if repository.workdir and not (Path(repository.workdir) / ".git").is_dir():
        found.append(Path(repository.workdir) / ".git")
    for level in _LEVELS:
        for place in filter(None, pygit2.settings.search_path[level].split(os.pathsep)):
            settings += (Path(place) / name for name in ("gitconfig", ".gitconfig", "config"))
            found.append(Path(place) / "ignore")
    for file in settings:
        found += (file, *_read_with(file, MAX_INCLUSIONS))
    return list(dict.fromkeys(map(str, found)))


def _references(git: Path) -> Iterator[str]:
    """Yield the references through which the newest commit is found."""
    name = "HEAD"
    for _ in range(MAX_INCLUSIONS):
        file = git / name
        text = _text(file) if file.is_file() else ""
        if not text.startswith("ref:"):
            return
        name = text.removeprefix("ref:").strip()
        if not name.startswith("refs/") or ".." in name:
            return
        yield name


def _read_with(file: Path, depth: int) -> Iterator[Path]:
    """Yield the files that git reads because a settings file names them, whatever the conditions."""
    for key, named in _named(file) if depth else ():
        yield named
        if key.endswith(".path"):
            yield from _read_with(named, depth - 1)


def shallow_at(repository: pygit2.Repository) -> str:
    """Return the ids of the commits where a shallow history ends, "" for a whole one."""
    file = Path(repository.path) / "shallow"
    try:
        return _text(file)[:MAX_CONFIG] if file.is_file() else ""
    except (ParseError, OSError):
        return "unreadable"


def _git_folder(location: Path) -> Path:
    """Return the folder that holds the repository's data; one elsewhere must point back to this work tree."""
    dot_git = location / ".git"
    if not os.path.lexists(dot_git):
        return location
    kind = dot_git.lstat().st_mode
    if stat.S_ISDIR(kind):
        if (dot_git / "commondir").exists():
            raise ParseError("its .git folder uses the data of another repository")
        return dot_git
    if stat.S_ISLNK(kind):
        raise ParseError("its .git is a link")
    text = _text(dot_git)
    if not text.startswith("gitdir:"):
        raise ParseError("its .git file names no repository")
    git = Path(os.path.normpath(location / text.removeprefix("gitdir:").strip()))
    if not (_is_worktree(git, dot_git) or _is_submodule(git, location)):
        raise ParseError("its .git file names a repository that does not know this folder")
    return git


def _is_worktree(git: Path, dot_git: Path) -> bool:
    """Say whether a git folder belongs to the linked work tree with this ``.git`` file."""
    back = git / "gitdir"
    return back.is_file() and Path(os.path.normpath(git / _text(back).strip())).resolve() == dot_git.resolve()


def _is_submodule(git: Path, location: Path) -> bool:
    """Say whether a git folder belongs to the submodule checked out here: its configuration names the place."""
    config = git / "config"
    if not config.is_file():
        return False
    found = re.search(r"^[ \t]*worktree[ \t]*=[ \t]*(\S[^\n]*)", _text(config), re.I | re.M)
    return found is not None and (git / found.group(1).strip().strip('"')).resolve() == location.resolve()


def _common(git: Path) -> Path:
    """Return where a linked work tree shares its data; the git folder itself for any other."""
    common = git / "commondir"
    return Path(os.path.normpath(git / _text(common).strip())) if common.is_file() else git


def _text(file: Path) -> str:
    info = file.stat()
    if not stat.S_ISREG(info.st_mode) or info.st_size > MAX_CONFIG:
        raise ParseError(f"its {file.name} is not a small regular file")
    return os.fsdecode(file.read_bytes())


def _refuse_pipes(git: Path) -> None:
    """Raise `ParseError` if anything in the git folder would block or act when opened."""
    for count, (path, mode) in enumerate(_special(git)):
        if count > MAX_GIT_FILES:
            raise ParseError("its .git folder holds too many files")
        if stat.S_ISFIFO(mode) or stat.S_ISCHR(mode) or stat.S_ISBLK(mode):
            raise ParseError(f"its .git folder holds a pipe or device: {printable(os.path.relpath(path, git))}")


def _special(git: Path) -> Iterator[tuple[str, int]]:
    """Yield what is neither a file nor a folder, links by what they lead to; 0 stands for all the rest."""
    stack = [str(git)]
    while stack:
        with os.scandir(stack.pop()) as scan:
            for item in scan:
                if item.is_dir(follow_symlinks=False):
                    stack.append(item.path)
                elif item.is_file(follow_symlinks=False) or not os.path.exists(item.path):  # noqa: PTH110  called for every loose object
                    yield item.path, 0
                else:
                    yield item.path, item.stat().st_mode


def _refuse_inclusions(git: Path) -> None:
    """Raise `ParseError` if the configuration makes git read something that is not a plain file without inclusions."""
    for name in ("config", "config.worktree"):
        for _, file in _named(git / name):
            if file.exists() and (not file.is_file() or "[include" in _text(file).lower()):
                raise ParseError("its configuration includes what is not a plain settings file")


def _named(config: Path) -> Iterator[tuple[str, Path]]:
    """Yield the files that a settings file makes git read, each with the setting that does."""
    for key, value in _settings(_text(config)) if config.is_file() else ():
        if key in _READS:
            yield key, (config.parent / Path(value.strip().strip('"')).expanduser()).resolve()


def _settings(config: str) -> Iterator[tuple[str, str]]:
    """Yield the settings of a git configuration as ``section.key`` in lower case, and value, both roughly."""
    section = ""
    for line in config.replace("\\\n", "").splitlines():
        header = _SECTION.match(line)
        if header:
            section, line = header.group(1).lower(), line[header.end() :]
        key, _, value = line.partition("=")
        yield f"{section}.{key.strip().lower()}", value
