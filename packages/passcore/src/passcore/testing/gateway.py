"""The contract of the payment port. Needs pytest.

Subclass `PaymentGatewayContract` and give it a gateway of a test account together with what a
client does there: pay, and a signed event about it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Protocol

import attrs
import pytest

from passcore.domain.money import Money
from passcore.errors import NotFound, ProviderRefused, SignatureInvalid
from passcore.ports.payments import (
    Checkout,
    CheckoutRequest,
    PaymentGateway,
    PaymentState,
    RefundRequest,
)
from passcore.testing.builders import NOW
from passcore.testing.contract import Contract


class Counter(Protocol):
    """A provider's side of a gateway under test."""

    @property
    def gateway(self) -> PaymentGateway:
        """The gateway to prove."""
        ...

    def pay(self, checkout: Checkout) -> None:
        """Pay a checkout as its client does."""
        ...

    def event(self, checkout: Checkout, at: datetime) -> tuple[dict[str, str], bytes]:
        """Return headers (lower-case names) and raw body of an event about it, signed at *at*."""
        ...


def request(key: str = "key_1", amount: Money = Money(12_000, "EUR")) -> CheckoutRequest:  # noqa: B008  # frozen
    """Return a request for one order's checkout."""
    return CheckoutRequest(
        business_id="biz_1",
        order_id=f"order_of_{key}",
        key=key,
        amount=amount,
        title="10 x Reformer",
        client_email="ana@example.com",
        success_url="https://studio.example/thanks",
        cancel_url="https://studio.example/again",
        save_card=True,
    )


class PaymentGatewayContract(Contract):
    """What every gateway promises. Fixture: `counter`."""

    @pytest.fixture
    def counter(self) -> Counter:
        """The gateway to prove, and the provider's other side."""
        pytest.fail("a contract class needs a fixture `counter`")

    def test_a_checkout_waits_for_its_client(self, counter: Counter) -> None:
        """It has a page to go to, and says whose order it is and what it asks."""
        checkout = counter.gateway.start_checkout(request())
        payment = counter.gateway.fetch_payment(checkout_ref=checkout.ref)
        assert checkout.url.startswith("http")
        assert payment.state is PaymentState.OPEN
        assert (payment.order_id, payment.business_id) == ("order_of_key_1", "biz_1")
        assert payment.amount == Money(12_000, "EUR")
        assert payment.refunded == Money(0, "EUR")
        assert payment.provider == counter.gateway.name

    def test_one_key_is_one_checkout(self, counter: Counter) -> None:
        """However often it is started; another key is another."""
        first = counter.gateway.start_checkout(request())
        again = counter.gateway.start_checkout(request())
        other = counter.gateway.start_checkout(request("key_2"))
        assert first == again
        assert other.ref != first.ref

    def test_a_paid_checkout_is_a_named_payment(self, counter: Counter) -> None:
        """It is found by either name, and carries the saved card."""
        checkout = counter.gateway.start_checkout(request())
        counter.pay(checkout)
        payment = counter.gateway.fetch_payment(checkout_ref=checkout.ref)
        assert payment.state is PaymentState.SUCCEEDED
        assert payment.payment_ref
        assert payment.card_ref
        assert counter.gateway.fetch_payment(payment_ref=payment.payment_ref) == payment

    @pytest.mark.parametrize("currency", ["EUR", "JPY", "KWD", "HUF"])
    def test_amounts_keep_their_minor_units(self, counter: Counter, currency: str) -> None:
        """Whatever number of decimal places the currency has (P7)."""
        asked = request(amount=Money(123_400, currency))
        checkout = counter.gateway.start_checkout(asked)
        counter.pay(checkout)
        paid = counter.gateway.fetch_payment(checkout_ref=checkout.ref)
        assert paid.amount == Money(123_400, currency)

    def test_refunds_add_up_and_one_key_is_one_refund(self, counter: Counter) -> None:
        """What went back is told as a total; more than was paid is refused (P11)."""
        checkout = counter.gateway.start_checkout(request())
        counter.pay(checkout)
        paid = counter.gateway.fetch_payment(checkout_ref=checkout.ref)
        assert paid.payment_ref is not None
        first = RefundRequest("refund_1", paid.payment_ref, Money(5_000, "EUR"))
        made = counter.gateway.refund(first)
        assert counter.gateway.refund(first).ref == made.ref
        counter.gateway.refund(attrs.evolve(first, key="refund_2"))
        with pytest.raises(ProviderRefused):
            counter.gateway.refund(attrs.evolve(first, key="refund_3"))
        after = counter.gateway.fetch_payment(checkout_ref=checkout.ref)
        assert after.refunded == Money(10_000, "EUR")
        assert after.amount == Money(12_000, "EUR")

    def test_an_unknown_payment_is_no_payment(self, counter: Counter) -> None:
        """It is not found, or refused; never made up."""
        for names in ({"checkout_ref": "nothing"}, {"payment_ref": "nothing"}):
            with pytest.raises((NotFound, ProviderRefused)):
                counter.gateway.fetch_payment(**names)

    def test_a_signed_event_names_its_payment(self, counter: Counter) -> None:
        """Fresh on either side of now, up to 300 seconds (P4)."""
        checkout = counter.gateway.start_checkout(request())
        for off in (-300, 0, 300):
            headers, body = counter.event(checkout, NOW)
            now = NOW + timedelta(seconds=off)
            event = counter.gateway.verify_event(headers, body, now=now)
            assert event.event_id
            assert checkout.ref in (event.checkout_ref, event.payment_ref)

    @pytest.mark.parametrize("off", [-301, 301, -86_400 * 3_650, 86_400 * 3_650])
    def test_an_event_of_another_time_is_refused(self, counter: Counter, off: int) -> None:
        """Too old and from the future alike (P4)."""
        headers, body = counter.event(counter.gateway.start_checkout(request()), NOW)
        with pytest.raises(SignatureInvalid):
            counter.gateway.verify_event(headers, body, now=NOW + timedelta(seconds=off))

    def test_a_forged_event_is_refused(self, counter: Counter) -> None:
        """Unsigned, signed for another body, cut, or with rubbish for a signature (P3)."""
        checkout = counter.gateway.start_checkout(request())
        headers, body = counter.event(checkout, NOW)
        rubbish = ("", "é", "t=,v1=", "0", ".", "9" * 400, "\x00")
        forged = [({}, body), (headers, body + b" "), (headers, body[:-1]), (headers, b"")]
        forged += [(dict.fromkeys(headers, text), body) for text in rubbish]
        for sent, content in forged:
            with pytest.raises(SignatureInvalid):
                counter.gateway.verify_event(sent, content, now=NOW)
