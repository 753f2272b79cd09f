"""The problems as SARIF 2.1.0, for code scanning views (OASIS standard of 2020-03-27; GitHub's subset in mind).

A result is a finding that fails, holds partly or is waived (then suppressed). Gaps and checks that failed to run are
notifications of the run. Every result has a location, since GitHub refuses a file with one that has none.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

import msgspec

from assessor.facts.base import FILES
from assessor.model import Assessment, CheckInfo, CheckScore, Evidence, Finding, Status

from .links import forge
from .words import WEIGHTS, place_text, printable

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/schemas/sarif-schema-2.1.0.json"
SHOWN = (Status.FAIL, Status.PARTIAL, Status.WAIVED)
LEVELS = {5: "error", 3: "warning", 1: "note"}
NOWHERE = "no%20file%20associated%20with%20this%20finding"

Json = dict[str, Any]


def render(assessment: Assessment, *, baseline: Assessment | None = None) -> str:
    """Return a SARIF log of one run; with a baseline, each result says whether it is new."""
    rules = _rules(assessment)
    index = {rule["id"]: number for number, rule in enumerate(rules)}
    folders = {repo.name: "" if repo.path in ("", ".") else f"{repo.path.strip('/')}/" for repo in assessment.repositories}
    known = {_fingerprint(f) for f in baseline.findings if f.status in SHOWN} if baseline else None
    run: Json = {
        "tool": {"driver": {"name": assessment.tool.name, "semanticVersion": assessment.tool.version, "rules": rules}},
        "automationDetails": {"id": "gitops-assess/"},
        "columnKind": "unicodeCodePoints",
        "invocations": [_invocation(assessment)],
        "results": [_result(f, index, rules, folders, known) for f in assessment.findings if f.status in SHOWN],
    }
    provenance = list(_provenance(assessment))
    if provenance:
        run["versionControlProvenance"] = provenance
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return msgspec.json.format(msgspec.json.encode(log), indent=2).decode() + "\n"


def _rules(assessment: Assessment) -> list[Json]:
    infos = {info.id: info for info in assessment.checks}
    scores = [check for step in assessment.organization.steps for task in step.tasks for check in task.checks]
    judged = {f.check: f.title for f in assessment.findings}
    weights = {score.id: score for score in scores}
    return [_rule(id, infos.get(id), weights.get(id), judged.get(id, "")) for id in sorted({*infos, *weights, *judged})]


def _rule(id: str, info: CheckInfo | None, score: CheckScore | None, title: str) -> Json:
    weight = info.weight if info else score.weight if score else 1
    claim = printable(info.title if info else score.title if score else title) or id
    rule: Json = {
        "id": id,
        "shortDescription": {"text": claim},
        "defaultConfiguration": {"level": LEVELS.get(weight, "note")},
        "properties": {"tags": ["gitops", id.partition(".")[0], WEIGHTS.get(weight, "hygiene")], "precision": "high"},
    }
    if info and info.why:
        rule["fullDescription"] = {"text": info.why}
    if info and info.fix:
        rule["help"] = {"text": info.fix, "markdown": f"**Why**\n\n{info.why}\n\n**Fix**\n\n{info.fix}"}
    if info and info.frameworks:
        rule["properties"]["tags"] += list(info.frameworks)
    return rule


def _result(finding: Finding, index: dict[str, int], rules: list[Json], folders: dict[str, str], known: set[str] | None) -> Json:
    level = rules[index[finding.check]]["defaultConfiguration"]["level"]
    if finding.status is Status.PARTIAL:
        level = {"error": "warning"}.get(level, "note")
    where = ": ".join(dict.fromkeys(filter(None, (finding.repository, finding.subject.name))))
    files_first = sorted(finding.evidence, key=lambda place: place.source != FILES)
    locations = [_location(place, folders) for place in files_first] or [_location(None, folders)]
    fingerprint = _fingerprint(finding)
    result: Json = {
        "ruleId": finding.check,
        "ruleIndex": index[finding.check],
        "level": level,
        "message": {"text": f"{printable(where)}: {printable(finding.summary, 500)}"},
        "locations": locations[:1],
        "partialFingerprints": {"gitopsAssess/v1": fingerprint},
    }
    if len(locations) > 1:
        result["relatedLocations"] = [{"id": number, **place} for number, place in enumerate(locations[1:], 1)]
    if finding.basis != FILES:
        result["properties"] = {"basis": finding.basis}
    if known is not None:
        result["baselineState"] = "unchanged" if fingerprint in known else "new"
    if finding.waiver:
        reason = f"{finding.waiver.owner}, until {finding.waiver.until}: {finding.waiver.reason}"
        result["suppressions"] = [{"kind": "external", "status": "accepted", "justification": printable(reason, 500)}]
    return result


def _location(place: Evidence | None, folders: dict[str, str]) -> Json:
    """Return a place below the folder that was scanned; what is not a file (an ARN, an object) is a logical location."""
    if place is None:
        return {"physicalLocation": {"artifactLocation": {"uri": NOWHERE}, "region": {"startLine": 1}}}
    if place.source != FILES or not place.path:
        name = place_text(place) if place.path else printable(place.repository)
        return {**_location(None, folders), "logicalLocations": [{"fullyQualifiedName": name}]}
    region: Json = {"startLine": max(place.line, 1)}
    if place.excerpt:
        region["snippet"] = {"text": printable(place.excerpt, 500)}
    uri = quote(f"{folders.get(place.repository, '')}{place.path}".encode("utf-8", "replace"), safe="/")
    return {"physicalLocation": {"artifactLocation": {"uri": uri}, "region": region}}


def _fingerprint(finding: Finding) -> str:
    """Identify a problem across scans: by what it is about, not by its line."""
    path = finding.evidence[0].path if finding.evidence else ""
    parts = (finding.check, finding.repository, finding.subject.kind, finding.subject.name, path)
    return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()[:32]


def _invocation(assessment: Assessment) -> Json:
    errors = [f for f in assessment.findings if f.status is Status.ERROR]
    notices: list[Json] = [{"level": "error", "message": {"text": f"{f.check}: {printable(f.summary, 500)}"}} for f in errors]
    for gap in assessment.gaps:
        parts = filter(None, (gap.repository, gap.subject, gap.reason))
        notices.append({"level": "note", "message": {"text": printable(": ".join(parts), 500)}})
    return {"executionSuccessful": not errors, "toolExecutionNotifications": notices}


def _provenance(assessment: Assessment) -> Iterable[Json]:
    for repo in assessment.repositories:
        where = forge(repo.remote, repo.commit)
        if where.base and where.commit:
            yield {"repositoryUri": where.base, "revisionId": where.commit, "branch": printable(repo.branch)}
