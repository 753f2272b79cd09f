"""How often verdicts agree with an expert's reading of real repositories.

usage: python benchmarks/accuracy.py LABELS.json FOLDER [--markdown FILE] [--only CHECK] [--repo NAME]

LABELS.json is a list of {repo, commit, labels: {check: {value, evidence, why, contested}}}; FOLDER holds the
repositories as work trees named owner__name. A label is yes, partial, no or na. Where the label names the bad thing
(a committed state file or secret) it is turned round. Some labels are counts of the inventory rather than checks.
"""

from __future__ import annotations

import argparse
import datetime
import json
import sys
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assessor.collectors.files import collect_repository
from assessor.collectors.target import Target
from assessor.deriving import derive_organization
from assessor.engine import judge
from assessor.facts.base import Place
from assessor.facts.repository import Organization
from assessor.inventory import inventory
from assessor.model import Finding
from assessor.registry import load_checks
from assessor.scoring import status_of

BAD_THING = frozenset({"iac.state-not-in-git", "k8s.secrets-encrypted"})
PRESENCE = {"k8s.helm": "helm_charts", "k8s.kustomize-structure": "kustomizations"}
EXPECTED = {"yes": "pass", "partial": "partial", "no": "fail", "na": "not_applicable"}
TURNED = {"yes": "fail", "partial": "partial", "no": "pass", "na": "not_applicable"}
TOLERANCE = 0.1  # of a count


@dataclass(frozen=True, slots=True)
class Comparison:
    """One label beside our verdict."""

    repository: str
    check: str
    expected: str
    given: str
    contested: bool
    why: str
    label_places: list[str]
    summary: str
    places: list[str]

    @property
    def agrees(self) -> bool:
        return self.expected == self.given

    @property
    def falsely_present(self) -> bool:
        """We claim what the expert says is absent or does not apply."""
        return self.given in ("pass", "partial") and self.expected in ("fail", "not_applicable") and self.check not in BAD_THING


def compare(entry: dict[str, Any], folder: Path) -> list[Comparison]:
    """Scan one repository and put its labels beside the verdicts."""
    name = entry["repo"].replace("/", "__")
    target = Target(entry["repo"].partition("/")[2], ".", folder / name)
    repository = collect_repository(target)
    organization = derive_organization(Organization(at=Place("", ""), name=target.name, repositories=(repository,)))
    counts = inventory(organization.repositories[0])
    checks = load_checks()
    found = []
    for id, label in entry["labels"].items():
        if id == "root_modules":
            found += [_count(entry["repo"], key, label, counts) for key in ("roots", "roots_remote") if key in label]
            continue
        if id in PRESENCE:
            present = "pass" if counts[PRESENCE[id]] else "fail"
            expected = "pass" if label["value"] in ("yes", "partial") else "fail"
            found.append(_comparison(entry["repo"], id, label, expected, present, f"{counts[PRESENCE[id]]} found", []))
            continue
        findings = judge(organization, [checks[id]], (), datetime.date(2026, 1, 1)) if id in checks else []
        expected = (TURNED if id in BAD_THING else EXPECTED)[label["value"]]
        found.append(_comparison(entry["repo"], id, label, expected, *_verdict(findings)))
    return found


def _verdict(findings: list[Finding]) -> tuple[str, str, list[str]]:
    status = str(status_of(f.status for f in findings))
    summaries = "; ".join(dict.fromkeys(f"{f.subject.name}: {f.summary}" for f in findings[:4]))
    return status, summaries, [f"{e.path}:{e.line}" for f in findings for e in f.evidence][:6]


def _comparison(
    repository: str, check: str, label: dict[str, Any], expected: str, given: str, summary: str, places: list[str]
) -> Comparison:
    return Comparison(
        repository, check, expected, given, label["contested"], label["why"], label["evidence"][:4], summary, places
    )


def _count(repository: str, key: str, label: dict[str, Any], counts: dict[str, int]) -> Comparison:
    wanted, ours = label[key], counts["terraform_" + key]
    close = abs(ours - wanted) <= TOLERANCE * max(wanted, 1)
    return _comparison(
        repository, f"root_modules.{key}", label, str(wanted), str(wanted) if close else str(ours), f"{ours} found", []
    )


def table(comparisons: list[Comparison]) -> str:
    """Return the per-check table in Markdown: uncontested agreement, precision and recall of presence, contested apart."""
    groups: dict[str, list[Comparison]] = defaultdict(list)
    for comparison in comparisons:
        groups[comparison.check].append(comparison)
    lines = [
        "| check | labels | agree | agreement | precision | recall | falsely present | contested agree |",
        "|---|---|---|---|---|---|---|---|",
    ]
    lines += [_row(check, group) for check, group in sorted(groups.items())]
    lines.append(_row("**all**", comparisons))
    return "\n".join(lines) + "\n"


def _row(name: str, group: list[Comparison]) -> str:
    clear = [c for c in group if not c.contested]
    agreed = sum(c.agrees for c in clear)
    present = [c for c in clear if c.expected in ("pass", "partial")]
    claimed = [c for c in clear if c.given in ("pass", "partial")]
    hit = sum(c.given in ("pass", "partial") for c in present)
    contested = [c for c in group if c.contested]
    return (
        f"| {name} | {len(clear)} | {agreed} | {_share(agreed, len(clear))} | {_share(hit, len(claimed))} | {_share(hit, len(present))} "
        f"| {sum(c.falsely_present for c in group)} | {sum(c.agrees for c in contested)} of {len(contested)} |"
    )


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.0f} %" if whole else "–"


def disagreements(comparisons: list[Comparison]) -> str:
    """Return each disagreement with both sides' evidence."""
    parts = []
    for c in comparisons:
        if not c.agrees:
            mark = " (contested)" if c.contested else ""
            parts.append(
                f"- **{c.check}** {c.repository}{mark}: expert *{c.expected}* ({c.why}; {', '.join(c.label_places) or 'no place'}), "
                f"we *{c.given}* ({c.summary[:300]}; {', '.join(c.places) or 'no place'})\n"
            )
    return "".join(parts)


def main() -> int:
    """Compare, print, and exit with 1 below 95 % agreement or with a false presence."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("labels", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--markdown", type=Path)
    parser.add_argument("--only", default="")
    parser.add_argument("--repo", default="")
    options = parser.parse_args()
    comparisons: list[Comparison] = []
    for entry in json.loads(options.labels.read_text()):
        if (options.folder / entry["repo"].replace("/", "__")).is_dir() and options.repo in entry["repo"]:
            comparisons += compare(entry, options.folder)
    if options.only:
        comparisons = [c for c in comparisons if c.check.startswith(options.only)]
    report = table(comparisons) + "\n" + disagreements(comparisons)
    print(report)
    if options.markdown:
        options.markdown.write_text(report)
    clear = [c for c in comparisons if not c.contested]
    agreed = sum(c.agrees for c in clear)
    return 0 if clear and agreed >= 0.95 * len(clear) and not any(c.falsely_present for c in comparisons) else 1


if __name__ == "__main__":
    sys.exit(main())
