"""Whether people hear of what GitOps does, and of what it fails to do."""

from __future__ import annotations

import re
from collections.abc import Sequence

from assessor.checking import CORE, SUPPORT, Task, Verdict, check, failed, not_applicable, not_observed, partial, passed
from assessor.facts.cluster import APPLICATIONS, ROUTES, Cluster
from assessor.facts.gitops import Application, NotificationRoute, NotificationSetup
from assessor.facts.pipelines import Purpose
from assessor.facts.repository import Organization

from ..clusters import hidden, live  # noqa: TID252  the name depends on the installation
from ..live import both  # noqa: TID252
from ..observed import activities  # noqa: TID252

_REFERENCES = "State of GitOps: continuous reconciliation"
_IN_A_CHANGE = re.compile(
    r"(?:gh|glab|hub)\Z|comment|issue|github-script|tfcmt|tfnotify"
)  # programs that write into a change or issue


@check(
    "aut.notifications",
    task=Task.NOTIFICATIONS,
    weight=CORE,
    scaffold="gitops-notifications",
    frameworks=(_REFERENCES, "DSOMM: Alerting"),
)
def events_reach_people(organization: Organization) -> Verdict:
    """GitOps events are delivered to people.

    Counted: Argo CD subscriptions (annotations, ConfigMap, chart values) and Flux Alerts with their Provider. A
    controller that could notify but subscribes nobody does not count; messages of CI to a chat or by mail count in part,
    because CI does not see whether a sync worked. Comments on pull requests and opened issues are no such messages.

    ## Why
    Pull-based deployment has no pipeline that turns red. Without a message a failed sync is found by users.

    ## Fix
    Argo CD: subscribe applications, or all of them, to failures:

    ```yaml
    metadata:
      annotations:
        notifications.argoproj.io/subscribe.on-sync-failed.slack: team-alerts
        notifications.argoproj.io/subscribe.on-health-degraded.slack: team-alerts
    ```

    Flux: add a `Provider` and an `Alert` with `eventSeverity: error`.

    ## References
    - https://argo-cd.readthedocs.io/en/stable/operator-manual/notifications/
    - https://fluxcd.io/flux/monitoring/alerts/
    """
    files = _delivering(organization, organization.of(NotificationRoute), organization.of(NotificationSetup))
    clusters = organization.of(Cluster)
    routes = [route for cluster in clusters for route in cluster.routes]
    setups = [setup for cluster in clusters for setup in cluster.setups]
    applications = [a for cluster in clusters for a in cluster.applications]

    def judge(_found: Sequence[object]) -> Verdict:
        if routes or setups:
            return _delivering(organization, routes, setups)
        if reason := hidden(organization, ROUTES):
            return not_observed(reason)
        return failed("nobody is told of GitOps events in the clusters", [cluster.at for cluster in clusters])

    return both(files, live(organization, [*routes, *setups, *applications], judge, ROUTES, APPLICATIONS))


def _delivering(organization: Organization, routes: Sequence[NotificationRoute], setups: Sequence[NotificationSetup]) -> Verdict:
    delivered = [route for route in routes if route.resolves is not False]
    if delivered:
        services = ", ".join(sorted({route.service for route in delivered if route.service})) or "its services"
        return passed(f"GitOps events go to {services}", [route.at for route in delivered])
    if routes:
        missing = ", ".join(sorted({route.service for route in routes}))
        return partial(0.3, f"events are subscribed to services that do not exist: {missing}", [route.at for route in routes])
    if setups:
        return partial(0.3, "services or triggers are set up, and nobody is subscribed", [setup.at for setup in setups])
    applications = organization.of(Application)
    notices = [a for a in activities(organization, Purpose.NOTIFY) if not _IN_A_CHANGE.search(a.tool)]
    if applications and notices:
        return partial(0.4, "only CI sends messages; it does not see whether a sync worked", [a.at for a in notices])
    return failed("nobody is told of GitOps events", [a.at for a in applications[:1]])


@check("aut.notify-failures", task=Task.NOTIFICATIONS, weight=SUPPORT, scaffold="gitops-notifications", frameworks=(_REFERENCES,))
def failures_reach_people(organization: Organization) -> Verdict:
    """Failed syncs and degraded health are among what people hear of.

    A Flux Alert covers failures at every severity, as long as its Provider exists. In Argo CD a trigger must do so:
    `on-sync-failed`, `on-health-degraded`, `on-sync-status-unknown` or one of the organization's own.

    ## Why
    A message for each success is soon muted, and the channel that is muted is the one a failure would have used.

    ## Fix
    Subscribe to the failure triggers, and make sure that the service they name is set up in
    `argocd-notifications-cm` (Flux: that `providerRef` names an existing Provider).
    """
    routes = organization.of(NotificationRoute)
    files = _failures(routes) if routes else not_applicable("nobody is subscribed to GitOps events")
    there = [route for cluster in organization.of(Cluster) for route in cluster.routes]
    return both(files, live(organization, there, _failures, ROUTES))


def _failures(routes: Sequence[NotificationRoute]) -> Verdict:
    failing = [route for route in routes if route.failures]
    if not failing:
        return partial(0.4, "subscriptions cover deployments, not failures", [route.at for route in routes])
    sound = [route for route in failing if route.resolves]
    if sound:
        return passed("failures are subscribed, and the service they go to is set up", [route.at for route in sound])
    unknown = [route for route in failing if route.resolves is None]
    if unknown:
        return not_observed(
            f"failures go to {unknown[0].service or 'a service'}, which is set up elsewhere", [r.at for r in unknown]
        )
    return failed(f"failures go to {failing[0].service}, which is not set up", [route.at for route in failing])
