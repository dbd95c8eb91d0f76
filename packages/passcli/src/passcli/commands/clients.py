"""`passctl client`: who buys and books."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from passcli.grammar import Cursor, Limit, command, group
from passcli.wiring import Desk, answer, desk

if TYPE_CHECKING:
    from passcore.domain.clients import Client

app = group("Who buys and books.")


@command(app, "add")
def add(
    ctx: typer.Context,
    *,
    email: Annotated[str, typer.Option(help="The client's e-mail address.")],
    name: Annotated[str, typer.Option(help="The client's name.")] = "",
    language: Annotated[str | None, typer.Option(help="The language of mails: en, hu, de, pl.")] = (
        None
    ),
) -> None:
    """Add a client."""
    from passcore.domain.businesses import LANGUAGES
    from passcore.errors import Invalid
    from passcore.usecases.clients import AddClient, add_client

    if language is not None and language not in LANGUAGES:
        raise Invalid(field="language", problem=f"is not one of {', '.join(LANGUAGES)}")
    at = desk(ctx)
    _show(at, at.run(add_client, AddClient(email, name, language)))


@command(app, "list")
def list_(
    ctx: typer.Context,
    *,
    search: Annotated[str, typer.Option(help="Part of a name or e-mail address.")] = "",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> None:
    """List clients by name."""
    from passcli import shapes
    from passcli.texts import local

    at = desk(ctx)
    found = at.look(lambda tx: tx.clients.page(search=search, cursor=cursor, limit=limit))
    head = ("EMAIL", "NAME", "ADDED", "ID")
    rows = [(c.email, c.name, local(c.created_at, at.zone), c.id) for c in found.items]
    answer(
        at.out,
        shapes.page_of(found, shapes.client),
        lambda: at.out.table(head, rows, none="No client found."),
    )
    at.more(found.next_cursor)


@command(app, "show")
def show(
    ctx: typer.Context,
    client: Annotated[str, typer.Argument(metavar="CLIENT", help="E-mail address or id.")],
) -> None:
    """Show a client."""
    from passcore.usecases.clients import find_client

    at = desk(ctx)
    _show(at, at.look(lambda tx: find_client(tx, client)))


def _show(at: Desk, client: Client) -> None:
    from passcli import shapes
    from passcli.texts import local

    pairs = {
        "id": client.id,
        "email": client.email,
        "name": client.name,
        "language": client.language,
        "added": local(client.created_at, at.zone),
    }
    answer(at.out, shapes.client(client), lambda: at.out.pairs(pairs))
