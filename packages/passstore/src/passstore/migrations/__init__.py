"""Migrations: the Alembic chain, inside the package, so that an installed wheel can upgrade."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from sqlalchemy import Connection, Engine

from passstore.engine import in_memory, make_engine, url_of

#: The table that says how far a database is; an embedder's own chain keeps its own.
VERSION_TABLE: Final = "passstore_version"


def upgrade(database: str | Engine | Connection, revision: str = "head") -> None:
    """Bring the tables of *database* up to *revision*; does nothing where they are.

    *database* is a URL, an engine, or a connection, in whose transaction it is then done. Processes
    that upgrade at the same time wait for each other.
    """
    if isinstance(database, Connection):
        _run(database, revision)
        return
    if isinstance(database, Engine):
        options = _transactional(database)
        with database.execution_options(**options).begin() as connection:
            _run(connection, revision)
        return
    if in_memory(url_of(database)):
        raise ValueError("a database in memory is gone with its engine: pass `store.engine`")
    engine = make_engine(database, pool_size=1)
    try:
        upgrade(engine, revision)
    finally:
        engine.dispose()


def _transactional(engine: Engine) -> dict[str, str]:
    """The store's own engine is in autocommit; a migration is one transaction."""
    return {"isolation_level": "READ COMMITTED"} if engine.dialect.name == "postgresql" else {}


def _run(connection: Connection, revision: str) -> None:
    from alembic import command  # noqa: PLC0415  # only who upgrades needs to load it
    from alembic.config import Config  # noqa: PLC0415  # as above

    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SELECT pg_advisory_xact_lock(7265676973746572)")
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)
