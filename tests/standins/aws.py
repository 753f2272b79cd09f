"""AWS on loopback: moto's server, with a layer before it that answers what a test scripts.

moto stands in for what a healthy account says. What it has no answer for (versions and capabilities of EKS clusters, stacks
and their drift, which need thirty packages more), and what goes wrong, is scripted here in the services' own wire formats.
"""

from __future__ import annotations

import json
import re
import threading
import time
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import make_server

ACCOUNT = "123456789012"
Environ = dict[str, Any]
Start = Callable[..., object]
_CREDENTIAL = re.compile(r"Credential=[^/]+/\d{8}/([\w-]+)/([\w-]+)/")
_QUERY = ("sts", "iam", "ec2", "cloudformation")  # Action=… in a form


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked: `operation` as the wire names it, or method and path where it does not."""

    service: str
    region: str
    operation: str
    body: str


@dataclass(frozen=True, slots=True)
class Answer:
    """A scripted answer."""

    status: int = 200
    body: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    wait: float = 0.0
    cut: bool = False


@dataclass
class Server:
    """A running stand-in. `rules` are tried in order; a rule without answer left, or none, leaves it to moto."""

    url: str = ""
    rules: list[tuple[re.Pattern[str], str, str, list[Answer]]] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)

    def on(self, service: str, operation: str, *answers: Answer, region: str = "") -> None:
        """Answer an operation (a pattern) with these in turn, the last of them for ever."""
        self.rules.append((re.compile(operation), service, region, list(answers)))

    def reset(self) -> None:
        """Forget everything, moto's resources too."""
        self.rules.clear()
        self.requests.clear()
        self.post("/moto-api/reset")

    def post(self, path: str, data: bytes = b"") -> None:
        """Tell moto something."""
        request = urllib.request.Request(self.url + path, data=data, headers={"Content-Type": "text/plain"}, method="POST")  # noqa: S310  loopback
        urllib.request.urlopen(request, timeout=10).close()  # noqa: S310  loopback

    def scripted(self, request: Request) -> Answer | None:
        for operation, service, region, answers in self.rules:
            if service == request.service and region in ("", request.region) and operation.search(request.operation):
                return answers.pop(0) if len(answers) > 1 else answers[0]
        return None


def _request(environ: Environ) -> Request:
    credential = _CREDENTIAL.search(environ.get("HTTP_AUTHORIZATION", ""))
    region, service = credential.groups() if credential else ("", "")
    length = int(environ.get("CONTENT_LENGTH") or 0)
    body = environ["wsgi.input"].read(length)
    from io import BytesIO

    environ["wsgi.input"] = BytesIO(body)
    text = body.decode("utf-8", "replace")
    query = f"?{environ['QUERY_STRING']}" if environ.get("QUERY_STRING") else ""
    operation = f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}{query}"
    if target := environ.get("HTTP_X_AMZ_TARGET", ""):
        operation = target.rpartition(".")[2]
    elif service in _QUERY:
        operation = parse_qs(text).get("Action", [operation])[0]
    return Request(service, region, operation, text)


class _Layer:
    def __init__(self, server: Server) -> None:
        self._server = server
        self._moto: Callable[[Environ, Start], Iterable[bytes]] = DomainDispatcherApplication(create_backend_app)

    def __call__(self, environ: Environ, start: Start) -> Iterable[bytes]:
        if environ["PATH_INFO"].startswith("/moto-api"):
            return self._moto(environ, start)
        request = _request(environ)
        self._server.requests.append(request)
        answer = self._server.scripted(request)
        if answer is None:
            return self._moto(environ, start)
        if answer.wait:
            time.sleep(answer.wait)
        data = answer.body.encode()
        length = str(len(data) + (100 if answer.cut else 0))  # promises more than it gives
        start(f"{answer.status} Scripted", [("Content-Type", "text/plain"), ("Content-Length", length), *answer.headers])
        return [data]


class _Quiet(MotoRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:
        """Say nothing."""


@contextmanager
def serve() -> Iterator[Server]:
    """Run a stand-in on a free port of loopback."""
    server = Server()
    running = make_server("127.0.0.1", 0, _Layer(server), threaded=True, request_handler=_Quiet)
    server.url = f"http://127.0.0.1:{running.server_port}"
    thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        running.shutdown()
        thread.join()
        running.server_close()


def says(value: object, status: int = 200) -> Answer:
    """Answer JSON."""
    return Answer(status, json.dumps(value))


def error(service: str, code: str, message: str = "said the service", status: int = 400) -> Answer:
    """Answer an error in the service's own format."""
    if service in ("sts", "iam", "cloudformation"):
        body = f"<ErrorResponse><Error><Code>{code}</Code><Message>{message}</Message></Error></ErrorResponse>"
    elif service == "ec2":
        body = f"<Response><Errors><Error><Code>{code}</Code><Message>{message}</Message></Error></Errors></Response>"
    elif service == "s3":
        body = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"
    else:
        return Answer(
            status, json.dumps({"__type": code, "message": message}), (("x-amzn-ErrorType", code), ("x-amzn-RequestId", "r"))
        )
    return Answer(status, body)


def stacks(*members: str, more: str = "") -> Answer:
    """Answer ListStacks with summaries made by `stack`."""
    rest = f"<NextToken>{more}</NextToken>" if more else ""
    listed = "".join(f"<member>{member}</member>" for member in members)
    return Answer(body=_cloudformation("ListStacks", f"<StackSummaries>{listed}</StackSummaries>{rest}"))


def stack(
    name: str, drift: str = "NOT_CHECKED", checked: str = "", status: str = "CREATE_COMPLETE", region: str = "eu-west-1"
) -> str:
    """Return the summary of a stack."""
    when = f"<LastCheckTimestamp>{checked}</LastCheckTimestamp>" if checked else ""
    return (
        f"<StackId>arn:aws:cloudformation:{region}:{ACCOUNT}:stack/{name}/6f1d1a30</StackId><StackName>{name}</StackName>"
        f"<CreationTime>2026-01-01T00:00:00Z</CreationTime><StackStatus>{status}</StackStatus>"
        f"<DriftInformation><StackDriftStatus>{drift}</StackDriftStatus>{when}</DriftInformation>"
    )


def stack_resources(*resources: tuple[str, str]) -> Answer:
    """Answer ListStackResources with types and physical ids."""
    members = "".join(
        f"<member><LogicalResourceId>R</LogicalResourceId><ResourceType>{type}</ResourceType><PhysicalResourceId>{id}</PhysicalResourceId>"
        "<LastUpdatedTimestamp>2026-01-01T00:00:00Z</LastUpdatedTimestamp><ResourceStatus>CREATE_COMPLETE</ResourceStatus></member>"
        for type, id in resources
    )
    return Answer(body=_cloudformation("ListStackResources", f"<StackResourceSummaries>{members}</StackResourceSummaries>"))


def _cloudformation(operation: str, result: str) -> str:
    space = 'xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"'
    return f"<{operation}Response {space}><{operation}Result>{result}</{operation}Result></{operation}Response>"


def versions(**support: str) -> Answer:
    """Answer DescribeClusterVersions: ``v1_34="STANDARD_SUPPORT"``."""
    told = [{"clusterVersion": name[1:].replace("_", "."), "versionStatus": status} for name, status in support.items()]
    return says({"clusterVersions": told})


def healthy(server: Server) -> None:
    """Script what moto has no answer for, as an account without stacks and capabilities would."""
    server.on("cloudformation", "ListStacks", stacks())
    server.on("eks", r"GET /cluster-versions", versions(v1_34="STANDARD_SUPPORT", v1_31="EXTENDED_SUPPORT", v1_27="UNSUPPORTED"))
    server.on("eks", r"GET /clusters/[^/]+/capabilities", says({"capabilities": []}))
