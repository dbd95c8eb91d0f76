"""What a store's transactions promise, whatever is in them."""

from __future__ import annotations

import contextlib

import attrs
import pytest

from passcore.domain import commands as cm
from passcore.errors import AlreadyExists, Contention, NotFound
from passcore.ports.store import PassChange, Store, Tx
from passcore.testing import builders
from passcore.testing.builders import NOW, Story
from passcore.testing.store.base import Shop, StoreTests, whole


def _write_everywhere(tx: Tx, told: Story) -> None:
    """Write something through every repository; *told* is a stored pass."""
    service, product, client = builders.service(), builders.product(), builders.client()
    tx.services.add(service)
    tx.products.add(product)
    tx.clients.add(client)
    fresh = builders.story(of=product.terms, client_id=client.id)
    tx.passes.add(builders.stored(fresh.state), fresh.entries[0])
    before = tx.passes.get(told.state.id)
    more = Story(list(told.entries), told.state)
    tx.passes.append([PassChange(before, more.do(cm.Adjust(5)), more.state)])
    tx.bookings.put([builders.booking(client.id, service.id, ref="lost")])
    order = builders.order(client.id, product.terms)
    tx.orders.add(order)
    tx.payments.add(builders.payment(order, payment_ref="lost"))
    tx.invoices.add(builders.invoice(order, tx.invoices.next_number("2027")))
    tx.outbox.add([builders.message()])
    tx.inbox.add(builders.event(event_id="lost"))
    tx.receipts.add(builders.receipt(key="lost"))
    tx.people.add_login(builders.login())
    tx.save_business(attrs.evolve(tx.business(), name="Lost"))


def _nothing_but(shop: Shop, told: Story) -> None:
    """The shop has one pass with its client and product, and nothing else."""
    with shop.tx() as tx:
        assert tx.business() == shop.business
        assert list(tx.services.all()) == []
        assert [p.id for p in tx.products.all()] == [told.state.terms.product_id]
        assert [c.id for c in whole(tx.clients.page)] == [told.state.client_id]
        assert [p.state for p in whole(tx.passes.page)] == [told.state]
        assert len(tx.passes.ledger(told.state.id)) == len(told.entries)
        assert whole(tx.bookings.page) == []
        assert whole(tx.orders.page) == []
        assert tx.payments.find("fake", "lost") is None
        assert whole(tx.invoices.page) == []
        assert tx.invoices.next_number("2027") == 1
        assert whole(tx.outbox.page) == []
        assert tx.receipts.find("lost") is None
        assert not tx.people.open_logins("guest", "ana@example.com")
        assert tx.inbox.add(builders.event(event_id="lost")) is True


class TransactionTests(StoreTests):
    """`Store.begin` and `Tx`."""

    def test_an_exception_undoes_the_whole_block(self, shop: Shop) -> None:
        """Of everything written through every repository nothing is left."""
        told = shop.story()
        shop.add(told)
        with pytest.raises(ZeroDivisionError), shop.tx() as tx:
            _write_everywhere(tx, told)
            raise ZeroDivisionError
        _nothing_but(shop, told)

    def test_a_refused_write_undoes_the_whole_block(self, shop: Shop) -> None:
        """Also what was written before it."""
        told = shop.story()
        taken = shop.add(told)
        fresh = builders.story(of=told.state.terms, client_id=told.state.client_id)
        with pytest.raises(AlreadyExists), shop.tx() as tx:
            _write_everywhere(tx, told)
            tx.passes.add(builders.stored(fresh.state, taken.code), fresh.entries[0])
        _nothing_but(shop, told)

    def test_a_block_that_only_reads_stores_nothing(self, shop: Shop) -> None:
        """Whether it refuses the write or drops it."""
        told = shop.story()
        shop.add(told)
        with contextlib.suppress(Exception), shop.tx(write=False) as tx:
            _write_everywhere(tx, told)
        _nothing_but(shop, told)

    def test_a_store_works_on_after_a_block_that_failed(self, shop: Shop) -> None:
        """The next block of the same store is stored."""
        with pytest.raises(ZeroDivisionError), shop.tx():
            raise ZeroDivisionError
        client = shop.client()
        with shop.tx(write=False) as tx:
            assert tx.clients.get(client.id) == client

    def test_a_read_sees_the_writes_of_its_own_block(self, shop: Shop) -> None:
        """Through every repository, before anything is committed."""
        product, client, service = builders.product(), builders.client(), builders.service()
        booking = builders.booking(client.id, service.id)
        order = builders.order(client.id, product.terms)
        payment = builders.payment(order)
        message, receipt, login = builders.message(), builders.receipt(), builders.login()
        with shop.tx() as tx:
            tx.services.add(service)
            tx.products.add(product)
            tx.clients.add(client)
            tx.bookings.put([booking])
            tx.orders.add(order)
            tx.payments.add(payment)
            invoice = builders.invoice(order, tx.invoices.next_number("2027"))
            tx.invoices.add(invoice)
            tx.outbox.add([message])
            tx.receipts.add(receipt)
            tx.people.add_login(login)
            assert tx.services.get(service.slug) == service
            assert tx.products.get(product.slug) == product
            assert tx.clients.by_email(client.email) == client
            assert tx.bookings.get(booking.ref) == booking
            assert tx.orders.get(order.id) == order
            assert tx.payments.find("fake", payment.payment_ref) == payment
            assert tx.invoices.get(invoice.id) == invoice
            assert tx.outbox.get(message.id) == message
            assert tx.receipts.find(receipt.key) == receipt
            assert tx.people.login(login.id) == login

    def test_what_is_saved_twice_in_one_block_counts_twice(self, shop: Shop) -> None:
        """The second save stands on what the first made."""
        client = shop.client()
        with shop.tx() as tx:
            tx.clients.save(attrs.evolve(client, name="First"))
            tx.clients.save(attrs.evolve(tx.clients.get(client.id), name="Second"))
        with shop.tx(write=False) as tx:
            assert tx.clients.get(client.id) == attrs.evolve(client, name="Second", version=3)

    def test_an_unknown_business_is_not_found(self, store: Store) -> None:
        """At the latest when something is asked of it."""
        with pytest.raises(NotFound), store.begin("nothing") as tx:
            tx.business()

    def test_a_transaction_knows_its_business(self, shop: Shop, other: Shop) -> None:
        """And no other."""
        for one in (shop, other):
            with one.tx(write=False) as tx:
                assert tx.business_id == one.id
                assert tx.business() == one.business

    def test_a_saved_business_has_the_next_version(self, shop: Shop) -> None:
        """Read again or looked up across businesses; read too early it is contention."""
        business = shop.business
        changed = attrs.evolve(business, name="New", language="hu", transfer_details="IBAN\n42")
        with shop.tx() as tx:
            tx.save_business(changed)
        with pytest.raises(Contention), shop.tx() as tx:
            tx.save_business(attrs.evolve(business, name="Late"))
        with shop.tx(write=False) as tx:
            assert tx.business() == attrs.evolve(changed, version=2)
        with shop.store.registry() as registry:
            assert registry.business(business.slug) == attrs.evolve(changed, version=2)

    def test_a_business_cannot_take_the_slug_of_another(self, shop: Shop, other: Shop) -> None:
        """Else its booking page would be the other's."""
        with pytest.raises(AlreadyExists), shop.tx() as tx:
            tx.save_business(attrs.evolve(shop.business, slug=other.business.slug))
        with shop.store.registry() as registry:
            assert registry.business(other.business.slug) == other.business
            assert registry.business(shop.business.slug) == shop.business

    def test_instants_are_kept_to_the_microsecond(self, shop: Shop) -> None:
        """The half-open end of a pass depends on it."""
        client = shop.client(created_at=NOW.replace(microsecond=999_999))
        with shop.tx(write=False) as tx:
            assert tx.clients.get(client.id).created_at.microsecond == 999_999
