"""Reads OWNERS files."""

from assessor.facts.base import Fact
from assessor.reading import reader


class Owners(Fact, frozen=True, kw_only=True):
    """Who owns a repository."""

    names: tuple[str, ...]


@reader("acme-owners", names=("OWNERS",))
def read_owners(source):
    """Yield the owners."""
    yield Owners(at=source.place(1), names=tuple(source.text.split()))
