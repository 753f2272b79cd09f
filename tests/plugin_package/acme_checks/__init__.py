"""Checks of the acme company."""
