"""Subscriptions to GitOps events."""

from __future__ import annotations

from assessor.facts.gitops import NotificationRoute, NotificationSetup
from tests.organizations import read

APPLICATION = """apiVersion: argoproj.io/v1alpha1
kind: KIND
metadata:
  name: shop
  annotations:
    notifications.argoproj.io/KEY: VALUE
spec: {}
"""


def routes(key: str, value: str = "alerts", kind: str = "Application") -> list[NotificationRoute]:
    content = APPLICATION.replace("KIND", kind).replace("KEY", key).replace("VALUE", value)
    return [fact for fact in read("gitops-objects", "a.yaml", content) if isinstance(fact, NotificationRoute)]


def test_an_annotation_names_trigger_and_service() -> None:
    (route,) = routes("subscribe.on-sync-failed.slack")
    assert (route.triggers, route.service, route.failures, route.at.line) == (("on-sync-failed",), "slack", True, 6)
    (route,) = routes("subscribe.on-deployed.teams", kind="AppProject")
    assert (route.service, route.failures) == ("teams", False)


def test_an_annotation_without_trigger_waits_for_the_default_ones() -> None:
    (route,) = routes("subscribe.slack")
    assert (route.service, route.triggers) == ("slack", ())


def test_the_list_form_names_several_destinations() -> None:
    value = "'[{trigger: [on-sync-failed], destinations: [{service: slack, recipients: [a]}, {service: email}]}]'"
    assert [route.service for route in routes("subscriptions", value)] == ["email", "slack"]


def test_other_annotations_are_no_subscriptions() -> None:
    assert not routes("notified.whatever")


def test_the_config_map_sets_up_services_and_subscribes() -> None:
    content = (
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: argocd-notifications-cm}\ndata:\n  service.slack: 'token: $t'\n"
        "  trigger.on-health-degraded: '[]'\n  defaultTriggers: '[on-health-degraded]'\n"
        "  subscriptions: '[{recipients: [\"slack:alerts\"], triggers: [on-health-degraded]}]'\n"
    )
    setup, route = read("gitops-objects", "cm.yaml", content)
    assert isinstance(setup, NotificationSetup)
    assert isinstance(route, NotificationRoute)
    assert (setup.services, setup.default_triggers) == (("slack",), ("on-health-degraded",))
    assert (route.service, route.failures) == ("slack", True)


def test_values_of_the_argo_cd_chart_do_the_same() -> None:
    content = "argo-cd:\n  notifications:\n    notifiers:\n      service.slack: 'token: $t'\n    subscriptions:\n      - recipients: [slack:a]\n        triggers: [on-sync-failed]\n"
    assert {type(fact) for fact in read("argocd-values", "values.yaml", content)} == {NotificationSetup, NotificationRoute}


def test_a_suspended_alert_tells_nobody() -> None:
    alert = (
        "apiVersion: notification.toolkit.fluxcd.io/v1beta3\nkind: Alert\nmetadata: {name: a}\nspec: {providerRef: {name: slack}"
    )
    assert read("gitops-objects", "a.yaml", alert + "}\n")
    assert not read("gitops-objects", "a.yaml", alert + ", suspend: true}\n")
