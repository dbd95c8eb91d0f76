"""Bookings on the wire: our own, and other systems' reports of theirs."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from msgspec import Meta

from passcore.domain import bookings as bk
from passcore.domain.bookings import Booking, BookingStatus, CancelledBy, LinePayment
from passcore.errors import PassError
from passcore.usecases.bookings import Book
from passcore.usecases.intake import Reported, VisitReport
from passcore.usecases.views import BookingView
from passweb.problems import Problem, problem_of
from passweb.schemas.clients import ClientBrief, client_brief
from passweb.schemas.common import (
    ClientIn,
    Input,
    Instant,
    Name,
    Output,
    Ref,
    Seats,
    Short,
    client_in,
    instant_in,
)
from passweb.schemas.services import ServiceBrief, service_brief

StatusName = Literal["booked", "completed", "cancelled", "no_show", "reversed"]
By = Literal["client", "business"]
Revision = Annotated[
    int, Meta(ge=0, le=2_147_483_646, description="Counts up with every change of the booking.")
]
_MOST_REPORTS = 1000


class NewBooking(Input, frozen=True, rename={"pass_": "pass"}):
    """A visit to book. `pass` is ``auto``, a pass ID, an id, or null for a visit without a pass;
    `external_id` is your own name for the booking, unique where given."""

    client: ClientIn | Ref
    service_id: Ref
    starts_at: Instant
    seats: Seats = 1
    pass_: Ref | None = bk.AUTO
    external_id: Name | None = None


class CancelIn(Input, frozen=True):
    """Who calls the visit off; a business always gives the session back."""

    by: By = "client"


class ReportIn(Input, frozen=True, rename={"pass_": "pass"}):
    """Another system's view of a visit, in any order, any number of times: the highest revision of
    (`source`, `ref`) counts."""

    source: Short
    ref: Name
    revision: Revision
    status: StatusName
    client: ClientIn | Ref
    service_id: Ref
    starts_at: Instant
    seats: Seats = 1
    pass_: Ref | None = bk.AUTO
    by: By = "client"
    cancelled_at: Instant | None = None


class ReportsIn(Input, frozen=True):
    """A batch of reports, each answered on its own."""

    reports: Annotated[list[ReportIn], Meta(min_length=1, max_length=_MOST_REPORTS)]


class PaymentOut(Output, frozen=True):
    """What pays for a visit; cancelling up to `free_cancel_until` gives the sessions back."""

    pass_id: str
    code: str
    sessions: int
    state: Literal["held", "captured", "released", "forfeited"]
    remaining_after: int | None
    free_cancel_until: datetime | None


class BookingOut(Output, frozen=True):
    """A visit."""

    id: str
    external_id: str | None
    source: str
    revision: int
    status: StatusName
    client: ClientBrief
    service: ServiceBrief
    starts_at: datetime
    ends_at: datetime
    seats: int
    payments: list[PaymentOut]
    created_at: datetime


class ReportOut(Output, frozen=True):
    """What a report came to: the booking as it is now, and whether the report changed it."""

    booking: BookingOut
    applied: bool


class AnswerOut(Output, frozen=True):
    """What one report of a batch came to: a booking, or the problem it would have been answered
    with alone."""

    booking: BookingOut | None
    applied: bool
    problem: Problem | None


class ReportsOut(Output, frozen=True):
    """The answers, in the order of the reports."""

    items: list[AnswerOut]


def book_in(given: NewBooking) -> Book:
    """Return the command."""
    return Book(
        client=client_in(given.client),
        service=given.service_id,
        starts_at=instant_in(given.starts_at, "starts_at"),
        seats=given.seats,
        choice=given.pass_,
        external_id=given.external_id,
    )


def report_in(given: ReportIn) -> VisitReport:
    """Return the report in the core's words."""
    at = given.cancelled_at
    return VisitReport(
        given.source,
        given.ref,
        given.revision,
        BookingStatus(given.status),
        client_in(given.client),
        given.service_id,
        instant_in(given.starts_at, "starts_at"),
        given.seats,
        given.pass_,
        CancelledBy(given.by),
        None if at is None else instant_in(at, "cancelled_at"),
    )


def booking_out(view: BookingView, _at: datetime | None = None) -> BookingOut:
    """Return a visit with what pays for it."""
    booking = view.booking
    paid = [line.payment for line in booking.lines if line.payment is not None]
    return BookingOut(
        id=booking.id,
        external_id=_external_id(booking),
        source=booking.source,
        revision=booking.revision,
        status=booking.status.value,
        client=client_brief(view.client),
        service=service_brief(view.service),
        starts_at=booking.starts_at,
        ends_at=booking.ends_at,
        seats=booking.seats,
        payments=[_payment(payment, view.codes[payment.pass_id]) for payment in paid],
        created_at=booking.created_at,
    )


def report_out(reported: Reported, _at: datetime | None = None) -> ReportOut:
    """Return what one report came to."""
    return ReportOut(booking=booking_out(reported.view), applied=reported.applied)


def reports_out(
    answers: tuple[Reported | PassError, ...], _at: datetime | None = None
) -> dict[str, list[dict[str, Any]]]:
    """Return what a batch came to, in the shape of `ReportsOut`."""
    return {"items": [_answer(answer) for answer in answers]}


def _answer(answer: Reported | PassError) -> dict[str, Any]:
    if isinstance(answer, PassError):
        return {"booking": None, "applied": False, "problem": problem_of(answer)}
    return {"booking": booking_out(answer.view), "applied": answer.applied, "problem": None}


def _external_id(booking: Booking) -> str | None:
    """Return the caller's name of a booking; those made here without one have a name of ours."""
    ours = booking.source == bk.OWN and booking.ref.startswith("own_")
    return None if ours else booking.ref


def _payment(payment: LinePayment, code: str) -> PaymentOut:
    return PaymentOut(
        pass_id=payment.pass_id,
        code=code,
        sessions=payment.sessions,
        state=payment.state.value,
        remaining_after=payment.remaining_after,
        free_cancel_until=payment.free_cancel_until,
    )
