"""What happens to a change of what is deployed before it is merged."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain

from assessor.checking import CORE, Place, Task, Verdict, check, failed, graded, not_applicable, not_observed, partial, passed
from assessor.facts.gitops import Application, Codeowners, PlanAutomation, Reconciliation
from assessor.facts.infrastructure import Stack, TerraformRoot
from assessor.facts.manifests import HelmChart, Kustomization, Workload
from assessor.facts.pipelines import Activity, Event, Pipeline, Purpose
from assessor.facts.repository import Organization, Repository

from ..forges import requested  # noqa: TID252  the name depends on the installation
from ..live import both  # noqa: TID252
from ..observed import VALIDATION_WORK, hidden, listing, on_changes  # noqa: TID252
from .trials import deploys_own

_VALIDATING = frozenset(
    {Purpose.PLAN, Purpose.LINT_IAC, Purpose.RENDER, Purpose.SCHEMA, Purpose.POLICY, Purpose.LINT_CHART, Purpose.DEPLOY}
)
_STARTED = (Event.PULL_REQUEST, Event.PUSH, Event.OTHER)  # by a change, or by what is not told
_OF_INFRASTRUCTURE = frozenset({Purpose.PLAN, Purpose.LINT_IAC})
_DEPLOYED = (TerraformRoot, Stack, HelmChart, Kustomization, Workload, Application)
_TEMPLATE = re.compile(r"(?:[\w.]+/)?(?:pull_request_template(?:/[^/]+)?(?:\.md|\.txt)?|merge_request_templates/[^/]+\.md)", re.I)


@check(
    "gop.pr-validation",
    task=Task.PR_WORKFLOW,
    weight=CORE,
    scaffold="pr-validation",
    frameworks=("State of GitOps: responsive code review", "DSOMM: Defined deployment process"),
)
def changes_are_validated(organization: Organization) -> Verdict:
    """Pull requests that change what is deployed are validated by a pipeline.

    Counted by repository that holds what is deployed: infrastructure, manifests, charts. Validating is a plan or a check of
    infrastructure code, rendering, schema or policy checks of manifests, checks of charts, or deploying manifests or a chart
    of the repository to a throw-away cluster. A pull request pipeline that only tests the application, review rules without a pipeline
    (CODEOWNERS, a template), validation whose trigger is kept elsewhere, and plans of infrastructure in a repository that
    also holds what a controller applies count in part. Where the forge was asked, a workflow that is switched off there does
    not count.

    ## Why
    With GitOps a merge is a deployment. What a controller cannot apply, or should never apply, has to be found before.

    ## Fix
    ```yaml
    on:
      pull_request:
        paths: ["clusters/**", "apps/**"]
    jobs:
      validate:
        steps:
          - run: kustomize build apps/production | kubeconform -strict -summary
    ```
    """
    relevant = [r for r in organization.repositories if any(r.of(kind) for kind in _DEPLOYED)] or list(organization.repositories)
    if not relevant:
        return not_applicable("no repository was scanned")
    applied = _applied(organization)
    ratings = [(repository, _rating(repository, repository.name in applied)) for repository in relevant]
    told = [(repository, rating) for repository, rating in ratings if rating is not None]
    if not told:
        name, at = next(found for r in relevant if (found := hidden(r, VALIDATION_WORK, *_STARTED)))
        return not_observed(f"pull requests may be validated by {name}, which is not in the scan", [at])
    repositories = [repository for repository, _ in told]
    files = _verdict(repositories, sum(rating for _, rating in told) / len(told), applied)
    validators = [a for r in repositories for a in _validators(r) if on_changes(a)]
    return both(files, requested(organization, validators))


def _verdict(repositories: list[Repository], share: float, applied: frozenset[str]) -> Verdict:
    steps = [a for r in repositories for a in _validators(r) if on_changes(a)]
    validators: list[Activity | PlanAutomation] = [
        *steps,
        *(tool for r in repositories for tool in _planners(r)),
    ]
    if share == 1:
        return passed(
            f"pull requests are validated with {listing([a.tool for a in validators])}", _first([a.at for a in validators])
        )
    lesser = (at for repository in repositories for at in _lesser(repository))  # of which the first few are shown
    if not share:
        return failed("nothing validates a pull request", _unguarded(repositories))
    if len(repositories) == 1:
        return partial(share, _reason(repositories[0], repositories[0].name in applied), lesser)
    return graded(
        share,
        f"pull requests are validated in some of {len(repositories)} repositories",
        chain(lesser, (a.at for a in validators)),
    )


def _unguarded(repositories: list[Repository]) -> list[Place]:
    """Return the pipelines that there are, or what is deployed without any."""
    pipelines = [pipeline.at for repository in repositories for pipeline in repository.of(Pipeline)]
    return pipelines or [fact.at for repository in repositories for kind in _DEPLOYED for fact in repository.of(kind)[:1]]


def _first(places: list[Place]) -> list[Place]:
    """One place of each file first, so that the few that are shown tell most."""
    firsts = {place.path: place for place in reversed(places)}
    return [*sorted(firsts.values()), *places]


def _validators(repository: Repository) -> list[Activity]:
    """Return what checks what is deployed; deploying does so where it is the repository's own, and thrown away."""
    found = (a for a in repository.of(Activity) if a.purpose in _VALIDATING and not a.manual)
    return [a for a in found if a.purpose is not Purpose.DEPLOY or (a.bootstrap and deploys_own(a, repository))]


def _rating(repository: Repository, applied: bool) -> float | None:
    """Rate from 0 to 1; None when what validates may stand elsewhere. `applied`: a controller applies its manifests."""
    validators = _validators(repository)
    blocking = [a for a in validators if on_changes(a) and a.blocking is not False]
    if blocking:
        return 0.6 if applied and _only_infrastructure(blocking) else 1.0
    if _planners(repository):
        return 0.6 if applied else 1.0
    if any(on_changes(a) for a in validators):
        return 0.6
    if hidden(repository, VALIDATION_WORK, *_STARTED):
        return None
    return 0.4 if any(True for _ in _lesser(repository)) else 0.0


def _applied(organization: Organization) -> frozenset[str]:
    """Return the repositories whose manifests a controller is known to apply."""
    return frozenset(place.repository for found in organization.of(Reconciliation) for place in found.covered)


def _planners(repository: Repository) -> list[PlanAutomation]:
    """Return the tools outside pipelines that plan infrastructure for each pull request."""
    return [tool for tool in repository.of(PlanAutomation) if tool.plan_on_pr]


def _only_infrastructure(validators: list[Activity]) -> bool:
    return all(a.purpose in _OF_INFRASTRUCTURE for a in validators)


def _lesser(repository: Repository) -> Iterator[Place]:
    """Yield what counts in part: a validator started elsewhere, a pipeline on pull requests, rules for reviews."""
    yield from (a.at for a in _validators(repository) if on_changes(a) or a.on(Event.OTHER))
    yield from (tool.at for tool in _planners(repository))
    yield from (p.at for p in repository.of(Pipeline) if any(t.event is Event.PULL_REQUEST for t in p.triggers))
    yield from (owners.at for owners in repository.of(Codeowners) if owners.owned)
    yield from (Place(repository.name, path, 1) for path in repository.files if _TEMPLATE.fullmatch(path))


def _reason(repository: Repository, applied: bool) -> str:
    validators = _validators(repository)
    blocking = [a for a in validators if on_changes(a) and a.blocking is not False]
    if applied and (_only_infrastructure(blocking) if blocking else _planners(repository)):
        return "infrastructure is validated, and nothing of what the controller applies"
    if any(on_changes(a) for a in validators):
        return "pull requests are validated, and failures are ignored"
    if any(a.on(Event.OTHER) for a in validators):
        return "a pipeline validates, but what starts it is not in the files"
    if any(t.event is Event.PULL_REQUEST for p in repository.of(Pipeline) for t in p.triggers):
        return "pipelines run on pull requests, but check nothing of what is deployed"
    return "rules for reviews exist, but no pipeline validates pull requests"
