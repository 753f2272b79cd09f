"""All findings as CSV, one a row, for spreadsheets; no cell is taken for a formula."""

from __future__ import annotations

import csv
import io

from assessor.model import Assessment, Evidence, Finding

from .links import Forge, forge, place_link
from .words import number, printable

COLUMNS = (
    "step", "task", "check", "title", "status", "score", "repository", "team", "subject_kind", "subject",
    "summary", "basis", "source", "path", "line", "link", "scaffold", "waived_by", "waived_until",
)  # fmt: skip
# What spreadsheets read as the start of a formula, full-width forms included.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def render(assessment: Assessment, *, baseline: Assessment | None = None) -> str:
    """Return the findings in their order, with a heading row; a baseline does not change it."""
    forges = {repo.name: forge(repo.remote, repo.commit) for repo in assessment.repositories}
    teams = {repo.name: repo.team for repo in assessment.repositories}
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for finding in assessment.findings:
        writer.writerow(_safe(cell) for cell in _cells(finding, teams.get(finding.repository, ""), forges))
    return text.getvalue()


def _cells(finding: Finding, team: str, forges: dict[str, Forge]) -> tuple[str, ...]:
    place = finding.evidence[0] if finding.evidence else Evidence("", 0, "", "")
    waiver = finding.waiver
    return (
        str(finding.step),
        finding.task,
        finding.check,
        finding.title,
        finding.status.value,
        "" if finding.score is None else number(finding.score),
        finding.repository,
        team,
        finding.subject.kind,
        finding.subject.name,
        finding.summary,
        finding.basis,
        place.source if place.path else "",
        place.path,
        str(place.line) if place.line else "",
        place_link(place, forges),
        finding.scaffold or "",
        waiver.owner if waiver else "",
        waiver.until if waiver else "",
    )


def _safe(cell: str) -> str:
    """Return a cell on one line that a spreadsheet shows as text (OWASP: CSV injection)."""
    text = printable(cell, 2000)
    return f"'{text}" if text.startswith(_FORMULA) else text
