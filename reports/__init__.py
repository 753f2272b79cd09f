"""Renderers: an assessment to text. Pure, no clock, stable order."""
