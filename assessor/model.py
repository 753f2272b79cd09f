"""The public vocabulary: steps, tasks, statuses, verdicts, findings and the assessment.

Everything here is a frozen value that can be written to JSON and read back; `Assessment` is the published
format (see `schema`). Scores, coverages and bounds are percentages from 0 to 100, rounded to one decimal.
"""

from __future__ import annotations

import enum
from typing import Annotated, Any, Literal

import msgspec

from assessor.facts.base import FILES, Gap, Place

SCHEMA_VERSION = "1"


class Step(enum.IntEnum):
    """The five steps from hand-made infrastructure to GitOps, in order."""

    IAC = 1
    CONTAINERS = 2
    KUBERNETES = 3
    GITOPS = 4
    AUTOMATION = 5

    @property
    def short(self) -> str:
        """The prefix of its checks' ids."""
        return ("iac", "ctr", "k8s", "gop", "aut")[self - 1]

    @property
    def title(self) -> str:
        """Its name in the path."""
        return _STEP_TITLES[self - 1]


_STEP_TITLES = ("Start with IaC", "Containerize apps", "Add Kubernetes", "Implement GitOps", "Automate everything")


class Weight(enum.IntEnum):
    """How much a check or task counts. Small integers: counts of resources never dominate."""

    CORE = 5
    SUPPORT = 3
    HYGIENE = 1


class Task(enum.Enum):
    """What a step asks for: the 16 core tasks of the path, and the practices that support them."""

    INFRASTRUCTURE = ("iac.infrastructure", Step.IAC, "Infrastructure defined in code", True)
    REMOTE_STATE = ("iac.remote-state", Step.IAC, "Remote state", True)
    STATE_LOCKING = ("iac.state-locking", Step.IAC, "State locking", True)
    IAC_CHANGE = ("iac.change-flow", Step.IAC, "Changes planned and checked", False)
    IAC_MODULES = ("iac.modules", Step.IAC, "Reproducible, reusable modules", False)
    IAC_SECRETS = ("iac.secrets", Step.IAC, "Secrets and state out of git", False)
    CONTAINERIZE = ("ctr.containerize", Step.CONTAINERS, "Dockerize applications", True)
    REGISTRY = ("ctr.registry", Step.CONTAINERS, "Image registry", True)
    IMAGE_SCAN = ("ctr.image-scan", Step.CONTAINERS, "Image scanning in CI", True)
    IMAGE_QUALITY = ("ctr.image-quality", Step.CONTAINERS, "Small, safe, repeatable images", False)
    SUPPLY_CHAIN = ("ctr.supply-chain", Step.CONTAINERS, "Supply chain", False)
    CLUSTER = ("k8s.cluster", Step.KUBERNETES, "Cluster provisioned with IaC", True)
    MANIFESTS = ("k8s.manifests", Step.KUBERNETES, "Kubernetes manifests", True)
    TEMPLATING = ("k8s.templating", Step.KUBERNETES, "Helm charts or Kustomize overlays", True)
    WORKLOADS = ("k8s.workloads", Step.KUBERNETES, "Sound workloads", False)
    K8S_SECRETS = ("k8s.secrets", Step.KUBERNETES, "Secrets encrypted", False)
    CONTROLLER = ("gop.controller", Step.GITOPS, "Argo CD or Flux installed", True)
    APPLICATIONS = ("gop.applications", Step.GITOPS, "Applications declared", True)
    AUTO_SYNC = ("gop.auto-sync", Step.GITOPS, "Automatic sync", True)
    PR_WORKFLOW = ("gop.pr-workflow", Step.GITOPS, "Pull request workflow", True)
    OPERATING_MODEL = ("gop.operating-model", Step.GITOPS, "Operating model", False)
    DRIFT = ("aut.drift", Step.AUTOMATION, "Drift detection", True)
    NOTIFICATIONS = ("aut.notifications", Step.AUTOMATION, "Notifications", True)
    PROGRESSIVE = ("aut.progressive", Step.AUTOMATION, "Progressive delivery", True)
    AUTOMATION = ("aut.automation", Step.AUTOMATION, "Updates, policy and promotion automated", False)

    def __init__(self, id: str, step: Step, title: str, core: bool) -> None:
        self.id = id
        self.step = step
        self.title = title
        self.core = core

    @property
    def weight(self) -> Weight:
        """Its weight within the step."""
        return Weight.CORE if self.core else Weight.SUPPORT


class Status(enum.StrEnum):
    """The outcome for one subject. What could not be seen is never a pass and never a fail."""

    PASS = "pass"  # noqa: S105  not a password
    PARTIAL = "partial"
    FAIL = "fail"
    NOT_APPLICABLE = "not_applicable"
    NOT_OBSERVED = "not_observed"
    ERROR = "error"
    WAIVED = "waived"

    @property
    def observed(self) -> bool:
        """Whether it counts in the score."""
        return self in _OBSERVED

    @property
    def unknown(self) -> bool:
        """Whether it lowers coverage instead of the score."""
        return self in _UNKNOWN

    @property
    def urgency(self) -> int:
        """Its rank among what to look at first, 0 before all."""
        return _URGENCY.index(self)


_OBSERVED = (Status.PASS, Status.PARTIAL, Status.FAIL)  # no sets: the hash of an enumeration's member is slow
_UNKNOWN = (Status.NOT_OBSERVED, Status.ERROR)
_URGENCY = (
    Status.ERROR,
    Status.FAIL,
    Status.PARTIAL,
    Status.NOT_OBSERVED,
    Status.WAIVED,
    Status.PASS,
    Status.NOT_APPLICABLE,
)


class Verdict(msgspec.Struct, frozen=True):
    """What a check says of one subject. `share` (0 to 1) is the part that holds.

    Where thresholds turn a measured share into a verdict (80 % and more pass), `measured` keeps it.
    """

    status: Status
    share: float
    summary: str
    places: tuple[Place, ...] = ()
    measured: float | None = None


class Evidence(msgspec.Struct, frozen=True):
    """A place that proves a claim. `path` may also be an ARN or a cluster object, then `line` is 0."""

    path: str
    line: int
    excerpt: str
    repository: str
    source: str = FILES  # the system it was seen in: files, aws, kubernetes, github, gitlab

    @classmethod
    def of(cls, place: Place) -> Evidence:
        """Return a place as evidence."""
        return cls(place.path, place.line, place.excerpt, place.repository, place.source)


class Subject(msgspec.Struct, frozen=True, order=True):
    """What a finding is about."""

    kind: str
    name: str


class Waiver(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A finding an owner accepts until a date (ISO 8601). Empty `repository` or `subject` means any."""

    check: str
    owner: str
    reason: str
    until: str
    repository: str = ""
    subject: str = ""


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """A verdict with everything a reader needs to believe it and act on it. `score` is 0 to 100, or null.

    `measured` is the share in percent that thresholds turned into the verdict, where a check works so.
    """

    check: str
    title: str
    task: str
    step: int
    repository: str
    subject: Subject
    status: Status
    score: float | None
    summary: str
    evidence: tuple[Evidence, ...] = ()
    remediation: str = ""
    scaffold: str | None = None
    waiver: Waiver | None = None
    basis: Literal["files", "live", "both"] = "files"  # what the evidence rests on
    measured: float | None = None


class CheckScore(msgspec.Struct, frozen=True, kw_only=True):
    """One check over all its subjects."""

    id: str
    title: str
    weight: int
    status: Status
    score: float | None
    coverage: float
    bounds: tuple[float, float]
    subjects: dict[str, int]  # how many subjects have each status


class TaskScore(msgspec.Struct, frozen=True, kw_only=True):
    """One task: the weighted mean of its checks."""

    id: str
    title: str
    core: bool
    status: Status
    score: float | None
    coverage: float
    bounds: tuple[float, float]
    checks: tuple[CheckScore, ...]


class StepScore(msgspec.Struct, frozen=True, kw_only=True):
    """One step: the weighted mean of its tasks; `held_by` says what keeps it from being reached."""

    id: int
    name: str
    title: str
    score: float | None
    coverage: float
    bounds: tuple[float, float]
    reached: bool
    applicable: bool
    held_by: tuple[str, ...]
    tasks: tuple[TaskScore, ...]


class OrganizationScore(msgspec.Struct, frozen=True, kw_only=True):
    """The whole: level 0 to 5, score or null when nothing was observed, coverage and bounds.

    `iac_coverage` and `gitops_coverage` are the two breadth figures, null when they could not be observed.
    """

    name: str
    score: float | None
    level: int
    coverage: float
    bounds: tuple[float, float]
    iac_coverage: float | None
    gitops_coverage: float | None
    steps: tuple[StepScore, ...]


class CheckResult(msgspec.Struct, frozen=True):
    """A check's outcome on one repository."""

    status: Status
    score: float | None


class RepositoryScore(msgspec.Struct, frozen=True, kw_only=True):
    """One repository judged on its own."""

    name: str
    path: str
    commit: str
    branch: str
    remote: str
    team: str
    level: int
    score: float | None
    coverage: float
    bounds: tuple[float, float]
    inventory: dict[str, int]
    set_aside: dict[str, int]
    steps: dict[str, float | None]
    checks: dict[str, CheckResult]


class Action(msgspec.Struct, frozen=True, kw_only=True):
    """A next best action: repair one check; `gain` in points of the overall score, `effort` 1 (hours), 2 (days), 3 (weeks)."""

    check: str
    title: str
    step: int
    gain: float
    level_after: int
    effort: int
    repositories: tuple[str, ...]
    summary: str
    command: str | None


Percent = Annotated[float, msgspec.Meta(ge=0, le=100)]


class Thresholds(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When a step counts as reached, in percent."""

    score: Percent = 70.0
    coverage: Percent = 50.0


class Contradiction(msgspec.Struct, frozen=True, kw_only=True):
    """What files declare and what runs do not agree: both sides, each null where there is nothing on it.

    `name`: declared-not-running, running-not-declared, drifted, suspended, unprotected, target-missing, switched-off, repository-missing …
    """

    name: str
    subject: str
    summary: str
    step: int
    check: str = ""  # the check whose verdict takes it into account
    declared: Evidence | None = None
    observed: Evidence | None = None

    def __lt__(self, other: Contradiction) -> bool:
        return self._order < other._order

    @property
    def _order(self) -> tuple[object, ...]:
        sides = (msgspec.structs.astuple(side) if side else () for side in (self.declared, self.observed))
        return (self.name, self.subject, self.summary, self.step, self.check, *sides)


class Tool(msgspec.Struct, frozen=True):
    """What produced an assessment."""

    name: str
    version: str


class CheckInfo(msgspec.Struct, frozen=True, kw_only=True):
    """What a check's page says: enough for a report to explain a finding without the tool. `why`, `fix` are Markdown."""

    id: str
    title: str
    task: str
    step: int
    weight: int
    effort: int = 1  # 1 hours, 2 days, 3 weeks
    why: str = ""
    fix: str = ""
    frameworks: tuple[str, ...] = ()
    scaffold: str | None = None
    gate: bool = False
    live: bool = False


class TraceStep(msgspec.Struct, frozen=True, kw_only=True):
    """How far one service got on one step, with the place that shows it."""

    step: int
    status: Status
    summary: str = ""
    evidence: tuple[Evidence, ...] = ()


class ServiceTrace(msgspec.Struct, frozen=True, kw_only=True):
    """One deployable application followed along the five steps: from its Dockerfile to its rollout."""

    name: str
    repository: str
    path: str = ""
    language: str = ""
    steps: tuple[TraceStep, ...] = ()


class Assessment(msgspec.Struct, frozen=True, kw_only=True):
    """The result of one scan: the published JSON format. `date` is the day of the scan, outside all scores."""

    schema_version: str
    tool: Tool
    date: str
    organization: OrganizationScore
    repositories: tuple[RepositoryScore, ...]
    findings: tuple[Finding, ...]
    actions: tuple[Action, ...]
    gaps: tuple[Gap, ...]
    waivers: tuple[Waiver, ...] = ()
    notes: tuple[str, ...] = ()
    checks: tuple[CheckInfo, ...] = ()  # sorted by step and id
    services: tuple[ServiceTrace, ...] = ()  # sorted by repository and name
    thresholds: Thresholds = Thresholds()
    asked: tuple[str, ...] = ()  # the live systems that were asked, beside files
    contradictions: tuple[Contradiction, ...] = ()  # sorted by name and subject


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """A stored assessment as lists and trends show it: its headline figures, and when it was taken (UTC, ISO 8601).

    `steps` has the score of each step by short name, null when it was not assessed or is not part of the path.
    """

    id: int
    organization: str
    taken_at: str
    version: str
    repositories: int
    level: int
    score: float | None
    coverage: float
    bounds: tuple[float, float]
    steps: dict[str, float | None]


def encode(assessment: Assessment) -> bytes:
    """Return the assessment as JSON, the same bytes for the same assessment."""
    try:
        return msgspec.json.encode(assessment, order="deterministic")
    except UnicodeEncodeError:  # a file name that is not UTF-8 came in with surrogates, which JSON cannot hold
        return msgspec.json.encode(_clean(msgspec.to_builtins(assessment)), order="deterministic")


def _clean(value: Any) -> Any:
    """Replace what cannot be encoded, at any depth."""
    match value:
        case str():
            return value.encode("utf-8", "replace").decode()
        case list() | tuple():
            return [_clean(item) for item in value]
        case dict():
            return {_clean(key): _clean(item) for key, item in value.items()}
    return value


def decode(data: bytes) -> Assessment:
    """Read an assessment; raises `ValueError` saying what is wrong with it."""
    try:
        assessment = msgspec.json.decode(data, type=Assessment)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise ValueError(f"not an assessment: {error}") from error
    if assessment.schema_version != SCHEMA_VERSION:
        raise ValueError(f"its format has version {assessment.schema_version}, this program reads {SCHEMA_VERSION}")
    return assessment


def schema() -> dict[str, object]:
    """Return the JSON Schema of an assessment."""
    return msgspec.json.schema(Assessment)
