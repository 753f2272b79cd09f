"""Tells a repository whose product is code for others to import from one whose product runs."""

from __future__ import annotations

from collections.abc import Iterable

from assessor.facts.base import Fact
from assessor.facts.containers import Dockerfile, LanguageProject


def is_library(facts: Iterable[Fact], name: str) -> bool:
    """Say whether the own content of a repository makes it a library, so that its examples are documentation."""
    facts = tuple(facts)
    projects = [fact for fact in facts if isinstance(fact, LanguageProject)]
    if any(isinstance(fact, Dockerfile) and not fact.development for fact in facts):
        return False
    return bool(projects) and any(p.published for p in projects) and not any(p.entry_points for p in projects)
