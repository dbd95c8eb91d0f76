"""The store port: transactions of one business, and the registry that spans businesses.

`begin` hands out repositories that can see one business only. The rules every adapter keeps, and
which `passcore.testing` proves of it:

* All of a transaction is stored, or nothing of it. Leaving the block with an exception undoes it.
* A read sees the transaction's own writes.
* `save` and `append` write only over the version that was read; where somebody else was faster they
  raise `Contention`, at the latest when the block ends, and `App` runs the use case again.
* What must be unique is refused by the store, whatever was read before: see each `add`.
* Nothing of another business is ever returned; asking for it is `NotFound`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from passcore.domain.bookings import Booking, BookingStatus
from passcore.domain.businesses import ApiKey, Business, StaffMember
from passcore.domain.clients import Client
from passcore.domain.invoices import Invoice
from passcore.domain.ledger import Entry
from passcore.domain.notices import Message, MessageState
from passcore.domain.orders import Order, OrderStatus
from passcore.domain.payments import Payment
from passcore.domain.products import Product, Terms
from passcore.domain.services import Service
from passcore.ports.records import (
    InboxEvent as InboxEvent,
    Intake as Intake,
    IntakeKey as IntakeKey,
    Login as Login,
    Page as Page,
    PassChange as PassChange,
    Receipt as Receipt,
    StoredPass as StoredPass,
)
from passcore.ports.registry import Registry as Registry


class Services(Protocol):
    """What is booked."""

    def add(self, service: Service) -> None:
        """Raises `AlreadyExists` for a slug in use."""
        ...

    def get(self, ref: str) -> Service:
        """Find by id or slug, as products are; raises `NotFound`."""
        ...

    def save(self, service: Service) -> None: ...

    def all(self) -> Sequence[Service]:
        """Every service of the business, by name."""
        ...


class Products(Protocol):
    """What is sold."""

    def add(self, product: Product) -> None:
        """Raises `AlreadyExists` for a slug in use."""
        ...

    def get(self, ref: str) -> Product: ...

    def save(self, product: Product) -> None:
        """Store a changed product; a higher `terms.version` is kept beside the older ones."""
        ...

    def all(self) -> Sequence[Product]:
        """Every product with its current terms, by name."""
        ...

    def terms(self, product_id: str, version: int) -> Terms:
        """Return the terms of one version; raises `NotFound`."""
        ...


class Clients(Protocol):
    """Who buys and books."""

    def add(self, client: Client) -> None:
        """Raises `AlreadyExists` for an e-mail in use."""
        ...

    def get(self, client_id: str) -> Client: ...

    def many(self, client_ids: Iterable[str]) -> Mapping[str, Client]:
        """By id, read at once however many they are; what is not there is left out."""
        ...

    def by_email(self, email: str) -> Client | None: ...

    def save(self, client: Client) -> None: ...

    def page(self, *, search: str = "", cursor: str | None = None, limit: int = 50) -> Page[Client]:
        """By name and e-mail; *search* is found anywhere in either, taken literally."""
        ...


class Passes(Protocol):
    """What clients hold, with their ledgers."""

    def add(self, stored: StoredPass, entry: Entry) -> None:
        """Store a new pass and its first entry; `AlreadyExists` for a pass ID in use."""
        ...

    def append(self, changes: Sequence[PassChange]) -> None:
        """Add entries and update the cached states. Each pass stands in *changes* once at most."""
        ...

    def get(self, pass_id: str, *, lock: bool = False) -> StoredPass:
        """Find by id; *lock* keeps others from writing it until the block ends, where it can."""
        ...

    def many(self, pass_ids: Iterable[str]) -> Mapping[str, StoredPass]:
        """By id, as `Clients.many`."""
        ...

    def by_code(self, code: str) -> StoredPass | None: ...

    def of_client(self, client_id: str) -> Sequence[StoredPass]: ...

    def ledger(self, pass_id: str) -> Sequence[Entry]:
        """All entries in order, `prev` filled in."""
        ...

    def bodies(self, pass_id: str) -> Iterator[tuple[int, str, str]]:
        """``(seq, prev, body)`` of all entries in order, exactly as stored, to check the chain."""
        ...

    def page(
        self,
        *,
        client_id: str | None = None,
        product_id: str | None = None,
        cursor: str | None = None,
        limit: int = 50,
    ) -> Page[StoredPass]:
        """Newest first."""
        ...

    def due(self, at: datetime, limit: int) -> Sequence[StoredPass]:
        """Passes whose window ended by *at* and that still have sessions to lapse."""
        ...


class Bookings(Protocol):
    """Visits, as their newest reports have them."""

    def put(self, bookings: Sequence[Booking]) -> None:
        """Insert those with version 1, update the others over `version - 1`; `Contention` where
        another report of the same (source, ref) came first."""
        ...

    def get(self, ref: str) -> Booking:
        """Find by id, or by the reference of the only source that uses it; raises `NotFound`."""
        ...

    def page(
        self,
        *,
        client_id: str | None = None,
        pass_id: str | None = None,
        status: BookingStatus | None = None,
        starts_from: datetime | None = None,
        starts_until: datetime | None = None,
        cursor: str | None = None,
        limit: int = 50,
    ) -> Page[Booking]:
        """By start, the latest first."""
        ...


class Orders(Protocol):
    """Purchases."""

    def add(self, order: Order) -> None: ...

    def get(self, order_id: str, *, lock: bool = False) -> Order: ...

    def save(self, order: Order) -> None: ...

    def ask_again(self, order_id: str, at: datetime) -> None:
        """Let `Registry.claim_orders` leave the order alone until *at*; its version stays."""
        ...

    def page(
        self,
        *,
        client_id: str | None = None,
        status: OrderStatus | None = None,
        cursor: str | None = None,
        limit: int = 50,
    ) -> Page[Order]:
        """Newest first."""
        ...


class Payments(Protocol):
    """Money that came."""

    def add(self, payment: Payment) -> None:
        """Raises `AlreadyExists` for a (provider, payment_ref) recorded before."""
        ...

    def find(self, provider: str, payment_ref: str) -> Payment | None: ...

    def of_order(self, order_id: str) -> Sequence[Payment]: ...

    def save(self, payment: Payment) -> None: ...


class Invoices(Protocol):
    """Documents, and the counters their numbers are drawn from."""

    def next_number(self, series: str) -> int:
        """Draw the next number of *series*, locked until the block ends; undone with it."""
        ...

    def add(self, invoice: Invoice) -> None: ...

    def get(self, invoice_id: str) -> Invoice: ...

    def of_order(self, order_id: str) -> Sequence[Invoice]: ...

    def page(
        self, *, client_id: str | None = None, cursor: str | None = None, limit: int = 50
    ) -> Page[Invoice]:
        """Newest first."""
        ...

    def document(self, invoice_id: str, kind: str) -> bytes | None: ...

    def keep_document(self, invoice_id: str, kind: str, content: bytes) -> None:
        """Store a rendered document; one that is there already stays as it is."""
        ...


class Outbox(Protocol):
    """Messages to people, on their way."""

    def add(self, messages: Sequence[Message]) -> None:
        """Queue messages; one whose `dedupe` was queued before is left out in silence."""
        ...

    def get(self, message_id: str) -> Message: ...

    def page(
        self, *, state: MessageState | None = None, cursor: str | None = None, limit: int = 50
    ) -> Page[Message]: ...

    def save(self, message: Message) -> None: ...


class Inbox(Protocol):
    """Events of providers, to be acted on."""

    def add(self, event: InboxEvent) -> bool:
        """Keep an event; False where (provider, event_id) was kept before."""
        ...

    def save(self, event: InboxEvent) -> None: ...


class Receipts(Protocol):
    """Answers stored under the caller's keys."""

    def find(self, key: str) -> Receipt | None: ...

    def add(self, receipt: Receipt) -> None:
        """Raises `Contention` where the key was stored meanwhile."""
        ...


class People(Protocol):
    """Staff, keys and sign-ins of the business."""

    def add_staff(self, member: StaffMember) -> None: ...

    def staff(self, email: str) -> StaffMember | None: ...

    def all_staff(self) -> Sequence[StaffMember]: ...

    def add_key(self, key: ApiKey) -> None: ...

    def keys(self) -> Sequence[ApiKey]: ...

    def save_key(self, key: ApiKey) -> None: ...

    def add_login(self, login: Login) -> None: ...

    def login(self, login_id: str) -> Login | None: ...

    def login_by_token(self, token_digest: str) -> Login | None: ...

    def open_logins(self, audience: str, email: str) -> Sequence[Login]:
        """Those of the address that were neither ended nor turned into a session."""
        ...

    def save_login(self, login: Login) -> None: ...


class Tx(Protocol):
    """One transaction of one business."""

    @property
    def business_id(self) -> str: ...

    @property
    def services(self) -> Services: ...
    @property
    def products(self) -> Products: ...
    @property
    def clients(self) -> Clients: ...
    @property
    def passes(self) -> Passes: ...
    @property
    def bookings(self) -> Bookings: ...
    @property
    def orders(self) -> Orders: ...
    @property
    def payments(self) -> Payments: ...
    @property
    def invoices(self) -> Invoices: ...
    @property
    def outbox(self) -> Outbox: ...
    @property
    def inbox(self) -> Inbox: ...
    @property
    def receipts(self) -> Receipts: ...
    @property
    def people(self) -> People: ...

    def business(self) -> Business:
        """Return the business itself; raises `NotFound` where there is none of that id."""
        ...

    def save_business(self, business: Business) -> None: ...

    def intake(self, keys: Sequence[IntakeKey]) -> Intake:
        """Read all that a batch of reports needs, in as few round trips as the store can."""
        ...


class Store(Protocol):
    """A place to keep passes. Blocks of different threads and processes may overlap."""

    @property
    def lanes(self) -> int:
        """How many blocks of a process run side by side before callers share; 0 where none may."""
        ...

    def begin(
        self, business_id: str, *, write: bool = True, attempt: int = 1
    ) -> AbstractContextManager[Tx]:
        """Open a transaction; with *write* False nothing may be written and nobody is held up.

        *attempt* counts how often the same work was begun: from the second on somebody else was
        faster before, and a store that took no locks may make its losers wait in line.
        """
        ...

    def registry(self) -> AbstractContextManager[Registry]: ...
