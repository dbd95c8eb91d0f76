"""Businesses, and the registry: what spans them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Column, bindparam, literal_column, or_, select, tuple_, update

from passcore.domain.businesses import ApiKey, Business
from passcore.domain.notices import Message
from passcore.domain.orders import OrderStatus
from passcore.errors import Contention, NotFound
from passcore.ports.store import InboxEvent
from passstore import tables as t
from passstore.repositories.flat import whole_insert
from passstore.rows.shapes import API_KEY, BUSINESS, EVENT, MESSAGE
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


def _claim(
    order: Column[Any], waiting: Any, lease: Column[Any], columns: Sequence[str]
) -> Statement:
    """Return the one statement that takes due rows: nobody else is given them until the lease ends.

    PostgreSQL passes over rows that another worker is just taking; SQLite has one writer anyway.
    """
    table = order.table
    due = (
        select(table.c.business_id, table.c.id)
        .where(waiting, order <= bindparam("now"))
        .order_by(order, table.c.business_id, table.c.id)
        .limit(bindparam("most"))
        .with_for_update(skip_locked=True)
    )
    claimed = (
        update(table)
        .where(tuple_(table.c.business_id, table.c.id).in_(due))
        .values({lease: bindparam("lease_until")})
    )
    return Statement(claimed.returning(table.c.business_id, *columns_of(columns, table)))


def _constant(word: str) -> Any:
    """Write *word* into the statement: what a partial index holds must stand there, since a value
    is not known when PostgreSQL plans."""
    return literal_column(f"'{word}'")


def _free(lease: Column[Any]) -> Any:
    return or_(lease.is_(None), lease <= bindparam("now"))


_M, _E, _O = t.outbox.c, t.inbox.c, t.orders.c
_CLAIM_MESSAGES: Final = _claim(
    _M.due_at,
    (_M.state == _constant("due")) & _free(_M.locked_until),
    _M.locked_until,
    MESSAGE.columns,
)
_CLAIM_EVENTS: Final = _claim(
    _E.received_at, _E.done_at.is_(None) & _free(_E.locked_until), _E.locked_until, EVENT.columns
)
_WAITING: Final = _O.status == _constant(OrderStatus.AWAITING_PAYMENT.value)
_CLAIM_ORDERS: Final = _claim(
    _O.ask_at, _WAITING & (_O.created_at <= bindparam("placed_before")), _O.ask_at, ("id",)
)


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

    def claim_orders(
        self, now: datetime, lease_until: datetime, limit: int, *, placed_before: datetime
    ) -> Sequence[tuple[str, str]]:
        """Take online orders that still wait for their payment, those due longest."""
        values = {"now": now, "lease_until": lease_until, "most": limit}
        rows = self._unit.changed_rows(_CLAIM_ORDERS, values | {"placed_before": placed_before})
        return [(row[0], row[1]) for row in rows]
