"""GitLab's API through python-gitlab, which knows how to sign in and where an instance keeps its API.

Only declared calls are made, and its retries are switched off: it would wait as long as a server says, without a word;
`assessor.collectors.forges.pacing` takes their place. The token travels as ``Authorization``, which is dropped where a server
redirects to another host.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

from assessor import __version__
from assessor.collectors.forges.addresses import Address, address
from assessor.collectors.forges.calls import Call
from assessor.collectors.forges.pacing import Answer, Pace, Unanswered
from assessor.settings import GitlabSettings

PUBLIC = "https://gitlab.com"
TIMEOUT = 20  # seconds without a byte
PAGE = 100
MAX_PAGES = 200
# gitlab.com takes 2,000 requests a minute from a user, and 500 from an address without one:
# https://docs.gitlab.com/user/gitlab_com/#rate-limits-on-gitlabcom
INTERVAL = 60 / 450


def where(settings: GitlabSettings) -> Address:
    """Return where GitLab is and the user's token; raises `UsageError`."""
    return address(settings.url, PUBLIC, "--gitlab-url", "GITLAB_TOKEN")


class Client:
    """Makes declared calls, from several threads at the same pace."""

    def __init__(self, address: Address, pace: Pace) -> None:
        self.address = address
        self.pace = pace
        self._own = threading.local()  # each thread has its own session

    def get(self, call: Call, query: Mapping[str, str] | None = None, /, **parts: str) -> Any:
        """Return what a call answers; raises `AskingError`."""
        return self._ask(call.at(**parts) + _query(query)).data

    def pages(self, call: Call, query: Mapping[str, str] | None = None, /, **parts: str) -> Iterator[dict[str, Any]]:
        """Yield the items of every page of a list; raises `AskingError`."""
        from requests.utils import parse_header_links

        path = call.at(**parts) + _query({"per_page": str(PAGE), **(query or {})})
        for _ in range(MAX_PAGES):
            answer = self._ask(path)
            if not isinstance(answer.data, list):
                raise Unanswered(f"{call.path} answers with what is no list")
            yield from (item for item in answer.data if isinstance(item, dict))
            links = parse_header_links(answer.headers.get("link", ""))
            following = urlsplit(next((link["url"] for link in links if link.get("rel") == "next"), ""))
            # Whatever host it names: the token goes to the one the user named.
            path = "/" + following.path.partition("/api/v4/")[2] + f"?{following.query}" if following.path else ""
            if not path:
                return

    def _ask(self, path: str) -> Answer:
        def send() -> Answer:
            from gitlab.exceptions import GitlabError

            client = self._client()
            self._own.response = None
            try:
                client.http_request("get", path, obey_rate_limit=False, retry_transient_errors=False, max_retries=0)
            except GitlabError as error:
                if self._own.response is None or self._own.response.status_code < 400:
                    raise ConnectionError(str(error)) from error
            response = self._own.response
            headers = {name.lower(): value for name, value in response.headers.items()}
            try:
                data = response.json() if response.content else {}
            except ValueError:
                if response.status_code < 400:
                    raise
                data = {}
            return Answer(response.status_code, headers, data)

        return self.pace.ask(send)

    def _client(self) -> Any:
        if not hasattr(self._own, "client"):
            import gitlab
            import requests

            session = requests.Session()
            session.auth = _unchanged  # without one, a password from ~/.netrc would be sent
            session.hooks["response"].append(self._heard)
            self._own.client = gitlab.Gitlab(
                self.address.url,
                oauth_token=self.address.token or None,
                timeout=TIMEOUT,
                user_agent=f"gitops-assess/{__version__}",
                session=session,
            )
        return self._own.client

    def _heard(self, response: Any, *_: object, **__: object) -> None:
        """Keep the answer: python-gitlab's errors hold no headers."""
        self._own.response = response


def _query(query: Mapping[str, str] | None) -> str:
    return f"?{urlencode(query)}" if query else ""


def _unchanged(request: Any) -> Any:
    return request
