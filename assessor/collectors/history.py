"""Reads the newest commits of a repository's checked-out line."""

from __future__ import annotations

import pygit2

from assessor.facts.repository import Change
from assessor.redaction import printable, redact

from .tree import Tree

COMMITS = 200
SUBJECT, NAME = 200, 80  # characters


def read_history(tree: Tree) -> tuple[tuple[Change, ...], bool]:
    """Return the newest commits along first parents, and whether they end early because the history is shallow.

    A history that ends at a commit which cannot be read is noted in the tree's problems.
    """
    repository = tree.repository
    if repository is None or not tree.commit:
        return (), False
    changes: list[Change] = []
    id: str | pygit2.Oid | None = tree.commit
    try:
        while id and len(changes) < COMMITS:
            commit = repository[id].peel(pygit2.Commit)
            changes.append(_change(commit, _brought(repository, commit)))
            id = next(iter(commit.parent_ids), None)
    except (KeyError, ValueError, pygit2.GitError):
        if not repository.is_shallow:
            tree.problems.append("its history ends at a commit that cannot be read")
        return tuple(changes), True
    cut = repository.is_shallow and len(changes) < COMMITS and _has_parents(repository, changes[-1].commit)
    return tuple(changes), cut


def _has_parents(repository: pygit2.Repository, commit: str) -> bool:
    """Say whether a commit names parents, also those that a shallow history hides."""
    _, data = repository.odb.read(commit)
    return b"\nparent " in data.partition(b"\n\n")[0]


def _change(commit: pygit2.Commit, brings: str) -> Change:
    """Return a commit's facts. Bytes are decoded here: a commit may claim any encoding, or none that exists."""
    committer = commit.committer.raw_name[: 4 * NAME].decode("utf-8", "replace")
    return Change(str(commit.id), _subject(commit), len(commit.parent_ids), printable(committer)[:NAME], brings)


def _subject(commit: pygit2.Commit) -> str:
    subject = commit.raw_message[: 10 * SUBJECT].decode("utf-8", "replace").strip().partition("\n")[0]
    return redact(printable(subject))[:SUBJECT]


def _brought(repository: pygit2.Repository, commit: pygit2.Commit) -> str:
    """Return the subject of the commit a merge brings in; "" for other commits, and where it cannot be read."""
    if len(commit.parent_ids) < 2:
        return ""
    try:
        return _subject(repository[commit.parent_ids[1]].peel(pygit2.Commit))
    except (KeyError, ValueError, pygit2.GitError):
        return ""
