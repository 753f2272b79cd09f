"""The files of one repository as they are listed once: what there is, and what everything learned from it depends on."""

from __future__ import annotations

import hashlib
import time
from functools import cached_property

from assessor.errors import ParseError
from assessor.facts.base import Gap
from assessor.parsing.globs import matches

from .glance import SETTLED
from .opening import consulted
from .target import Target
from .tree import Entry, Tree


class Listing:
    """A repository's files, without those excluded, and the submodules and outward links among them."""

    def __init__(self, target: Target, tree: Tree, exclude: tuple[str, ...] = ()) -> None:
        self.target = target
        self.tree = tree
        self.exclude = exclude
        self._before = time.time_ns() - SETTLED

    @cached_property
    def _listed(self) -> dict[str, list[Entry]]:
        found: dict[str, list[Entry]] = {"file": [], "submodule": [], "outward": [], "link": []}
        for entry in self.tree.entries():
            if self.exclude and entry.kind != "submodule" and any(matches(entry.path, pattern) for pattern in self.exclude):
                continue
            found[entry.kind].append(entry)
        return found

    @cached_property
    def entries(self) -> list[Entry]:
        """The files, sorted by path."""
        return sorted(self._listed["file"], key=lambda entry: entry.path)

    @property
    def submodules(self) -> list[Entry]:
        """The submodules."""
        return self._listed["submodule"]

    @property
    def outward(self) -> list[Entry]:
        """The links that lead out of the repository."""
        return self._listed["outward"]

    def gaps(self) -> list[Gap]:
        """Return the submodules, which are repositories of their own."""
        reason = "a submodule; scan its repository beside this one"
        return [Gap("git", entry.path, reason, self.target.name) for entry in self.submodules]

    def watched(self) -> tuple[list[str], list[str]] | None:
        """Return the paths that the state depends on, as the file system spells them: below the repository, and elsewhere.

        None where they cannot be told.
        """
        tree = self.tree
        files = [] if tree.listed_by else [entry.raw or entry.path for entry in self.entries]
        try:
            elsewhere = consulted(tree.repository) if tree.repository is not None else []
        except (ParseError, OSError, RuntimeError, ValueError):  # settings that cannot be read, a home that nobody has
            return None
        return [*tree.folders, *files], elsewhere

    def state(self) -> str:
        """Return what the facts of the repository depend on, "" where that cannot be told.

        A file is told by the id of its content or, where git does not know that it is unchanged, by what it looks like on disk.
        A file just written could be written again and look the same: there is no state then, and where something was wrong.
        """
        tree = self.tree
        listed = [] if tree.listed_by else [*self.entries, *self.submodules, *self.outward]
        if tree.problems or any(not entry.oid and entry.newest > self._before for entry in listed):
            return ""
        parts = [self.target.name, self.target.path, tree.commit, tree.branch, tree.remote, tree.depth, tree.listed_by]
        parts += [f"{e.path}\0{e.kind}\0{e.tracked}\0{e.oid or e.seen}" for e in listed]
        return hashlib.blake2b("\n".join(parts).encode("utf-8", "replace"), digest_size=20).hexdigest()
