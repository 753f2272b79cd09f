"""The findings as JUnit XML, for CI systems that show test results: a suite per task, a case per subject.

Fail and partial are failures, a check that raised is an error, and what was not judged is skipped with its reason.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from html import escape

from assessor.facts.base import FILES
from assessor.model import Assessment, Evidence, Finding, Status

from .words import STATUSES, place_text, printable

FAILED = (Status.FAIL, Status.PARTIAL)
SKIPPED = (Status.NOT_APPLICABLE, Status.NOT_OBSERVED, Status.WAIVED)


def render(assessment: Assessment, *, baseline: Assessment | None = None) -> str:
    """Return one XML document; a baseline does not change it."""
    suites: dict[tuple[int, str], list[Finding]] = defaultdict(list)
    for finding in assessment.findings:
        suites[finding.step, finding.task].append(finding)
    name = _text(assessment.organization.name)
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', f'<testsuites name="{name}" {_counts(assessment.findings)}>']
    for (_, task), findings in sorted(suites.items()):
        lines.append(f'  <testsuite name="{_text(task)}" {_counts(findings)} timestamp="{_text(assessment.date)}T00:00:00">')
        lines += (line for finding in findings for line in _case(finding))
        lines.append("  </testsuite>")
    return "\n".join([*lines, "</testsuites>"]) + "\n"


def _counts(findings: Iterable[Finding]) -> str:
    statuses = [finding.status for finding in findings]
    failed = sum(status in FAILED for status in statuses)
    errors = sum(status is Status.ERROR for status in statuses)
    skipped = sum(status in SKIPPED for status in statuses)
    return f'tests="{len(statuses)}" failures="{failed}" errors="{errors}" skipped="{skipped}" time="0"'


def _case(finding: Finding) -> Iterator[str]:
    where = ": ".join(dict.fromkeys(filter(None, (finding.repository, finding.subject.name))))
    place = next((place for place in finding.evidence if place.source == FILES), None)
    file = f' file="{_text(place.path)}"' + (f' line="{place.line}"' if place.line else "") if place else ""
    opening = f'    <testcase classname="{_text(finding.check)}" name="{_text(f"{finding.title} ({where})")}"{file} time="0"'
    if finding.status is Status.PASS:
        yield f"{opening}/>"
        return
    yield f"{opening}>"
    message = f'message="{_text(finding.summary)}"'
    if finding.status in SKIPPED:
        yield f'      <skipped message="{_text(f"{STATUSES[finding.status]}: {finding.summary}")}"/>'
    elif finding.status is Status.ERROR:
        yield f'      <error type="error" {message}/>'
    else:
        places = "\n".join(map(_place, finding.evidence))
        yield f'      <failure type="{finding.status.value}" {message}>{places}</failure>'
    yield "    </testcase>"


def _place(place: Evidence) -> str:
    if place.source == FILES:
        return f"{_text(place.repository)}: {_text(place.path)}:{place.line} {_text(place.excerpt)}"
    return f"{_text(place_text(place))} {_text(place.excerpt)}".rstrip()


def _text(value: str) -> str:
    """Return text that XML 1.0 allows, for attributes and content."""
    return escape(printable(value, 500), quote=True)
