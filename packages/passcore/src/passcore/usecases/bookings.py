"""Bookings made here: book, complete, cancel, no-show, undo. Each is a report of our own (B1)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import attrs

from passcore.domain import bookings as bk
from passcore.domain.bookings import Booking, BookingStatus, CancelledBy
from passcore.domain.checks import bounded, clean
from passcore.domain.clients import ClientRef
from passcore.domain.notices import NoticeKind
from passcore.domain.time import local, utc
from passcore.errors import Invalid, InvalidTransition, TooEarly
from passcore.ports.store import Tx
from passcore.usecases.call import Call
from passcore.usecases.clients import ensure_client
from passcore.usecases.intake import VisitReport, report_one
from passcore.usecases.notices import Values, queue
from passcore.usecases.views import BookingView, booking_view

#: From which status a visit may go where. Undoing leads from an outcome back to ``booked``.
_FROM: Final[dict[BookingStatus, tuple[BookingStatus, ...]]] = {
    BookingStatus.COMPLETED: (BookingStatus.BOOKED, BookingStatus.NO_SHOW),
    BookingStatus.NO_SHOW: (BookingStatus.BOOKED, BookingStatus.COMPLETED),
    BookingStatus.CANCELLED: (BookingStatus.BOOKED,),
    BookingStatus.BOOKED: (
        BookingStatus.COMPLETED,
        BookingStatus.NO_SHOW,
        BookingStatus.CANCELLED,
    ),
}


@attrs.frozen
class Book:
    """Book a visit. `choice` names the pass: ``auto``, an id, a pass ID, or None to pay without.

    `external_id` is the caller's own name for the booking, unique where given.
    """

    client: ClientRef
    service: str
    starts_at: datetime
    seats: int = attrs.field(default=1, validator=bounded("seats", 1, 1000))
    choice: str | None = bk.AUTO
    external_id: str | None = None


@attrs.frozen
class Complete:
    """The visit took place."""

    booking_id: str


@attrs.frozen
class CancelBooking:
    """The visit is off."""

    booking_id: str
    cancelled_by: CancelledBy = CancelledBy.CLIENT


@attrs.frozen
class NoShow:
    """The client did not come."""

    booking_id: str


@attrs.frozen
class Undo:
    """The outcome was recorded by mistake: back to booked (B6)."""

    booking_id: str


def book(tx: Tx, command: Book, call: Call) -> BookingView:
    """Book a visit and hold what it costs; queues the confirmation (B1, C5).

    Raises `NotFound`, `Invalid`, `BookingConflict` for an `external_id` in use, and every refusal
    of the pass.
    """
    client = ensure_client(tx, command.client, call)
    ref = call.ids.new("own")
    if command.external_id is not None:
        ref = clean(command.external_id, "external_id", 200)
    report = VisitReport(
        source=bk.OWN,
        ref=ref,
        revision=1,
        status=BookingStatus.BOOKED,
        client=ClientRef(id=client.id),
        service=command.service,
        starts_at=utc(command.starts_at, "starts_at"),
        seats=command.seats,
        choice=command.choice,
    )
    view = report_one(tx, report, call).view
    _confirm(tx, call, view)
    return view


def complete(tx: Tx, command: Complete, call: Call) -> BookingView:
    """Complete a visit: what it holds is used up, exactly once. Completing again changes nothing.

    Raises `TooEarly` more than a day before the start, `InvalidTransition` from a cancelled visit.
    """
    booking = tx.bookings.get(command.booking_id)
    if booking.status is BookingStatus.COMPLETED:
        return booking_view(tx, booking)
    business = tx.business()
    from_then = booking.starts_at - timedelta(hours=business.complete_window_hours)
    if call.now < from_then:
        raise TooEarly("visit", local(from_then, business.time_zone))
    return _move(tx, booking, BookingStatus.COMPLETED, call)


def cancel(tx: Tx, command: CancelBooking, call: Call) -> BookingView:
    """Call a visit off: its sessions come back as the pass's policy says (B4)."""
    booking = tx.bookings.get(command.booking_id)
    if booking.status is BookingStatus.CANCELLED:
        return booking_view(tx, booking)
    return _move(tx, booking, BookingStatus.CANCELLED, call, command.cancelled_by)


def no_show(tx: Tx, command: NoShow, call: Call) -> BookingView:
    """Record that the client did not come; the policy's no-show row decides (B4)."""
    booking = tx.bookings.get(command.booking_id)
    if booking.status is BookingStatus.NO_SHOW:
        return booking_view(tx, booking)
    if call.now < booking.starts_at:
        raise TooEarly("visit", local(booking.starts_at, tx.business().time_zone))
    return _move(tx, booking, BookingStatus.NO_SHOW, call)


def undo(tx: Tx, command: Undo, call: Call) -> BookingView:
    """Take an outcome back: the deduction is reversed and the visit is booked again (B6)."""
    booking = tx.bookings.get(command.booking_id)
    if booking.status is BookingStatus.BOOKED:
        return booking_view(tx, booking)
    return _move(tx, booking, BookingStatus.BOOKED, call)


def _move(
    tx: Tx,
    booking: Booking,
    status: BookingStatus,
    call: Call,
    cancelled_by: CancelledBy = CancelledBy.CLIENT,
) -> BookingView:
    if booking.status not in _FROM[status]:
        raise InvalidTransition("booking", booking.status.value, status.value)
    if booking.revision >= bk.MAX_REVISION:
        raise Invalid(field="revision", problem="is used up")
    report = VisitReport(
        source=booking.source,
        ref=booking.ref,
        revision=booking.revision + 1,
        status=status,
        client=ClientRef(id=booking.client_id),
        service=booking.lines[0].service_id,
        starts_at=booking.starts_at,
        seats=booking.seats,
        choice=booking.choice,
        by=cancelled_by,
    )
    return report_one(tx, report, call).view


def _confirm(tx: Tx, call: Call, view: BookingView) -> None:
    booking, business = view.booking, tx.business()
    payment = booking.lines[0].payment
    from_zone = business.time_zone
    values: Values = {
        "service": view.service.name,
        "starts_local": local_text(booking.starts_at, from_zone),
        "time_zone": from_zone,
        "booking_id": booking.id,
        "product": None,
        "code": None,
        "sessions": None,
        "remaining_after": None,
        "free_cancel_until_local": None,
    }
    if payment is not None:
        stored = tx.passes.get(payment.pass_id)
        free = payment.free_cancel_until
        values |= {
            "product": stored.state.terms.name,
            "code": stored.code,
            "sessions": payment.sessions,
            "remaining_after": payment.remaining_after,
            "free_cancel_until_local": local_text(free, from_zone) if free else None,
        }
    queue(
        tx,
        call,
        view.client,
        NoticeKind.BOOKING_CONFIRMED,
        values,
        about=booking.id,
        business=business,
    )


def local_text(instant: datetime, zone_name: str) -> str:
    """Return the wall-clock time of *instant* in *zone_name*, ISO, without offset."""
    return local(instant, zone_name).replace(tzinfo=None).isoformat(timespec="minutes")
