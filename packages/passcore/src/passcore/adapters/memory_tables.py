"""The memory store's repositories of what is sold, held and paid: see `passcore.ports.store`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

import attrs

from passcore.adapters.memory_data import Data, page_of
from passcore.codec import entry_body, read_entry
from passcore.domain.bookings import Booking, BookingStatus
from passcore.domain.clients import Client
from passcore.domain.invoices import Invoice
from passcore.domain.ledger import GENESIS, Entry, chained
from passcore.domain.orders import Order, OrderStatus
from passcore.domain.passes import Standing
from passcore.domain.payments import Payment
from passcore.domain.products import Product, Terms
from passcore.domain.services import Service
from passcore.errors import AlreadyExists, Contention, NotFound
from passcore.ports.store import Page, PassChange, StoredPass


class Repository:
    """Works on the rows of one business."""

    def __init__(self, data: Data) -> None:
        self._data = data


class Services(Repository):
    def add(self, service: Service) -> None:
        if any(s.slug == service.slug for s in self._data.services.values()):
            raise AlreadyExists("service", "slug", service.slug)
        self._data.services.put(service.id, service)

    def get(self, ref: str) -> Service:
        for service in self._data.services.values():
            if ref in (service.id, service.slug):
                return service
        raise NotFound("service", ref)

    def save(self, service: Service) -> None:
        old = self.get(service.id)
        if old.version != service.version:
            raise Contention("service")
        others = (s for s in self._data.services.values() if s.id != service.id)
        if any(s.slug == service.slug for s in others):
            raise AlreadyExists("service", "slug", service.slug)
        self._data.services.put(service.id, attrs.evolve(service, version=service.version + 1))

    def all(self) -> Sequence[Service]:
        return sorted(self._data.services.values(), key=lambda s: (s.name, s.id))


class Products(Repository):
    def add(self, product: Product) -> None:
        self._unique(product)
        self._data.products.put(product.id, product)
        self._data.terms.put((product.id, product.terms.version), product.terms)

    def get(self, ref: str) -> Product:
        for product in self._data.products.values():
            if ref in (product.id, product.slug):
                return product
        raise NotFound("product", ref)

    def save(self, product: Product) -> None:
        old = self.get(product.id)
        if product.terms != old.terms and product.terms.version != old.terms.version + 1:
            raise Contention("product")
        self._unique(product)
        self._data.products.put(product.id, product)
        self._data.terms.put((product.id, product.terms.version), product.terms)

    def _unique(self, product: Product) -> None:
        others = (p for p in self._data.products.values() if p.id != product.id)
        if any(p.slug == product.slug for p in others):
            raise AlreadyExists("product", "slug", product.slug)

    def all(self) -> Sequence[Product]:
        return sorted(self._data.products.values(), key=lambda p: (p.terms.name, p.id))

    def terms(self, product_id: str, version: int) -> Terms:
        found = self._data.terms.get((product_id, version))
        if found is None:
            raise NotFound("product", product_id)
        return found


class Clients(Repository):
    def add(self, client: Client) -> None:
        if self.by_email(client.email) is not None:
            raise AlreadyExists("client", "email", client.email)
        self._data.clients.put(client.id, client)

    def get(self, client_id: str) -> Client:
        found = self._data.clients.get(client_id)
        if found is None:
            raise NotFound("client", client_id)
        return found

    def many(self, client_ids: Iterable[str]) -> Mapping[str, Client]:
        return self._data.clients.many(client_ids)

    def by_email(self, email: str) -> Client | None:
        return next((c for c in self._data.clients.values() if c.email == email), None)

    def save(self, client: Client) -> None:
        if self.get(client.id).version != client.version:
            raise Contention("client")
        same = self.by_email(client.email)
        if same is not None and same.id != client.id:
            raise AlreadyExists("client", "email", client.email)
        self._data.clients.put(client.id, attrs.evolve(client, version=client.version + 1))

    def page(self, *, search: str = "", cursor: str | None = None, limit: int = 50) -> Page[Client]:
        wanted = search.lower()
        found = [c for c in self._data.clients.values() if wanted in f"{c.name}\n{c.email}".lower()]
        return page_of(found, lambda c: (c.name, c.email, c.id), cursor, limit)


class Passes(Repository):
    def add(self, stored: StoredPass, entry: Entry) -> None:
        if self.by_code(stored.code) is not None:
            raise AlreadyExists("pass", "code", stored.code)
        body = entry_body(entry)
        head = chained(GENESIS, body)
        self._data.bodies.put(stored.state.id, ((GENESIS, body),))
        self._data.passes.put(stored.state.id, attrs.evolve(stored, head=head))

    def append(self, changes: Sequence[PassChange]) -> None:
        for change in changes:
            pass_id = change.before.state.id
            now = self.get(pass_id)
            if now.state.version != change.before.state.version:
                raise Contention("pass")
            head, bodies = now.head, list(self._data.bodies.rows[pass_id])
            for entry in change.entries:
                body = entry_body(entry)
                bodies.append((head, body))
                head = chained(head, body)
            self._data.bodies.put(pass_id, tuple(bodies))
            self._data.passes.put(pass_id, StoredPass(change.after, now.code, head))

    def get(self, pass_id: str, *, lock: bool = False) -> StoredPass:
        found = self._data.passes.get(pass_id)
        if found is None:
            raise NotFound("pass", pass_id)
        return found

    def many(self, pass_ids: Iterable[str]) -> Mapping[str, StoredPass]:
        return self._data.passes.many(pass_ids)

    def by_code(self, code: str) -> StoredPass | None:
        return next((p for p in self._data.passes.values() if p.code == code), None)

    def of_client(self, client_id: str) -> Sequence[StoredPass]:
        return [p for p in self._data.passes.values() if p.state.client_id == client_id]

    def ledger(self, pass_id: str) -> Sequence[Entry]:
        return [read_entry(body, prev) for _, prev, body in self.bodies(pass_id)]

    def bodies(self, pass_id: str) -> Iterator[tuple[int, str, str]]:
        rows = self._data.bodies.get(pass_id) or ()
        return ((seq, prev, body) for seq, (prev, body) in enumerate(rows, start=1))

    def page(
        self,
        *,
        client_id: str | None = None,
        product_id: str | None = None,
        cursor: str | None = None,
        limit: int = 50,
    ) -> Page[StoredPass]:
        found = [
            p
            for p in self._data.passes.values()
            if client_id in (None, p.state.client_id)
            and product_id in (None, p.state.terms.product_id)
        ]
        return page_of(
            found, lambda p: (p.state.created_at, p.state.id), cursor, limit, latest_first=True
        )

    def due(self, at: datetime, limit: int) -> Sequence[StoredPass]:
        found = [
            p
            for p in self._data.passes.values()
            if p.state.standing is Standing.LIVE
            and p.state.balance.available
            and p.state.ends_at is not None
            and p.state.ends_at <= at
        ]
        return sorted(found, key=lambda p: (p.state.ends_at, p.state.id))[:limit]


class Bookings(Repository):
    def put(self, bookings: Sequence[Booking]) -> None:
        for booking in bookings:
            old = self._data.bookings.get(booking.id)
            version = 0 if old is None else old.version
            if version != booking.version - 1:
                raise Contention("booking")
            if old is None and any(
                (b.source, b.ref) == (booking.source, booking.ref)
                for b in self._data.bookings.values()
            ):
                raise Contention("booking")
            self._data.bookings.put(booking.id, booking)

    def get(self, ref: str) -> Booking:
        found = self._data.bookings.get(ref)
        if found is not None:
            return found
        named = [b for b in self._data.bookings.values() if b.ref == ref]
        if len(named) != 1:
            raise NotFound("booking", ref)
        return named[0]

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
        found = [
            b
            for b in self._data.bookings.values()
            if client_id in (None, b.client_id)
            and status in (None, b.status)
            and (starts_from is None or b.starts_at >= starts_from)
            and (starts_until is None or b.starts_at < starts_until)
            and (
                pass_id is None
                or any(ln.payment is not None and ln.payment.pass_id == pass_id for ln in b.lines)
            )
        ]
        return page_of(found, lambda b: (b.starts_at, b.id), cursor, limit, latest_first=True)


class Orders(Repository):
    def add(self, order: Order) -> None:
        self._data.orders.put(order.id, order)

    def get(self, order_id: str, *, lock: bool = False) -> Order:
        found = self._data.orders.get(order_id)
        if found is None:
            raise NotFound("order", order_id)
        return found

    def save(self, order: Order) -> None:
        if self.get(order.id).version != order.version:
            raise Contention("order")
        self._data.orders.put(order.id, attrs.evolve(order, version=order.version + 1))

    def ask_again(self, order_id: str, at: datetime) -> None:
        self._data.leases.put(self.get(order_id).id, at)

    def page(
        self,
        *,
        client_id: str | None = None,
        status: OrderStatus | None = None,
        cursor: str | None = None,
        limit: int = 50,
    ) -> Page[Order]:
        found = [
            o
            for o in self._data.orders.values()
            if client_id in (None, o.client_id) and status in (None, o.status)
        ]
        return page_of(found, lambda o: (o.created_at, o.id), cursor, limit, latest_first=True)


class Payments(Repository):
    def add(self, payment: Payment) -> None:
        if self.find(payment.provider, payment.payment_ref) is not None:
            raise AlreadyExists("payment", "payment_ref", payment.payment_ref)
        self._data.payments.put(payment.id, payment)

    def find(self, provider: str, payment_ref: str) -> Payment | None:
        wanted = (provider, payment_ref)
        rows = self._data.payments.values()
        return next((p for p in rows if (p.provider, p.payment_ref) == wanted), None)

    def of_order(self, order_id: str) -> Sequence[Payment]:
        return [p for p in self._data.payments.values() if p.order_id == order_id]

    def save(self, payment: Payment) -> None:
        if self._data.payments.get(payment.id) is None:
            raise NotFound("payment", payment.id)
        self._data.payments.put(payment.id, payment)


class Invoices(Repository):
    def next_number(self, series: str) -> int:
        number = (self._data.counters.get(series) or 0) + 1
        self._data.counters.put(series, number)
        return number

    def add(self, invoice: Invoice) -> None:
        self._data.invoices.put(invoice.id, invoice)

    def get(self, invoice_id: str) -> Invoice:
        found = self._data.invoices.get(invoice_id)
        if found is None:
            raise NotFound("invoice", invoice_id)
        return found

    def of_order(self, order_id: str) -> Sequence[Invoice]:
        return [i for i in self._data.invoices.values() if i.order_id == order_id]

    def page(
        self, *, client_id: str | None = None, cursor: str | None = None, limit: int = 50
    ) -> Page[Invoice]:
        found = [i for i in self._data.invoices.values() if client_id in (None, i.client_id)]
        return page_of(found, lambda i: (i.issued_at, i.number), cursor, limit, latest_first=True)

    def document(self, invoice_id: str, kind: str) -> bytes | None:
        return self._data.documents.get((invoice_id, kind))

    def keep_document(self, invoice_id: str, kind: str, content: bytes) -> None:
        if self.document(invoice_id, kind) is None:
            self._data.documents.put((invoice_id, kind), content)
