"""Tenants in a store: nothing of one business is ever seen or touched through another (I8, X9)."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from datetime import timedelta

import attrs
import pytest

from passcore.domain import commands as cm
from passcore.domain.businesses import ApiKey, Role, StaffMember
from passcore.domain.clients import ClientRef
from passcore.errors import NotFound, PassError
from passcore.ports.store import IntakeKey, PassChange
from passcore.testing import builders
from passcore.testing.builders import NOW, Story
from passcore.testing.store.base import Shop, StoreTests


class IsolationTests(StoreTests):
    """Every read and write of a transaction of one business, with ids of another."""

    def test_nothing_of_another_business_is_read(self, shop: Shop, other: Shop) -> None:
        """It is as if it were not there: not found, None, or an empty list."""
        passed = shop.a_pass()
        client_id, pass_id = passed.state.client_id, passed.state.id
        service, booking = shop.service(), shop.booking()
        order = shop.order()
        invoice, payment = shop.invoice(order), builders.payment(order)
        message, receipt, login = builders.message(), builders.receipt(), builders.login()
        login = attrs.evolve(login, token_digest="t" * 64)
        member = StaffMember("staff_1", "s@example.com", "S", Role.OWNER)
        with shop.tx() as tx:
            tx.payments.add(payment)
            tx.invoices.keep_document(invoice.id, "pdf", b"secret")
            tx.outbox.add([message])
            tx.receipts.add(receipt)
            tx.people.add_login(login)
            tx.people.add_staff(member)
            tx.people.add_key(ApiKey("key_1", "K", Role.OWNER, "d" * 64, NOW))
            email = tx.clients.get(client_id).email
        product_id = passed.state.terms.product_id
        with other.tx(write=False) as tx:
            missing: list[Callable[[], object]] = [
                lambda: tx.services.get(service.id),
                lambda: tx.services.get(service.slug),
                lambda: tx.products.get(product_id),
                lambda: tx.products.terms(product_id, 1),
                lambda: tx.clients.get(client_id),
                lambda: tx.passes.get(pass_id),
                lambda: tx.bookings.get(booking.id),
                lambda: tx.bookings.get(booking.ref),
                lambda: tx.orders.get(order.id),
                lambda: tx.invoices.get(invoice.id),
                lambda: tx.outbox.get(message.id),
            ]
            for read in missing:
                with pytest.raises(NotFound):
                    read()
            assert not tx.clients.many([client_id])
            assert not tx.passes.many([pass_id])
            assert tx.clients.by_email(email) is None
            assert tx.passes.by_code(passed.code) is None
            assert tx.payments.find("fake", payment.payment_ref) is None
            assert tx.invoices.document(invoice.id, "pdf") is None
            assert tx.receipts.find(receipt.key) is None
            assert tx.people.staff(member.email) is None
            assert tx.people.login(login.id) is None
            assert tx.people.login_by_token("t" * 64) is None

    def test_no_list_of_a_business_has_anything_of_another(self, shop: Shop, other: Shop) -> None:
        """Not even when asked for with the other's ids."""
        passed, booking, order = shop.a_pass(), shop.booking(), shop.order()
        shop.invoice(order)
        with shop.tx() as tx:
            tx.outbox.add([builders.message()])
            tx.people.add_login(builders.login())
            tx.people.add_key(ApiKey("key_1", "K", Role.OWNER, "d" * 64, NOW))
        ended = passed.state.ends_at
        assert ended is not None
        with other.tx(write=False) as tx:
            lists = [
                tx.services.all(),
                tx.products.all(),
                tx.clients.page().items,
                tx.passes.of_client(passed.state.client_id),
                tx.passes.page().items,
                tx.passes.page(client_id=passed.state.client_id).items,
                tx.passes.due(ended, 10),
                list(tx.passes.bodies(passed.state.id)),
                tx.bookings.page().items,
                tx.bookings.page(client_id=booking.client_id).items,
                tx.orders.page().items,
                tx.orders.page(client_id=order.client_id).items,
                tx.payments.of_order(order.id),
                tx.invoices.page().items,
                tx.invoices.of_order(order.id),
                tx.outbox.page().items,
                tx.people.all_staff(),
                tx.people.keys(),
                tx.people.open_logins("guest", "ana@example.com"),
            ]
            assert [list(found) for found in lists] == [[]] * len(lists)

    def test_an_intake_finds_nothing_of_another_business(self, shop: Shop, other: Shop) -> None:
        """Whatever it is named by: id, e-mail, slug, reference, pass id or pass ID."""
        passed, service = shop.a_pass(), shop.service()
        booking = shop.booking()
        with shop.tx(write=False) as tx:
            email = tx.clients.get(passed.state.client_id).email
        keys = [
            IntakeKey(booking.source, booking.ref, ClientRef(email=email), service.slug, "auto"),
            IntakeKey("new", "1", ClientRef(id=passed.state.client_id), service.id, passed.code),
            IntakeKey("new", "2", ClientRef(email=email), service.id, passed.state.id),
        ]
        with other.tx() as tx:
            found = tx.intake(keys)
        empty = (found.bookings, found.clients, found.services, list(found.passes))
        assert empty == ({}, {}, {}, [])

    def test_nothing_of_another_business_is_written(self, shop: Shop, other: Shop) -> None:
        """Whether the write is refused or falls into the void, the owner's rows stay."""
        told = shop.story()
        passed = shop.add(told)
        booking, order = shop.booking(), shop.order()
        more = Story(list(told.entries), told.state)
        made = more.do(cm.Adjust(5))
        with shop.tx(write=False) as tx:
            client = tx.clients.get(told.state.client_id)
        with contextlib.suppress(PassError), other.tx() as tx:
            tx.passes.append([PassChange(passed, made, more.state)])
        with contextlib.suppress(PassError), other.tx() as tx:
            tx.clients.save(attrs.evolve(client, name="Taken"))
        with contextlib.suppress(PassError), other.tx() as tx:
            tx.orders.save(attrs.evolve(order, checkout_ref="taken"))
        with pytest.raises(NotFound), other.tx() as tx:
            tx.orders.ask_again(order.id, NOW + timedelta(days=1))
        with contextlib.suppress(PassError), other.tx() as tx:
            tx.bookings.put([attrs.evolve(booking, seats=9, version=2)])
        with shop.tx(write=False) as tx:
            assert tx.passes.get(told.state.id) == passed
            assert tx.clients.get(client.id) == client
            assert tx.orders.get(order.id) == order
            assert tx.bookings.get(booking.id) == booking
            assert len(tx.passes.ledger(told.state.id)) == 1
        with shop.store.registry() as registry:
            assert registry.claim_orders(NOW, NOW, 9, placed_before=NOW) == [(shop.id, order.id)]
