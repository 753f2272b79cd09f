"""Joins routes of GitOps events with the services they name, which may be set up in another repository."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from assessor.facts.gitops import NotificationRoute, NotificationSetup
from assessor.facts.repository import Organization
from assessor.parsing.yaml import is_dynamic
from assessor.readers.gitops.notifying import tells_failures

from .base import joiner


@joiner(replaces=(NotificationRoute,))
def resolved_routes(organization: Organization) -> Iterator[NotificationRoute]:
    """Yield each route with whether the service it names exists; a route without triggers uses the default ones."""
    services: dict[str, set[str]] = {}
    defaults: set[str] = set()
    for setup in organization.of(NotificationSetup):
        services.setdefault(setup.product, set()).update(setup.services)
        defaults.update(setup.default_triggers)
    for route in organization.of(NotificationRoute):
        known = services.get(route.product, set())
        failures = route.failures
        if route.product == "argocd" and not route.triggers:
            failures = tells_failures(tuple(sorted(defaults)))
        yield msgspec.structs.replace(route, failures=failures, resolves=_resolves(route, known))


def _resolves(route: NotificationRoute, known: set[str]) -> bool | None:
    if not route.service or is_dynamic(route.service) or "${" in route.service:
        return None
    if route.service in known:
        return True
    return False if known or route.product == "flux" else None
