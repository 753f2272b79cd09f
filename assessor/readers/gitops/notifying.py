"""Who hears of Argo CD events: subscriptions in annotations, and the notifications ConfigMap.

``docs/operator-manual/notifications`` upstream: an annotation
``notifications.argoproj.io/subscribe.<trigger>.<service>`` subscribes one Application, or every application of an
AppProject; without a trigger the default triggers apply; ``subscriptions`` in the ConfigMap
``argocd-notifications-cm`` subscribe to all applications. Triggers and services live in that ConfigMap.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from assessor.facts.base import Fact, Place
from assessor.facts.gitops import NotificationRoute, NotificationSetup
from assessor.parsing import yaml
from assessor.parsing.yaml import Map, Seq

from .objects import Manifest, items, mapping, text, unique

PREFIX = "notifications.argoproj.io/"
CONFIG_MAP = "argocd-notifications-cm"
_FAILURE = re.compile(r"fail|degrad|unknown|error|unhealthy|out-?of-?sync|alert|all\b", re.I)
_RECIPIENT = re.compile(r"\s*([\w.-]+)")


def tells_failures(triggers: tuple[str, ...]) -> bool:
    """Say whether one of the triggers fires when something goes wrong."""
    return any(_FAILURE.search(trigger) for trigger in triggers)


def subscriptions(manifest: Manifest, annotations: Map) -> Iterator[NotificationRoute]:
    """Yield the routes that annotations of an Application, AppProject or ApplicationSet template open."""
    for key, value in annotations.items():
        if not key.startswith(PREFIX):
            continue
        place = manifest.source.place(annotations.lines.get(key, manifest.line))
        what = key.removeprefix(PREFIX)
        if what.startswith("subscribe."):
            trigger, _, service = what.removeprefix("subscribe.").rpartition(".")
            yield _route(place, manifest.name, service, (trigger,) if trigger else ())
        elif what == "subscriptions" and isinstance(value, str):
            yield from _listed(place, _parsed(value))


def read_config_map(manifest: Manifest) -> Iterator[Fact]:
    """Yield what the notifications ConfigMap sets up, and its global subscriptions."""
    if not manifest.name.endswith(CONFIG_MAP):
        return
    yield from _configured(manifest.place, mapping(manifest.value, "data"))


def read_values(at: Place, values: Map) -> Iterator[Fact]:
    """Yield the same from the ``notifications`` block of the argo-cd chart's values."""
    cm = Map(values.line)
    for block in ("notifiers", "triggers", "templates"):
        cm.update(mapping(values, block))
    subscribed = values.get("subscriptions")
    cm["subscriptions"] = subscribed if isinstance(subscribed, Seq) else None
    yield from _configured(at, cm)


def _configured(at: Place, data: Map) -> Iterator[Fact]:
    # "service.<type>" or "service.<type>.<name>", which is then called by that name (notifications-engine, pkg/api/config.go)
    services = unique([key.rpartition(".")[2] for key in data if key.startswith("service.")])
    triggers = unique([key.removeprefix("trigger.") for key in data if key.startswith("trigger.")])
    defaults = unique([text(item) for item in items(_parsed(data.get("defaultTriggers")))])
    if services or triggers:
        yield NotificationSetup(at=at, product="argocd", services=services, triggers=triggers, default_triggers=defaults)
    yield from _listed(at, _parsed(data.get("subscriptions")))


def _listed(at: Place, subscribed: object) -> Iterator[NotificationRoute]:
    """Yield the routes of a list of subscriptions: recipients as ``service:channel``, or destinations of a service."""
    for subscription in items(subscribed):
        if not isinstance(subscription, Map):
            continue
        one = subscription.get("triggers", subscription.get("trigger"))
        triggers = unique([text(item) for item in items(one)] or [text(one)])
        recipients = [text(item) for item in items(subscription, "recipients")]
        services = [match[1] for recipient in recipients if (match := _RECIPIENT.match(recipient))]
        services += [text(item, "service") for item in items(subscription, "destinations")]
        for service in unique(services):
            yield _route(at, "", service, triggers)


def _route(at: Place, name: str, service: str, triggers: tuple[str, ...]) -> NotificationRoute:
    return NotificationRoute(
        at=at, product="argocd", name=name, service=service, triggers=triggers, failures=tells_failures(triggers)
    )  # fmt: skip


def _parsed(value: object) -> object:
    """Return the value, or what a string of YAML in its place says."""
    if not isinstance(value, str):
        return value
    documents = yaml.parse(value).documents
    return documents[0].value if documents else None
