"""The sample organization shows what its README says: mixed maturity, and services traced from Dockerfile to application."""

from __future__ import annotations

from pathlib import Path

import pytest

from assessor.collectors.discovery import discover
from assessor.collectors.files import collect_repository
from assessor.deriving import derive_organization
from assessor.engine import assess
from assessor.facts.base import Place
from assessor.facts.repository import Organization
from assessor.model import Assessment, Status
from assessor.registry import load_checks
from assessor.settings import load_settings
from tests.organizations import TODAY

SAMPLE = Path(__file__).parent.parent / "examples" / "acme"


@pytest.fixture(scope="module")
def acme() -> Assessment:
    targets = discover([SAMPLE], folders_are_repositories=True)
    repositories = tuple(collect_repository(target) for target in targets)
    organization = derive_organization(Organization(at=Place("", ""), name="acme", repositories=repositories))
    return assess(organization, load_checks(), load_settings(SAMPLE / "gitops-assess.yaml"), TODAY)


def test_it_is_on_the_way_but_not_there(acme: Assessment) -> None:
    assert len(acme.repositories) == 10
    assert acme.organization.level == 1
    assert not [f for f in acme.findings if f.status is Status.ERROR]
    assert not [gap for gap in acme.gaps if gap.source == "files"]


def test_the_waiver_is_in_force(acme: Assessment) -> None:
    (waived,) = [f for f in acme.findings if f.status is Status.WAIVED]
    assert (waived.check, waived.repository, waived.subject.name) == ("iac.state-lock", "platform-infrastructure", "legacy/dns")


def test_services_are_followed_from_their_image_to_the_application_that_deploys_them(acme: Assessment) -> None:
    reached = {
        trace.repository: "".join({"pass": "+", "partial": "~", "fail": "-"}.get(s.status, "?") for s in trace.steps)
        for trace in acme.services
    }
    assert reached == {
        "catalog": "++++~",
        "checkout": "++++~",
        "ledger": "?+++~",
        "legacy-batch": "+++--",
        "payments": "?----",
        "storefront": "?+++~",
    }


def test_a_library_is_not_asked_for_an_image(acme: Assessment) -> None:
    library = next(r for r in acme.repositories if r.name == "money-format")
    assert library.checks["ctr.dockerfile"].status is Status.NOT_APPLICABLE


@pytest.mark.parametrize(
    ("check", "repository", "path"),
    [
        ("iac.remote-state", "platform-infrastructure", "legacy/dns"),
        ("ctr.dockerfile", "payments", "payments"),
        ("ctr.non-root", "catalog", "Dockerfile"),
    ],
)
def test_what_it_lacks_is_found_where_it_is(acme: Assessment, check: str, repository: str, path: str) -> None:
    failing = {(f.repository, f.subject.name) for f in acme.findings if f.check == check and f.status is Status.FAIL}
    assert (repository, path) in failing
