"""The reference store: everything in dictionaries, one block at a time, undone on any exception.

It is the shortest statement of what the store port means, and what the other stores are compared
with. It keeps nothing after the process ends.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime

import attrs

from passcore.adapters import memory_people as people, memory_tables as rows
from passcore.adapters.memory_data import Data, Journal
from passcore.domain.businesses import ApiKey, Business
from passcore.domain.checks import email
from passcore.domain.clients import Client, ClientRef
from passcore.domain.ids import looks_like_code, read_code
from passcore.domain.notices import Message, MessageState
from passcore.domain.orders import OrderStatus
from passcore.domain.services import Service
from passcore.errors import AlreadyExists, Contention, Invalid, NotFound
from passcore.ports.store import InboxEvent, Intake, IntakeKey, StoredPass, Tx


class MemoryTx:
    """One transaction on the rows of one business."""

    def __init__(self, data: Data, everybody: Mapping[str, Data]) -> None:
        self._data = data
        self._everybody = everybody
        self.services = rows.Services(data)
        self.products = rows.Products(data)
        self.clients = rows.Clients(data)
        self.passes = rows.Passes(data)
        self.bookings = rows.Bookings(data)
        self.orders = rows.Orders(data)
        self.payments = rows.Payments(data)
        self.invoices = rows.Invoices(data)
        self.outbox = people.Outbox(data)
        self.inbox = people.Inbox(data)
        self.receipts = people.Receipts(data)
        self.people = people.People(data)

    @property
    def business_id(self) -> str:
        return self._data.business.id

    def business(self) -> Business:
        return self._data.business

    def save_business(self, business: Business) -> None:
        data, old = self._data, self._data.business
        if old.version != business.version:
            raise Contention("business")
        others = (d.business for key, d in self._everybody.items() if key != old.id)
        if any(b.slug == business.slug for b in others):
            raise AlreadyExists("business", "slug", business.slug)
        self._data.journal.note(lambda: setattr(data, "business", old))
        data.business = attrs.evolve(business, version=business.version + 1)

    def intake(self, keys: Sequence[IntakeKey]) -> Intake:
        data = self._data
        wanted = {(key.source, key.ref) for key in keys}
        bookings = {
            (b.source, b.ref): b for b in data.bookings.values() if (b.source, b.ref) in wanted
        }
        clients = self._clients(keys)
        services: dict[str, Service] = {}
        for service in data.services.values():
            for ref in (service.id, service.slug):
                if any(key.service == ref for key in keys):
                    services[ref] = service
        ids = {c.id for c in clients.values()}
        paying = {
            line.payment.pass_id
            for booking in bookings.values()
            for line in booking.lines
            if line.payment is not None
        }
        named = {key.choice for key in keys if key.choice}
        codes = {read_code(name) for name in named if looks_like_code(name)}
        found: list[StoredPass] = [
            p
            for p in data.passes.values()
            if p.state.client_id in ids or p.state.id in paying | named or p.code in codes
        ]
        return Intake(bookings, clients, services, found)

    def _clients(self, keys: Sequence[IntakeKey]) -> Mapping[ClientRef, Client]:
        found: dict[ClientRef, Client] = {}
        for key in keys:
            ref = key.client
            client = self._data.clients.get(ref.id) if ref.id is not None else None
            if ref.id is None and ref.email is not None:
                try:
                    client = self.clients.by_email(email(ref.email))
                except Invalid:
                    client = None
            if client is not None:
                found[ref] = client
        return found


class MemoryRegistry:
    """What spans the businesses of a memory store."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    def add_business(self, business: Business) -> None:
        if any(d.business.slug == business.slug for d in self._store.data.values()):
            raise AlreadyExists("business", "slug", business.slug)
        everybody = self._store.data
        self._store.journal.note(lambda: everybody.pop(business.id, None))
        everybody[business.id] = Data(business, self._store.journal)

    def business(self, ref: str) -> Business:
        for data in self._store.data.values():
            if ref in (data.business.id, data.business.slug):
                return data.business
        raise NotFound("business", ref)

    def businesses(self) -> Sequence[Business]:
        return sorted((d.business for d in self._store.data.values()), key=lambda b: b.slug)

    def key(self, digest: str) -> tuple[str, ApiKey] | None:
        for business_id, data in self._store.data.items():
            for key in data.keys.values():
                if key.digest == digest:
                    return business_id, key
        return None

    def claim_messages(
        self, now: datetime, lease_until: datetime, limit: int
    ) -> Sequence[tuple[str, Message]]:
        due = [
            (message.due_at, business_id, message)
            for business_id, data in self._store.data.items()
            for message in data.outbox.values()
            if message.state is MessageState.DUE
            and message.due_at <= now
            and _free(data, message.id, now)
        ]
        due.sort(key=lambda row: (row[0], row[2].id))
        for _, business_id, message in due[:limit]:
            self._store.data[business_id].leases.put(message.id, lease_until)
        return [(business_id, message) for _, business_id, message in due[:limit]]

    def claim_events(
        self, now: datetime, lease_until: datetime, limit: int
    ) -> Sequence[tuple[str, InboxEvent]]:
        due = [
            (event.received_at, business_id, event)
            for business_id, data in self._store.data.items()
            for event in data.inbox.values()
            if event.done_at is None and _free(data, event.id, now)
        ]
        due.sort(key=lambda row: (row[0], row[2].id))
        for _, business_id, event in due[:limit]:
            self._store.data[business_id].leases.put(event.id, lease_until)
        return [(business_id, event) for _, business_id, event in due[:limit]]

    def claim_orders(
        self, now: datetime, lease_until: datetime, limit: int, *, placed_before: datetime
    ) -> Sequence[tuple[str, str]]:
        due = [
            (data.leases.get(order.id) or order.created_at, business_id, order.id)
            for business_id, data in self._store.data.items()
            for order in data.orders.values()
            if order.status is OrderStatus.AWAITING_PAYMENT
            and order.created_at <= placed_before
            and _free(data, order.id, now)
        ]
        due.sort()
        for _, business_id, order_id in due[:limit]:
            self._store.data[business_id].leases.put(order_id, lease_until)
        return [(business_id, order_id) for _, business_id, order_id in due[:limit]]


def _free(data: Data, key: str, now: datetime) -> bool:
    """Tell whether nobody holds a lease on *key*."""
    lease = data.leases.get(key)
    return lease is None or lease <= now


class MemoryStore:
    """A store in memory; blocks of different threads follow one another."""

    #: Blocks follow one another anyway: there is nothing to gain from sharing one.
    lanes = 0

    def __init__(self) -> None:
        self.data: dict[str, Data] = {}
        self.journal = Journal()
        self._lock = threading.RLock()

    @contextmanager
    def begin(self, business_id: str, *, write: bool = True, attempt: int = 1) -> Iterator[Tx]:
        """Wait for the block that is open; so no *attempt* ever meets another."""
        with self._whole(write=write):
            data = self.data.get(business_id)
            if data is None:
                raise NotFound("business", business_id)
            yield MemoryTx(data, self.data)

    @contextmanager
    def registry(self) -> Iterator[MemoryRegistry]:
        with self._whole():
            yield MemoryRegistry(self)

    @contextmanager
    def _whole(self, *, write: bool = True) -> Iterator[None]:
        """Keep all that the block did, or nothing of it."""
        with self._lock:
            self.journal.writable = write
            try:
                yield
            except BaseException:
                self.journal.undo()
                raise
            self.journal.forget()
