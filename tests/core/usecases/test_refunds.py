"""Refunds: the quote of a pass that was sold, and the refund that is booked once (S12)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from passcore import (
    AdjustPass,
    ApproveOrder,
    EditProduct,
    Invalid,
    InvalidTransition,
    Money,
    NotFound,
    PassCancelled,
    PassRefunded,
    PassSuspended,
    ProviderRefused,
    QuoteLabel,
    QuoteRefund,
    RefundBasis,
    RefundExceedsRefundable,
    RefundFormula,
    RefundPass,
    RefundPolicy,
    RefundQuote,
    Relay,
    Rounding,
    adjust,
    approve,
    edit_product,
    refund,
    refund_quote,
)
from passcore.domain import commands as cm
from passcore.domain.clients import ClientRef
from passcore.domain.orders import OrderEvent, OrderStatus
from passcore.domain.passes import Status
from passcore.domain.payments import Payment
from passcore.domain.products import PaymentMethod
from passcore.ports.payments import ProviderRefund, RefundRequest
from passcore.testing import builders
from passcore.testing.builders import NOW
from passcore.usecases.bookings import CancelBooking, cancel
from passcore.usecases.catalogue import AddService, EditService, add_service, edit_service
from passcore.usecases.clients import ensure_client
from passcore.usecases.passes import EditPass, edit
from passcore.usecases.sales import save
from passcore.usecases.views import PassView
from tests.core.house import House

BEN = ClientRef(email="ben@example.com", name="Ben")


def eur(minor: int) -> Money:
    return Money(minor, "EUR")


def sold(house: House, **fields: Any) -> str:
    """Sell Ana a pass over the counter."""
    return house.assign(payment=PaymentMethod.ON_SITE, **fields).state.id


def visited(house: House, pass_id: str, count: int, **fields: Any) -> None:
    for number in range(count):
        ref = fields.get("service", "visit") + str(number)
        house.report(ref=ref, choice=pass_id, **fields)


def quoted(house: House, pass_id: str) -> RefundQuote:
    found: RefundQuote = house.app.read(house.id, refund_quote, QuoteRefund(pass_id))
    return found


def refunded(house: House, pass_id: str, amount: int | None = None, **fields: Any) -> PassView:
    asked = None if amount is None else eur(amount)
    view: PassView = house.run(refund, RefundPass(pass_id, "moves away", asked, **fields))
    return view


def payment_of(house: House, pass_id: str) -> Payment:
    with house.store.begin(house.id, write=False) as tx:
        order_id = tx.passes.ledger(pass_id)[0].order_id
        assert order_id is not None
        (found,) = tx.payments.of_order(order_id)
    return found


def order_of(house: House, pass_id: str) -> OrderStatus:
    return house.order_now(payment_of(house, pass_id).order_id).status


def change(house: House, **policy: Any) -> None:
    """Give the product another refund policy."""
    house.run(edit_product, EditProduct(house.product.id, {"refund": RefundPolicy(**policy)}))


# --- the quote ------------------------------------------------------------------------------------


def test_a_quote_says_what_was_paid_used_and_goes_back(house: House) -> None:
    """By either measure, in lines that add up; and changes nothing."""
    pass_id = sold(house)
    visited(house, pass_id, 3)
    found = quoted(house, pass_id)
    assert (found.paid, found.refunded_before) == (eur(12_000), eur(0))
    assert (found.used_at_pack, found.used_at_list) == (eur(3_600), eur(4_500))
    assert (found.fee, found.refundable) == (eur(0), eur(8_400))
    assert [(line.label, line.count, line.amount_minor) for line in found.lines] == [
        (QuoteLabel.PAID, 1, 12_000),
        (QuoteLabel.USED, 3, -3_600),
    ]
    assert house.state(pass_id).status(house.clock.now()) is Status.ACTIVE
    assert payment_of(house, pass_id).refunded == eur(0)


def test_the_policy_is_the_one_the_pass_was_sold_with(house: House) -> None:
    """A later version of the product changes nothing that was sold (S12, terms)."""
    before = sold(house)
    change(house, formula=RefundFormula.NONE)
    after = sold(house)
    assert quoted(house, before).refundable == eur(12_000)
    assert (quoted(house, after).basis, quoted(house, after).refundable) == (
        RefundBasis.NONE,
        eur(0),
    )


def test_visits_count_at_the_list_price_of_their_own_service(house: House) -> None:
    """Seats times price; a service without one counts at pack rate, and the line says so."""
    change(house, formula=RefundFormula.USED_AT_LIST)
    talk = house.run(add_service, AddService("Talk"))
    pass_id = sold(house)
    visited(house, pass_id, 1, seats=2)
    visited(house, pass_id, 1, service=talk.id)
    found = quoted(house, pass_id)
    assert [(line.label, line.service, line.amount_minor) for line in found.lines[1:]] == [
        (QuoteLabel.USED_AT_LIST, "Reformer", -3_000),
        (QuoteLabel.USED_WITHOUT_LIST, "Talk", -1_200),
    ]
    assert found.refundable == eur(7_800)


def test_a_deduction_without_a_known_visit_counts_at_pack_rate(house: House) -> None:
    """As an embedder may have written it; the line names no service."""
    change(house, formula=RefundFormula.USED_AT_LIST)
    pass_id = sold(house)
    visited(house, pass_id, 1)
    house.run(edit_service, EditService(house.service.id, {"price": None}))
    assert quoted(house, pass_id).lines[1].label is QuoteLabel.USED_WITHOUT_LIST


def test_only_the_visits_of_this_pass_count(house: House) -> None:
    """A visit that went over to another pass, or was undone, costs this one nothing."""
    first, second = sold(house), sold(house)
    visited(house, first, 2)
    house.report(ref="visit0", choice=second, revision=2)
    assert quoted(house, first).refundable == eur(10_800)
    assert quoted(house, second).refundable == eur(10_800)
    house.report("reversed", ref="visit1", choice=first, revision=2)
    assert quoted(house, first).refundable == eur(12_000)


def test_more_visits_than_a_page_are_all_read(house: House) -> None:
    """Page after page."""
    change(house, formula=RefundFormula.USED_AT_LIST)
    product = house.add_product(
        "Many", 300, refund=RefundPolicy(RefundFormula.USED_AT_LIST), price=eur(600_000)
    )
    pass_id = sold(house, product=product)
    visited(house, pass_id, 201)
    assert quoted(house, pass_id).lines[1].count == 201


def test_a_value_rounded_at_the_sale_is_named(house: House) -> None:
    """100.00 over 7: the dear ones are used first (I3)."""
    pass_id = sold(house, product=house.add_product("Seven", 7, price=eur(10_000)))
    visited(house, pass_id, 5)
    found = quoted(house, pass_id)
    assert [(line.count, line.unit_minor) for line in found.lines[1:]] == [(4, 1_429), (1, 1_428)]
    assert {line.rounding for line in found.lines[1:]} == {Rounding.LARGEST_REMAINDER}
    assert found.refundable == eur(2_856)


def test_open_bookings_are_listed_and_not_refundable_yet(house: House) -> None:
    """They have to be released first; then they count."""
    pass_id = sold(house)
    booked = house.report("booked", choice=pass_id)
    found = quoted(house, pass_id)
    assert [held.booking_id for held in found.open_bookings] == [booked.view.booking.id]
    assert found.refundable == eur(10_800)
    with pytest.raises(InvalidTransition, match=r".*") as refused:
        refunded(house, pass_id)
    assert refused.value.state == "held by bookings"
    house.run(cancel, CancelBooking(booked.view.booking.id))
    assert quoted(house, pass_id).refundable == eur(12_000)
    refunded(house, pass_id)


def test_free_sessions_bring_nothing(house: House) -> None:
    """Neither added to a paid pass nor on one that nobody paid."""
    pass_id = sold(house)
    house.run(adjust, AdjustPass(pass_id, 5, "thanks"))
    assert quoted(house, pass_id).refundable == eur(12_000)
    given = house.assign().state.id
    assert (quoted(house, given).paid, quoted(house, given).refundable) == (eur(0), eur(0))
    with pytest.raises(InvalidTransition):
        refunded(house, given)
    with pytest.raises(RefundExceedsRefundable):
        refunded(house, given, 1)


@pytest.mark.parametrize("gone", [cm.Cancel, None])
def test_a_pass_that_is_gone_is_not_quoted(house: House, gone: Any) -> None:
    """It says why."""
    pass_id = sold(house)
    if gone is None:
        refunded(house, pass_id)
    else:
        house.run(edit, EditPass(pass_id, gone(), "test"))
    expected = PassRefunded if gone is None else PassCancelled
    with pytest.raises(expected):
        quoted(house, pass_id)
    with pytest.raises(expected):
        refunded(house, pass_id)


def test_a_disputed_payment_is_not_given_back(house: House) -> None:
    """The dispute decides where its money goes (S13)."""
    pass_id = sold(house)
    order = house.order_now(payment_of(house, pass_id).order_id)
    with house.store.begin(house.id) as tx:
        save(tx, order.moved(OrderEvent.DISPUTE))
    with pytest.raises(InvalidTransition) as refused:
        refunded(house, pass_id)
    assert (refused.value.what, refused.value.state) == ("order", "disputed")
    assert house.kinds(pass_id) == []


# --- the refund -----------------------------------------------------------------------------------


def test_a_refund_gives_all_that_the_quote_says(house: House) -> None:
    """Entry, payment, order and notice in one; nothing is left, and everything adds up."""
    pass_id = sold(house, notify=False)
    visited(house, pass_id, 3)
    view = refunded(house, pass_id)
    balance = view.state.balance
    assert view.state.status(house.clock.now()) is Status.REFUNDED
    assert (balance.granted, balance.used, balance.refunded, balance.available) == (10, 3, 7, 0)
    assert payment_of(house, pass_id).refunded == eur(8_400)
    assert order_of(house, pass_id) is OrderStatus.PART_REFUNDED
    assert house.told() == ["refunded"]
    (message,) = house.messages()
    assert message.notice.values["amount_minor"] == 8_400
    with house.store.begin(house.id, write=False) as tx:
        entry = tx.passes.ledger(pass_id)[-1]
    assert (entry.reason, getattr(entry.fact, "amount_minor", None)) == ("moves away", 8_400)
    assert house.damage() == ()


def test_an_unused_pass_goes_back_whole(house: House) -> None:
    """Its order is then refunded, not in part."""
    pass_id = sold(house)
    refunded(house, pass_id, notify=False)
    assert order_of(house, pass_id) is OrderStatus.REFUNDED
    assert "refunded" not in house.told()


def test_less_may_go_back_but_never_more(house: House) -> None:
    """One unit too much is refused and changes nothing."""
    pass_id = sold(house)
    visited(house, pass_id, 3)
    with pytest.raises(RefundExceedsRefundable) as refused:
        refunded(house, pass_id, 8_401)
    assert refused.value.fields() == {
        "refundable": "84.00",
        "requested": "84.01",
        "currency": "EUR",
    }
    assert house.kinds(pass_id)[-1] == "Deducted"
    refunded(house, pass_id, 5_000)
    assert payment_of(house, pass_id).refunded == eur(5_000)


@pytest.mark.parametrize("amount", [Money(0, "EUR"), Money(-1, "EUR"), Money(100, "HUF")])
def test_an_amount_is_something_in_the_pass_own_currency(house: House, amount: Money) -> None:
    """Anything else is no amount."""
    pass_id = sold(house)
    with pytest.raises(Invalid, match=r".*"):
        house.run(refund, RefundPass(pass_id, "test", amount))


def test_a_refund_needs_a_reason(house: House) -> None:
    """As every change by hand (L3)."""
    pass_id = sold(house)
    with pytest.raises(Invalid):
        house.run(refund, RefundPass(pass_id, " "))


def test_who_paid_and_who_has_the_pass_are_both_told(house: House) -> None:
    """After a pass was handed over the money still goes back the way it came."""
    pass_id = sold(house, notify=False)
    ben = house.run(ensure_client, BEN)
    house.run(edit, EditPass(pass_id, cm.ChangeOwner(ben.id), "gift"))
    refunded(house, pass_id)
    told = [m.notice.to for m in house.messages() if m.notice.kind.value == "refunded"]
    assert sorted(told) == ["ana@example.com", "ben@example.com"]


def test_a_fee_is_kept(house: House) -> None:
    """And said in the quote."""
    change(house, fee_minor=500)
    pass_id = sold(house)
    assert (quoted(house, pass_id).fee, quoted(house, pass_id).refundable) == (
        eur(500),
        eur(11_500),
    )
    refunded(house, pass_id)
    assert payment_of(house, pass_id).refunded == eur(11_500)


def test_an_approved_order_is_sold_on_the_day_of_its_approval(house: House) -> None:
    """From then the time to change one's mind runs (S2)."""
    change(house, formula=RefundFormula.NONE, cooling_off_days=2)
    order = house.order(PaymentMethod.BANK_TRANSFER)
    house.later(days=10)

    order = house.run(approve, ApproveOrder(order.id))
    assert order.pass_id is not None
    assert quoted(house, order.pass_id).basis is RefundBasis.COOLING_OFF
    house.later(days=3)
    assert quoted(house, order.pass_id).basis is RefundBasis.NONE


# --- paid online ----------------------------------------------------------------------------------


def bought(house: House) -> str:
    """A pass paid at the provider."""
    order = house.paid_order()
    pass_id = house.relay.confirm_order(house.id, order.id).pass_id
    assert pass_id is not None
    return pass_id


def asked(house: House) -> list[RefundRequest]:
    return [call for call in house.gateway.calls if isinstance(call, RefundRequest)]


def given_back(house: House) -> list[Money]:
    return [payment.refunded for payment in house.gateway.payments.values()]


def ended(house: House, pass_id: str, amount: int) -> None:
    """The pass is refunded, and the money counted once, everywhere."""
    assert house.state(pass_id).status(house.clock.now()) is Status.REFUNDED
    assert house.kinds(pass_id).count("Refunded") == 1
    assert given_back(house) == [eur(amount)]
    assert payment_of(house, pass_id).refunded == eur(amount)
    whole = OrderStatus.REFUNDED if amount == 12_000 else OrderStatus.PART_REFUNDED
    assert order_of(house, pass_id) is whole
    assert house.told().count("refunded") == 1
    assert house.damage() == ()


@pytest.mark.parametrize("amount", [12_000, 5_000])
def test_money_paid_online_goes_back_at_the_provider_once(house: House, amount: int) -> None:
    """Placed first, the pass suspended; then asked for, and booked when it has gone back."""
    pass_id = bought(house)
    view = refunded(house, pass_id, amount)
    assert view.state.status(house.clock.now()) is Status.SUSPENDED
    assert (asked(house), payment_of(house, pass_id).refunded) == ([], eur(0))
    with pytest.raises(PassSuspended):
        refunded(house, pass_id)
    assert house.relay.take_events() == 1
    ended(house, pass_id, amount)
    (request,) = asked(house)
    assert request.amount == eur(amount)
    with house.store.begin(house.id, write=False) as tx:
        assert tx.passes.ledger(pass_id)[-1].reason == "moves away"
    house.later(hours=1)
    assert house.relay.take_events() == 0


def test_a_refund_may_be_silent(house: House) -> None:
    """Online as well as by hand."""
    pass_id = bought(house)
    refunded(house, pass_id, notify=False)
    house.relay.take_events()
    assert "refunded" not in house.told()


@pytest.mark.parametrize("lost", ["lose_replies", "break_down"])
@pytest.mark.parametrize("after", [0, 1, 2])
def test_an_answer_that_is_lost_is_asked_for_again(house: House, lost: str, after: int) -> None:
    """Whichever of the three calls it was; nothing goes back twice (P11)."""
    pass_id = bought(house)
    refunded(house, pass_id)
    calls: dict[str, Any] = {
        "fetch_payment": house.gateway.fetch_payment,
        "refund": house.gateway.refund,
    }
    count = 0

    def trouble(name: str) -> Any:
        def call(*args: Any, **named: Any) -> Any:
            nonlocal count
            if count == after:
                getattr(house.gateway, lost)()
            count += 1
            return calls[name](*args, **named)

        return call

    for name in calls:
        setattr(house.gateway, name, trouble(name))
    house.relay.take_events()
    assert house.state(pass_id).status(house.clock.now()) is Status.SUSPENDED
    house.later(hours=1)
    house.relay.take_events()
    ended(house, pass_id, 12_000)


@pytest.mark.parametrize("point", ["K14", "K15"])
def test_a_crash_on_the_way_is_gone_on_from(house: House, point: str) -> None:
    """Even where the provider has forgotten the key meanwhile."""
    pass_id = bought(house)
    refunded(house, pass_id)

    class Crash(BaseException):
        pass

    def fail(name: str) -> None:
        if name == point:
            raise Crash

    with pytest.raises(Crash):
        Relay(house.app, house.outward(fail_at=fail)).take_events()
    house.gateway._refunds.clear()
    house.later(days=2)
    house.relay.take_events()
    ended(house, pass_id, 12_000)


@pytest.mark.parametrize("amount", [12_000, 5_000])
def test_the_providers_own_news_may_come_first(house: House, amount: int) -> None:
    """The money is counted once, because its figure is cumulative (P11)."""
    pass_id = bought(house)
    refunded(house, pass_id, amount)
    (ref,) = house.gateway.payments
    payment_ref = house.gateway.payments[ref].payment_ref
    assert payment_ref is not None
    house.gateway.give_back(payment_ref, eur(amount))
    with house.store.begin(house.id) as tx:
        tx.inbox.add(builders.event(checkout_ref=ref, received_at=NOW - timedelta(hours=1)))
    house.relay.take_events()
    ended(house, pass_id, amount)
    assert asked(house) == []


@pytest.mark.parametrize("how", ["refused", "failed"])
def test_a_refund_the_provider_refuses_lets_the_pass_go_on(house: House, how: str) -> None:
    """Its end moved by the days between; the history says why, and it may be tried again."""
    pass_id = bought(house)
    before = house.state(pass_id).window
    refunded(house, pass_id)
    refund_call = house.gateway.refund

    def refuse(request: RefundRequest) -> ProviderRefund:
        if how == "refused":
            raise ProviderRefused("fake", "no funds")
        return ProviderRefund("r", request.payment_ref, request.amount, settled=False, failed=True)

    house.gateway.refund = refuse  # type: ignore[method-assign]  # a provider that says no
    house.later(days=3)
    house.relay.take_events()
    after = house.state(pass_id).window
    assert before is not None
    assert after is not None
    assert before.last_day is not None
    assert after.last_day == before.last_day + timedelta(days=3)
    assert house.state(pass_id).status(house.clock.now()) is Status.ACTIVE
    with house.store.begin(house.id, write=False) as tx:
        assert tx.passes.ledger(pass_id)[-1].reason == "refund refused by fake"
    assert payment_of(house, pass_id).refunded == eur(0)
    house.gateway.refund = refund_call  # type: ignore[method-assign]  # it says yes again
    refunded(house, pass_id)
    house.relay.take_events()
    ended(house, pass_id, 12_000)


def test_a_refund_that_takes_its_time_is_asked_about_again(house: House) -> None:
    """While the provider works on it the pass stays suspended."""
    pass_id = bought(house)
    refunded(house, pass_id)
    refund_call = house.gateway.refund

    def later(request: RefundRequest) -> ProviderRefund:
        return ProviderRefund("r", request.payment_ref, request.amount, settled=False)

    house.gateway.refund = later  # type: ignore[method-assign]  # a slow provider
    house.relay.take_events()
    assert house.state(pass_id).status(house.clock.now()) is Status.SUSPENDED
    house.gateway.refund = refund_call  # type: ignore[method-assign]  # it goes through
    house.later(hours=1)
    house.relay.take_events()
    ended(house, pass_id, 12_000)


def test_a_refund_waits_for_its_provider_to_be_connected(house: House) -> None:
    """A gateway that is not there is no refusal."""
    pass_id = bought(house)
    refunded(house, pass_id)

    def nobody(_business_id: str, provider: str) -> Any:
        raise NotFound("provider", provider)

    Relay(house.app, house.outward(gateways=nobody)).take_events()
    assert house.state(pass_id).status(house.clock.now()) is Status.SUSPENDED
    house.later(hours=1)
    house.relay.take_events()
    ended(house, pass_id, 12_000)
