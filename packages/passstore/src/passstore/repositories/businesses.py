"""Businesses, and the registry: what spans them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Table, bindparam, literal_column, or_, select, tuple_, update

from passcore.domain.businesses import ApiKey, Business
from passcore.domain.notices import Message
from passcore.domain.orders import OrderStatus
from passcore.errors import Contention, NotFound
from passcore.ports.store import InboxEvent
from passstore import tables as t
from passstore.repositories.flat import whole_insert
from passstore.rows.shapes import API_KEY, BUSINESS, EVENT, MESSAGE, Shape
from passstore.statements import Statement, columns_of
from passstore.unit import Unit

_B: Final = t.businesses.c
_SELECT: Final = select(*columns_of(BUSINESS.columns, t.businesses))
_BY: Final = {
    column: Statement(_SELECT.where(_B[column] == bindparam("ref"))) for column in ("id", "slug")
}
_ALL: Final = Statement(_SELECT.order_by(_B.slug))
_THERE: Final = Statement(select(literal_column("1")).where(_B.id == bindparam("ref")))
_INSERT: Final = whole_insert(t.businesses)
_UPDATE: Final = Statement(
    update(t.businesses)
    .where(_B.id == bindparam("k_id"), _B.version == bindparam("k_version"))
    .values({name: bindparam(name) for name in BUSINESS.columns if name != "id"})
)


def is_there(unit: Unit, business_id: str) -> bool:
    """Tell whether there is a business of that id."""
    return unit.one(_THERE, ref=business_id) is not None


def business_of(unit: Unit) -> Business:
    """Return the unit's own business; raises `NotFound`."""
    row = unit.one(_BY["id"], ref=unit.business_id)
    if row is None:
        raise NotFound("business", unit.business_id)
    return BUSINESS.read(row)


def save_business(unit: Unit, business: Business) -> None:
    """Store the unit's own business over the version that was read; raises `Contention`."""
    if business.id != unit.business_id:
        raise NotFound("business", business.id)
    values = BUSINESS.values(business) | {"version": business.version + 1}
    seen = {"k_id": business.id, "k_version": business.version}
    if unit.change(_UPDATE, values | seen) == 0:
        raise Contention("business")


_K: Final = t.api_keys.c
_KEY: Final = Statement(
    select(_K.business_id, *columns_of(API_KEY.columns, t.api_keys)).where(
        _K.digest == bindparam("digest")
    )
)
_O: Final = t.orders.c
_OPEN_ORDERS: Final = Statement(
    select(_O.business_id, _O.id)
    .where(_O.status == OrderStatus.AWAITING_PAYMENT.value)
    .where(_O.created_at <= bindparam("placed_before"))
    .order_by(_O.created_at, _O.business_id, _O.id)
    .limit(bindparam("most"))
)


def _claim(table: Table, shape: Shape[Any], waiting: Any, order: Any) -> Statement:
    """Return the one statement that takes due rows: nobody else is given them until the lease ends.

    PostgreSQL passes over rows that another worker is just taking; SQLite has one writer anyway.
    """
    free = or_(table.c.locked_until.is_(None), table.c.locked_until <= bindparam("now"))
    due = (
        select(table.c.business_id, table.c.id)
        .where(waiting, order <= bindparam("now"), free)
        .order_by(order, table.c.id)
        .limit(bindparam("most"))
        .with_for_update(skip_locked=True)
    )
    claimed = (
        update(table)
        .where(tuple_(table.c.business_id, table.c.id).in_(due))
        .values(locked_until=bindparam("lease_until"))
    )
    return Statement(claimed.returning(table.c.business_id, *columns_of(shape.columns, table)))


_CLAIM_MESSAGES: Final = _claim(
    t.outbox, MESSAGE, t.outbox.c.state == literal_column("'due'"), t.outbox.c.due_at
)
_CLAIM_EVENTS: Final = _claim(t.inbox, EVENT, t.inbox.c.done_at.is_(None), t.inbox.c.received_at)


class Registry:
    """What spans the businesses of a store."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def add_business(self, business: Business) -> None:
        """Raises `AlreadyExists` for a slug in use."""
        self._unit.change(_INSERT, BUSINESS.values(business), may_fail=True)

    def business(self, ref: str) -> Business:
        """Find by id or slug."""
        for statement in _BY.values():
            row = self._unit.one(statement, ref=ref)
            if row is not None:
                return BUSINESS.read(row)
        raise NotFound("business", ref)

    def businesses(self) -> Sequence[Business]:
        """Every business, by slug."""
        return [BUSINESS.read(row) for row in self._unit.rows(_ALL)]

    def key(self, digest: str) -> tuple[str, ApiKey] | None:
        """Return the business id and the key whose secret has this digest."""
        row = self._unit.one(_KEY, digest=digest)
        return None if row is None else (row[0], API_KEY.read(row[1:]))

    def claim_messages(
        self, now: datetime, lease_until: datetime, limit: int
    ) -> Sequence[tuple[str, Message]]:
        """Take due messages of all businesses, the first due first."""
        values = {"now": now, "lease_until": lease_until, "most": limit}
        rows = self._unit.changed_rows(_CLAIM_MESSAGES, values)
        found = [(row[0], MESSAGE.read(row[1:])) for row in rows]
        return sorted(found, key=lambda pair: (pair[1].due_at, pair[1].id))

    def claim_events(
        self, now: datetime, lease_until: datetime, limit: int
    ) -> Sequence[tuple[str, InboxEvent]]:
        """Take provider events that were not acted on yet, the first come first."""
        values = {"now": now, "lease_until": lease_until, "most": limit}
        rows = self._unit.changed_rows(_CLAIM_EVENTS, values)
        found = [(row[0], EVENT.read(row[1:])) for row in rows]
        return sorted(found, key=lambda pair: (pair[1].received_at, pair[1].id))

    def open_orders(self, placed_before: datetime, limit: int) -> Sequence[tuple[str, str]]:
        """Business and order ids of online orders that still wait for their payment."""
        rows = self._unit.rows(_OPEN_ORDERS, placed_before=placed_before, most=limit)
        return [(row[0], row[1]) for row in rows]
