"""What checks ask of pipelines: what they do, what is hidden in files elsewhere, which repositories build images."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from assessor.checking import Place, Verdict, not_applicable, not_observed
from assessor.facts.containers import Dockerfile, ImageBuild, Service
from assessor.facts.pipelines import Activity, Event, Pipeline, Purpose
from assessor.facts.repository import Organization, Repository

# Names of remote includes and reusable workflows that may hold the building, scanning and pushing of images.
IMAGE_WORK = re.compile(
    r"(?i)docker|image|container|\boci\b|\becr\b|\bacr\b|\bgcr\b|ghcr|publish|release|build|deploy|deliver|\bci\b|\bcd\b"
)
PLAN_WORK = re.compile(r"(?i)terraform|tofu|terragrunt|pulumi|\biac\b|infra|cdk|cloudformation|\bplan\b")
VALIDATION_WORK = re.compile(r"(?i)valid|lint|check|\bci\b|terraform|tofu|helm|kustom|flux|argo|manifest|\biac\b")
_ANY = frozenset({"*", "**"})  # patterns of branches that match any, or any without a slash
DRIFT_WORK = re.compile(r"(?i)drift")
_FIXTURES = re.compile(r"(?:^|/)(?:tests?|testing|test-?data|test_data|fixtures?|__tests__|e2e|mocks?)(?:/|$)")
_GITLAB_ENDING = re.compile(r"(?i)\.gitlab-ci\.ya?ml$")  # says of which system a file is, not what it does


def activities(holder: Repository | Organization, *purposes: Purpose) -> list[Activity]:
    """Return what pipelines do for these purposes; scripts that nothing runs and throw-away environments left out."""
    return [a for a in holder.of(Activity) if a.purpose in purposes and not a.manual and not a.bootstrap]


def manual(holder: Repository | Organization, *purposes: Purpose) -> list[Activity]:
    """Return what scripts and targets would do if somebody ran them."""
    return [a for a in holder.of(Activity) if a.purpose in purposes and a.manual]


def hidden(repository: Repository, pattern: re.Pattern[str], *events: Event) -> tuple[str, Place] | None:
    """Return an include, template or reusable workflow whose name fits and whose content is elsewhere, and who names it.

    What is known to do something else is not suspected; with events, only what they start is.
    """
    known = {activity.tool for activity in repository.of(Activity)}
    for pipeline in repository.of(Pipeline):
        if events and not any(trigger.event in events for trigger in pipeline.triggers):
            continue
        for name in pipeline.unresolved:
            if pattern.search(_GITLAB_ENDING.sub("", name)) and name.lower().partition("@")[0] not in known:
                at = next((step.at for job, step in pipeline.steps if name in (job.uses, step.uses)), pipeline.at)
                return name, at
    return None


def own_images(repository: Repository) -> list[Place]:
    """Return what shows that the repository builds an image of its own, empty if it builds none."""
    return list(_images(repository))


def builds_images(repository: Repository) -> bool:
    """Say whether something in the repository builds an image, rather than only ought to."""
    return next(_builds(repository), None) is not None


def _images(repository: Repository) -> Iterator[Place]:
    yield from _builds(repository)
    yield from (service.at for service in repository.of(Service) if not (service.dockerfile or service.build))


def _builds(repository: Repository) -> Iterator[Place]:
    files = repository.of(Dockerfile)
    yield from (file.at for file in files if not file.development)
    yield from (build.at for build in repository.of(ImageBuild))
    yield from (place for service in repository.of(Service) if (place := service.dockerfile or service.build))
    built = (Purpose.BUILD_IMAGE, Purpose.PUSH_IMAGE)
    only_development = bool(files) and all(file.development for file in files)  # what a person builds is one of these
    found = [a for a in repository.of(Activity) if a.purpose in built and not (a.manual and only_development)]
    pushed = {a.at for a in found if a.purpose is Purpose.PUSH_IMAGE}
    fixtures = _builds_of_fixtures(repository, {a.at for a in found} - pushed)
    yield from (a.at for a in found if a.at not in fixtures)


def _builds_of_fixtures(repository: Repository, places: set[Place]) -> set[Place]:
    """Return the places whose commands only build what is set aside as a fixture of tests, by Dockerfile or else context."""
    own: dict[Place, bool] = {}
    for pipeline in repository.of(Pipeline) if places else ():
        for _, step in pipeline.steps:
            for command in step.commands:
                if "build" in command.argv and command.at in places:
                    own[command.at] = own.get(command.at, False) or not _is_fixture(_built(command.argv), repository)
    return {place for place, is_own in own.items() if not is_own}


def _built(argv: tuple[str, ...]) -> str:
    """Return the Dockerfile or context of a build."""
    for word, following in pairwise(argv):
        if word in ("-f", "--file"):
            return following
        if word.startswith("--file="):
            return word.removeprefix("--file=")
    return argv[-1]


def _is_fixture(path: str, repository: Repository) -> bool:
    path = path.removeprefix("./").rstrip("/")
    return bool(_FIXTURES.search(path)) and path not in repository.folders and path not in repository.file_set


@dataclass(frozen=True, slots=True)
class Spread:
    """Which repositories that build an image do something with it in a pipeline, hide whether they do, or do not."""

    doing: tuple[Repository, ...]
    hiding: tuple[tuple[str, Place], ...]  # what they include from elsewhere, and where
    lacking: tuple[Repository, ...]

    @property
    def share(self) -> float:
        """How many of those that can be told do it."""
        return len(self.doing) / (len(self.doing) + len(self.lacking))


def spread(organization: Organization, purpose: Purpose) -> Spread:
    """Sort the repositories that build an image of their own by whether their pipelines do something with it."""
    owners = [(r, bool(activities(r, purpose))) for r in organization.repositories if own_images(r)]
    doing = tuple(repository for repository, does in owners if does)
    others = [(repository, hidden(repository, IMAGE_WORK)) for repository, does in owners if not does]
    hiding = tuple(elsewhere for _, elsewhere in others if elsewhere)
    return Spread(doing, hiding, tuple(repository for repository, elsewhere in others if not elsewhere))


def unseen(images: Spread, done: str, otherwise: str) -> Verdict:
    """Return the verdict where nothing is done with images: what may do it is not in the scan, or `otherwise`."""
    if not images.hiding:
        return not_applicable(otherwise)
    name, _ = images.hiding[0]
    return not_observed(f"images may be {done} by {name}, which is not in the scan", [at for _, at in images.hiding])


def on_changes(activity: Activity) -> bool:
    """Say whether it runs on proposed changes: on pull requests, or on pushes to any branch."""
    pushes = (trigger.branches for trigger in activity.triggers if trigger.event is Event.PUSH)
    return activity.on(Event.PULL_REQUEST) or any(not branches or _ANY.intersection(branches) for branches in pushes)


def listing(names: object) -> str:
    """Return a few names in a sentence's form."""
    found = sorted(set(names)) if isinstance(names, list | tuple | set | frozenset) else [str(names)]
    return ", ".join(found[:4]) + (f" and {len(found) - 4} more" if len(found) > 4 else "")
