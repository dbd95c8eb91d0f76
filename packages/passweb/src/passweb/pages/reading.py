"""Reading: what several pages need of a business, each in a bounded number of reads."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from passcore import Booking, Client, Product, Service, StoredPass, Tx
from passcore.usecases.call import Call


@attrs.frozen
class Front:
    """What a business offers: the products on show and the services that can be booked."""

    products: tuple[Product, ...]
    services: tuple[Service, ...]


def front(tx: Tx, _command: None, _call: Call) -> Front:
    """Return the shop window."""
    return Front(
        tuple(p for p in tx.products.all() if p.shown and not p.retired),
        tuple(s for s in tx.services.all() if s.active),
    )


@attrs.frozen
class Visit:
    """A booking with what it names; `code` and `left` are of the pass that pays, if one does."""

    booking: Booking
    client: Client | None
    service: Service | None
    payer: StoredPass | None


def visits(tx: Tx, bookings: Sequence[Booking]) -> tuple[Visit, ...]:
    """Return *bookings* with their clients, services and passes, read at once."""
    if not bookings:
        return ()
    services = {service.id: service for service in tx.services.all()}
    clients = tx.clients.many(booking.client_id for booking in bookings)
    paid = [booking.lines[0].payment for booking in bookings]
    passes = tx.passes.many(payment.pass_id for payment in paid if payment is not None)
    return tuple(
        Visit(
            booking,
            clients.get(booking.client_id),
            services.get(booking.lines[0].service_id),
            passes.get(payment.pass_id) if payment is not None else None,
        )
        for booking, payment in zip(bookings, paid, strict=True)
    )


def visits_of(tx: Tx, client_id: str) -> tuple[Visit, ...]:
    """Return a client's newest visits, at most 50."""
    return visits(tx, tx.bookings.page(client_id=client_id, limit=50).items)
