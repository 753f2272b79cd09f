"""The unit of work: one repository → its facts and how it scores alone. The same in every process and on every machine.

What it gives depends on the repository's state (`Listing.state`), on what was asked (`Order`) and on the code, and is
remembered by these: a repository that has not changed costs its listing and one look-up. What it takes to read and judge
is only imported when a repository has to be read.
"""

from __future__ import annotations

import datetime
import hashlib
import os
import time
from collections.abc import Sequence
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from assessor.collectors.cache import FactCache, code_version, open_cache
from assessor.collectors.glance import SETTLED, recall, remember
from assessor.collectors.target import Target
from assessor.errors import ParseError, UsageError
from assessor.settings import Settings

if TYPE_CHECKING:
    from assessor.engine import Checks
    from assessor.facts.repository import Repository
    from assessor.model import RepositoryScore


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked of every repository of a scan."""

    settings: Settings = Settings()
    today: datetime.date
    checks: tuple[str, ...] = ()  # folders with checks of the user's own
    cache: bool = True

    @property
    def code(self) -> str:
        """The version of the code that judges."""
        return code_version("gitops_assess.checks", "gitops_assess.scaffolds", folders=self.checks)

    def digest(self) -> str:
        """Return what a repository's result depends on beside the repository: the settings that matter, and the code."""
        active = tuple(w for w in self.settings.waivers if datetime.date.fromisoformat(w.until) >= self.today)
        asked = msgspec.json.encode(msgspec.structs.replace(self.settings, waivers=active), order="deterministic")
        return hashlib.blake2b(asked + self.code.encode(), digest_size=20).hexdigest()


class Answer(msgspec.Struct, frozen=True, array_like=True):
    """What came of one repository: its result as bytes, and the state these are remembered by; or why there is none.

    Without either the result is in the cache, under the state.
    """

    state: str = ""
    result: bytes = b""
    failure: str = ""
    hint: str = ""  # what to do about a mistake of the user's
    again: bool = False  # another process may fare better


class Unit:
    """Does the work on repositories, one after the other, for one order."""

    def __init__(self, order: Order) -> None:
        self.order = order
        self.asked = order.digest()
        self._cache: FactCache | None = None

    @property
    def cache(self) -> FactCache | None:
        """The user's cache, opened when first asked for, unless the order is to do without."""
        if self._cache is None and self.order.cache:
            self._cache = open_cache()
        return self._cache

    @cached_property
    def checks(self) -> Checks:
        """The checks that were asked for."""
        from assessor.engine import selected
        from assessor.registry import load_checks

        return selected(load_checks(map(Path, self.order.checks)), self.order.settings)

    def prepare(self) -> None:
        """Load what reading and judging takes; a broken plug-in raises `UsageError`."""
        for module in ("assessor.engine", "assessor.collectors.files"):
            import_module(module)
        from assessor.collectors.extraction import readers_of
        from assessor.collectors.wire import codec

        codec()
        readers_of()
        _ = self.checks

    def close(self) -> None:
        """Close the cache; asked for again, it is opened again."""
        if self._cache is not None:
            self._cache.close()
            self._cache = None

    def knows(self, targets: Sequence[Target]) -> bool:
        """Say whether most of these repositories were read before, so that most may be unchanged."""
        few = targets[:: max(1, len(targets) // 20)]
        return self.cache is not None and sum(self.cache.get(self._place(target)) is not None for target in few) * 2 > len(few)

    def glance(self, target: Target) -> Answer | None:
        """Return the answer, without its result, where the repository looks as it did when it was read, and that is remembered."""
        remembered = self.cache.get(self._place(target)) if self.cache else None
        state = recall(remembered, target.location) if remembered else ""
        return Answer(state) if state and self.cache and self.cache.has(self._key(state)) else None

    def result(self, answer: Answer) -> Answer | None:
        """Return the answer with its result from the cache; None where it is not there any more, or damaged."""
        if answer.result or answer.failure or not self.cache:
            return answer
        result = self.cache.get(self._key(answer.state))
        if result is None:
            self.cache.forget([self._key(answer.state)])
            return None
        return Answer(answer.state, result)

    def answer(self, target: Target) -> Answer:
        """Return what comes of a repository; whatever goes wrong with it is an answer as well."""
        try:
            return self._answer(target)
        except UsageError as error:
            return Answer(failure=str(error), hint=error.hint)
        except Exception as error:  # noqa: BLE001  one repository never costs the rest of the scan
            reason = f"the scan of it failed: {type(error).__name__}: {error}"
            return Answer(failure=reason, again=isinstance(error, MemoryError))

    def _answer(self, target: Target) -> Answer:
        from assessor.collectors.listing import Listing
        from assessor.collectors.tree import open_tree

        seen = self.glance(target)
        if seen and (known := self.result(seen)):
            return known
        since = time.time_ns() - SETTLED
        try:
            tree = open_tree(target)
        except ParseError as error:
            from assessor.collectors.files import nothing_of

            return Answer(result=self._judged(nothing_of(target, str(error), "git")))
        listing = Listing(target, tree, self.order.settings.exclude)
        state = listing.state()
        value = self.cache.get(self._key(state)) if self.cache and state else None
        known = Answer(state, value) if value is not None else None
        if known is None:
            from assessor.collectors.files import Reading

            reading = Reading(listing, self.cache)
            result = self._judged(reading.repository())
            known = Answer(state if reading.complete else "", result)
            if self.cache and known.state:
                self.cache.put(self._key(known.state), result)
        if self.cache:
            watched = listing.watched() if known.state and not target.ref else None
            if known.state:
                look = remember(target.location, known.state, *watched, since) if watched else b""
                self.cache.put(self._place(target), look)
            self.cache.flush()
        return known

    def _key(self, state: str) -> bytes:
        return self.cache.key("result", self.asked, state) if self.cache else b""

    def _place(self, target: Target) -> bytes:
        if not self.cache:
            return b""
        home = (os.environ.get(name, "") for name in ("HOME", "XDG_CONFIG_HOME"))  # where the user's ignore rules are
        return self.cache.key("place", self.asked, str(target.location), target.name, target.path, target.ref, *home)

    def _judged(self, repository: Repository) -> bytes:
        from assessor.collectors.wire import codec
        from assessor.engine import score_repository

        return codec().result(repository, score_repository(repository, self.checks, self.order.settings, self.order.today))


def read_answer(answer: Answer, target: Target) -> tuple[Repository, RepositoryScore | None]:
    """Return the repository of an answer, and its score; where there is no result, an empty one with a gap that says why."""
    from assessor.collectors.files import nothing_of
    from assessor.collectors.wire import NOT_FACTS, codec

    if answer.failure:
        return nothing_of(target, answer.failure), None
    try:
        return codec().read_result(answer.result)
    except NOT_FACTS as error:
        return nothing_of(target, f"what was found in it is not what it should be: {error}"), None
