"""How what a controller reconciles is doing, from the status it writes.

Argo CD: ``status.sync.status``, ``status.health.status``, ``status.conditions`` (``ComparisonError`` when a source cannot be
read) and ``status.operationState`` (upstream ``pkg/apis/application/v1alpha1/types.go``). Flux and others that follow the
kstatus conventions: the condition ``Ready``.
"""

from __future__ import annotations

import datetime
import re

import msgspec

from assessor.facts.cluster import RunningApplication, RunningSecret, RunningStrategy
from assessor.facts.gitops import Application, DeliveryStrategy
from assessor.redaction import redact

from .objects import Live

MESSAGE = 200  # characters
# What Argo CD and the Flux source controller say where a repository, path or revision does not exist.
_MISSING = re.compile(
    r"app path does not exist|repository not found|unable to resolve '?[^']{0,200}'? to a commit|couldn't find remote ref"
    r"|reference not found|kustomization path not found|no such file or directory|no 'Chart' with name|chart \S{1,200} not found",
    re.I,
)
_SECRET_TOOLS = {
    "external-secrets.io": "external-secrets",
    "bitnami.com": "sealed-secrets",
    "secrets-store.csi.x-k8s.io": "secrets-store-csi",
    "secrets.hashicorp.com": "vault",
}


def application_state(live: Live, application: Application, maker: str, now: float) -> RunningApplication:
    """Return an application with how it is doing."""
    if application.product == "argocd":
        return _of_argo(live, application, maker, now)
    return _of_conditions(live, application, maker, now)


def _of_argo(live: Live, application: Application, maker: str, now: float) -> RunningApplication:
    if application.type == "ApplicationSet":
        broken = live.condition("ErrorOccurred")
        failed = broken.get("status") == "True"
        return RunningApplication(application=application, maker=maker, message=_short(broken.get("message")) if failed else "")
    sync, health = live.said("status", "sync", "status"), live.said("status", "health", "status")
    problems = [item for item in live.items("status", "conditions") if str(item.get("type", "")).endswith("Error")]
    message = _short(problems[0].get("message")) if problems else ""
    if not message and live.said("status", "operationState", "phase") in ("Failed", "Error"):
        message = _short(live.said("status", "operationState", "message"))
    return RunningApplication(
        application=application,
        synced=None if sync in ("", "Unknown") else sync == "Synced",
        healthy=None if health in ("", "Unknown") else health == "Healthy",
        message=message or (sync if sync == "Unknown" else ""),
        days=_days(live.said("status", "operationState", "finishedAt"), now) if sync == "OutOfSync" else None,
        target_missing=bool(_MISSING.search(message)),
        maker=maker,
    )


def _of_conditions(live: Live, application: Application, maker: str, now: float) -> RunningApplication:
    ready = live.condition("Ready") or live.condition("Synced") or live.condition("Stalled")
    status = {"True": True, "False": False}.get(str(ready.get("status")))
    if ready.get("type") == "Stalled":
        status = False if status else None
    message = "" if status else _short(ready.get("message"))
    return RunningApplication(
        application=application,
        synced=status,
        healthy=status,
        message=message,
        days=_days(str(ready.get("lastTransitionTime", "")), now) if status is False else None,
        target_missing=status is False and bool(_MISSING.search(message)),
        maker=maker,
    )


def suspended(live: Live, application: Application) -> Application:
    """Return an Argo CD application that is told to skip reconciliation as suspended."""
    skip = live.labels().get("argocd.argoproj.io/skip-reconcile", "")
    return msgspec.structs.replace(application, suspended=True) if skip == "true" else application


def strategy_state(live: Live, strategy: DeliveryStrategy) -> RunningStrategy:
    """Return progressive delivery with the phase its controller says it is in."""
    return RunningStrategy(strategy=strategy, phase=live.said("status", "phase"))


def secret_state(live: Live) -> RunningSecret:
    """Return an object that brings a secret in, with whether it does."""
    condition = live.condition("Ready") or live.condition("Synced") or live.condition("SecretSynced")
    ready = {"True": True, "False": False}.get(str(condition.get("status")))
    return RunningSecret(at=live.place(), tool=_SECRET_TOOLS.get(live.identity[0], live.identity[0]), ready=ready)


def _days(moment: str, now: float) -> int | None:
    """Return the whole days from a moment to the server's own now; None if it cannot be told."""
    try:
        then = datetime.datetime.fromisoformat(moment).timestamp()
    except ValueError:
        return None
    return max(int((now - then) // 86400), 0)


def _short(message: object) -> str:
    return redact(" ".join(str(message or "").split())[:1000])[:MESSAGE]
