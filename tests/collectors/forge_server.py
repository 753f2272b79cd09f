"""Stand-ins for GitHub and GitLab on loopback, written from their public API descriptions.

`Forge` serves JSON by path, a page at a time with ``Link`` headers, to whoever shows the token; `fail` scripts what goes wrong.
https://docs.github.com/en/rest · https://docs.gitlab.com/api/rest/
"""

from __future__ import annotations

import base64
import contextlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from tests.collectors.git_server import serve_git

TOKEN = "ghp_canary0123456789canary0123456789"  # noqa: S105  a canary


@dataclass(frozen=True)
class Reply:
    """One answer: `body` is JSON unless it is text; `cut` hangs up in the middle of it, `delay` waits before."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    cut: bool = False
    delay: float = 0


@dataclass(frozen=True)
class Asked:
    """One request: the path below the API's root as sent, and decoded parts of it."""

    method: str
    path: str
    query: dict[str, str]
    authorization: str
    body: Any = None


@dataclass
class Forge:
    """What is served: `answers` by path (below `root`, escapes undone), lists by pages of `page` items."""

    root: str
    answers: dict[str, Any] = field(default_factory=dict)
    denied: dict[str, Reply] = field(default_factory=dict)
    token: str = ""
    page: int = 100
    query: Callable[[dict[str, Any]], Any] | None = None  # answers GraphQL
    failures: list[Reply] = field(default_factory=list)  # the next answers, whatever is asked
    asked: list[Asked] = field(default_factory=list)
    url: str = ""
    delay: float = 0  # before git is answered
    git: Path | None = None  # a folder of bare repositories to clone, by owner and name

    def fail(self, *replies: Reply) -> None:
        """Answer the next requests so."""
        self.failures += replies


@contextlib.contextmanager
def serving(forge: Forge) -> Iterator[Forge]:
    """Serve while the block runs."""

    class Handler(_Handler):
        state = forge

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        forge.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield forge
        finally:
            server.shutdown()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    state: Forge
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.state.git and ".git/" in self.path:
            self._git(b"")
        else:
            self._answer(None)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.state.git and ".git/" in self.path:
            self._git(body)
        else:
            self._answer(json.loads(body))

    do_PUT = do_PATCH = do_DELETE = do_GET  # noqa: N815  the names http.server calls

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def _answer(self, body: Any) -> None:
        parts = urlsplit(self.path)
        query = dict(parse_qsl(parts.query))
        path = parts.path.removeprefix(self.state.root)
        self.state.asked.append(Asked(self.command, path, query, self.headers.get("Authorization", ""), body))
        self._send(self._reply(unquote(path), query, body))

    def _git(self, body: bytes) -> None:
        self.close_connection = True
        login = base64.b64decode(self.headers.get("Authorization", "").removeprefix("Basic ")).decode()
        if self.state.token and login.partition(":")[2] != self.state.token:
            self._send(Reply(401, {}, {"WWW-Authenticate": 'Basic realm="git"', "Connection": "close"}))
        elif self.state.git:
            time.sleep(self.state.delay)
            serve_git(self, self.state.git, body)

    def _reply(self, path: str, query: dict[str, str], body: Any) -> Reply:
        state = self.state
        if state.failures:
            return state.failures.pop(0)
        if state.token and self.headers.get("Authorization") not in (f"token {state.token}", f"Bearer {state.token}"):
            return Reply(401, {"message": "Bad credentials"})
        if path in state.denied:
            return state.denied[path]
        if body is not None:
            return Reply(200, state.query(body)) if state.query else Reply(401, {"message": "Requires authentication"})
        if path not in state.answers:
            return Reply(404, {"message": "Not Found"})
        found = state.answers[path]
        if not isinstance(found, list):
            return Reply(200, found(query) if callable(found) else found)
        size, page = min(int(query.get("per_page", 30)), state.page), int(query.get("page", 1))
        headers = {}
        if page * size < len(found):
            following = urlencode({**query, "page": str(page + 1)})
            headers["Link"] = f'<{state.url}{urlsplit(self.path).path}?{following}>; rel="next"'
        return Reply(200, found[(page - 1) * size : page * size], headers)

    def _send(self, reply: Reply) -> None:
        time.sleep(reply.delay)
        content = (reply.body if isinstance(reply.body, str) else json.dumps(reply.body)).encode()
        self.send_response(reply.status)
        for name, value in {"Content-Type": "application/json", **reply.headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        with contextlib.suppress(OSError):
            self.wfile.write(content[: len(content) // 2] if reply.cut else content)
            self.close_connection = self.close_connection or reply.cut


def github_repository(forge: Forge, owner: str, name: str, **more: Any) -> dict[str, Any]:
    """Return a repository as GitHub lists it, cloned from where the stand-in is."""
    return {
        "full_name": f"{owner}/{name}",
        "html_url": f"{forge.url}/{owner}/{name}",
        "clone_url": f"{forge.url}/{owner}/{name}.git",
        "default_branch": "main",
        "archived": False,
        "fork": False,
        **more,
    }


def gitlab_project(forge: Forge, path: str, **more: Any) -> dict[str, Any]:
    """Return a project as GitLab lists it."""
    return {
        "path_with_namespace": path,
        "web_url": f"{forge.url}/{path}",
        "http_url_to_repo": f"{forge.url}/{path}.git",
        "default_branch": "main",
        "archived": False,
        "only_allow_merge_if_pipeline_succeeds": True,
        **more,
    }
