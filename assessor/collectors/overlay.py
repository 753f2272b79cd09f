"""A repository as it would be after a change: its tree with files laid over it in memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pygit2

from .tree import Entry, Tree


class Overlay:
    """A tree with texts added or replaced; everything else is the tree's own."""

    def __init__(self, tree: Tree, files: Mapping[str, str]) -> None:
        self.tree = tree
        self.files = {path: text.encode() for path, text in files.items()}
        self.commit, self.branch, self.remote, self.depth = tree.commit, tree.branch, tree.remote, tree.depth
        self.problems = tree.problems
        self.folders = tree.folders
        self.listed_by = ""

    @property
    def repository(self) -> pygit2.Repository | None:
        """The git repository, unless it is a plain folder."""
        return self.tree.repository

    @property
    def moved(self) -> bool:
        """Whether a file of the tree was no longer as listed."""
        return self.tree.moved

    def entries(self) -> Iterator[Entry]:
        """Yield the tree's entries, then the files laid over it."""
        for entry in self.tree.entries():
            if entry.path not in self.files:
                yield entry
        for path, data in self.files.items():
            yield Entry(path, len(data), tracked=False)

    def read(self, entry: Entry) -> bytes:
        """Return a file's bytes."""
        data = self.files.get(entry.path)
        return self.tree.read(entry) if data is None else data
