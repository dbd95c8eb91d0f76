"""Invoices of one business: numbered without a gap, never edited."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Final

from sqlalchemy import bindparam, select
from sqlalchemy.sql import ClauseElement

from passcore import codec
from passcore.domain.invoices import Invoice
from passcore.errors import NotFound
from passcore.ports.store import Page
from passstore import tables as t
from passstore.repositories.flat import mine, whole_insert
from passstore.repositories.paging import bounded, ordered, page_of, read_cursor
from passstore.rows.shapes import invoice_values
from passstore.statements import Dialect, Row, Statement, ignoring, upsert
from passstore.unit import Unit

_C: Final = t.invoices.c
_NEWEST: Final = (_C.issued_at, _C.number, _C.id)
_INSERT: Final = whole_insert(t.invoices)
_SELECT: Final = select(_C.body).where(mine(t.invoices))
_BY_ID: Final = Statement(_SELECT.where(_C.id == bindparam("id")))
_OF_ORDER: Final = Statement(
    _SELECT.where(_C.order_id == bindparam("order_id")).order_by(_C.issued_at, _C.id)
)
_D: Final = t.documents.c
_DOCUMENT: Final = Statement(
    select(_D.content).where(
        mine(t.documents), _D.invoice_id == bindparam("invoice_id"), _D.kind == bindparam("kind")
    )
)
_KEEP: Final = ignoring(t.documents)


def _next_number(dialect: Dialect) -> ClauseElement:
    """One statement that makes the counter or raises it, and keeps its row until the end."""
    n = t.invoice_counters
    first = upsert(n, dialect).values(
        business_id=bindparam("business_id"), series=bindparam("series"), last=1
    )
    raised = first.on_conflict_do_update(
        index_elements=[n.c.business_id, n.c.series], set_={"last": n.c.last + 1}
    )
    made: ClauseElement = raised.returning(n.c.last)
    return made


_NEXT: Final = Statement(_next_number)


@cache
def _page(*, client: bool, after: bool) -> Statement:
    query = select(_C.body).where(mine(t.invoices))
    if client:
        query = query.where(_C.client_id == bindparam("client_id"))
    return Statement(ordered(query, _NEWEST, newest=True, after=after))


class Invoices:
    """The invoices of one business."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def next_number(self, series: str) -> int:
        """Draw the next number of *series*, locked until the block ends; undone with it."""
        ((number,),) = self._unit.changed_rows(_NEXT, {"series": series})
        drawn: int = number
        return drawn

    def add(self, invoice: Invoice) -> None:
        """Store an invoice for good."""
        self._unit.change(_INSERT, invoice_values(invoice))

    def get(self, invoice_id: str) -> Invoice:
        """Find by id."""
        row = self._unit.one(_BY_ID, id=invoice_id)
        if row is None:
            raise NotFound("invoice", invoice_id)
        return _read(row)

    def of_order(self, order_id: str) -> Sequence[Invoice]:
        """The documents of an order, the first first."""
        return [_read(row) for row in self._unit.rows(_OF_ORDER, order_id=order_id)]

    def page(
        self, *, client_id: str | None = None, cursor: str | None = None, limit: int = 50
    ) -> Page[Invoice]:
        """Newest first."""
        most = bounded(limit) + 1
        after = read_cursor(cursor, (datetime, int, str))
        statement = _page(client=client_id is not None, after=bool(after))
        rows = self._unit.rows(statement, client_id=client_id, most=most, **after)
        return page_of(rows, limit, _read, lambda i: (i.issued_at, i.number, i.id))

    def document(self, invoice_id: str, kind: str) -> bytes | None:
        """Return a rendered document, None where it was not rendered yet."""
        row = self._unit.one(_DOCUMENT, invoice_id=invoice_id, kind=kind)
        return None if row is None else bytes(row[0])

    def keep_document(self, invoice_id: str, kind: str, content: bytes) -> None:
        """Store a rendered document; one that is there already stays as it is."""
        self._unit.change(_KEEP, {"invoice_id": invoice_id, "kind": kind, "content": content})


def _read(row: Row) -> Invoice:
    return codec.loads(row[0], Invoice)
