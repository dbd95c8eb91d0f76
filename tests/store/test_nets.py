"""What the database refuses by itself, whatever the code above believes."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import CheckConstraint, MetaData, insert, text, update
from sqlalchemy.exc import DatabaseError, IntegrityError

from passcore.domain.ledger import GENESIS
from passstore import SqlStore
from passstore.tables import bookings, entries, metadata, passes
from tests.store import building as make
from tests.store.building import NOW


def execute(store: SqlStore, statement: Any) -> None:
    with store.engine.begin() as connection:
        connection.execute(statement)


def entry(seq: int, kind: str = "deducted/1", **more: Any) -> Any:
    row = {
        "business_id": "b1", "pass_id": "pass_p1", "seq": seq, "kind": kind, "sessions": 1,
        "value_minor": 1200, "booking_id": f"bk_{seq}", "line": 0, "occasion": 1,
        "names_seq": None, "recorded_at": NOW, "about": NOW, "order_id": None, "prev": GENESIS,
        "body": "{}",
    }  # fmt: skip
    return insert(entries).values(row | more)


@pytest.mark.parametrize("table", ["entries", "invoices"])
@pytest.mark.parametrize("verb", ["UPDATE {} SET body = 'x'", "DELETE FROM {}"])
def test_entries_and_invoices_are_only_ever_added(store: SqlStore, table: str, verb: str) -> None:
    """I9: on both databases, by a trigger."""
    with store.begin("b1") as tx:
        tx.orders.add(make.order())
        tx.invoices.add(make.invoice())
    with pytest.raises(DatabaseError, match="only ever added"):
        execute(store, text(verb.format(table)))


def test_the_trigger_test_can_fail(store: SqlStore) -> None:
    """Negative control: a table without a trigger takes both."""
    execute(store, text("UPDATE clients SET name = 'x'"))


def test_a_sequence_number_is_given_once(store: SqlStore) -> None:
    with pytest.raises(IntegrityError):
        execute(store, entry(1))


def test_a_hold_is_resolved_once_and_a_deduction_reversed_once(store: SqlStore) -> None:
    execute(store, entry(2, "reserved/1"))
    execute(store, entry(3, "released/1", names_seq=2))
    with pytest.raises(IntegrityError):
        execute(store, entry(4, "captured/1", names_seq=2))


def test_one_occasion_of_a_booking_line_is_paid_for_once(store: SqlStore) -> None:
    """I3, across passes; held and given back as often as one likes."""
    with store.begin("b1") as tx:
        tx.passes.add(*make.new_pass("p2"))
    execute(store, entry(2, booking_id="bk"))
    with pytest.raises(IntegrityError):
        execute(store, entry(2, "captured/1", pass_id="pass_p2", booking_id="bk"))
    execute(store, entry(2, "reserved/1", pass_id="pass_p2", booking_id="bk"))
    execute(store, entry(3, booking_id="bk", occasion=2))


@pytest.mark.parametrize(
    "wrong", [{"seq": 0}, {"seq": 5, "names_seq": 5}, {"seq": 5, "names_seq": 0}]
)
def test_numbers_that_cannot_be_are_refused(store: SqlStore, wrong: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError):
        execute(store, entry(**wrong))


@pytest.mark.parametrize("column", ["available", "held", "used"])
def test_a_balance_is_never_below_zero(store: SqlStore, column: str) -> None:
    with pytest.raises(IntegrityError):
        execute(store, update(passes).values({column: -1}))


def test_a_row_refers_to_its_own_business_only(store: SqlStore) -> None:
    """I8: the foreign keys are composite, so another tenant's client is nobody."""
    make.open_business(store, "b2", filled=False)
    with pytest.raises(IntegrityError):
        execute(store, update(passes).values(business_id="b2"))


def test_a_reference_of_a_source_is_used_once(store: SqlStore) -> None:
    with store.begin("b1") as tx:
        tx.bookings.put([make.booking()])
    with store.engine.begin() as connection:
        row = dict(connection.execute(bookings.select()).mappings().one())
    with pytest.raises(IntegrityError):
        execute(store, insert(bookings).values(row | {"id": "bk_2"}))


def test_every_key_begins_with_the_business() -> None:
    """Except those by which a business is found: its id, its slug and a key's digest."""
    assert _strays(metadata) == {"pk_businesses", "uq_businesses_slug", "uq_api_keys_digest"}


def _strays(tables: MetaData) -> set[str]:
    found = set()
    for table in tables.tables.values():
        keys: list[Any] = [c for c in table.constraints if not isinstance(c, CheckConstraint)]
        keys += [index for index in table.indexes if index.unique]
        for key in keys:
            if next(iter(key.columns)).name != "business_id":
                found.add(str(key.name))
    return found


def test_every_constraint_has_a_name() -> None:
    for table in metadata.tables.values():
        assert all(constraint.name for constraint in table.constraints), table.name
