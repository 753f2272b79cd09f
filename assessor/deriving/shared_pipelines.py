"""What pipelines do through files of other repositories that were scanned as well: reusable workflows, GitLab includes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import msgspec

from assessor.facts.base import Fact
from assessor.facts.pipelines import Activity, GitlabSource, Job, Pipeline
from assessor.facts.repository import Organization, Repository

from .activities import activities_of
from .base import joiner
from .gitlab import ROOT, Files, merged_with


@joiner(replaces=(Pipeline,))
def join_reusable_workflows(organization: Organization) -> Iterator[Fact]:
    """Yield each pipeline, and what it does through reusable workflows of other repositories that were scanned as well."""
    shared = {(r.name.rpartition("/")[2].lower(), p.at.path): r for r in organization.repositories for p in r.of(Pipeline)}
    for repository in organization.repositories:
        for pipeline in repository.of(Pipeline):
            found = {name: origin for name in pipeline.unresolved if (origin := _origin(shared, name)) is not None}
            rest = tuple(name for name in pipeline.unresolved if name not in found)
            yield msgspec.structs.replace(pipeline, unresolved=rest) if found else pipeline
            for job in pipeline.jobs:
                if job.uses in found:
                    yield from _through(pipeline, job, found[job.uses])


def _origin(shared: dict[tuple[str, str], Repository], uses: str) -> tuple[Repository, str] | None:
    """Return the scanned repository, and the path in it, that ``owner/repository/.github/workflows/file@ref`` names."""
    name, separator, file = uses.partition("@")[0].partition("/.github/workflows/")
    path = f".github/workflows/{file}"
    owner, _, repository = name.lower().rpartition("/")
    origin = shared.get((repository, path)) if separator and owner else None
    if origin is None or (origin.remote and not origin.remote.removesuffix(".git").lower().endswith(f"{owner}/{repository}")):
        return None
    return origin, path


def _through(pipeline: Pipeline, job: Job, origin: tuple[Repository, str]) -> Iterator[Activity]:
    """Yield what a job does in a workflow elsewhere, at the line that calls it."""
    repository, path = origin
    at = next((step.at for step in job.steps if step.uses == job.uses), job.at)
    for activity in repository.of(Activity):
        if activity.pipeline == path:
            triggers = job.triggers if job.triggers is not None else pipeline.triggers
            yield msgspec.structs.replace(activity, at=at, pipeline=pipeline.at.path, job=job.id, triggers=triggers)


@joiner(replaces=(Pipeline,))
def join_gitlab_includes(organization: Organization) -> Iterator[Fact]:
    """Yield each pipeline, and what it does through files of other scanned projects that it includes.

    What their jobs and scripts do is said at the line that includes them.
    """
    projects = _Projects(organization)
    for repository in organization.repositories:
        files = projects.files_of(repository)
        merged = merged_with(files, projects.named) if ROOT in files else None
        for pipeline in repository.of(Pipeline):
            if merged is None or pipeline.at.path != ROOT:
                yield pipeline
                continue
            whole, entries, followed = merged
            yield msgspec.structs.replace(pipeline, unresolved=tuple(n for n in pipeline.unresolved if n not in followed))
            for activity in activities_of(whole):
                entry = entries.get((activity.at.repository, activity.at.path))
                if entry is not None:
                    yield msgspec.structs.replace(activity, at=entry)


# A component, as documented: host/project/name@version, in templates/name.yml or templates/name/template.yml of its project.
_COMPONENT = re.compile(r"(?:[\w.:-]+|\$\{?CI_SERVER_(?:FQDN|HOST)\}?)/(?P<project>[\w./-]+)/(?P<name>[\w-]+)@[^@]+")


@dataclass(slots=True)
class _Projects:
    """The files that scanned projects share, by the names includes give them."""

    organization: Organization
    by_name: dict[str, list[Repository]] = field(default_factory=dict)  # by the last part of the name

    def __post_init__(self) -> None:
        for repository in self.organization.repositories:
            if repository.of(GitlabSource):
                self.by_name.setdefault(repository.name.rpartition("/")[2].lower(), []).append(repository)

    def files_of(self, repository: Repository) -> Files:
        """Return the files a repository shares, by path."""
        return {source.at.path: source.file for source in repository.of(GitlabSource)}

    def named(self, uses: str) -> tuple[Files, str] | None:
        """Return what ``group/project:file`` or a component names, if its project was scanned."""
        component = _COMPONENT.fullmatch(uses)
        if component:
            project, name = component["project"], component["name"]
            paths = (f"templates/{name}.yml", f"templates/{name}/template.yml")
        else:
            project, _, path = uses.partition(":")
            paths = (path.lstrip("/"), "")
        project = project.strip("/").lower()
        for repository in self.by_name.get(project.rpartition("/")[2], ()):
            if repository.remote and not _ends(repository.remote, project):
                continue
            files = self.files_of(repository)
            found = next((path for path in paths if path in files), None)
            if found is not None:
                return files, found
        return None


def _ends(remote: str, project: str) -> bool:
    return re.split(r"[:/]", remote.lower().removesuffix(".git"))[-project.count("/") - 1 :] == project.split("/")
