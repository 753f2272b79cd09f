"""Amounts as customers read them."""

from money_format.euro import euros

__all__ = ["euros"]
