"""The Kubernetes collector against an API server on loopback, through the official client and a real kubeconfig."""

from __future__ import annotations

import json
import os
import ssl
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from assessor.collectors import kubernetes
from assessor.collectors.kubernetes import access, calls
from assessor.collectors.kubernetes.api import Limits
from assessor.errors import UsageError
from assessor.facts.base import Fact, Gap, Place
from assessor.facts.cluster import Cluster, RunningApplication, RunningWorkload
from assessor.facts.repository import Organization
from assessor.settings import KubernetesSettings
from assessor.snapshot import Snapshot, dump
from tests.standins.cluster import TOKEN, Object, cut, deployment, kubeconfig, says, serve, slow, status, thing
from tests.standins.cluster import Cluster as Server

ARGO, FLUX = "argoproj.io/v1alpha1", "kustomize.toolkit.fluxcd.io/v1"
NOTHING = Organization(at=Place("", ""), name="")
APPS = "/apis/argoproj.io/v1alpha1/applications"


def quick() -> Limits:
    return Limits(total=5.0, connect=1.0, read=0.5, pause=0.01, longest_pause=0.05)


def application(name: str, **fields: Any) -> Object:
    spec = {
        "project": "default",
        "source": {"repoURL": "https://git.example/shop", "path": "apps/shop"},
        "destination": {"server": "https://kubernetes.default.svc"},
    }
    return thing(ARGO, "Application", name, "argocd", spec=spec | fields.pop("spec", {}), **fields)


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    cluster = Server()
    with serve(cluster):
        monkeypatch.setenv("KUBECONFIG", str(kubeconfig(tmp_path / "config", {"prod": cluster})))
        yield cluster


def asked(*contexts: str) -> tuple[list[Cluster], list[Gap]]:
    found: Sequence[Fact | Gap] = list(kubernetes.observe(KubernetesSettings(contexts=contexts), NOTHING, limits=quick))
    return [f for f in found if isinstance(f, Cluster)], [f for f in found if isinstance(f, Gap)]


def seen(server: Server, *objects: Object) -> Cluster:
    server.objects.extend(objects)
    clusters, gaps = asked()
    assert gaps == []
    return clusters[0]


def test_the_version_and_the_served_api_versions_are_seen(server: Server) -> None:
    server.groups["policy"] = ["v1", "v1beta1"]
    cluster = seen(server)
    assert cluster.version == "v1.35.2"
    assert {"apps/v1", "policy/v1", "policy/v1beta1"} <= set(cluster.served)


# Controllers


@pytest.mark.parametrize(
    ("name", "image", "product"),
    [
        ("argocd-server", "quay.io/argoproj/argocd:v3.2.3", "argocd"),
        ("openshift-gitops-server", "registry.redhat.io/openshift-gitops-1/argocd-rhel8@sha256:" + "a" * 64, "argocd"),
        ("gitops-repo-server", "mirror.example/bitnami/argo-cd:2.9", "argocd"),
        ("source-controller", "ghcr.io/fluxcd/source-controller:v1.7.4", "flux"),
        ("argo-rollouts", "quay.io/argoproj/argo-rollouts:v1.9.0", "argo-rollouts"),
        ("flagger", "ghcr.io/fluxcd/flagger:1.42.0", "flagger"),
        ("argocd-image-updater", "quay.io/argoprojlabs/argocd-image-updater:v1.0.1", "argocd-image-updater"),
        ("external-secrets", "ghcr.io/external-secrets/external-secrets:v2.2.0", "external-secrets"),
        ("sealed-secrets-controller", "docker.io/bitnami/sealed-secrets-controller:0.33.1", "sealed-secrets"),
        ("kyverno-admission-controller", "reg.kyverno.io/kyverno/kyverno:v1.16.0", "kyverno"),
        ("gatekeeper-controller-manager", "openpolicyagent/gatekeeper:v3.20.0", "gatekeeper"),
        ("cert-manager", "quay.io/jetstack/cert-manager-controller:v1.19", ""),
        ("image-controller", "mirror.example/tools/image-controller:1", ""),
        ("source-controller", "mirror.example/shop/source-controller:1", ""),
    ],
)
def test_controllers_are_told_by_their_images(server: Server, name: str, image: str, product: str) -> None:
    cluster = seen(server, deployment(name, "tools", image))
    assert [c.product for c in cluster.controllers] == ([product] if product else [])


def test_a_controller_whose_pods_are_not_ready_is_seen_as_such(server: Server) -> None:
    image = "quay.io/argoproj/argocd:v3.2.3"
    stateful = deployment("argocd-application-controller", "argocd", image, kind="StatefulSet", ready=0)
    cluster = seen(server, stateful, deployment("argocd-server", "argocd", image))
    assert {c.component: (c.is_ready, c.version) for c in cluster.controllers} == {
        "application-controller": (False, "v3.2.3"),
        "server": (True, "v3.2.3"),
    }


# What controllers reconcile


def states(cluster: Cluster) -> dict[str, RunningApplication]:
    return {running.application.name: running for running in cluster.applications}


def test_an_argo_application_has_its_policy_and_its_state(server: Server) -> None:
    healed = {"syncPolicy": {"automated": {"selfHeal": True, "prune": True}}}
    ok = {"sync": {"status": "Synced"}, "health": {"status": "Healthy"}}
    off = {
        "sync": {"status": "OutOfSync"},
        "health": {"status": "Degraded"},
        "operationState": {"finishedAt": "2020-01-01T00:00:00Z"},
    }
    lost = {
        "sync": {"status": "Unknown"},
        "health": {"status": "Healthy"},
        "conditions": [{"type": "ComparisonError", "message": "rpc error: apps/shop: app path does not exist"}],
    }
    cluster = seen(
        server,
        application("ok", spec=healed, status=ok),
        application("off", status=off),
        application("lost", status=lost),
        application("new"),
        application("child", owner=("ApplicationSet", "all"), status=ok),
    )
    found = states(cluster)
    assert (found["ok"].synced, found["ok"].healthy, found["ok"].application.self_heal) == (True, True, True)
    assert (found["off"].synced, found["off"].healthy, found["off"].application.auto_sync) == (False, False, False)
    assert (found["off"].days or 0) > 2000
    assert (found["lost"].synced, found["lost"].target_missing) == (None, True)
    assert (found["new"].synced, found["new"].healthy, found["new"].message) == (None, None, "")
    assert found["child"].maker == "ApplicationSet/all"


def test_days_are_counted_by_the_clock_of_the_server(server: Server) -> None:
    then = {"sync": {"status": "OutOfSync"}, "operationState": {"finishedAt": "2021-01-03T12:00:00Z"}}
    server.clock = "Sun, 10 Jan 2021 00:00:00 GMT"
    assert states(seen(server, application("off", status=then)))["off"].days == 6


def test_flux_objects_have_their_source_looked_up_and_their_readiness(server: Server) -> None:
    reference = {"sourceRef": {"kind": "GitRepository", "name": "config"}}
    source = thing("source.toolkit.fluxcd.io/v1", "GitRepository", "config", "flux-system", spec={"url": "https://git.example/c"})
    ready = {"conditions": [{"type": "Ready", "status": "True", "message": "Applied revision"}]}
    failed = {"conditions": [{"type": "Ready", "status": "False", "message": "kustomization path not found: stat /apps"}]}
    cluster = seen(
        server,
        source,
        thing(FLUX, "Kustomization", "apps", "flux-system", spec={"path": "./apps", "prune": True} | reference, status=ready),
        thing(FLUX, "Kustomization", "gone", "flux-system", spec={"path": "./gone"} | reference, status=failed),
        thing(FLUX, "Kustomization", "asleep", "flux-system", spec={"path": "./x", "suspend": True} | reference, status=ready),
    )
    found = states(cluster)
    assert found["apps"].application.sources[0].repository == "https://git.example/c"
    assert (found["apps"].synced, found["apps"].application.prune) == (True, True)
    assert (found["gone"].synced, found["gone"].target_missing) == (False, True)
    assert found["asleep"].application.suspended


def test_another_application_of_the_same_name_in_another_group_is_no_argo_application(server: Server) -> None:
    server.groups["app.k8s.io"] = ["v1beta1"]
    assert seen(server, thing("app.k8s.io/v1beta1", "Application", "x", "y", spec={})).applications == ()


def test_the_notifications_config_map_is_read_by_its_name(server: Server) -> None:
    data = {"service.slack": "token: $slack-token", "subscriptions": '- {recipients: ["slack:x"], triggers: [on-sync-failed]}'}
    cluster = seen(server, application("a"), thing("v1", "ConfigMap", calls.CONFIG_MAP, "argocd", data=data))
    assert [(r.service, r.failures, r.resolves) for r in cluster.routes] == [("slack", True, True)]
    assert [r.path for r in server.requests if "configmaps" in r.path] == [
        f"/api/v1/namespaces/argocd/configmaps/{calls.CONFIG_MAP}"
    ]


def test_a_flux_alert_is_joined_with_its_provider(server: Server) -> None:
    api = "notification.toolkit.fluxcd.io/v1beta3"
    cluster = seen(
        server,
        thing(api, "Provider", "slack", "flux-system", spec={"type": "slack"}),
        thing(api, "Alert", "all", "flux-system", spec={"providerRef": {"name": "slack"}, "eventSeverity": "error"}),
        thing(api, "Alert", "lost", "flux-system", spec={"providerRef": {"name": "teams"}}),
    )
    assert {r.name: r.resolves for r in cluster.routes} == {"all": True, "lost": False}


def test_rollouts_and_canaries_have_phases_and_runs(server: Server) -> None:
    canary = {"strategy": {"canary": {"steps": [{"setWeight": 20}, {"analysis": {"templates": [{"templateName": "errors"}]}}]}}}
    cluster = seen(
        server,
        thing(ARGO, "Rollout", "shop", "shop", spec=canary, status={"phase": "Paused"}),
        thing(ARGO, "AnalysisRun", "shop-1", "shop", owner=("Rollout", "shop"), status={"phase": "Failed"}),
        thing(ARGO, "AnalysisRun", "shop-2", "shop", owner=("Rollout", "shop"), status={"phase": "Successful"}),
        thing("flagger.app/v1beta1", "Canary", "pay", "pay", spec={"targetRef": {"name": "pay"}}, status={"phase": "Succeeded"}),
    )
    found = {s.strategy.name: (s.strategy.product, s.phase, s.runs, s.failed_runs) for s in cluster.strategies}
    assert found == {"shop": ("argo-rollouts", "Paused", 2, 1), "pay": ("flagger", "Succeeded", 0, 0)}


def test_policies_are_read_with_what_they_do(server: Server) -> None:
    constraint = {"enforcementAction": "dryrun"}
    cluster = seen(
        server,
        thing("kyverno.io/v1", "ClusterPolicy", "p", spec={"rules": [{"validate": {"failureAction": "Enforce"}}]}),
        thing("constraints.gatekeeper.sh/v1beta1", "K8sRequiredLabels", "ns", spec=constraint),
    )
    assert [(p.tool, p.enforced) for p in cluster.policies] == [("kyverno", True), ("gatekeeper", False)]


def test_objects_that_bring_secrets_in_are_seen_and_secrets_never_asked_for(server: Server) -> None:
    ready = {"conditions": [{"type": "Ready", "status": "False", "message": "no such key"}]}
    cluster = seen(
        server,
        thing("external-secrets.io/v1", "ExternalSecret", "db", "shop", spec={}, status=ready),
        thing("v1", "Secret", "db", "shop", data={"password": "aHVudGVyMg=="}),
    )
    assert [(s.tool, s.ready) for s in cluster.secrets] == [("external-secrets", False)]
    assert not any("/secrets" in request.path for request in server.requests)


# Who keeps a workload


def workloads(cluster: Cluster) -> dict[str, RunningWorkload]:
    return {running.workload.name: running for running in cluster.workloads}


def test_only_signs_that_a_controller_sets_prove_that_it_keeps_a_workload(server: Server) -> None:
    tracking = "argocd.argoproj.io/tracking-id"
    cluster = seen(
        server,
        deployment("tracked", "shop", "x:1", annotations={tracking: "shop:apps/Deployment:shop/tracked"}),
        deployment("copied", "shop", "x:1", annotations={tracking: "shop:apps/Deployment:shop/tracked"}),
        deployment("kustomized", "shop", "x:1", labels={"kustomize.toolkit.fluxcd.io/name": "apps"}),
        deployment(
            "released", "shop", "x:1", labels={"helm.toolkit.fluxcd.io/name": "shop", "app.kubernetes.io/managed-by": "Helm"}
        ),
        deployment(
            "by-helm", "shop", "x:1", labels={"app.kubernetes.io/managed-by": "Helm", "app.kubernetes.io/instance": "shop"}
        ),
        deployment("by-hand", "shop", "x:1", labels={"app.kubernetes.io/instance": "shop"}),
        deployment("by-operator", "shop", "x:1", owner=("Prometheus", "main")),
        deployment("by-k3s", "shop", "x:1", annotations={"objectset.rio.cattle.io/id": "addon"}),
        deployment("by-fleet", "shop", "x:1", annotations={"objectset.rio.cattle.io/id": "default-shop-cattle-fleet-default"}),
    )
    found = {name: (w.manager, w.by, w.owner) for name, w in workloads(cluster).items()}
    assert found == {
        "tracked": ("argocd", "shop", ""),
        "copied": ("", "", ""),
        "kustomized": ("flux", "apps", ""),
        "released": ("flux", "shop", ""),
        "by-helm": ("helm", "", ""),
        "by-hand": ("", "", ""),
        "by-operator": ("", "", "Prometheus/main"),
        "by-k3s": ("", "", ""),
        "by-fleet": ("fleet", "", ""),
    }


def test_an_application_proves_what_it_lists_where_labels_are_the_tracking_method(server: Server) -> None:
    held = {"resources": [{"group": "apps", "kind": "Deployment", "namespace": "shop", "name": "web"}]}
    elsewhere = {"destination": {"name": "other-cluster"}}
    cluster = seen(
        server,
        application("shop", status=held),
        application(
            "far",
            spec=elsewhere,
            status={"resources": [{"group": "apps", "kind": "Deployment", "namespace": "s", "name": "far"}]},
        ),
        deployment("web", "shop", "x:1", labels={"app.kubernetes.io/instance": "shop"}),
        deployment("far", "s", "x:1"),
    )
    assert {name: w.manager for name, w in workloads(cluster).items()} == {"web": "argocd", "far": ""}


def test_what_other_workloads_made_and_the_system_is_left_out(server: Server) -> None:
    cluster = seen(
        server,
        deployment("coredns", "kube-system", "coredns:1"),
        deployment("router", "openshift-ingress", "router:1"),
        deployment("argocd-server", "argocd", "quay.io/argoproj/argocd:v3.2.3"),
        deployment("shop-primary", "shop", "x:1", owner=("Canary", "shop")),
        deployment("shop", "shop", "x:1"),
    )
    assert {name: w.system for name, w in workloads(cluster).items()} == {
        "coredns": True,
        "router": True,
        "argocd-server": True,
        "shop": False,
    }


# Rights, and systems that misbehave


def test_each_denied_list_is_one_gap_that_names_the_right(server: Server) -> None:
    server.objects += [application("a"), deployment("shop", "shop", "x:1")]
    server.denied |= {"applications.argoproj.io", "daemonsets.apps"}
    clusters, gaps = asked()
    assert [(g.subject, g.reason) for g in gaps] == [
        ("prod", "may not list applications.argoproj.io: grant list"),
        ("prod", "may not list daemonsets.apps: grant list"),
    ]
    assert list(workloads(clusters[0])) == ["shop"]


def test_a_denied_config_map_is_a_gap_too(server: Server) -> None:
    server.objects.append(application("a"))
    server.denied.add("configmaps")
    assert [g.reason for g in asked()[1]] == ["may not get configmap argocd-notifications-cm in argocd: grant get"]


def test_a_kind_that_is_not_installed_is_no_gap(server: Server) -> None:
    server.groups["argoproj.io"] = ["v1alpha1"]  # as where only Rollouts is installed
    assert asked()[1] == []


def test_an_older_version_that_is_the_served_one_is_used(server: Server) -> None:
    server.objects.append(thing("external-secrets.io/v1beta1", "ExternalSecret", "db", "shop", spec={}))
    assert [s.tool for s in asked()[0][0].secrets] == ["external-secrets"]


def test_without_discovery_the_usual_versions_are_asked(server: Server) -> None:
    server.objects.append(application("a"))
    server.script["/apis"] = status(403)
    clusters, gaps = asked()
    assert [g.reason for g in gaps] == ["may not get /apis: grant get on it"]
    assert list(states(clusters[0])) == ["a"]
    assert clusters[0].served == ()


def test_long_lists_come_in_pages(server: Server) -> None:
    server.page = 7
    server.objects += [application(f"a{number}") for number in range(30)]
    assert len(asked()[0][0].applications) == 30
    assert sum(request.path == APPS for request in server.requests) == 5


def test_a_list_whose_page_expired_starts_again_and_yields_nothing_twice(server: Server) -> None:
    server.page, server.expire = 10, 1
    server.objects += [application(f"a{number}") for number in range(30)]
    clusters, gaps = asked()
    assert (len(clusters[0].applications), gaps) == (30, [])


def test_a_list_that_keeps_expiring_is_a_gap(server: Server) -> None:
    server.page, server.expire = 10, 9
    server.objects += [application(f"a{number}") for number in range(30)]
    assert "changes faster" in asked()[1][0].reason


@pytest.mark.parametrize("code", [429, 500, 502, 503, 504])
def test_passing_errors_are_tried_again(server: Server, code: int) -> None:
    server.objects.append(application("a"))
    server.script[APPS] = status(code, 2, Retry_After="0")
    clusters, gaps = asked()
    assert (len(clusters[0].applications), gaps) == (1, [])


def test_errors_that_last_cost_one_list(server: Server) -> None:
    server.objects += [application("a"), thing(ARGO, "AppProject", "p", "argocd", spec={})]
    server.script[APPS] = status(503, 20)
    clusters, gaps = asked()
    assert [g.reason for g in gaps] == ["applications.argoproj.io could not be listed: HTTP 503"]
    assert len(clusters[0].projects) == 1


def test_a_connection_that_breaks_once_is_tried_again(server: Server) -> None:
    server.objects.append(application("a"))
    server.script[APPS] = cut(1)
    clusters, gaps = asked()
    assert (len(clusters[0].applications), gaps) == (1, [])


@pytest.mark.parametrize("body", [b"<html>", b'{"items": [', b"[]", b'"text"', b"[" * 5000, b"\xff\xfe", b""])
def test_an_answer_that_is_no_json_object_costs_one_list(server: Server, body: bytes) -> None:
    server.objects.append(application("a"))
    server.script[APPS] = says(body, 20)
    clusters, gaps = asked()
    assert len(clusters) == 1
    wrong = "is not a JSON object" if body in (b"[]", b'"text"') else "is not JSON"
    assert [g.reason for g in gaps] == [f"applications.argoproj.io could not be listed: the answer {wrong}"]


@pytest.mark.parametrize(
    "body",
    [
        b'{"items": null}',
        b'{"items": [null, 3, "x", [], {}]}',
        b'{"items": [{"metadata": [], "spec": 7, "status": "x"}]}',
        b'{"items": [{"metadata": {"name": 7, "labels": [], "ownerReferences": "x"}, "spec": {"template": []}}], "metadata": 3}',
        b'{"items": [{"metadata": {"name": "a"}, "spec": {"source": [], "sources": {}, "destination": 7}, "status": {"conditions": [1]}}]}',
    ],
)
@pytest.mark.parametrize("path", [APPS, "/apis/apps/v1/deployments"])
def test_objects_of_any_shape_are_survived(server: Server, body: bytes, path: str) -> None:
    server.groups["argoproj.io"] = ["v1alpha1"]
    server.script[path] = says(body)
    clusters, gaps = asked()
    assert (len(clusters), gaps) == (1, [])


def test_refused_credentials_are_said_once_and_nothing_more_is_asked(server: Server) -> None:
    server.accepts = "another"
    clusters, gaps = asked()
    assert clusters == []
    assert [(g.subject, g.reason) for g in gaps] == [
        ("prod", "the credentials were not accepted (401): they may have expired; log in again")
    ]
    assert len(server.requests) == 1


def test_a_cluster_that_only_trickles_is_given_up_in_time(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    server.objects.append(deployment("shop", "shop", "x:1"))
    server.script["/apis/apps/v1/statefulsets"] = slow(30)
    limits = Limits(total=0.6, connect=0.5, read=0.5, pause=0.01)
    found = list(kubernetes.observe(KubernetesSettings(), NOTHING, limits=lambda: limits))
    assert [f.reason for f in found if isinstance(f, Gap)] == ["cannot be asked further: no answer within 1 s"]
    assert [len(f.workloads) for f in found if isinstance(f, Cluster)] == [1]


def test_a_server_that_is_not_there_is_one_gap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = Server(url="http://127.0.0.1:9")
    monkeypatch.setenv("KUBECONFIG", str(kubeconfig(tmp_path / "config", {"prod": gone})))
    clusters, gaps = asked()
    assert clusters == []
    assert [g.reason for g in gaps] == ["cannot be asked: the connection was refused"]


def test_one_cluster_that_fails_costs_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with serve(Server(objects=[deployment("shop", "shop", "x:1")])) as good:
        file = kubeconfig(tmp_path / "config", {"good": good, "gone": Server(url="http://127.0.0.1:9")})
        monkeypatch.setenv("KUBECONFIG", str(file))
        clusters, gaps = asked("gone", "good")
    assert [c.context for c in clusters] == ["good"]
    assert [g.subject for g in gaps] == ["gone"]


def test_a_redirect_is_not_followed_so_that_no_token_goes_elsewhere(server: Server) -> None:
    with serve(Server()) as other:
        server.groups["argoproj.io"] = ["v1alpha1"]
        server.script[APPS] = status(302, 9, Location=f"{other.url}/version")
        asked()
        assert other.requests == []


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a certificate that nobody trusts, with its key."""
    import datetime
    import ipaddress

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path_factory.mktemp("tls") / "both.pem"
    plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    file.write_bytes(made.public_bytes(serialization.Encoding.PEM) + key.private_bytes(serialization.Encoding.PEM, *plain))
    return file


@pytest.mark.parametrize(
    ("trust", "seen"),
    [({}, False), ({"insecure-skip-tls-verify": True}, True), ({"certificate-authority": "both.pem"}, True)],
    ids=["unknown", "not verified", "trusted"],
)
def test_tls_is_verified_as_the_kubeconfig_says(
    certificate: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    trust: dict[str, Any],
    seen: bool,
    capfd: pytest.CaptureFixture[str],
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with serve(Server(), context) as server:
        file = kubeconfig(tmp_path / "config", {"prod": server})
        content = json.loads(file.read_text())
        content["clusters"][0]["cluster"].update(trust)
        file.write_text(json.dumps(content))
        (tmp_path / "both.pem").write_bytes(certificate.read_bytes())
        monkeypatch.setenv("KUBECONFIG", str(file))
        clusters, gaps = asked()
    assert len(clusters) == int(seen)
    assert [g.reason for g in gaps] == ([] if seen else ["cannot be asked: TLS: its certificate was not accepted"])
    assert capfd.readouterr().err == ""


# The kubeconfig


def test_an_unknown_context_names_the_known_ones(server: Server) -> None:
    with pytest.raises(UsageError, match="unknown context 'staging'") as error:
        kubernetes.verify(KubernetesSettings(contexts=("staging",)))
    assert server.requests == []
    assert error.value.hint == "Known: prod."


def test_no_kubeconfig_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "none"))
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    with pytest.raises(UsageError, match="no kubeconfig"):
        asked()


@pytest.mark.parametrize(
    "text", ["", "[", "- 1", "kind: Config", "contexts: 3\ncurrent-context: x", "\x00", "current-context: ''\ncontexts: []"]
)
def test_a_broken_kubeconfig_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    file = tmp_path / "config"
    file.write_text(text)
    monkeypatch.setenv("KUBECONFIG", str(file))
    with pytest.raises(UsageError, match=r"config|kubeconfig"):
        asked()


def test_several_files_of_kubeconfig_are_read_together(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with serve(Server(version="v1.33.0")) as other:
        second = kubeconfig(tmp_path / "second", {"dev": other})
        monkeypatch.setenv("KUBECONFIG", f"{os.environ['KUBECONFIG']}{os.pathsep}{second}{os.pathsep}{tmp_path / 'missing'}")
        assert [c.version for c in asked("dev", "prod")[0]] == ["v1.33.0", "v1.35.2"]


def test_a_credential_plugin_of_the_users_own_kubeconfig_is_run(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plugin = tmp_path / "plugin"
    plugin.write_text(
        f'#!/bin/sh\necho \'{{"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": {{"token": "{TOKEN}"}}}}\'\n'
    )
    plugin.chmod(plugin.stat().st_mode | stat.S_IXUSR)
    user = {"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": str(plugin), "interactiveMode": "Never"}}
    monkeypatch.setenv("KUBECONFIG", str(kubeconfig(tmp_path / "config", {"prod": server}, user=user)))
    assert len(asked()[0]) == 1


def test_a_credential_plugin_that_fails_says_so_without_its_output(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    plugin = tmp_path / "plugin"
    plugin.write_text(f"#!/bin/sh\necho 'token {TOKEN} has expired' >&2\nexit 1\n")
    plugin.chmod(plugin.stat().st_mode | stat.S_IXUSR)
    user = {"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": str(plugin), "interactiveMode": "Never"}}
    monkeypatch.setenv("KUBECONFIG", str(kubeconfig(tmp_path / "config", {"prod": server}, user=user)))
    clusters, gaps = asked()
    assert clusters == []
    assert "credential plug-in failed" in gaps[0].reason
    assert TOKEN not in capfd.readouterr().err + str(gaps)


def test_a_kubeconfig_that_lies_in_what_is_scanned_is_refused(server: Server, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="lies in what is scanned"):
        access.refuse_scanned([tmp_path])
    access.refuse_scanned([tmp_path / "elsewhere"])


def test_a_kubeconfig_is_never_written(server: Server) -> None:
    file = Path(os.environ["KUBECONFIG"])
    before = file.read_bytes(), file.stat().st_mtime_ns
    asked()
    assert (file.read_bytes(), file.stat().st_mtime_ns) == before


# Read-only, provably


def everything() -> list[Object]:
    """Return an object of every kind that is asked for, so that every call is made."""
    found = [
        thing(f"{listing.group}/{listing.version}", listing.kind, f"one-{listing.resource}", "argocd", spec={})
        for listing in calls.LISTINGS
    ]
    return [*found, thing(f"{calls.CONSTRAINTS}/v1beta1", "K8sRequiredLabels", "labels", spec={})]


def test_every_request_is_a_read_that_the_printed_rights_grant(server: Server) -> None:
    server.objects += everything()
    asked()
    rules = yaml.safe_load(calls.permissions())["rules"]
    listed = {
        (group, resource)
        for rule in rules
        for group in rule.get("apiGroups", ())
        for resource in rule["resources"]
        if "list" in rule["verbs"]
    }
    used = set()
    for request in server.requests:
        assert request.method == "GET"
        parts = request.path.strip("/").split("/")
        if parts[0] == "apis" and len(parts) == 4:
            wanted = (parts[1], "*" if parts[1] == calls.CONSTRAINTS else parts[3])
            assert wanted in listed
            used.add(wanted)
        elif parts[0] == "api":
            assert parts == ["api", "v1", "namespaces", "argocd", "configmaps", calls.CONFIG_MAP]
        else:
            assert parts[0] in ("version", "apis")
            assert len(parts) in (1, 3)
    assert used == listed, "rights that nothing uses"
    assert {verb for rule in rules for verb in rule["verbs"]} <= {"get", "list"}


def test_no_right_reaches_secrets(server: Server) -> None:
    rules = calls.rules()
    assert not any({"secrets", "*"} & set(rule.get("resources", ())) for rule in rules if rule.get("apiGroups") == [""])
    assert all(rule["resourceNames"] == [calls.CONFIG_MAP] for rule in rules if rule.get("apiGroups") == [""])


def test_credentials_are_in_nothing_that_comes_out(server: Server, capfd: pytest.CaptureFixture[str]) -> None:
    canary = "xoxb-0123456789-canary"
    broken = {
        "conditions": [{"type": "ComparisonError", "message": f"failed to get https://bot:{TOKEN}@git.example/x: {canary}"}]
    }
    server.objects += [
        application("a", status={"sync": {"status": "Unknown"}, **broken}),
        thing("v1", "ConfigMap", calls.CONFIG_MAP, "argocd", data={"service.slack": f"token: {canary}"}),
        deployment("shop", "shop", "x:1", annotations={"note": f"password={canary}"}),
    ]
    server.script["/apis/apps/v1/daemonsets"] = says(json.dumps({"items": TOKEN}).encode())
    server.script["/apis/apps/v1/statefulsets"] = status(403)
    clusters, gaps = asked()
    facts: tuple[Fact, ...] = tuple(clusters)
    told = msgspec.json.encode((clusters, gaps)).decode() + dump(Snapshot(taken="2026-11-24", facts=facts, gaps=tuple(gaps)))
    told += str(clusters) + str(gaps) + "".join(capfd.readouterr())
    assert TOKEN not in told
    assert canary not in told


def test_in_a_pod_without_kubeconfig_the_service_account_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from kubernetes.config import incluster_config

    for name, content in (("SERVICE_TOKEN_FILENAME", TOKEN), ("SERVICE_CERT_FILENAME", "-----BEGIN CERTIFICATE-----")):
        file = tmp_path / name
        file.write_text(content)
        monkeypatch.setattr(incluster_config, name, str(file))
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "none"))
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.0.0.1")
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", "443")
    assert access.contexts(()) == [access.IN_CLUSTER]
    with pytest.raises(UsageError, match="no kubeconfig"):
        access.contexts(["prod"])
    assert access.client(access.IN_CLUSTER).configuration.host == "https://10.0.0.1:443"


def test_every_call_is_in_the_documentation() -> None:
    page = (Path(__file__).parents[2] / "docs" / "live.md").read_text()
    for listing in calls.LISTINGS:
        assert f"`{listing.resource}`" in page
    assert all(f"`{name}`" in page for name in (calls.CONFIG_MAP, "/version", "/apis"))
