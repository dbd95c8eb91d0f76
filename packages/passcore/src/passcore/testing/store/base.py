"""What the store's contract tests stand on: an empty store and a business with something in it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, TypeVar

import pytest

from passcore.domain.bookings import Booking
from passcore.domain.clients import Client
from passcore.domain.folding import begin
from passcore.domain.invoices import Invoice
from passcore.domain.orders import Order
from passcore.domain.products import Product
from passcore.domain.services import Service
from passcore.ports.store import Page, PassChange, Store, StoredPass, Tx
from passcore.testing import builders
from passcore.testing.builders import Story
from passcore.testing.contract import Contract

T = TypeVar("T")


class Shop:
    """One business of a store; what is added through it is committed at once and returned."""

    def __init__(self, store: Store, **changes: Any) -> None:
        self.store = store
        self.business = builders.business(**changes)
        with store.registry() as registry:
            registry.add_business(self.business)

    @property
    def id(self) -> str:
        """The business's id."""
        return self.business.id

    def tx(self, *, write: bool = True) -> AbstractContextManager[Tx]:
        """Open a transaction of this business."""
        return self.store.begin(self.id, write=write)

    def service(self, **changes: Any) -> Service:
        """Add a service."""
        made = builders.service(**changes)
        with self.tx() as tx:
            tx.services.add(made)
        return made

    def product(self, **changes: Any) -> Product:
        """Add a product."""
        made = builders.product(**changes)
        with self.tx() as tx:
            tx.products.add(made)
        return made

    def client(self, **changes: Any) -> Client:
        """Add a client."""
        made = builders.client(**changes)
        with self.tx() as tx:
            tx.clients.add(made)
        return made

    def story(self, product: Product | None = None, client: Client | None = None) -> Story:
        """Begin a pass of this business's product and client; nothing is stored."""
        product, client = product or self.product(), client or self.client()
        return builders.story(of=product.terms, client_id=client.id)

    def add(self, told: Story) -> StoredPass:
        """Add a pass with all its entries and return the row as read."""
        first = begin(told.entries[0])
        with self.tx() as tx:
            tx.passes.add(builders.stored(first), told.entries[0])
            if len(told.entries) > 1:
                before = tx.passes.get(first.id)
                tx.passes.append([PassChange(before, tuple(told.entries[1:]), told.state)])
        return self.get(first.id)

    def a_pass(self, product: Product | None = None, client: Client | None = None) -> StoredPass:
        """Add a new pass and return the row as read."""
        return self.add(self.story(product, client))

    def get(self, pass_id: str) -> StoredPass:
        """Read a pass."""
        with self.tx(write=False) as tx:
            return tx.passes.get(pass_id)

    def booking(
        self, client: Client | None = None, service: Service | None = None, **changes: Any
    ) -> Booking:
        """Add a booking."""
        client, service = client or self.client(), service or self.service()
        made = builders.booking(client.id, service.id, **changes)
        with self.tx() as tx:
            tx.bookings.put([made])
        return made

    def order(
        self, product: Product | None = None, client: Client | None = None, **changes: Any
    ) -> Order:
        """Add an order."""
        product, client = product or self.product(), client or self.client()
        made = builders.order(client.id, product.terms, **changes)
        with self.tx() as tx:
            tx.orders.add(made)
        return made

    def invoice(self, order: Order, **changes: Any) -> Invoice:
        """Add an invoice with the next number."""
        with self.tx() as tx:
            made = builders.invoice(order, tx.invoices.next_number("2027"), **changes)
            tx.invoices.add(made)
        return made


def whole(page: Callable[..., Page[T]], **asked: Any) -> list[T]:
    """Read all pages of two items each and return what they hold together."""
    found: list[T] = []
    cursor: str | None = None
    while True:
        read = page(cursor=cursor, limit=2, **asked)
        assert len(read.items) <= 2
        found.extend(read.items)
        cursor = read.next_cursor
        if cursor is None:
            return found
        assert len(read.items) == 2, "a page that is not the last is full"


class StoreTests(Contract):
    """Base of the parts of the store's contract."""

    @pytest.fixture
    def store(self) -> Store:
        """The store to prove: empty, this test's own. Every subclass gives its own."""
        pytest.fail("a contract class needs a fixture `store` that returns an empty store")

    @pytest.fixture
    def shop(self, store: Store) -> Shop:
        """A business in the store."""
        return Shop(store)

    @pytest.fixture
    def other(self, store: Store) -> Shop:
        """Another business in the same store."""
        return Shop(store)
