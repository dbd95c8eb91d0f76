"""Sales: one paid order becomes payment, pass, invoice and notices, together or not at all (S4).

`settle` may be called by the webhook's worker, the return page and the reconciler, any number of
times and at once: the payment is unique in the business by its own name at the provider.
"""

from __future__ import annotations

from datetime import date
from typing import Final

import attrs

from passcore.domain import commands as cm
from passcore.domain.bookings import PaymentState as ClaimState
from passcore.domain.clients import Client
from passcore.domain.invoices import Invoice, invoice_for, series_of
from passcore.domain.money import Money
from passcore.domain.notices import NoticeKind
from passcore.domain.orders import Order, OrderEvent, OrderStatus
from passcore.domain.passes import Standing
from passcore.domain.payments import Payment, PaymentStanding
from passcore.domain.time import local_day
from passcore.errors import Invalid, NotFound
from passcore.ports.payments import PaymentState, ProviderPayment
from passcore.ports.store import StoredPass, Tx
from passcore.usecases.call import Call
from passcore.usecases.ledgers import Ledgers
from passcore.usecases.notices import pass_values, queue
from passcore.usecases.passes import new_pass

#: The provider name of money that staff saw with their own eyes.
BY_HAND: Final = "by_hand"


@attrs.frozen
class SettlePayment:
    """What a provider says of a payment now, fetched from it."""

    payment: ProviderPayment
    live_expected: bool | None = None


@attrs.frozen
class Settled:
    """Where the order stands, and whether this call changed anything."""

    order: Order
    changed: bool
    standing: PaymentStanding | None = None


def settle(tx: Tx, command: SettlePayment, call: Call) -> Settled:
    """Make the order agree with its payment at the provider; raises `NotFound`, `Invalid`."""
    paid = command.payment
    if paid.business_id is not None and paid.business_id != tx.business_id:
        raise NotFound("order", paid.order_id or "")
    order = tx.orders.get(paid.order_id or "", lock=True)
    if command.live_expected is not None and paid.live is not command.live_expected:
        raise Invalid(field="payment.live", problem="mixes test and live money")
    if paid.state is PaymentState.FAILED:
        return _give_up(tx, order)
    if paid.state is not PaymentState.SUCCEEDED or paid.payment_ref is None:
        return Settled(order, changed=False)
    known = tx.payments.find(paid.provider, paid.payment_ref)
    if known is not None:
        return _follow_refunds(tx, order, known, paid, call)
    return _take_money(tx, order, paid, call)


def _give_up(tx: Tx, order: Order) -> Settled:
    if order.status is not OrderStatus.AWAITING_PAYMENT:
        return Settled(order, changed=False)
    return Settled(save(tx, order.moved(OrderEvent.CANCEL)), changed=True)


def _take_money(tx: Tx, order: Order, paid: ProviderPayment, call: Call) -> Settled:
    """Record money that was not known yet, and give the pass where it is the order's money."""
    standing = PaymentStanding.APPLIED
    if order.status is not OrderStatus.AWAITING_PAYMENT:
        standing = PaymentStanding.SURPLUS
    elif paid.amount != order.price:
        standing = PaymentStanding.MISMATCH
    payment = Payment(
        call.ids.new("pay"),
        paid.provider,
        paid.payment_ref or "",
        order.id,
        paid.amount,
        paid.refunded,
        standing,
        call.now,
    )
    if standing is not PaymentStanding.APPLIED:
        tx.payments.add(payment)
        return Settled(order, changed=True, standing=standing)
    _keep_card(tx, order, paid)
    order = order.moved(OrderEvent.PAY)
    if paid.refunded.minor >= paid.amount.minor:
        tx.payments.add(payment)
        order = save(tx, order.moved(OrderEvent.REFUND_WHOLE))
        return Settled(order, changed=True, standing=standing)
    order = fulfil(tx, order, call, payment=payment, paid_by="online")
    return Settled(order, changed=True, standing=standing)


def _keep_card(tx: Tx, order: Order, paid: ProviderPayment) -> None:
    if paid.customer_ref is None or paid.card_ref is None:
        return
    client = tx.clients.get(order.client_id)
    if (client.customer_ref, client.card_ref) != (paid.customer_ref, paid.card_ref):
        tx.clients.save(
            attrs.evolve(client, customer_ref=paid.customer_ref, card_ref=paid.card_ref)
        )


def save(tx: Tx, order: Order) -> Order:
    """Save an order and return it as it is now stored."""
    tx.orders.save(order)
    return attrs.evolve(order, version=order.version + 1)


def fulfil(
    tx: Tx,
    order: Order,
    call: Call,
    *,
    payment: Payment | None,
    paid_by: str,
    notice: NoticeKind | None = NoticeKind.PURCHASE,
    last_day: date | None = None,
) -> Order:
    """Give the pass of an order at ``paid``: one transaction for all that follows (S4).

    Payment, pass (issued, or activated where it waited), invoice with the next number, and the
    notice with the invoice. Without *payment* (nothing to pay) there is no invoice.
    """
    client = tx.clients.get(order.client_id)
    stored = _give_pass(tx, order, client, call, last_day)
    order = attrs.evolve(order.moved(OrderEvent.FULFIL), pass_id=stored.state.id)
    if payment is not None and payment.refunded.minor:
        order = order.moved(OrderEvent.REFUND_PART)  # part of it went back before we knew of it
    order = save(tx, order)
    invoice = None
    if payment is not None:
        tx.payments.add(payment)
        invoice = _invoice(tx, order, client, call, paid_by)
    if notice is not None:
        values = pass_values(stored.state, stored.code)
        invoice_id = invoice.id if invoice is not None else None
        queue(tx, call, client, notice, values, about=stored.state.id, invoice_id=invoice_id)
    return order


def _give_pass(
    tx: Tx, order: Order, client: Client, call: Call, last_day: date | None
) -> StoredPass:
    if order.pass_id is None:
        return new_pass(
            tx, call, client, order.terms, starts_on=order.starts_on, last_day=last_day,
            order_id=order.id,
        )  # fmt: skip
    ledgers = Ledgers(call, [tx.passes.get(order.pass_id, lock=True)])
    ledgers.decide(order.pass_id, cm.Activate(order.starts_on), order_id=order.id)
    ledgers.write(tx)
    return ledgers.stored(order.pass_id)


def _invoice(tx: Tx, order: Order, client: Client, call: Call, paid_by: str) -> Invoice:
    """Issue the invoice; the number is drawn last, so that its row is locked shortest.

    Where the clock was set back or the zone changed it is dated like the latest before it: dates
    never go back while numbers go up (I5).
    """
    business = tx.business()
    issued_at, issued_on = call.now, local_day(call.now, business.time_zone)
    for latest in tx.invoices.page(limit=1).items:
        issued_at = max(issued_at, latest.issued_at)
        issued_on = max(issued_on, latest.issued_on)
    number = tx.invoices.next_number(series_of(business, issued_on))
    invoice = invoice_for(
        order,
        business,
        client,
        invoice_id=call.ids.new("inv"),
        number=number,
        issued_at=issued_at,
        issued_on=issued_on,
        paid_by=paid_by,
    )
    tx.invoices.add(invoice)
    return invoice


def paid_by_hand(order: Order, call: Call) -> Payment:
    """Return the payment of an order whose money staff took."""
    zero = Money(0, order.price.currency)
    return Payment(
        call.ids.new("pay"),
        BY_HAND,
        order.id,
        order.id,
        order.price,
        zero,
        PaymentStanding.APPLIED,
        call.now,
    )


def _follow_refunds(
    tx: Tx, order: Order, known: Payment, paid: ProviderPayment, call: Call
) -> Settled:
    """Book what the provider has given back since; its figure is cumulative, never a delta."""
    if paid.refunded.minor <= known.refunded.minor:
        return Settled(order, changed=False, standing=known.standing)
    moved = move_money_back(tx, order, known, paid.refunded)
    if moved is None:
        return Settled(order, changed=True, standing=known.standing)
    if moved.status is OrderStatus.REFUNDED and order.pass_id is not None:
        _revoke(tx, moved, paid.refunded, call)
    return Settled(moved, changed=True, standing=known.standing)


def refund_event(payment: Payment, total: Money) -> OrderEvent:
    """Return what happens to an order when *total* of its payment has gone back."""
    whole = total.minor >= payment.amount.minor
    return OrderEvent.REFUND_WHOLE if whole else OrderEvent.REFUND_PART


def move_money_back(tx: Tx, order: Order, payment: Payment, total: Money) -> Order | None:
    """Record that *total* of a payment has gone back so far; return the order, moved on.

    None where it stays as it is: what a provider gave back is recorded whatever the order's state,
    but only a state that knows of refunds moves on (not a dispute, which has its own outcome).
    """
    tx.payments.save(attrs.evolve(payment, refunded=total))
    event = refund_event(payment, total)
    if payment.standing is not PaymentStanding.APPLIED or not order.can(event):
        return None
    return save(tx, order.moved(event))


def _revoke(tx: Tx, order: Order, amount: Money, call: Call) -> None:
    """Void what is left of a pass whose whole price went back; visits it held are let go."""
    assert order.pass_id is not None
    stored = tx.passes.get(order.pass_id, lock=True)
    if stored.state.standing in (Standing.REFUNDED, Standing.CANCELLED):
        return
    ledgers = Ledgers(call, [stored])
    released = {hold.line.booking_id for hold in stored.state.balance.holds}
    for hold in stored.state.balance.holds:
        ledgers.decide(order.pass_id, cm.Release(hold.line), order_id=order.id)
    ledgers.decide(order.pass_id, cm.Refund(amount.minor), order_id=order.id)
    ledgers.write(tx)
    bookings = []
    for booking_id in sorted(released):
        booking = tx.bookings.get(booking_id)
        lines = tuple(
            attrs.evolve(line, payment=attrs.evolve(line.payment, state=ClaimState.RELEASED))
            if line.payment is not None
            and line.payment.state is ClaimState.HELD
            and line.payment.pass_id == order.pass_id
            else line
            for line in booking.lines
        )
        bookings.append(attrs.evolve(booking, lines=lines, version=booking.version + 1))
    if bookings:
        tx.bookings.put(bookings)
