"""Servers on loopback in the place of live systems, written from their public API conventions."""
