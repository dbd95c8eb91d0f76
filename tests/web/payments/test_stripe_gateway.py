"""The Stripe adapter against a running server: checkout, fetch, charge, refund, events."""

from __future__ import annotations

import subprocess
import sys

import attrs
import pytest

from passcore.adapters.system import SystemClock
from passcore.domain.money import Money
from passcore.errors import Invalid, NotFound, ProviderRefused
from passcore.ports.payments import PaymentGateway, PaymentState, ProviderPayment, RefundRequest
from passweb import payments
from passweb.payments.stripe import provider
from passweb.payments.stripe.amounts import from_stripe, to_stripe
from passweb.testing.payserver import RunningPayServer
from tests.web.payments.support import (
    EUR_120,
    Endpoint,
    charge_request,
    checkout_request,
    press,
)


def paid(
    gateway: PaymentGateway, order: str = "order-1", *, save_card: bool = False
) -> ProviderPayment:
    checkout = gateway.start_checkout(checkout_request(order, save_card=save_card))
    press(checkout.url, "pay")
    return gateway.fetch_payment(checkout_ref=checkout.ref)


def test_a_paid_checkout_is_verified_and_fetched(
    gateway: PaymentGateway, payserver: RunningPayServer, endpoint: Endpoint
) -> None:
    """Checkout, pay on the page, verified webhook, fetch: the payment names order and business."""
    checkout = gateway.start_checkout(checkout_request())
    before = gateway.fetch_payment(checkout_ref=checkout.ref)
    assert (before.state, before.payment_ref) == (PaymentState.OPEN, None)

    back = press(checkout.url, "pay")
    assert back.status_code == 303
    assert back.headers["location"] == f"http://shop.test/paid?session={checkout.ref}"

    assert payserver.control.wait_delivered("checkout.session.completed")
    assert payserver.control.wait_idle()
    now = SystemClock().now()
    events = [
        gateway.verify_event(found.headers, found.body, now=now) for found in endpoint.received
    ]
    completed = next(event for event in events if event.kind == "checkout.session.completed")
    assert (completed.checkout_ref, completed.payment_ref) == (checkout.ref, None)
    succeeded = next(event for event in events if event.kind == "payment_intent.succeeded")
    useless = next(event for event in events if event.kind == "charge.succeeded")
    assert (useless.checkout_ref, useless.payment_ref) == (None, None)

    payment = gateway.fetch_payment(checkout_ref=completed.checkout_ref)
    assert payment == ProviderPayment(
        provider="stripe",
        checkout_ref=checkout.ref,
        payment_ref=succeeded.payment_ref,
        order_id="order-1",
        business_id="studio-1",
        state=PaymentState.SUCCEEDED,
        amount=EUR_120,
        refunded=Money(0, "EUR"),
        live=False,
    )
    by_intent = gateway.fetch_payment(payment_ref=succeeded.payment_ref)
    assert by_intent == attrs.evolve(payment, checkout_ref=None)


def test_the_same_key_is_the_same_session(
    gateway: PaymentGateway, payserver: RunningPayServer
) -> None:
    first = gateway.start_checkout(checkout_request())
    assert gateway.start_checkout(checkout_request()) == first
    assert len(payserver.control.sessions()) == 1


def test_a_key_for_another_request_is_refused(
    gateway: PaymentGateway, payserver: RunningPayServer
) -> None:
    gateway.start_checkout(checkout_request())
    with pytest.raises(ProviderRefused, match="idempotency_error"):
        gateway.start_checkout(checkout_request(amount=Money(11900, "EUR")))
    assert len(payserver.control.sessions()) == 1


def test_refunds_add_up_and_none_goes_beyond_the_payment(
    gateway: PaymentGateway, payserver: RunningPayServer
) -> None:
    """Three partial refunds, one from the dashboard; `refunded` is cumulative (P11)."""
    payment = paid(gateway)
    ref = payment.payment_ref
    assert ref is not None
    asked = [
        RefundRequest("refund:1", ref, Money(3000, "EUR")),
        RefundRequest("refund:2", ref, Money(4000, "EUR")),
    ]
    refunds = [gateway.refund(request) for request in asked]
    for request, refund in zip(asked, refunds, strict=True):
        assert (refund.settled, refund.failed, refund.payment_ref) == (True, False, ref)
        assert refund.amount == request.amount
    payserver.control.refund(ref, 1000)
    assert gateway.fetch_payment(payment_ref=ref).refunded == Money(8000, "EUR")

    assert [gateway.refund(request) for request in asked] == refunds
    assert len(payserver.control.refunds()) == 3
    with pytest.raises(ProviderRefused, match="greater than unrefunded"):
        gateway.refund(RefundRequest("refund:3", ref, Money(4001, "EUR")))
    assert payment.checkout_ref is not None
    fetched = gateway.fetch_payment(checkout_ref=payment.checkout_ref)
    assert (fetched.amount, fetched.refunded) == (EUR_120, Money(8000, "EUR"))


def test_a_pending_refund_is_not_settled_and_may_fail(
    gateway: PaymentGateway, payserver: RunningPayServer
) -> None:
    ref = paid(gateway).payment_ref
    assert ref is not None
    payserver.control.leave_refunds_pending()
    refund = gateway.refund(RefundRequest("refund:1", ref, Money(3000, "EUR")))
    assert (refund.settled, refund.failed) == (False, False)
    payserver.control.fail_refund(refund.ref)
    assert gateway.fetch_payment(payment_ref=ref).refunded == Money(0, "EUR")


def test_a_saved_card_is_charged_without_its_owner(
    gateway: PaymentGateway, payserver: RunningPayServer
) -> None:
    first = paid(gateway, save_card=True)
    renewal = gateway.charge(charge_request(first))
    assert renewal.state is PaymentState.SUCCEEDED
    assert renewal.amount == Money(9900, "EUR")
    assert (renewal.order_id, renewal.business_id) == ("order-2", "studio-1")
    assert gateway.charge(charge_request(first)) == renewal
    assert len(payserver.control.payments()) == 2


@pytest.mark.parametrize("code", ["card_declined", "authentication_required", "expired_card"])
def test_a_declined_charge_is_refused_and_stays_refused(
    gateway: PaymentGateway, payserver: RunningPayServer, code: str
) -> None:
    """A decline is the key's answer for ever; a new key may try again."""
    first = paid(gateway, save_card=True)
    assert first.card_ref is not None
    payserver.control.decline_card(first.card_ref, code)
    with pytest.raises(ProviderRefused, match=code):
        gateway.charge(charge_request(first))
    declined = payserver.control.payments()[0].id
    assert gateway.fetch_payment(payment_ref=declined).state is PaymentState.FAILED

    payserver.control.decline_card(first.card_ref, None)
    with pytest.raises(ProviderRefused, match=code):
        gateway.charge(charge_request(first))
    again = gateway.charge(charge_request(first, "order-3"))
    assert again.state is PaymentState.SUCCEEDED


def test_a_known_customer_keeps_the_card_of_a_later_checkout(gateway: PaymentGateway) -> None:
    first = paid(gateway, save_card=True)
    checkout = gateway.start_checkout(
        checkout_request("order-2", save_card=True, customer=first.customer_ref)
    )
    press(checkout.url, "pay")
    second = gateway.fetch_payment(checkout_ref=checkout.ref)
    assert second.customer_ref == first.customer_ref
    assert second.card_ref not in (None, first.card_ref)


def test_a_delayed_payment_is_processing_until_it_settles(
    gateway: PaymentGateway, payserver: RunningPayServer
) -> None:
    """P16: complete is not paid."""
    good = gateway.start_checkout(checkout_request("order-1"))
    bad = gateway.start_checkout(checkout_request("order-2"))
    for checkout in (good, bad):
        press(checkout.url, "pay_delayed")
        payment = gateway.fetch_payment(checkout_ref=checkout.ref)
        assert payment.state is PaymentState.PROCESSING
        assert payment.payment_ref is not None
    payserver.control.settle_delayed(good.ref)
    payserver.control.fail_delayed(bad.ref)
    assert gateway.fetch_payment(checkout_ref=good.ref).state is PaymentState.SUCCEEDED
    failed = gateway.fetch_payment(checkout_ref=bad.ref)
    assert failed.state is PaymentState.FAILED
    assert failed.payment_ref is not None
    by_intent = gateway.fetch_payment(payment_ref=failed.payment_ref)
    assert by_intent.state is PaymentState.FAILED


def test_a_decline_on_the_page_leaves_the_checkout_open(gateway: PaymentGateway) -> None:
    """The failed attempt's own event must not close the order: the client may try again."""
    checkout = gateway.start_checkout(checkout_request())
    answer = press(checkout.url, "decline")
    assert answer.status_code == 402
    assert "declined" in answer.text
    payment = gateway.fetch_payment(checkout_ref=checkout.ref)
    assert payment.state is PaymentState.OPEN
    assert payment.payment_ref is not None
    by_intent = gateway.fetch_payment(payment_ref=payment.payment_ref)
    assert (by_intent.state, by_intent.checkout_ref) == (PaymentState.OPEN, checkout.ref)
    press(checkout.url, "pay")
    paid_now = gateway.fetch_payment(payment_ref=payment.payment_ref)
    assert paid_now.state is PaymentState.SUCCEEDED


def test_an_expired_checkout_has_failed(
    gateway: PaymentGateway, payserver: RunningPayServer
) -> None:
    checkout = gateway.start_checkout(checkout_request())
    payserver.control.expire(checkout.ref)
    assert gateway.fetch_payment(checkout_ref=checkout.ref).state is PaymentState.FAILED


@pytest.mark.parametrize(
    ("money", "wire"),
    [
        (Money(120, "JPY"), 120),
        (Money(12340, "KWD"), 12340),
        (Money(12345, "HUF"), 12345),
        (Money(500, "ISK"), 50000),
        (Money(5, "UGX"), 500),
        (Money(50000, "MGA"), 500),
        (Money(12000, "EUR"), 12000),
    ],
)
def test_amounts_go_over_the_wire_as_stripe_counts_them(
    gateway: PaymentGateway, payserver: RunningPayServer, money: Money, wire: int
) -> None:
    """P7: zero and three decimals, and the currencies Stripe counts in its own way."""
    checkout = gateway.start_checkout(checkout_request(amount=money))
    assert payserver.control.sessions()[0].amount == wire
    press(checkout.url, "pay")
    payment = gateway.fetch_payment(checkout_ref=checkout.ref)
    assert payment.amount == money
    assert payment.refunded == Money(0, money.currency)
    assert from_stripe(to_stripe(money), money.currency.lower()) == money


@pytest.mark.parametrize(
    "money",
    [
        Money(12345, "KWD"),
        Money(12345, "MGA"),
        Money(1000, "IQD"),
        Money(0, "EUR"),
        Money(-1, "EUR"),
    ],
)
def test_amounts_stripe_cannot_take_are_refused_not_rounded(
    gateway: PaymentGateway, payserver: RunningPayServer, money: Money
) -> None:
    with pytest.raises(ProviderRefused):
        to_stripe(money)
    with pytest.raises(ProviderRefused):
        gateway.start_checkout(checkout_request(amount=money))
    assert payserver.control.sessions() == []


def test_what_was_received_counts_not_what_was_asked_for(
    gateway: PaymentGateway, payserver: RunningPayServer
) -> None:
    """A payment of one cent less is told as such, so that nothing is issued for it (P7)."""
    checkout = gateway.start_checkout(checkout_request())
    press(checkout.url, "pay")
    payserver.control.receive_other(payserver.control.payments()[0].id, 11999)
    assert gateway.fetch_payment(checkout_ref=checkout.ref).amount == Money(11999, "EUR")


def test_a_live_payment_in_a_test_account_is_refused(
    gateway: PaymentGateway, payserver: RunningPayServer
) -> None:
    """P6: the modes never mix."""
    payment = paid(gateway)
    payserver.control.sessions()[0].livemode = True
    payserver.control.payments()[0].livemode = True
    with pytest.raises(ProviderRefused, match="live mode payment in a test mode account"):
        gateway.fetch_payment(checkout_ref=payment.checkout_ref)
    with pytest.raises(ProviderRefused, match="live mode"):
        gateway.fetch_payment(payment_ref=payment.payment_ref)


def test_what_is_not_there_is_refused(gateway: PaymentGateway) -> None:
    with pytest.raises(ProviderRefused, match="resource_missing"):
        gateway.fetch_payment(checkout_ref="cs_test_nothing")
    with pytest.raises(ProviderRefused, match="resource_missing"):
        gateway.fetch_payment(payment_ref="pi_nothing")
    with pytest.raises(Invalid):
        gateway.fetch_payment()


def test_disputes_and_refunds_name_their_payment(
    gateway: PaymentGateway, payserver: RunningPayServer, endpoint: Endpoint
) -> None:
    ref = paid(gateway).payment_ref
    assert ref is not None
    payserver.control.refund(ref, 100)
    dispute = payserver.control.dispute(ref)
    payserver.control.close_dispute(dispute, "won")
    assert payserver.control.wait_delivered("charge.dispute.funds_reinstated")
    now = SystemClock().now()
    kinds = {}
    for found in endpoint.received:
        event = gateway.verify_event(found.headers, found.body, now=now)
        kinds[event.kind] = event.payment_ref
    for kind in (
        "refund.created",
        "charge.refunded",
        "charge.dispute.created",
        "charge.dispute.funds_withdrawn",
        "charge.dispute.closed",
        "charge.dispute.funds_reinstated",
    ):
        assert kinds[kind] == ref


def test_the_provider_is_found_by_its_name() -> None:
    assert "stripe" in payments.names()
    assert payments.load("stripe") is provider
    with pytest.raises(NotFound):
        payments.load("no-such-provider")


def test_stripes_library_is_loaded_on_the_first_call_only() -> None:
    """Start-up pays nothing for the library: neither wiring nor verifying loads it."""
    code = (
        "import sys; from datetime import UTC, datetime\n"
        "from passcore.errors import SignatureInvalid\n"
        "from passweb.payments.stripe import provider\n"
        "gateway = provider({'secret_key': 'sk_test_0123456789',"
        " 'webhook_secrets': 'whsec_012345678901234567890123456789'})\n"
        "try: gateway.verify_event({}, b'', now=datetime.now(UTC))\n"
        "except SignatureInvalid: pass\n"
        "assert not {'stripe', 'httpx', 'requests'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
