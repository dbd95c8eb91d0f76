"""The rows of the memory store, and the journal that undoes a failed transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, Generic, TypeVar

from passcore.domain.bookings import Booking
from passcore.domain.businesses import ApiKey, Business, StaffMember
from passcore.domain.clients import Client
from passcore.domain.invoices import Invoice
from passcore.domain.notices import Message
from passcore.domain.orders import Order
from passcore.domain.payments import Payment
from passcore.domain.products import Product, Terms
from passcore.domain.services import Service
from passcore.errors import Invalid
from passcore.ports.store import InboxEvent, Login, Page, Receipt, StoredPass

K = TypeVar("K")
V = TypeVar("V")
T = TypeVar("T")


class Journal:
    """What must be done, last first, to undo the transaction that is open."""

    def __init__(self) -> None:
        self._undo: list[Callable[[], object]] = []
        self.writable = True

    def note(self, undo: Callable[[], object]) -> None:
        """Remember one step back, before it is made."""
        if not self.writable:
            raise RuntimeError("the transaction was opened to read only")
        self._undo.append(undo)

    def undo(self) -> None:
        """Go all the way back."""
        while self._undo:
            self._undo.pop()()

    def forget(self) -> None:
        """Keep what was done."""
        self._undo.clear()


class Table(Generic[K, V]):
    """A dictionary that can be written through a journal only."""

    def __init__(self, journal: Journal) -> None:
        self.rows: dict[K, V] = {}
        self._journal = journal

    def get(self, key: K) -> V | None:
        return self.rows.get(key)

    def many(self, keys: Iterable[K]) -> dict[K, V]:
        return {key: self.rows[key] for key in keys if key in self.rows}

    def values(self) -> list[V]:
        return list(self.rows.values())

    def put(self, key: K, value: V) -> None:
        """Insert or replace."""
        rows = self.rows
        if key in rows:
            old = rows[key]
            self._journal.note(lambda: rows.__setitem__(key, old))
        else:
            self._journal.note(lambda: rows.pop(key, None))
        rows[key] = value


class Data:
    """All rows of one business."""

    def __init__(self, business: Business, journal: Journal) -> None:
        self.journal = journal
        self.business = business
        self.services: Table[str, Service] = Table(journal)
        self.products: Table[str, Product] = Table(journal)
        self.terms: Table[tuple[str, int], Terms] = Table(journal)
        self.clients: Table[str, Client] = Table(journal)
        self.passes: Table[str, StoredPass] = Table(journal)
        self.bodies: Table[str, tuple[tuple[str, str], ...]] = Table(journal)
        self.bookings: Table[str, Booking] = Table(journal)
        self.orders: Table[str, Order] = Table(journal)
        self.payments: Table[str, Payment] = Table(journal)
        self.counters: Table[str, int] = Table(journal)
        self.invoices: Table[str, Invoice] = Table(journal)
        self.documents: Table[tuple[str, str], bytes] = Table(journal)
        self.outbox: Table[str, Message] = Table(journal)
        self.inbox: Table[str, InboxEvent] = Table(journal)
        self.receipts: Table[str, Receipt] = Table(journal)
        self.staff: Table[str, StaffMember] = Table(journal)
        self.keys: Table[str, ApiKey] = Table(journal)
        self.logins: Table[str, Login] = Table(journal)
        self.leases: Table[str, datetime] = Table(journal)


def page_of(
    items: Iterable[T],
    key: Callable[[T], tuple[Any, ...]],
    cursor: str | None,
    limit: int,
    *,
    latest_first: bool = False,
) -> Page[T]:
    """Return the page of *items*, in the order of *key*, that follows *cursor*."""
    ordered = sorted(items, key=key, reverse=latest_first)
    start = 0
    if cursor is not None:
        if not cursor.isascii() or not cursor.isdigit() or len(cursor) > 12:
            raise Invalid(field="cursor", problem="is not one that was given out")
        start = int(cursor)
    found = tuple(ordered[start : start + limit])
    more = start + limit < len(ordered)
    return Page(found, str(start + limit) if more else None)
