"""Orders: POST, GET, approve, decline."""

from __future__ import annotations

import asyncio
from typing import Annotated, Final

import attrs
import msgspec
from litestar import Response, Router
from litestar.concurrency import sync_to_thread
from litestar.params import JSONBody, QueryParameter

from passcore.domain.clients import Client
from passcore.domain.orders import Order, OrderStatus
from passcore.errors import Invalid
from passcore.ports.store import Page, Tx
from passcore.usecases.call import Call
from passcore.usecases.orders import ApproveOrder, DeclineOrder, PlaceOrder, approve, decline, place
from passweb.api.operator.routes import (
    Cursor,
    IdempotencyKey,
    Limit,
    PathRef,
    Text,
    moving,
    reading,
)
from passweb.auth import SELL, ApiRequest, Caller, Reply, replying, respond
from passweb.schemas import orders as shape
from passweb.schemas.common import Listed

Found = tuple[Order, Client]
StatusFilter = Annotated[shape.StatusName | None, QueryParameter(description="Only these.")]
_OrderOut: Final = msgspec.json.Decoder(shape.OrderOut)


@attrs.frozen
class Filter:
    """A page of orders, newest first."""

    client_id: str | None
    status: OrderStatus | None
    cursor: str | None
    limit: int


@moving("/orders", "place_order", SELL, status=201, threaded=False)
async def add(
    request: ApiRequest, data: JSONBody[shape.NewOrder], idempotency_key: IdempotencyKey
) -> Response[shape.OrderOut]:
    """Place an order. Online it comes with the address of its payment page.

    When the provider does not answer (503), the order stands and waits: the same request with the
    same Idempotency-Key goes on with it, and nothing is bought twice.
    """
    caller, loop = request.auth, asyncio.get_running_loop()
    command = shape.place_in(data, caller.house.provider)
    reply, replayed = await sync_to_thread(caller.once, idempotency_key, _PLACE, command)
    # A slow provider must not take the threads that visits are completed with (P9).
    outward = request.app.state.outward
    reply = await loop.run_in_executor(outward, _with_checkout, caller, reply)
    return respond(reply, replayed=replayed)


@reading("/orders", "list_orders")
def some(
    request: ApiRequest,
    client_id: Text = None,
    status: StatusFilter = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Listed[shape.OrderOut]:
    """List orders, newest first."""
    wanted = None if status is None else OrderStatus(status)
    found, cursor = request.auth.read(_page, Filter(client_id, wanted, cursor, limit))
    return Listed([shape.order_out(one) for one in found], cursor)


@reading("/orders/{order_id:str}", "get_order")
def one(request: ApiRequest, order_id: PathRef) -> shape.OrderOut:
    """Get an order."""
    return shape.order_out(request.auth.read(_get, order_id))


@moving("/orders/{order_id:str}/approve", "approve_order", SELL)
def accept(
    request: ApiRequest, order_id: PathRef, idempotency_key: IdempotencyKey
) -> Response[shape.OrderOut]:
    """Record that the money of an order on site or by transfer has come: the pass starts now."""
    return request.auth.answer(
        idempotency_key, replying(_approve, shape.order_out), ApproveOrder(order_id)
    )


@moving("/orders/{order_id:str}/decline", "decline_order", SELL)
def refuse(
    request: ApiRequest,
    order_id: PathRef,
    data: JSONBody[shape.Declining],
    idempotency_key: IdempotencyKey,
) -> Response[shape.OrderOut]:
    """Turn an order down that waits for approval."""
    command = shape.decline_in(order_id, data)
    return request.auth.answer(idempotency_key, replying(_decline, shape.order_out), command)


def _with_checkout(caller: Caller, reply: Reply) -> Reply:
    """Start the checkout of an online order, or find the one that was started before."""
    order = _OrderOut.decode(reply.body)
    if order.status != "awaiting_payment":
        return reply
    started = caller.house.relay.start_checkout(caller.business_id, order.id)
    order = msgspec.structs.replace(order, checkout_url=started.checkout_url)
    return Reply(reply.status, msgspec.json.encode(order).decode())


def _place(tx: Tx, command: PlaceOrder, call: Call) -> Found:
    order = place(tx, command, call)
    if order.status is OrderStatus.AWAITING_PAYMENT and order.provider is None:
        raise Invalid(field="method", problem="is not possible: no payment provider is set up")
    return _whose(tx, order)


def _approve(tx: Tx, command: ApproveOrder, call: Call) -> Found:
    return _whose(tx, approve(tx, command, call))


def _decline(tx: Tx, command: DeclineOrder, call: Call) -> Found:
    return _whose(tx, decline(tx, command, call))


def _get(tx: Tx, order_id: str, _call: Call) -> Found:
    return _whose(tx, tx.orders.get(order_id))


def _whose(tx: Tx, order: Order) -> Found:
    return order, tx.clients.get(order.client_id)


def _page(tx: Tx, command: Filter, _call: Call) -> tuple[list[Found], str | None]:
    page: Page[Order] = tx.orders.page(
        client_id=command.client_id,
        status=command.status,
        cursor=command.cursor,
        limit=command.limit,
    )
    clients = tx.clients.many(order.client_id for order in page.items)
    return [(order, clients[order.client_id]) for order in page.items], page.next_cursor


_PLACE: Final = replying(_place, shape.order_out, 201)
ROUTES: Final = (add, some, one, accept, refuse)


def router() -> Router:
    """Return the routes of orders."""
    return Router("/", route_handlers=ROUTES, tags=["orders"])
