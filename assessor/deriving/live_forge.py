"""Brings what forges say to the scanned repositories, by the address they were cloned from, and holds it against the files."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from assessor.facts.base import Fact, FactSet, Place
from assessor.facts.forge import (
    BranchRules,
    ForgeOwner,
    ForgePipeline,
    ForgeReference,
    ForgeRepository,
    MergedRequests,
)
from assessor.facts.gitops import Application, BranchProtection
from assessor.facts.infrastructure import ModuleCall
from assessor.facts.live import Contradiction
from assessor.facts.pipelines import Activity, Event, Purpose
from assessor.facts.repository import Organization

from .base import Joiner, joiner
from .gitops_reach import normalise

ABOUT: tuple[type[About], ...] = (ForgeRepository, BranchRules, ForgePipeline, MergedRequests)  # each names a repository
About = ForgeRepository | BranchRules | ForgePipeline | MergedRequests
_SUBFOLDER = re.compile(r"(?<!:)//.*")
_DYNAMIC = re.compile(r"[{}$*<>\s]|\btpl-")
_REMOTE = re.compile(r"^(?:[\w+.-]+://|[\w.-]+@[\w.-]+:|(?:github|gitlab)\.[\w.]+/)")
_CHECKED = frozenset({Purpose.PLAN, Purpose.RENDER, Purpose.SCHEMA, Purpose.POLICY, Purpose.LINT_CHART, Purpose.LINT_IAC})


def referred(organization: Organization) -> dict[str, tuple[Place, ...]]:
    """Return the repositories that applications and Terraform modules refer to, by address, and where."""
    found: dict[str, list[Place]] = {}
    for application in organization.of(Application):
        for source in application.sources:
            if not source.chart:
                found.setdefault(_address(source.repository), []).append(application.at)
    for call in organization.of(ModuleCall):
        if not call.local and (call.source.startswith("git::") or re.match(r"(?:git@|(?:github|gitlab)\.com/)", call.source)):
            found.setdefault(_address(_SUBFOLDER.sub("", call.source.removeprefix("git::"))), []).append(call.at)
    return {address: tuple(sorted(places)) for address, places in sorted(found.items()) if address}


def _address(text: str) -> str:
    return normalise(text) if _REMOTE.match(text) and not _DYNAMIC.search(text) else ""


@joiner(replaces=ABOUT)
def forge_facts(organization: Organization) -> Iterator[Fact]:
    """Yield what forges say about a scanned repository as facts of that repository, and where files say otherwise."""
    told: list[About] = [fact for kind in ABOUT for fact in organization.of(kind)]
    if not told and not organization.of(ForgeOwner):
        return
    homes = {normalise(r.remote): r.name for r in reversed(organization.repositories) if r.remote}
    placed = FactSet(_at(fact, homes.get(fact.repository, fact.at.repository)) for fact in told)
    yield from placed
    yield from _unprotected(organization, placed.of(BranchRules))
    yield from _missing(organization)
    does: defaultdict[tuple[str, str], list[Activity]] = defaultdict(list)
    for activity in organization.of(Activity):
        if not activity.manual:
            does[activity.at.repository, activity.pipeline].append(activity)
    for pipeline in placed.of(ForgePipeline):
        yield from _switched_off(pipeline, does.get((pipeline.at.repository, pipeline.file), ()))


def _at(fact: About, home: str) -> About:
    return msgspec.structs.replace(fact, at=msgspec.structs.replace(fact.at, repository=home))


def _unprotected(organization: Organization, observed: tuple[BranchRules, ...]) -> Iterator[Contradiction]:
    """Yield branches whose declared protection is not in force."""
    declared = [p for p in organization.of(BranchProtection) if p.applied and (p.reviews or p.checks)]
    here = [rules for rules in observed if rules.at.repository]
    # What a repository declares of itself. Settings kept elsewhere, Terraform's too, may mean any repository.
    own: defaultdict[str, list[BranchProtection]] = defaultdict(list)
    for protection in declared:
        if protection.tool == "settings.yml":
            own[protection.at.repository].append(protection)
    for rules in here:
        for protection in own.get(rules.at.repository) or (declared[:1] if len(here) == 1 else ()):
            wanted = (("reviews", protection.reviews, rules.reviews), ("checks", protection.checks, rules.checks))
            lacking = [word for word, asked, seen in wanted if asked and seen is False]
            if lacking:
                yield Contradiction(
                    at=Place("", ""),
                    name="unprotected",
                    subject=f"{rules.repository} {rules.branch}",
                    summary=f"{protection.tool} asks for {' and '.join(lacking)}; the forge does not",
                    step=4,
                    check="gop.branch-protection",
                    declared=protection.at,
                    observed=rules.at,
                )


def _missing(organization: Organization) -> Iterator[Contradiction]:
    """Yield repositories that files refer to and the forge does not have."""
    absent = {fact.repository: fact.at for fact in organization.of(ForgeReference) if fact.exists is False}
    for address, places in referred(organization).items() if absent else ():
        if address in absent:
            yield Contradiction(
                at=Place("", ""),
                name="repository-missing",
                subject=address,
                summary="files refer to a repository that the forge does not have",
                step=4,
                check="gop.targets-resolve",
                declared=places[0],
                observed=absent[address],
            )


def _switched_off(pipeline: ForgePipeline, does: Sequence[Activity]) -> Iterator[Contradiction]:
    """Yield what a pipeline is declared to do and does not, because the forge does not run it."""
    if pipeline.active and pipeline.on_schedule is not False:
        return
    home, file = pipeline.at.repository, pipeline.file
    drift = [a for a in does if a.purpose is Purpose.DRIFT and a.on(Event.SCHEDULE)]
    checked = [a for a in does if a.purpose in _CHECKED and a.on(Event.PULL_REQUEST) and not pipeline.active]
    for what, found, step, check in (
        ("drift detection", drift, 5, "aut.iac-drift"),
        ("validation", checked, 4, "gop.pr-validation"),
    ):
        if home and found:
            yield Contradiction(
                at=Place("", ""),
                name="switched-off",
                subject=f"{what} in {home}",
                summary=f"{file} declares it, and the forge does not run it: {pipeline.state}",
                step=step,
                check=check,
                declared=found[0].at,
                observed=pipeline.at,
            )


def about(facts: Iterable[Fact]) -> dict[str, list[Fact]]:
    """Return what forges say about each repository, by its address."""
    found: dict[str, list[Fact]] = {}
    for fact in facts:
        if isinstance(fact, ABOUT):
            found.setdefault(fact.repository, []).append(fact)
    return found


JOINERS: tuple[Joiner, ...] = (forge_facts,)
