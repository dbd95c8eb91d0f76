"""Refunds: the quote of a pass, and the refund it allows (S12).

A pass is refunded once. What goes back is booked on the payment it came by, so that a refund made
here and one made at the provider end in one state and are counted once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import attrs

from passcore.domain import commands as cm, ledger as lg
from passcore.domain.bookings import Booking
from passcore.domain.checks import clean
from passcore.domain.eligibility import NOT_LIVE
from passcore.domain.ledger import Entry, Line
from passcore.domain.money import Money
from passcore.domain.notices import NoticeKind
from passcore.domain.orders import Order
from passcore.domain.passes import Pass, Standing
from passcore.domain.payments import Payment, PaymentStanding
from passcore.domain.quoting import quote
from passcore.domain.refunds import ListRate, RefundQuote
from passcore.domain.time import local_day
from passcore.errors import Invalid, InvalidTransition, RefundExceedsRefundable
from passcore.ports.payments import ProviderPayment
from passcore.ports.store import InboxEvent, StoredPass, Tx
from passcore.usecases.call import Call
from passcore.usecases.ledgers import Ledgers
from passcore.usecases.notices import Values, queue
from passcore.usecases.passes import find_pass
from passcore.usecases.sales import BY_HAND, SettlePayment, move_money_back, refund_event, settle
from passcore.usecases.views import PassView, pass_view

#: Kinds of inbox events: a refund was placed here, and the client is told of it or not.
PLACED: Final = "sessionpass.refund"
PLACED_SILENTLY: Final = "sessionpass.refund.silent"


@attrs.frozen
class QuoteRefund:
    """Ask what goes back of a pass now."""

    pass_ref: str


@attrs.frozen
class RefundPass:
    """Give *amount* back for what is left on a pass, or all that the quote allows where None."""

    pass_ref: str
    reason: str
    amount: Money | None = None
    notify: bool = True


def refund_quote(tx: Tx, command: QuoteRefund, call: Call) -> RefundQuote:
    """Return what goes back of a pass now, line by line; raises `PassRefunded`, `PassCancelled`."""
    stored = find_pass(tx, command.pass_ref)
    entries = tx.passes.ledger(stored.state.id)
    return _quoted(tx, stored.state, entries, _payment(tx, entries), call)


def _payment(tx: Tx, entries: Sequence[Entry]) -> Payment | None:
    """Return the money a pass was paid with, None where none came."""
    order_id = entries[0].order_id
    payments = () if order_id is None else tx.payments.of_order(order_id)
    return next((p for p in payments if p.standing is PaymentStanding.APPLIED), None)


def _quoted(
    tx: Tx, state: Pass, entries: Sequence[Entry], payment: Payment | None, call: Call
) -> RefundQuote:
    if state.standing in (Standing.REFUNDED, Standing.CANCELLED):
        raise NOT_LIVE[state.standing](state.id)
    nothing = Money(0, state.terms.price.currency)
    return quote(
        state,
        entries,
        paid=nothing if payment is None else payment.amount,
        refunded=nothing if payment is None else payment.refunded,
        rates=_rates(tx, state),
        at=max(call.now, state.at),
    )


def _rates(tx: Tx, state: Pass) -> dict[Line, ListRate]:
    """Return what each visit paid with the pass would have cost without it."""
    services = {service.id: service for service in tx.services.all()}
    currency = state.terms.price.currency
    rates: dict[Line, ListRate] = {}
    for booking in _visits(tx, state.id):
        own = ((n, n.payment) for n in booking.lines if n.payment is not None)
        for line, paid in ((n, paid) for n, paid in own if paid.pass_id == state.id):
            service = services[line.service_id]
            price = service.price
            known = price is not None and price.currency == currency
            minor = price.minor * booking.seats if price is not None and known else None
            name = booking.line(line.number, paid.occasion)
            rates[name] = ListRate(service.id, service.name, minor)
    return rates


def _visits(tx: Tx, pass_id: str) -> Iterator[Booking]:
    page = tx.bookings.page(pass_id=pass_id, limit=200)
    yield from page.items
    while page.next_cursor is not None:
        page = tx.bookings.page(pass_id=pass_id, cursor=page.next_cursor, limit=200)
        yield from page.items


def refund(tx: Tx, command: RefundPass, call: Call) -> PassView:
    """Void what is left on a pass against money, at most what the quote gives.

    Money goes back the way it came. What staff took is booked as given back by hand, at once. What
    was paid online is placed: the pass is suspended, and `passcore.Relay` asks the provider; then
    the pass is refunded, or goes on where the provider refuses.

    Raises `RefundExceedsRefundable`, and `InvalidTransition` where nothing goes back, where
    bookings hold sessions, or where the payment is disputed.
    """
    reason = clean(command.reason, "reason", 500)
    found = find_pass(tx, command.pass_ref).state.id
    order_id = tx.passes.ledger(found)[0].order_id
    order = None if order_id is None else tx.orders.get(order_id, lock=True)
    stored = tx.passes.get(found, lock=True)  # after the order, as a payment's news locks them
    entries = tx.passes.ledger(found)
    payment = _payment(tx, entries)
    told = _quoted(tx, stored.state, entries, payment, call)
    amount = _amount(command, told)
    if stored.state.balance.holds:
        raise InvalidTransition("pass", "held by bookings", "refund")
    if order is None or payment is None or not amount.minor:
        raise InvalidTransition("pass", "worth nothing that could go back", "refund")
    if not order.can(refund_event(payment, payment.refunded + amount)):
        raise InvalidTransition("order", order.status.value, "refund")
    by_hand = payment.provider == BY_HAND
    ledgers = Ledgers(call, [stored])
    asked = cm.Refund(amount.minor) if by_hand else cm.Suspend()
    ledgers.decide(found, asked, reason=reason, order_id=order_id)
    ledgers.write(tx)
    view = pass_view(tx, ledgers.stored(found))
    if not by_hand:
        tx.inbox.add(_placed(payment, amount, call, notify=command.notify))
        return view
    move_money_back(tx, order, payment, payment.refunded + amount)
    if command.notify:
        _tell(tx, call, order, view, amount)
    return view


def _amount(command: RefundPass, told: RefundQuote) -> Money:
    """Return what goes back; raises `RefundExceedsRefundable`."""
    refundable, asked = told.refundable, command.amount
    if asked is None:
        return refundable
    if asked.currency != refundable.currency:
        raise Invalid(field="amount.currency", problem=f"must be {refundable.currency}")
    if asked.minor < 1:
        raise Invalid(field="amount", problem="is not more than nothing")
    if asked.minor > refundable.minor:
        raise RefundExceedsRefundable(
            f"{refundable.amount:f}", f"{asked.amount:f}", refundable.currency
        )
    return asked


def _placed(payment: Payment, amount: Money, call: Call, *, notify: bool) -> InboxEvent:
    """Return the refund that the provider has to be asked for, in the line of its own news."""
    key = call.ids.new("refund")
    return InboxEvent(
        id=key,
        provider=payment.provider,
        event_id=key,
        kind=PLACED if notify else PLACED_SILENTLY,
        checkout_ref=None,
        payment_ref=payment.payment_ref,
        received_at=call.now,
        refund_minor=amount.minor,
        refunded_minor=payment.refunded.minor,
    )


@attrs.frozen
class SettleRefund:
    """What the provider says of a payment after it was asked for the refund *event*."""

    event: InboxEvent
    payment: ProviderPayment
    live_expected: bool | None = None


def refund_total(event: InboxEvent) -> int:
    """Return what will have gone back of the payment once the placed refund *event* is done."""
    return (event.refund_minor or 0) + (event.refunded_minor or 0)


def settle_refund(tx: Tx, command: SettleRefund, call: Call) -> bool:
    """Refund the pass where the money has gone back; True where it has.

    The money itself is booked by `settle`, from the provider's cumulative figure, so that it counts
    once whether this or the provider's own news comes first.
    """
    event, paid = command.event, command.payment
    done = paid.refunded.minor >= refund_total(event)
    if done:
        order, stored, reason = _under_way(tx, event)
        ledgers = Ledgers(call, [stored])
        amount = Money(event.refund_minor or 0, paid.amount.currency)
        if stored.state.standing is Standing.SUSPENDED:
            back = cm.Refund(amount.minor)
            ledgers.decide(stored.state.id, back, reason=reason, order_id=order.id)
            ledgers.write(tx)
        if event.kind == PLACED:
            view = pass_view(tx, ledgers.stored(stored.state.id))
            _tell(tx, call, order, view, amount)
    settle(tx, SettlePayment(paid, command.live_expected), call)
    return done


def give_up_refund(tx: Tx, event: InboxEvent, call: Call) -> None:
    """Let the pass go on whose refund the provider refused, its end moved by the days between."""
    order, stored, _ = _under_way(tx, event)
    zone = stored.state.zone
    days = local_day(call.now, zone) - local_day(event.received_at, zone)
    ledgers = Ledgers(call, [stored])
    reason = f"refund refused by {event.provider}"
    ledgers.decide(stored.state.id, cm.Resume(max(0, days.days)), reason=reason, order_id=order.id)
    ledgers.write(tx)


def _under_way(tx: Tx, event: InboxEvent) -> tuple[Order, StoredPass, str | None]:
    """Return the order and the pass of a placed refund, and the reason it was given."""
    payment = tx.payments.find(event.provider, event.payment_ref or "")
    assert payment is not None, "a refund is placed for a payment that is known"
    order = tx.orders.get(payment.order_id, lock=True)
    assert order.pass_id is not None, "a refund is placed for a pass"
    stored = tx.passes.get(order.pass_id, lock=True)
    entries = tx.passes.ledger(order.pass_id)
    stopped = (e.reason for e in reversed(entries) if isinstance(e.fact, lg.Suspended))
    return order, stored, next(stopped)


def _tell(tx: Tx, call: Call, order: Order, view: PassView, amount: Money) -> None:
    """Tell who paid that the money goes back, and who has the pass that it is over."""
    values: Values = {
        "product": view.state.terms.name,
        "code": view.code,
        "amount_minor": amount.minor,
        "currency": amount.currency,
    }
    people = {order.client_id: tx.clients.get(order.client_id), view.client.id: view.client}
    for client_id, client in people.items():
        about = f"{view.state.id}:{client_id}"
        queue(tx, call, client, NoticeKind.REFUNDED, values, about=about)
