"""The recording fakes keep the contracts of the ports they stand for."""

from __future__ import annotations

from datetime import datetime

import attrs
import pytest

from passcore.adapters.recording import FakeGateway, PlainInvoices, PlainWriter, RecordingMailer
from passcore.domain.money import Money
from passcore.domain.notices import Notice, NoticeKind
from passcore.errors import ProviderRefused, ProviderUnavailable
from passcore.ports.mail import Mail, Mailer
from passcore.ports.payments import ChargeRequest, Checkout, PaymentState, RefundRequest
from passcore.testing import builders
from passcore.testing.gateway import Counter, PaymentGatewayContract, request
from passcore.testing.ports import MailerContract


class FakeCounter:
    """The other side of the fake provider."""

    def __init__(self) -> None:
        self.gateway = FakeGateway()

    def pay(self, checkout: Checkout) -> None:
        self.gateway.pay(checkout.ref)

    def event(self, checkout: Checkout, at: datetime) -> tuple[dict[str, str], bytes]:
        named = ("evt_1", "checkout.completed", checkout.ref)
        return self.gateway.sign(*named, at), self.gateway.event_body(*named)


class TestFakeGateway(PaymentGatewayContract):
    @pytest.fixture
    def counter(self) -> Counter:
        return FakeCounter()


class TestRecordingMailer(MailerContract):
    @pytest.fixture
    def mailer(self) -> Mailer:
        post = RecordingMailer()
        post.refuses.add("refused@example.com")
        return post

    @pytest.fixture
    def sent(self, mailer: Mailer) -> list[Mail]:
        assert isinstance(mailer, RecordingMailer)
        return mailer.sent


def _charge(key: str) -> ChargeRequest:
    return ChargeRequest("biz_1", "order_1", key, Money(500, "EUR"), "Title", "cus_1", "card_1")


def test_a_card_is_charged_once_a_key() -> None:
    """Declined where it is to be."""
    gateway = FakeGateway()
    first = gateway.charge(_charge("key_1"))
    assert gateway.charge(_charge("key_1")) == first
    assert (first.state, first.checkout_ref) == (PaymentState.SUCCEEDED, None)
    assert gateway.charge(_charge("key_2")).payment_ref != first.payment_ref
    gateway.declines.add("card_1")
    with pytest.raises(ProviderRefused):
        gateway.charge(_charge("key_3"))


def test_a_reply_is_lost_after_the_effect_and_a_break_before_it() -> None:
    """As many times as told; every call that arrived is kept."""
    gateway = FakeGateway()
    gateway.break_down()
    with pytest.raises(ProviderUnavailable):
        gateway.start_checkout(request())
    assert (gateway.calls, gateway.payments) == ([], {})
    gateway.lose_replies()
    with pytest.raises(ProviderUnavailable):
        gateway.start_checkout(request())
    assert len(gateway.payments) == 1
    gateway.start_checkout(request())
    assert len(gateway.calls) == 2


def test_another_amount_may_be_paid_and_given_back_in_the_dashboard() -> None:
    """For the tests of what must not happen."""
    gateway = FakeGateway(live=True)
    checkout = gateway.start_checkout(request())
    paid = gateway.pay(checkout.ref, amount=Money(1, "EUR"))
    assert (paid.amount.minor, paid.live) == (1, True)
    assert paid.payment_ref is not None
    gateway.give_back(paid.payment_ref, Money(1, "EUR"))
    assert gateway.fetch_payment(checkout_ref=checkout.ref).refunded.minor == 1
    with pytest.raises(ProviderRefused):
        gateway.refund(RefundRequest("refund_1", paid.payment_ref, Money(1, "EUR")))
    other = gateway.pay(gateway.start_checkout(request("key_2")).ref)
    assert gateway.fetch_payment(payment_ref=other.payment_ref) == other


def test_an_address_may_fail_for_now() -> None:
    """Another try may succeed."""
    post = RecordingMailer()
    mail = Mail("m", "ana@example.com", "b@example.com", "s", "t", "h")
    post.fails.add("ana@example.com")
    with pytest.raises(OSError, match="later"):
        post.send(mail)
    assert post.sent == []


def test_notices_and_invoices_are_written_plainly() -> None:
    """The same values, the same bytes."""
    notice = Notice(NoticeKind.USED_UP, "a@example.com", "en", {"b": 2, "a": None})
    written = PlainWriter().write(notice, builders.business())
    assert (written.subject, written.text) == ("Studio One: used_up", "a: None\nb: 2")
    invoice = builders.invoice(builders.order("client_1", builders.terms()), 7)
    invoices = PlainInvoices()
    assert invoices.pdf(invoice) == invoices.pdf(attrs.evolve(invoice))
    assert invoices.rendered == ["2027-00007"] * 2
