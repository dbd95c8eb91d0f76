"""Orders on the wire."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from passcore.domain.clients import Client
from passcore.domain.orders import Order
from passcore.domain.products import PaymentMethod
from passcore.usecases.orders import DeclineOrder, PlaceOrder
from passweb.schemas.clients import ClientBrief, client_brief
from passweb.schemas.common import (
    ClientIn,
    Input,
    Money,
    Output,
    Reason,
    Ref,
    Url,
    client_in,
    money_out,
)
from passweb.schemas.products import Method, ProductBrief, product_brief

StatusName = Literal[
    "drafted",
    "awaiting_payment",
    "awaiting_approval",
    "paid",
    "fulfilled",
    "cancelled",
    "part_refunded",
    "refunded",
    "disputed",
]


class NewOrder(Input, frozen=True):
    """A purchase. `success_url` is where an online payment leads back to; `starts_on` is for a
    product that begins on a chosen date."""

    product_id: Ref
    client: ClientIn | Ref
    method: Method
    success_url: Url | None = None
    starts_on: date | None = None


class Declining(Input, frozen=True):
    """Why an order is declined; the client is told."""

    reason: Reason | None = None


class OrderOut(Output, frozen=True):
    """A purchase. `checkout_url` is an online one's payment page, `pass_id` the pass it gave."""

    id: str
    status: StatusName
    method: Method
    product: ProductBrief
    client: ClientBrief
    price: Money
    pass_id: str | None
    checkout_url: str | None
    starts_on: date | None
    created_at: datetime


def place_in(given: NewOrder, provider: str | None) -> PlaceOrder:
    """Return the command; an online one is paid at *provider*."""
    return PlaceOrder(
        product=given.product_id,
        client=client_in(given.client),
        method=PaymentMethod(given.method),
        success_url=given.success_url,
        starts_on=given.starts_on,
        provider=provider,
    )


def decline_in(order_id: str, given: Declining) -> DeclineOrder:
    """Return the command."""
    return DeclineOrder(order_id, given.reason)


def order_out(found: tuple[Order, Client], _at: datetime | None = None) -> OrderOut:
    """Return a purchase with who made it."""
    order, client = found
    return OrderOut(
        id=order.id,
        status=order.status.value,
        method=order.method.value,
        product=product_brief(order.terms),
        client=client_brief(client),
        price=money_out(order.price),
        pass_id=order.pass_id,
        checkout_url=order.checkout_url,
        starts_on=order.starts_on,
        created_at=order.created_at,
    )
