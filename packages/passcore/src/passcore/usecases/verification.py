"""Verification: refold every pass, follow every chain, compare with what is cached (I1 to I9)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Final, TypeVar

import attrs

from passcore.codec import read_entry
from passcore.domain import ledger as lg
from passcore.domain.bookings import LIVE
from passcore.domain.folding import fold
from passcore.domain.ledger import Entry, chained
from passcore.domain.orders import Order, OrderStatus
from passcore.domain.passes import Pass
from passcore.domain.payments import PaymentStanding
from passcore.errors import Invalid, LedgerDamaged
from passcore.ports.store import Page, StoredPass, Tx
from passcore.usecases.call import Call

T = TypeVar("T")

_PAGE: Final = 200


@attrs.frozen
class Verify:
    """Check the whole business; stop after `most` findings."""

    most: int = 100


@attrs.frozen
class Damage:
    """One thing that cannot be: *what* is ``pass``, ``booking``, ``order`` or ``invoice``; `seq` is
    the entry it shows at, where it is in a ledger; `rule` the invariant broken."""

    rule: str
    what: str
    ref: str
    seq: int | None
    problem: str


@attrs.frozen
class Verified:
    """What was looked at, and the damage found in the order of finding."""

    passes: int
    entries: int
    damage: tuple[Damage, ...]


@attrs.define
class _Tally:
    passes: int = 0
    entries: int = 0


def verify(tx: Tx, command: Verify, _call: Call) -> Verified:
    """Check every invariant of one business, reading only."""
    tally = _Tally()
    found: list[Damage] = []
    for damage in _all(tx, tally):
        found.append(damage)
        if len(found) >= command.most:
            break
    return Verified(tally.passes, tally.entries, tuple(found))


def _all(tx: Tx, tally: _Tally) -> Iterator[Damage]:
    for stored in _every(tx.passes.page):
        tally.passes += 1
        yield from _pass(tx, stored, tally)
    for order in _every(tx.orders.page):
        yield from _order(tx, order)
    yield from _invoices(tx)


def _every(page: Callable[..., Page[T]]) -> Iterator[T]:
    """Read page after page."""
    read = page(cursor=None, limit=_PAGE)
    yield from read.items
    while read.next_cursor is not None:
        read = page(cursor=read.next_cursor, limit=_PAGE)
        yield from read.items


def _pass(tx: Tx, stored: StoredPass, tally: _Tally) -> Iterator[Damage]:
    """Check one pass: chain, fold, cache, links between entries. A ledger that folds adds up (I2),
    because folding takes and gives back exactly the units that are there."""
    pass_id = stored.state.id
    head = lg.GENESIS
    entries: list[Entry] = []
    for seq, prev, body in tx.passes.bodies(pass_id):
        tally.entries += 1
        if prev != head:
            problem = "does not carry the hash of the entry before it"
            yield Damage("chain", "pass", pass_id, seq, problem)
            return
        head = chained(prev, body)
        try:
            entry = read_entry(body, prev)
        except Invalid as error:
            yield Damage("chain", "pass", pass_id, seq, f"is unreadable: {error.problem}")
            return
        if entry.seq != seq:
            yield Damage("chain", "pass", pass_id, seq, "is stored under another number")
            return
        entries.append(entry)
    if head != stored.head:
        last = entries[-1].seq if entries else 0
        yield Damage("chain", "pass", pass_id, last, "is not the entry the pass ends with")
        return
    try:
        state = fold(entries)
    except LedgerDamaged as error:
        yield Damage("I1", "pass", pass_id, error.seq, error.problem)
        return
    yield from _state(stored, state)
    yield from _links(pass_id, entries)
    yield from _bookings(tx, state, entries)


def _state(stored: StoredPass, state: Pass) -> Iterator[Damage]:
    if state != stored.state:
        names = [a.name for a in attrs.fields(Pass)]
        other = [n for n in names if getattr(state, n) != getattr(stored.state, n)]
        problem = f"has cached {', '.join(other)} that its entries do not give"
        yield Damage("I1", "pass", state.id, state.version, problem)


def _links(pass_id: str, entries: list[Entry]) -> Iterator[Damage]:
    """A deduction is reversed once at most, and only a deduction is (I3)."""
    by_seq = {entry.seq: entry.fact for entry in entries}
    reversed_once: set[int] = set()
    deducted: dict[lg.Line, int] = {}
    for entry in entries:
        fact = entry.fact
        if isinstance(fact, lg.Captured | lg.Deducted | lg.Forfeited):
            if fact.line in deducted:
                yield Damage("I3", "pass", pass_id, entry.seq, "deducts one booking line twice")
            deducted[fact.line] = entry.seq
        elif isinstance(fact, lg.Reversed):
            named = by_seq.get(fact.reverses)
            sound = (
                isinstance(named, lg.Captured | lg.Deducted | lg.Forfeited)
                and (named.sessions, named.units) == (fact.sessions, fact.units)
                and fact.reverses not in reversed_once
            )
            if not sound:
                yield Damage("I3", "pass", pass_id, entry.seq, "reverses what it cannot")
            reversed_once.add(fact.reverses)


def _bookings(tx: Tx, state: Pass, entries: list[Entry]) -> Iterator[Damage]:
    """Every live claim of a booking stands in the ledger it names, and stands there still (I3)."""
    live: dict[int, tuple[lg.Line, int]] = {
        entry.seq: (entry.fact.line, entry.fact.sessions)
        for entry in entries
        if isinstance(entry.fact, lg.Captured | lg.Deducted | lg.Forfeited)
    }
    for entry in entries:
        if isinstance(entry.fact, lg.Reversed):
            live.pop(entry.fact.reverses, None)
    live |= {hold.seq: (hold.line, hold.sessions) for hold in state.balance.holds}
    for booking in _every(partial(tx.bookings.page, pass_id=state.id)):
        for line in booking.lines:
            paid = line.payment
            if paid is None or paid.pass_id != state.id or paid.state not in LIVE:
                continue
            if live.get(paid.seq) != (booking.line(line.number, paid.occasion), paid.sessions):
                problem = "claims sessions that were not taken"
                yield Damage("I3", "booking", booking.id, paid.seq, problem)


def _order(tx: Tx, order: Order) -> Iterator[Damage]:
    """A fulfilled order has its pass, its money at most once, and its invoice (I4, I6)."""
    payments = tx.payments.of_order(order.id)
    applied = [p for p in payments if p.standing is PaymentStanding.APPLIED]
    if any(p.refunded.minor > p.amount.minor for p in payments):
        yield Damage("I4", "order", order.id, None, "gave back more than was paid")
    if len(applied) > 1:
        yield Damage("I6", "order", order.id, None, "was paid twice")
    if order.status is not OrderStatus.FULFILLED:
        return
    if order.pass_id is None:
        yield Damage("I6", "order", order.id, None, "is fulfilled without a pass")
    if applied and len(tx.invoices.of_order(order.id)) != 1:
        yield Damage("I4", "order", order.id, None, "has not exactly one invoice")


def _invoices(tx: Tx) -> Iterator[Damage]:
    """Numbers run from 1 without a gap in every series, dates do not go back (I5)."""
    series: dict[str, list[tuple[int, str, str]]] = {}
    for invoice in _every(tx.invoices.page):
        row = (invoice.number, invoice.issued_on.isoformat(), invoice.id)
        series.setdefault(invoice.series, []).append(row)
    for name, rows in series.items():
        day = ""
        for expected, (number, issued_on, invoice_id) in enumerate(sorted(rows), start=1):
            if number != expected:
                problem = f"leaves a gap in series {name}: {expected} is missing"
                yield Damage("I5", "invoice", invoice_id, None, problem)
                break
            if issued_on < day:
                yield Damage("I5", "invoice", invoice_id, None, "is dated before its predecessor")
            day = issued_on
