"""Run by Alembic; `signaling.store` hands the connection over."""

from alembic import context

from signaling.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
