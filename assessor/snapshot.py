"""What live systems said, kept in a file: the same evidence scores again without touching them.

A snapshot is JSON: facts by their declared types, and gaps. It holds no credentials, and secrets are taken out of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Union

import msgspec

from assessor.errors import UsageError
from assessor.facts import aws, cluster, forge
from assessor.facts.base import Fact, Gap
from assessor.redaction import scrub

SCHEMA_VERSION = "1"
MAX_BYTES = 512 * 1024 * 1024


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """What was seen: `asked` names the systems, `taken` the day (ISO 8601)."""

    schema_version: str = SCHEMA_VERSION
    taken: str
    asked: tuple[str, ...] = ()
    facts: tuple[Fact, ...] = ()
    gaps: tuple[Gap, ...] = ()


class _File(msgspec.Struct, kw_only=True):
    """The file's shape; its facts are decoded apart, when their types are known."""

    schema_version: str
    taken: str
    asked: tuple[str, ...] = ()
    facts: msgspec.Raw = msgspec.Raw(b"[]")
    gaps: tuple[Gap, ...] = ()


def dump(snapshot: Snapshot) -> str:
    """Return a snapshot as JSON, its facts and gaps sorted: the same evidence gives the same bytes."""
    encode = msgspec.json.encode
    ordered = msgspec.structs.replace(
        snapshot, facts=tuple(sorted(snapshot.facts, key=lambda fact: (fact.at, encode(fact)))), gaps=tuple(sorted(snapshot.gaps))
    )
    return msgspec.json.format(encode(scrub(msgspec.json.decode(encode(ordered)))), indent=1).decode() + "\n"


def load(file: Path) -> Snapshot:
    """Read a snapshot; raises `UsageError` naming the file and what is wrong with it."""
    hint = "Name a file written with --save-evidence."
    try:
        if file.stat().st_size > MAX_BYTES:
            raise UsageError(f"{file}: larger than {MAX_BYTES // 1024**2} MiB", hint)
        found = msgspec.json.decode(file.read_bytes(), type=_File)
        if found.schema_version != SCHEMA_VERSION:
            raise UsageError(
                f"{file}: its format has version {found.schema_version}, this program reads {SCHEMA_VERSION}", "Ask again."
            )
        facts = msgspec.json.decode(found.facts, type=_facts())
    except OSError as error:
        raise UsageError(f"{file}: cannot be read: {error.strerror}", hint) from error
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError, ValueError) as error:
        raise UsageError(f"{file}: not a snapshot of evidence: {error}", hint) from error
    return Snapshot(taken=found.taken, asked=found.asked, facts=facts, gaps=found.gaps)


@cache
def _facts() -> Any:
    """Return the type of the facts of live systems."""
    kinds = tuple(sorted(_kinds(), key=lambda kind: kind.__name__))
    return tuple[Union[kinds], ...]  # type: ignore[valid-type]  # noqa: UP007  the members are only known now


def _kinds() -> Iterator[type[Fact]]:
    for module in (aws, cluster, forge):
        for value in vars(module).values():
            if isinstance(value, type) and issubclass(value, Fact) and value.__module__ == module.__name__:
                yield value
