"""Findings for the page: by step, task and check; the most urgent first; as many as the page may carry.

Alike findings of one repository share a line. Beyond the byte budget, passes are counted instead of listed, then
the least urgent others; the page says so and points at the JSON assessment, which always holds all.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from markupsafe import Markup

from assessor.model import Assessment, CheckInfo, CheckScore, Evidence, Finding, Status, StepScore, TaskScore

from ..links import Forge, place_link
from ..words import BASES, CODES, EFFORTS, STATUSES, SYMBOLS, WEIGHTS, listing, place_text, plural, printable, sentence, whole
from .drawing import Bar, bar
from .prose import prose

BUDGET = 640_000  # bytes of findings, so that 200 repositories stay below 1.5 MB
PLACES, SUBJECTS, PRINTED = 4, 6, 5
OMITTED = (Status.NOT_APPLICABLE,)


class Key(NamedTuple):
    """What alike findings have in common."""

    check: str
    repository: str
    status: Status
    summary: str


@dataclass(frozen=True, slots=True)
class PlaceView:
    """A place to open; `href` is empty when its forge is unknown."""

    text: str
    href: str
    excerpt: str


@dataclass(frozen=True, slots=True)
class FindingView:
    """Alike findings of one repository."""

    anchor: str
    status: str
    symbol: str
    word: str
    repository: str
    subjects: str
    summary: str
    places: tuple[PlaceView, ...]
    more: str
    basis: str  # where it rests on more than files
    waiver: str


@dataclass(frozen=True, slots=True)
class CheckView:
    """A check with its page and its findings."""

    anchor: str
    id: str
    title: str
    symbol: str
    status: str
    acts: bool  # one of the first actions repairs it: printed in full
    counts: str
    weight: str
    effort: str
    scaffold: str
    frameworks: tuple[str, ...]
    why: Markup
    fix: Markup
    findings: tuple[FindingView, ...]
    passes: tuple[FindingView, ...]
    passed: str
    unlisted: str
    outside: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TaskGroup:
    """A task with its checks."""

    anchor: str
    title: str
    core: bool
    score: str
    bar: Bar
    checks: tuple[CheckView, ...]


@dataclass(frozen=True, slots=True)
class StepGroup:
    """A step with its tasks."""

    id: int
    title: str
    tasks: tuple[TaskGroup, ...]


class Findings:
    """The findings of an assessment, arranged for the page."""

    def __init__(self, assessment: Assessment, forges: dict[str, Forge]) -> None:
        self._forges = forges
        self._acting = {action.check for action in assessment.actions[:PRINTED]}
        self._infos = {info.id: info for info in assessment.checks}
        groups = _grouped(assessment.findings)
        listed, self.complete = self._choose(groups)
        self._anchors = {key: f"f{number}" for number, key in enumerate(listed)}
        self._by_check: dict[str, list[tuple[Key, list[Finding]]]] = defaultdict(list)
        self._first: dict[tuple[str, str], str] = {}
        for key, findings in groups.items():
            self._by_check[key.check].append((key, findings))
        self.steps = tuple(self._step(step) for step in assessment.organization.steps if step.tasks)
        self._shown = {check.anchor for step in self.steps for task in step.tasks for check in task.checks}

    def target(self, check: str, repository: str) -> str:
        """Return the anchor of what was found by a check in a repository, else of the check."""
        return self._first.get((check, repository), f"c-{check}")

    def anchor(self, check: str, repository: str) -> str:
        """Return `target` if the page has it: a check of an earlier assessment may be gone. Else ""."""
        target = self.target(check, repository)
        return target if not target.startswith("c-") or target in self._shown else ""

    def _choose(self, groups: dict[Key, list[Finding]]) -> tuple[list[Key], bool]:
        """Return the groups to list, and whether these are all."""
        listed: list[Key] = []
        spent = 0
        candidates = [key for key in groups if key.status not in OMITTED]
        for key in sorted(candidates, key=lambda key: key.status.urgency):  # stable: the rest is in order
            spent += self._cost(key, groups[key])
            if spent > BUDGET:
                return listed, False
            listed.append(key)
        return listed, True

    def _cost(self, key: Key, findings: Sequence[Finding]) -> int:
        """Estimate the bytes of a group's line: its markup, its texts and its links."""
        places = list(dict.fromkeys(place for finding in findings for place in finding.evidence))[:PLACES]
        cost = 190 + min(len(key.repository), 80) + min(len(key.summary), 240)
        cost += sum(min(len(name), 80) + 2 for name in sorted({f.subject.name for f in findings})[:SUBJECTS])
        for place in places:
            base = self._forges.get(place.repository, Forge()).base
            cost += 60 + min(len(place.path), 120) + min(len(place.excerpt), 120)
            cost += len(base) + 60 + len(place.path) if base else 0
        return cost

    def _step(self, step: StepScore) -> StepGroup:
        return StepGroup(step.id, printable(step.title), tuple(self._task(task) for task in step.tasks))

    def _task(self, task: TaskScore) -> TaskGroup:
        checks = tuple(self._check(check) for check in task.checks)
        score = bar(task.score, task.bounds)
        words = "–" if task.score is None else whole(task.score)
        return TaskGroup(f"t-{task.id}", printable(task.title), task.core, words, score, checks)

    def _check(self, check: CheckScore) -> CheckView:
        groups = self._by_check[check.id]
        info = self._infos.get(check.id) or _bare(check, groups)
        views = []
        for key, findings in sorted(groups, key=lambda group: (group[0].status.urgency, group[0].repository)):
            if key not in self._anchors:
                continue
            self._first.setdefault((key.check, key.repository), self._anchors[key])
            views.append(self._finding(key, findings))
        unlisted = sum(len(f) for key, f in groups if key not in self._anchors and key.status not in OMITTED)
        passed = sum(len(f) for key, f in groups if key in self._anchors and key.status is Status.PASS)
        return CheckView(
            anchor=f"c-{check.id}",
            id=printable(check.id),
            title=printable(check.title),
            symbol=SYMBOLS[check.status],
            status=CODES[check.status],
            acts=check.id in self._acting,
            counts=_counts(check),
            weight=WEIGHTS.get(check.weight, str(check.weight)),
            effort=EFFORTS.get(info.effort, ""),
            scaffold=printable(info.scaffold or "", 60),
            frameworks=tuple(printable(name) for name in info.frameworks),
            why=prose(info.why),
            fix=prose(info.fix),
            findings=tuple(view for view in views if view.status != CODES[Status.PASS]),
            passes=tuple(view for view in views if view.status == CODES[Status.PASS]),
            passed=plural(passed, "subject passes", "subjects pass"),
            unlisted=f"{plural(unlisted, 'further finding')} in the JSON assessment" if unlisted else "",
            outside=tuple(_outside(groups)),
        )

    def _finding(self, key: Key, findings: Sequence[Finding]) -> FindingView:
        subjects = sorted({f.subject.name for f in findings} - {key.repository, ""})
        places = list(dict.fromkeys(place for finding in findings for place in finding.evidence))
        waiver = next((f.waiver for f in findings if f.waiver), None)
        return FindingView(
            anchor=self._anchors[key],
            status=CODES[key.status],
            symbol=SYMBOLS[key.status],
            word=STATUSES[key.status],
            repository=printable(key.repository, 80) or "organization",
            subjects=listing(subjects, SUBJECTS, 80),
            summary=printable(key.summary, 240),
            places=tuple(self.place(place) for place in places[:PLACES]),
            more=f"and {plural(len(places) - PLACES, 'more place')}" if len(places) > PLACES else "",
            basis=sentence(BASES[basis]) if (basis := _basis(findings)) != "files" else "",
            waiver=f"{printable(waiver.owner, 60)} until {printable(waiver.until, 20)}: {printable(waiver.reason)}"
            if waiver
            else "",
        )

    def place(self, place: Evidence) -> PlaceView:
        """Return a place with its link."""
        href = place_link(place, self._forges)
        return PlaceView(place_text(place), href if len(href) < 2000 else "", printable(place.excerpt, 120))


def _basis(findings: Iterable[Finding]) -> str:
    found = {finding.basis for finding in findings}
    return found.pop() if len(found) == 1 else "both"


def _grouped(findings: Iterable[Finding]) -> dict[Key, list[Finding]]:
    groups: dict[Key, list[Finding]] = defaultdict(list)
    for finding in findings:
        groups[Key(finding.check, finding.repository, finding.status, finding.summary)].append(finding)
    return groups


def _bare(check: CheckScore, groups: Iterable[tuple[Key, list[Finding]]]) -> CheckInfo:
    """Stand in for the page of a check that the assessment does not carry (an older one, or a plug-in's)."""
    fix = next((f.remediation for _, findings in groups for f in findings if f.remediation), "")
    return CheckInfo(id=check.id, title=check.title, task="", step=1, weight=check.weight, effort=0, fix=fix)


def _counts(check: CheckScore) -> str:
    counts = {Status(status): count for status, count in check.subjects.items() if count}
    telling = sorted(set(counts) - {Status.NOT_APPLICABLE}, key=lambda status: status.urgency)
    return " · ".join(f"{counts[status]} {STATUSES[status]}" for status in telling) or STATUSES[Status.NOT_APPLICABLE]


def _outside(groups: Iterable[tuple[Key, list[Finding]]]) -> Iterable[str]:
    """Say where the question does not arise, by reason."""
    reasons: dict[str, Counter[str]] = defaultdict(Counter)
    for key, findings in groups:
        if key.status is Status.NOT_APPLICABLE:
            reasons[key.summary][key.repository or "organization"] += len(findings)
    for reason, repositories in sorted(reasons.items()):
        yield f"{printable(reason)}: {listing(sorted(repositories), 8)}"
