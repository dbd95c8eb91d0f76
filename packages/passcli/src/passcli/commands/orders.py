"""`passctl order`: sales, from the order to the pass."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from passcli.grammar import Cursor, Key, Limit, command, group, state_of
from passcli.wiring import Desk, answer, confirm, desk

if TYPE_CHECKING:
    from passcore.domain.clients import Client
    from passcore.domain.orders import Order
    from passcore.ports.store import Page, Tx

app = group("Sales: place, approve, decline.")

Method = Literal["online", "on_site", "bank_transfer"]
Status = Literal[
    "drafted", "awaiting_payment", "awaiting_approval", "paid", "fulfilled", "cancelled",
    "part_refunded", "refunded", "disputed",
]  # fmt: skip
Ref = Annotated[str, typer.Argument(metavar="ORDER", help="The order's id.")]


@command(app, "create")
def create(
    ctx: typer.Context,
    *,
    product: Annotated[str, typer.Option(help="Its id or slug.")],
    client: Annotated[str, typer.Option(help="E-mail address or id; a new address is added.")],
    method: Annotated[Method, typer.Option(help="How it is paid.")],
    client_name: Annotated[str | None, typer.Option(help="The name of a new client.")] = None,
    starts_on: Annotated[
        str | None, typer.Option(metavar="DAY", help="The first day, where the product asks.")
    ] = None,
    key: Key = None,
) -> None:
    """Place an order; on site and by transfer its pass waits for approval."""
    from passcli import parsing
    from passcore.domain.orders import Order
    from passcore.domain.products import PaymentMethod
    from passcore.usecases.orders import PlaceOrder, place

    at = desk(ctx)
    wanted = PlaceOrder(
        product=product,
        client=parsing.client_ref(client, client_name),
        method=PaymentMethod(method),
        starts_on=parsing.optional_day(starts_on, "--starts-on"),
    )
    order = at.run(place, wanted, key=key, returns=Order)
    _show(at, order)
    if order.status.value == "awaiting_approval":
        at.out.talk(f"When the money has come: `passctl order approve {order.id}`.")
    elif order.status.value == "awaiting_payment":
        at.out.talk("The client pays on the booking page; nothing is charged from here.")


@command(app, "list")
def list_(
    ctx: typer.Context,
    *,
    status: Annotated[Status | None, typer.Option(help="Only those at this status.")] = None,
    client: Annotated[str | None, typer.Option(help="Only this client's.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> None:
    """List orders, the newest first."""
    from passcli import shapes
    from passcli.texts import local
    from passcore.domain.orders import OrderStatus
    from passcore.usecases.clients import find_client

    at = desk(ctx)
    wanted = None if status is None else OrderStatus(status)

    def read(tx: Tx) -> tuple[Page[Order], Mapping[str, Client]]:
        owner = None if client is None else find_client(tx, client).id
        page = tx.orders.page(client_id=owner, status=wanted, cursor=cursor, limit=limit)
        return page, tx.clients.many(order.client_id for order in page.items)

    found, owners = at.look(read)
    head = ("ID", "STATUS", "PRODUCT", "CLIENT", "METHOD", "PRICE", "PLACED")
    rows = [
        (o.id, o.status.value, o.terms.name, owners[o.client_id].email, o.method.value, o.price,
         local(o.created_at, at.zone))
        for o in found.items
    ]  # fmt: skip
    answer(
        at.out,
        shapes.page_of(found, lambda o: shapes.order(o, owners[o.client_id])),
        lambda: at.out.table(head, rows, none="No order found."),
    )
    at.more(found.next_cursor)


@command(app, "show")
def show(ctx: typer.Context, order: Ref) -> None:
    """Show an order."""
    at = desk(ctx)
    _show(at, at.look(lambda tx: tx.orders.get(order)))


@command(app, "approve")
def approve(ctx: typer.Context, order: Ref) -> None:
    """Record that the money has come; the pass becomes valid now."""
    from passcore.usecases.orders import ApproveOrder, approve as use_case

    at = desk(ctx)
    _show(at, at.run(use_case, ApproveOrder(order)))


@command(app, "decline")
def decline(
    ctx: typer.Context,
    order: Ref,
    *,
    reason: Annotated[str | None, typer.Option(help="Why; the client reads it.")] = None,
) -> None:
    """Turn an order down; its pending pass is void."""
    from passcore.domain.checks import clean
    from passcore.usecases.orders import DeclineOrder, decline as use_case

    at = desk(ctx)
    why = None if reason is None else clean(reason, "reason", 500)
    at.look(lambda tx: tx.orders.get(order))
    confirm(state_of(ctx), f"Decline the order {order}?")
    _show(at, at.run(use_case, DeclineOrder(order, why)))


def _show(at: Desk, order: Order) -> None:
    from passcli import shapes, texts

    owner = at.look(lambda tx: tx.clients.get(order.client_id))
    pairs = texts.order_pairs(order, owner.email, at.zone)
    answer(at.out, shapes.order(order, owner), lambda: at.out.pairs(pairs))
