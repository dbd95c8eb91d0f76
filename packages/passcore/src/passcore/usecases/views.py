"""Views: what use cases answer, complete enough to be shown without reading again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

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


def pass_views(tx: Tx, found: Sequence[StoredPass]) -> list[PassView]:
    """Return *found* with their owners, read at once."""
    clients = tx.clients.many(stored.state.client_id for stored in found)
    return [pass_view(tx, stored, clients[stored.state.client_id]) for stored in found]


def booking_view(tx: Tx, booking: Booking) -> BookingView:
    """Return *booking* with all it names."""
    codes = {pass_id: tx.passes.get(pass_id).code for pass_id in _payers(booking)}
    client = tx.clients.get(booking.client_id)
    return BookingView(booking, client, tx.services.get(booking.lines[0].service_id), codes)


def booking_views(tx: Tx, found: Sequence[Booking]) -> list[BookingView]:
    """Return *found* with all they name, each kind read at once."""
    if not found:
        return []
    services = {service.id: service for service in tx.services.all()}
    clients = tx.clients.many(booking.client_id for booking in found)
    passes = tx.passes.many(pass_id for booking in found for pass_id in _payers(booking))
    return [
        BookingView(
            booking,
            clients[booking.client_id],
            services[booking.lines[0].service_id],
            {pass_id: passes[pass_id].code for pass_id in _payers(booking)},
        )
        for booking in found
    ]


def _payers(booking: Booking) -> list[str]:
    """Return the ids of the passes that pay, in the order of the lines, each once."""
    named = (line.payment.pass_id for line in booking.lines if line.payment is not None)
    return list(dict.fromkeys(named))
