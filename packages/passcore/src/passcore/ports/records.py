"""Records: the rows the store port speaks in that are no part of the domain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Generic, TypeVar

import attrs

from passcore.domain.bookings import Booking
from passcore.domain.clients import Client, ClientRef
from passcore.domain.ledger import Entry
from passcore.domain.passes import Pass
from passcore.domain.services import Service

T = TypeVar("T")


@attrs.frozen
class Page(Generic[T]):
    """Up to `limit` items in a fixed order; `next_cursor` asks for those after, None at the end."""

    items: tuple[T, ...]
    next_cursor: str | None


@attrs.frozen
class StoredPass:
    """A pass as stored: its state, its pass ID and the hash of its last entry."""

    state: Pass
    code: str
    head: str


@attrs.frozen
class PassChange:
    """What a use case adds to a pass: the row it read, the new entries and the state after them."""

    before: StoredPass
    entries: tuple[Entry, ...]
    after: Pass


@attrs.frozen
class IntakeKey:
    """What one booking report names: the booking, its client and service, and perhaps a pass
    (`choice` is ``auto``, None, a pass id or a pass ID)."""

    source: str
    ref: str
    client: ClientRef
    service: str
    choice: str | None


@attrs.frozen
class Intake:
    """Everything a batch of reports needs, read at once.

    `clients` and `services` are found under what the keys named them by; a name that is not there
    does not exist. `passes` holds every pass of those clients, every pass that pays for one of
    those bookings, and every pass named.
    """

    bookings: Mapping[tuple[str, str], Booking]
    clients: Mapping[ClientRef, Client]
    services: Mapping[str, Service]
    passes: Sequence[StoredPass]


@attrs.frozen
class InboxEvent:
    """A verified provider event, kept until it was acted on. (`provider`, `event_id`) is unique.

    A refund that was placed here waits in the same line: `refund_minor` is what the provider has to
    give back, under the event's own id as the key, and `refunded_minor` what had gone back before.
    """

    id: str
    provider: str
    event_id: str
    kind: str
    checkout_ref: str | None
    payment_ref: str | None
    received_at: datetime
    attempts: int = 0
    last_error: str | None = None
    done_at: datetime | None = None
    refund_minor: int | None = None
    refunded_minor: int | None = None


@attrs.frozen
class Receipt:
    """The stored answer to a command: same `key` and `fingerprint` again gives `result` again."""

    key: str
    fingerprint: str
    result: str
    created_at: datetime


@attrs.frozen
class Login:
    """A sign-in: first a code sent by mail (`code_digest`), then a session (`token_digest`).

    `audience` is ``guest`` or ``staff``; only digests of secrets are kept.
    """

    id: str
    audience: str
    email: str
    code_digest: str
    browser_digest: str
    created_at: datetime
    expires_at: datetime
    attempts: int = 0
    token_digest: str | None = None
    ended_at: datetime | None = None
    version: int = 1
