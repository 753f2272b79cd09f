"""What to do next: for each check that does not pass, what passing it would bring; ranked by gain ÷ effort."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from fractions import Fraction

from assessor.model import Action, Finding, OrganizationScore, Status, Step, Thresholds
from assessor.scoring import Judged, Tally, tally_path

DONE = Tally(Fraction(1), Fraction(1), Fraction(1), Fraction(1))


def next_actions(
    organization: OrganizationScore,
    results: Mapping[str, Judged],
    findings: Iterable[Finding],
    thresholds: Thresholds,
    steps: Iterable[Step],
    templates: Iterable[str],
) -> tuple[Action, ...]:
    """Return an action per check that fails or holds in part, best first. `templates` are those that can be generated."""
    steps, templates = tuple(steps), frozenset(templates)
    wanting: dict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        if finding.status in (Status.FAIL, Status.PARTIAL):
            wanting[finding.check].append(finding)
    actions = []
    for id, open_findings in wanting.items():
        result = results[id]
        if int(result.check.step) not in [int(step) for step in steps]:
            continue
        repaired = {**results, id: replace(result, tally=_repaired(result.tally), status=Status.PASS, subjects={})}
        after = tally_path(repaired, thresholds, steps)
        scaffold = result.check.scaffold if result.check.scaffold in templates else None
        actions.append(
            Action(
                check=id,
                title=result.check.title,
                step=int(result.check.step),
                gain=round((after.score or 0) - (organization.score or 0), 1),
                level_after=after.level,
                effort=result.check.effort,
                repositories=tuple(sorted({f.repository for f in open_findings if f.repository})),
                summary=_summary(open_findings),
                command=f"gitops-assess scaffold step {int(result.check.step)} --only {scaffold}" if scaffold else None,
            )
        )
    return tuple(sorted(actions, key=lambda a: (-(a.level_after - organization.level), -a.gain / a.effort, a.step, a.check)))


def _summary(findings: list[Finding]) -> str:
    """Return the finding's own words, or what is to repair and how many there are."""
    if len(findings) == 1:
        return findings[0].summary
    kind = findings[0].subject.kind.replace("-", " ")
    plural = kind[:-1] + "ies" if kind.endswith("y") else kind + "s"
    return f"{len(findings)} {plural} to repair"


def _repaired(tally: Tally) -> Tally:
    """Return the tally once every failing subject passes; what was not observed stays so."""
    return replace(tally, score=Fraction(1), low=tally.coverage, high=Fraction(1))
