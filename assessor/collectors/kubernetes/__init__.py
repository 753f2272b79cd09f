"""Asks clusters: controllers, what they reconcile, workloads, and who keeps them. Read-only; see `calls`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from assessor.facts.base import Fact, Gap
from assessor.facts.repository import Organization
from assessor.observing import Collector, Progress, silent
from assessor.settings import KubernetesSettings

from . import access, calls
from .api import Api, Limits
from .objects import SOURCE
from .survey import Survey

PARALLEL = 4  # clusters asked at once


def observe(
    settings: KubernetesSettings, _declared: Organization, progress: Progress = silent, limits: Callable[[], Limits] = Limits
) -> Iterator[Fact | Gap]:
    """Yield each cluster and what it refused, contexts in the order given.

    Raises `UsageError` for a context that does not exist, or if there is no kubeconfig at all.
    """
    reachable: list[Survey] = []
    for context in access.contexts(settings.contexts):
        progress(f"{context}: credentials")
        try:
            reachable.append(Survey(context, Api(access.client(context), limits()), progress))
        except access.Unusable as error:
            yield Gap(SOURCE, context, str(error))
    with ThreadPoolExecutor(max_workers=PARALLEL) as pool:
        for found in pool.map(lambda survey: list(survey.run()), reachable):
            yield from found


def verify(settings: KubernetesSettings, scanned: Iterable[Path] = ()) -> None:
    """Raise `UsageError` for a context that does not exist, or if there is no kubeconfig, or it lies in what is scanned; asks no cluster."""
    access.refuse_scanned(scanned)
    access.contexts(settings.contexts)


COLLECTOR = Collector(id=SOURCE, title="Kubernetes", observe=observe, permissions=calls.permissions, verify=verify)
