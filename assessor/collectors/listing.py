"""The files of one repository as they are listed once: what there is, and what everything learned from it depends on."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable

from assessor.facts.base import Gap
from assessor.parsing.globs import matches

from .tree import Entry, Target, Tree

SETTLED = 3 * 10**9  # nanoseconds: a file changed later than this before it was listed may change again and look the same


class Listing:
    """A repository's files, without those excluded, and the submodules and outward links among them."""

    def __init__(self, target: Target, tree: Tree, exclude: tuple[str, ...] = ()) -> None:
        self.target = target
        self.tree = tree
        self.exclude = exclude
        self.submodules: list[Entry] = []
        self.outward: list[Entry] = []
        self._before = time.time_ns() - SETTLED
        self.entries = sorted(self._own(tree.entries()), key=lambda entry: entry.path)

    def _own(self, entries: Iterable[Entry]) -> Iterable[Entry]:
        for entry in entries:
            if entry.kind == "submodule":
                self.submodules.append(entry)
            elif self.exclude and any(matches(entry.path, pattern) for pattern in self.exclude):
                continue
            elif entry.kind == "file":
                yield entry
            elif entry.kind == "outward":
                self.outward.append(entry)

    def gaps(self) -> list[Gap]:
        """Return the submodules, which are repositories of their own."""
        reason = "a submodule; scan its repository beside this one"
        return [Gap("git", entry.path, reason, self.target.name) for entry in self.submodules]

    def state(self) -> str:
        """Return what the facts of the repository depend on, "" where that cannot be told.

        A file is told by the id of its content or, where git does not know that it is unchanged, by what it looks like on disk.
        A file just written could be written again and look the same: there is no state then, and where something was wrong.
        """
        tree = self.tree
        if tree.problems:
            return ""
        listed = (*self.entries, *self.submodules, *self.outward)
        if any(not entry.oid and entry.newest > self._before for entry in listed):
            return ""
        parts = [self.target.name, self.target.path, tree.commit, tree.branch, tree.remote, tree.depth]
        parts += [f"{e.path}\0{e.kind}\0{e.tracked}\0{e.oid or e.seen}" for e in listed]
        return hashlib.blake2b("\n".join(parts).encode("utf-8", "replace"), digest_size=20).hexdigest()
