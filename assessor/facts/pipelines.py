"""Continuous integration of every system as one model, and what its steps are for."""

from __future__ import annotations

import enum
from collections.abc import Iterator
from typing import ClassVar

import msgspec

from .base import Fact, Place


class Event(enum.StrEnum):
    """What starts a pipeline."""

    PUSH = "push"
    TAG = "tag"
    PULL_REQUEST = "pull_request"
    SCHEDULE = "schedule"
    MANUAL = "manual"
    CALL = "call"  # by another pipeline
    OTHER = "other"


class Trigger(msgspec.Struct, frozen=True):
    """One trigger. Empty `branches` or `paths` mean any."""

    event: Event
    branches: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    cron: str = ""


class Command(msgspec.Struct, frozen=True):
    """A command as a shell would split it; variables stay as written. `via` names the scripts or targets followed to it."""

    argv: tuple[str, ...]
    at: Place
    tolerated: bool = False  # its failure is ignored: ``|| true``, ``set +e``
    via: tuple[str, ...] = ()
    folder: str = ""  # where ``cd`` has led within the script, as written

    @property
    def program(self) -> str:
        """The program's name without folders."""
        return self.argv[0].rpartition("/")[2] if self.argv else ""


class PipelineStep(msgspec.Struct, frozen=True, kw_only=True):
    """A step: it `uses` a shared action, orb, task, pipe or template, or runs commands (or both)."""

    at: Place
    name: str = ""
    uses: str = ""
    inputs: dict[str, str] = {}
    commands: tuple[Command, ...] = ()
    environment: dict[str, str] = {}
    condition: str = ""
    tolerated: bool = False
    folder: str = ""  # the working directory, from the root of the repository


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """A job of a pipeline; `uses` names a reusable workflow or template it calls that could not be followed."""

    id: str
    at: Place
    steps: tuple[PipelineStep, ...] = ()
    image: str = ""
    services: tuple[str, ...] = ()  # images that run beside it
    condition: str = ""
    environment: str = ""  # the deployment environment
    tolerated: bool = False
    uses: str = ""
    triggers: tuple[Trigger, ...] | None = None  # when narrower than the pipeline's (GitLab rules, Azure conditions)


class Pipeline(Fact, frozen=True, kw_only=True):
    """One pipeline file, with local includes, composite actions, scripts and make targets followed."""

    system: str  # github, gitlab, azure, circleci, jenkins, cloudbuild, bitbucket, codebuild, buildkite, tekton, drone, woodpecker, travis …
    name: str = ""
    triggers: tuple[Trigger, ...] = ()
    jobs: tuple[Job, ...] = ()
    unresolved: tuple[str, ...] = ()  # remote includes, orbs or reusable workflows whose content is elsewhere

    @property
    def steps(self) -> Iterator[tuple[Job, PipelineStep]]:
        """Every step with its job."""
        for job in self.jobs:
            for step in job.steps:
                yield job, step


class Runnable(Fact, frozen=True, kw_only=True):
    """Something a step or command can start in its own repository: a make target, a script, a composite action and so on.

    `runner` says by what (make, just, task, npm, nx, script, action, hooks, goreleaser, azd, tekton …), `name` is the
    target, or the path of a script or action; `needs` are targets of the same runner it runs first.
    """

    transient: ClassVar[bool] = True
    runner: str
    name: str
    folder: str = ""
    steps: tuple[PipelineStep, ...] = ()
    needs: tuple[str, ...] = ()
    default: bool = False  # what runs when no target is named


class ScriptLine(msgspec.Struct, frozen=True):
    """A script of a GitLab job: its commands, or a ``!reference`` to a script elsewhere."""

    commands: tuple[Command, ...] = ()
    reference: tuple[str, ...] = ()


class GitlabJob(msgspec.Struct, frozen=True, kw_only=True):
    """A job of a GitLab file as it stands there, before ``extends`` and ``default`` are applied; None = not set."""

    id: str
    at: Place
    extends: tuple[str, ...] = ()
    before_script: tuple[ScriptLine, ...] | None = None
    script: tuple[ScriptLine, ...] | None = None
    after_script: tuple[ScriptLine, ...] | None = None
    image: str | None = None
    services: tuple[str, ...] | None = None
    variables: dict[str, str] = {}
    triggers: tuple[Trigger, ...] | None = None  # from rules, only, except
    tolerated: bool | None = None
    environment: str | None = None
    rules_of: tuple[str, ...] = ()  # jobs whose rules it refers to
    child: tuple[str, ...] = ()  # local files of the child pipeline it starts
    calls: tuple[str, ...] = ()  # projects and files elsewhere that it starts


class GitlabFile(Fact, frozen=True, kw_only=True):
    """A file in GitLab's CI syntax: the pipeline itself, or one that it may include."""

    transient: ClassVar[bool] = True
    jobs: tuple[GitlabJob, ...] = ()
    default: GitlabJob | None = None
    includes: tuple[str, ...] = ()  # local files
    remote: tuple[PipelineStep, ...] = ()  # it `uses` templates, components, files of other projects, addresses
    triggers: tuple[Trigger, ...] | None = None  # from workflow rules


class GitlabSource(Fact, frozen=True, kw_only=True):
    """A file in GitLab's CI syntax that pipelines of other projects may include, or that includes files of theirs."""

    file: GitlabFile


class Purpose(enum.StrEnum):
    """What a step does, as far as the path to GitOps cares."""

    BUILD_IMAGE = "build-image"
    PUSH_IMAGE = "push-image"
    SCAN_IMAGE = "scan-image"  # a built image, not files or configuration
    SCAN_FILES = "scan-files"
    SIGN = "sign"
    SBOM = "sbom"
    PROVENANCE = "provenance"
    PLAN = "plan"
    APPLY = "apply"
    LINT_IAC = "lint-iac"
    RENDER = "render"  # helm template, kustomize build, flux build …
    SCHEMA = "schema"  # kubeconform, kubectl dry-run …
    POLICY = "policy"  # conftest, kyverno, kube-linter …
    LINT_CHART = "lint-chart"
    DEPLOY = "deploy"  # pushes to a cluster: kubectl apply, helm upgrade …
    DRIFT = "drift"  # a plan or diff whose purpose is to find drift
    NOTIFY = "notify"
    COMMIT_BACK = "commit-back"  # writes an image version into a repository
    UPDATE_BOT = "update-bot"  # runs Renovate or the like


class Activity(Fact, frozen=True, kw_only=True):
    """Something a pipeline does, recognised from an action, a task or a command. `at` is the line that does it."""

    purpose: Purpose
    tool: str
    pipeline: str = ""  # the pipeline's path
    system: str = ""
    job: str = ""
    triggers: tuple[Trigger, ...] = ()
    subject: str = ""  # the image, folder, chart or environment it acts on, as written
    blocking: bool | None = None  # whether a finding or failure stops the pipeline; None when that cannot be told
    manual: bool = False  # seen in a script or Makefile that no pipeline runs
    tags: tuple[str, ...] = ()  # image tags, as written
    bootstrap: bool = False  # acts on a throw-away cluster or environment (kind, k3d, minikube, e2e)

    def on(self, *events: Event) -> bool:
        """Say whether one of the events starts it."""
        return any(trigger.event in events for trigger in self.triggers)
