"""Bookings of one business."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any, Final

from sqlalchemy import Select, bindparam, literal, select

from passcore.domain.bookings import Booking, BookingStatus
from passcore.errors import NotFound
from passcore.ports.store import Page
from passstore import tables as t
from passstore.repositories.flat import mine
from passstore.repositories.paging import bounded, ordered, page_of, read_cursor
from passstore.rows.bookings import BOOKING, booking_values, read_booking
from passstore.statements import Row, Statement
from passstore.unit import Unit

_C: Final = t.bookings.c
_E: Final = t.entries.c
_KEY: Final = (_C.starts_at, _C.id)


def _select() -> Select[Any]:
    return select(*[_C[name] for name in BOOKING]).where(mine(t.bookings))


_BY_ID: Final = Statement(_select().where(_C.id == bindparam("ref")))
_BY_REF: Final = Statement(_select().where(_C.ref == bindparam("ref")).limit(2))


@cache
def _page(names: frozenset[str], *, after: bool) -> Statement:
    query = _select()
    if "pass_id" in names:
        # The ledger names the candidates by its key; the booking says whether it still is so.
        named = select(_E.booking_id).where(
            _E.business_id == bindparam("business_id"), _E.pass_id == bindparam("pass_id")
        )
        listed = literal(" ") + _C.paid_by + literal(" ")
        query = query.where(_C.id.in_(named), listed.like(bindparam("listed"), escape="\\"))
    if "client_id" in names:
        query = query.where(_C.client_id == bindparam("client_id"))
    if "status" in names:
        query = query.where(_C.status == bindparam("status"))
    if "starts_from" in names:
        query = query.where(_C.starts_at >= bindparam("starts_from"))
    if "starts_until" in names:
        query = query.where(_C.starts_at < bindparam("starts_until"))
    return Statement(ordered(query, _KEY, newest=True, after=after))


class Bookings:
    """The bookings of one business."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def put(self, bookings: Sequence[Booking]) -> None:
        """Insert those with version 1, update the others over the version before."""
        unit = self._unit
        buffer = unit.writable()
        for booking in bookings:
            if not buffer.touch(booking.id):
                unit.flush()
                buffer = unit.buffer
                buffer.touch(booking.id)
            rows = buffer.booked if booking.version == 1 else buffer.rebooked
            rows.append(booking_values(booking, unit.out))

    def get(self, ref: str) -> Booking:
        """Find by id, or by the reference of the only source that uses it."""
        row = self._unit.one(_BY_ID, ref=ref)
        if row is not None:
            return _read(row)
        found = self._unit.rows(_BY_REF, ref=ref)
        if len(found) != 1:
            raise NotFound("booking", ref)
        return _read(found[0])

    def page(
        self,
        *,
        client_id: str | None = None,
        pass_id: str | None = None,
        status: BookingStatus | None = None,
        starts_from: datetime | None = None,
        starts_until: datetime | None = None,
        cursor: str | None = None,
        limit: int = 50,
    ) -> Page[Booking]:
        """By start, the latest first; *starts_until* is not included."""
        most = bounded(limit) + 1
        after = read_cursor(cursor, (datetime, str))
        asked = {
            "client_id": client_id, "pass_id": pass_id, "status": status,
            "starts_from": starts_from, "starts_until": starts_until,
        }  # fmt: skip
        given = {name: value for name, value in asked.items() if value is not None}
        statement = _page(frozenset(given), after=bool(after))
        rows = self._unit.rows(
            statement, **given, listed=_listed(pass_id or ""), most=most, **after
        )
        return page_of(rows, limit, _read, lambda booking: (booking.starts_at, booking.id))


def _listed(pass_id: str) -> str:
    text = pass_id.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"% {text} %"


def _read(row: Row) -> Booking:
    return read_booking(row, _same)


def _same(value: datetime) -> datetime:
    """Instants of `Unit.rows` are converted already."""
    return value
