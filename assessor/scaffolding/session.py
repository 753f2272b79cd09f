"""One scaffolding: assess, pick the pieces, answer, render, merge with what is there; step by step, in memory.

Each step sees what the steps before it would write (through an overlay on the repository), so that the chart of step 3
knows the Dockerfile of step 2. Nothing touches the disk before the whole change is known and accepted.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from assessor.errors import UsageError
from assessor.facts.repository import Organization, Repository
from assessor.model import Assessment

from .answering import Answer, Ask, Given, answer
from .editing import add_to_block
from .evidence import config_repository
from .memory import ANSWERS, Memory, load_memory, merge, read_base, read_text, remembered
from .planning import Piece, Wish, pieces
from .rendering import edits, render, todo
from .template import Edit, Template
from .writing import ignored

NEW, UPDATED, EDITED, CONFLICT, KEPT, SAME, SKIPPED = "new", "updated", "edited", "conflict", "kept", "unchanged", "skipped"

_HOMELESS = (
    "No repository holds GitOps configuration yet: name the one for it, and for what belongs to no service, with "
    "`--config-repo`, and run again."
)
Overlays = Mapping[str, Mapping[str, str]]  # repository name → path → text
Look = Callable[[Overlays], tuple[Organization, Assessment]]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What becomes of one file.

    It is new, updated, edited (lines added to a person's own), in conflict (markers inside), kept (a person's own),
    unchanged, or skipped (the block to add lines to was not found).
    """

    path: str
    action: str
    text: str  # what the repository would hold
    before: str | None  # what it holds now

    @property
    def writes(self) -> bool:
        """Whether the file changes."""
        return self.action in (NEW, UPDATED, EDITED, CONFLICT)


@dataclass(slots=True)
class Applied:
    """A piece with its answers and what became of its files."""

    piece: Piece
    answers: dict[str, Answer]
    outcomes: list[Outcome]


@dataclass(slots=True)
class Change:
    """The whole change: what was applied, the files to write by repository, the assessments before and after."""

    before: Assessment
    after: Assessment
    applied: list[Applied] = field(default_factory=list)
    files: dict[str, dict[str, str]] = field(default_factory=dict)  # with answers and bases
    roots: dict[str, Path] = field(default_factory=dict)
    homeless: bool = False  # of several repositories none is known to be the place of the GitOps configuration
    ignored: dict[str, list[str]] = field(default_factory=dict)  # generated files that git would leave out, by repository

    @property
    def outcomes(self) -> Iterator[tuple[str, Outcome]]:
        """Every file's outcome, last one per path, with its repository."""
        last = {(a.piece.repository.name, o.path): o for a in self.applied for o in a.outcomes}
        return ((repository, outcome) for (repository, _), outcome in sorted(last.items()))

    @property
    def todo(self) -> list[str]:
        """What a person still has to do, once each."""
        lines = [
            line
            for applied in self.applied
            if any(outcome.writes for outcome in applied.outcomes)
            for line in todo(applied.piece.template, {key: found.value for key, found in applied.answers.items()})
        ]
        lines += [_HOMELESS] if self.homeless else []
        lines += [_left_out(name, paths) for name, paths in self.ignored.items()]
        return list(dict.fromkeys(lines))


class Session:
    """Builds a change. `look` collects and assesses with overlays; `overwrite` names existing files that may be replaced."""

    def __init__(
        self,
        look: Look,
        templates: Mapping[str, Template],
        locate: Callable[[Repository], Path],
        given: Given,
        ask: Ask | None = None,
        overwrite: tuple[str, ...] = (),
    ) -> None:
        self.look = look
        self.templates = templates
        self.locate = locate
        self.given = given
        self.ask = ask
        self.overwrite = overwrite
        self.memories: dict[str, Memory] = {}
        self.written: dict[str, dict[str, str]] = {}
        self.made: dict[str, dict[str, str]] = {}
        self.makers: dict[tuple[str, str], Piece] = {}

    def build(self, wish: Wish) -> Change:
        """Return the change that a wish calls for; nothing is written."""
        organization, first = self.look({})
        for repository in organization.repositories:
            self.memories[repository.name] = load_memory(self.locate(repository))
        earlier = {name: tuple(memory.pieces) for name, memory in self.memories.items()}
        change = Change(first, first)
        change.homeless = len(organization.repositories) > 1 and not (wish.config_repository or config_repository(organization))
        for step in sorted({t.step for t in self.templates.values() if not wish.steps or t.step in wish.steps}):
            now = Wish((step,), wish.only, wish.choices, wish.config_repository)
            done: set[tuple[str, str]] = set()
            begun = change.after
            # A piece of the same step may rest on another, e.g. the image's CI on its Dockerfile: look again until none is left.
            for _round in range(3):
                found = [
                    p
                    for p in pieces(organization, change.after, self.templates, now, earlier, begun)
                    if (p.repository.name, p.key) not in done
                ]
                if not found:
                    break
                done |= {(p.repository.name, p.key) for p in found}
                change.applied += [self._apply(piece, change) for piece in found]
                organization, change.after = self.look(self.written)
        for name, files in self.written.items():
            memory = self.memories[name]
            if left_out := ignored(change.roots[name], files):
                change.ignored[name] = left_out
            change.files[name] = {**files, **remembered(self.made[name]), ANSWERS: memory.text()}
        return change

    def _apply(self, piece: Piece, change: Change) -> Applied:
        name = piece.repository.name
        root = change.roots.setdefault(name, self.locate(piece.repository))
        memory = self.memories[name]
        answers = answer(piece, self.given, memory.pieces.get(piece.key, {}), self.ask)
        values = {key: found.value for key, found in answers.items()}
        rendered = render(piece.template, values)
        written, made = self.written.setdefault(name, {}), self.made.setdefault(name, {})
        for path, text in rendered.items():
            other = self.makers.get((name, path))
            if other and other.template is piece.template and made[path] != text:
                raise _meeting(path, other, piece)
        outcomes = [self._outcome(root, path, text, written) for path, text in rendered.items()]
        for outcome in outcomes:
            if outcome.writes:
                written[outcome.path] = outcome.text
                made[outcome.path] = rendered[outcome.path]
                self.makers[name, outcome.path] = piece
        for edit in edits(piece.template, values):
            outcomes.append(_edited(root, edit, written))
            if outcomes[-1].writes:
                written[edit.path] = outcomes[-1].text
        if any(outcome.writes for outcome in outcomes):
            memory.pieces[piece.key] = values
            memory.files[piece.key] = [outcome.path for outcome in outcomes]
        else:
            self._forget_if_idle(name)
        return Applied(piece, answers, outcomes)

    def _forget_if_idle(self, name: str) -> None:
        if not self.written[name]:
            del self.written[name], self.made[name]

    def _outcome(self, root: Path, path: str, text: str, written: Mapping[str, str]) -> Outcome:
        """Decide what becomes of a generated file, beside what is there and what an earlier run generated."""
        present = written.get(path, read_text(root, path))
        if present is None:
            blocked = (root / path).is_symlink() or (root / path).exists()
            return Outcome(path, KEPT, "", None) if blocked else Outcome(path, NEW, text, None)
        if present == text:
            return Outcome(path, SAME, text, present)
        if path in self.overwrite:
            return Outcome(path, UPDATED, text, present)
        base = read_base(root, path)
        if base is None:
            return Outcome(path, KEPT, present, present)
        merged, conflicts = merge(base, present, text, path)
        if merged == present:
            return Outcome(path, SAME, present, present)
        return Outcome(path, CONFLICT if conflicts else UPDATED, merged, present)


def _meeting(path: str, one: Piece, other: Piece) -> UsageError:
    subjects = " and ".join(f"{piece.subject.label} of {piece.subject.at.repository}" for piece in (one, other))
    return UsageError(
        f"{path} of {one.repository.name} would be made twice, and not be the same: for {subjects}",
        f"Give each answers of its own: in a file for --answers, below `pieces`, {one.key!r} and {other.key!r}.",
    )


def _left_out(repository: str, paths: list[str]) -> str:
    return (
        f"A rule in .gitignore of {repository} leaves {len(paths)} of the generated files out of git, e.g. {paths[0]}: add "
        "exceptions for them (`!folder/`), or they count for nothing."
    )


def _edited(root: Path, edit: Edit, written: Mapping[str, str]) -> Outcome:
    """Decide what becomes of a file that lines are added to; one without the block stays as it is."""
    present = written.get(edit.path, read_text(root, edit.path))
    text = add_to_block(present, edit.block, edit.add) if present is not None else None
    if present is None or text is None:
        return Outcome(edit.path, SKIPPED, present or "", present)
    return Outcome(edit.path, SAME if text == present else EDITED, text, present)


def diff(change: Change) -> str:
    """Return the change as a unified diff."""
    parts: list[str] = []
    for repository, outcome in change.outcomes:
        if outcome.writes:
            old = (outcome.before or "").splitlines(keepends=True)
            new = outcome.text.splitlines(keepends=True)
            a = f"a/{repository}/{outcome.path}" if outcome.before is not None else "/dev/null"
            parts += difflib.unified_diff(old, new, a, f"b/{repository}/{outcome.path}")
    return "".join(line if line.endswith("\n") else line + "\n\\ No newline at end of file\n" for line in parts)
