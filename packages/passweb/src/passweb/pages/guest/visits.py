"""Calling a visit off: what it does to the session is said first (B4)."""

from __future__ import annotations

import attrs
from litestar import get, post
from litestar.params import FromPath, RawBody

from passcore import (
    BookingStatus,
    BookingView,
    CancelBooking,
    NotFound,
    PassError,
    StoredPass,
    Tx,
    cancel,
)
from passcore.domain.bookings import PaymentState
from passcore.usecases.call import Call
from passcore.usecases.views import booking_view
from passweb.pages.forms import Form
from passweb.pages.guest.door import guest_page
from passweb.pages.halting import Halt
from passweb.pages.house import AnyRequest
from passweb.pages.page import Answer, Page, known_ref, need_guest, take_form


@attrs.frozen
class OwnVisit:
    """A visit of the client with the pass that pays for it."""

    view: BookingView
    payer: StoredPass | None


def own_visit(tx: Tx, command: tuple[str, str], _call: Call) -> OwnVisit:
    """Return a visit by id, where it is the client's named."""
    booking = tx.bookings.get(command[0])
    if booking.client_id != command[1] or booking.id != command[0]:
        raise NotFound("booking", command[0])
    view = booking_view(tx, booking)
    paid = booking.lines[0].payment
    return OwnVisit(view, tx.passes.get(paid.pass_id) if paid is not None else None)


@get("/my/visits/{booking_id:str}/cancel", name="guest may cancel", sync_to_thread=True,
     include_in_schema=False)  # fmt: skip
def cancel_page(request: AnyRequest, booking_id: FromPath[str]) -> Answer:
    """Say what calling the visit off does to the session."""
    page = guest_page(request)
    return _show(page, _own(page, booking_id), Form())


@post("/my/visits/{booking_id:str}/cancel", name="guest cancels", sync_to_thread=True,
      status_code=303, include_in_schema=False)  # fmt: skip
def cancel_visit(request: AnyRequest, booking_id: FromPath[str], body: RawBody) -> Answer:
    """Call the visit off."""
    page = guest_page(request)
    form = take_form(page, body)
    found = _own(page, booking_id)
    try:
        page.run(cancel, CancelBooking(found.view.booking.id))
    except PassError as refusal:
        form.wrong("form", " ".join(page.refusal(refusal)))
        return _show(page, found, form, status=409)
    return page.go(f"/my?b={page.business.slug}#visits")


def _own(page: Page, booking_id: str) -> OwnVisit:
    client = need_guest(page).client
    assert client is not None
    try:
        return page.read(own_visit, (known_ref(booking_id), client.id))
    except NotFound:
        raise Halt(404) from None


def _show(page: Page, found: OwnVisit, form: Form, *, status: int = 200) -> Answer:
    booking = found.view.booking
    paid, lost, back = booking.lines[0].payment, 0, 0
    if found.payer is not None and paid is not None and paid.state is PaymentState.HELD:
        policy = found.payer.state.terms.cancel
        lost = policy.forfeited(paid.sessions, booking.starts_at, page.now)
        back = paid.sessions - lost
    possible = booking.status is BookingStatus.BOOKED and booking.ends_at > page.now
    return page.show(
        "guest/cancel.html", status=status, view=found.view, payer=found.payer, paid=paid,
        lost=lost, back=back, possible=possible, form=form,
    )  # fmt: skip
