"""In several repositories each file goes to the one it belongs to: a service's own, or that of the GitOps configuration."""

from __future__ import annotations

from pathlib import Path

import pytest

from assessor.errors import UsageError
from assessor.facts.base import Place
from assessor.facts.containers import Service
from assessor.facts.repository import Organization
from assessor.scaffolding.evidence import naming
from assessor.scaffolding.session import Change
from tests.organizations import write
from tests.scaffolding.loop import Case
from tests.scaffolding.test_everything import SERVICES


@pytest.fixture
def case(tmp_path: Path) -> Case:
    """Return two services and a repository that holds nothing yet."""
    for name, language in (("cart", "go"), ("shop", "python")):
        files = {path: text.replace("shop", name) for path, text in SERVICES[language].items()}
        write(tmp_path / "acme/repos" / name, files)
    write(tmp_path / "acme/repos/deploy", {"README.md": "# Deploy\n"})
    return Case(tmp_path / "acme", tmp_path / "copy")


def folders(change: Change, repository: str) -> set[str]:
    """Return the topmost folders and files that a change writes to a repository."""
    return {outcome.path.partition("/")[0] for name, outcome in change.outcomes if name == repository and outcome.writes}


SERVICE = {".dockerignore", ".github", "Dockerfile", "charts", "renovate.json", "scripts"}
SHARED = {
    ".github",
    ".gitignore",
    ".tflint.hcl",
    "README.md",
    "environments",
    "modules",
    "renovate.json",
    "scripts",
    "terraform-state",
}
APPLIED = {"argocd": {"gitops"}, "flux": {"clusters", "canaries", "previews", "secrets", ".sops.yaml"}}


@pytest.mark.parametrize("gitops", ["argocd", "flux"])
def test_each_file_goes_to_the_repository_it_belongs_to(case: Case, gitops: str) -> None:
    change = case.change(choices=(("gitops", gitops),), config_repository="deploy")
    after = case.apply(change)
    assert folders(change, "shop") == folders(change, "cart") == SERVICE
    assert folders(change, "deploy") - SHARED <= APPLIED[gitops]
    assert after.organization.level == 5
    assert case.change(choices=(("gitops", gitops),), config_repository="deploy").files == {}


def test_what_protects_the_configuration_asks_for_a_check_that_its_repository_has(case: Case) -> None:
    change = case.change(choices=(("gitops", "argocd"),), config_repository="deploy")
    files = {outcome.path: outcome.text for name, outcome in change.outcomes if name == "deploy"}
    assert "contexts: [validate]" in files[".github/settings.yml"]
    assert "\n  validate:\n" in files[".github/workflows/validate.yaml"]


def test_without_a_place_for_the_configuration_one_is_asked_for(case: Case) -> None:
    assert any("--config-repo" in line for line in case.change().todo)


@pytest.fixture
def namesakes(tmp_path: Path) -> Case:
    """Return two services of one name, in repositories of their own."""
    for name, language in (("store", "go"), ("admin", "python")):
        write(tmp_path / "acme/repos" / name, SERVICES[language])
    write(tmp_path / "acme/repos/deploy", {"README.md": "# Deploy\n"})
    return Case(tmp_path / "acme", tmp_path / "copy")


@pytest.mark.parametrize("gitops", ["argocd", "flux"])
def test_services_of_one_name_stay_apart_where_their_files_meet(namesakes: Case, gitops: str) -> None:
    choices = (("gitops", gitops),)
    change = namesakes.change(choices=choices, config_repository="deploy")
    made = [
        (a.piece.template.id, o.path)
        for a in change.applied
        for o in a.outcomes
        if o.writes and a.piece.repository.name == "deploy"
    ]
    assert len({path for _, path in made}) == len(made)
    for application in ("store-shop", "admin-shop"):
        assert any(path.endswith(f"/{application}.yaml") for _, path in made)
    namesakes.apply(change)
    organization, after = namesakes.look({})
    places = [service.applications for service in organization.of(Service)]
    assert all(places)
    assert set(places[0]).isdisjoint(places[1])
    assert after.organization.level == 5
    assert namesakes.change(choices=choices, config_repository="deploy").files == {}


def test_services_that_are_given_one_name_are_refused_by_both_their_names(namesakes: Case) -> None:
    with pytest.raises(UsageError, match=r"would be made twice.*: for shop of admin and shop of store") as told:
        namesakes.change(options={"name": "shop"}, choices=(("gitops", "argocd"),), config_repository="deploy")
    assert "'argocd-application:admin//shop' and 'argocd-application:store//shop'" in told.value.hint


def test_a_service_is_called_by_its_own_name_as_long_as_nobody_else_is() -> None:
    def called(*services: tuple[str, str]) -> list[str]:
        facts = tuple(Service(at=Place(home, "Dockerfile"), name=name, folder="") for home, name in services)
        organization = Organization(at=Place("", ""), name="o", facts=facts)
        return list(map(naming(organization), facts))

    assert called(("store", "web"), ("admin", "api")) == ["web", "api"]
    assert called(("store", "web"), ("admin", "web"), ("admin", "api")) == ["store-web", "admin-web", "api"]
    assert called(("web", "web"), ("admin", "web"), ("old-web", "web")) == ["web", "admin-web", "old-web"]
    assert called(("a/web", "Web"), ("b/web", "web")) == ["a-web", "b-web"]
