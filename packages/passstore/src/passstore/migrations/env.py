"""What Alembic runs: the chain on the connection that `upgrade` was given."""

from __future__ import annotations

from alembic import context

from passstore.migrations import VERSION_TABLE
from passstore.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
