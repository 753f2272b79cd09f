"""The assessment on a terminal: where we stand, why, what comes next. Readable at 80 columns and without colour."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from assessor.comparing import Comparison, compare
from assessor.model import Action, Assessment, OrganizationScore, Status, StepScore, TaskScore

from . import console
from .console import ACCENT, BOLD, COLOURS, DIM, Style, fit
from .words import (
    SYMBOLS,
    applies,
    by_kind,
    contradiction_title,
    gain_line,
    level_line,
    listing,
    located,
    number,
    plural,
    printable,
    repositories,
    score_line,
    systems,
)

ACTIONS, KINDS, GAPS, ERRORS = 5, 9, 5, 5


def render(
    assessment: Assessment,
    *,
    baseline: Assessment | None = None,
    color: bool = False,
    width: int = 80,
    ascii: bool | None = None,
) -> str:
    """Return the summary for a terminal. Without colour it is ASCII too, unless `ascii` says otherwise."""
    style = console.style(color, width)
    whole = assessment.organization
    lines = [
        *_head(assessment, style),
        *(_delta(compare(baseline, assessment), style) if baseline else ()),
        "",
        *(line for step in whole.steps for line in _step(step, style)),
        *_contradictions(assessment, style),
        *_actions(assessment, style),
        *_gaps(assessment, style),
        *_errors(assessment, style),
        *_notes(assessment, style),
    ]
    return console.text(lines, ascii=ascii if ascii is not None else not color)


def _head(assessment: Assessment, style: Style) -> Iterator[str]:
    whole = assessment.organization
    asked = f" · {systems(assessment)}" if assessment.asked else ""
    title = f"{printable(whole.name, 60)} · {repositories(assessment)}{asked} · {printable(assessment.date, 20)}"
    yield from style.wrap(title, code=DIM)
    yield ""
    yield from style.wrap(level_line(assessment), code=BOLD)
    yield from style.wrap(score_line(assessment))
    yield from style.wrap(f"{_share(whole, 'iac')}. {_share(whole, 'gitops')}.")


def _share(whole: OrganizationScore, figure: str) -> str:
    name, value, of = {
        "iac": ("IaC coverage", whole.iac_coverage, "of what exists is declared in code"),
        "gitops": ("GitOps coverage", whole.gitops_coverage, "of workloads are reconciled from git"),
    }[figure]
    return f"{name}: not observed" if value is None else f"{name}: {number(value)} % {of}"


def _delta(change: Comparison, style: Style) -> Iterator[str]:
    parts = [f"{change.score:+.1f} points" if change.score is not None else "score not comparable"]
    if change.level:
        parts.append(f"{change.level:+d} level")
    parts += [f"{len(change.improved)} improved", f"{len(change.regressed)} regressed", f"{len(change.new)} new problems"]
    yield from style.wrap(f"Since {printable(change.before.date, 20)}: {', '.join(parts)}.", code=ACCENT)
    for caveat in change.caveats:
        yield from style.wrap(caveat, "  ", DIM)


def _step(step: StepScore, style: Style) -> Iterator[str]:
    mark = "●" if step.reached else "○"
    state = "reached" if step.reached else "not assessed" if step.score is None else "" if step.held_by else "waits"
    if not step.applicable:
        state = "does not apply"
    bar = _bar(step.score, max(10, style.width - 56))
    title = f"{mark} {step.id} {step.title}"
    yield f"{style.paint(BOLD, fit(title, 27))} {style.paint(ACCENT, bar)} {_column(step.score)}  {state}"
    for task in step.tasks:
        yield _task(task, style)
    for reason in step.held_by if not step.reached else ():
        yield from style.wrap(f"Held by: {printable(reason)}", "    ", DIM)
    yield ""


def _task(task: TaskScore, style: Style) -> str:
    symbol = style.paint(COLOURS[task.status], SYMBOLS[task.status])
    title = fit(printable(task.title, 60), style.width - 34)
    unseen = f"  {number(round(100 - task.coverage, 1))} % unseen" if task.coverage < 100 and applies(task) else ""
    text = f"{title} {_column(task.score)}{unseen}"
    return f"    {symbol} {text if task.core else style.paint(DIM, text)}"


def _column(score: float | None) -> str:
    return "    –" if score is None else f"{score:5.1f}"


def _bar(score: float | None, width: int) -> str:
    filled = round(width * (score or 0) / 100)
    return "█" * filled + "░" * (width - filled)


def _contradictions(assessment: Assessment, style: Style) -> Iterator[str]:
    """Yield the first contradiction of each kind, with how many are alike: which kinds there are says most."""
    kinds = by_kind(assessment.contradictions)
    if not kinds:
        return
    yield style.paint(BOLD, f"Declared against observed: {plural(len(assessment.contradictions), 'contradiction')}")
    for found in kinds[:KINDS]:
        one, alike = found[0], len(found) - 1
        text = f"{contradiction_title(one)}: {printable(one.subject, 60)}: {printable(one.summary, 160)}"
        yield from style.wrap(text, "  ", COLOURS[Status.FAIL], "  ")
        places = " ≠ ".join(located(place, 70) for place in (one.declared, one.observed) if place)
        yield from style.wrap(places, "    ", DIM, "  ")
        if alike:
            yield style.paint(DIM, f"    and {alike} more alike")
    if len(kinds) > KINDS:
        yield style.paint(DIM, f"    {len(kinds) - KINDS} more kinds in the full report")
    yield ""


def _actions(assessment: Assessment, style: Style) -> Iterator[str]:
    if not assessment.actions:
        return
    yield style.paint(BOLD, "Next best actions")
    for rank, action in enumerate(assessment.actions[:ACTIONS], 1):
        yield from _action(rank, action, assessment.organization.level, style)
    more = len(assessment.actions) - ACTIONS
    if more > 0:
        yield style.paint(DIM, f"    {more} more in the full report")
    yield ""


def _action(rank: int, action: Action, level: int, style: Style) -> Iterator[str]:
    yield from style.wrap(f"{rank:>2}. {printable(action.title)}", " ", BOLD)
    gain = gain_line(action.gain, action.effort, action.level_after, level)
    yield from style.wrap(gain, "     ", COLOURS[Status.PASS])
    concerned = f" ({listing(action.repositories)})" if action.repositories else ""
    yield from style.wrap(f"{printable(action.summary)}{concerned}", "     ")
    if action.command:
        yield f"     $ {printable(action.command, 400)}"


def _gaps(assessment: Assessment, style: Style) -> Iterator[str]:
    if not assessment.gaps:
        return
    yield style.paint(BOLD, f"{plural(len(assessment.gaps), 'thing')} could not be seen")
    sources = Counter(gap.source for gap in assessment.gaps)
    for gap in assessment.gaps[:GAPS]:
        where = f"{printable(gap.repository, 30)}: " if gap.repository else ""
        yield from style.wrap(f"? {where}{printable(gap.subject, 60)}: {printable(gap.reason, 160)}", "    ")
    if len(assessment.gaps) > GAPS:
        counted = ", ".join(f"{printable(source, 20)} {count}" for source, count in sorted(sources.items()))
        yield style.paint(DIM, f"    all by source: {counted}")
    yield ""


def _errors(assessment: Assessment, style: Style) -> Iterator[str]:
    broken = [f for f in assessment.findings if f.status is Status.ERROR]
    if not broken:
        return
    yield style.paint(COLOURS[Status.ERROR], f"{plural(len(broken), 'check run')} failed: this is a defect of the check")
    for finding in broken[:ERRORS]:
        yield from style.wrap(f"! {finding.check}: {printable(finding.summary, 160)}", "    ")
    yield ""


def _notes(assessment: Assessment, style: Style) -> Iterable[str]:
    waived = sum(1 for f in assessment.findings if f.status is Status.WAIVED)
    if waived:
        yield from style.wrap(f"{plural(waived, 'finding')} waived and left out of the score.", code=DIM)
    for note in assessment.notes:
        yield from style.wrap(printable(note), code=DIM)
