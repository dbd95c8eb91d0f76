"""Assignment: staff give a client a pass, with or without a recorded payment (S5)."""

from __future__ import annotations

from datetime import date

import attrs

from passcore.domain.checks import bounded, clean
from passcore.domain.clients import Client, ClientRef
from passcore.domain.money import Money
from passcore.domain.notices import NoticeKind
from passcore.domain.orders import Order, OrderEvent, OrderStatus
from passcore.domain.products import MAX_SESSIONS, PaymentMethod, Terms
from passcore.errors import Invalid
from passcore.ports.store import Tx
from passcore.usecases.call import Call
from passcore.usecases.catalogue import in_currency
from passcore.usecases.clients import ensure_client
from passcore.usecases.notices import pass_values, queue
from passcore.usecases.passes import new_pass
from passcore.usecases.sales import fulfil, paid_by_hand
from passcore.usecases.views import PassView, pass_view


@attrs.frozen
class AssignPass:
    """Give a client a pass by hand (S5), on the product's terms or changed ones.

    `payment` records how it was paid, with an invoice; None is without either.
    """

    product: str
    client: ClientRef
    sessions: int | None = attrs.field(
        default=None, validator=bounded("sessions", 1, MAX_SESSIONS, optional=True)
    )
    last_day: date | None = None
    starts_on: date | None = None
    price: Money | None = None
    payment: PaymentMethod | None = None
    reason: str | None = None
    notify: bool = True


def assign(tx: Tx, command: AssignPass, call: Call) -> PassView:
    """Give a client a pass; queues the pass mail, and the invoice where a payment is recorded."""
    product = tx.products.get(command.product)
    client = ensure_client(tx, command.client, call)
    terms = product.terms
    if command.sessions is not None:
        terms = attrs.evolve(terms, sessions=command.sessions)
    if command.price is not None:
        in_currency(tx, command.price)
        terms = attrs.evolve(terms, price=command.price)
    reason = None if command.reason is None else clean(command.reason, "reason", 500)
    if command.payment is not None:
        return _sell_by_hand(tx, command, terms, client, call)
    stored = new_pass(
        tx, call, client, terms, starts_on=command.starts_on, last_day=command.last_day,
        reason=reason,
    )  # fmt: skip
    if command.notify:
        values = pass_values(stored.state, stored.code)
        queue(tx, call, client, NoticeKind.ASSIGNED, values, about=stored.state.id)
    return pass_view(tx, stored, client)


def _sell_by_hand(
    tx: Tx, command: AssignPass, terms: Terms, client: Client, call: Call
) -> PassView:
    """Record a sale that staff made: order, payment, pass and invoice in one."""
    if command.payment is PaymentMethod.ONLINE:
        raise Invalid(field="payment", problem="must be on_site or bank_transfer")
    order = Order(
        id=call.ids.new("order"),
        client_id=client.id,
        product_id=terms.product_id,
        terms=terms,
        price=terms.gross,
        method=command.payment or PaymentMethod.ON_SITE,
        status=OrderStatus.DRAFTED,
        provider_key=call.ids.new("key"),
        created_at=call.now,
        starts_on=command.starts_on,
    ).moved(OrderEvent.PAY)
    tx.orders.add(order)
    payment = paid_by_hand(order, call) if order.price.minor else None
    notice = NoticeKind.ASSIGNED if command.notify else None
    order = fulfil(
        tx,
        order,
        call,
        payment=payment,
        paid_by=order.method.value,
        notice=notice,
        last_day=command.last_day,
    )
    return pass_view(tx, tx.passes.get(order.pass_id or ""), client)
