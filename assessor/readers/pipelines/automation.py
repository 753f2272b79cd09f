"""Files of services that plan and apply Terraform beside CI: Atlantis, Digger, Terrateam, Spacelift.

Atlantis answers pull requests and looks for no drift. Sources: each product's reference of its repository file.
"""

from __future__ import annotations

from collections.abc import Iterator

from assessor.facts.gitops import PlanAutomation
from assessor.reading import Source, reader

from .common import entries, is_true, mapping

_TOOLS = {"atlantis": "atlantis", "digger": "digger", "config": "terrateam"}


@reader(
    "terraform-automation",
    names=("atlantis.yaml", "atlantis.yml", "digger.yml", "digger.yaml", ".terrateam/config.yml", ".spacelift/config.yml"),
)
def read_automation(source: Source) -> Iterator[PlanAutomation]:
    """Yield what plans pull requests, and whether its drift detection is switched on in the file."""
    body = mapping(source.yaml)
    if not body:
        return
    drift = is_true(mapping(body.get("drift")).get("enabled"))
    line = body.line_of("drift") if drift else 0
    for project, at in entries(body.get("projects")):
        if source.name.startswith("digger") and is_true(mapping(project).get("drift_detection")):
            drift, line = True, line or at
    tool = "spacelift" if source.folder == ".spacelift" else _TOOLS[source.name.partition(".")[0].lower()]
    yield PlanAutomation(at=source.place(line), tool=tool, drift=drift and tool != "atlantis")
