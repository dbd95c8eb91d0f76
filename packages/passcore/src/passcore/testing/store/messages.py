"""The outbox, the inbox and the receipts of a store."""

from __future__ import annotations

from datetime import timedelta

import attrs
import pytest

from passcore.domain.notices import MessageState
from passcore.errors import Contention, NotFound
from passcore.testing import builders
from passcore.testing.builders import NOW
from passcore.testing.store.base import Shop, StoreTests, whole


class OutboxTests(StoreTests):
    """`Outbox`."""

    def test_a_message_comes_back_as_it_was_queued(self, shop: Shop) -> None:
        """Texts, numbers and nothing among its values stay what they are."""
        message = builders.message()
        with shop.tx() as tx:
            tx.outbox.add([message])
        with shop.tx(write=False) as tx:
            assert tx.outbox.get(message.id) == message
            with pytest.raises(NotFound):
                tx.outbox.get("nothing")

    def test_one_fact_queues_one_message(self, shop: Shop, other: Shop) -> None:
        """The second is left out in silence, in its own transaction, a later one or the same call;
        another business may say the same."""
        first, second, third = (builders.message(dedupe="used_up:pass_1") for _ in range(3))
        fresh = builders.message()
        with shop.tx() as tx:
            tx.outbox.add([first, second])
        with shop.tx() as tx:
            tx.outbox.add([third, fresh])
        with other.tx() as tx:
            tx.outbox.add([builders.message(dedupe="used_up:pass_1")])
        with shop.tx(write=False) as tx:
            assert {m.id for m in whole(tx.outbox.page)} == {first.id, fresh.id}
            assert tx.outbox.get(first.id) == first

    def test_a_message_is_saved_with_what_became_of_it(self, shop: Shop) -> None:
        """State, attempts, error and time."""
        message = builders.message()
        with shop.tx() as tx:
            tx.outbox.add([message])
        changed = attrs.evolve(
            message,
            state=MessageState.SENT,
            attempts=3,
            last_error="timeout",
            due_at=NOW + timedelta(minutes=5),
            sent_at=NOW + timedelta(minutes=6),
        )
        with shop.tx() as tx:
            tx.outbox.save(changed)
        with shop.tx(write=False) as tx:
            assert tx.outbox.get(message.id) == changed

    def test_pages_of_messages_hold_each_once(self, shop: Shop) -> None:
        """All of them, and those of one state."""
        states = (MessageState.DUE, MessageState.DEAD)
        added = [
            builders.message(due_at=NOW + timedelta(hours=n // 2), state=states[n // 3])
            for n in range(5)
        ]
        with shop.tx() as tx:
            tx.outbox.add(added)
        with shop.tx(write=False) as tx:
            found = whole(tx.outbox.page)
            assert sorted(m.id for m in found) == sorted(m.id for m in added)
            for state in states:
                of = [m.id for m in found if m.state is state]
                assert [m.id for m in whole(tx.outbox.page, state=state)] == of
                assert of


class InboxTests(StoreTests):
    """`Inbox`."""

    def test_an_event_is_kept_once(self, shop: Shop, other: Shop) -> None:
        """By its provider's id; another provider or business may use the same."""
        event = builders.event()
        again = builders.event(event_id=event.event_id)
        elsewhere = builders.event(event_id=event.event_id, provider="other")
        with shop.tx() as tx:
            assert tx.inbox.add(event) is True
        with shop.tx() as tx:
            assert tx.inbox.add(again) is False
            assert tx.inbox.add(elsewhere) is True
        with other.tx() as tx:
            assert tx.inbox.add(builders.event(event_id=event.event_id)) is True


class ReceiptTests(StoreTests):
    """`Receipts`."""

    def test_a_receipt_comes_back_as_it_was_stored(self, shop: Shop) -> None:
        """Result text included."""
        receipt = builders.receipt(result='{"name":"Zoë","n":[1,null]}')
        with shop.tx() as tx:
            tx.receipts.add(receipt)
        with shop.tx(write=False) as tx:
            assert tx.receipts.find(receipt.key) == receipt
            assert tx.receipts.find("nothing") is None

    def test_a_key_stored_meanwhile_is_contention(self, shop: Shop) -> None:
        """The first receipt stays, the second takes its whole transaction with it."""
        first = builders.receipt()
        with shop.tx() as tx:
            tx.receipts.add(first)
        with pytest.raises(Contention), shop.tx() as tx:
            tx.clients.add(builders.client(email="lost@example.com"))
            tx.receipts.add(builders.receipt(key=first.key, result="{}"))
        with shop.tx(write=False) as tx:
            assert tx.receipts.find(first.key) == first
            assert tx.clients.by_email("lost@example.com") is None

    def test_two_businesses_may_use_one_key(self, shop: Shop, other: Shop) -> None:
        """Neither sees the other's answer (RELIABILITY R5)."""
        mine = builders.receipt(key="same")
        theirs = builders.receipt(key="same", result="{}")
        with shop.tx() as tx:
            tx.receipts.add(mine)
        with other.tx() as tx:
            assert tx.receipts.find("same") is None
            tx.receipts.add(theirs)
        with shop.tx(write=False) as tx:
            assert tx.receipts.find("same") == mine
