"""Tells a repository's own content from what is vendored, generated, a fixture, an example or documentation."""

from __future__ import annotations

import enum
import re


class Origin(enum.StrEnum):
    """Whose content a file is, and for what."""

    OWN = "own"
    EXAMPLE = "example"
    VENDORED = "vendored"
    GENERATED = "generated"
    FIXTURE = "fixture"
    DOCUMENTATION = "documentation"


_FOLDERS: tuple[tuple[Origin, re.Pattern[str]], ...] = (
    (
        Origin.VENDORED,
        re.compile(
            r"(?:^|/)(?:vendor|vendored|third[_-]?party|node_modules|bower_components|\.yarn|cue\.mod|Godeps|\.terraform|site-packages|\.venv|venv)/"
        ),
    ),
    (Origin.GENERATED, re.compile(r"(?:^|/)(?:cdk\.out|__pycache__|\.next|\.gradle)/|\.pb\.go$|_pb2\.pyi?$|\.min\.js$")),
    (
        Origin.FIXTURE,
        re.compile(
            r"(?:^|/)(?:tests?|testing|testdata|test[_-]data|test[_-]fixtures?|fixtures?|__tests__|spec|specs|e2e|molecule|mocks?|__mocks__|snapshots?|__snapshots__)/",
            re.I,
        ),
    ),
    (Origin.DOCUMENTATION, re.compile(r"(?:^|/)(?:docs?|documentation|website|site|wiki)/|\.(?:md|rst|adoc|mdx)$", re.I)),
    (Origin.EXAMPLE, re.compile(r"(?:^|/)(?:examples?|samples?|demos?|tutorials?|playground|quickstarts?)/", re.I)),
)


def classify(path: str) -> Origin:
    """Return the origin of a repository path."""
    for origin, pattern in _FOLDERS:
        if pattern.search(path):
            return origin
    return Origin.OWN
