"""Joins applications with the repositories they point at: what exists there, and which workloads they reconcile."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from assessor.facts.base import Place
from assessor.facts.gitops import Application, AppSource, Reconciliation
from assessor.facts.manifests import Workload
from assessor.facts.repository import Organization, Repository, organization_place
from assessor.parsing.yaml import PLACEHOLDER

from .gitops_builds import Builds

# What a tool that copies the files somewhere else puts a value in place of: <NAME>, @@NAME@@, __NAME__
_TOKEN = re.compile(r"<[A-Z][A-Z0-9_-]{0,99}>|@@[A-Z][A-Z0-9_]{0,99}@@|__[A-Z][A-Z0-9_]{0,99}__")
_DYNAMIC = re.compile(r"\{\{|\$\{|" + re.escape(PLACEHOLDER) + "|" + _TOKEN.pattern)
_ASIDE = re.compile(
    r"(?:^|/)(?:vendor|vendored|third[_-]?party|tests?|testing|testdata|fixtures?|e2e|specs?|mocks?|docs?|documentation|website|site"
    r"|wiki|examples?|samples?|demos?|tutorials?|playground|quickstarts?)(?:/|\Z)",
    re.I,
)  # folders whose content is set aside: a path there may exist although no own content says so
_BOOTSTRAP = "flux-system"
_MAIN = frozenset({"", "HEAD", "main", "master", "trunk"})
_HELM_ADDRESS = re.compile(r"\A(?:oci://|helmrepository|ocirepository|bucket|helmchart)", re.I)


@dataclass(slots=True)
class Target:
    """What a source means within the organization."""

    state: str  # resolved, broken, external, dynamic
    repository: Repository | None = None
    folders: tuple[str, ...] = ()
    prefix: str = ""  # of a dynamic path: what is written before its first variable


def normalise(address: str) -> str:
    """Return host, owner and name of a repository's address, however it is spelled; "" for none.

    ``git@host:owner/name.git``, ``ssh://git@host:22/owner/name`` and ``https://host/owner/name/`` are the same.
    """
    text = address.strip().lower().split("?", 1)[0].rstrip("/").removesuffix(".git")
    scheme, separator, rest = text.partition("://")
    text = rest if separator else scheme
    host, slash, path = text.partition("/")
    host = host.rpartition("@")[2]
    if not separator and ":" in host:  # the scp form, where a colon comes before the path
        host, _, first = host.partition(":")
        path = f"{first}{slash}{path}"
    return f"{host.partition(':')[0]}/{path.strip('/')}"


@dataclass(slots=True)
class Directory:
    """The repositories of an organization, to look up by address."""

    organization: Organization
    by_address: dict[str, Repository] = field(default_factory=dict)
    by_name: dict[str, list[Repository]] = field(default_factory=dict)
    homes: dict[str, Repository] = field(default_factory=dict)  # by the name it was scanned under
    builds: dict[str, Builds] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for repository in self.organization.repositories:
            self.homes[repository.name] = repository
            names = {repository.name.lower().rpartition("/")[2]}
            if repository.remote:
                address = normalise(repository.remote)
                self.by_address.setdefault(address, repository)
                names.add(address.rpartition("/")[2])
            for name in sorted(names):
                self.by_name.setdefault(name, []).append(repository)

    def find(self, address: str) -> tuple[Repository | None, bool]:
        """Return the repository an address means, and whether that is certain (not only a repository of that name)."""
        wanted = normalise(address)
        if wanted in self.by_address:
            return self.by_address[wanted], True
        named = self.by_name.get(wanted.rpartition("/")[2], [])
        if len(named) != 1:
            return None, False
        return named[0], not named[0].remote

    def builds_of(self, repository: Repository) -> Builds:
        """Return the builds of a repository."""
        if repository.name not in self.builds:
            self.builds[repository.name] = Builds(repository, repository)
        return self.builds[repository.name]

    def target(self, application: Application, source: AppSource) -> Target:
        """Return what one source of an application means."""
        if _HELM_ADDRESS.match(source.repository) or (source.chart and not source.path):
            return Target("external")
        if application.product == "argocd" and not (source.repository or source.path):
            return Target("external")  # nothing says where: a part of a source that is completed elsewhere
        home = self.homes.get(application.at.repository)
        if _TOKEN.search(source.repository):
            return Target("dynamic")  # nor is it known where the files land there
        if _DYNAMIC.search(source.repository):
            return Target("dynamic", None, (), _static(source.path))
        repository, certain = self.find(source.repository) if source.repository else (home, True)
        if repository is None:
            return Target("external")
        if _DYNAMIC.search(source.path):
            return Target("dynamic", repository, (), _static(source.path))
        path = source.path.removeprefix("./").strip("/")
        path = "" if path == "." else path
        folders = tuple(self.builds_of(repository).folders(path))
        if folders or path in repository.file_set:
            return Target("resolved", repository, folders or (path.rpartition("/")[0],))
        here = source.revision in _MAIN or source.revision == repository.branch
        seen = (
            certain
            and here
            and not _undeclared(application, source)
            and not _ASIDE.search(path)
            and not _unseen(repository, path)
        )
        return Target("broken" if seen else "external", repository)


def _undeclared(application: Application, source: AppSource) -> bool:
    """Say whether the files lack the source object that Flux is told to use.

    Only of the one that bootstrap makes in the cluster is it known that it is the repository itself.
    """
    name = application.source_ref.rpartition("/")[2]
    return bool(name) and not source.repository and name != _BOOTSTRAP


def _unseen(repository: Repository, path: str) -> bool:
    """Say whether something hides a path: a submodule, or a checkout that is not whole."""
    return any(gap.source == "git" and (path == gap.subject or path.startswith(gap.subject + "/")) for gap in repository.gaps)


def _static(path: str) -> str:
    found = _DYNAMIC.search(path)
    return (path[: found.start()] if found else path).rpartition("/")[0].removeprefix("./").strip("/")


@dataclass(slots=True)
class Reach:
    """What the applications of an organization lead to."""

    files: dict[tuple[str, str], set[Place]] = field(default_factory=dict)  # the applications that build a file
    # The folders that dynamic sources may mean, by repository ("" where that is dynamic, too), and the applications that do.
    possible: dict[str, dict[str, set[Place]]] = field(default_factory=dict)
    resolved: list[Place] = field(default_factory=list)
    broken: list[Place] = field(default_factory=list)
    external: int = 0

    def applications(self, place: Place) -> set[Place]:
        """Return the applications that deploy a file of a repository, for certain or as far as can be told."""
        found = self.files.get((place.repository, place.path), set())
        possible = self.possible.get(place.repository, {})
        return found.union(*(possible[folder] for folder in _folders(place.path) if folder and folder in possible))


def reach(organization: Organization) -> Reach:
    """Return what every application's sources mean within the organization."""
    found, directory = Reach(), Directory(organization)
    for application in organization.of(Application):
        targets = [directory.target(application, source) for source in application.sources]
        states = {target.state for target in targets}
        if "broken" in states:
            found.broken.append(application.at)
        elif "resolved" in states:
            found.resolved.append(application.at)
        else:
            found.external += 1
        for source, target in zip(application.sources, targets, strict=True):
            if target.state == "dynamic":
                possible = found.possible.setdefault(target.repository.name if target.repository else "", {})
                possible.setdefault(target.prefix, set()).add(application.at)
            elif target.state == "resolved" and target.repository is not None:
                for folder in target.folders:
                    for path in directory.builds_of(target.repository).files(folder, shallow=source.shallow):
                        found.files.setdefault((target.repository.name, path), set()).add(application.at)
    return found


def reconciled(organization: Organization, found: Reach) -> Reconciliation:
    """Return which workloads are reconciled, and which applications point at something that exists."""
    states: dict[str, list[Place]] = {"covered": [], "uncovered": [], "unknown": []}
    for workload in organization.of(Workload):
        place = workload.at
        if (place.repository, place.path) in found.files:
            states["covered"].append(place)
        elif any(folder in found.possible.get(name, {}) for name in ("", place.repository) for folder in _folders(place.path)):
            states["unknown"].append(place)
        else:
            states["uncovered"].append(place)
    return Reconciliation(
        at=organization_place(),
        **{state: tuple(places) for state, places in states.items()},
        resolved=tuple(sorted(found.resolved)),
        broken=tuple(sorted(found.broken)),
        external=found.external,
    )


def _folders(path: str) -> Iterator[str]:
    """Yield the folders that a path is in, the innermost first and the root ("") last."""
    while path:
        path = path.rpartition("/")[0]
        yield path
