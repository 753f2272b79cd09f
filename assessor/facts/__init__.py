"""Typed values that say what was observed, and where."""
