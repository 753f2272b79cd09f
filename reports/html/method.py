"""What the page says of its method: frameworks and what was scanned."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from assessor.model import Assessment, RepositoryScore, Status

from ..links import Forge
from ..words import CODES, SYMBOLS, printable


@dataclass(frozen=True, slots=True)
class Mapped:
    """A practice of a framework and the checks that speak to it."""

    framework: str
    practice: str
    checks: tuple[tuple[str, str, str, str], ...]  # anchor, status, symbol, title


@dataclass(frozen=True, slots=True)
class Scanned:
    """A repository as it was read."""

    name: str
    href: str
    branch: str
    commit: str
    inventory: str
    set_aside: str


def mapping(assessment: Assessment) -> Iterable[Mapped]:
    """Yield the frameworks' practices with the checks that speak to them."""
    scores = {c.id: c for s in assessment.organization.steps for t in s.tasks for c in t.checks}
    practices: dict[str, list[tuple[str, str, str, str]]] = defaultdict(list)
    for info in assessment.checks:
        score = scores.get(info.id)
        status = score.status if score else Status.NOT_APPLICABLE
        for name in info.frameworks:
            practices[name].append((f"c-{info.id}", CODES[status], SYMBOLS[status], printable(info.title)))
    for name, checks in sorted(practices.items()):
        framework, _, practice = name.partition(":") if ":" in name else (name, "", "")
        yield Mapped(printable(framework, 60), printable(practice, 120), tuple(checks))


def scanned(repo: RepositoryScore, where: Forge) -> Scanned:
    """Return a repository as it was read."""
    return Scanned(
        name=printable(repo.name, 60),
        href=where.base,
        branch=printable(repo.branch, 40),
        commit=printable(repo.commit[:10], 20),
        inventory=", ".join(f"{count} {printable(kind.replace('-', ' '), 30)}" for kind, count in sorted(repo.inventory.items())),
        set_aside=", ".join(f"{count:,} {printable(kind, 30)}" for kind, count in sorted(repo.set_aside.items())),
    )
