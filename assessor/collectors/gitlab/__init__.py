"""Asks GitLab: the projects of groups, how their branches are protected, what runs and who reviews."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from assessor.collectors.forges.many import ask_each
from assessor.collectors.forges.owned import Owned, scanned, unlisted
from assessor.collectors.forges.pacing import AskingError, Ended, Pace, Refused, documented
from assessor.deriving.gitops_reach import normalise
from assessor.errors import UsageError
from assessor.facts.base import Gap, Place
from assessor.facts.forge import ForgeOwner, ForgeReference, ForgeRepository
from assessor.facts.repository import Organization
from assessor.observing import Access, Collector, Listing, Observed, Progress
from assessor.redaction import printable
from assessor.settings import GitlabSettings

from .activity import branch_rules, merged, pipelines
from .calls import GROUP, PROJECT, PROJECTS, permissions
from .client import INTERVAL, Client, where


def observe(settings: GitlabSettings, declared: Organization, progress: Progress) -> Observed:
    """Yield what GitLab says about its groups and those of their projects that were scanned."""
    client = _client(settings, progress)
    for group in settings.groups:
        try:
            owned, checks = _owned(client, group)
        except AskingError as error:
            yield Gap("gitlab", group, f"its projects cannot be listed: {error}")
            continue
        if not client.address.token:
            yield Gap("gitlab", group, "without GITLAB_TOKEN, reviews and schedules are not to be seen")
        yield owned.owner
        yield from owned.repositories
        yield from _references(client, owned, declared)
        asked = scanned(owned.repositories, declared)
        yield from ask_each("gitlab", asked, lambda project: _about(client, project, checks), client.pace, progress)  # noqa: B023  used at once


def repositories(settings: GitlabSettings, progress: Progress) -> Listing:
    """Return the projects to scan; raises `UsageError` for a group that does not exist."""
    client = _client(settings, progress)
    found: list[ForgeRepository] = []
    gaps: list[Gap] = []
    for group in settings.groups:
        progress(f"GitLab: projects of {group}")
        try:
            listed = _owned(client, group)[0].repositories
        except AskingError as error:
            gaps.append(Gap("gitlab", group, f"its projects cannot be listed: {error}"))
            continue
        found += [r for r in listed if (settings.archived or not r.archived) and (settings.forks or not r.fork)]
    address = client.address
    return Listing(tuple(found), tuple(gaps), Access(address.host, "oauth2", address.token, address.protocols))


def verify(settings: GitlabSettings, _scanned: Iterable[Path] = ()) -> None:
    """Raise `UsageError` for an address that is none."""
    where(settings)


def _client(settings: GitlabSettings, progress: Progress) -> Client:
    return Client(where(settings), Pace(INTERVAL, progress=progress, title="GitLab"))


def _owned(client: Client, group: str) -> tuple[Owned, dict[str, bool]]:
    """Return a group's projects and their merge checks; raises `AskingError`, or `UsageError` if it does not exist."""
    with documented():
        try:
            client.get(GROUP, {"with_projects": "false"}, group=group)
        except Refused as refused:
            if refused.status != 404:
                raise
            hint = (
                "Check the spelling." if client.address.token else "Check the spelling, or set GITLAB_TOKEN if it is not public."
            )
            raise UsageError(f"--gitlab: {client.address.host} knows no group {printable(group)!r}", hint) from None
        query = {"include_subgroups": "true", "with_shared": "false", "order_by": "id", "sort": "asc"}
        items = list(client.pages(PROJECTS, query, group=group))
        found = [_repository(item) for item in items]
        shown = "only_allow_merge_if_pipeline_succeeds"
        checks = {str(item["path_with_namespace"]): bool(item[shown]) for item in items if isinstance(item.get(shown), bool)}
    owner = ForgeOwner(
        at=Place("", f"{client.address.url}/{group}", source="gitlab"),
        name=group,
        address=normalise(f"{client.address.url}/{group}"),
        repositories=len(found),
    )
    return Owned(owner, tuple(sorted(found, key=lambda repository: repository.name))), checks


def _repository(item: dict[str, object]) -> ForgeRepository:
    return ForgeRepository(
        at=Place("", printable(str(item.get("web_url") or "")), source="gitlab"),
        repository=normalise(str(item["http_url_to_repo"])),
        name=printable(str(item["path_with_namespace"])),
        address=printable(str(item["http_url_to_repo"])),
        default_branch=printable(str(item.get("default_branch") or "")),
        archived=bool(item.get("archived")),
        fork=bool(item.get("forked_from_project")),
    )


def _references(client: Client, owned: Owned, declared: Organization) -> Iterator[ForgeReference]:
    """Yield which repositories exist that files refer to and the list does not show.

    GitLab does not tell how many projects a group has beyond those shown: one that is not found may be hidden.
    """
    for address in unlisted(owned, declared):
        path = address.partition("/")[2]
        try:
            client.get(PROJECT, project=path)
            exists: bool | None = True
        except Ended:
            return
        except AskingError:
            exists = None
        yield ForgeReference(at=Place("", f"{client.address.url}/{path}", source="gitlab"), repository=address, exists=exists)


def _about(client: Client, project: ForgeRepository, checks: dict[str, bool]) -> Observed:
    """Yield what is known about one project; raises `AskingError`."""
    if not project.default_branch:
        return
    rules = branch_rules(client, project, checks.get(project.name))
    yield rules
    if rules.hidden:
        yield Gap("gitlab", project.name, rules.hidden, kinds=("branch-rules",))
    yield from pipelines(client, project)
    try:
        yield merged(client, project)
    except Refused as refused:
        yield Gap("gitlab", project.name, f"reviews: {refused} (role Reporter)", kinds=("merged-requests",))


COLLECTOR = Collector(
    id="gitlab", title="GitLab", observe=observe, permissions=permissions, verify=verify, repositories=repositories
)
