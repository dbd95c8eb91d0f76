"""Clients: adding them, finding them, making one on the way."""

from __future__ import annotations

import attrs

from passcore.domain import checks
from passcore.domain.clients import Client, ClientRef
from passcore.errors import Invalid, NotFound
from passcore.ports.store import Tx
from passcore.usecases.call import Call


@attrs.frozen
class AddClient:
    """Add a client by e-mail."""

    email: str
    name: str = ""
    language: str | None = None


@attrs.frozen
class EditClient:
    """Change a client; what is None stays."""

    client: str
    email: str | None = None
    name: str | None = None
    language: str | None = None


def add_client(tx: Tx, command: AddClient, call: Call) -> Client:
    """Add a client; raises `AlreadyExists` for an e-mail in use, `Invalid`."""
    client = new_client(command.email, command.name, call, command.language)
    tx.clients.add(client)
    return client


def edit_client(tx: Tx, command: EditClient, _call: Call) -> Client:
    """Change a client's name, e-mail or language."""
    client = find_client(tx, command.client)
    changed = attrs.evolve(
        client,
        email=client.email if command.email is None else checks.email(command.email),
        name=client.name
        if command.name is None
        else checks.clean(command.name, "name", 200, empty=True),
        language=client.language if command.language is None else command.language,
    )
    tx.clients.save(changed)
    return attrs.evolve(changed, version=changed.version + 1)


def find_client(tx: Tx, ref: str) -> Client:
    """Find a client by id or e-mail; raises `NotFound`."""
    if "@" in ref:
        try:
            found = tx.clients.by_email(checks.email(ref))
        except Invalid:
            found = None
        if found is None:
            raise NotFound("client", ref)
        return found
    return tx.clients.get(ref)


def ensure_client(tx: Tx, ref: ClientRef, call: Call) -> Client:
    """Return the client *ref* names; one named by a new e-mail is made on the way."""
    if ref.id is not None:
        return find_client(tx, ref.id)
    if ref.email is None:
        raise Invalid(field="client", problem="needs an id or an e-mail address")
    found = tx.clients.by_email(checks.email(ref.email, "client.email"))
    if found is not None:
        return found
    client = new_client(ref.email, ref.name or "", call)
    tx.clients.add(client)
    return client


def new_client(email: str, name: str, call: Call, language: str | None = None) -> Client:
    """Return a new client, checked; nothing is stored."""
    return Client(
        id=call.ids.new("client"),
        email=checks.email(email, "client.email"),
        name=checks.clean(name, "client.name", 200, empty=True),
        created_at=call.now,
        language=language,
    )
