"""Orders: placing, approving, declining, renewing (S1, S2, S8, S10)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from passcore import (
    ApproveOrder,
    DeclineOrder,
    Money,
    PaymentMethod,
    PlaceOrder,
    RecordCheckout,
    RenewPass,
    RetireProduct,
    approve,
    decline,
    place,
    record_checkout,
    renew,
    retire_product,
)
from passcore.domain.orders import OrderStatus
from passcore.domain.passes import Status
from passcore.domain.time import Length
from passcore.domain.validity import Anchor, Validity
from passcore.errors import Invalid, InvalidTransition, NotFound
from passcore.ports.payments import Checkout
from passcore.testing.builders import NOW
from tests.core.house import ANA, House


def test_an_online_order_waits_for_its_payment(house: House) -> None:
    """Without a pass; the client is made on the way."""
    order = house.order(success_url="https://studio.example/thanks")
    assert (order.status, order.pass_id) == (OrderStatus.AWAITING_PAYMENT, None)
    assert (order.provider, order.price) == ("fake", Money(12_000, "EUR"))
    assert order == house.order_now(order.id)
    with house.store.begin(house.id) as tx:
        assert tx.clients.get(order.client_id).name == "Ana"
        assert not tx.passes.page().items


@pytest.mark.parametrize("method", [PaymentMethod.ON_SITE, PaymentMethod.BANK_TRANSFER])
def test_an_order_paid_otherwise_waits_for_its_approval(
    house: House, method: PaymentMethod
) -> None:
    """Its pass is there, pending, and the mail tells how to pay (S2)."""
    order = house.order(method)
    assert (order.status, order.provider) == (OrderStatus.AWAITING_APPROVAL, None)
    assert order.pass_id is not None
    assert house.state(order.pass_id).status(NOW) is Status.PENDING
    (message,) = house.messages()
    assert message.notice.kind.value == "pending_approval"
    assert message.notice.values["code"]


def test_an_approval_starts_the_pass_and_issues_the_invoice(house: House) -> None:
    """Validity begins then; approving again changes nothing (S2)."""
    order = house.order(PaymentMethod.BANK_TRANSFER)
    now = house.later(days=3)
    done = house.run(approve, ApproveOrder(order.id))
    assert house.run(approve, ApproveOrder(order.id)) == done == house.order_now(order.id)
    assert done.status is OrderStatus.FULFILLED
    state = house.state(done.pass_id)
    assert state.window is not None
    assert state.window.starts_at == now
    with house.store.begin(house.id) as tx:
        assert [i.paid_by for i in tx.invoices.page().items] == ["bank_transfer"]
        assert [p.amount.minor for p in tx.payments.of_order(order.id)] == [12_000]
    assert house.told() == ["pending_approval", "purchase"]


def test_a_declined_order_voids_its_pass(house: House) -> None:
    """With the reason in ledger and mail; declining again changes nothing."""
    order = house.order(PaymentMethod.ON_SITE)
    done = house.run(decline, DeclineOrder(order.id, " no money came "))
    assert house.run(decline, DeclineOrder(order.id)) == done == house.order_now(order.id)
    assert done.status is OrderStatus.CANCELLED
    assert house.state(done.pass_id).status(NOW) is Status.CANCELLED
    with house.store.begin(house.id) as tx:
        assert tx.passes.ledger(done.pass_id)[-1].reason == "no money came"
    assert [m.notice.values.get("reason") for m in house.messages()] == [None, "no money came"]
    with pytest.raises(InvalidTransition):
        house.run(approve, ApproveOrder(order.id))


def test_a_hostile_reason_is_refused(house: House) -> None:
    """Before anything is changed."""
    order = house.order(PaymentMethod.ON_SITE)
    with pytest.raises(Invalid):
        house.run(decline, DeclineOrder(order.id, "a\0b"))
    assert house.order_now(order.id) == order
    house.run(decline, DeclineOrder(order.id))


def test_an_online_order_is_neither_approved_nor_declined(house: House) -> None:
    """Its provider says what became of it; paid, it is not approved again."""
    order = house.order()
    for use_case, command in ((approve, ApproveOrder(order.id)), (decline, DeclineOrder(order.id))):
        with pytest.raises(InvalidTransition):
            house.run(use_case, command)
    paid = house.paid_order()
    house.relay.confirm_order(house.id, paid.id)
    with pytest.raises(InvalidTransition):
        house.run(approve, ApproveOrder(paid.id))


def test_what_costs_nothing_is_given_at_once(house: House) -> None:
    """Without payment, invoice or approval, by whatever method (S10)."""
    free = house.add_product("Trial", 1, price=Money(0, "EUR"))
    for method in PaymentMethod:
        order = house.order(method, product=free.id)
        assert order.status is OrderStatus.FULFILLED
        assert order == house.order_now(order.id)
    assert house.told() == ["purchase"] * 3
    with house.store.begin(house.id) as tx:
        assert not tx.invoices.page().items


def test_a_product_is_sold_as_it_offers(house: House) -> None:
    """Not by another method, not once retired, not where it is not there."""
    online = house.add_product("Online", 5, methods=(PaymentMethod.ONLINE,))
    with pytest.raises(Invalid) as refused:
        house.order(PaymentMethod.ON_SITE, product=online.id)
    assert refused.value.field == "method"
    house.run(retire_product, RetireProduct(online.id))
    with pytest.raises(InvalidTransition):
        house.order(product=online.id)
    with pytest.raises(NotFound):
        house.order(product="nothing")


@pytest.mark.parametrize("method", list(PaymentMethod))
def test_what_could_not_become_a_pass_is_refused_before_it_is_paid(
    house: House, method: PaymentMethod
) -> None:
    """A start that is missing or not wanted; nobody is made and nothing waits."""
    chosen = house.add_product("Chosen", 5, validity=Validity(Anchor.CHOSEN_DATE))
    for product, starts_on in ((chosen.id, None), (house.product.id, NOW.date())):
        with pytest.raises(Invalid) as refused:
            house.order(method, product=product, starts_on=starts_on)
        assert refused.value.field == "starts_on"
    with house.store.begin(house.id) as tx:
        assert tx.clients.by_email("ana@example.com") is None


def test_a_chosen_start_is_kept_until_the_pass_is_given(house: House) -> None:
    """Paid online or approved later."""
    rule = Validity(Anchor.CHOSEN_DATE, Length(1, "months"))
    chosen = house.add_product("Chosen", 5, validity=rule)
    day = NOW.date() + timedelta(days=9)
    online = house.relay.start_checkout(house.id, house.order(product=chosen.id, starts_on=day).id)
    assert online.checkout_ref is not None
    house.gateway.pay(online.checkout_ref)
    by_hand = house.order(PaymentMethod.ON_SITE, product=chosen.id, starts_on=day)
    done = [
        house.relay.confirm_order(house.id, online.id),
        house.run(approve, ApproveOrder(by_hand.id)),
    ]
    for order in done:
        assert order.pass_id is not None
        window = house.state(order.pass_id).window
        assert window is not None
        assert window.first_day == day


def test_a_checkout_is_recorded_once(house: House) -> None:
    """The same again changes nothing."""
    order = house.order()
    command = RecordCheckout(order.id, Checkout("cs_1", "https://pay.example/cs_1"))
    first = house.run(record_checkout, command)
    assert (first.checkout_ref, first.checkout_url) == ("cs_1", "https://pay.example/cs_1")
    assert house.run(record_checkout, command) == first == house.order_now(order.id)


def test_a_renewal_is_an_order_for_the_current_version(house: House) -> None:
    """For the pass's owner, naming the pass; by another method where the wanted one is gone."""
    view = house.assign()
    order = house.run(renew, RenewPass(view.code, provider="fake"))
    assert (order.renews, order.client_id) == (view.state.id, view.client.id)
    assert order.status is OrderStatus.AWAITING_PAYMENT
    by_hand = house.add_product("By hand", 5, methods=(PaymentMethod.ON_SITE,))
    order = house.run(renew, RenewPass(house.assign(by_hand).state.id))
    assert order.method is PaymentMethod.ON_SITE


def test_a_renewal_may_choose_its_start(house: House) -> None:
    """Where the product asks for one."""
    rule = Validity(Anchor.CHOSEN_DATE)
    view = house.assign(house.add_product("Chosen", 5, validity=rule), starts_on=NOW.date())
    with pytest.raises(Invalid):
        house.run(renew, RenewPass(view.code))
    order = house.run(renew, RenewPass(view.code, starts_on=NOW.date() + timedelta(days=30)))
    assert order.starts_on == NOW.date() + timedelta(days=30)


def test_tax_is_added_to_a_price_told_without(house: House) -> None:
    """And the sessions are worth the net price."""
    product = house.add_product("Net", 10, tax_rate=2_700, tax_inclusive=False)
    order = house.run(place, PlaceOrder(product.id, ANA, PaymentMethod.ON_SITE))
    assert order.price == Money(15_240, "EUR")
    house.run(approve, ApproveOrder(order.id))
    assert house.balance(order.pass_id).units == ((1200, 10),)
    with house.store.begin(house.id) as tx:
        (invoice,) = tx.invoices.page().items
    assert (invoice.net_minor, invoice.lines[0].tax_minor, invoice.gross_minor) == (
        12_000,
        3_240,
        15_240,
    )
