"""The guest app's first page: passes as punch cards, visits to come, invoices."""

from __future__ import annotations

import attrs
from litestar import get

from passcore import BookingStatus, Invoice, Order, OrderStatus, Service, StoredPass, Tx
from passcore.usecases.call import Call
from passweb.pages.cards import Card, card_of
from passweb.pages.forms import Form
from passweb.pages.guest.door import guest_page
from passweb.pages.house import AnyRequest
from passweb.pages.page import Answer
from passweb.pages.reading import Visit, visits_of
from passweb.pages.signing_in import GUESTS, renewing, show_sign_in


@attrs.frozen
class Home:
    """Everything the page shows of one client."""

    passes: tuple[StoredPass, ...]
    visits: tuple[Visit, ...]
    services: tuple[Service, ...]
    invoices: tuple[Invoice, ...]
    waiting: tuple[Order, ...]


def home_of(tx: Tx, client_id: str, _call: Call) -> Home:
    """Return a client's passes, newest visits and invoices."""
    waits = OrderStatus.AWAITING_APPROVAL
    return Home(
        tuple(tx.passes.page(client_id=client_id, limit=50).items),
        visits_of(tx, client_id),
        tuple(tx.services.all()),
        tuple(tx.invoices.page(client_id=client_id, limit=20).items),
        tuple(tx.orders.page(client_id=client_id, status=waits, limit=10).items),
    )


@get("/my", name="guest app", sync_to_thread=True, include_in_schema=False)
def home(request: AnyRequest) -> Answer:
    """Show the client's passes, or the way in."""
    page = guest_page(request)
    client = page.visitor.client if page.visitor else None
    if client is None:
        return show_sign_in(page, GUESTS, Form(), renew=renewing(page))
    found = page.read(home_of, client.id)
    cards = [card_of(s.state, s.code, found.services, page.say, page.now) for s in found.passes]
    coming = [
        v
        for v in found.visits
        if v.booking.status is BookingStatus.BOOKED and v.booking.ends_at > page.now
    ]
    past = [v for v in found.visits if v not in coming][:20]
    return page.show(
        "guest/home.html",
        live=_by_end([card for card in cards if card.live]),
        over=[card for card in cards if not card.live],
        coming=sorted(coming, key=lambda v: v.booking.starts_at),
        past=past,
        invoices=found.invoices,
        waiting={order.pass_id: order for order in found.waiting},
    )


def _by_end(cards: list[Card]) -> list[Card]:
    """Put what ends first at the top, what waits below, what has no end last."""
    return sorted(
        cards,
        key=lambda c: (
            c.status.value == "pending", c.last_day is None, str(c.last_day), c.state.created_at
        ),
    )  # fmt: skip
