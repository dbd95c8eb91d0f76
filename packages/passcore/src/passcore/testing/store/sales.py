"""Orders, payments and invoices in a store."""

from __future__ import annotations

from datetime import date, timedelta

import attrs
import pytest

from passcore.domain.money import Money
from passcore.domain.orders import OrderStatus
from passcore.domain.payments import PaymentStanding
from passcore.errors import AlreadyExists, Contention, NotFound
from passcore.testing import builders
from passcore.testing.builders import NOW
from passcore.testing.store.base import Shop, StoreTests, whole


class OrderTests(StoreTests):
    """`Orders`."""

    def test_an_order_comes_back_as_it_was_added(self, shop: Shop) -> None:
        """Terms included; reading it under lock gives the same."""
        passed = shop.a_pass()
        order = shop.order(
            checkout_ref="cs_1",
            checkout_url="https://pay.example/cs_1",
            success_url="https://studio.example/thanks",
            renews=passed.state.id,
            starts_on=date(2027, 4, 1),
        )
        with shop.tx() as tx:
            assert tx.orders.get(order.id) == order
            assert tx.orders.get(order.id, lock=True) == order

    def test_an_unknown_order_is_not_found(self, shop: Shop) -> None:
        """Locked or not."""
        with shop.tx() as tx:
            for lock in (False, True):
                with pytest.raises(NotFound):
                    tx.orders.get("nothing", lock=lock)

    def test_a_saved_order_has_the_next_version(self, shop: Shop) -> None:
        """And its new fields."""
        order, passed = shop.order(), shop.a_pass()
        changed = attrs.evolve(order, status=OrderStatus.FULFILLED, pass_id=passed.state.id)
        with shop.tx() as tx:
            tx.orders.save(changed)
        with shop.tx(write=False) as tx:
            assert tx.orders.get(order.id) == attrs.evolve(changed, version=2)

    def test_an_order_read_before_somebody_saved_it_is_contention(self, shop: Shop) -> None:
        """The first change stays."""
        order = shop.order()
        with shop.tx() as tx:
            tx.orders.save(attrs.evolve(order, checkout_ref="first"))
        with pytest.raises(Contention), shop.tx() as tx:
            tx.orders.save(attrs.evolve(order, checkout_ref="second"))
        with shop.tx(write=False) as tx:
            assert tx.orders.get(order.id).checkout_ref == "first"

    def test_pages_of_orders_hold_each_once_the_newest_first(self, shop: Shop) -> None:
        """All of them, one client's, one status's."""
        clients, product = [shop.client(), shop.client()], shop.product()
        statuses = (OrderStatus.AWAITING_PAYMENT, OrderStatus.CANCELLED)
        added = [
            shop.order(
                product,
                clients[n % 2],
                created_at=NOW + timedelta(hours=n // 2),
                status=statuses[n // 3],
            )
            for n in range(5)
        ]
        order = sorted(added, key=lambda o: (o.created_at, o.id), reverse=True)
        with shop.tx(write=False) as tx:
            assert whole(tx.orders.page) == order
            for client in clients:
                mine = [o for o in order if o.client_id == client.id]
                assert whole(tx.orders.page, client_id=client.id) == mine
            for status in statuses:
                of = [o for o in order if o.status is status]
                assert whole(tx.orders.page, status=status) == of


class PaymentTests(StoreTests):
    """`Payments`."""

    def test_a_payment_is_found_by_its_name_at_the_provider(self, shop: Shop) -> None:
        """And with its order."""
        order = shop.order()
        payment = builders.payment(order, standing=PaymentStanding.MISMATCH)
        with shop.tx() as tx:
            tx.payments.add(payment)
        with shop.tx(write=False) as tx:
            assert tx.payments.find("fake", payment.payment_ref) == payment
            assert tx.payments.find("other", payment.payment_ref) is None
            assert tx.payments.find("fake", "nothing") is None
            assert list(tx.payments.of_order(order.id)) == [payment]
            assert list(tx.payments.of_order("nothing")) == []

    def test_a_payment_is_recorded_once(self, shop: Shop) -> None:
        """The second takes its whole transaction with it."""
        order = shop.order()
        payment = builders.payment(order)
        with shop.tx() as tx:
            tx.payments.add(payment)
        again = builders.payment(order, payment_ref=payment.payment_ref)
        with pytest.raises(AlreadyExists), shop.tx() as tx:
            tx.clients.add(builders.client(email="lost@example.com"))
            tx.payments.add(again)
        with shop.tx(write=False) as tx:
            assert list(tx.payments.of_order(order.id)) == [payment]
            assert tx.clients.by_email("lost@example.com") is None

    def test_two_providers_may_use_one_reference(self, shop: Shop, other: Shop) -> None:
        """And so may two businesses."""
        order, theirs = shop.order(), other.order()
        with shop.tx() as tx:
            tx.payments.add(builders.payment(order, provider="one", payment_ref="42"))
            tx.payments.add(builders.payment(order, provider="two", payment_ref="42"))
        with other.tx() as tx:
            tx.payments.add(builders.payment(theirs, provider="one", payment_ref="42"))
        with shop.tx(write=False) as tx:
            assert {p.provider for p in tx.payments.of_order(order.id)} == {"one", "two"}

    def test_what_was_given_back_is_saved(self, shop: Shop) -> None:
        """The rest of the payment stays as it was."""
        order = shop.order()
        payment = builders.payment(order)
        with shop.tx() as tx:
            tx.payments.add(payment)
        changed = attrs.evolve(payment, refunded=Money(5_000, "EUR"))
        with shop.tx() as tx:
            tx.payments.save(changed)
        with shop.tx(write=False) as tx:
            assert tx.payments.find("fake", payment.payment_ref) == changed


class InvoiceTests(StoreTests):
    """`Invoices`."""

    def test_an_invoice_comes_back_as_it_was_issued(self, shop: Shop) -> None:
        """By id and with its order."""
        invoice = shop.invoice(shop.order())
        with shop.tx(write=False) as tx:
            assert tx.invoices.get(invoice.id) == invoice
            assert list(tx.invoices.of_order(invoice.order_id)) == [invoice]
            with pytest.raises(NotFound):
                tx.invoices.get("nothing")

    def test_numbers_count_from_one_in_every_series(self, shop: Shop, other: Shop) -> None:
        """Of every business."""
        with shop.tx() as tx:
            assert [tx.invoices.next_number("2027") for _ in range(3)] == [1, 2, 3]
            assert tx.invoices.next_number("2028") == 1
        with other.tx() as tx:
            assert tx.invoices.next_number("2027") == 1
        with shop.tx() as tx:
            assert tx.invoices.next_number("2027") == 4

    def test_a_number_drawn_in_vain_is_drawn_again(self, shop: Shop) -> None:
        """A transaction that is undone leaves no gap."""
        first = shop.invoice(shop.order())
        with pytest.raises(ZeroDivisionError), shop.tx() as tx:
            assert tx.invoices.next_number("2027") == 2
            raise ZeroDivisionError
        second = shop.invoice(shop.order())
        assert (first.number, second.number) == (1, 2)

    def test_pages_of_invoices_hold_each_once_the_newest_first(self, shop: Shop) -> None:
        """All of them, and one client's."""
        clients, product = [shop.client(), shop.client()], shop.product()
        added = [
            shop.invoice(
                shop.order(product, clients[n % 2]), issued_at=NOW + timedelta(hours=n // 2)
            )
            for n in range(5)
        ]
        order = sorted(added, key=lambda i: (i.issued_at, i.number), reverse=True)
        with shop.tx(write=False) as tx:
            assert whole(tx.invoices.page) == order
            for client in clients:
                mine = [i for i in order if i.client_id == client.id]
                assert whole(tx.invoices.page, client_id=client.id) == mine

    def test_a_document_is_kept_as_first_rendered(self, shop: Shop) -> None:
        """Byte for byte; one that comes later does not replace it."""
        invoice = shop.invoice(shop.order())
        with shop.tx(write=False) as tx:
            assert tx.invoices.document(invoice.id, "pdf") is None
        for content in (bytes(range(256)), b"later"):
            with shop.tx() as tx:
                tx.invoices.keep_document(invoice.id, "pdf", content)
        with shop.tx(write=False) as tx:
            assert tx.invoices.document(invoice.id, "pdf") == bytes(range(256))
            assert tx.invoices.document(invoice.id, "xml") is None
