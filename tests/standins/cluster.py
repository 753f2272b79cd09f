"""A Kubernetes API server on loopback, as far as reading goes.

Written from https://kubernetes.io/docs/reference/using-api/api-concepts/ : discovery, lists with ``limit`` and ``continue``
(410 Gone for a token that expired), single objects, ``Status`` answers. Any path can be scripted to fail. Every request
is kept, so that a test can say what was asked.
"""

from __future__ import annotations

import json
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

TOKEN = "standin-token-7f3a9c"  # noqa: S105  what the server accepts; tests look for it where it must not be
Object = dict[str, Any]
Behaviour = Callable[["Handler"], None]
_BUILT_IN = {"apps": ["v1"], "batch": ["v1"], "admissionregistration.k8s.io": ["v1"]}


def plural(kind: str) -> str:
    """Return the resource of a kind as API servers name it."""
    word = kind.lower()
    if word.endswith("y"):
        return word[:-1] + "ies"
    return word + ("es" if word.endswith("s") else "s")


@dataclass(slots=True)
class Request:
    """One request as it came in."""

    method: str
    path: str
    query: dict[str, list[str]]
    accept: str


@dataclass(slots=True)
class Cluster:
    """What the server holds and how it answers. `script` maps a path to what happens there instead, one entry a request."""

    objects: list[Object] = field(default_factory=list)
    version: str = "v1.35.2"
    groups: dict[str, list[str]] = field(default_factory=dict)  # served beside those of its objects
    page: int = 500  # the most objects of one page, whatever the client asks for
    expire: int = 0  # so many continue tokens expire
    script: dict[str, list[Behaviour]] = field(default_factory=dict)
    denied: set[str] = field(default_factory=set)  # resources as "plural.group"
    accepts: str = TOKEN
    clock: str = ""  # what it takes for now, as an HTTP date
    requests: list[Request] = field(default_factory=list)
    url: str = ""

    def served(self) -> dict[str, list[str]]:
        """Return the versions of each group."""
        found: dict[str, list[str]] = {group: list(versions) for group, versions in {**_BUILT_IN, **self.groups}.items()}
        for value in self.objects:
            group, _, version = value["apiVersion"].rpartition("/")
            if group and version not in found.setdefault(group, []):
                found[group].append(version)
        return found

    def of(self, group: str, version: str, resource: str) -> list[Object] | None:
        """Return the objects of a resource in a version; None if there is no such resource."""
        found = [o for o in self.objects if _resource(o) == (group, version, resource)]
        known = found or (group in _BUILT_IN and resource in _BUILT_IN_RESOURCES[group])
        return found if known or resource in self.groups.get(f"{group}/{version}", ()) else None


_BUILT_IN_RESOURCES = {
    "apps": ("deployments", "statefulsets", "daemonsets"),
    "batch": ("cronjobs",),
    "admissionregistration.k8s.io": ("validatingadmissionpolicybindings",),
}


def _resource(value: Object) -> tuple[str, str, str]:
    group, _, version = value["apiVersion"].rpartition("/")
    return group, version, plural(value["kind"])


class Handler(BaseHTTPRequestHandler):
    """Answers for the cluster of its server."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else each answer waits 40 ms for an acknowledgement
    cluster: Cluster

    def do_GET(self) -> None:
        """Answer a read."""
        parts = urlsplit(self.path)
        query = parse_qs(parts.query)
        self.cluster.requests.append(Request("GET", parts.path, query, self.headers.get("Accept", "")))
        scripted = self.cluster.script.get(parts.path)
        if scripted:
            scripted.pop(0)(self)
        elif self.headers.get("Authorization", "") != f"Bearer {self.cluster.accepts}":
            self.refuse(401, "Unauthorized")
        else:
            self._answer([part for part in parts.path.split("/") if part], query)

    def _write(self) -> None:
        self.cluster.requests.append(Request(self.command, self.path, {}, ""))
        self.refuse(405, "MethodNotAllowed")

    do_POST = do_PUT = do_PATCH = do_DELETE = _write  # noqa: N815  the names http.server looks for

    def _answer(self, path: list[str], query: Mapping[str, list[str]]) -> None:
        cluster = self.cluster
        if path == ["version"]:
            self.send({"gitVersion": cluster.version, "major": "1", "minor": cluster.version.split(".")[1]})
        elif path == ["apis"]:
            self.send(
                {
                    "kind": "APIGroupList",
                    "groups": [_group(name, found) for name, found in sorted(cluster.served().items()) if "/" not in name],
                }
            )
        elif len(path) == 3 and path[0] == "apis":
            self._resources(path[1], path[2])
        elif len(path) == 4 and path[0] == "apis":
            self._list(path[1], path[2], path[3], query)
        elif len(path) == 6 and path[:3] == ["api", "v1", "namespaces"]:
            self._one(path[3], path[4], path[5])
        else:
            self.refuse(404, "NotFound")

    def _resources(self, group: str, version: str) -> None:
        found = {plural(o["kind"]): o["kind"] for o in self.cluster.objects if o["apiVersion"] == f"{group}/{version}"}
        self.send(
            {"kind": "APIResourceList", "resources": [{"name": name, "kind": kind} for name, kind in sorted(found.items())]}
        )

    def _list(self, group: str, version: str, resource: str, query: Mapping[str, list[str]]) -> None:
        if f"{resource}.{group}" in self.cluster.denied:
            self.refuse(403, "Forbidden", f'{resource}.{group} is forbidden: User "reader" cannot list resource "{resource}"')
            return
        found = self.cluster.of(group, version, resource)
        if found is None:
            self.refuse(404, "NotFound")
            return
        start = int(query.get("continue", ["0"])[0])
        if start and self.cluster.expire:
            self.cluster.expire -= 1
            self.refuse(410, "Expired")
            return
        end = start + min(int(query.get("limit", [str(self.cluster.page)])[0]), self.cluster.page)
        metadata = {"resourceVersion": "1"} | ({"continue": str(end)} if end < len(found) else {})
        items = [{key: value for key, value in item.items() if key not in ("kind", "apiVersion")} for item in found[start:end]]
        self.send({"kind": "List", "apiVersion": f"{group}/{version}", "metadata": metadata, "items": items})

    def _one(self, namespace: str, resource: str, name: str) -> None:
        if resource in self.cluster.denied:
            self.refuse(403, "Forbidden")
            return
        for value in self.cluster.objects:
            metadata = value["metadata"]
            if _resource(value) == ("", "v1", resource) and (metadata.get("namespace"), metadata["name"]) == (namespace, name):
                self.send(value)
                return
        self.refuse(404, "NotFound")

    def refuse(self, code: int, reason: str, message: str = "", headers: Mapping[str, str] | None = None) -> None:
        """Answer with a Status."""
        status = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": reason, "message": message, "code": code}
        self.send(status, code, headers)

    def send(self, value: object, code: int = 200, headers: Mapping[str, str] | None = None) -> None:
        """Answer with JSON."""
        self.raw(json.dumps(value).encode(), code, headers)

    def raw(self, body: bytes, code: int = 200, headers: Mapping[str, str] | None = None) -> None:
        """Answer with bytes."""
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def date_time_string(self, timestamp: float | None = None) -> str:
        """Return the time by the server's clock."""
        return self.cluster.clock or super().date_time_string(timestamp)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def _group(name: str, versions: list[str]) -> Object:
    listed = [{"groupVersion": f"{name}/{version}", "version": version} for version in versions]
    return {"name": name, "versions": listed, "preferredVersion": listed[0]}


def status(code: int, times: int = 1, **headers: str) -> list[Behaviour]:
    """Answer so often with a code."""
    return [
        lambda handler: handler.refuse(code, "Scripted", headers={k.replace("_", "-"): v for k, v in headers.items()})
    ] * times


def cut(times: int = 1) -> list[Behaviour]:
    """Break the connection in the middle of an answer."""

    def behave(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        handler.wfile.write(b'{"items": [')
        handler.wfile.flush()
        handler.close_connection = True

    return [behave] * times


def slow(seconds: float, times: int = 1) -> list[Behaviour]:
    """Send a byte now and then, for so long."""

    def behave(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "100000")
        handler.end_headers()
        end = time.monotonic() + seconds
        try:
            while time.monotonic() < end:
                handler.wfile.write(b" ")
                handler.wfile.flush()
                time.sleep(0.02)
        except OSError:
            pass
        handler.close_connection = True

    return [behave] * times


def says(body: bytes, times: int = 1) -> list[Behaviour]:
    """Answer with any bytes."""
    return [lambda handler: handler.raw(body)] * times


@contextmanager
def serve(cluster: Cluster, tls: ssl.SSLContext | None = None) -> Iterator[Cluster]:
    """Run the server for a cluster, whose `url` says where."""
    handler = type("ClusterHandler", (Handler,), {"cluster": cluster})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    server.handle_error = lambda request, client_address: None  # type: ignore[method-assign]  # a client that hangs up is meant
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    cluster.url = f"http{'s' if tls else ''}://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=lambda: server.serve_forever(poll_interval=0.01), daemon=True)
    thread.start()
    try:
        yield cluster
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def kubeconfig(file: Path, clusters: Mapping[str, Cluster], current: str = "", user: Object | None = None) -> Path:
    """Write a kubeconfig with a context for each cluster."""
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": current or next(iter(clusters), ""),
        "clusters": [{"name": name, "cluster": {"server": cluster.url}} for name, cluster in clusters.items()],
        "users": [{"name": "reader", "user": user or {"token": TOKEN}}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": "reader"}} for name in clusters],
    }
    file.write_text(json.dumps(content))
    return file


def thing(api_version: str, kind: str, name: str, namespace: str = "", **fields: Any) -> Object:
    """Return an object; `labels`, `annotations` and `owner` (kind, name) go into its metadata."""
    metadata: Object = {"name": name} | ({"namespace": namespace} if namespace else {})
    for key in ("labels", "annotations"):
        if key in fields:
            metadata[key] = fields.pop(key)
    if "owner" in fields:
        owner_kind, owner_name = fields.pop("owner")
        metadata["ownerReferences"] = [
            {"kind": owner_kind, "name": owner_name, "controller": True, "apiVersion": "x/v1", "uid": "u"}
        ]
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **fields}


def deployment(
    name: str,
    namespace: str,
    image: str,
    *,
    kind: str = "Deployment",
    ready: int = 1,
    replicas: int = 1,
    sound: bool = True,
    **fields: Any,
) -> Object:
    """Return a workload; a `sound` one has resources, probes and a security context."""
    container: Object = {"name": name, "image": image}
    if sound:
        probe = {"httpGet": {"path": "/healthz", "port": 8080}}
        container |= {
            "resources": {"requests": {"cpu": "50m"}, "limits": {"memory": "64Mi"}},
            "livenessProbe": probe,
            "readinessProbe": probe,
            "securityContext": {"runAsNonRoot": True, "allowPrivilegeEscalation": False},
        }
    spec = {"replicas": replicas, "template": {"spec": {"containers": [container]}}}
    return thing("apps/v1", kind, name, namespace, spec=spec, status={"readyReplicas": ready}, **fields)


def all_of(*groups: Iterable[Object]) -> list[Object]:
    """Return the objects of several collections."""
    return [value for group in groups for value in group]
