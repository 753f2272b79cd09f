"""What every command that scans shares: settings and options joined, repositories collected with progress, assessed."""

from __future__ import annotations

import contextlib
import datetime
import os
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import typer

from assessor.collectors.discovery import Survey, survey
from assessor.collectors.target import Target
from assessor.errors import NothingToAssess, UsageError
from assessor.execution.journal import Journal
from assessor.execution.local import gather
from assessor.execution.memory import Memory
from assessor.execution.results import Results, uncollected
from assessor.execution.unit import Order
from assessor.facts.base import Place
from assessor.facts.repository import Organization
from assessor.model import Assessment, Step
from assessor.settings import LiveSettings, Settings, find_settings, load_settings

from ._outputs import write_whole

if TYPE_CHECKING:
    from assessor.snapshot import Snapshot


# What the last scan was made of, and gave. The process ends soon, and to take it apart would take a twentieth of a rescan.
_held: list[object] = []


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
    archived: bool = False
    forks: bool = False
    clones: Path | None = None  # where repositories of forges are cloned
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
            github = settings.github
            archived, forks = self.archived or github.archived, self.forks or github.forks
            url = self.github_url or github.url
            names = tuple(dict.fromkeys((*self.github, *github.organizations)))
            found["github"] = replace(github, organizations=names, url=url, archived=archived, forks=forks)
        if self.gitlab:
            gitlab = settings.gitlab
            archived, forks = self.archived or gitlab.archived, self.forks or gitlab.forks
            url = self.gitlab_url or gitlab.url
            names = tuple(dict.fromkeys((*self.gitlab, *gitlab.groups)))
            found["gitlab"] = replace(gitlab, groups=names, url=url, archived=archived, forks=forks)
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
    resume: bool = False
    executor: str = ""
    quiet: bool = False
    live: Live = Live()


def run(request: Request) -> Assessment:
    """Scan and assess; raises `UsageError` or `NothingToAssess`."""
    _held.clear()
    settings = merged_settings(request)
    order = Order(settings=settings, today=today(), checks=tuple(map(str, request.checks)), cache=request.cache)
    wanted = _verified(request, settings)
    found = _found(request, settings, wanted)
    results = _results(found.targets, order, request)
    if wanted or request.live.evidence:  # never the same twice
        return _assess(request, order, found, results, wanted)
    memory = Memory(order, _name(request, settings), found.gaps, results.answers)
    assessment = memory.assessment() or memory.keep(_assess(request, order, found, results, wanted))
    _held.append(assessment)
    return assessment


def _found(request: Request, settings: Settings, wanted: dict[str, Any]) -> Survey:
    """Return the repositories to scan: those below the paths, or, where none is given, those of the forges asked."""
    if request.paths:
        folders = bool(settings.organization and len(request.paths) == 1)
        return survey(request.paths, request.ref, settings.exclude, folders_are_repositories=folders)
    if request.ref:
        raise UsageError("--ref: of a forge's repositories only the default branch is cloned", "Clone them, and name the folder.")
    from assessor.collectors.cloning import clones_folder
    from assessor.collectors.forges.cloned import survey_forges

    with _status(quiet=request.quiet) as say:
        folder = (request.live.clones or clones_folder()).absolute()
        return survey_forges(wanted, folder, jobs=request.jobs, elsewhere=bool(request.executor), progress=say)


def _assess(request: Request, order: Order, found: Survey, gathered: Results, wanted: dict[str, Any]) -> Assessment:
    """Join what was found in the repositories and judge it together."""
    from assessor.deriving import derive_organization
    from assessor.deriving.gitops_reach import normalise
    from assessor.deriving.live_forge import about
    from assessor.engine import assess, selected
    from assessor.execution.judging import judge
    from assessor.registry import load_checks
    from assessor.scaffolding.template import families

    settings = order.settings
    checks = selected(load_checks(request.checks), settings)
    lost = gathered.lost()
    if lost:  # by the cache, which had it a moment ago
        _spread(lost, msgspec.structs.replace(order, cache=False), request, gathered)
    results = gathered.whole()
    repositories = tuple(repository for repository, _ in results)
    if not any(repository.files or repository.set_aside for repository in repositories):
        reasons = [gap.reason for repository in repositories for gap in repository.gaps]
        because = f" ({reasons[0]})" if reasons else ""
        raise NothingToAssess(f"nothing to assess: no readable file found{because}", "Name a folder that holds a repository.")
    declared = Organization(at=Place("", ""), name=_name(request, settings), repositories=repositories, gaps=found.gaps)
    snapshot = _live(request, wanted, declared, order.today)
    joined = msgspec.structs.replace(declared, facts=snapshot.facts, gaps=found.gaps + snapshot.gaps, asked=snapshot.asked)
    told = about(snapshot.facts)  # a score made before the forge was asked lacks what it said
    scored = {score.name: score for _, score in results if score and normalise(score.remote) not in told}
    judging = partial(judge, jobs=request.jobs)
    with uncollected():
        organization = derive_organization(joined)
        _held.extend((organization, results))
        return assess(organization, checks, settings, order.today, families(), scored, judging)


def _verified(request: Request, settings: Settings) -> dict[str, Any]:
    """Return the settings of each system to ask, having found nothing wrong with them."""
    wanted = request.live.wanted(settings.live)
    if wanted:
        from assessor.collectors.live import verify

        verify(wanted, request.paths)
    return wanted


def _live(request: Request, wanted: dict[str, Any], declared: Organization, day: datetime.date) -> Snapshot:
    """Ask the live systems, or read what they said from a snapshot; keep it where the user asked for that."""
    from assessor.snapshot import Snapshot, dump, load

    if request.live.evidence:
        snapshot = load(request.live.evidence)
    elif wanted:
        from assessor.collectors.live import observe

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


def _results(targets: Sequence[Target], order: Order, request: Request) -> Results:
    """Return what came of each repository, with progress on stderr when it is a terminal."""
    results = Results(targets, order)
    journal = Journal(order)
    kept = journal.answers(targets) if request.resume else {}
    for number, answer in kept.items():
        results.take(number, answer)
    left = [number for number in range(len(targets)) if number not in kept]
    try:
        _spread(left, order, request, results, journal)
    except BaseException as error:
        count = journal.interrupted()
        if isinstance(error, KeyboardInterrupt) and count:
            typer.echo(f"{count} of {len(targets)} repositories are kept: repeat the scan with --resume to go on", err=True)
        raise
    journal.finished(targets)
    if len(targets) == 1 and (only := results.answers[0]).hint:
        raise UsageError(only.failure, only.hint)
    return results


def _spread(numbers: Sequence[int], order: Order, request: Request, results: Results, journal: Journal | None = None) -> None:
    """Have the targets of these numbers worked on where the user wants it done."""
    targets = [results.targets[number] for number in numbers]
    # Starts workers; the bar starts a thread, which would keep us from forking.
    if request.executor:
        from assessor.execution import cluster

        answers = cluster.gather(targets, order, request.executor, results=results)
    else:
        answers = gather(targets, order, jobs=request.jobs, results=results)
    with contextlib.closing(answers), _progress(numbers, quiet=request.quiet) as advance:
        for index, answer in answers:
            target = targets[index]
            results.take(numbers[index], answer)
            if journal:
                journal.note(target, answer)
            advance(target)


def _name(request: Request, settings: Settings) -> str:
    if request.paths:
        return settings.organization or request.paths[0].resolve().name or "organization"
    return settings.organization or ", ".join((*request.live.github, *request.live.gitlab))


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


def now() -> datetime.datetime:
    """Return the moment of the scan (UTC): the one place where the clock is read. ``SOURCE_DATE_EPOCH`` overrides it."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    if not epoch:
        return datetime.datetime.now(datetime.UTC)
    if not re.fullmatch("[0-9]{1,11}", epoch):  # up to the year 5138, so that days can be added to it
        raise UsageError(f"SOURCE_DATE_EPOCH: {epoch!r} is no moment", "Give the seconds since 1970, as `date +%s` prints them.")
    return datetime.datetime.fromtimestamp(int(epoch), datetime.UTC)


def today() -> datetime.date:
    """Return the day of the scan (UTC)."""
    return now().date()


@contextlib.contextmanager
def _progress(targets: Sequence[object], *, quiet: bool) -> Iterator[Any]:
    """Show how many repositories are done, on stderr when it is a terminal."""
    if quiet or not sys.stderr.isatty():
        yield lambda target: None
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

        def advance(target: Target) -> None:
            bar.update(task, advance=1, description=target.name[:40])

        yield advance
