"""Derives facts about gitops."""

from __future__ import annotations

from .base import Deriver, Joiner

DERIVERS: tuple[Deriver, ...] = ()
JOINERS: tuple[Joiner, ...] = ()
