"""A repository as it would be after a change: its tree with files laid over it in memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from assessor.collectors.tree import Entry, Tree


class Overlay:
    """A tree with files added or replaced."""

    def __init__(self, tree: Tree, files: Mapping[str, str]) -> None:
        self.tree = tree
        self.files = {path: text.encode() for path, text in files.items()}

    def __getattr__(self, name: str) -> object:
        """Everything else (commit, remote, history …) is the tree's own."""
        return getattr(self.tree, name)

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
