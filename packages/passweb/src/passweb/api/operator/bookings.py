"""Bookings: book, look at, complete, cancel, no-show, undo; and other systems' reports."""

from __future__ import annotations

from typing import Annotated, Final

import attrs
from litestar import Response, Router
from litestar.concurrency import sync_to_thread
from litestar.params import JSONBody, QueryParameter

from passcore.domain.bookings import BookingStatus, CancelledBy
from passcore.ports.store import Tx
from passcore.usecases import bookings as uc
from passcore.usecases.call import Call
from passcore.usecases.intake import ReportMany, report_many, report_one
from passcore.usecases.views import BookingView, booking_view, booking_views
from passweb.api.operator.routes import (
    Cursor,
    IdempotencyKey,
    Limit,
    PathRef,
    Text,
    moving,
    reading,
)
from passweb.auth import VISITS, ApiRequest, replying, replying_each
from passweb.gathering import Gathering
from passweb.schemas import bookings as shape
from passweb.schemas.common import Listed
from passweb.security.bodies import BATCH_BYTES

StatusFilter = Annotated[shape.StatusName | None, QueryParameter(description="Only these.")]


@attrs.frozen
class Filter:
    """A page of bookings, the latest start first."""

    client_id: str | None
    pass_id: str | None
    status: BookingStatus | None
    cursor: str | None
    limit: int


@moving("/bookings", "book", VISITS, status=201)
def add(
    request: ApiRequest, data: JSONBody[shape.NewBooking], idempotency_key: IdempotencyKey
) -> Response[shape.BookingOut]:
    """Book a visit and hold what it costs on the pass."""
    return request.auth.answer(
        idempotency_key, replying(uc.book, shape.booking_out, 201), shape.book_in(data)
    )


@reading("/bookings", "list_bookings")
def some(  # one parameter a filter
    request: ApiRequest,
    client_id: Text = None,
    pass_id: Text = None,
    status: StatusFilter = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Listed[shape.BookingOut]:
    """List bookings, the latest start first."""
    wanted = None if status is None else BookingStatus(status)
    command = Filter(client_id, pass_id, wanted, cursor, limit)
    views, cursor = request.auth.read(_page, command)
    return Listed([shape.booking_out(view) for view in views], cursor)


@reading("/bookings/{booking_id:str}", "get_booking")
def one(request: ApiRequest, booking_id: PathRef) -> shape.BookingOut:
    """Get a booking by its id or your own name for it."""
    return shape.booking_out(request.auth.read(_get, booking_id))


@moving("/bookings/{booking_id:str}/complete", "complete_booking", VISITS)
def completed(
    request: ApiRequest, booking_id: PathRef, idempotency_key: IdempotencyKey
) -> Response[shape.BookingOut]:
    """Complete a visit: what it holds is used up, exactly once."""
    return request.auth.answer(
        idempotency_key, replying(uc.complete, shape.booking_out), uc.Complete(booking_id)
    )


@moving("/bookings/{booking_id:str}/cancel", "cancel_booking", VISITS)
def cancelled(
    request: ApiRequest,
    booking_id: PathRef,
    data: JSONBody[shape.CancelIn],
    idempotency_key: IdempotencyKey,
) -> Response[shape.BookingOut]:
    """Call a visit off: its sessions come back as the pass's policy says."""
    command = uc.CancelBooking(booking_id, CancelledBy(data.by))
    return request.auth.answer(idempotency_key, replying(uc.cancel, shape.booking_out), command)


@moving("/bookings/{booking_id:str}/no-show", "no_show_booking", VISITS)
def no_show(
    request: ApiRequest, booking_id: PathRef, idempotency_key: IdempotencyKey
) -> Response[shape.BookingOut]:
    """Record that the client did not come."""
    return request.auth.answer(
        idempotency_key, replying(uc.no_show, shape.booking_out), uc.NoShow(booking_id)
    )


@moving("/bookings/{booking_id:str}/undo", "undo_booking", VISITS)
def undone(
    request: ApiRequest, booking_id: PathRef, idempotency_key: IdempotencyKey
) -> Response[shape.BookingOut]:
    """Take an outcome back: a deduction is reversed and the visit is booked again."""
    return request.auth.answer(
        idempotency_key, replying(uc.undo, shape.booking_out), uc.Undo(booking_id)
    )


_ONE: Final = replying_each(report_one, shape.report_out)
_MANY: Final = replying(report_many, shape.reports_out)


@moving(
    "/booking-reports",
    "report_bookings",
    VISITS,
    threaded=False,
    request_max_body_size=BATCH_BYTES,
)
async def reported(
    request: ApiRequest,
    data: JSONBody[shape.ReportIn | shape.ReportsIn],
    idempotency_key: IdempotencyKey,
) -> Response[shape.ReportOut | shape.ReportsOut]:
    """Report a visit as another booking system sees it, or up to 1000 of them at once.

    Reports may come in any order and any number of times: the highest revision counts. In a batch
    each report is answered on its own, in order, and a refused one costs the others nothing.
    """
    if isinstance(data, shape.ReportIn):
        gathering: Gathering = request.app.state.gathering
        return await request.auth.gathered(gathering, idempotency_key, _ONE, shape.report_in(data))
    batch = ReportMany(tuple(shape.report_in(report) for report in data.reports))
    return await sync_to_thread(request.auth.answer, idempotency_key, _MANY, batch)


def _get(tx: Tx, ref: str, _call: Call) -> BookingView:
    return booking_view(tx, tx.bookings.get(ref))


def _page(tx: Tx, command: Filter, _call: Call) -> tuple[list[BookingView], str | None]:
    page = tx.bookings.page(
        client_id=command.client_id,
        pass_id=command.pass_id,
        status=command.status,
        cursor=command.cursor,
        limit=command.limit,
    )
    return booking_views(tx, page.items), page.next_cursor


ROUTES: Final = (add, some, one, completed, cancelled, no_show, undone, reported)


def router() -> Router:
    """Return the routes of bookings."""
    return Router("/", route_handlers=ROUTES, tags=["bookings"])
