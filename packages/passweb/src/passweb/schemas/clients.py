"""Clients on the wire."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from passcore.domain.clients import Client
from passcore.usecases.clients import AddClient, EditClient
from passweb.schemas.common import Email, Input, MaybeEmpty, Output

Language = Literal["en", "hu", "de", "pl"]


class NewClient(Input, frozen=True):
    """A client to add."""

    email: Email
    name: MaybeEmpty = ""
    language: Language | None = None


class ClientChange(Input, frozen=True):
    """What to change of a client; what is left out stays."""

    email: Email | None = None
    name: MaybeEmpty | None = None
    language: Language | None = None


class ClientOut(Output, frozen=True):
    """A client."""

    id: str
    email: str
    name: str
    language: str | None
    created_at: datetime


class ClientBrief(Output, frozen=True):
    """A client as named by another thing."""

    id: str
    email: str
    name: str


def add_in(given: NewClient) -> AddClient:
    """Return the command."""
    return AddClient(given.email, given.name, given.language)


def change_in(ref: str, given: ClientChange) -> EditClient:
    """Return the command."""
    return EditClient(ref, given.email, given.name, given.language)


def client_out(client: Client, _at: datetime | None = None) -> ClientOut:
    """Return a client in full."""
    return ClientOut(
        id=client.id,
        email=client.email,
        name=client.name,
        language=client.language,
        created_at=client.created_at,
    )


def client_brief(client: Client) -> ClientBrief:
    """Return a client in short."""
    return ClientBrief(id=client.id, email=client.email, name=client.name)
