"""Orders: placing a purchase, its checkout, approving, declining, renewing (S1, S2, S8)."""

from __future__ import annotations

from datetime import date

import attrs

from passcore.domain import commands as cm
from passcore.domain.checks import clean
from passcore.domain.clients import Client, ClientRef
from passcore.domain.notices import NoticeKind
from passcore.domain.orders import Order, OrderEvent, OrderStatus
from passcore.domain.products import PaymentMethod, Product
from passcore.domain.validity import opening_window
from passcore.errors import Invalid, InvalidTransition
from passcore.ports.payments import Checkout
from passcore.ports.store import Tx
from passcore.usecases.call import Call
from passcore.usecases.clients import ensure_client
from passcore.usecases.ledgers import Ledgers
from passcore.usecases.notices import order_values, queue
from passcore.usecases.passes import find_pass, new_pass
from passcore.usecases.sales import fulfil, paid_by_hand, save


@attrs.frozen
class PlaceOrder:
    """Buy a product. `success_url` is where an online payment leads back to."""

    product: str
    client: ClientRef
    method: PaymentMethod
    success_url: str | None = None
    starts_on: date | None = None
    provider: str | None = None
    renews: str | None = None


@attrs.frozen
class RecordCheckout:
    """Keep what the provider answered to a started checkout."""

    order_id: str
    checkout: Checkout


@attrs.frozen
class ApproveOrder:
    """The money of an order on site or by transfer has come."""

    order_id: str


@attrs.frozen
class DeclineOrder:
    """The order will not be paid; its pending pass is void."""

    order_id: str
    reason: str | None = None


@attrs.frozen
class RenewPass:
    """Buy the same product again, in its current version (S8)."""

    pass_ref: str
    method: PaymentMethod = PaymentMethod.ONLINE
    success_url: str | None = None
    provider: str | None = None
    starts_on: date | None = None


def place(tx: Tx, command: PlaceOrder, call: Call) -> Order:
    """Place an order. Online it waits for its payment; on site and by transfer its pass is made
    pending and waits for approval (S2); where nothing is to be paid it is fulfilled at once (S10).

    Raises `NotFound`, `InvalidTransition` for a retired product, and `Invalid` for a way of paying
    it does not offer, or for a start that it needs or does not take.
    """
    product = tx.products.get(command.product)
    _on_sale(product, command.method)
    # What could not become a pass must be refused now, not when it is paid.
    zone = tx.business().time_zone
    opening_window(product.terms.validity, call.now, zone, chosen=command.starts_on)
    client = ensure_client(tx, command.client, call)
    order = Order(
        id=call.ids.new("order"),
        client_id=client.id,
        product_id=product.id,
        terms=product.terms,
        price=product.terms.gross,
        method=command.method,
        status=OrderStatus.DRAFTED,
        provider_key=call.ids.new("key"),
        created_at=call.now,
        provider=command.provider if command.method is PaymentMethod.ONLINE else None,
        success_url=command.success_url,
        renews=command.renews,
        starts_on=command.starts_on,
    )
    if order.price.minor == 0:
        order = order.moved(OrderEvent.PAY)
        tx.orders.add(order)
        return fulfil(tx, order, call, payment=None, paid_by="nothing")
    if command.method is PaymentMethod.ONLINE:
        order = order.moved(OrderEvent.PLACE_ONLINE)
        tx.orders.add(order)
        return order
    return _await_approval(tx, order, client, call)


def _on_sale(product: Product, method: PaymentMethod) -> None:
    if product.retired:
        raise InvalidTransition("product", "retired", "order")
    if method not in product.methods:
        offered = ", ".join(m.value for m in product.methods)
        raise Invalid(field="method", problem=f"is not offered for this product ({offered})")


def _await_approval(tx: Tx, order: Order, client: Client, call: Call) -> Order:
    """Make the pass now, pending, so that the client sees what waits; it pays for nothing yet."""
    order = order.moved(OrderEvent.PLACE_FOR_APPROVAL)
    stored = new_pass(tx, call, client, order.terms, pending=True, order_id=order.id)
    order = attrs.evolve(order, pass_id=stored.state.id)
    tx.orders.add(order)
    values = order_values(order, tx.business()) | {"code": stored.code}
    queue(tx, call, client, NoticeKind.PENDING_APPROVAL, values, about=order.id)
    return order


def renew(tx: Tx, command: RenewPass, call: Call) -> Order:
    """Order the same product's current version for the pass's owner (S8)."""
    stored = find_pass(tx, command.pass_ref)
    product = tx.products.get(stored.state.terms.product_id)
    chosen = command.method if command.method in product.methods else product.methods[0]
    return place(
        tx,
        PlaceOrder(
            product=product.id,
            client=ClientRef(id=stored.state.client_id),
            method=chosen,
            success_url=command.success_url,
            provider=command.provider,
            renews=stored.state.id,
            starts_on=command.starts_on,
        ),
        call,
    )


def record_checkout(tx: Tx, command: RecordCheckout, _call: Call) -> Order:
    """Keep the checkout a provider started; the same one again changes nothing."""
    order = tx.orders.get(command.order_id, lock=True)
    if order.checkout_ref == command.checkout.ref:
        return order
    started = command.checkout
    return save(tx, attrs.evolve(order, checkout_ref=started.ref, checkout_url=started.url))


def approve(tx: Tx, command: ApproveOrder, call: Call) -> Order:
    """Record the money of an order on site or by transfer and activate its pass; validity starts
    now (S2). Approving again changes nothing."""
    order = tx.orders.get(command.order_id, lock=True)
    if order.status is OrderStatus.FULFILLED and order.method is not PaymentMethod.ONLINE:
        return order
    order = order.moved(OrderEvent.APPROVE)
    payment = paid_by_hand(order, call)
    return fulfil(tx, order, call, payment=payment, paid_by=order.method.value)


def decline(tx: Tx, command: DeclineOrder, call: Call) -> Order:
    """Turn an order down that waits for approval; its pending pass is void."""
    order = tx.orders.get(command.order_id, lock=True)
    if order.status is OrderStatus.CANCELLED:
        return order
    reason = None if command.reason is None else clean(command.reason, "reason", 500)
    order = save(tx, order.moved(OrderEvent.DECLINE))
    assert order.pass_id is not None, "an order that waits for approval has its pass"
    ledgers = Ledgers(call, [tx.passes.get(order.pass_id, lock=True)])
    ledgers.decide(order.pass_id, cm.Cancel(), reason=reason, order_id=order.id)
    ledgers.write(tx)
    client = tx.clients.get(order.client_id)
    values: dict[str, str | int | None] = {"product": order.terms.name, "reason": reason}
    queue(tx, call, client, NoticeKind.DECLINED, values, about=order.id)
    return order
