"""One way to ask: only declared calls, every page, within the time limit, and failures in words."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from .calls import BY_NAME
from .refusals import Refused, refused
from .sessions import CONFIG

MAX_ITEMS = 200_000  # of one list in one region: a bound on what a hostile or broken endpoint can make us keep


class Account:
    """An account that is asked: its session, and when to stop. Clients are shared between threads, made by one at a time."""

    def __init__(self, session: Any, number: str, home: str, until: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.session, self.number, self.home = session, number, home
        self.partition = "aws"  # aws-cn, aws-us-gov
        self._until, self._clock = until, clock
        self._lock = threading.Lock()
        self._clients: dict[tuple[str, str], Any] = {}

    def client(self, service: str, region: str) -> Any:
        """Return the client of a service in a region."""
        with self._lock:
            if (service, region) not in self._clients:
                self._clients[service, region] = self.session.client(service, region_name=region, config=CONFIG)
            return self._clients[service, region]

    def arn(self, service: str, resource: str, region: str = "") -> str:
        """Return the ARN of something in the account. Those of S3 have neither region nor account."""
        account = "" if service == "s3" else self.number
        return f"arn:{self.partition}:{service}:{region}:{account}:{resource}"

    def stop(self) -> None:
        """Let every call that is still to come be refused: the user has had enough."""
        self._until = float("-inf")

    def close(self) -> None:
        """Give back the connections."""
        for client in self._clients.values():
            client.close()

    def in_time(self) -> None:
        """Raise `Refused` when the account's time is up."""
        if self._clock() > self._until:
            raise Refused("limit", "the time limit of the account was reached")


class Asker:
    """Asks one account in one region. `regional` once the credentials are known to be good."""

    def __init__(self, account: Account, region: str, regional: bool = True) -> None:
        self.account, self.region, self.regional = account, region, regional

    def ask(self, service: str, operation: str, **arguments: Any) -> dict[str, Any]:
        """Return one answer; raises `Refused`. The operation is named as AWS does, and must be among the declared calls."""
        call = BY_NAME[service, operation]
        self.account.in_time()
        try:
            client = self.account.client(service, self.region)
            answer: dict[str, Any] = getattr(client, _method(client, operation))(**arguments)
            _understood(client, set(answer) - {"ResponseMetadata"})
        except Exception as error:  # noqa: BLE001  the cause may quote a request: what is raised says it in our words
            raise refused(error, call, self.regional) from None
        return answer

    def pages(self, service: str, operation: str, *keys: str, limit: int = MAX_ITEMS, **arguments: Any) -> Iterator[Any]:
        """Yield the items under these keys of every page; raises `Refused`, also after the first of them."""
        call = BY_NAME[service, operation]
        given = 0
        try:
            client = self.account.client(service, self.region)
            pages = client.get_paginator(_method(client, operation)).paginate(**arguments)
            self.account.in_time()
            for page in pages:
                _understood(client, set(keys) & set(page))
                for key in keys:
                    for item in page.get(key) or ():
                        yield item
                        given += 1
                if given >= limit:
                    return
                self.account.in_time()
        except Exception as error:  # noqa: BLE001  as above
            raise refused(error, call, self.regional) from None


def _understood(client: Any, told: set[str]) -> None:
    """Raise `ValueError` for a JSON answer that tells nothing: botocore silently takes a text that is no JSON for one."""
    if not told and "json" in str(client.meta.service_model.metadata.get("protocol", "")):
        raise ValueError("empty answer")


def _method(client: Any, operation: str) -> str:
    names: dict[str, str] = client.meta.method_to_api_mapping
    return next(method for method, name in names.items() if name == operation)
