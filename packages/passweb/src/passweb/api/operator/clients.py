"""Clients: POST, GET, PATCH."""

from __future__ import annotations

from typing import Final

import attrs
from litestar import Router
from litestar.params import JSONBody

from passcore.domain.clients import Client
from passcore.ports.store import Page, Tx
from passcore.usecases.call import Call
from passcore.usecases.clients import add_client, edit_client, find_client
from passweb.api.operator.routes import Cursor, Limit, PathRef, Text, changing, reading, writing
from passweb.auth import CLIENTS, ApiRequest
from passweb.schemas import clients as shape
from passweb.schemas.common import Listed


@attrs.frozen
class Search:
    """A page of clients whose name or e-mail holds `search`."""

    search: str
    cursor: str | None
    limit: int


@writing("/clients", "add_client", CLIENTS, status=201)
def add(request: ApiRequest, data: JSONBody[shape.NewClient]) -> shape.ClientOut:
    """Add a client."""
    return shape.client_out(request.auth.run(add_client, shape.add_in(data)))


@reading("/clients", "list_clients")
def some(
    request: ApiRequest, search: Text = None, cursor: Cursor = None, limit: Limit = 50
) -> Listed[shape.ClientOut]:
    """List clients by name; `search` is found anywhere in name or e-mail."""
    page = request.auth.read(_page, Search(search or "", cursor, limit))
    return Listed([shape.client_out(c) for c in page.items], page.next_cursor)


@reading("/clients/{client_id:str}", "get_client")
def one(request: ApiRequest, client_id: PathRef) -> shape.ClientOut:
    """Get a client by id or e-mail."""
    return shape.client_out(request.auth.read(_get, client_id))


@changing("/clients/{client_id:str}", "edit_client", CLIENTS)
def change(
    request: ApiRequest, client_id: PathRef, data: JSONBody[shape.ClientChange]
) -> shape.ClientOut:
    """Change a client."""
    return shape.client_out(request.auth.run(edit_client, shape.change_in(client_id, data)))


def _page(tx: Tx, command: Search, _call: Call) -> Page[Client]:
    return tx.clients.page(search=command.search, cursor=command.cursor, limit=command.limit)


def _get(tx: Tx, ref: str, _call: Call) -> Client:
    return find_client(tx, ref)


ROUTES: Final = (add, some, one, change)


def router() -> Router:
    """Return the routes of clients."""
    return Router("/", route_handlers=ROUTES, tags=["clients"])
