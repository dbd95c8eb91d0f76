"""Verification: refold every pass, follow every chain, compare with what is cached (I1 to I9)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import attrs

from passcore.codec import read_entry
from passcore.domain import ledger as lg
from passcore.domain.bookings import LIVE, Booking
from passcore.domain.folding import fold
from passcore.domain.ledger import Entry, chained, count_of
from passcore.domain.orders import OrderStatus
from passcore.domain.passes import Pass
from passcore.domain.payments import PaymentStanding
from passcore.errors import Invalid, LedgerDamaged
from passcore.ports.store import StoredPass, Tx
from passcore.usecases.call import Call

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
    cursor = None
    while True:
        page = tx.passes.page(cursor=cursor, limit=_PAGE)
        for stored in page.items:
            tally.passes += 1
            yield from _pass(tx, stored, tally)
        cursor = page.next_cursor
        if cursor is None:
            break
    yield from _bookings(tx)
    yield from _orders(tx)
    yield from _invoices(tx)


def _pass(tx: Tx, stored: StoredPass, tally: _Tally) -> Iterator[Damage]:
    """Check one pass: chain, fold, cache, links between entries (I1, I2, I3)."""
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


def _state(stored: StoredPass, state: Pass) -> Iterator[Damage]:
    if state != stored.state:
        names = [a.name for a in attrs.fields(Pass)]
        other = [n for n in names if getattr(state, n) != getattr(stored.state, n)]
        problem = f"has cached {', '.join(other)} that its entries do not give"
        yield Damage("I1", "pass", state.id, state.version, problem)
    b = state.balance
    if state.unlimited:
        return
    total = b.granted + b.adjusted
    parts = b.used + b.held + b.available + b.expired + b.refunded + b.transferred
    if total != parts or count_of(b.units) != b.available or min(b.available, b.held, b.used) < 0:
        yield Damage("I2", "pass", state.id, state.version, "does not add up")


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


def _bookings(tx: Tx) -> Iterator[Damage]:
    """Every live claim of a booking stands in the ledger it names (I3, I7)."""
    cursor = None
    while True:
        page = tx.bookings.page(cursor=cursor, limit=_PAGE)
        for booking in page.items:
            yield from _booking(tx, booking)
        cursor = page.next_cursor
        if cursor is None:
            return


def _booking(tx: Tx, booking: Booking) -> Iterator[Damage]:
    for line in booking.lines:
        payment = line.payment
        if payment is None or payment.state not in LIVE:
            continue
        name = booking.line(line.number, payment.occasion)
        entries = tx.passes.ledger(payment.pass_id)
        named = next((e.fact for e in entries if e.seq == payment.seq), None)
        if (
            getattr(named, "line", None) != name
            or getattr(named, "sessions", 0) != payment.sessions
        ):
            yield Damage(
                "I3", "booking", booking.id, payment.seq, "claims sessions that were not taken"
            )


def _orders(tx: Tx) -> Iterator[Damage]:
    """A fulfilled order has its pass, its money at most once, and its invoice (I4, I6)."""
    cursor = None
    while True:
        page = tx.orders.page(cursor=cursor, limit=_PAGE)
        for order in page.items:
            payments = tx.payments.of_order(order.id)
            applied = [p for p in payments if p.standing is PaymentStanding.APPLIED]
            if any(p.refunded.minor > p.amount.minor for p in payments):
                yield Damage("I4", "order", order.id, None, "gave back more than was paid")
            if len(applied) > 1:
                yield Damage("I6", "order", order.id, None, "was paid twice")
            if order.status is not OrderStatus.FULFILLED:
                continue
            if order.pass_id is None:
                yield Damage("I6", "order", order.id, None, "is fulfilled without a pass")
            if applied and len(tx.invoices.of_order(order.id)) != 1:
                yield Damage("I4", "order", order.id, None, "has not exactly one invoice")
        cursor = page.next_cursor
        if cursor is None:
            return


def _invoices(tx: Tx) -> Iterator[Damage]:
    """Numbers run from 1 without a gap in every series, dates do not go back (I5)."""
    series: dict[str, list[tuple[int, str, str]]] = {}
    cursor = None
    while True:
        page = tx.invoices.page(cursor=cursor, limit=_PAGE)
        for invoice in page.items:
            row = (invoice.number, invoice.issued_on.isoformat(), invoice.id)
            series.setdefault(invoice.series, []).append(row)
        cursor = page.next_cursor
        if cursor is None:
            break
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
