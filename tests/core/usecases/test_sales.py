"""Sales: one paid order is one pass, one invoice, one notice, however often told (S4; 2.3)."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import attrs
import pytest

from passcore import (
    ApproveOrder,
    Book,
    EditBusiness,
    EditPass,
    Money,
    PaymentMethod,
    Settled,
    SettlePayment,
    approve,
    book,
    edit,
    edit_business,
    settle,
)
from passcore.domain import commands as cm
from passcore.domain.bookings import PaymentState as ClaimState
from passcore.domain.orders import OrderStatus
from passcore.domain.passes import Status
from passcore.domain.payments import Payment, PaymentStanding
from passcore.errors import Invalid, InvalidTransition, NotFound
from passcore.ports.payments import PaymentState, ProviderPayment
from passcore.testing.builders import NOW
from tests.core.house import ANA, House


def _eur(minor: int) -> Money:
    return Money(minor, "EUR")


def _paid(house: House, order_id: str, **changes: Any) -> ProviderPayment:
    fields: dict[str, Any] = {
        "provider": "fake",
        "checkout_ref": "checkout_1",
        "payment_ref": "pay_1",
        "order_id": order_id,
        "business_id": house.id,
        "state": PaymentState.SUCCEEDED,
        "amount": _eur(12_000),
        "refunded": _eur(0),
        "live": False,
    }
    return ProviderPayment(**fields | changes)


def _settle(house: House, order_id: str, **changes: Any) -> Settled:
    settled: Settled = house.run(settle, SettlePayment(_paid(house, order_id, **changes)))
    assert settled.order == house.order_now(order_id), "what is answered is what is stored"
    return settled


def _payments(house: House, order_id: str) -> list[Payment]:
    with house.store.begin(house.id) as tx:
        return list(tx.payments.of_order(order_id))


def _orders(house: House) -> list[str]:
    with house.store.begin(house.id) as tx:
        return [order.id for order in tx.orders.page().items]


def _counts(house: House) -> tuple[int, int, int]:
    """Passes, invoices, purchase notices."""
    with house.store.begin(house.id) as tx:
        passes, invoices = tx.passes.page().items, tx.invoices.page().items
    return len(passes), len(invoices), house.told().count("purchase")


def test_a_payment_gives_pass_invoice_and_notice(house: House) -> None:
    """In one transaction; the pass is active from now, the mail carries the invoice."""
    order = house.order()
    settled = _settle(house, order.id)
    assert (settled.order.status, settled.standing) == (
        OrderStatus.FULFILLED,
        PaymentStanding.APPLIED,
    )
    assert settled.order.pass_id is not None
    state = house.state(settled.order.pass_id)
    assert (state.status(NOW), state.balance.available) == (Status.ACTIVE, 10)
    with house.store.begin(house.id) as tx:
        (invoice,) = tx.invoices.of_order(order.id)
    assert (invoice.series, invoice.number, invoice.code) == ("2027", 1, "2027-00001")
    assert (invoice.gross_minor, invoice.net_minor, invoice.paid_by) == (12_000, 12_000, "online")
    (message,) = house.messages()
    assert message.notice.invoice_id == invoice.id
    assert invoice.id.startswith("inv_")
    assert message.notice.values["sessions"] == 10
    with house.store.begin(house.id) as tx:
        assert message.notice.values["code"] == tx.passes.get(settled.order.pass_id).code
    assert _counts(house) == (1, 1, 1)


@pytest.mark.parametrize("times", [2, 5])
def test_settled_again_and_again_it_happens_once(house: House, times: int) -> None:
    """Webhook, return page and reconciler may all call (P1, P2, P5)."""
    order = house.order()
    changed = [_settle(house, order.id).changed for _ in range(times)]
    assert changed == [True] + [False] * (times - 1)
    assert _counts(house) == (1, 1, 1)


def test_settled_by_many_threads_at_once_it_happens_once(house: House) -> None:
    """Whoever is first."""
    order = house.order()
    start = threading.Barrier(8)
    changed: list[bool] = []

    def run() -> None:
        start.wait()
        changed.append(_settle(house, order.id).changed)

    threads = [threading.Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(changed) == [False] * 7 + [True]
    assert _counts(house) == (1, 1, 1)


@pytest.mark.parametrize(
    "amount", [_eur(11_999), _eur(12_001), _eur(120), Money(12_000, "USD"), Money(120, "JPY")]
)
def test_money_that_is_not_the_price_gives_no_pass(house: House, amount: Money) -> None:
    """It is recorded for a person to see; the right payment may still come (P7)."""
    order = house.order()
    settled = _settle(house, order.id, amount=amount, refunded=Money(0, amount.currency))
    assert settled.standing is PaymentStanding.MISMATCH
    assert settled.order.status is OrderStatus.AWAITING_PAYMENT
    assert _settle(
        house, order.id, amount=amount, refunded=Money(0, amount.currency)
    ) == attrs.evolve(settled, changed=False)
    assert _counts(house) == (0, 0, 0)
    _settle(house, order.id, payment_ref="pay_2")
    assert _counts(house) == (1, 1, 1)
    assert len(_payments(house, order.id)) == 2


def test_a_second_payment_of_one_order_is_surplus(house: House) -> None:
    """Recorded, one pass (P8); what goes back of it does not touch the order."""
    order = house.order()
    _settle(house, order.id)
    (first,) = _payments(house, order.id)
    assert (first.received_at, first.id[:4]) == (NOW, "pay_")
    again = _settle(house, order.id, payment_ref="pay_2")
    assert (again.standing, again.changed) == (PaymentStanding.SURPLUS, True)
    assert _counts(house) == (1, 1, 1)
    back = _settle(house, order.id, payment_ref="pay_2", refunded=_eur(12_000))
    assert back.standing is PaymentStanding.SURPLUS
    assert back.order.status is OrderStatus.FULFILLED
    assert {p.refunded.minor for p in _payments(house, order.id)} == {0, 12_000}


def test_money_for_a_cancelled_order_is_surplus(house: House) -> None:
    """Its checkout had failed before (P8, P16)."""
    order = house.order()
    assert _settle(house, order.id, state=PaymentState.FAILED).changed is True
    assert house.order_now(order.id).status is OrderStatus.CANCELLED
    assert _settle(house, order.id, state=PaymentState.FAILED).changed is False
    assert _settle(house, order.id).standing is PaymentStanding.SURPLUS
    assert _counts(house) == (0, 0, 0)


@pytest.mark.parametrize(
    "changes",
    [{"state": PaymentState.OPEN}, {"state": PaymentState.PROCESSING}, {"payment_ref": None}],
)
def test_money_that_is_not_there_yet_changes_nothing(house: House, changes: dict[str, Any]) -> None:
    """A delayed method gives no pass until it is paid (P16)."""
    order = house.order()
    assert _settle(house, order.id, **changes) == Settled(order, changed=False)
    assert house.order_now(order.id) == order


def test_refunded_before_succeeded_ends_refunded(house: House) -> None:
    """No usable session was ever there (P10)."""
    order = house.order()
    settled = _settle(house, order.id, refunded=_eur(12_000))
    assert settled == Settled(settled.order, changed=True, standing=PaymentStanding.APPLIED)
    assert settled.order.status is OrderStatus.REFUNDED
    assert _counts(house) == (0, 0, 0)
    assert not _settle(house, order.id, refunded=_eur(12_000)).changed


def test_partly_refunded_before_succeeded_ends_as_in_order(house: House) -> None:
    """With the pass, and known to be part refunded (P10)."""
    early, late = house.order(), house.order()
    _settle(house, early.id, refunded=_eur(5_000))
    _settle(house, late.id, payment_ref="pay_2")
    _settle(house, late.id, payment_ref="pay_2", refunded=_eur(5_000))
    for order in (early, late):
        assert house.order_now(order.id).status is OrderStatus.PART_REFUNDED
        assert _payments(house, order.id)[0].refunded == _eur(5_000)
    assert _counts(house) == (2, 2, 2)


def test_dashboard_refunds_are_cumulative(house: House) -> None:
    """The figure told is a total, never a delta; an older total changes nothing (P11)."""
    order = house.order()
    _settle(house, order.id)
    for total, changed in ((3_000, True), (3_000, False), (8_000, True), (3_000, False)):
        settled = _settle(house, order.id, refunded=_eur(total))
        applied = PaymentStanding.APPLIED
        assert settled == Settled(settled.order, changed=changed, standing=applied)
    assert _payments(house, order.id)[0].refunded == _eur(8_000)
    pass_id = house.order_now(order.id).pass_id
    assert pass_id is not None
    assert house.state(pass_id).status(NOW) is Status.ACTIVE
    _settle(house, order.id, refunded=_eur(12_000))
    assert house.order_now(order.id).status is OrderStatus.REFUNDED
    state = house.state(pass_id)
    assert (state.status(NOW), state.balance.refunded) == (Status.REFUNDED, 10)


def test_a_whole_refund_lets_bookings_go(house: House) -> None:
    """Their holds are released, the visits stand without a claim, other passes' stay."""
    order = house.order()
    pass_id = _settle(house, order.id).order.pass_id
    assert pass_id is not None
    other = house.assign()
    views = []
    for number, choice in enumerate((pass_id, pass_id, other.state.id)):
        visit = Book(ANA, house.service.id, NOW + timedelta(days=number + 1), choice=choice)
        views.append(house.run(book, visit))
    _settle(house, order.id, refunded=_eur(12_000))
    states, versions = [], []
    with house.store.begin(house.id) as tx:
        for view in views:
            found = tx.bookings.get(view.booking.id)
            payment = found.lines[0].payment
            assert payment is not None
            states.append(payment.state)
            versions.append(found.version)
        caused = {(type(e.fact).__name__, e.order_id) for e in tx.passes.ledger(pass_id)[1:]}
    assert states == [ClaimState.RELEASED, ClaimState.RELEASED, ClaimState.HELD]
    assert versions == [2, 2, 1]
    named = {(n, order.id) for n in ("Released", "Refunded")}
    assert caused == named | {("Reserved", None)}
    b = house.balance(pass_id)
    assert (b.held, b.available, b.refunded) == (0, 0, 10)


def test_a_whole_refund_leaves_what_was_used(house: House) -> None:
    """A visit that was completed stays paid for."""
    pass_id = _settle(house, house.order().id).order.pass_id
    assert pass_id is not None
    house.report("completed", 1, ref="used", choice=pass_id)
    held = house.report("booked", 1, ref="held", choice=pass_id)
    order_id = next(iter(_orders(house)))
    _settle(house, order_id, refunded=_eur(12_000))
    with house.store.begin(house.id) as tx:
        kept = tx.bookings.get("used").lines[0].payment
        gone = tx.bookings.get("held").lines[0].payment
    assert kept is not None
    assert gone is not None
    assert (kept.state, gone.state) == (ClaimState.CAPTURED, ClaimState.RELEASED)
    assert held.applied
    b = house.balance(pass_id)
    assert (b.used, b.refunded) == (1, 9)


def test_the_entries_of_a_sale_name_its_order(house: House) -> None:
    """Granted at once, or granted pending and activated later."""
    online = _settle(house, house.order().id).order
    by_hand = house.order(PaymentMethod.ON_SITE)
    house.run(approve, ApproveOrder(by_hand.id))
    for order in (online, by_hand):
        assert order.pass_id is not None
        with house.store.begin(house.id) as tx:
            entries = tx.passes.ledger(order.pass_id)
        assert {e.order_id for e in entries} == {order.id}


def test_money_taken_by_hand_is_recorded_as_such(house: House) -> None:
    """One payment of the whole price, named after its order."""
    order = house.order(PaymentMethod.ON_SITE)
    house.run(approve, ApproveOrder(order.id))
    (payment,) = _payments(house, order.id)
    assert payment == Payment(
        payment.id,
        "by_hand",
        order.id,
        order.id,
        _eur(12_000),
        _eur(0),
        PaymentStanding.APPLIED,
        NOW,
    )
    assert payment.id.startswith("pay_")


def test_a_refund_of_a_pass_that_was_cancelled_is_recorded(house: House) -> None:
    """Staff voided it first, then gave the money back in the dashboard."""
    order = house.order()
    pass_id = _settle(house, order.id).order.pass_id
    assert pass_id is not None
    house.run(edit, EditPass(pass_id, cm.Cancel(), "moved away"))
    assert _settle(house, order.id, refunded=_eur(12_000)).order.status is OrderStatus.REFUNDED
    assert house.state(pass_id).status(NOW) is Status.CANCELLED


def test_money_given_back_during_a_dispute_is_recorded(house: House) -> None:
    """The order stays disputed: the dispute's own outcome moves it (P15)."""
    order = house.order()
    _settle(house, order.id)
    with house.store.begin(house.id) as tx:
        known = tx.orders.get(order.id)
        tx.orders.save(attrs.evolve(known, status=OrderStatus.DISPUTED))
    settled = _settle(house, order.id, refunded=_eur(5_000))
    assert (settled.changed, settled.order.status) == (True, OrderStatus.DISPUTED)
    assert _payments(house, order.id)[0].refunded == _eur(5_000)


def test_another_business_or_mode_has_no_effect(house: House) -> None:
    """Nor has an unknown order (P6)."""
    order = house.order()
    for changes in ({"business_id": "biz_other"}, {"order_id": "order_x"}, {"order_id": None}):
        with pytest.raises(NotFound) as unknown:
            house.run(settle, SettlePayment(_paid(house, **{"order_id": order.id} | changes)))
        ref = order.id if "business_id" in changes else changes["order_id"] or ""
        assert unknown.value.fields() == {"what": "order", "ref": ref}
    for live in (True, False):
        with pytest.raises(Invalid, match=r"payment.live', 'mixes test and live money"):
            house.run(
                settle, SettlePayment(_paid(house, order.id, live=live), live_expected=not live)
            )
    assert house.order_now(order.id) == order
    assert house.run(settle, SettlePayment(_paid(house, order.id, business_id=None))).changed


def test_a_saved_card_is_kept_with_the_client(house: House) -> None:
    """Only where both its names came; the same again writes nothing."""
    first, second, third = house.order(), house.order(), house.order()
    _settle(house, first.id, customer_ref="cus_1")
    with house.store.begin(house.id) as tx:
        assert tx.clients.get(first.client_id).card_ref is None
    card = {"customer_ref": "cus_1", "card_ref": "card_1"}
    _settle(house, second.id, payment_ref="pay_2", **card)
    _settle(house, third.id, payment_ref="pay_3", **card)
    with house.store.begin(house.id) as tx:
        client = tx.clients.get(first.client_id)
    assert (client.customer_ref, client.card_ref, client.version) == ("cus_1", "card_1", 2)


def test_invoice_numbers_run_on_without_a_gap(house: House) -> None:
    """Of a year, in the business's own zone; a refused sale burns none (I5)."""
    orders = [house.order() for _ in range(3)]
    _settle(house, orders[0].id)
    with pytest.raises(NotFound):
        house.run(settle, SettlePayment(_paid(house, "order_x")))
    _settle(house, orders[1].id, payment_ref="pay_2")
    house.clock.set(NOW.replace(year=2027, month=12, day=31, hour=23, minute=30))
    _settle(house, orders[2].id, payment_ref="pay_3")
    with house.store.begin(house.id) as tx:
        codes = sorted(i.code for i in tx.invoices.page().items)
    assert codes == ["2027-00001", "2027-00002", "2028-00001"]


def test_invoices_are_never_dated_back(house: House) -> None:
    """The clock was set back over midnight, or the zone moved west (I5, S6)."""
    house.clock.set(NOW.replace(month=12, day=31, hour=23, minute=30))  # 2028 in Budapest
    _settle(house, house.order().id)
    house.later(hours=-1)
    _settle(house, house.order().id, payment_ref="pay_2")
    house.run(edit_business, EditBusiness({"time_zone": "Pacific/Pago_Pago"}))
    house.later(hours=2)
    _settle(house, house.order().id, payment_ref="pay_3")
    with house.store.begin(house.id) as tx:
        found = sorted(tx.invoices.page().items, key=lambda i: i.number)
    assert [i.code for i in found] == ["2028-00001", "2028-00002", "2028-00003"]
    assert {i.issued_on.isoformat() for i in found} == {"2028-01-01"}
    assert [i.issued_at for i in found] == sorted(i.issued_at for i in found)


def test_an_order_is_paid_once_whatever_is_said_later(house: House) -> None:
    """A failure after the success changes nothing."""
    order = house.order()
    _settle(house, order.id)
    assert not _settle(house, order.id, state=PaymentState.FAILED).changed
    with pytest.raises(InvalidTransition):
        house.relay.charge_saved_card(house.id, order.id)
