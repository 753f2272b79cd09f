"""Continuous integration systems, one module each, as one `Pipeline` model."""
