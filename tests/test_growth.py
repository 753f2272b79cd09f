"""Joining and judging an organization takes work in proportion to its size: nothing compares each of it with all of it."""

from __future__ import annotations

import re
import sys
from collections import Counter
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import msgspec

from assessor.collectors.discovery import discover
from assessor.collectors.files import collect_repository
from assessor.deriving import derive_organization
from assessor.engine import assess
from assessor.facts.aws import EcrRepository
from assessor.facts.base import Fact, Place
from assessor.facts.cluster import Cluster, RunningApplication, RunningWorkload
from assessor.facts.containers import Service
from assessor.facts.gitops import Application
from assessor.facts.manifests import Workload
from assessor.facts.repository import Organization, Repository
from assessor.registry import load_checks
from assessor.settings import Settings
from tests.organizations import TODAY

SAMPLE = Path(__file__).parent.parent / "examples" / "acme"
REPOSITORIES = sorted(path.name for path in SAMPLE.iterdir() if path.is_dir())
NAMES = re.compile(rf"(?<![A-Za-z])(acme|{'|'.join(REPOSITORIES)})(?![A-Za-z])")
NUMBERED = re.compile(r"[a-z]\d+")
FEW, TIMES = 5, 4
MOST, FREE = 1.2, 500  # growth and calls that are no sign: what is said of a few, and stops there


def test_no_part_of_the_work_grows_faster_than_the_organization() -> None:
    sample = [collect_repository(target) for target in discover([SAMPLE], folders_are_repositories=True)]
    work(organization(sample, 1))  # what is loaded once
    few, many = (work(organization(sample, copies)) for copies in (FEW, FEW * TIMES))
    faster = {name: (few[name], calls) for name, calls in many.items() if calls > few[name] * TIMES * MOST + FREE}
    assert faster == {}


def organization(sample: list[Repository], copies: int) -> Organization:
    """Return copies of the sample under names of their own, in one account, with one cluster that runs what they declare."""
    repositories = [renamed(repository, copy) for copy in range(copies) for repository in sample]
    facts = [fact for repository in repositories for fact in repository.facts]
    # Several of one name are each taken for the other: with `root` and `flux-system` there would be a square of pairs.
    own = [fact for fact in facts if isinstance(fact, Application | Workload) and NUMBERED.search(fact.name)]
    live = Place("", "prod", source="kubernetes")
    cluster = Cluster(
        at=live,
        context="prod",
        served=("apps/v1",),
        applications=tuple(RunningApplication(application=at(live, a), synced=True) for a in own if isinstance(a, Application)),
        workloads=tuple(RunningWorkload(workload=at(live, w)) for w in own if isinstance(w, Workload)),
    )
    images = (
        EcrRepository(at=Place("", f"arn:aws:ecr:::{s.name}", source="aws"), account="1", name=s.name)
        for s in facts
        if isinstance(s, Service)
    )
    return Organization(
        at=Place("", ""), name="big", repositories=tuple(repositories), facts=(cluster, *images), asked=("aws", "kubernetes")
    )


def at(place: Place, fact: Any) -> Any:
    """Return an object of files as one of a cluster."""
    return msgspec.structs.replace(fact, at=msgspec.structs.replace(place, path=f"prod/{fact.namespace}/{fact.label}"))


def renamed(value: Any, number: int) -> Any:
    """Return a copy of a fact in which everything that names something of the sample names something of its own."""
    if isinstance(value, str):
        return NAMES.sub(rf"\g<1>{number}", value)
    if isinstance(value, msgspec.Struct):
        return type(value)(**{name: renamed(getattr(value, name), number) for name in value.__struct_fields__})
    if isinstance(value, dict):
        return {renamed(key, number): renamed(each, number) for key, each in value.items()}
    if isinstance(value, tuple | list):
        return type(value)(renamed(each, number) for each in value)
    return value


def work(organization: Organization) -> Counter[str]:
    """Return how often each function of ours calls something while an organization is joined and judged."""
    calls: Counter[CodeType] = Counter()

    def count(frame: FrameType, event: str, _argument: object) -> None:
        if event in ("call", "c_call"):
            calls[frame.f_code] += 1

    checks = load_checks()
    sys.setprofile(count)
    try:
        assess(derive_organization(organization), checks, Settings(), TODAY)
    finally:
        sys.setprofile(None)
    assert organization.of(Fact)
    return Counter({f"{code.co_filename}:{code.co_firstlineno} {code.co_qualname}": number for code, number in calls.items()})
