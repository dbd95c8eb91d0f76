"""Reading: what several pages need of a business, each in a bounded number of reads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import attrs

from passcore import Booking, Client, ClientRef, Product, Service, StoredPass, Tx
from passcore.ports.store import IntakeKey
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
    found = tx.intake(
        [
            IntakeKey(b.source, b.ref, ClientRef(id=b.client_id), b.lines[0].service_id, None)
            for b in bookings
        ]
    )
    passes = {stored.state.id: stored for stored in found.passes}
    made = []
    for booking in bookings:
        line = booking.lines[0]
        paid = line.payment
        made.append(
            Visit(
                booking,
                found.clients.get(ClientRef(id=booking.client_id)),
                services.get(line.service_id),
                passes.get(paid.pass_id) if paid is not None else None,
            )
        )
    return tuple(made)


def clients_of(tx: Tx, ids: Iterable[str]) -> Mapping[str, Client]:
    """Return clients by their ids, read at once."""
    wanted = dict.fromkeys(ids)
    if not wanted:
        return {}
    found = tx.intake([IntakeKey("", "", ClientRef(id=i), "", None) for i in wanted])
    return {client.id: client for client in found.clients.values()}


def visits_of(tx: Tx, client_id: str) -> tuple[Visit, ...]:
    """Return a client's newest visits, at most 50."""
    return visits(tx, tx.bookings.page(client_id=client_id, limit=50).items)
