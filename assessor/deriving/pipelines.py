"""Derives facts about pipelines."""

from __future__ import annotations

from .base import Deriver, Joiner

DERIVERS: tuple[Deriver, ...] = ()
JOINERS: tuple[Joiner, ...] = ()
