"""Every template closes the gap it says it closes: fail → scaffold → pass, nothing else worsens, a second run is idle.

Where only a person can finish (a secret that stands in a file), what is left is named with its file and line.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from assessor.model import Status
from assessor.scaffolding.template import Template, load_templates
from tests.scaffolding.loop import RANK, Case, statuses, worsened

ROOT = Path(__file__).parent / "cases"
CASES = sorted(case for template in ROOT.iterdir() if template.is_dir() for case in template.iterdir() if case.is_dir())


def test_every_template_has_a_case() -> None:
    assert set(load_templates()) == {case.parent.name for case in CASES}


@pytest.mark.parametrize("source", CASES, ids=lambda case: f"{case.parent.name}/{case.name}")
def test_the_template_repairs_what_it_says(source: Path, tmp_path: Path) -> None:
    template = load_templates()[source.parent.name]
    case = Case(source, tmp_path / "case")
    change = case.change(only=(template.id,))
    assert change.applied, "the template does not apply to its own case"
    assert change.files
    after = case.apply(change)
    first = template.repairs[0]
    assert statuses(change.before)[first] in (Status.FAIL, Status.PARTIAL)
    if template.finished_by_hand:
        places = [f"{e.path}:{e.line}" for f in change.before.findings if f.check == first for e in f.evidence]
        assert places
        assert all(any(place in line for line in change.todo) for place in places), change.todo
        assert RANK[statuses(after)[first]] > RANK[statuses(change.before)[first]]
    else:
        assert statuses(after)[first] is Status.PASS, [f.summary for f in after.findings if f.check == first]
    assert worsened(change.before, after) == {}
    assert not [g for g in after.gaps if g not in change.before.gaps], "what was generated cannot be read"
    again = case.change(only=(template.id,))
    assert again.files == {}, [o.path for a in again.applied for o in a.outcomes if o.writes]


@pytest.mark.parametrize("template", load_templates().values(), ids=lambda template: template.id)
def test_a_template_says_where_its_versions_were_seen(template: Template) -> None:
    told = " ".join(template.sources)
    assert told
    files = [file for file in Path(template.folder).glob("[[]*/**/*") if file.is_file()]
    pinned = {found for file in files for found in re.findall(r"\b(?:[0-9a-f]{40}|[0-9a-f]{64})\b", file.read_text())}
    assert not [found for found in pinned if found[:8] not in told]
