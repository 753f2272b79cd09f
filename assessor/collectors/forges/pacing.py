"""How a forge is asked: no faster than it allows, patiently, and not for ever.

All threads that ask a forge share one pace. When the forge says that it was asked too often (429, or 403 with ``Retry-After``, no
requests left or a message about limits), none of them asks until it may again. A wait longer than our patience ends the asking:
what was not asked by then is a gap.

https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api
https://docs.gitlab.com/security/rate_limits/
"""

from __future__ import annotations

import contextlib
import email.utils
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from assessor.observing import Progress, silent
from assessor.redaction import printable, redact

SECONDARY = 60.0  # seconds to wait where a limit is named without saying how long
_TRANSIENT = frozenset({500, 502, 503, 504, 520, 521, 522, 523, 524})
_REMAINING = ("x-ratelimit-remaining", "ratelimit-remaining")
_LIMIT = ("x-ratelimit-limit", "ratelimit-limit")
_RESET = ("x-ratelimit-reset", "ratelimit-reset")


class Answer(NamedTuple):
    """What a forge answered: names of headers in lower case, and the decoded JSON."""

    status: int
    headers: Mapping[str, str]
    data: Any

    @property
    def message(self) -> str:
        """What it says went wrong, in a line that is safe to show."""
        said = self.data.get("message") or self.data.get("error") if isinstance(self.data, dict) else ""
        return redact(printable(str(said or "")))[:200]


class AskingError(Exception):
    """Something was not learned; the message says why and holds no credentials."""


class Refused(AskingError):
    """The forge answered that it will not, or that there is no such thing."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(f"{status} {message}".strip())
        self.status = status
        self.message = message


class Unanswered(AskingError):
    """No usable answer came, however often it was asked."""


class Ended(AskingError):
    """Nothing more is asked."""


@contextlib.contextmanager
def documented() -> Iterator[None]:
    """Turn what goes wrong while an answer is read into `Unanswered`: it is not what the documentation says."""
    try:
        yield
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Unanswered(
            redact(printable(f"it answers with what is not documented: {type(error).__name__} {error}"))[:200]
        ) from error


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to go on. All in seconds but `attempts`, and `silences`: so many calls in a row without any answer end it."""

    attempts: int = 5
    wait: float = 900  # for a limit to be lifted, at most
    overall: float = 3 * 3600
    pause: float = 1.0  # before the second attempt, doubled for each further one
    silences: int = 3


@dataclass(slots=True)
class Pace:
    """The pace of one forge, shared by the threads that ask it. `interval` is the least time between two requests."""

    interval: float
    patience: Patience = Patience()
    progress: Progress = silent
    title: str = ""
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _next: float = 0.0
    _end: float = 0.0
    _ended: str = ""
    _silent: int = 0

    def ask(self, send: Callable[[], Answer]) -> Answer:
        """Send a request until there is an answer; raises `Refused`, `Unanswered` or `Ended`.

        `send` raises `OSError` when there was no connection, or none to the end, and `ValueError` for what is no JSON.
        """
        reason = ""
        for attempt in range(self.patience.attempts):
            self._turn()
            pause = self.patience.pause * 2**attempt
            try:
                answer = send()
            except (OSError, ValueError) as error:
                reason = _why(error)
            else:
                self._silent = 0
                if answer.status < 400:
                    self._tell(answer.headers)
                    return answer
                reason = f"{answer.status} {answer.message}".strip()
                if _limited(answer):
                    self._hold(_delay(answer, SECONDARY))
                    continue
                if answer.status not in _TRANSIENT:
                    raise Refused(answer.status, answer.message)
                pause = _delay(answer, pause)
            if attempt + 1 < self.patience.attempts:
                time.sleep(min(pause, self.patience.wait))
        self._silence(reason)
        raise Unanswered(reason)

    def end(self, reason: str) -> None:
        """Let nobody ask any more."""
        with self._lock:
            self._ended = self._ended or reason

    def _turn(self) -> None:
        """Wait until it is this thread's turn."""
        while True:
            with self._lock:
                now = time.monotonic()
                self._end = self._end or now + self.patience.overall
                if not self._ended and now > self._end:
                    self._ended = f"asking it takes longer than {self.patience.overall:g} s"
                if self._ended:
                    raise Ended(self._ended)
                if now >= self._next:
                    self._next = now + self.interval
                    return
                wait = self._next - now
            time.sleep(min(wait, 1.0))

    def _hold(self, delay: float) -> None:
        """Let nobody ask for a while."""
        with self._lock:
            if delay > self.patience.wait:
                self._ended = f"its rate limit is used up for another {round(delay / 60)} minutes"
                raise Ended(self._ended)
            self._next = max(self._next, time.monotonic() + delay)
        self.progress(f"{self.title}: waiting {delay:.0f} s for its rate limit")

    def _silence(self, reason: str) -> None:
        with self._lock:
            self._silent += 1
            if self._silent >= self.patience.silences:
                self._ended = f"it does not answer any more: {reason}"

    def _tell(self, headers: Mapping[str, str]) -> None:
        remaining, limit = _first(headers, _REMAINING), _first(headers, _LIMIT)
        if remaining.isdigit() and limit.isdigit() and int(remaining) * 5 < int(limit):
            self.progress(f"{self.title}: {remaining} of {limit} requests left")


def _limited(answer: Answer) -> bool:
    if answer.status == 429:
        return True
    if answer.status != 403:
        return False
    return "retry-after" in answer.headers or _first(answer.headers, _REMAINING) == "0" or "rate limit" in answer.message.lower()


def _delay(answer: Answer, otherwise: float) -> float:
    """Return for how many seconds the answer asks to wait. Its moments are by the forge's clock, not by ours."""
    after = answer.headers.get("retry-after", "")
    if after.isdigit():
        return float(after)
    told, wanted = _moment(answer.headers.get("date", "")), _moment(after)
    now = time.time() if told is None else told
    if wanted is not None:
        return max(0.0, wanted - now)
    reset = _first(answer.headers, _RESET)
    if reset.isdigit() and _first(answer.headers, _REMAINING) == "0":
        return max(0.0, float(reset) - now) + 1  # it does not say when within the second
    return otherwise


def _moment(date: str) -> float | None:
    parsed = email.utils.parsedate_tz(date)
    return email.utils.mktime_tz(parsed) if parsed else None


def _first(headers: Mapping[str, str], names: tuple[str, ...]) -> str:
    return next((headers[name] for name in names if name in headers), "")


def _why(error: Exception) -> str:
    """Say in plain words why there was no answer."""
    if isinstance(error, ValueError) and not isinstance(error, OSError):
        return "its answer is no JSON"
    name = type(error).__name__
    if "Timeout" in name:
        return "it does not answer in time"
    if "SSL" in name:
        return redact(printable(f"no secure connection: {error}"))[:200]
    return "it cannot be reached, or hangs up"
