"""A purchase survives SIGKILL between any two of its steps: nothing is lost, nothing done twice."""

from __future__ import annotations

import pytest

from passcore import OrderStatus, Verify, verify
from passcore.domain.notices import MessageState, NoticeKind
from tests.end_to_end.crash.harness import BUSINESS, World, world

#: K4 is a lost webhook and K13 two servers at once; they have no point of their own in the code.
POINTS = ("K0", "K1", "K2", "K3", "K4", "K5", "K6", "K7", "K8", "K9", "K10", "K11", "K13")


def _buy(here: World, point: str) -> str:
    """Order and pay with the victim dying at *point*; return the order's id."""
    body = {
        "product_id": "ten",
        "client": {"email": "ana@example.com", "name": "Ana"},
        "method": "online",
    }
    if point == "K4":
        here.pay.control.drop("*", times=100)
        here.poll_after = 0
    here.start("" if point in ("K4", "K13") else point)
    order = here.call("POST", "/orders", body, key="buy-once")
    session = here.pay.state.control.sessions()[0].id
    here.pay.control.act(session, "pay")
    if point == "K4":
        here.raise_again()
    if point == "K13":
        here.raise_again(count=2)
    return str(order["id"])


def _settled(here: World) -> bool:
    """Tell whether all is done; raise the victim again where it has died on the way."""
    if here.died():
        here.raise_again()
    with here.app.store.begin(BUSINESS, write=False) as tx:
        orders = tx.orders.page().items
        mails = [m for m in tx.outbox.page().items if m.notice.kind is NoticeKind.PURCHASE]
    return (
        bool(orders)
        and all(order.status is OrderStatus.FULFILLED for order in orders)
        and bool(mails)
        and all(mail.state is MessageState.SENT for mail in mails)
    )


@pytest.mark.parametrize("point", POINTS)
def test_a_purchase_killed_at_any_point_is_made_once(database_url: str, point: str) -> None:
    """After restart there is one order, payment, checkout, pass, invoice and mail (two at K10)."""
    with world(database_url) as here:
        order_id = _buy(here, point)
        here.until(lambda: _settled(here), f"the purchase to settle after {point}")
        assert here.call("GET", f"/orders/{order_id}")["status"] == "fulfilled"
        here.kill()
        if point not in ("K4", "K13"):
            assert here.deaths >= 1, "the victim was never killed"
        with here.app.store.begin(BUSINESS, write=False) as tx:
            assert len(tx.orders.page().items) == 1
            assert len(tx.payments.of_order(order_id)) == 1
            (held,) = tx.passes.page().items
            (invoice,) = tx.invoices.page().items
        assert invoice.number == 1
        assert len(here.pay.control.sessions()) == 1
        mails = [mail for mail in here.mail.mails if held.code in mail.text]
        assert len(mails) in ((1, 2) if point == "K10" else (1,))
        assert len({mail.message_id for mail in mails}) == 1
        assert here.app.read(BUSINESS, verify, Verify()).damage == ()
