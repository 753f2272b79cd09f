"""Every error a user can cause. The command line prints them once; none shows a traceback."""

from __future__ import annotations


class AssessorError(Exception):
    """A problem to tell the user about: what is wrong, and `hint`: what to do about it."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class UsageError(AssessorError):
    """A wrong argument, option or settings file (exit code 2)."""


class NothingToAssess(AssessorError):
    """None of the paths given holds anything that can be assessed (exit code 3)."""


class ParseError(Exception):
    """A file, or a part of one, that cannot be read; `line` counts from 1, 0 when unknown."""

    def __init__(self, message: str, line: int = 0) -> None:
        super().__init__(message)
        self.line = line
