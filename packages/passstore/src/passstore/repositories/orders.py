"""Orders of one business and the payments made for them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any, Final

from sqlalchemy import Select, bindparam, select

from passcore.domain.money import Money
from passcore.domain.orders import Order, OrderStatus
from passcore.domain.payments import Payment
from passcore.domain.products import PaymentMethod
from passcore.errors import Contention, NotFound
from passcore.ports.store import Page
from passstore import tables as t
from passstore.repositories.catalogue import add_terms
from passstore.repositories.flat import Flat, mine, update_of, whole_insert
from passstore.repositories.paging import bounded, ordered, page_of, read_cursor
from passstore.repositories.passes import learn_terms, terms_of
from passstore.rows.shapes import PAYMENT
from passstore.statements import Row, Statement, columns_of
from passstore.unit import Unit

_C: Final = t.orders.c
_NEWEST: Final = (_C.created_at, _C.id)
_COLUMNS: Final = (
    "id client_id product_id terms_key price_minor currency method status provider_key created_at "
    "provider checkout_ref checkout_url success_url pass_id renews starts_on version"
).split()


def _select() -> Select[Any]:
    return select(*columns_of(_COLUMNS, t.orders)).where(mine(t.orders))


_BY_ID: Final = Statement(_select().where(_C.id == bindparam("id")))
_LOCKED: Final = Statement(_select().where(_C.id == bindparam("id")).with_for_update())
_INSERT: Final = whole_insert(t.orders)
_UPDATE: Final = update_of(t.orders, _COLUMNS, versioned=True)
_ASK_AGAIN: Final = update_of(t.orders, ("ask_at",))
_TERMS_KEY: Final = _COLUMNS.index("terms_key")


@cache
def _page(*, client: bool, status: bool, after: bool) -> Statement:
    query = _select()
    if client:
        query = query.where(_C.client_id == bindparam("client_id"))
    if status:
        query = query.where(_C.status == bindparam("status"))
    return Statement(ordered(query, _NEWEST, newest=True, after=after))


class Orders:
    """The orders of one business."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def add(self, order: Order) -> None:
        """Store a new order."""
        self._unit.change(_INSERT, self._values(order) | {"ask_at": order.created_at})

    def get(self, order_id: str, *, lock: bool = False) -> Order:
        """Find by id; *lock* holds its row until the block ends."""
        if lock:
            self._unit.begin()
        row = self._unit.one(_LOCKED if lock else _BY_ID, id=order_id)
        if row is None:
            raise NotFound("order", order_id)
        return self._read(row)

    def save(self, order: Order) -> None:
        """Store a changed order over the version that was read."""
        values = self._values(order)
        seen = {"k_id": order.id, "k_version": order.version, "version": order.version + 1}
        if self._unit.change(_UPDATE, values | seen) == 0:
            self.get(order.id)
            raise Contention("order")

    def ask_again(self, order_id: str, at: datetime) -> None:
        """Let `Registry.claim_orders` leave the order alone until *at*."""
        if self._unit.change(_ASK_AGAIN, {"k_id": order_id, "ask_at": at}) == 0:
            raise NotFound("order", order_id)

    def page(
        self,
        *,
        client_id: str | None = None,
        status: OrderStatus | None = None,
        cursor: str | None = None,
        limit: int = 50,
    ) -> Page[Order]:
        """Newest first."""
        most = bounded(limit) + 1
        after = read_cursor(cursor, (datetime, str))
        statement = _page(
            client=client_id is not None, status=status is not None, after=bool(after)
        )
        rows = self._unit.rows(statement, client_id=client_id, status=status, most=most, **after)
        learn_terms(self._unit, (row[_TERMS_KEY] for row in rows))
        return page_of(rows, limit, self._read, lambda order: (order.created_at, order.id))

    def _values(self, order: Order) -> dict[str, Any]:
        row = {name: getattr(order, name) for name in _COLUMNS if hasattr(order, name)}
        price = order.price
        key = add_terms(self._unit, order.terms)
        return row | {"terms_key": key, "price_minor": price.minor, "currency": price.currency}

    def _read(self, row: Row) -> Order:
        plain = dict(zip(_COLUMNS, row, strict=True))
        terms = terms_of(self._unit, plain.pop("terms_key"))
        price = Money(plain.pop("price_minor"), plain.pop("currency"))
        plain["method"] = PaymentMethod(plain["method"])
        plain["status"] = OrderStatus(plain["status"])
        return Order(terms=terms, price=price, **plain)


_PAYMENTS: Final = Flat(t.payments, PAYMENT, "payment")
_OF_ORDER: Final = Statement(
    _PAYMENTS.select()
    .where(t.payments.c.order_id == bindparam("order_id"))
    .order_by(t.payments.c.received_at, t.payments.c.id)
)


class Payments:
    """The payments of one business."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def add(self, payment: Payment) -> None:
        """Raises `AlreadyExists` for a (provider, payment_ref) recorded before."""
        _PAYMENTS.add(self._unit, payment)

    def find(self, provider: str, payment_ref: str) -> Payment | None:
        """Find by the provider's own reference, None where there is none."""
        return _PAYMENTS.find(self._unit, provider=provider, payment_ref=payment_ref)

    def of_order(self, order_id: str) -> Sequence[Payment]:
        """The payments made for an order, the first first."""
        return _PAYMENTS.all(self._unit, _OF_ORDER, order_id=order_id)

    def save(self, payment: Payment) -> None:
        """Store a changed payment."""
        _PAYMENTS.save(self._unit, payment)
