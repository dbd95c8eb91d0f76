"""An order's own page: where the payment leads back to, and where it is looked at later (S4).

The page asks the provider itself and believes nothing that stands in its address. Details are
shown to the browser that placed the order, or to the client signed in; to anybody else only that
there is one.
"""

from __future__ import annotations

import attrs
from litestar import get, post
from litestar.params import FromPath, RawBody

from passcore import Invoice, NotFound, Order, OrderStatus, PassError, Service, StoredPass, Tx
from passcore.usecases.call import Call
from passweb.pages.booking.selling import to_payment
from passweb.pages.cards import card_of
from passweb.pages.halting import Halt
from passweb.pages.house import AnyRequest
from passweb.pages.page import Answer, Page, known_ref, open_page, take_form

#: After so many seconds the page of a payment under way looks again, and how often it does so.
_LOOK_AGAIN: tuple[int, ...] = (2, 3, 5, 8, 13, 20, 30)


@attrs.frozen
class Placed:
    """An order with the pass and the invoices it gave."""

    order: Order
    stored: StoredPass | None
    services: tuple[Service, ...]
    invoices: tuple[Invoice, ...]
    email: str


def placed_order(tx: Tx, order_id: str, _call: Call) -> Placed:
    """Return an order and what came of it."""
    order = tx.orders.get(order_id)
    stored = tx.passes.get(order.pass_id) if order.pass_id else None
    return Placed(
        order,
        stored,
        tuple(tx.services.all()),
        tuple(tx.invoices.of_order(order_id)),
        tx.clients.get(order.client_id).email,
    )


@get("/b/{slug:str}/orders/{order_id:str}", name="order page", sync_to_thread=True,
     include_in_schema=False)  # fmt: skip
def order_page(request: AnyRequest, slug: FromPath[str], order_id: FromPath[str]) -> Answer:
    """Show where an order stands."""
    page = open_page(request, slug)
    return _show(page, _asked(page, order_id), returned=False)


@get("/b/{slug:str}/orders/{order_id:str}/return", name="back from the payment",
     sync_to_thread=True, include_in_schema=False)  # fmt: skip
def order_returned(request: AnyRequest, slug: FromPath[str], order_id: FromPath[str]) -> Answer:
    """Show an order whose payment the client has just made; looks again until it is known."""
    page = open_page(request, slug)
    return _show(page, _asked(page, order_id), returned=True)


@get("/b/{slug:str}/orders/{order_id:str}/cancelled", name="payment left", sync_to_thread=True,
     include_in_schema=False)  # fmt: skip
def order_cancelled(request: AnyRequest, slug: FromPath[str], order_id: FromPath[str]) -> Answer:
    """Show an order whose payment the client left; it may have been paid all the same."""
    page = open_page(request, slug)
    return _show(page, _asked(page, order_id), returned=False)


@post("/b/{slug:str}/orders/{order_id:str}/pay", name="pay again", sync_to_thread=True,
      status_code=303, include_in_schema=False)  # fmt: skip
def pay_again(
    request: AnyRequest, slug: FromPath[str], order_id: FromPath[str], body: RawBody
) -> Answer:
    """Lead to the checkout once more; it is the same one, so nothing is paid twice."""
    page = open_page(request, slug)
    take_form(page, body)
    found = _asked(page, order_id)
    if not _is_own(page, found.order):
        raise Halt(404)
    return to_payment(page, found.order)


def _asked(page: Page, order_id: str) -> Placed:
    """Return the order after asking its provider where it waits for the payment."""
    ref = known_ref(order_id)
    try:
        page.house.relay.confirm_order(page.business.id, ref)
        page.house.wake.set()
    except NotFound:
        raise Halt(404) from None
    except PassError:
        pass  # the provider's answer could not be used; the reconciler will tell why
    try:
        return page.read(placed_order, ref)
    except NotFound:
        raise Halt(404) from None


def _is_own(page: Page, order: Order) -> bool:
    client = page.visitor.client if page.visitor else None
    return page.placed(order.id) or (client is not None and client.id == order.client_id)


def _show(page: Page, found: Placed, *, returned: bool) -> Answer:
    order, own = found.order, _is_own(page, found.order)
    card = None
    if own and found.stored is not None:
        card = card_of(found.stored.state, found.stored.code, found.services, page.say, page.now)
    more: dict[str, str] = {}
    waiting = returned and order.status is OrderStatus.AWAITING_PAYMENT
    if waiting:
        looked = page.request.query_params.get("n", "0")
        number = int(looked) if looked.isascii() and looked.isdigit() and len(looked) < 3 else 0
        if number < len(_LOOK_AGAIN):
            # A header, not an element: the page stays as calm for screen readers as it is.
            again = f"{page.request.url.path}?n={number + 1}"
            more["refresh"] = f"{_LOOK_AGAIN[number]};url={again}"
    return page.show(
        "booking/order.html",
        order=order,
        own=own,
        card=card,
        email=found.email,
        waiting=waiting,
        invoices=found.invoices if own else (),
        more=more,
    )
