"""Which templates an assessment calls for, and on what: each `Piece` is a template applied to one subject."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from assessor.errors import UsageError
from assessor.facts.base import Fact
from assessor.facts.containers import Service
from assessor.facts.infrastructure import TerraformRoot
from assessor.facts.repository import Organization, Repository
from assessor.model import Assessment, Finding, Status

from .evidence import Evidence, config_repository, evidence, infrastructure_repository
from .template import Template

WANTING = (Status.FAIL, Status.PARTIAL)


@dataclass(frozen=True, slots=True)
class Piece:
    """A template to apply: to which subject of which repository, for which failing checks, knowing what."""

    template: Template
    repository: Repository
    subject: Fact
    checks: tuple[str, ...]
    known: Evidence

    @property
    def key(self) -> str:
        """Identifies the piece among a repository's stored answers."""
        return piece_key(self.template, self.repository, self.subject)


def piece_key(template: Template, repository: Repository, subject: Fact) -> str:
    """Return what identifies a template applied to a subject of a repository, or to one that another repository holds."""
    if subject is repository:
        return template.id
    home = "" if subject.at.repository == repository.name else f"{subject.at.repository}//"
    return f"{template.id}:{home}{subject.label}"


@dataclass(frozen=True, slots=True)
class Wish:
    """What the user asked for. Empty `steps` or `only` mean all; `choices` are cloud, gitops and ci."""

    steps: tuple[int, ...] = ()
    only: tuple[str, ...] = ()
    choices: tuple[tuple[str, str], ...] = ()
    config_repository: str = ""


Remembered = Mapping[str, Collection[str]]  # repository → keys of pieces that an earlier run applied


def pieces(
    organization: Organization,
    assessment: Assessment,
    templates: Mapping[str, Template],
    wish: Wish,
    remembered: Remembered | None = None,
    begun: Assessment | None = None,
) -> list[Piece]:
    """Return the pieces that failing verdicts call for, and those applied earlier (to update them), in the order of the path.

    `begun` is the assessment at the beginning of the step: what the first pieces of it repaired in the whole may still be
    missing in a repository that only they made subject to it.
    """
    failing: dict[str, list[Finding]] = defaultdict(list)
    for finding in (*assessment.findings, *(begun.findings if begun else ())):
        if finding.status in WANTING:
            failing[finding.check].append(finding)
    found: list[Piece] = []
    for template in templates.values():
        if (wish.steps and template.step not in wish.steps) or not _wanted(template, wish.only):
            continue
        checks = tuple(
            check for check in template.repairs if check in failing and (not wish.only or _named(template, check, wish.only))
        )
        for repository, subject in _subjects(template, organization, wish):
            home = next(r for r in organization.repositories if r.name == (subject.at.repository or repository.name))
            mine = tuple(check for check in checks if _concerns(failing[check], home, subject))
            earlier = piece_key(template, repository, subject) in (remembered or {}).get(repository.name, ())
            if not mine and not earlier:
                continue  # before evidence is gathered: most templates repair nothing of most subjects
            known = evidence(organization, repository, subject, dict(wish.choices))
            if earlier or applies(template, known):
                found.append(Piece(template, repository, subject, mine, known))
    return found


def _wanted(template: Template, only: tuple[str, ...]) -> bool:
    return not only or any(name in (template.id, template.family, *template.repairs) for name in only)


def _named(template: Template, check: str, only: tuple[str, ...]) -> bool:
    return check in only or template.id in only or template.family in only


def _subjects(template: Template, organization: Organization, wish: Wish) -> Iterator[tuple[Repository, Fact]]:
    """Yield the repository a piece goes to and what it is about."""
    by_name = {repository.name: repository for repository in organization.repositories}
    kinds: dict[str, type[Fact]] = {"service": Service, "terraform-root": TerraformRoot}
    if template.subject in kinds:
        for fact in organization.of(kinds[template.subject]):
            if fact.at.repository in by_name:
                place = _chosen("config", organization, by_name, wish) if template.place == "config" else None
                yield place or by_name[fact.at.repository], fact
    elif template.subject == "repository":
        for repository in organization.repositories:
            yield repository, repository
    else:
        chosen = _chosen(template.subject, organization, by_name, wish)
        if chosen:
            yield chosen, chosen


def _chosen(kind: str, organization: Organization, by_name: Mapping[str, Repository], wish: Wish) -> Repository | None:
    if wish.config_repository and wish.config_repository not in by_name:
        raise UsageError(f"no repository {wish.config_repository!r} was scanned", f"Scanned: {', '.join(sorted(by_name))}.")
    named = by_name.get(wish.config_repository)
    if kind == "config":
        return named or config_repository(organization)
    # What belongs to no service has its place beside the configuration, where there is no infrastructure yet.
    return infrastructure_repository(organization) if organization.of(TerraformRoot) or not named else named


def _concerns(findings: Iterable[Finding], repository: Repository, subject: Fact) -> bool:
    """Say whether one of the findings is about the subject, or about a whole it belongs to."""
    for finding in findings:
        whole = finding.subject.kind in ("organization", "repository")
        if finding.repository not in ("", repository.name):
            continue
        if whole or finding.subject.kind != subject.kind or finding.subject.name == subject.label:
            return True
    return False


def applies(template: Template, known: Evidence) -> bool:
    """Say whether what is known fulfils a template's conditions."""

    def holds(name: str, values: tuple[str, ...]) -> bool:
        return name in known and known[name].value in values

    return all(holds(name, values) for name, values in template.when.items()) and not any(
        holds(name, values) for name, values in template.unless.items()
    )
