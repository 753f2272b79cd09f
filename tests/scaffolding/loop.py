"""The closed loop for tests: assess, scaffold, assess again, on a copy of a case."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

import msgspec

from assessor.collectors.files import collect_repository
from assessor.collectors.target import Target
from assessor.deriving import derive_organization
from assessor.engine import assess
from assessor.facts.base import Place
from assessor.facts.repository import Organization, Repository
from assessor.model import Assessment, Status
from assessor.registry import load_checks
from assessor.scaffolding.answering import Given
from assessor.scaffolding.planning import Wish
from assessor.scaffolding.session import Change, Overlays, Session
from assessor.scaffolding.template import load_templates
from assessor.scaffolding.writing import write_all
from assessor.settings import Settings
from tests.organizations import TODAY

RANK = {
    Status.PASS: 3,
    Status.PARTIAL: 2,
    Status.NOT_APPLICABLE: 1,
    Status.NOT_OBSERVED: 1,
    Status.WAIVED: 1,
    Status.FAIL: 0,
    Status.ERROR: -1,
}


def with_origin(repository: Repository) -> Repository:
    """Return the repository as a clone of one at a forge: most have an origin, folders of cases have none."""
    if repository.remote:
        return repository
    return msgspec.structs.replace(repository, remote=f"https://github.com/acme-example/{repository.name}.git")


class Case:
    """A copy of a small organization: the folder itself is a repository, or each folder below ``repos/``."""

    def __init__(self, source: Path, copy: Path) -> None:
        shutil.copytree(source, copy)
        repos = copy / "repos"
        folders = sorted(p for p in repos.iterdir() if p.is_dir()) if repos.is_dir() else [copy]
        self.roots = {folder.name: folder for folder in folders}

    def look(self, overlays: Overlays) -> tuple[Organization, Assessment]:
        repositories = tuple(
            with_origin(collect_repository(Target(name, ".", root), (), overlay=overlays.get(name)))
            for name, root in self.roots.items()
        )
        organization = derive_organization(Organization(at=Place("", ""), name="case", repositories=repositories))
        return organization, assess(organization, load_checks(), Settings(), TODAY)

    def change(self, *, options: Mapping[str, str] | None = None, **wish: object) -> Change:
        """Build the change for a wish (steps, only, choices …)."""
        session = Session(self.look, load_templates(), lambda r: self.roots[r.name], Given(options or {}, {}, {}))
        return session.build(Wish(**wish))  # type: ignore[arg-type]  # the caller's keywords are the wish's

    def apply(self, change: Change) -> Assessment:
        """Write a change and assess again."""
        for name, files in change.files.items():
            write_all(self.roots[name], files)
        return self.look({})[1]


def statuses(assessment: Assessment) -> dict[str, Status]:
    """Return the organization's status per check."""
    return {c.id: c.status for s in assessment.organization.steps for t in s.tasks for c in t.checks}


def worsened(before: Assessment, after: Assessment) -> dict[str, tuple[Status, Status]]:
    """Return the checks whose verdict is worse than it was."""
    old, new = statuses(before), statuses(after)
    return {
        id: (old[id], new[id])
        for id in old
        if RANK[new[id]] < RANK[old[id]] and old[id] not in (Status.NOT_APPLICABLE, Status.NOT_OBSERVED)
    }
