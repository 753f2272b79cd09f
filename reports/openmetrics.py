"""The scores as OpenMetrics 1.0 text: for a node-exporter textfile (`.prom`), a push gateway, or any collector that reads it.

Only gauges and no timestamps, so that readers of the older Prometheus text format 0.0.4 (node-exporter's among them) take
the same file. What was not assessed has no sample: a score that is missing is never a zero. Shares are ratios from 0 to 1
as the Prometheus naming practices ask; scores keep their scale of 0 to 100.
"""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Iterable, Iterator

from assessor.model import Assessment, OrganizationScore, RepositoryScore, StepScore

from .words import printable

LABEL = 512  # characters of a label's value
Labels = dict[str, str]
Sample = tuple[Labels, float | None]


def render(assessment: Assessment, *, baseline: Assessment | None = None) -> str:
    """Return the metrics, ended by ``# EOF``; a baseline does not change them."""
    lines = [line for name, help, samples in _families(assessment) for line in _family(name, help, samples)]
    return "\n".join([*lines, "# EOF"]) + "\n"


def _families(assessment: Assessment) -> Iterator[tuple[str, str, list[Sample]]]:
    whole, repositories = assessment.organization, assessment.repositories
    of: Labels = {"organization": whole.name}
    yield "build_info", "The program that made the assessment.", [({**of, "version": assessment.tool.version}, 1)]
    yield "assessed_timestamp_seconds", "Start of the day (UTC) of the assessment.", [(of, _day(assessment.date))]
    yield "level", "Maturity level, 0 to 5.", [(of, whole.level)]
    yield from _scores("", "the organization", [(of, whole)])
    yield "iac_coverage_ratio", "Share of what exists that is declared in code.", [(of, _share(whole.iac_coverage))]
    yield "gitops_coverage_ratio", "Share of workloads reconciled from git.", [(of, _share(whole.gitops_coverage))]
    steps: list[tuple[Labels, StepScore]] = [({**of, "step": step.name}, step) for step in whole.steps if step.applicable]
    yield from _scores("step_", "a step", steps)
    yield "step_reached", "1 if the step and every step before it is reached.", [(at, int(step.reached)) for at, step in steps]
    each: list[tuple[Labels, RepositoryScore]] = [
        ({**of, "repository": repo.name, "team": repo.team}, repo) for repo in repositories
    ]  # fmt: skip
    yield "repository_level", "Maturity level of a repository judged on its own, 0 to 5.", [(at, repo.level) for at, repo in each]
    yield from _scores("repository_", "a repository judged on its own", each)
    yield (
        "repository_step_score",
        "Score of a step in a repository judged on its own, 0 to 100.",
        [({**at, "step": step}, score) for at, repo in each for step, score in repo.steps.items()],
    )
    counted = Counter((finding.step, str(finding.status)) for finding in assessment.findings)
    names = {step.id: step.name for step in whole.steps}
    yield (
        "findings",
        "Verdicts by step and status.",
        [({**of, "step": names.get(id, str(id)), "status": status}, count) for (id, status), count in sorted(counted.items())],
    )
    yield "gaps", "Things that could not be seen.", [(of, len(assessment.gaps))]


def _scores(
    prefix: str, what: str, items: Iterable[tuple[Labels, OrganizationScore | StepScore | RepositoryScore]]
) -> Iterator[tuple[str, str, list[Sample]]]:
    """Yield score, bounds and coverage of things; bounds only where there is a score that they bound."""
    every = list(items)
    scored = [(at, item) for at, item in every if item.score is not None]
    yield f"{prefix}score", f"Score of {what}, 0 to 100.", [(at, item.score) for at, item in scored]
    yield f"{prefix}score_low", f"Score of {what} if everything unknown failed.", [(at, i.bounds[0]) for at, i in scored]
    yield f"{prefix}score_high", f"Score of {what} if everything unknown passed.", [(at, i.bounds[1]) for at, i in scored]
    yield f"{prefix}coverage_ratio", f"Share of {what} that could be observed.", [(at, _share(i.coverage)) for at, i in every]


def _family(name: str, help: str, samples: Iterable[Sample]) -> Iterator[str]:
    """Yield a metric family; hostile names that look alike once they are safe to show make one series, not an invalid file."""
    series: dict[str, float] = {}
    for labels, value in samples:
        if value is not None:
            series.setdefault(",".join(f'{key}="{_escape(text)}"' for key, text in labels.items()), value)
    if series:
        yield f"# TYPE gitops_assess_{name} gauge"
        yield f"# HELP gitops_assess_{name} {help}"
        yield from (f"gitops_assess_{name}{{{labels}}} {value:.10g}" for labels, value in series.items())


def _escape(text: str) -> str:
    return printable(text, LABEL).replace("\\", "\\\\").replace('"', '\\"')


def _share(percent: float | None) -> float | None:
    return None if percent is None else percent / 100


def _day(date: str) -> float | None:
    try:
        return datetime.datetime.combine(datetime.date.fromisoformat(date), datetime.time(), datetime.UTC).timestamp()
    except ValueError:
        return None
