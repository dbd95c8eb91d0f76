"""Views: what use cases answer, complete enough to be shown without reading again."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from passcore.domain.bookings import Booking
from passcore.domain.clients import Client
from passcore.domain.passes import Pass
from passcore.domain.services import Service
from passcore.ports.store import StoredPass, Tx


@attrs.frozen
class PassView:
    """A pass with its pass ID and owner."""

    state: Pass
    code: str
    client: Client


@attrs.frozen
class BookingView:
    """A booking with its client and service; `codes` has the pass ID of each pass that pays."""

    booking: Booking
    client: Client
    service: Service
    codes: Mapping[str, str]


def pass_view(tx: Tx, stored: StoredPass, client: Client | None = None) -> PassView:
    """Return *stored* with its owner, read where not given."""
    return PassView(stored.state, stored.code, client or tx.clients.get(stored.state.client_id))


def booking_view(tx: Tx, booking: Booking) -> BookingView:
    """Return *booking* with all it names."""
    lines = booking.lines
    codes = {line.payment.pass_id: "" for line in lines if line.payment is not None}
    return BookingView(
        booking,
        tx.clients.get(booking.client_id),
        tx.services.get(lines[0].service_id),
        {pass_id: tx.passes.get(pass_id).code for pass_id in codes},
    )
