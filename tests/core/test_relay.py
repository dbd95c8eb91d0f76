"""Relay: checkouts, provider events and mail, whatever is lost on the way (2.2, 2.3, S1, S2)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import attrs
import pytest

from passcore import Outward, Relay, Worked
from passcore.adapters.recording import PlainWriter
from passcore.domain.notices import BACK_OFF, MessageState, next_attempt
from passcore.domain.orders import OrderStatus
from passcore.domain.passes import Status
from passcore.errors import (
    Contention,
    InvalidTransition,
    NotFound,
    ProviderRefused,
    ProviderUnavailable,
)
from passcore.ports.mail import Mail
from passcore.ports.payments import CheckoutRequest, PaymentState
from passcore.ports.store import InboxEvent
from passcore.relay import LEASE, POLL_AFTER
from passcore.testing import builders
from passcore.testing.builders import NOW
from tests.core.house import House


class Crash(BaseException):
    """The process dies here."""


def _dying(house: House, point: str) -> Relay:
    def fail(name: str) -> None:
        if name == point:
            raise Crash

    return Relay(house.app, house.outward(fail_at=fail))


def _event(house: House, **changes: Any) -> InboxEvent:
    event = builders.event(**changes)
    with house.store.begin(house.id) as tx:
        tx.inbox.add(event)
    return event


def _kept(house: House, event: InboxEvent) -> InboxEvent:
    found = house.store.data[house.id].inbox.rows[event.id]  # type: ignore[attr-defined]  # a MemoryStore
    assert isinstance(found, InboxEvent)
    return found


# --- checkouts ------------------------------------------------------------------------------------


def test_a_checkout_is_started_with_the_orders_own_key(house: House) -> None:
    """And asks for exactly what the order costs; started again it is the same."""
    order = house.order(success_url="https://studio.example/thanks")
    started = house.relay.start_checkout(house.id, order.id)
    assert started.checkout_url == "https://pay.example/checkout_1"
    assert house.relay.start_checkout(house.id, order.id) == started == house.order_now(order.id)
    (request,) = house.gateway.calls
    assert isinstance(request, CheckoutRequest)
    assert (request.key, request.amount) == (order.provider_key, order.price)
    assert request.success_url == "https://studio.example/thanks"
    assert request.client_email == "ana@example.com"


def test_without_a_way_back_the_orders_own_page_is_it(house: House) -> None:
    """Under the base address."""
    order = house.order()
    house.relay.start_checkout(house.id, order.id)
    (request,) = house.gateway.calls
    assert isinstance(request, CheckoutRequest)
    for url in (request.success_url, request.cancel_url):
        assert url.startswith("https://studio.example/")
        assert order.id in url


@pytest.mark.parametrize("fault", ["K1", "K2", "K3", "reply lost", "broken down"])
def test_a_checkout_cut_short_is_finished_by_the_next_try(house: House, fault: str) -> None:
    """One session at the provider, whatever died or was lost (K1 to K3, P9)."""
    order = house.order()
    relay = _dying(house, fault)
    if fault == "reply lost":
        house.gateway.lose_replies()
    if fault == "broken down":
        house.gateway.break_down()
    with pytest.raises((Crash, ProviderUnavailable)):
        relay.start_checkout(house.id, order.id)
    assert house.order_now(order.id).status is OrderStatus.AWAITING_PAYMENT
    house.later(minutes=5)
    house.relay.work()
    assert house.order_now(order.id).checkout_url == "https://pay.example/checkout_1"
    assert len(house.gateway.payments) == 1


def test_only_an_order_that_waits_is_checked_out_or_charged(house: House) -> None:
    """One paid on site is not."""
    from passcore import PaymentMethod

    order = house.order(PaymentMethod.ON_SITE)
    with pytest.raises(InvalidTransition):
        house.relay.start_checkout(house.id, order.id)
    with pytest.raises(InvalidTransition):
        house.relay.charge_saved_card(house.id, order.id)
    assert house.gateway.calls == []


def test_a_saved_card_is_charged_once(house: House) -> None:
    """Where there is one; a lost reply is settled by asking again with the same key (P17)."""
    order = house.order()
    assert house.relay.charge_saved_card(house.id, order.id) is None
    house.relay.confirm_order(house.id, house.paid_order().id)
    house.gateway.lose_replies()
    with pytest.raises(ProviderUnavailable):
        house.relay.charge_saved_card(house.id, order.id)
    settled = house.relay.charge_saved_card(house.id, order.id)
    assert settled is not None
    assert settled.order.status is OrderStatus.FULFILLED
    assert len(house.gateway.payments) == 2


def test_a_declined_card_leaves_the_order_waiting(house: House) -> None:
    """It can still be paid otherwise."""
    house.relay.confirm_order(house.id, house.paid_order().id)
    order = house.order()
    house.gateway.declines.add("card_checkout_1")
    with pytest.raises(ProviderRefused):
        house.relay.charge_saved_card(house.id, order.id)
    assert house.order_now(order.id).status is OrderStatus.AWAITING_PAYMENT


# --- confirming, events, reconciling --------------------------------------------------------------


def test_the_return_page_asks_the_provider(house: House) -> None:
    """Not paid yet, paid, asked again, nothing to ask, nobody there (P1)."""
    order = house.relay.start_checkout(house.id, house.order().id)
    assert house.relay.confirm_order(house.id, order.id) == order
    assert order.checkout_ref is not None
    house.gateway.pay(order.checkout_ref)
    house.gateway.break_down()
    assert house.relay.confirm_order(house.id, order.id) == order
    done = house.relay.confirm_order(house.id, order.id)
    assert done.status is OrderStatus.FULFILLED
    asked = len(house.gateway.calls)
    assert house.relay.confirm_order(house.id, order.id) == done == house.order_now(order.id)
    unstarted = house.order()
    assert house.relay.confirm_order(house.id, unstarted.id) == unstarted
    assert len(house.gateway.calls) == asked


@pytest.mark.parametrize("by", ["checkout_ref", "payment_ref"])
def test_an_event_is_acted_on_by_fetching(house: House, by: str) -> None:
    """Two events of one payment are one fulfilment (P2)."""
    order = house.paid_order()
    ref = order.checkout_ref if by == "checkout_ref" else f"pay_{order.checkout_ref}"
    none = {"checkout_ref": None, "payment_ref": None}
    events = [_event(house, **none | {by: ref}) for _ in range(2)]
    assert house.relay.take_events() == 2
    assert house.relay.take_events() == 0
    assert house.order_now(order.id).status is OrderStatus.FULFILLED
    for event in events:
        kept = _kept(house, event)
        assert (kept.attempts, kept.last_error, kept.done_at) == (1, None, NOW)


def test_events_of_no_use_are_done_at_once(house: House) -> None:
    """About no payment, about one nobody paid, about one that is no order's."""
    order = house.relay.start_checkout(house.id, house.order().id)
    assert order.checkout_ref is not None
    orphan = house.paid_order()
    assert orphan.checkout_ref is not None
    known = house.gateway.payments[orphan.checkout_ref]
    house.gateway.payments[orphan.checkout_ref] = attrs.evolve(known, order_id=None)
    events = [
        _event(house, checkout_ref=None),
        _event(house, checkout_ref=order.checkout_ref),
        _event(house, checkout_ref=orphan.checkout_ref),
    ]
    house.relay.take_events()
    assert all(_kept(house, e).done_at and not _kept(house, e).last_error for e in events)
    assert house.order_now(order.id) == order


def test_an_event_whose_outcome_is_unknown_is_taken_again(house: House) -> None:
    """After its lease, until the provider answers (P9)."""
    order = house.paid_order()
    event = _event(house, checkout_ref=order.checkout_ref)
    house.gateway.break_down()
    assert house.relay.take_events() == 1
    kept = _kept(house, event)
    assert (kept.attempts, kept.last_error, kept.done_at) == (1, "provider_unavailable", None)
    assert house.relay.take_events() == 0
    house.clock.move(LEASE)
    assert house.relay.take_events() == 1
    assert _kept(house, event).done_at == house.clock.now()
    assert house.order_now(order.id).status is OrderStatus.FULFILLED


def test_an_event_refused_for_good_is_done_with_its_reason(house: House) -> None:
    """Another business's order, an unknown payment (P6)."""
    order = house.paid_order()
    assert order.checkout_ref is not None
    known = house.gateway.payments[order.checkout_ref]
    house.gateway.payments[order.checkout_ref] = attrs.evolve(known, business_id="biz_other")
    foreign = _event(house, checkout_ref=order.checkout_ref)
    unknown = _event(house, checkout_ref="checkout_x")
    house.relay.take_events()
    for event in (foreign, unknown):
        kept = _kept(house, event)
        assert (kept.last_error, kept.done_at) == ("not_found", NOW)


def test_contention_and_broken_adapters_do_not_lose_an_event(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor keep the others waiting."""
    order = house.paid_order()
    broken = _event(house, checkout_ref="checkout_broken")
    crowded = _event(house, checkout_ref="checkout_crowded")
    good = _event(house, checkout_ref=order.checkout_ref)
    fetch = house.gateway.fetch_payment

    def fetch_payment(**names: Any) -> Any:
        if names["checkout_ref"] == "checkout_broken":
            raise KeyError("metadata")
        if names["checkout_ref"] == "checkout_crowded":
            raise Contention("order")
        return fetch(**names)

    monkeypatch.setattr(house.gateway, "fetch_payment", fetch_payment)
    assert house.relay.take_events() == 3
    assert _kept(house, good).done_at is not None
    assert (_kept(house, broken).last_error, _kept(house, broken).done_at) == ("KeyError", None)
    assert (_kept(house, crowded).last_error, _kept(house, crowded).done_at) == ("contention", None)


@pytest.mark.parametrize("point", ["K6", "K8"])
def test_an_event_cut_short_is_fulfilled_once(house: House, point: str) -> None:
    """Before the transaction or after it (K6, K8)."""
    order = house.paid_order()
    _event(house, checkout_ref=order.checkout_ref)
    with pytest.raises(Crash):
        _dying(house, point).take_events()
    house.clock.move(LEASE)
    house.relay.work()
    assert house.order_now(order.id).status is OrderStatus.FULFILLED
    assert house.told() == ["purchase"]


def test_a_lost_event_is_found_by_asking(house: House) -> None:
    """Of orders old enough; one that cannot be asked about does not stop the others (K4)."""
    lost, new = house.paid_order(), house.order()
    stuck = house.order()
    with house.store.begin(house.id) as tx:
        tx.orders.save(attrs.evolve(tx.orders.get(stuck.id), provider="gone"))
    out = house.outward(gateways=lambda _business, provider: _gateway(house, provider))
    relay = Relay(house.app, out)
    assert relay.reconcile() == 0
    house.clock.move(POLL_AFTER)
    assert relay.reconcile() == 3
    assert house.order_now(lost.id).status is OrderStatus.FULFILLED
    assert house.order_now(new.id).checkout_ref is not None
    assert house.order_now(stuck.id).checkout_ref is None


def _gateway(house: House, provider: str) -> Any:
    if provider == "gone":
        raise NotFound("provider", provider)
    return house.gateway


def test_a_checkout_that_failed_closes_its_order(house: House) -> None:
    """The reconciler hears of it (P16)."""
    order = house.relay.start_checkout(house.id, house.order().id)
    assert order.checkout_ref is not None
    house.gateway.set_state(order.checkout_ref, PaymentState.FAILED)
    house.clock.move(POLL_AFTER)
    house.relay.work()
    assert house.order_now(order.id).status is OrderStatus.CANCELLED


def test_live_money_is_not_mixed_with_test_money(house: House) -> None:
    """Where the house says which it takes (P6)."""
    order = house.paid_order()
    relay = Relay(house.app, house.outward(live_payments=True))
    event = _event(house, checkout_ref=order.checkout_ref)
    relay.take_events()
    assert _kept(house, event).last_error == "validation"
    assert house.order_now(order.id).status is OrderStatus.AWAITING_PAYMENT


# --- mail -----------------------------------------------------------------------------------------


def test_a_notice_is_written_and_sent_once(house: House) -> None:
    """With its invoice, under the message's own id."""
    house.relay.confirm_order(house.id, house.paid_order().id)
    assert house.relay.send_mail() == 1
    assert house.relay.send_mail() == 0
    (mail,) = house.mailer.sent
    (message,) = house.messages()
    assert (mail.message_id, mail.to, mail.sender) == (
        message.id,
        "ana@example.com",
        "studio@example.com",
    )
    (attachment,) = mail.attachments
    assert (attachment.name, attachment.media_type) == ("2027-00001.pdf", "application/pdf")
    assert attachment.content.startswith(b"2027-00001")
    assert (message.state, message.attempts, message.sent_at) == (MessageState.SENT, 1, NOW)


def test_an_invoice_is_rendered_once(house: House) -> None:
    """And kept, also where the process dies in between (K11)."""
    order = house.relay.confirm_order(house.id, house.paid_order().id)
    with house.store.begin(house.id) as tx:
        (invoice,) = tx.invoices.of_order(order.id)
    with pytest.raises(Crash):
        _dying(house, "K11").invoice_pdf(house.id, invoice.id)
    first = house.relay.invoice_pdf(house.id, invoice.id)
    assert house.relay.invoice_pdf(house.id, invoice.id) == first
    assert house.invoices.rendered == [invoice.code] * 2


@pytest.mark.parametrize(("point", "sent"), [("K9", 1), ("K10", 2)])
def test_mail_cut_short_is_sent_again(house: House, point: str, sent: int) -> None:
    """Twice at most, with one message id, and only where it had gone out already (K9, K10)."""
    house.assign()
    with pytest.raises(Crash):
        _dying(house, point).send_mail()
    assert house.relay.send_mail() == 0, "its lease still runs"
    house.clock.move(LEASE)
    house.relay.send_mail()
    assert len(house.mailer.sent) == sent
    assert len({mail.message_id for mail in house.mailer.sent}) == 1


def test_mail_is_tried_again_with_growing_pauses_and_then_given_up(house: House) -> None:
    """For about three days (S1); recovered in between it goes out once."""
    house.assign()
    house.mailer.fails.add("ana@example.com")
    for number, pause in enumerate(BACK_OFF, start=1):
        assert house.relay.send_mail() == 1
        (message,) = house.messages()
        assert (message.state, message.attempts) == (MessageState.DUE, number)
        assert message.due_at == house.clock.now() + pause
        assert message.last_error == "OSError: try again later"
        house.clock.move(pause - timedelta(microseconds=1))
        assert house.relay.send_mail() == 0
        house.later(microseconds=1)
    assert house.relay.send_mail() == 1
    (message,) = house.messages()
    assert (message.state, message.attempts) == (MessageState.DEAD, len(BACK_OFF) + 1)
    assert timedelta(days=2) < sum(BACK_OFF, timedelta()) <= timedelta(days=3)
    assert house.relay.send_mail() == 0


def test_mail_that_recovers_goes_out_once(house: House) -> None:
    """The error is forgotten."""
    house.assign()
    house.mailer.fails.add("ana@example.com")
    house.relay.send_mail()
    house.mailer.fails.clear()
    house.clock.move(BACK_OFF[0])
    house.relay.send_mail()
    (message,) = house.messages()
    assert (message.state, message.last_error, message.attempts) == (MessageState.SENT, None, 2)
    assert len(house.mailer.sent) == 1


def test_one_bad_address_blocks_nobody(house: House) -> None:
    """Refused for good it is dead at once (S2)."""
    from passcore import ClientRef

    for name in ("bad", "good"):
        house.assign(client=ClientRef(email=f"{name}@example.com"))
    house.mailer.refuses.add("bad@example.com")
    house.relay.send_mail()
    assert [mail.to for mail in house.mailer.sent] == ["good@example.com"]
    dead = [m for m in house.messages() if m.state is MessageState.DEAD]
    assert [(m.notice.to, m.last_error) for m in dead] == [("bad@example.com", "no such mailbox")]


def test_one_notice_that_cannot_be_written_blocks_nobody(house: House) -> None:
    """A broken template is that message's trouble alone: it waits, the others go out."""
    house.assign()
    house.relay.confirm_order(house.id, house.paid_order().id)

    class Broken(PlainWriter):
        def write(self, notice: Any, business: Any) -> Any:
            if notice.kind.value == "assigned":
                raise KeyError("remaining")
            return super().write(notice, business)

    Relay(house.app, house.outward(writer=Broken())).send_mail()
    assert len(house.mailer.sent) == 1
    waiting = [m for m in house.messages() if m.state is MessageState.DUE]
    assert [m.last_error for m in waiting] == ["KeyError: 'remaining'"]


def test_the_pauses_end() -> None:
    """None is to give up."""
    assert next_attempt(1, NOW) == NOW + BACK_OFF[0]
    assert next_attempt(len(BACK_OFF), NOW) == NOW + BACK_OFF[-1]
    assert next_attempt(len(BACK_OFF) + 1, NOW) is None


# --- the round ------------------------------------------------------------------------------------


def test_one_round_does_all_that_is_due(house: House) -> None:
    """And says what it did; a second finds nothing."""
    passed = house.assign().state
    order = house.paid_order()
    _event(house, checkout_ref=order.checkout_ref)
    house.later(days=200)
    done = house.relay.work()
    assert (done.events, done.mails, done.expired) == (1, 2, 1)
    assert done.anything
    assert not house.relay.work().anything
    assert house.state(passed.id).status(house.clock.now()) is Status.EXPIRED
    assert not Worked(0, 3, 0, 0).anything


def test_a_business_that_cannot_be_swept_does_not_stop_the_others(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It waits for the next round."""
    other = house.app.add_business(builders.business(slug="aaa"))
    passed = house.assign().state.id
    house.later(days=200)
    run = house.app.run

    def crowded(business_id: str, *args: Any, **by: Any) -> Any:
        if business_id == other.id:
            raise Contention("pass")
        return run(business_id, *args, **by)

    monkeypatch.setattr(house.app, "run", crowded)
    assert house.relay.sweep() == 1
    assert house.kinds(passed) == ["Expired"]


def test_outward_ports_do_nothing_at_fail_points_unless_told() -> None:
    """Outside of crash tests."""
    house = House()
    out: Outward = house.outward()
    out.fail_at("K1")
    assert isinstance(Mail("m", "a", "b", "c", "d", "e"), Mail)
