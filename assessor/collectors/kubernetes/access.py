"""Which clusters the user can reach, and with which credentials: the user's own kubeconfig, or the pod's service account.

A kubeconfig may name programs that fetch credentials (``exec``); the official client runs them. So only the user's own is
read: the files of ``KUBECONFIG``, else ``~/.kube/config``; never one that lies in what is scanned.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from assessor.errors import UsageError
from assessor.redaction import redact

IN_CLUSTER = "in-cluster"
PLUGIN_SECONDS = 60.0
_DEFAULT = Path("~/.kube/config")


class Unusable(Exception):
    """A context whose credentials cannot be had; the text says why."""


def files() -> list[Path]:
    """Return the kubeconfig files that exist, in order."""
    named = [Path(part) for part in os.environ.get("KUBECONFIG", "").split(os.pathsep) if part]
    return [file for file in named or [_DEFAULT.expanduser()] if file.is_file()]


def refuse_scanned(paths: Iterable[Path]) -> None:
    """Raise `UsageError` if `KUBECONFIG` names a file in what is scanned: whoever wrote that could run programs here."""
    for file in files():
        for path in paths:
            if file.resolve().is_relative_to(path.resolve()) and file.resolve() != _DEFAULT.expanduser().resolve():
                raise UsageError(
                    f"KUBECONFIG names {file}, which lies in what is scanned: a kubeconfig may start programs",
                    "Keep your kubeconfig outside, e.g. in ~/.kube/config.",
                )


def contexts(wanted: Iterable[str]) -> list[str]:
    """Return the contexts to ask: those named, else the current one; raises `UsageError` naming the known ones."""
    from kubernetes.config import ConfigException, list_kube_config_contexts

    names = list(dict.fromkeys(wanted))
    found = files()
    if not found:
        if os.environ.get("KUBERNETES_SERVICE_HOST") and set(names) <= {IN_CLUSTER}:
            return [IN_CLUSTER]
        raise UsageError("no kubeconfig: neither KUBECONFIG nor ~/.kube/config names one", "Set KUBECONFIG, or leave --kube out.")
    location = os.pathsep.join(map(str, found))
    try:
        every, current = list_kube_config_contexts(location)
    except ConfigException as error:
        if "current-context" not in str(error):
            raise UsageError(f"{location}: not a usable kubeconfig: {redact(str(error))}", "Correct it.") from error
        every, current = _without_current(location), None
    except Exception as error:  # a file that is no YAML, or no mapping, fails in many ways
        raise UsageError(f"{location}: cannot be read as a kubeconfig: {type(error).__name__}", "Correct it.") from error
    known = sorted(str(context["name"]) for context in every)
    if unknown := [name for name in names if name not in known]:
        raise UsageError(f"unknown context {unknown[0]!r}", f"Known: {', '.join(known) or 'none'}.")
    if not names and not current:
        raise UsageError(f"{location}: no current context", f"Name one with --context: {', '.join(known) or 'there is none'}.")
    return names or [str(current["name"] if current else "")]


def _without_current(location: str) -> list[dict[str, Any]]:
    from kubernetes.config.kube_config import KubeConfigMerger

    config = KubeConfigMerger(location).config
    return [{"name": item["name"]} for item in config.value.get("contexts") or ()] if config else []


def client(context: str) -> Any:
    """Return an API client for a context; its credentials are fetched now. Raises `Unusable`."""
    box: list[Any] = []
    worker = threading.Thread(target=_load, args=(context, box), daemon=True)
    worker.start()
    worker.join(PLUGIN_SECONDS)
    if not box:
        raise Unusable(f"its credentials were not there after {PLUGIN_SECONDS:.0f} s: does a credential plug-in wait for input?")
    if isinstance(box[0], Exception):
        raise Unusable(_told(box[0])) from box[0]
    return box[0]


def _load(context: str, box: list[Any]) -> None:
    import urllib3
    from kubernetes.client import ApiClient, Configuration
    from kubernetes.config import load_incluster_config, load_kube_config

    said = _Said()
    root = logging.getLogger()
    root.addHandler(said)  # the client tells why a plug-in failed only in its log
    try:
        configuration = Configuration()
        configuration.retries = False  # ours wait between tries, and no redirect takes a token elsewhere
        if context == IN_CLUSTER and not files():
            load_incluster_config(configuration)
        else:
            location = os.pathsep.join(map(str, files()))
            load_kube_config(location, context, configuration, persist_config=False)
        if not configuration.verify_ssl:  # the user's own kubeconfig says so: a warning for each call says nothing new
            urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
        failed = Unusable("its credential plug-in failed; run `kubectl` with this context to see why")
        box.append(failed if said.failed else ApiClient(configuration))
    except Exception as error:  # noqa: BLE001  handed to the caller, who tells it
        box.append(error)
    finally:
        root.removeHandler(said)


class _Said(logging.Handler):
    """Notes that the client logged an error of a credential plug-in, and keeps its text from the terminal: it may hold anything."""

    failed = False

    def emit(self, record: logging.LogRecord) -> None:
        """Take note."""
        self.failed = self.failed or record.levelno >= logging.ERROR


def _told(error: Exception) -> str:
    if isinstance(error, Unusable):
        return str(error)
    name = type(error).__name__
    return f"its entry in the kubeconfig cannot be used: {name}: {redact(str(error))[:200]}"
