"""What is seen at forges. `at.path` is an address there; `at.source` is ``github`` or ``gitlab``.

`repository` is the address of the repository without scheme and ``.git`` (``github.com/acme/shop``), as
`normalise` of `assessor.deriving.gitops_reach` spells it; joining sets `at.repository` where it is among the scanned ones. A setting
that the token may not read is None: not observed, never "not set".
"""

from __future__ import annotations

import msgspec

from .base import Fact


class ForgeOwner(Fact, frozen=True, kw_only=True):
    """An organization, user or group whose repositories were listed."""

    name: str
    address: str  # host and name, lower case
    repositories: int = 0
    complete: bool = False  # the forge says that there are no more than the token shows

    @property
    def label(self) -> str:
        """Its name."""
        return self.name


class ForgeRepository(Fact, frozen=True, kw_only=True):
    """A repository (project) as the forge lists it."""

    repository: str
    name: str  # owner/name
    address: str  # where it is cloned from, without credentials
    default_branch: str = ""
    archived: bool = False
    fork: bool = False

    @property
    def label(self) -> str:
        """Owner and name."""
        return self.name


class ForgeReference(Fact, frozen=True, kw_only=True):
    """A repository that scanned files refer to and that was not listed: whether the forge has it. None: it cannot be told."""

    repository: str
    exists: bool | None = None


class BranchRules(Fact, frozen=True, kw_only=True):
    """What the forge demands of changes to a repository's default branch, rules that are only evaluated left out."""

    repository: str
    branch: str
    protected: bool | None = None  # not everybody who may write may push to it
    reviews: bool | None = None  # at least one approval by somebody else
    checks: bool | None = None  # a pipeline must succeed
    required: tuple[str, ...] = ()  # the checks named
    hidden: str = ""  # why a setting is None


class Run(msgspec.Struct, frozen=True):
    """A run of a pipeline: the day (ISO 8601) it started, and its outcome (success, failure, cancelled, running …)."""

    day: str
    outcome: str


class ForgePipeline(Fact, frozen=True, kw_only=True):
    """A pipeline as the forge runs it, newest runs first: a workflow of GitHub, or the schedules of a GitLab project."""

    repository: str
    file: str  # its path in the repository
    active: bool = True
    on_schedule: bool | None = None  # whether a schedule starts it; None: as the file says, or not observed
    state: str = ""  # as the forge calls it, e.g. disabled_inactivity
    scheduled: tuple[Run, ...] | None = None  # None: could not be seen
    requested: tuple[Run, ...] | None = None  # of pull or merge requests


class MergedRequest(msgspec.Struct, frozen=True):
    """A merged pull or merge request. Nobody's name is kept."""

    number: int
    merged: str  # the day, ISO 8601
    reviews: int = 0  # by people other than the author
    hours: float | None = None  # from opening to the first of them
    bot: bool = False  # opened by a program


class MergedRequests(Fact, frozen=True, kw_only=True):
    """The newest merged requests to a repository's default branch."""

    repository: str
    requests: tuple[MergedRequest, ...] = ()
