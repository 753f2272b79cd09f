"""GitHub's API through PyGithub, which knows how to sign in and where an Enterprise Server keeps its API.

Only declared calls are made: PyGithub's objects, which fetch what they lack when an attribute is read, are not used. Its retries
are switched off, because they are deaf to what other threads were told and may wait for an hour without a word;
`assessor.collectors.forges.pacing` takes their place.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

from assessor import __version__
from assessor.collectors.forges.addresses import Address, address
from assessor.collectors.forges.calls import Call
from assessor.collectors.forges.pacing import Answer, Pace, Refused, Unanswered
from assessor.settings import GithubSettings

from .calls import GRAPHQL

PUBLIC = "https://github.com"
TIMEOUT = 20  # seconds without a byte
PAGE = 100
MAX_PAGES = 200
# 900 points a minute are allowed, and a GET costs one:
# https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#about-secondary-rate-limits
INTERVAL = 60 / 800


def where(settings: GithubSettings) -> Address:
    """Return where GitHub is and the user's token; raises `UsageError`."""
    return address(settings.url, PUBLIC, "--github-url", "GITHUB_TOKEN", "GH_TOKEN")


def api(url: str) -> str:
    """Return where the API of a GitHub is: of github.com, of a tenant on ghe.com, or of an Enterprise Server."""
    parts = urlsplit(url)
    if parts.hostname in ("github.com", "www.github.com", "api.github.com"):
        return "https://api.github.com"
    if (parts.hostname or "").endswith(".ghe.com"):
        return f"https://api.{parts.netloc.removeprefix('api.')}"
    return url if parts.path.endswith("/api/v3") else f"{url}/api/v3"


class Client:
    """Makes declared calls, from several threads at the same pace."""

    def __init__(self, address: Address, pace: Pace) -> None:
        self.address = address
        self.pace = pace
        self._own = threading.local()  # PyGithub's connection belongs to one thread

    def get(self, call: Call, query: Mapping[str, str] | None = None, /, **parts: str) -> Any:
        """Return what a call answers; raises `AskingError`."""
        return self._ask(self._url(call, query, parts)).data

    def pages(self, call: Call, query: Mapping[str, str] | None = None, /, **parts: str) -> Iterator[dict[str, Any]]:
        """Yield the items of every page of a list; raises `AskingError`."""
        from requests.utils import parse_header_links

        url = self._url(call, {"per_page": str(PAGE), **(query or {})}, parts)
        for _ in range(MAX_PAGES):
            answer = self._ask(url)
            if not isinstance(answer.data, list):
                raise Unanswered(f"{call.path} answers with what is no list")
            yield from (item for item in answer.data if isinstance(item, dict))
            links = parse_header_links(answer.headers.get("link", ""))
            url = next((link["url"] for link in links if link.get("rel") == "next"), "")
            if not url:
                return

    def query(self, text: str, variables: dict[str, Any]) -> dict[str, Any]:
        """Return the data of a GraphQL query, parts of which may be missing; raises `AskingError`."""
        answer = self._ask(self._requester().graphql_url, {"query": text, "variables": variables}).data
        data = answer.get("data") if isinstance(answer, dict) else None
        if not data:
            raise Refused(200, _first_error(answer))
        found: dict[str, Any] = data
        return found

    def _url(self, call: Call, query: Mapping[str, str] | None, parts: Mapping[str, str]) -> str:
        return call.at(**parts) + (f"?{urlencode(query)}" if query else "")

    def _ask(self, url: str, body: object = None) -> Answer:
        def send() -> Answer:
            requester = self._requester()
            method = GRAPHQL.method if body is not None else "GET"
            try:
                status, headers, text = requester.requestJson(method, url, input=body)
            except RuntimeError as error:  # how PyGithub refuses a redirection to another host
                raise ConnectionError(str(error)) from error
            data = json.loads(text) if text and (status < 400 or text[:1] in "{[") else {}
            if body is not None and '"RATE_LIMITED"' in text[:2000]:
                status = 429  # GraphQL tells of it in an answer that is fine otherwise
            return Answer(status, {name.lower(): str(value) for name, value in headers.items()}, data)

        return self.pace.ask(send)

    def _requester(self) -> Any:
        if not hasattr(self._own, "requester"):
            from github import Auth, Github

            github = Github(
                auth=Auth.Token(self.address.token) if self.address.token else None,
                base_url=api(self.address.url),
                timeout=TIMEOUT,
                retry=None,
                per_page=PAGE,
                user_agent=f"gitops-assess/{__version__}",
                seconds_between_requests=None,
                seconds_between_writes=None,
            )
            self._own.requester = github.requester
        return self._own.requester


def _first_error(answer: object) -> str:
    errors = answer.get("errors") if isinstance(answer, dict) else None
    first = errors[0] if isinstance(errors, list) and errors else {}
    return str(first.get("message", "no data") if isinstance(first, dict) else first)[:200]
