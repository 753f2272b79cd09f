"""Asks GitHub: the repositories of organizations, how their branches are protected, what runs and who reviews."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from pathlib import Path

from assessor.collectors.forges.addresses import Address
from assessor.collectors.forges.calls import Call
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
from assessor.settings import GithubSettings

from .activity import merged, pipelines
from .calls import ME, MINE, OF_USER, ORGANIZATION, REPOSITORIES, REPOSITORY, USER, permissions
from .client import INTERVAL, Client, where
from .protection import branch_rules


def observe(settings: GithubSettings, declared: Organization, progress: Progress) -> Observed:
    """Yield what GitHub says about its organizations and those of their repositories that were scanned."""
    client = _client(settings, progress)
    for owner in settings.organizations:
        try:
            owned = _owned(client, owner)
        except AskingError as error:
            yield Gap("github", owner, f"its repositories cannot be listed: {error}")
            continue
        if not client.address.token:
            yield Gap("github", owner, "without GITHUB_TOKEN, reviews are not to be seen", kinds=("merged-requests",))
        yield owned.owner
        yield from owned.repositories
        yield from _references(client, owned, declared)
        asked = scanned(owned.repositories, declared)
        yield from ask_each("github", asked, lambda repository: _about(client, repository), client.pace, progress)


def repositories(settings: GithubSettings, progress: Progress) -> Listing:
    """Return the repositories to scan; raises `UsageError` for an organization that does not exist."""
    client = _client(settings, progress)
    found: list[ForgeRepository] = []
    gaps: list[Gap] = []
    for owner in settings.organizations:
        progress(f"GitHub: repositories of {owner}")
        try:
            listed = _owned(client, owner).repositories
        except AskingError as error:
            gaps.append(Gap("github", owner, f"its repositories cannot be listed: {error}"))
            continue
        found += [r for r in listed if (settings.archived or not r.archived) and (settings.forks or not r.fork)]
    return Listing(tuple(found), tuple(gaps), _access(client.address))


def verify(settings: GithubSettings, _scanned: Iterable[Path] = ()) -> None:
    """Raise `UsageError` for an address that is none."""
    where(settings)


def _client(settings: GithubSettings, progress: Progress) -> Client:
    return Client(where(settings), Pace(INTERVAL, progress=progress, title="GitHub"))


def _access(address: Address) -> Access:
    return Access(address.host, "x-access-token", address.token, address.protocols)


def _owned(client: Client, owner: str) -> Owned:
    """Return an organization's or user's repositories; raises `AskingError`, or `UsageError` if it does not exist."""
    call, query, total = REPOSITORIES, {"type": "all"}, None
    with documented():
        try:
            account = client.get(ORGANIZATION, owner=owner)
            if isinstance(account.get("total_private_repos"), int):  # only shown to those who see them
                total = account.get("public_repos", 0) + account["total_private_repos"]
        except Refused as refused:
            if refused.status != 404:
                raise
            call, query = _of_user(client, owner)
        parts = {} if call is MINE else {"owner": owner}
        found = [_repository(item) for item in client.pages(call, query, **parts)]
    name = ForgeOwner(
        at=Place("", f"{client.address.url}/{owner}", source="github"),
        name=owner,
        address=normalise(f"{client.address.url}/{owner}"),
        repositories=len(found),
        complete=total is not None and len(found) >= total,
    )
    return Owned(name, tuple(sorted(found, key=lambda repository: repository.name)))


def _of_user(client: Client, owner: str) -> tuple[Call, dict[str, str]]:
    """Return how to list a user's repositories: private ones are only shown to the user."""
    try:
        client.get(USER, owner=owner)
    except Refused as refused:
        if refused.status != 404:
            raise
        hint = "Check the spelling." if client.address.token else "Check the spelling, or set GITHUB_TOKEN if it is not public."
        raise UsageError(f"--github: {client.address.host} knows no organization or user {printable(owner)!r}", hint) from None
    if client.address.token:
        with contextlib.suppress(Refused):  # the token of a GitHub App is nobody's
            if str(client.get(ME).get("login", "")).lower() == owner.lower():
                return MINE, {"affiliation": "owner"}
    return OF_USER, {"type": "owner"}


def _repository(item: dict[str, object]) -> ForgeRepository:
    page, name = str(item.get("html_url") or ""), printable(str(item["full_name"]))
    return ForgeRepository(
        at=Place("", printable(page), source="github"),
        repository=normalise(str(item["clone_url"])),
        name=name,
        address=printable(str(item["clone_url"])),
        default_branch=printable(str(item.get("default_branch") or "")),
        archived=bool(item.get("archived")),
        fork=bool(item.get("fork")),
    )


def _references(client: Client, owned: Owned, declared: Organization) -> Iterable[ForgeReference]:
    """Yield whether repositories exist that files refer to and the list does not show. One that was renamed still answers."""
    for address in unlisted(owned, declared):
        _, owner, name = address.split("/", 2)
        exists: bool | None = None
        try:
            client.get(REPOSITORY, owner=owner, name=name)
            exists = True
        except Ended:
            return
        except Refused as refused:
            # What a token may not see is "not found" too.
            exists = False if refused.status == 404 and owned.owner.complete else None
        except AskingError:
            exists = None
        yield ForgeReference(
            at=Place("", f"{client.address.url}/{owner}/{name}", source="github"), repository=address, exists=exists
        )


def _about(client: Client, repository: ForgeRepository) -> Observed:
    """Yield what is known about one repository; raises `AskingError`."""
    if not repository.default_branch:
        return
    update_rule: dict[str, object] = {}
    if client.address.token:
        try:
            requests, update_rule = merged(client, repository)
            yield requests
        except Refused as refused:
            yield Gap("github", repository.name, f"reviews: {refused} (Pull requests: read)", kinds=("merged-requests",))
    rules = branch_rules(client, repository, update_rule)
    yield rules
    if rules.hidden:
        yield Gap("github", repository.name, rules.hidden, kinds=("branch-rules",))
    yield from pipelines(client, repository)


COLLECTOR = Collector(
    id="github", title="GitHub", observe=observe, permissions=permissions, verify=verify, repositories=repositories
)
