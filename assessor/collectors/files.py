"""One repository → facts: lists its files, reads the relevant ones, derives. The unit of work, the same everywhere."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from assessor.deriving import derive_repository
from assessor.errors import ParseError
from assessor.facts.base import Fact, Gap, Place
from assessor.facts.repository import Repository
from assessor.reading import Reader, Source, matches
from assessor.registry import load_readers

from .content import Origin, classify
from .history import read_history
from .library import is_library
from .tree import Entry, Target, Tree, open_tree


def collect_repository(target: Target, exclude: tuple[str, ...] = ()) -> Repository:
    """Read one repository. What cannot be read becomes a gap; `UsageError` only for a ref that does not exist."""
    try:
        tree = open_tree(target)
    except ParseError as error:
        gap = Gap("git", target.path, str(error), target.name)
        return Repository(at=Place(target.name, ""), name=target.name, path=target.path, gaps=(gap,))
    return _Scan(target, tree, exclude).repository()


class _Scan:
    """The reading of one repository; collects gaps as it goes."""

    def __init__(self, target: Target, tree: Tree, exclude: tuple[str, ...]) -> None:
        self.target = target
        self.tree = tree
        self.gaps: list[Gap] = []
        self.exclude = exclude

    def repository(self) -> Repository:
        entries = sorted(self._own_listing(), key=lambda entry: entry.path)
        origins = {entry.path: classify(entry.path) for entry in entries}
        wanted = [e for e in entries if origins[e.path] in (Origin.OWN, Origin.EXAMPLE)]
        facts = [fact for entry in wanted for fact in self._read(entry)]
        library = is_library([f for f in facts if origins[f.at.path] is Origin.OWN], self.target.name)
        own = [e for e in wanted if origins[e.path] is Origin.OWN or not library]
        aside = Counter(str(origins[e.path]) for e in entries if origins[e.path] is not Origin.OWN)
        if not library:
            facts_own = facts
            aside.pop(str(Origin.EXAMPLE), None)
        else:
            facts_own = [f for f in facts if origins[f.at.path] is Origin.OWN]
        history, shallow = read_history(self.tree)
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

    def _own_listing(self) -> Iterator[Entry]:
        for entry in self.tree.entries():
            if entry.kind == "submodule":
                self.gaps.append(Gap("git", entry.path, "a submodule; scan its repository beside this one", self.target.name))
            elif entry.kind == "file" and not any(matches(entry.path, pattern) for pattern in self.exclude):
                yield entry

    def _read(self, entry: Entry) -> Iterator[Fact]:
        readers = [reader for reader in load_readers().values() if reader.reads(entry.path)]
        if not readers:
            return
        try:
            source = Source(self.target.name, entry.path, self.tree.read(entry))
        except ParseError as error:
            self._gap(entry.path, error.line, str(error))
            return
        for reader in readers:
            yield from self._run(reader, source)
        for problem in source.problems.values():
            self._gap(entry.path, problem.line, str(problem))

    def _run(self, reader: Reader, source: Source) -> Iterator[Fact]:
        try:
            yield from reader.read(source)
        except ParseError as error:
            source.problems.setdefault(str(error), error)
        except Exception as error:  # noqa: BLE001  one bad file never costs the rest of the scan
            problem = ParseError(f"the {reader.id} reader failed: {type(error).__name__}: {error}")
            source.problems.setdefault(str(problem), problem)

    def _gap(self, path: str, line: int, reason: str) -> None:
        self.gaps.append(Gap("files", f"{path}:{line}" if line else path, reason, self.target.name))
