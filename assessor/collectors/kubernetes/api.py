"""Reads from one cluster's API: plain JSON, in pages, with retries, within a time limit.

Answers are taken as JSON rather than as the client's models: those refuse an object that lacks a field they expect, and one
such object would cost a whole list. API conventions: https://kubernetes.io/docs/reference/using-api/api-concepts/
"""

from __future__ import annotations

import email.utils
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import msgspec
import urllib3

PAGE = 500
MAX_OBJECTS = 20_000  # of one list
MAX_BYTES = 64 * 1024 * 1024  # of one answer
TRIES = 4
_AGAIN = frozenset({429, 500, 502, 503, 504})


class Refused(Exception):
    """An answer other than 200: `status` is its code."""

    def __init__(self, status: int, after: float = 0.0) -> None:
        super().__init__(f"HTTP {status}")
        self.status = status
        self.after = after  # seconds it asks to wait


class Unreachable(Exception):
    """No answer could be had, or no sense be made of it; nothing further is worth asking if `final`."""

    def __init__(self, reason: str, *, final: bool = False) -> None:
        super().__init__(reason)
        self.final = final


@dataclass(slots=True)
class Limits:
    """How long to wait, in seconds."""

    total: float = 180.0  # for all calls to one cluster
    connect: float = 5.0
    read: float = 30.0
    pause: float = 0.5  # before the second try, doubled each time
    longest_pause: float = 10.0


@dataclass(slots=True)
class Api:
    """The API of one cluster. `now` is the time by the server's own clock, once it answered."""

    client: Any
    limits: Limits = field(default_factory=Limits)
    now: float = 0.0
    _end: float = 0.0
    _silent: int = 0  # calls in a row that got no answer

    def __post_init__(self) -> None:
        self._end = time.monotonic() + self.limits.total

    def get(self, path: str, query: dict[str, str] | None = None) -> dict[str, Any]:
        """Return the JSON object at a path; raises `Refused` or `Unreachable`."""
        pause = self.limits.pause
        for attempt in range(1, TRIES + 1):
            last = attempt == TRIES
            wait = pause
            try:
                return self._once(path, query or {})
            except Refused as error:
                if last or error.status not in _AGAIN:
                    raise
                wait = max(pause, error.after)
            except Unreachable as error:
                if last or error.final:
                    raise
            if time.monotonic() + wait > self._end:
                raise Unreachable(f"no answer within {self.limits.total:.0f} s", final=True)
            time.sleep(min(wait, self.limits.longest_pause))
            pause *= 2
        raise AssertionError("unreachable")  # the last attempt returns or raises

    def list(self, path: str) -> Iterator[dict[str, Any]]:
        """Yield the objects of a list, page by page; raises as `get` does, and `Unreachable` past `MAX_OBJECTS`.

        A page asked for too late is answered with 410 Gone: the list starts again, once.
        """
        try:
            yield from self._pages(path)
        except _Expired:
            try:
                yield from self._pages(path)
            except _Expired:
                raise Unreachable("the list changes faster than its pages can be read") from None

    def _pages(self, path: str) -> Iterator[dict[str, Any]]:
        found: list[dict[str, Any]] = []  # handed out as a whole, so that a list that starts again yields nothing twice
        token = ""
        while True:
            query = {"limit": str(PAGE)} | ({"continue": token} if token else {})
            try:
                page = self.get(path, query)
            except Refused as error:
                raise (_Expired() if error.status == 410 and token else error) from error
            items = page.get("items")
            found += [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []
            metadata = page.get("metadata")
            token = str(metadata.get("continue") or "") if isinstance(metadata, dict) else ""
            if not token or len(found) >= MAX_OBJECTS:
                break
        yield from found[:MAX_OBJECTS]
        if token or len(found) > MAX_OBJECTS:
            raise Unreachable(f"more than {MAX_OBJECTS} objects: the rest was not read")

    def _once(self, path: str, query: dict[str, str]) -> dict[str, Any]:
        from kubernetes.client.exceptions import ApiException

        left = self._end - time.monotonic()
        if left <= 0:
            raise Unreachable(f"no answer within {self.limits.total:.0f} s", final=True)
        timeout = (min(self.limits.connect, left), min(self.limits.read, left))
        try:
            method, url, headers, _, _ = self.client.param_serialize(
                "GET", path, query_params=list(query.items()), header_params={"Accept": "application/json"}, auth_settings=["BearerToken"]
            )  # fmt: skip
            answer = self.client.call_api(method, url, headers, _request_timeout=timeout).response
            body = self._body(answer)
        except ApiException as error:
            raise Unreachable("TLS: its certificate was not accepted", final=True) from error
        except urllib3.exceptions.HTTPError as error:
            self._silent += 1
            raise Unreachable(_told(error), final=self._silent >= TRIES) from error
        self._silent = 0
        self.now = _clock(answer.headers.get("Date", "")) or self.now or time.time()
        if answer.status != 200:
            raise _refusal(answer)
        try:
            value = msgspec.json.decode(body)
        except (msgspec.DecodeError, RecursionError, ValueError) as error:
            raise Unreachable("the answer is not JSON") from error
        if not isinstance(value, dict):
            raise Unreachable("the answer is not a JSON object")
        return value

    def _body(self, answer: Any) -> bytes:
        """Read an answer piece by piece, so that one that only trickles in is given up when the time is over."""
        parts, size = [], 0
        try:
            while part := answer.read1(65536, decode_content=True):
                parts.append(part)
                size += len(part)
                if size > MAX_BYTES:
                    raise Unreachable(f"an answer of more than {MAX_BYTES // 1024**2} MiB")
                if time.monotonic() > self._end:
                    raise Unreachable(f"no answer within {self.limits.total:.0f} s", final=True)
        finally:
            answer.close()
        return b"".join(parts)


class _Expired(Exception):
    """The token of a further page is too old."""


def _refusal(answer: Any) -> Refused:
    after = answer.headers.get("Retry-After", "")
    return Refused(answer.status, float(after) if after.isdecimal() and len(after) < 6 else 0.0)


def _clock(date: str) -> float:
    try:
        return email.utils.parsedate_to_datetime(date).timestamp()
    except (TypeError, ValueError, OverflowError):
        return 0.0


def _told(error: Exception) -> str:
    """Say in plain words why there was no answer, without the address: it may hold what it should not."""
    reason = getattr(error, "reason", None) or error
    names = (
        (urllib3.exceptions.ReadTimeoutError, "the answer did not come in time"),
        (urllib3.exceptions.NameResolutionError, "its host name does not resolve"),
        (urllib3.exceptions.NewConnectionError, "the connection was refused"),
        (urllib3.exceptions.ConnectTimeoutError, "the connection timed out"),  # of which the two above are kinds
        (urllib3.exceptions.SSLError, "TLS: its certificate was not accepted"),
        (urllib3.exceptions.ProxyError, "the proxy did not answer"),
        (urllib3.exceptions.ProtocolError, "the connection broke"),
    )
    return next((text for kind, text in names if isinstance(reason, kind)), f"the request failed ({type(reason).__name__})")
