"""The bench: one business in several stores, commanded alike, and what the stores then hold."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

import attrs

from passcore.adapters.memory import MemoryStore
from passcore.adapters.memory_data import Table
from passcore.adapters.system import FixedClock, SeededIds
from passcore.app import App
from passcore.codec import read_entry
from passcore.domain.bookings import Booking
from passcore.domain.businesses import Business
from passcore.domain.folding import apply, begin
from passcore.domain.ledger import Entry
from passcore.domain.passes import Pass
from passcore.errors import Contention, LedgerDamaged, PassError, StorageUnavailable
from passcore.ports.store import Page, Store, StoredPass
from passcore.usecases.verification import Verify, verify

#: What must never be answered where nobody else is at work.
FAULTS = (Contention, LedgerDamaged, StorageUnavailable)


def ended(state: Pass, at: datetime) -> bool:
    """Tell whether a pass is over at an instant."""
    return state.ends_at is not None and at >= state.ends_at


def everything(page: Callable[[str | None], Page[Any]]) -> Iterator[Any]:
    """Go through all pages of a listing."""
    cursor = None
    while True:
        found = page(cursor)
        yield from found.items
        cursor = found.next_cursor
        if cursor is None:
            return


@attrs.frozen
class Held:
    """What a store holds of a business after a command."""

    passes: dict[str, StoredPass]
    bookings: dict[str, Booking]


def comparable(outcome: Any) -> Any:
    """Return a result or refusal in a form that can be compared."""
    if isinstance(outcome, PassError):
        return type(outcome), outcome.fields()
    if isinstance(outcome, tuple):
        return tuple(comparable(part) for part in outcome)
    return outcome


class Bench:
    """The same business in every one of *stores*; the first is the one that is asked."""

    def __init__(self, business: Business, stores: Sequence[Store], now: datetime) -> None:
        self.id = business.id
        self.clock = FixedClock(now)
        self.apps = [App(store, self.clock, SeededIds(7)) for store in stores]
        for app in self.apps:
            app.add_business(business)
        self._entries: dict[str, list[Entry]] = {}
        self._bodies: dict[str, list[tuple[int, str, str]]] = {}
        self.states: dict[str, Pass] = {}
        self.held = Held({}, {})

    def run(self, use_case: Any, command: Any) -> Any:
        """Run a command in every store; return the one result or refusal it has in all."""
        outcomes = [self._outcome(app, use_case, command) for app in self.apps]
        first = comparable(outcomes[0])
        for other in outcomes[1:]:
            assert comparable(other) == first, "the stores answer differently"
        for part in outcomes[0] if isinstance(outcomes[0], tuple) else outcomes[:1]:
            assert not isinstance(part, FAULTS), repr(part)
        return outcomes[0]

    def _outcome(self, app: App, use_case: Any, command: Any) -> Any:
        try:
            return app.run(self.id, use_case, command)
        except PassError as refusal:
            return refusal

    def added(self) -> dict[str, list[tuple[Entry, Pass]]]:
        """Look at all stores and return, by pass, the entries since last time, each with the state
        folded up to it. Every store keeps that state, and nothing that was written has changed."""
        helds = [self._look(app) for app in self.apps]
        for other in helds[1:]:
            assert other == helds[0], "the stores hold different things"
        found: dict[str, list[tuple[Entry, Pass]]] = {}
        for pass_id, stored in helds[0].passes.items():
            if stored != self.held.passes.get(pass_id):
                found[pass_id] = self._read(pass_id)
                assert self.states[pass_id] == stored.state, "the row is not the fold"
        assert self.held.passes.keys() <= helds[0].passes.keys(), "a pass is gone"
        self.held = helds[0]
        return found

    def _look(self, app: App) -> Held:
        with app.store.begin(self.id, write=False) as tx:
            passes = everything(lambda cursor: tx.passes.page(cursor=cursor, limit=200))
            by_id = {stored.state.id: stored for stored in passes}
            bookings = everything(lambda cursor: tx.bookings.page(cursor=cursor, limit=200))
            return Held(by_id, {booking.id: booking for booking in bookings})

    def _read(self, pass_id: str) -> list[tuple[Entry, Pass]]:
        known = self._bodies.get(pass_id, [])
        for app in self.apps:
            with app.store.begin(self.id, write=False) as tx:
                bodies = list(tx.passes.bodies(pass_id))
            assert bodies[: len(known)] == known, "what was written has changed"
            assert self._bodies.setdefault(pass_id, bodies) in (known, bodies)
            self._bodies[pass_id] = bodies
        new = [read_entry(body, prev) for _, prev, body in self._bodies[pass_id][len(known) :]]
        entries = self._entries.setdefault(pass_id, [])
        entries.extend(new)
        self.states[pass_id], trace = self._fold(entries, len(known))
        return trace

    def _fold(self, entries: list[Entry], known: int) -> tuple[Pass, list[tuple[Entry, Pass]]]:
        """Fold a whole ledger from its first entry; return the states after those not yet known."""
        state, trace = begin(entries[0]), list[tuple[Entry, Pass]]()
        if known == 0:
            trace.append((entries[0], state))
        for number, entry in enumerate(entries[1:], start=1):
            state = apply(state, entry)
            if number >= known:
                trace.append((entry, state))
        return state, trace

    def ledger(self, pass_id: str) -> list[Entry]:
        """All entries of a pass, as last read."""
        return self._entries[pass_id]

    def check_all(self) -> None:
        """Every store finds itself sound, and all hold the same orders, invoices and notices."""
        rest = [self._rest(app) for app in self.apps]
        assert all(other == rest[0] for other in rest[1:]), "the stores hold different things"
        for app in self.apps:
            assert app.read(self.id, verify, Verify()).damage == ()

    def _rest(self, app: App) -> Any:
        with app.store.begin(self.id, write=False) as tx:
            orders = list(everything(lambda c: tx.orders.page(cursor=c, limit=200)))
            invoices = list(everything(lambda c: tx.invoices.page(cursor=c, limit=200)))
            clients = list(everything(lambda c: tx.clients.page(cursor=c, limit=200)))
            notices = list(everything(lambda c: tx.outbox.page(cursor=c, limit=200)))
            payments = [tx.payments.of_order(order.id) for order in orders]
            return orders, invoices, clients, sorted(notices, key=lambda m: m.id), payments

    def later(self, by: timedelta) -> None:
        """Let time pass."""
        self.clock.move(by)

    def fork(self) -> Bench:
        """Return a bench with a copy, in memory, of what the first store holds."""
        store, copy = self.apps[0].store, MemoryStore()
        assert isinstance(store, MemoryStore)
        data = store.data[self.id]
        fork = Bench(data.business, [copy], self.clock.now())
        for name, table in vars(data).items():
            if isinstance(table, Table):
                getattr(copy.data[self.id], name).rows.update(table.rows)
        return fork

    def look(self) -> Held:
        """Return what the first store holds."""
        return self._look(self.apps[0])
