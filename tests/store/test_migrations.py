"""The chain makes what the tables say, from nothing and once."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Column, Engine, MetaData, String, Table, create_engine, inspect, text

import passstore.migrations
from passstore import metadata, open_store, prepare_engine, upgrade
from passstore.engine import SQLITE, make_engine
from passstore.migrations import VERSION_TABLE
from passstore.triggers import create


@pytest.fixture
def made(database_url: str) -> Engine:
    return make_engine(database_url)


def difference(engine: Engine, wanted: MetaData) -> list[object]:
    with engine.connect() as connection:
        options = {"compare_type": True, "version_table": VERSION_TABLE}
        context = MigrationContext.configure(connection, opts=options)
        return list(compare_metadata(context, wanted))


def test_the_migrations_make_exactly_the_tables(made: Engine) -> None:
    assert difference(made, metadata) == []
    made.dispose()


def test_the_comparison_can_fail(made: Engine) -> None:
    """Negative control: a table more is noticed."""
    wanted = MetaData()
    for table in metadata.tables.values():
        table.to_metadata(wanted)
    Table("more", wanted, Column("id", String, primary_key=True))
    assert len(difference(made, wanted)) == 1
    made.dispose()


def test_checks_are_the_tables_own(made: Engine) -> None:
    """Alembic does not compare CHECK constraints, so their names are compared here."""
    for table in metadata.tables.values():
        wanted = {str(c.name) for c in table.constraints if type(c).__name__ == "CheckConstraint"}
        found = {str(c["name"]) for c in inspect(made).get_check_constraints(table.name)}
        assert found == wanted, table.name
    made.dispose()


def test_triggers_are_those_of_the_code(made: Engine) -> None:
    """The revision has its own copy of their text, which must not fall behind."""
    folder = Path(passstore.migrations.__file__).parent / "versions"
    source = "".join(path.read_text() for path in sorted(folder.glob("*.py")))
    for statement in create(made.dialect.name):
        assert statement.strip() in source
    made.dispose()


def test_upgrading_again_changes_nothing(database_url: str) -> None:
    upgrade(database_url)
    store = open_store(database_url)
    upgrade(store.engine)
    store.close()


def test_upgrading_joins_an_embedders_transaction(tmp_path: Path) -> None:
    engine = prepare_engine(create_engine(f"sqlite:///{tmp_path}/own.sqlite", module=SQLITE))
    with pytest.raises(ZeroDivisionError), engine.begin() as connection:
        upgrade(connection)
        raise ZeroDivisionError
    assert inspect(engine).get_table_names() == []
    engine.dispose()


def test_a_database_in_memory_is_upgraded_by_its_engine() -> None:
    with pytest.raises(ValueError, match="engine"):
        upgrade("sqlite://")
    store = open_store("sqlite://")
    upgrade(store.engine)
    with store.registry() as registry:
        assert registry.businesses() == []
    store.close()


def test_two_that_upgrade_at_once_both_succeed(empty_postgres_database: str) -> None:
    raised: list[Exception] = []

    def work() -> None:
        try:
            upgrade(empty_postgres_database)
        except Exception as error:  # noqa: BLE001  # counted below
            raised.append(error)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert raised == []


def test_tables_made_without_a_migration_have_the_same_partial_indexes(
    empty_postgres_database: str, postgres_database: str
) -> None:
    """Tables created from `metadata` by an embedder know the conditions on PostgreSQL too."""
    made = create_engine(empty_postgres_database)
    metadata.create_all(made)
    query = text(
        "SELECT indexname, indexdef FROM pg_indexes WHERE indexdef LIKE '% WHERE %' ORDER BY 1"
    )
    found = []
    for engine in (made, create_engine(postgres_database)):
        with engine.connect() as connection:
            found.append(connection.execute(query).all())
        engine.dispose()
    assert found[0] == found[1]
    assert len(found[0]) == 6
