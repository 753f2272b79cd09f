"""How GitOps is run: who may deploy what where, which revision production follows, where configuration lives."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import PurePosixPath

from assessor.checking import HYGIENE, Place, Task, Verdict, check, failed, not_applicable, not_observed, partial, passed
from assessor.deriving.gitops_reach import normalise
from assessor.facts.cluster import Cluster
from assessor.facts.containers import Service
from assessor.facts.forge import BranchRules
from assessor.facts.gitops import Application, AppSource, BranchProtection, Project
from assessor.facts.manifests import Workload
from assessor.facts.repository import Organization

from ..clusters import live_applications  # noqa: TID252  the absolute name depends on the installation
from ..live import both  # noqa: TID252
from .shares import banded, count

_PRODUCTION = re.compile(r"(?:^|[^a-z])(?:prod|prd|production|live)(?:[^a-z]|$)", re.I)
_DYNAMIC = re.compile(r"\{\{|\$\{|tpl-")
_RANGE = re.compile(r"[*^~<>|,]|(?:^|\.)[xX](?:\.|$)| - ")
_EXACT = re.compile(r"(?:[\w./-]*[-/])?v?\d+(?:\.\d+){1,3}(?:[-+.][\w.+-]+)?\Z|[0-9a-f]{7,64}\Z|sha256:[0-9a-f]+\Z")


@check("gop.tenancy", task=Task.OPERATING_MODEL, weight=HYGIENE, effort=2, frameworks=("OpenGitOps 1: Declarative",))
def tenants_are_separated(organization: Organization) -> Verdict:
    """Applications may only deploy what and where their team may.

    Argo CD: a project that names its sources and destinations. Flux: a service account to reconcile with.

    ## Why
    In the default project, or with the controller's own rights, a pull request to one repository can change any
    namespace of any cluster.

    ## Fix
    Give each team an AppProject with `sourceRepos` and `destinations` of its own instead of `*`; for Flux set
    `spec.serviceAccountName` on Kustomizations and HelmReleases.

    ## References
    - https://argo-cd.readthedocs.io/en/stable/user-guide/projects/
    - https://fluxcd.io/flux/installation/configuration/multitenancy/
    """
    files = _confined(organization.of(Application), organization.of(Project))
    projects = [p for cluster in organization.of(Cluster) for p in cluster.projects]
    return both(files, live_applications(organization, lambda applications: _confined(applications, projects)))


def _confined(all_applications: Iterable[Application], all_projects: Iterable[Project]) -> Verdict:
    applications = [a for a in all_applications if a.product in ("argocd", "flux")]
    if not applications:
        return not_applicable("no applications of Argo CD or Flux are declared")
    projects = {p.name: p for p in all_projects}
    rated = [(a, rating) for a in applications if (rating := _rating(a, projects)) is not None]
    if not rated:
        return not_observed("the projects of all applications are defined elsewhere", [a.at for a in applications])
    share = sum(rating for _, rating in rated) / len(rated)
    open_ones = [a.at for a, rating in rated if rating < 1]
    summary = f"{len(rated) - len(open_ones)} of {count(len(rated), 'application')} are confined to what their team may deploy"
    return banded(share, summary, open_ones or [a.at for a, _ in rated], enough=0.9)


def _rating(application: Application, projects: dict[str, Project]) -> float | None:
    """Rate how far an application is confined, from 0 to 1; None when its project cannot be seen."""
    if application.product == "flux":
        return 1.0 if application.service_account else 0.0
    name = application.project or "default"
    project = projects.get(name)
    if project is None:
        return 0.0 if name == "default" else None
    return (project.restricted_sources + project.restricted_destinations) / 2


@check(
    "gop.revision-policy",
    task=Task.OPERATING_MODEL,
    weight=HYGIENE,
    scaffold="branch-protection",
    frameworks=("OpenGitOps 2: Versioned and immutable",),
)
def production_follows_a_known_revision(organization: Organization) -> Verdict:
    """Production follows a protected branch or a fixed version.

    Judged on the applications that are named for production, or on all when none is. A branch counts in full when the
    forge protects it, or, where the forge does not tell, when branch protection is declared.

    ## Why
    With a version range the cluster changes when somebody else publishes, without any commit of yours: nothing to
    review, nothing to revert.

    ## Fix
    Pin charts to an exact `targetRevision` or `version` and let an update bot raise it; protect the branch that
    production follows.
    """
    applications = organization.of(Application)
    if not applications:
        return not_applicable("no applications are declared")
    production = [a for a in applications if _is_production(a)] or list(applications)
    guard = _Guard(organization)
    rated: list[tuple[Place, float]] = []
    for application in production:
        ratings = [r for source in application.sources if (r := _revision(source, guard.of(application, source))) is not None]
        if ratings:
            rated.append((application.at, min(ratings)))
    if not rated:
        return not_observed("the revisions of all applications are known only at run time", [a.at for a in production])
    share = sum(rating for _, rating in rated) / len(rated)
    loose = [place for place, rating in rated if rating == 0]
    summary = f"{len(loose)} of {count(len(rated), 'application')} follow a floating version"
    if not loose and share < 0.9:
        summary = (
            f"applications follow a branch that {'the forge does not protect' if guard.open else 'nothing declares as protected'}"
        )
    return banded(share, summary, [*(loose or [place for place, _ in rated])[:6], *guard.seen], enough=0.9)


class _Guard:
    """Tells which branches are protected: by the forge's word where it gives it, else by what files declare."""

    def __init__(self, organization: Organization) -> None:
        self.declared = any(p.applied for p in organization.of(BranchProtection))
        self.rules = {rules.repository: rules for rules in organization.of(BranchRules)}
        self.homes = {rules.at.repository: rules for rules in organization.of(BranchRules) if rules.at.repository}
        self.seen: dict[Place, None] = {}  # what the forge said, in the order it was asked for
        self.open = False  # it said that a branch is not protected

    def of(self, application: Application, source: AppSource) -> bool:
        """Say whether the branch a source follows is protected."""
        rules = self.rules.get(normalise(source.repository)) if source.repository else self.homes.get(application.at.repository)
        if rules is None or rules.protected is None or source.revision not in ("", "HEAD", rules.branch):
            return self.declared
        self.seen[rules.at] = None
        self.open = self.open or not rules.protected
        return rules.protected


def _is_production(application: Application) -> bool:
    words = (application.name, application.namespace, application.destination, application.project, application.at.path)
    return any(_PRODUCTION.search(word) for word in words)


def _revision(source: AppSource, protected: bool) -> float | None:
    """Rate a revision from 0 to 1: fixed, a branch, a range; None when it is known only at run time."""
    revision = source.revision
    if _DYNAMIC.search(revision):
        return None
    if _RANGE.search(revision) or (source.chart and not revision):
        return 0.0
    if _EXACT.match(revision):
        return 1.0
    return 1.0 if protected else 0.5


@check(
    "gop.repo-separation",
    task=Task.OPERATING_MODEL,
    weight=HYGIENE,
    effort=3,
    frameworks=("State of GitOps: version control",),
)
def configuration_is_separate(organization: Organization) -> Verdict:
    """Deployed configuration is kept apart from application source.

    ## Why
    In one repository, each change of configuration runs the build, each build that writes back a version triggers
    itself, and who may change code may change production.

    ## Fix
    Move what the controller reads into a repository of its own, or at least into a folder of its own beside the
    sources, with its own CODEOWNERS.
    """
    applications = organization.of(Application)
    if not applications:
        return not_applicable("no applications are declared")
    configured = {a.at.repository for a in applications}
    services = [s for s in organization.of(Service) if s.at.repository in configured and s.language]
    if not services:
        places = [a.at for a in applications]
        return passed(f"configuration lives apart from application source, in {', '.join(sorted(configured))}", places)
    folders = {
        (item.at.repository, str(folder))
        for item in (*organization.of(Workload), *applications)
        for folder in PurePosixPath(item.at.path).parents
    }
    mixed = [s for s in services if s.folder and (s.at.repository, s.folder) in folders]
    if mixed:
        return failed(f"configuration stands among the source of {mixed[0].name}", [s.at for s in mixed])
    return partial(0.5, "configuration and source share a repository, in separate folders", [s.at for s in services])
