"""Keeps assessments over time: in an SQLite file of the user's, or in PostgreSQL. Nothing is kept unasked.

`address` says where a store is and never shows its credentials, `store` reads and writes it, `upgrading` brings its tables to
the newest of the revisions in `migrations`. SQLAlchemy and Alembic are imported only by who opens a store.
"""
