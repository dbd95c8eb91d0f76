"""Orders that wait for the money: approve or decline (S2)."""

from __future__ import annotations

from collections.abc import Mapping

import attrs
from litestar import get, post
from litestar.params import FromPath, RawBody

from passcore import (
    ApproveOrder,
    Client,
    DeclineOrder,
    NotFound,
    Order,
    OrderStatus,
    PassError,
    Tx,
    approve,
    decline,
)
from passcore.usecases.call import Call
from passweb.auth import READ, SELL
from passweb.pages.console.door import may, need_staff
from passweb.pages.halting import Halt
from passweb.pages.house import AnyRequest
from passweb.pages.page import Answer, Page, known_ref, take_form


@attrs.frozen
class Orders:
    """Orders that wait, and the newest of all."""

    waiting: tuple[Order, ...]
    newest: tuple[Order, ...]
    clients: Mapping[str, Client]


def orders_of(tx: Tx, _command: None, _call: Call) -> Orders:
    """Return at most 50 orders that wait and 30 others, with who placed them."""
    waiting = tx.orders.page(status=OrderStatus.AWAITING_APPROVAL, limit=50).items
    newest = [o for o in tx.orders.page(limit=30).items if o not in waiting]
    clients = tx.clients.many(order.client_id for order in (*waiting, *newest))
    return Orders(tuple(waiting), tuple(newest), clients)


@get("/console/orders", name="console orders", sync_to_thread=True, include_in_schema=False)
def orders_page(request: AnyRequest) -> Answer:
    """Show the orders."""
    return _show(need_staff(request, READ))


@post("/console/orders/{order_id:str}", name="approve or decline", sync_to_thread=True,
      status_code=303, include_in_schema=False)  # fmt: skip
def settle_order(request: AnyRequest, order_id: FromPath[str], body: RawBody) -> Answer:
    """Approve an order or turn it down."""
    page = need_staff(request, SELL)
    form = take_form(page, body)
    ref = known_ref(order_id)
    try:
        if form.raw("action") == "approve":
            page.run(approve, ApproveOrder(ref))
        elif form.raw("action") == "decline":
            reason = form.text("reason", 500, page._("Write a shorter reason."), empty=True)
            if not form.ok:
                return _show(page, 422, form.troubles["reason"])
            page.run(decline, DeclineOrder(ref, reason or None))
        else:
            raise Halt(400)
    except NotFound:
        raise Halt(404) from None
    except PassError as refusal:
        return _show(page, 409, " ".join(page.refusal(refusal)))
    return page.go(f"/console/orders?b={page.business.slug}")


def _show(page: Page, status: int = 200, trouble: str = "") -> Answer:
    assert page.visitor is not None and page.visitor.staff is not None
    return page.show(
        "console/orders.html", status=status, found=page.read(orders_of, None), trouble=trouble,
        may_settle=may(page.visitor.staff, SELL),
    )  # fmt: skip
