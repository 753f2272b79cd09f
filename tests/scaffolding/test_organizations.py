"""In several repositories each file goes to the one it belongs to: a service's own, or that of the GitOps configuration."""

from __future__ import annotations

from pathlib import Path

import pytest

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
