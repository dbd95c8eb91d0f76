"""Clients and one client with passes, visits and orders."""

from __future__ import annotations

import attrs
from litestar import get
from litestar.params import FromPath

from passcore import Client, NotFound, Order, Page as Slice, Service, StoredPass, Tx
from passcore.errors import Invalid
from passcore.usecases.call import Call
from passweb.auth import READ, SELL
from passweb.pages.cards import card_of
from passweb.pages.console.door import may, need_staff
from passweb.pages.halting import Halt
from passweb.pages.house import AnyRequest
from passweb.pages.page import Answer, known_ref
from passweb.pages.reading import Visit, visits_of


@attrs.frozen
class Person:
    """A client with all the console shows of one."""

    client: Client
    passes: tuple[StoredPass, ...]
    visits: tuple[Visit, ...]
    orders: tuple[Order, ...]
    services: tuple[Service, ...]


def some_clients(tx: Tx, command: tuple[str, str | None], _call: Call) -> Slice[Client]:
    """Return a page of the clients that have the text searched for in name or e-mail."""
    return tx.clients.page(search=command[0], cursor=command[1], limit=40)


def person(tx: Tx, client_id: str, _call: Call) -> Person:
    """Return one client."""
    client = tx.clients.get(client_id)
    return Person(
        client,
        tuple(tx.passes.page(client_id=client.id, limit=50).items),
        visits_of(tx, client.id),
        tuple(tx.orders.page(client_id=client.id, limit=20).items),
        tuple(tx.services.all()),
    )


@get("/console/clients", name="console clients", sync_to_thread=True, include_in_schema=False)
def clients_page(request: AnyRequest) -> Answer:
    """Show the clients, a page at a time."""
    page = need_staff(request, READ)
    search = request.query_params.get("q", "")[:100].strip()
    cursor = request.query_params.get("cursor") or None
    try:
        found = page.read(some_clients, (search, cursor))
    except Invalid:
        raise Halt(404) from None
    return page.show("console/clients.html", found=found, search=search)


@get("/console/clients/{client_id:str}", name="console client", sync_to_thread=True,
     include_in_schema=False)  # fmt: skip
def client_page(request: AnyRequest, client_id: FromPath[str]) -> Answer:
    """Show one client."""
    page = need_staff(request, READ)
    try:
        found = page.read(person, known_ref(client_id))
    except NotFound:
        raise Halt(404) from None
    assert page.visitor is not None and page.visitor.staff is not None
    cards = [card_of(s.state, s.code, found.services, page.say, page.now) for s in found.passes]
    return page.show(
        "console/client.html", found=found, cards=cards, person=found.client,
        may_sell=may(page.visitor.staff, SELL),
    )  # fmt: skip
