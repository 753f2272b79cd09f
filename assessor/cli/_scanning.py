"""What every command that scans shares: settings and options joined, repositories collected with progress, assessed."""

from __future__ import annotations

import contextlib
import datetime
import difflib
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from assessor.checking import Check
from assessor.collectors.discovery import survey
from assessor.collectors.tree import Target
from assessor.collectors.workers import collect_all
from assessor.deriving import derive_organization
from assessor.engine import assess, score_repository
from assessor.errors import NothingToAssess, UsageError
from assessor.facts.base import Place
from assessor.facts.repository import Organization, Repository
from assessor.model import Assessment, RepositoryScore, Step
from assessor.registry import load_checks
from assessor.scaffolding.template import families
from assessor.settings import LiveSettings, Settings, find_settings, load_settings
from assessor.snapshot import Snapshot, dump
from assessor.snapshot import load as load_snapshot

from ._outputs import write_whole


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """The live systems asked for on the command line; options stand before the settings file."""

    aws: bool = False
    aws_profiles: tuple[str, ...] = ()
    aws_regions: tuple[str, ...] = ()
    kubernetes: bool = False
    contexts: tuple[str, ...] = ()
    github: tuple[str, ...] = ()
    github_url: str = ""
    gitlab: tuple[str, ...] = ()
    gitlab_url: str = ""
    evidence: Path | None = None  # a snapshot in their place
    save: Path | None = None

    def wanted(self, settings: LiveSettings) -> dict[str, Any]:
        """Return the settings of each system to ask; raises `UsageError` where options contradict each other."""
        replace = msgspec.structs.replace
        found: dict[str, Any] = {}
        if self.aws or self.aws_profiles or self.aws_regions:
            profiles, regions = self.aws_profiles or settings.aws.profiles, self.aws_regions or settings.aws.regions
            found["aws"] = replace(settings.aws, profiles=profiles, regions=regions)
        if self.kubernetes or self.contexts:
            found["kubernetes"] = replace(settings.kubernetes, contexts=self.contexts or settings.kubernetes.contexts)
        if self.github:
            found["github"] = replace(settings.github, organizations=self.github, url=self.github_url or settings.github.url)
        if self.gitlab:
            found["gitlab"] = replace(settings.gitlab, groups=self.gitlab, url=self.gitlab_url or settings.gitlab.url)
        if found and self.evidence:
            raise UsageError(
                f"--evidence stands in for live systems, and {' and '.join(sorted(found))} would be asked too",
                "Give one of the two.",
            )
        if self.save and not (found or self.evidence):
            raise UsageError("--save-evidence: no live system is asked", "Add --aws, --kube, --github or --gitlab.")
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A scan as asked for on the command line."""

    paths: tuple[Path, ...]
    ref: str = ""
    config: Path | None = None
    steps: str = ""
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    checks: tuple[Path, ...] = ()
    jobs: int = 0
    cache: bool = True
    quiet: bool = False
    live: Live = Live()


def run(request: Request) -> Assessment:
    """Scan and assess; raises `UsageError` or `NothingToAssess`."""
    settings = merged_settings(request)
    checks = selected(load_checks(request.checks), settings)
    day = today()
    wanted = _verified(request, settings)
    folders = bool(settings.organization and len(request.paths) == 1)
    found = survey(request.paths, request.ref, settings.exclude, folders_are_repositories=folders)
    scored: dict[str, RepositoryScore] = {}
    repositories = []
    for repository in _collected(found.targets, request, settings):
        # While workers read the next ones.
        scored[repository.name] = score_repository(repository, checks, settings, day)
        repositories.append(repository)
    if not any(repository.files or repository.set_aside for repository in repositories):
        reasons = [gap.reason for repository in repositories for gap in repository.gaps]
        because = f" ({reasons[0]})" if reasons else ""
        raise NothingToAssess(f"nothing to assess: no readable file found{because}", "Name a folder that holds a repository.")
    whole = Organization(at=Place("", ""), name=_name(request, settings), repositories=tuple(repositories), gaps=found.gaps)
    snapshot = _live(request, wanted, whole, day)
    whole = msgspec.structs.replace(whole, facts=snapshot.facts, gaps=found.gaps + snapshot.gaps, asked=snapshot.asked)
    return assess(derive_organization(whole), checks, settings, day, families(), scored)


def _verified(request: Request, settings: Settings) -> dict[str, Any]:
    """Return the settings of each system to ask, having found nothing wrong with them."""
    wanted = request.live.wanted(settings.live)
    if wanted:
        from assessor.collectors.live import verify

        verify(wanted)
    return wanted


def _live(request: Request, wanted: dict[str, Any], declared: Organization, day: datetime.date) -> Snapshot:
    """Ask the live systems, or read what they said from a snapshot; keep it where the user asked for that."""
    if request.live.evidence:
        snapshot = load_snapshot(request.live.evidence)
    elif wanted:
        from assessor.collectors.kubernetes.access import refuse_scanned
        from assessor.collectors.live import observe

        if "kubernetes" in wanted:
            refuse_scanned(request.paths)
        with _status(quiet=request.quiet) as say:
            snapshot = observe(wanted, declared, day, say)
    else:
        return Snapshot(taken=day.isoformat())
    if request.live.save:
        write_whole(request.live.save, dump(snapshot))
    return snapshot


@contextlib.contextmanager
def _status(*, quiet: bool) -> Iterator[Any]:
    """Show what is being asked, on stderr when it is a terminal."""
    if quiet or not sys.stderr.isatty():
        yield lambda text: None
        return
    from rich.console import Console
    from rich.markup import escape

    with Console(stderr=True).status("asking") as status:
        yield lambda text: status.update(f"asking {escape(text)}")


def _collected(targets: Sequence[Target], request: Request, settings: Settings) -> Iterator[Repository]:
    """Yield every repository, with progress on stderr when it is a terminal."""
    with _progress(targets, quiet=request.quiet) as advance:
        yield from collect_all(targets, jobs=request.jobs, exclude=settings.exclude, cache=request.cache, progress=advance)


def _name(request: Request, settings: Settings) -> str:
    return settings.organization or request.paths[0].resolve().name or "organization"


def merged_settings(request: Request) -> Settings:
    """Read the settings file and let the options add to it."""
    file = request.config
    if file is None and len(request.paths) == 1 and request.paths[0].is_dir():
        file = find_settings(request.paths[0])
    settings = load_settings(file) if file else Settings()
    if not request.config and settings.live != LiveSettings():
        raise UsageError(
            f"{file}: `live` says where your credentials are used, so a file that lies among scanned ones may not set it",
            f"Name the file if you trust it: --config {file}",
        )
    return msgspec.structs.replace(
        settings,
        steps=_steps(request.steps) if request.steps else settings.steps,
        select=settings.select if not request.select else request.select,
        ignore=settings.ignore + request.ignore,
        exclude=settings.exclude + request.exclude,
    )


def _steps(text: str) -> tuple[int, ...]:
    """Read ``1,3`` or ``1-3`` or short names such as ``iac``."""
    found: list[int] = []
    short = {step.short: int(step) for step in Step}
    for part in text.split(","):
        first, dash, last = (short.get(p.strip(), p.strip()) for p in part.partition("-"))
        try:
            numbers = range(int(first), int(last if dash else first) + 1)
        except ValueError:
            numbers = range(0)
        if not numbers or not set(numbers) <= set(range(1, 6)):
            raise UsageError(
                f"--steps: {part.strip()!r} is no step", "Steps are 1 to 5, e.g. --steps 1-3, or iac, ctr, k8s, gop, aut."
            )
        found += numbers
    return tuple(found)


def selected(checks: dict[str, Check[Any]], settings: Settings) -> dict[str, Check[Any]]:
    """Keep the checks of the path that are selected and not ignored; a pattern that matches none is an error."""
    for pattern in (*settings.select, *settings.ignore, *(waiver.check for waiver in settings.waivers)):
        if not any(_chosen(id, pattern) for id in checks):
            near = difflib.get_close_matches(pattern, checks, 1)
            raise UsageError(
                f"no check {pattern!r}", f"Did you mean {near[0]!r}?" if near else "`gitops-assess checks` lists them."
            )
    return {
        id: check
        for id, check in checks.items()
        if check.step in settings.path
        and (not settings.select or any(_chosen(id, pattern) for pattern in settings.select))
        and not any(_chosen(id, pattern) for pattern in settings.ignore)
    }


def _chosen(id: str, pattern: str) -> bool:
    return id == pattern or id.startswith(pattern.rstrip(".*") + ".")


def today() -> datetime.date:
    """Return the day of the scan: the one place where the clock is read. ``SOURCE_DATE_EPOCH`` overrides it."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    if epoch.isdigit():
        return datetime.datetime.fromtimestamp(int(epoch), datetime.UTC).date()
    return datetime.datetime.now(datetime.UTC).date()


@contextlib.contextmanager
def _progress(targets: Sequence[Target], *, quiet: bool) -> Iterator[Any]:
    """Show how many repositories are done, on stderr when it is a terminal."""
    if quiet or not sys.stderr.isatty():
        yield lambda repository: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("scanning"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.description}", markup=False),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=len(targets))

        def advance(repository: Repository) -> None:
            bar.update(task, advance=1, description=repository.name[:40])

        yield advance
