"""The assessment as one pull-request comment: where we stand, what this change did, what comes next.

The first line is a marker by which a bot finds the comment to update. Text from repositories can neither format,
link, mention nor refer to anything.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from assessor.comparing import Change, Comparison, compare
from assessor.model import Assessment, Evidence, Finding, Status, StepScore

from .links import Forge, forge, place_link
from .words import (
    STATUSES,
    SYMBOLS,
    applies,
    by_kind,
    contradiction_title,
    gain_line,
    level_line,
    number,
    place_text,
    plural,
    printable,
    repositories,
    score_line,
)

MARKER = "<!-- gitops-assess:summary -->"
LIMIT = 60_000  # GitHub refuses comments beyond 65,536 characters
ACTIONS, CHANGES, GAPS = 5, 20, 15
_SPECIAL = re.compile(r"[\\`*_{}\[\]()#+!|~$]|^-|(?<=^\d)\.|(?<=^\d\d)\.")
_BREAK = "\u2060"  # a word joiner: invisible, and no mention, reference or address is recognised across it


def render(assessment: Assessment, *, baseline: Assessment | None = None) -> str:
    """Return the summary in GitHub and GitLab flavoured Markdown, at most `LIMIT` characters."""
    forges = {repo.name: forge(repo.remote, repo.commit) for repo in assessment.repositories}
    comparison = compare(baseline, assessment) if baseline else None
    sections = [
        _head(assessment, comparison),
        _steps(assessment, comparison),
        _changes(comparison, forges) if comparison else "",
        _contradictions(assessment, forges),
        _actions(assessment),
        _tasks(assessment),
        _gaps(assessment),
        _foot(assessment),
    ]
    text = ""
    for section in filter(None, sections):
        if len(text) + len(section) > LIMIT:
            break
        text += section + "\n"
    return text


def escape(text: str, limit: int = 160) -> str:
    """Return text that Markdown shows as it is."""
    plain = printable(text, limit).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    plain = _SPECIAL.sub(lambda match: "\\" + match.group(), plain)
    return (
        plain.replace("@", "@" + _BREAK)
        .replace("\\#", "\\#" + _BREAK)
        .replace("://", f":{_BREAK}//")
        .replace("www.", f"www{_BREAK}.")
    )


def code(text: str, limit: int = 80) -> str:
    """Return text as inline code (not for table cells: a bar would end them)."""
    shown = printable(text, limit)
    fence = "`" * (max((len(run) for run in re.findall(r"`+", shown)), default=0) + 1)
    pad = " " if "`" in shown[:1] + shown[-1:] else ""
    return f"{fence}{pad}{shown}{pad}{fence}" if shown else "–"


def _head(assessment: Assessment, comparison: Comparison | None) -> str:
    whole = assessment.organization
    lines = [MARKER, f"## {escape(level_line(assessment))}", "", escape(score_line(assessment), 400)]
    if comparison:
        lines += ["", f"**{delta_line(comparison)}**"]
        lines += [f"- {escape(caveat)}" for caveat in comparison.caveats]
    for name, value, of in (
        ("IaC coverage", whole.iac_coverage, "of what exists is declared in code"),
        ("GitOps coverage", whole.gitops_coverage, "of workloads are reconciled from git"),
    ):
        lines += ["", f"{name}: " + ("not observed" if value is None else f"**{number(value)} %** {of}")]
    return "\n".join(lines) + "\n"


def delta_line(comparison: Comparison) -> str:
    """Say in one line what changed."""
    score = "score not comparable" if comparison.score is None else f"{comparison.score:+.1f} points"
    level = f", {comparison.level:+d} level" if comparison.level else ""
    if comparison.silent:
        return f"No verdict changed since {escape(comparison.before.date)} ({score}{level})."
    counts = ", ".join(
        f"{len(group)} {word}"
        for word, group in (
            ("improved", comparison.improved),
            ("regressed", comparison.regressed),
            ("new problems", comparison.new),
            ("newly seen problems", comparison.found),
            ("no longer visible", comparison.lost),
            ("waived", comparison.waived),
        )
        if group
    )
    return f"Since {escape(comparison.before.date)}: {', '.join(filter(None, (score + level, counts)))}."


def _steps(assessment: Assessment, comparison: Comparison | None) -> str:
    change = " Change |" if comparison else ""
    changed = {step.id: step.change for step in comparison.steps} if comparison else {}
    lines = [f"| | Step | Score | Assessed |{change}", f"|---|---|--:|--:|{'--:|' if comparison else ''}"]
    for step in assessment.organization.steps:
        row = f"| {_mark(step)} | {step.id} {escape(step.title)} | {number(step.score)} | {_assessed(step.coverage, step.applicable)} |"
        if comparison:
            moved = changed.get(step.id)
            row += f" {f'{moved:+.1f}' if moved else '–' if moved is None else '0'} |"
        lines.append(row)
    return "\n".join(lines) + "\n"


def _mark(step: StepScore) -> str:
    return "✓" if step.reached else "–" if not step.applicable or step.score is None else "◐" if step.score else "✗"


def _changes(comparison: Comparison, forges: dict[str, Forge]) -> str:
    groups = (
        ("Regressed", comparison.regressed),
        ("New problems", comparison.new),
        ("Problems seen for the first time", comparison.found),
        ("Waived", comparison.waived),
        ("Improved", comparison.improved),
    )
    return "\n".join("\n".join(_group(title, changes, forges)) + "\n" for title, changes in groups if changes)


def _group(title: str, changes: tuple[Change, ...], forges: dict[str, Forge]) -> Iterator[str]:
    yield f"### {title}"
    yield ""
    for change in changes[:CHANGES]:
        yield change_line(change, forges)
    if len(changes) > CHANGES:
        yield f"- … and {len(changes) - CHANGES} more"


def change_line(change: Change, forges: dict[str, Forge]) -> str:
    """Return a change as an item of a list."""
    where = code(change.repository, 60) if change.repository else "organization"
    subject = f" {code(change.subject.name, 60)}" if change.subject.name != change.repository else ""
    before = f" (was {STATUSES[change.before]})" if change.before else ""
    at = f" at {_place(change.evidence[0], forges)}" if change.evidence else ""
    return f"- {SYMBOLS[change.now or Status.NOT_APPLICABLE]} {where}{subject}: {escape(change.title)}: {escape(change.summary)}{at}{before}"


def _contradictions(assessment: Assessment, forges: dict[str, Forge]) -> str:
    found = assessment.contradictions
    if not found:
        return ""
    lines = ["### Declared against observed", ""]
    for one in [one for kind in by_kind(found) for one in kind][:CHANGES]:
        places = " ≠ ".join(_located(place, forges) for place in (one.declared, one.observed) if place)
        about = f"{code(one.subject, 60)}: {escape(one.summary)}"
        lines.append(f"- **{escape(contradiction_title(one))}** {about}" + (f" ({places})" if places else ""))
    if len(found) > CHANGES:
        lines.append(f"- … and {len(found) - CHANGES} more")
    return "\n".join(lines) + "\n"


def _located(evidence: Evidence, forges: dict[str, Forge]) -> str:
    return f"{code(evidence.repository, 40)} {_place(evidence, forges)}" if evidence.repository else _place(evidence, forges)


def _place(evidence: Evidence, forges: dict[str, Forge]) -> str:
    shown = code(place_text(evidence), 140)
    address = place_link(evidence, forges)
    safe = address.replace("(", "%28").replace(")", "%29")
    return f"[{shown}]({safe})" if address and len(address) < 600 else shown


def _actions(assessment: Assessment) -> str:
    if not assessment.actions:
        return ""
    lines = ["### Next best actions", ""]
    for rank, action in enumerate(assessment.actions[:ACTIONS], 1):
        gain = gain_line(action.gain, action.effort, action.level_after, assessment.organization.level)
        named = ", ".join(code(name, 40) for name in action.repositories[:4])
        more = f" and {len(action.repositories) - 4} more" if len(action.repositories) > 4 else ""
        lines.append(
            f"{rank}. **{escape(action.title)}** ({gain}): {escape(action.summary)}" + (f": {named}{more}" if named else "")
        )
        if action.command:
            lines.append(f"   {code(action.command, 300)}")
    return "\n".join(lines) + "\n"


def _assessed(coverage: float, applicable: bool) -> str:
    return f"{number(coverage)} %" if applicable else "–"


def _tasks(assessment: Assessment) -> str:
    lines = ["<details><summary>All tasks</summary>", "", "| | Task | Score | Assessed |", "|---|---|--:|--:|"]
    for step in assessment.organization.steps:
        for task in step.tasks:
            name = f"**{escape(task.title)}**" if task.core else escape(task.title)
            seen = _assessed(task.coverage, applies(task))
            lines.append(f"| {SYMBOLS[task.status]} | {step.id} · {name} | {number(task.score)} | {seen} |")
    return "\n".join([*lines, "", "</details>"]) + "\n" if len(lines) > 4 else ""


def _gaps(assessment: Assessment) -> str:
    broken = [f for f in assessment.findings if f.status is Status.ERROR]
    if not assessment.gaps and not broken:
        return ""
    lines = [f"<details><summary>{plural(len(assessment.gaps), 'thing')} could not be seen</summary>", ""]
    for gap in assessment.gaps[:GAPS]:
        where = f"{code(gap.repository, 40)} " if gap.repository else ""
        lines.append(f"- {where}{escape(gap.subject, 80)}: {escape(gap.reason)}")
    if len(assessment.gaps) > GAPS:
        lines.append(f"- … and {len(assessment.gaps) - GAPS} more")
    lines += [f"- ! {code(f.check)} failed to run: {escape(f.summary)}" for f in _first(broken)]
    return "\n".join([*lines, "", "</details>"]) + "\n"


def _first(findings: Iterable[Finding]) -> list[Finding]:
    return list(findings)[:5]


def _foot(assessment: Assessment) -> str:
    tool = f"{escape(assessment.tool.name)} {escape(assessment.tool.version)}"
    return (
        f"<sub>{code(assessment.organization.name, 60)} · {repositories(assessment)} · {escape(assessment.date)} · {tool}</sub>\n"
    )
