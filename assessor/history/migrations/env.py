"""Applies revisions inside the transaction of who opens the store: all of them, or none."""

from alembic import context

from assessor.history.tables import METADATA, VERSION_TABLE

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    version_table=VERSION_TABLE,
    transactional_ddl=True,  # the store begins its transactions itself, so that SQLite's take table changes back as well
)
context.run_migrations()
