"""What Terraform resources say beyond infrastructure: branch protection, GitOps controllers, plan automation."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from assessor.facts.base import Fact
from assessor.facts.gitops import BranchProtection, Controller, PlanAutomation
from assessor.facts.infrastructure import ModuleCall, Resource

from .terraform_modules import Module

# Helm charts that install a controller, by the chart's name.
CHARTS = {
    "argo-cd": "argocd",
    "argocd": "argocd",
    "argocd-operator": "argocd",
    "gitops-operator": "argocd",
    "flux": "flux",
    "flux2": "flux",
    "flux-operator": "flux",
    "flux-instance": "flux",
    "argo-rollouts": "argo-rollouts",
    "flagger": "flagger",
    "argocd-image-updater": "argocd-image-updater",
    "fleet": "fleet",
    "jx-git-operator": "jenkins-x",
    "jxgh": "jenkins-x",
}
# Switches of the common add-on modules.
_SWITCHES = {
    "enable_argocd": "argocd",
    "enable_argo_rollouts": "argo-rollouts",
    "enable_flux": "flux",
    "enable_fluxcd": "flux",
    "enable_flagger": "flagger",
    "install_argocd": "argocd",
}
_MODULES = (
    (re.compile(r"gitops-bridge", re.I), "argocd"),
    (re.compile(r"(?:^|[/_.-])argo-?cd(?![\w-]*-(?:apps?|application|project))(?:[/_.?-]|$)", re.I), "argocd"),
    (re.compile(r"(?:^|[/_-])flux(?:cd|2|-bootstrap|-operator)?(?:[/_.?-]|$)", re.I), "flux"),
    (re.compile(r"(?:^|[/_-])argo-rollouts(?:[/_.?-]|$)", re.I), "argo-rollouts"),
    (re.compile(r"(?:^|[/_-])flagger(?:[/_.?-]|$)", re.I), "flagger"),
)


def from_infrastructure(module: Module) -> Iterator[Fact]:
    """Yield what the resources and module calls of a module say."""
    gitlab = [r for r in module.resources if r.type.startswith("gitlab_")]
    for resource in module.resources:
        for prefix, read in _RESOURCES:
            if resource.type.startswith(prefix):
                yield from read(resource)
    yield from _gitlab(gitlab)
    for call in module.calls:
        yield from _from_module(call)
        yield from _workspace_of_module(call)


def _protection(resource: Resource) -> Iterator[BranchProtection]:
    settings = resource.settings
    yield BranchProtection(
        at=resource.at,
        tool="terraform",
        reviews="required_pull_request_reviews" in settings,
        checks="required_status_checks" in settings,
    )


def _ruleset(resource: Resource) -> Iterator[BranchProtection]:
    settings = resource.settings
    if settings.get("target", "branch") != "branch" or settings.get("enforcement") in ("disabled", "evaluate"):
        return
    yield BranchProtection(
        at=resource.at,
        tool="terraform",
        reviews="rules.pull_request" in settings,
        checks="rules.required_status_checks" in settings or "rules.required_workflows" in settings,
    )


def _gitlab(resources: list[Resource]) -> Iterator[BranchProtection]:
    """Yield GitLab's branch protection; approvals and pipeline gates are resources of their own there."""
    approvals = any(
        r.type in ("gitlab_project_approval_rule", "gitlab_project_level_mr_approvals")
        and r.settings.get("approvals_required") != "0"
        for r in resources
    )
    gates = any(r.settings.get("only_allow_merge_if_pipeline_succeeds") == "true" for r in resources)
    for resource in resources:
        if resource.type == "gitlab_branch_protection":
            owners = resource.settings.get("code_owner_approval_required") == "true"
            yield BranchProtection(at=resource.at, tool="terraform", reviews=approvals or owners, checks=gates)


def _helm_release(resource: Resource) -> Iterator[Controller]:
    chart = resource.settings.get("chart", "").partition("?")[0].rstrip("/").rpartition("/")[2]
    product = CHARTS.get(chart)
    if product:
        yield Controller(at=resource.at, product=product, method="terraform", version=resource.settings.get("version", ""))


def _flux_bootstrap(resource: Resource) -> Iterator[Controller]:
    yield Controller(at=resource.at, product="flux", method="terraform", version=resource.settings.get("version", ""))


def _eks_capability(resource: Resource) -> Iterator[Controller]:
    if resource.settings.get("type", "").upper() == "ARGOCD":
        yield Controller(at=resource.at, product="argocd", method="terraform")


def _cluster_extension(resource: Resource) -> Iterator[Controller]:
    kind = resource.settings.get("extension_type", "").lower()
    product = {"microsoft.flux": "flux", "microsoft.argocd": "argocd"}.get(kind)
    if product:
        yield Controller(at=resource.at, product=product, method="terraform")


def _flux_configuration(resource: Resource) -> Iterator[Controller]:
    yield Controller(at=resource.at, product="flux", method="terraform")


def _config_sync(resource: Resource) -> Iterator[Controller]:
    text = " ".join((resource.settings.get("name", ""), resource.settings.get("feature", ""), *resource.settings))
    if "configmanagement" in text or "config_sync" in text:
        yield Controller(at=resource.at, product="config-sync", method="terraform")


def _workspace(resource: Resource) -> Iterator[PlanAutomation]:
    settings = resource.settings
    drift = settings.get("assessments_enabled") == "true"
    connected = "vcs_repo" in settings and settings.get("speculative_enabled") != "false"
    if resource.type in ("tfe_workspace", "tfe_workspace_settings", "tfe_organization") and (drift or connected):
        enforced = settings.get("assessments_enforced") == "true"
        yield PlanAutomation(at=resource.at, tool="hcp-terraform", drift=drift or enforced, plan_on_pr=connected)
    elif settings.get("assessments_enforced") == "true":
        yield PlanAutomation(at=resource.at, tool="hcp-terraform", drift=True, plan_on_pr=False)


def _workspace_of_module(call: ModuleCall) -> Iterator[PlanAutomation]:
    """Yield what a module is told that makes a workspace: modules pass the provider's arguments on under their own names."""
    if call.settings.get("assessments_enabled") == "true":
        connected = "vcs_repo" in call.settings and call.settings.get("speculative_enabled") != "false"
        yield PlanAutomation(at=call.at, tool="hcp-terraform", drift=True, plan_on_pr=connected)


def _spacelift(resource: Resource) -> Iterator[PlanAutomation]:
    if resource.type == "spacelift_stack":
        yield PlanAutomation(at=resource.at, tool="spacelift", drift=False, plan_on_pr=True)
    elif resource.type == "spacelift_drift_detection":
        yield PlanAutomation(at=resource.at, tool="spacelift", drift=True, plan_on_pr=False)


def _env0(resource: Resource) -> Iterator[PlanAutomation]:
    if resource.type == "env0_environment_drift_detection":
        yield PlanAutomation(at=resource.at, tool="env0", drift=True, plan_on_pr=False)
    elif resource.settings.get("run_plan_on_pull_requests") == "true":
        yield PlanAutomation(at=resource.at, tool="env0", drift=False, plan_on_pr=True)


_RESOURCES: tuple[tuple[str, Callable[[Resource], Iterator[Fact]]], ...] = (
    ("github_branch_protection", _protection),
    ("github_repository_ruleset", _ruleset),
    ("github_organization_ruleset", _ruleset),
    ("helm_release", _helm_release),
    ("flux_bootstrap_git", _flux_bootstrap),
    ("aws_eks_capability", _eks_capability),
    ("azurerm_kubernetes_cluster_extension", _cluster_extension),
    ("azurerm_kubernetes_flux_configuration", _flux_configuration),
    ("google_gke_hub_feature", _config_sync),
    ("tfe_", _workspace),
    ("spacelift_", _spacelift),
    ("env0_environment", _env0),
)


def _from_module(call: ModuleCall) -> Iterator[Controller]:
    products = {product for name, product in _SWITCHES.items() if call.settings.get(name) == "true"}
    chart = next(
        (call.settings[name] for name in ("chart", "app.chart", "chart_name", "helm_config.chart") if call.settings.get(name)), ""
    )
    if chart in CHARTS:
        products.add(CHARTS[chart])
    if not call.local and not products:
        address = call.source.partition("?")[0]
        products |= {product for pattern, product in _MODULES[:1] if pattern.search(address)}
        if not products:
            products |= {product for pattern, product in _MODULES if pattern.search(address)}
    for product in sorted(products):
        yield Controller(at=call.at, product=product, method="terraform", version=call.version)
