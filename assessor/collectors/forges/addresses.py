"""Where a forge is and who asks it: the address the user named, the token from the environment."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from assessor.errors import UsageError
from assessor.redaction import printable, without_credentials

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True)
class Address:
    """A forge's address, and the token to show it ("": none)."""

    url: str  # scheme, host and perhaps a path, without a slash at the end
    token: str = field(default="", repr=False)

    @property
    def host(self) -> str:
        """Its host, with the port if one is given."""
        return urlsplit(self.url).netloc

    @property
    def protocols(self) -> tuple[str, ...]:
        """How repositories are cloned from it."""
        return (urlsplit(self.url).scheme,)


def address(url: str, public: str, option: str, *variables: str) -> Address:
    """Return where a forge is, and the token of the first of these variables that is set.

    Raises `UsageError` for what is no address, and for one over which the token would travel in the clear.
    """
    token = next((value for name in variables if (value := os.environ.get(name, "").strip())), "")
    if token and not (token.isascii() and token.isprintable() and " " not in token):
        raise UsageError(f"{' or '.join(variables)}: the token holds characters that no token has", "Copy it again.")
    parts = urlsplit(url or public)
    shown = printable(without_credentials(url))
    hint = f"Give an address such as {public}."
    try:
        named = parts.hostname and parts.port != 0
    except ValueError:
        named = None
    if parts.scheme not in ("https", "http") or not named or parts.query or parts.fragment:
        raise UsageError(f"{option}: {shown!r} is not the address of a server", hint)
    if "@" in parts.netloc:
        raise UsageError(f"{option}: {shown!r} was given with credentials", f"Put the token into {variables[0]}.")
    if parts.scheme == "http" and parts.hostname not in _LOOPBACK:
        raise UsageError(f"{option}: {shown!r} is not encrypted, and your token would be sent over it", "Use https.")
    return Address(f"{parts.scheme}://{parts.netloc.lower()}{parts.path.rstrip('/')}", token)
