"""What became of an organization between two assessments: for a terminal, a program, a pull request."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from assessor.comparing import Change, Comparison, StepChange
from assessor.model import Status

from . import console
from .console import ACCENT, BOLD, COLOURS, DIM, Style, fit
from .markdown import change_line, delta_line, escape
from .words import STATUSES, SYMBOLS, listing, number, plural, printable

SHOWN = 20
TITLES = {
    "regressed": "Regressed",
    "new": "New problems",
    "found": "Problems seen for the first time",
    "improved": "Improved",
    "waived": "Waived",
    "lost": "No longer visible",
    "gone": "No longer there",
}


def json(comparison: Comparison) -> str:
    """Return the comparison as indented JSON."""
    return msgspec.json.format(msgspec.json.encode(comparison, order="deterministic"), indent=2).decode() + "\n"


def table(comparison: Comparison, *, color: bool = False, width: int = 80) -> str:
    """Return the comparison for a terminal; without colour it is ASCII."""
    style = console.style(color, width)
    lines = [
        *_head(comparison, style),
        *(_step(step, style) for step in comparison.steps),
        "",
        *(line for name, title in TITLES.items() for line in _group(title, getattr(comparison, name), style)),
    ]
    return console.text(lines, ascii=not color)


def _head(comparison: Comparison, style: Style) -> Iterator[str]:
    before, now = comparison.before, comparison.now
    yield from style.wrap(
        f"{printable(now.organization, 60)} · {printable(before.date, 20)} → {printable(now.date, 20)}", code=DIM
    )
    yield ""
    level = f"Level {now.level} of 5, as before" if not comparison.level else f"Level {before.level} → {now.level} of 5"
    yield from style.wrap(level, code=BOLD)
    moved = "not comparable" if comparison.score is None else f"{comparison.score:+.1f} points"
    yield from style.wrap(
        f"Score {number(before.score)} → {number(now.score)} ({moved}). Assessed {number(before.coverage)} → {number(now.coverage)} %."
    )
    if comparison.silent:
        yield "No verdict changed."
    for names, words in ((comparison.repositories_added, "New"), (comparison.repositories_removed, "No longer assessed")):
        if names:
            yield from style.wrap(f"{words}: {plural(len(names), 'repository', 'repositories')} ({listing(names)}).")
    for caveat in comparison.caveats:
        yield from style.wrap(printable(caveat), "  ", DIM)
    yield ""


def _step(step: StepChange, style: Style) -> str:
    change = "" if step.change is None else f"{step.change:+.1f}" if step.change else "="
    state = "" if step.reached is step.reached_before else "now reached" if step.reached else "no longer reached"
    name = fit(f"{step.id} {printable(step.title, 40)}", 24)
    return f"  {style.paint(BOLD, name)} {number(step.before):>6} → {number(step.score):>6} {style.paint(ACCENT, f'{change:>7}')}  {state}"


def _group(title: str, changes: tuple[Change, ...], style: Style) -> Iterator[str]:
    if not changes:
        return
    yield style.paint(BOLD, f"{title} ({len(changes)})")
    for change in changes[:SHOWN]:
        status = change.now or Status.NOT_APPLICABLE
        where = ": ".join(dict.fromkeys(printable(part, 60) for part in (change.repository, change.subject.name) if part))
        before = f" (was {STATUSES[change.before]})" if change.before else ""
        line = f"{SYMBOLS[status]} {where}: {printable(change.title)}: {printable(change.summary)}{before}"
        yield from style.wrap(line, "  ", COLOURS[status] if change.now else DIM, hang="  ")
    if len(changes) > SHOWN:
        yield style.paint(DIM, f"  … and {len(changes) - SHOWN} more")
    yield ""


def markdown(comparison: Comparison) -> str:
    """Return the comparison in GitHub and GitLab flavoured Markdown."""
    before, now = comparison.before, comparison.now
    level = f"Level {now.level} of 5" if not comparison.level else f"Level {before.level} → {now.level} of 5"
    lines = [f"## {escape(now.organization, 80)}: {level}", "", f"**{delta_line(comparison)}**"]
    lines += ["", *(f"- {escape(caveat)}" for caveat in comparison.caveats)] if comparison.caveats else []
    for names, words in ((comparison.repositories_added, "New"), (comparison.repositories_removed, "No longer assessed")):
        if names:
            lines += ["", f"{words}: {plural(len(names), 'repository', 'repositories')} ({escape(listing(names))})."]
    lines += ["", "| Step | Then | Now | Change |", "|---|--:|--:|--:|"]
    for step in comparison.steps:
        change = "–" if step.change is None else f"{step.change:+.1f}" if step.change else "0"
        lines.append(f"| {step.id} {escape(step.title)} | {number(step.before)} | {number(step.score)} | {change} |")
    for name, title in TITLES.items():
        changes = getattr(comparison, name)
        if changes:
            lines += ["", f"### {title}", "", *(change_line(change, {}) for change in changes[:SHOWN])]
            lines += [f"- … and {len(changes) - SHOWN} more"] if len(changes) > SHOWN else []
    return "\n".join(lines) + "\n"
