"""Reads the newest commits of a repository's checked-out line."""

from __future__ import annotations

import pygit2

from assessor.facts.repository import Change

from .tree import Tree

COMMITS = 200


def read_history(tree: Tree) -> tuple[tuple[Change, ...], bool]:
    """Return the newest commits along first parents, and whether the history is shallow."""
    repository = getattr(tree, "repository", None)
    if repository is None or not tree.commit:
        return (), False
    changes: list[Change] = []
    try:
        commit = repository[tree.commit].peel(pygit2.Commit)
        while len(changes) < COMMITS:
            subject = commit.message.strip().partition("\n")[0][:200]
            changes.append(Change(str(commit.id), subject, len(commit.parent_ids), commit.committer.name[:80]))
            if not commit.parent_ids:
                break
            commit = repository[commit.parent_ids[0]].peel(pygit2.Commit)
    except (KeyError, ValueError, pygit2.GitError):
        return tuple(changes), True
    return tuple(changes), repository.is_shallow
