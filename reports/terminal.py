"""The assessment on a terminal: where we stand, why, what comes next. Readable at 80 columns and without colour."""

from __future__ import annotations

import textwrap
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from assessor.model import Action, Assessment, OrganizationScore, Status, StepScore, TaskScore

from .compare import compare
from .words import SYMBOLS, gain_line, level_line, listing, number, plural, printable, repositories, score_line

ACTIONS, GAPS, ERRORS = 5, 5, 5
_PLAIN = str.maketrans(
    {
        "✓": "+",
        "◐": "~",
        "✗": "x",
        "–": "-",
        "∼": "w",
        "●": "*",
        "○": "o",
        "█": "#",
        "░": ".",
        "·": "-",
        "…": "...",
        "‹": "<",
        "›": ">",
    }
)
_COLOURS = {
    Status.PASS: "32",
    Status.PARTIAL: "33",
    Status.FAIL: "31",
    Status.NOT_OBSERVED: "35",
    Status.ERROR: "31;1",
    Status.NOT_APPLICABLE: "2",
    Status.WAIVED: "2",
}
_BOLD, _DIM, _ACCENT = "1", "2", "36"


@dataclass(frozen=True, slots=True)
class _Style:
    """How lines are written."""

    color: bool
    width: int

    def paint(self, code: str, text: str) -> str:
        """Colour a text, where colours are wanted."""
        return f"\x1b[{code}m{text}\x1b[0m" if self.color and text else text

    def wrap(self, text: str, indent: str = "", code: str = "") -> Iterator[str]:
        """Break a text into lines that fit."""
        for line in textwrap.wrap(text, self.width, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False) or [
            ""
        ]:
            yield self.paint(code, line) if code else line


def render(
    assessment: Assessment,
    *,
    baseline: Assessment | None = None,
    color: bool = False,
    width: int = 80,
    ascii: bool | None = None,
) -> str:
    """Return the summary for a terminal. Without colour it is ASCII too, unless `ascii` says otherwise."""
    style = _Style(color, max(40, min(width, 120)))
    whole = assessment.organization
    lines = [
        *_head(assessment, style),
        *(_delta(baseline, assessment, style) if baseline else ()),
        "",
        *(line for step in whole.steps for line in _step(step, style)),
        *_actions(assessment, style),
        *_gaps(assessment, style),
        *_errors(assessment, style),
        *_notes(assessment, style),
    ]
    text = "\n".join(line.rstrip() for line in lines) + "\n"
    if ascii if ascii is not None else not color:
        return text.translate(_PLAIN).encode("ascii", "backslashreplace").decode()
    return text


def _head(assessment: Assessment, style: _Style) -> Iterator[str]:
    whole = assessment.organization
    title = f"{printable(whole.name, 60)} · {repositories(assessment)} · {printable(assessment.date, 20)}"
    yield from style.wrap(title, code=_DIM)
    yield ""
    yield from style.wrap(level_line(assessment), code=_BOLD)
    yield from style.wrap(score_line(assessment))
    yield from style.wrap(f"{_share(whole, 'iac')}. {_share(whole, 'gitops')}.")


def _share(whole: OrganizationScore, figure: str) -> str:
    name, value, of = {
        "iac": ("IaC coverage", whole.iac_coverage, "of what exists is declared in code"),
        "gitops": ("GitOps coverage", whole.gitops_coverage, "of workloads are reconciled from git"),
    }[figure]
    return f"{name}: not observed" if value is None else f"{name}: {number(value)} % {of}"


def _delta(baseline: Assessment, assessment: Assessment, style: _Style) -> Iterator[str]:
    change = compare(baseline, assessment)
    parts = [f"{change.score:+.1f} points" if change.score is not None else "score not comparable"]
    if change.level:
        parts.append(f"{change.level:+d} level")
    parts += [f"{len(change.improved)} improved", f"{len(change.regressed)} regressed", f"{len(change.new)} new problems"]
    yield from style.wrap(f"Since {printable(baseline.date, 20)}: {', '.join(parts)}.", code=_ACCENT)
    for caveat in change.caveats:
        yield from style.wrap(caveat, "  ", _DIM)


def _step(step: StepScore, style: _Style) -> Iterator[str]:
    mark = "●" if step.reached else "○"
    state = "reached" if step.reached else "not assessed" if step.score is None else "" if step.held_by else "waits"
    if not step.applicable:
        state = "does not apply"
    bar = _bar(step.score, max(10, style.width - 56))
    title = f"{mark} {step.id} {step.title}"
    yield f"{style.paint(_BOLD, _fit(title, 27))} {style.paint(_ACCENT, bar)} {_column(step.score)}  {state}"
    for task in step.tasks:
        yield _task(task, style)
    for reason in step.held_by if not step.reached else ():
        yield from style.wrap(f"Held by: {printable(reason)}", "    ", _DIM)
    yield ""


def _task(task: TaskScore, style: _Style) -> str:
    symbol = style.paint(_COLOURS[task.status], SYMBOLS[task.status])
    title = _fit(printable(task.title, 60), style.width - 34)
    unseen = f"  {number(round(100 - task.coverage, 1))} % unseen" if task.coverage < 100 else ""
    text = f"{title} {_column(task.score)}{unseen}"
    return f"    {symbol} {text if task.core else style.paint(_DIM, text)}"


def _column(score: float | None) -> str:
    return "    –" if score is None else f"{score:5.1f}"


def _bar(score: float | None, width: int) -> str:
    filled = round(width * (score or 0) / 100)
    return "█" * filled + "░" * (width - filled)


def _fit(text: str, width: int) -> str:
    """Cut or pad to a number of terminal cells; wide characters take two."""
    used, kept = 0, ""
    for character in text:
        cells = 0 if unicodedata.combining(character) else 2 if unicodedata.east_asian_width(character) in "WF" else 1
        if used + cells > width:
            return f"{kept[:-1]}…" if kept else ""
        used, kept = used + cells, kept + character
    return kept + " " * (width - used)


def _actions(assessment: Assessment, style: _Style) -> Iterator[str]:
    if not assessment.actions:
        return
    yield style.paint(_BOLD, "Next best actions")
    for rank, action in enumerate(assessment.actions[:ACTIONS], 1):
        yield from _action(rank, action, assessment.organization.level, style)
    more = len(assessment.actions) - ACTIONS
    if more > 0:
        yield style.paint(_DIM, f"    {more} more in the full report")
    yield ""


def _action(rank: int, action: Action, level: int, style: _Style) -> Iterator[str]:
    yield from style.wrap(f"{rank:>2}. {printable(action.title)}", " ", _BOLD)
    gain = gain_line(action.gain, action.effort, action.level_after, level)
    yield from style.wrap(gain, "     ", _COLOURS[Status.PASS])
    concerned = f" ({listing(action.repositories)})" if action.repositories else ""
    yield from style.wrap(f"{printable(action.summary)}{concerned}", "     ")
    if action.command:
        yield f"     $ {printable(action.command, 400)}"


def _gaps(assessment: Assessment, style: _Style) -> Iterator[str]:
    if not assessment.gaps:
        return
    yield style.paint(_BOLD, f"{plural(len(assessment.gaps), 'thing')} could not be seen")
    sources = Counter(gap.source for gap in assessment.gaps)
    for gap in assessment.gaps[:GAPS]:
        where = f"{printable(gap.repository, 30)}: " if gap.repository else ""
        yield from style.wrap(f"? {where}{printable(gap.subject, 60)}: {printable(gap.reason, 160)}", "    ")
    if len(assessment.gaps) > GAPS:
        counted = ", ".join(f"{printable(source, 20)} {count}" for source, count in sorted(sources.items()))
        yield style.paint(_DIM, f"    all by source: {counted}")
    yield ""


def _errors(assessment: Assessment, style: _Style) -> Iterator[str]:
    broken = [f for f in assessment.findings if f.status is Status.ERROR]
    if not broken:
        return
    yield style.paint(_COLOURS[Status.ERROR], f"{plural(len(broken), 'check run')} failed: this is a defect of the check")
    for finding in broken[:ERRORS]:
        yield from style.wrap(f"! {finding.check}: {printable(finding.summary, 160)}", "    ")
    yield ""


def _notes(assessment: Assessment, style: _Style) -> Iterable[str]:
    waived = sum(1 for f in assessment.findings if f.status is Status.WAIVED)
    if waived:
        yield from style.wrap(f"{plural(waived, 'finding')} waived and left out of the score.", code=_DIM)
    for note in assessment.notes:
        yield from style.wrap(printable(note), code=_DIM)
