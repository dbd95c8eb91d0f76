"""What spans the businesses of a store: tenants, keys, and the work that waits."""

from __future__ import annotations

from datetime import datetime, timedelta

import attrs
import pytest

from passcore.domain.businesses import ApiKey, Role
from passcore.domain.notices import MessageState
from passcore.domain.orders import OrderStatus
from passcore.errors import AlreadyExists, NotFound
from passcore.ports.store import Store
from passcore.testing import builders
from passcore.testing.builders import NOW
from passcore.testing.store.base import Shop, StoreTests

_LEASE = timedelta(minutes=2)


def _claimed(store: Store, now: datetime, limit: int = 10) -> list[tuple[str, str]]:
    with store.registry() as registry:
        found = registry.claim_messages(now, now + _LEASE, limit)
    return [(business_id, message.id) for business_id, message in found]


def _orders(
    store: Store, now: datetime, limit: int = 10, *, placed_before: datetime | None = None
) -> list[tuple[str, str]]:
    with store.registry() as registry:
        lease_until, before = now + _LEASE, placed_before or now
        return list(registry.claim_orders(now, lease_until, limit, placed_before=before))


def _events(store: Store, now: datetime, limit: int = 10) -> list[tuple[str, str]]:
    with store.registry() as registry:
        found = registry.claim_events(now, now + _LEASE, limit)
    return [(business_id, event.id) for business_id, event in found]


class RegistryTests(StoreTests):
    """`Registry`."""

    def test_a_business_is_found_by_id_and_by_slug(self, store: Store) -> None:
        """All its settings come back as they were."""
        business = builders.business(
            language="pl",
            seller="Studio One\nMain Street 1",
            tax_id="PL1234567890",
            transfer_details="IBAN PL00",
            invoice_prefix="A-",
            complete_window_hours=0,
        )
        with store.registry() as registry:
            registry.add_business(business)
        with store.registry() as registry:
            assert registry.business(business.id) == business
            assert registry.business(business.slug) == business
            with pytest.raises(NotFound):
                registry.business("nothing")

    def test_businesses_are_listed(self, store: Store) -> None:
        """Each once."""
        with store.registry() as registry:
            assert list(registry.businesses()) == []
        added = {Shop(store).id for _ in range(3)}
        with store.registry() as registry:
            listed = [business.id for business in registry.businesses()]
        assert sorted(listed) == sorted(added)

    def test_a_business_slug_is_used_once(self, store: Store) -> None:
        """The second is not stored."""
        first = Shop(store).business
        second = builders.business(slug=first.slug)
        with pytest.raises(AlreadyExists), store.registry() as registry:
            registry.add_business(second)
        with store.registry() as registry:
            assert registry.business(first.slug) == first
            with pytest.raises(NotFound):
                registry.business(second.id)

    def test_a_key_leads_to_its_business(self, shop: Shop, other: Shop) -> None:
        """By the digest of its secret alone."""
        key = ApiKey("key_1", "K", Role.OWNER, "d" * 64, NOW)
        with other.tx() as tx:
            tx.people.add_key(key)
        with shop.store.registry() as registry:
            assert registry.key("d" * 64) == (other.id, key)
            assert registry.key("e" * 64) is None

    def test_due_messages_of_all_businesses_are_claimed_oldest_first(
        self, shop: Shop, other: Shop
    ) -> None:
        """From the very instant they are due; not those sent, dead or discarded."""
        late = builders.message(due_at=NOW)
        early = builders.message(due_at=NOW - timedelta(hours=1))
        states = (MessageState.SENT, MessageState.DEAD, MessageState.DISCARDED)
        with shop.tx() as tx:
            tx.outbox.add([late, builders.message(due_at=NOW + timedelta(microseconds=1))])
            tx.outbox.add([builders.message(state=state) for state in states])
        with other.tx() as tx:
            tx.outbox.add([early])
        assert _claimed(shop.store, NOW) == [(other.id, early.id), (shop.id, late.id)]

    def test_a_claimed_message_is_given_to_nobody_until_its_lease_ends(self, shop: Shop) -> None:
        """Then it is given again: whoever had it may have died."""
        message = builders.message()
        with shop.tx() as tx:
            tx.outbox.add([message])
        assert len(_claimed(shop.store, NOW)) == 1
        assert _claimed(shop.store, NOW + _LEASE - timedelta(microseconds=1)) == []
        assert len(_claimed(shop.store, NOW + _LEASE)) == 1

    def test_a_saved_message_is_claimed_when_it_is_due_again(self, shop: Shop) -> None:
        """Saving it ends the lease."""
        message = builders.message()
        with shop.tx() as tx:
            tx.outbox.add([message])
        _claimed(shop.store, NOW)
        again = attrs.evolve(message, attempts=1, due_at=NOW + timedelta(seconds=5))
        with shop.tx() as tx:
            tx.outbox.save(again)
        assert _claimed(shop.store, NOW + timedelta(seconds=4)) == []
        assert _claimed(shop.store, NOW + timedelta(seconds=5)) == [(shop.id, message.id)]

    def test_a_claim_takes_no_more_than_it_asked_for(self, shop: Shop) -> None:
        """The next takes the rest, each message once."""
        messages = [builders.message(due_at=NOW + timedelta(seconds=n)) for n in range(3)]
        with shop.tx() as tx:
            tx.outbox.add(messages)
        now = NOW + timedelta(minutes=1)
        taken = _claimed(shop.store, now, 2) + _claimed(shop.store, now, 2)
        assert [message_id for _, message_id in taken] == [m.id for m in messages]

    def test_events_that_were_not_acted_on_are_claimed_oldest_first(
        self, shop: Shop, other: Shop
    ) -> None:
        """With all they carry; under a lease like messages."""
        late = builders.event()
        early = builders.event(received_at=NOW - timedelta(hours=1), payment_ref="pay_1")
        for one, event in ((shop, late), (other, early)):
            with one.tx() as tx:
                tx.inbox.add(event)
        with shop.store.registry() as registry:
            found = list(registry.claim_events(NOW, NOW + _LEASE, 10))
        assert found == [(other.id, early), (shop.id, late)]
        assert _events(shop.store, NOW + _LEASE - timedelta(microseconds=1)) == []
        assert len(_events(shop.store, NOW + _LEASE)) == 2

    def test_an_event_acted_on_is_never_claimed_again(self, shop: Shop) -> None:
        """One that failed is, after its lease, with its attempts counted."""
        done = builders.event()
        failed = builders.event(refund_minor=5_000, refunded_minor=0)
        with shop.tx() as tx:
            tx.inbox.add(done)
            tx.inbox.add(failed)
        _events(shop.store, NOW)
        tried = attrs.evolve(failed, attempts=1, last_error="provider_unavailable")
        with shop.tx() as tx:
            tx.inbox.save(attrs.evolve(done, attempts=1, done_at=NOW))
            tx.inbox.save(tried)
        assert _events(shop.store, NOW + timedelta(seconds=1)) == []
        with shop.store.registry() as registry:
            later = NOW + _LEASE
            assert list(registry.claim_events(later, later + _LEASE, 10)) == [(shop.id, tried)]

    def test_orders_that_wait_for_their_payment_are_claimed(self, shop: Shop, other: Shop) -> None:
        """Those placed by the given instant, of all businesses; none that stands otherwise."""
        late = shop.order(created_at=NOW)
        early = other.order(created_at=NOW - timedelta(hours=1))
        shop.order(created_at=NOW + timedelta(microseconds=1))
        for status in OrderStatus:
            if status is not OrderStatus.AWAITING_PAYMENT:
                shop.order(status=status)
        found = sorted([(other.id, early.id), (shop.id, late.id)])
        assert sorted(_orders(shop.store, NOW + _LEASE, 10, placed_before=NOW)) == found

    def test_a_claimed_order_is_given_to_nobody_until_its_lease_ends(self, shop: Shop) -> None:
        """Then it is given again: whoever had it may have died."""
        order = shop.order(created_at=NOW)
        assert _orders(shop.store, NOW) == [(shop.id, order.id)]
        assert _orders(shop.store, NOW + _LEASE - timedelta(microseconds=1)) == []
        assert _orders(shop.store, NOW + _LEASE) == [(shop.id, order.id)]

    def test_an_order_is_claimed_again_when_it_was_said(self, shop: Shop) -> None:
        """Saving the order moves nothing, and nothing of it is changed by being put off."""
        order = shop.order(created_at=NOW)
        _orders(shop.store, NOW)
        again = NOW + timedelta(days=1)
        with shop.tx() as tx:
            tx.orders.ask_again(order.id, again)
            assert tx.orders.get(order.id) == order
            tx.orders.save(attrs.evolve(order, checkout_ref="checkout_1"))
            with pytest.raises(NotFound):
                tx.orders.ask_again("nothing", again)
        assert _orders(shop.store, again - timedelta(microseconds=1)) == []
        assert _orders(shop.store, again) == [(shop.id, order.id)]

    def test_the_orders_due_longest_are_claimed_first(self, shop: Shop, other: Shop) -> None:
        """However old the others are: each has its turn before any has its second."""
        old = shop.order(created_at=NOW - timedelta(days=9))
        young = other.order(created_at=NOW - timedelta(days=1))
        new = shop.order(created_at=NOW)
        with shop.tx() as tx:
            tx.orders.ask_again(old.id, NOW - timedelta(hours=1))
        turns = [_orders(shop.store, NOW, 1)[0] for _ in range(3)]
        assert turns == [(other.id, young.id), (shop.id, old.id), (shop.id, new.id)]
        assert _orders(shop.store, NOW) == []
