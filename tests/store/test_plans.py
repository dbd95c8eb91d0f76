"""Plans: PostgreSQL finds what is asked for by an index, though it plans without the values."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from passstore.intake import joined
from passstore.repositories import businesses, passes
from passstore.statements import POSTGRES, Statement
from passstore.wire import _prepared
from tests.support.postgres import libpq_url

#: What a worker asks again and again, and the index that holds no more than what it looks for.
DUE = {
    "ix_outbox_due": businesses._CLAIM_MESSAGES,
    "ix_inbox_open": businesses._CLAIM_EVENTS,
    "ix_orders_open": businesses._CLAIM_ORDERS,
    "ix_passes_sweep": passes._DUE,
}


@pytest.fixture
def database(postgres_database: str) -> Iterator[psycopg.Connection[tuple[str]]]:
    """A connection that plans as the stores' own do, and reads no whole table while it can help."""
    with psycopg.connect(libpq_url(postgres_database), autocommit=True) as connection:
        connection.execute("SET plan_cache_mode = force_generic_plan")
        connection.execute("SET enable_seqscan = off")
        yield connection


def _plan(database: psycopg.Connection[tuple[str]], text: str) -> str:
    _, numbered = _prepared(text)
    database.pgconn.prepare(b"asked", numbered)
    nothing = ", ".join(["NULL"] * text.count("%s"))
    rows = database.execute(f"EXPLAIN EXECUTE asked({nothing})").fetchall()
    database.execute("DEALLOCATE asked")
    return "\n".join(row[0] for row in rows)


@pytest.mark.parametrize("index", DUE)
def test_what_is_due_is_found_by_its_own_index(
    index: str, database: psycopg.Connection[tuple[str]]
) -> None:
    """The condition of a partial index has to stand in the statement to be recognised."""
    statement: Statement = DUE[index]
    assert index in _plan(database, statement.on(POSTGRES).text)


@pytest.mark.parametrize("by", ["id", "email"])
def test_a_batch_of_reports_is_looked_up_row_by_row(
    by: str, database: psycopg.Connection[tuple[str]]
) -> None:
    """Whatever the planner believes of the tables' sizes: a hash would read the whole of one."""
    plan = _plan(database, joined._MANY_POSTGRES[by])
    assert "Nested Loop" in plan
    assert not {"Hash", "Merge", "Seq"} & set(plan.split())
