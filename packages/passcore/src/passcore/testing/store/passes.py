"""Passes and their ledgers in a store."""

from __future__ import annotations

from datetime import timedelta

import pytest

from passcore.codec import entry_body
from passcore.domain import commands as cm
from passcore.domain.caps import Cap, CapWindow
from passcore.domain.ledger import GENESIS, Entry, Line, chained
from passcore.domain.money import Money
from passcore.domain.passes import Status
from passcore.domain.time import Length
from passcore.domain.validity import Anchor, Validity
from passcore.errors import AlreadyExists, Contention, NotFound
from passcore.ports.store import PassChange
from passcore.testing import builders
from passcore.testing.builders import NOW, Story
from passcore.testing.store.base import Shop, StoreTests, whole


def _chain(entries: list[Entry]) -> tuple[list[tuple[int, str, str]], str]:
    """The rows and the head a ledger must have, computed from the entries alone."""
    head, rows = GENESIS, []
    for entry in entries:
        body = entry_body(entry)
        rows.append((entry.seq, head, body))
        head = chained(head, body)
    return rows, head


def _busy(shop: Shop) -> Story:
    """A pass with a hold, a capture, a deduction and its reversal, and an edit with a reason."""
    told = shop.story()
    line = told.book(1)
    told.book(2)
    told.do(cm.Capture(line), at=NOW + timedelta(days=1))
    told.do(cm.Deduct(Line("walk_in"), builders.visit()))
    told.do(cm.Adjust(2), reason="Sorry for the wait")
    return told


class PassTests(StoreTests):
    """`Passes`."""

    def test_a_pass_comes_back_as_it_was_added(self, shop: Shop) -> None:
        """By id and by pass ID, with the hash of its entry."""
        told, code = shop.story(), builders.new_code()
        with shop.tx() as tx:
            tx.passes.add(builders.stored(told.state, code), told.entries[0])
        with shop.tx(write=False) as tx:
            found = tx.passes.get(told.state.id)
            assert (found.state, found.code) == (told.state, code)
            assert found.head == _chain(told.entries)[1]
            assert tx.passes.by_code(code) == found

    def test_a_pass_of_every_status_comes_back_as_it_was(self, shop: Shop) -> None:
        """Whatever its window, freeze, balance or standing."""
        product, client = shop.product(), shop.client()
        for status in Status:
            told = builders.story_at(status, of=product.terms, client_id=client.id)
            assert told.state.status(NOW) is status
            assert shop.add(told).state == told.state

    def test_visits_that_caps_count_are_kept(self, shop: Shop) -> None:
        """Held and used ones, after every entry; a pass without caps has none (C3)."""
        caps = (Cap(5, CapWindow.WEEK), Cap(9, CapWindow.ROLLING, 30, frozenset({"svc_other"})))
        told = builders.story(of=shop.product(caps=caps).terms, client_id=shop.client().id)
        stored = shop.add(told)
        assert (stored.state, stored.state.counted) == (told.state, ())
        held = told.book(1)
        for command in (
            cm.Deduct(Line("booking_2"), builders.visit(category="pilates")),
            cm.Capture(held),
        ):
            told.do(command)
        with shop.tx() as tx:
            change = PassChange(stored, tuple(told.entries[1:]), told.state)
            tx.passes.append([change])
        with shop.tx(write=False) as tx:
            found = tx.passes.get(told.state.id).state
        assert [visit.category for _, visit in found.counted] == [None, "pilates"]
        assert found == told.state

    def test_freezes_and_grace_come_back_as_they_were(self, shop: Shop) -> None:
        """Several freezes, one until further notice; and the pass is due when its grace is over."""
        rule = Validity(length=Length(10, "days"), grace_days=4)
        told = shop.story(shop.product(validity=rule))
        today = NOW.date()
        told.do(cm.Freeze(today + timedelta(days=2), today + timedelta(days=5)))
        told.do(cm.Freeze(today + timedelta(days=4)))
        assert shop.add(told).state == told.state
        other = shop.story(shop.product(validity=rule))
        shop.add(other)
        ends_at = other.state.ends_at
        assert ends_at is not None
        with shop.tx(write=False) as tx:
            assert not tx.passes.due(ends_at - timedelta(microseconds=1), 10)
            assert [p.state.id for p in tx.passes.due(ends_at, 10)] == [other.state.id]

    def test_an_unknown_pass_is_not_found(self, shop: Shop) -> None:
        """By pass ID the answer is None."""
        with shop.tx(write=False) as tx:
            assert tx.passes.by_code(builders.new_code()) is None
            with pytest.raises(NotFound):
                tx.passes.get("nothing")

    def test_many_passes_are_found_by_their_ids(self, shop: Shop) -> None:
        """Each as `get` returns it, whatever its terms; what is not there is left out."""
        added = [shop.a_pass(shop.product(name=f"Product {n}")) for n in range(3)]
        ids = [stored.state.id for stored in added]
        with shop.tx(write=False) as tx:
            found = dict(tx.passes.many([*ids, "nothing", added[0].code, *ids]))
            assert found == {pass_id: tx.passes.get(pass_id) for pass_id in ids}
            assert dict(tx.passes.many(ids[:1])) == {ids[0]: added[0]}
            assert dict(tx.passes.many(())) == {}

    def test_many_passes_are_read_with_the_blocks_own_writes(self, shop: Shop) -> None:
        """An entry just added counts."""
        told = shop.story()
        before = shop.add(told)
        made = told.do(cm.Adjust(1), reason="A gift")
        with shop.tx() as tx:
            tx.passes.append([PassChange(before, made, told.state)])
            assert tx.passes.many([told.state.id])[told.state.id].state == told.state

    def test_a_pass_id_is_used_once(self, shop: Shop) -> None:
        """The second pass is not stored."""
        first, told = shop.a_pass(), shop.story()
        with pytest.raises(AlreadyExists), shop.tx() as tx:
            tx.passes.add(builders.stored(told.state, first.code), told.entries[0])
        with shop.tx(write=False) as tx, pytest.raises(NotFound):
            tx.passes.get(told.state.id)

    def test_appended_entries_continue_the_chain(self, shop: Shop) -> None:
        """Row by row exactly the text and the hashes computed from the entries alone."""
        told = _busy(shop)
        found = shop.add(told)
        rows, head = _chain(told.entries)
        with shop.tx(write=False) as tx:
            assert list(tx.passes.bodies(told.state.id)) == rows
        assert (found.state, found.head) == (told.state, head)

    def test_a_ledger_is_read_with_the_hashes_filled_in(self, shop: Shop) -> None:
        """Every entry but for `prev` as it was decided."""
        told = _busy(shop)
        shop.add(told)
        rows, _ = _chain(told.entries)
        with shop.tx(write=False) as tx:
            read = list(tx.passes.ledger(told.state.id))
        assert [e.prev for e in read] == [prev for _, prev, _ in rows]
        assert [entry_body(e) for e in read] == [body for _, _, body in rows]

    def test_a_ledger_read_in_its_own_block_has_the_new_entries(self, shop: Shop) -> None:
        """A read sees the transaction's own writes, entries and cached state alike."""
        told = shop.story()
        before = shop.add(told)
        made = told.do(cm.Adjust(1), reason="A gift")
        with shop.tx() as tx:
            tx.passes.append([PassChange(before, made, told.state)])
            assert tx.passes.get(told.state.id).state == told.state
            assert [e.seq for e in tx.passes.ledger(told.state.id)] == [1, 2]

    def test_a_pass_read_before_somebody_wrote_it_is_contention(self, shop: Shop) -> None:
        """The entries that came first stay, nothing of the second is stored."""
        told = shop.story()
        before = shop.add(told)
        for delta in (1, 2):
            fresh = Story(list(told.entries), told.state)
            change = PassChange(before, fresh.do(cm.Adjust(delta)), fresh.state)
            if delta == 1:
                with shop.tx() as tx:
                    tx.passes.append([change])
            else:
                with pytest.raises(Contention), shop.tx() as tx:
                    tx.passes.append([change])
        after = shop.get(told.state.id)
        assert (after.state.version, after.state.balance.adjusted) == (2, 1)
        with shop.tx(write=False) as tx:
            assert len(tx.passes.ledger(told.state.id)) == 2

    def test_several_passes_are_appended_at_once_or_not_at_all(self, shop: Shop) -> None:
        """One that was read too early takes the others with it."""
        told = [shop.story() for _ in range(3)]
        before = [shop.add(t) for t in told]
        changes = [
            PassChange(b, t.do(cm.Adjust(1)), t.state) for b, t in zip(before, told, strict=True)
        ]
        with shop.tx() as tx:
            tx.passes.append(changes[:2])
        with pytest.raises(Contention), shop.tx() as tx:
            tx.passes.append([changes[2], changes[0]])
        versions = [shop.get(t.state.id).state.version for t in told]
        assert versions == [2, 2, 1]

    def test_the_passes_of_a_client_are_all_found(self, shop: Shop) -> None:
        """And no others; a pass that changed hands is its new owner's."""
        mine, theirs = shop.client(), shop.client()
        kept, given = shop.story(client=mine), shop.story(client=mine)
        shop.add(kept)
        given.do(cm.ChangeOwner(theirs.id))
        shop.add(given)
        with shop.tx(write=False) as tx:
            assert [p.state.id for p in tx.passes.of_client(mine.id)] == [kept.state.id]
            assert [p.state.id for p in tx.passes.of_client(theirs.id)] == [given.state.id]

    def test_pages_of_passes_hold_each_once_the_newest_first(self, shop: Shop) -> None:
        """All of them, one client's, one product's."""
        clients = [shop.client(), shop.client()]
        products = [shop.product(), shop.product()]
        told = [
            builders.story(
                at=NOW + timedelta(hours=n // 2),
                of=products[n % 2].terms,
                client_id=clients[n // 3].id,
            )
            for n in range(5)
        ]
        for one in told:
            shop.add(one)
        order = sorted((t.state for t in told), key=lambda p: (p.created_at, p.id), reverse=True)
        with shop.tx(write=False) as tx:
            assert [p.state for p in whole(tx.passes.page)] == order
            for client in clients:
                found = whole(tx.passes.page, client_id=client.id)
                assert [p.state for p in found] == [p for p in order if p.client_id == client.id]
            for product in products:
                found = whole(tx.passes.page, product_id=product.id)
                of = [p for p in order if p.terms.product_id == product.id]
                assert [p.state for p in found] == of

    def test_due_are_passes_that_ended_with_sessions_left(self, shop: Shop) -> None:
        """From the very instant they end; not used up, void, frozen until further notice, endless
        or unlimited ones."""
        client, product = shop.client(), shop.product()
        endless = shop.product(validity=Validity())
        unlimited = shop.product(sessions=None)
        early = shop.story(product, client)
        later = builders.story(at=NOW + timedelta(days=40), of=product.terms, client_id=client.id)
        told = [early, later] + [shop.story(product, client) for _ in range(4)]
        told[2].do(cm.Adjust(-10))
        told[3].do(cm.Cancel())
        told[4].do(cm.Suspend())
        told[5].do(cm.Freeze())
        told += [shop.story(endless, client), shop.story(unlimited, client)]
        for one in told:
            shop.add(one)
        ends = [t.state.ends_at for t in (early, later)]
        assert ends[0] is not None and ends[1] is not None
        with shop.tx(write=False) as tx:
            assert not tx.passes.due(ends[0] - timedelta(microseconds=1), 10)
            assert [p.state.id for p in tx.passes.due(ends[0], 10)] == [early.state.id]
            both = [p.state.id for p in tx.passes.due(ends[1], 10)]
            assert both == [early.state.id, later.state.id]
            assert [p.state.id for p in tx.passes.due(ends[1], 1)] == [early.state.id]

    def test_an_unstarted_pass_is_due_when_it_lapses(self, shop: Shop) -> None:
        """Its lapse is its end."""
        rule = Validity(anchor=Anchor.FIRST_USE, activate_within=Length(30, "days"))
        told = shop.story(shop.product(validity=rule))
        shop.add(told)
        assert told.state.lapses_at is not None
        with shop.tx(write=False) as tx:
            assert not tx.passes.due(told.state.lapses_at - timedelta(microseconds=1), 10)
            assert len(tx.passes.due(told.state.lapses_at, 10)) == 1

    def test_large_and_small_numbers_come_back_exactly(self, shop: Shop) -> None:
        """The dearest pass there can be, and one that is free."""
        for price, sessions in ((10**12, 10_000), (0, 1)):
            product = shop.product(price=Money(price, "EUR"), sessions=sessions)
            told = shop.story(product)
            assert shop.add(told).state == told.state
