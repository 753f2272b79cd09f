"""One repository → facts: lists its files, reads the relevant ones, derives. The unit of work, the same everywhere."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping

from assessor.deriving import derive_repository
from assessor.errors import ParseError
from assessor.facts.base import Fact, Gap, Place
from assessor.facts.pipelines import Runnable
from assessor.facts.repository import Repository
from assessor.redaction import printable, redact

from .cache import FactCache
from .content import Content, Origin, examples_are_the_product
from .extraction import Extraction, readers_of
from .history import read_history
from .library import is_library
from .listing import Listing
from .overlay import Overlay
from .target import Target
from .tree import Entry, Tree, open_tree

MAX_REASON = 300  # characters
MAX_ATTRIBUTES = 1024 * 1024  # bytes of a .gitattributes file

_SCRIPT = re.compile(r"\.(?:sh|bash)\Z|(?:\A|/)(?:GNUm|M|m)akefile\Z")


def collect_repository(
    target: Target, exclude: tuple[str, ...] = (), cache: FactCache | None = None, overlay: Mapping[str, str] | None = None
) -> Repository:
    """Read one repository, with the texts of `overlay` (by path) laid over its files, as if they were written.

    What cannot be read becomes a gap; `UsageError` only for a ref that does not exist.
    """
    try:
        tree: Tree = open_tree(target)
        if overlay:
            tree = Overlay(tree, overlay)
    except ParseError as error:
        return nothing_of(target, str(error), "git")
    repository = Reading(Listing(target, tree, exclude), cache).repository()
    if cache:
        cache.flush()
    return repository


def nothing_of(target: Target, reason: str, source: str = "files") -> Repository:
    """Return the repository of which nothing could be seen."""
    gap = Gap(source, target.path, reason, target.name)
    return Repository(at=Place(target.name, ""), name=target.name, path=target.path, gaps=(gap,))


def _is_started(path: str, origins: Mapping[str, Origin]) -> bool:
    """Say whether a file among tests is a script that a pipeline may run: it then says what the pipeline does."""
    return origins[path] is Origin.FIXTURE and bool(_SCRIPT.search(path))


class Reading:
    """The reading of one repository; collects gaps as it goes.

    `complete` says afterwards whether every file was read, as it had been listed: else another reading may find more.
    """

    def __init__(self, listing: Listing, cache: FactCache | None) -> None:
        self.listing = listing
        self.target = listing.target
        self.tree = listing.tree
        self.gaps = listing.gaps()
        self.complete = True
        self.extraction = Extraction(self.target.name, self.tree, cache)

    def repository(self) -> Repository:
        """Return the repository with what was read in its files, and what they say together."""
        entries = self.listing.entries
        for entry in self.listing.outward:
            if readers_of()(entry.path):
                self._gap(entry.path, 0, "a link that leads out of the repository; links are not followed")
        content = Content((entry.path for entry in entries), self._attributes(entries))
        origins = {entry.path: content.origin(entry.path) for entry in entries}
        wanted = [e for e in entries if origins[e.path] in (Origin.OWN, Origin.EXAMPLE) or _is_started(e.path, origins)]
        facts = [fact for entry in wanted for fact in self._read(entry)]
        self.extraction.remember()
        own_paths = [e.path for e in wanted if origins[e.path] is Origin.OWN]
        library = is_library([f for f in facts if origins[f.at.path] is Origin.OWN], self.target.name, own_paths)
        product = {Origin.OWN}
        if not library and examples_are_the_product(self.target.name, origins):
            product.add(Origin.EXAMPLE)
        own = [e for e in wanted if origins[e.path] in product]
        facts_own = [
            f for f in facts if origins[f.at.path] in product or (isinstance(f, Runnable) and _is_started(f.at.path, origins))
        ]
        aside = Counter(str(origins[e.path]) for e in entries if origins[e.path] not in product)
        history, shallow = read_history(self.tree)
        self.complete = self.complete and not self.tree.problems and not self.tree.moved
        self.gaps += (Gap("git", self.target.path, problem, self.target.name) for problem in self.tree.problems)
        return derive_repository(
            Repository(
                at=Place(self.target.name, ""),
                name=self.target.name,
                path=self.target.path,
                commit=self.tree.commit,
                branch=self.tree.branch,
                remote=self.tree.remote,
                shallow=shallow,
                history=history,
                is_library=library,
                files=tuple(e.path for e in own),
                untracked=tuple(e.path for e in own if not e.tracked),
                set_aside=dict(sorted(aside.items())),
                gaps=tuple(self.gaps),
            ),
            facts_own,
        )

    def _attributes(self, entries: list[Entry]) -> dict[str, str]:
        """Return the texts of the ``.gitattributes`` files by folder; one that cannot be read says nothing."""
        found = {}
        for entry in entries:
            if entry.path.rpartition("/")[2] == ".gitattributes" and entry.size <= MAX_ATTRIBUTES:
                try:
                    found[entry.path.rpartition("/")[0]] = self.tree.read(entry).decode("utf-8", "replace")
                except ParseError as error:
                    self.complete = False
                    self._gap(entry.path, error.line, str(error))
        return found

    def _read(self, entry: Entry) -> tuple[Fact, ...]:
        facts, problems, opened = self.extraction.of(entry)
        self.complete = self.complete and opened
        for reason, line in problems:
            self._gap(entry.path, line, reason)
        return facts

    def _gap(self, path: str, line: int, reason: str) -> None:
        reason = redact(printable(reason))[:MAX_REASON]
        self.gaps.append(Gap("files", f"{path}:{line}" if line else path, reason, self.target.name))
