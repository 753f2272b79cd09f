"""Which version of a language's image fits what a manifest asks for."""

from __future__ import annotations

import re

# The one to take where several fit comes first. Images of these versions are in docker-library/official-images, those of
# .NET in dotnet/dotnet-docker. Python's and PHP's newest come last: many packages do not support them yet.
RUNTIMES = {
    "python": ("3.13", "3.12", "3.11", "3.10", "3.14"),
    "javascript": ("24", "22", "20"),  # the even numbers are kept for long
    "java": ("21", "17", "11", "8", "25"),
    "c#": ("10.0", "9.0", "8.0"),
    "ruby": ("3.4", "3.3", "4.0"),
    "php": ("8.4", "8.3", "8.2", "8.5"),
}
_CLAUSE = re.compile(r"(===?|~=|>=|<=|!=|~>|\^|~|>|<|=)?\s*v?(\d{1,6}(?:\.(?:\d{1,6}|[*x]))*)")


def runtime(family: str, wanted: str) -> str:
    """Return the first version of the table that a manifest's wish allows; "" when nothing is asked or none fits.

    Understands the operators of PEP 440, npm, Composer and RubyGems as far as major and minor numbers go.
    """
    known = RUNTIMES.get(family, ())
    wanted = wanted[:200]
    if not wanted:
        return ""
    if family == "c#":
        framework = re.search(r"net(?:coreapp)?(\d+\.\d+)", wanted)
        return framework[1] if framework and framework[1] in known else ""
    if family == "java":
        number = re.match(r"\d+", wanted.removeprefix("1.") if wanted.startswith("1.") else wanted)
        return next((v for v in sorted(known, key=int) if number and int(v) >= int(number[0])), "")
    if family == "ruby" and re.fullmatch(r"[34]\.\d+\.\d+", wanted):
        return wanted  # Bundler accepts no other, and every release keeps its tag
    return next((version for version in known if any(_fits(part, version, family) for part in wanted.split("||"))), "")


def _fits(wanted: str, version: str, family: str) -> bool:
    clauses = _CLAUSE.findall(wanted)
    return bool(clauses) and all(_allows(operator, bound, version, family) for operator, bound in clauses)


def _allows(operator: str, bound: str, version: str, family: str) -> bool:
    """Say whether a version series (3.12, 22) has a member that a clause allows."""
    have = tuple(int(part) for part in version.split("."))
    parts = [int(part) for part in bound.split(".") if part.isdigit()]
    want = tuple([*parts, 0][: len(have)])
    finer = len(parts) > len(have) and any(parts[len(have) :])
    if operator in (">=", ">"):
        return have >= want
    if operator in ("<=", "<"):
        return have < want or (have == want and (operator == "<=" or finer))
    if operator == "!=":
        return have != want or finer
    if operator in ("^", "~=", "~>", "~"):
        # The last number named may grow (^: all but the first); npm's ~ keeps the minor number.
        minor_grows = operator == "^" or (len(parts) <= 2 and not (operator == "~" and family == "javascript"))
        return have >= want and have[0] == want[0] if minor_grows else have == want
    return have[: len(parts)] == want[: len(parts)]
