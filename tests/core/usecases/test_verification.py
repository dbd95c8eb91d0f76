"""Verification: every damage is named, at the first place where it shows (I1 to I9)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import attrs
import pytest

from passcore import Book, Complete, MemoryStore, Money, Verify, book, complete, verify
from passcore.codec import entry_body
from passcore.domain import commands as cm, ledger as lg
from passcore.domain.folding import fold
from passcore.domain.ledger import Entry, chained
from passcore.domain.payments import PaymentStanding
from passcore.ports.store import PassChange
from passcore.testing import builders
from passcore.testing.builders import NOW
from passcore.usecases.verification import Damage
from tests.core.house import ANA, House

Rows = list[tuple[str, str]]


@pytest.fixture
def shop() -> House:
    """A paid order whose pass holds one visit and paid for another, and a walk-in undone."""
    house = House()
    house.relay.confirm_order(house.id, house.paid_order().id)
    visit = Book(ANA, house.service.id, NOW + timedelta(hours=1))
    house.run(complete, Complete(house.run(book, visit).booking.id))
    house.run(book, attrs.evolve(visit, starts_at=NOW + timedelta(days=1)))
    house.report("completed", 1)
    house.report("reversed", 2)
    assert house.damage() == ()
    return house


def _data(house: House) -> Any:
    assert isinstance(house.store, MemoryStore)
    return house.store.data[house.id]


def _pass_id(house: House) -> str:
    (pass_id,) = _data(house).passes.rows
    return str(pass_id)


def _entries(house: House) -> list[Entry]:
    with house.store.begin(house.id) as tx:
        return list(tx.passes.ledger(_pass_id(house)))


def _write(house: House, entries: list[Entry]) -> None:
    """Replace the ledger by another, rightly chained, as a clever forger would."""
    head, rows = lg.GENESIS, []
    for entry in entries:
        body = entry_body(entry)
        rows.append((head, body))
        head = chained(head, body)
    data, pass_id = _data(house), _pass_id(house)
    data.bodies.rows[pass_id] = tuple(rows)
    data.passes.rows[pass_id] = attrs.evolve(data.passes.rows[pass_id], head=head)


def _first(house: House) -> Damage:
    return house.damage()[0]


def test_a_sound_business_is_counted_and_has_no_damage(shop: House) -> None:
    """One pass; grant, two holds, a capture, a deduction and its reversal."""
    found = shop.app.read(shop.id, verify, Verify())
    assert (found.passes, found.entries, found.damage) == (1, 6, ())


@pytest.mark.parametrize("number", range(6))
def test_a_changed_body_breaks_the_chain_after_it(shop: House, number: int) -> None:
    """The first broken link is named; at the end, that the pass ends with another entry (X24)."""
    rows = list(_data(shop).bodies.rows[_pass_id(shop)])
    prev, body = rows[number]
    rows[number] = (prev, body.replace("2027", "2026", 1))
    _data(shop).bodies.rows[_pass_id(shop)] = tuple(rows)
    damage = _first(shop)
    assert (damage.rule, damage.what, damage.ref) == ("chain", "pass", _pass_id(shop))
    assert damage.seq == min(number + 2, 6)
    assert ("ends with" in damage.problem) == (number == 5)


@pytest.mark.parametrize(
    ("tamper", "seq", "problem"),
    [
        (lambda rows: [("x" * 64, rows[0][1]), *rows[1:]], 1, "the hash"),
        (lambda rows: [*rows[:2], ("x" * 64, rows[2][1]), *rows[3:]], 3, "the hash"),
        (lambda rows: [*rows[:2], *rows[3:]], 3, "the hash"),
        (lambda rows: rows[:-1], 5, "ends with"),
        (lambda _rows: [], 0, "ends with"),
        (lambda rows: [rows[0], rows[2], rows[1], *rows[3:]], 2, "the hash"),
        (lambda rows: [*rows, rows[-1]], 7, "the hash"),
    ],
)
def test_a_tampered_row_is_named(
    shop: House, tamper: Callable[[Rows], Rows], seq: int, problem: str
) -> None:
    """A wrong `prev`, an entry missing in the middle or at the end, all gone, two swapped, one
    twice."""
    rows = list(_data(shop).bodies.rows[_pass_id(shop)])
    _data(shop).bodies.rows[_pass_id(shop)] = tuple(tamper(rows))
    damage = _first(shop)
    assert (damage.rule, damage.seq) == ("chain", seq)
    assert problem in damage.problem


@pytest.mark.parametrize(
    ("body", "problem"), [("{", "unreadable"), ("{}", "unreadable"), ('{"seq":', "unreadable")]
)
def test_an_unreadable_entry_is_named(shop: House, body: str, problem: str) -> None:
    """With a chain that is right around it."""
    head, rows = lg.GENESIS, []
    for number, (_, known) in enumerate(_data(shop).bodies.rows[_pass_id(shop)]):
        text = body if number == 2 else known
        rows.append((head, text))
        head = chained(head, text)
    _data(shop).bodies.rows[_pass_id(shop)] = tuple(rows)
    damage = _first(shop)
    assert (damage.rule, damage.seq) == ("chain", 3)
    assert problem in damage.problem


def test_an_entry_under_another_number_is_named(shop: House) -> None:
    """Its body says which it is."""
    entries = _entries(shop)
    _write(shop, [entries[0], attrs.evolve(entries[1], seq=9), *entries[2:]])
    assert (_first(shop).rule, _first(shop).seq) == ("chain", 2)


def test_a_forged_ledger_that_does_not_fold_is_named(shop: House) -> None:
    """Rightly chained: a deduction of more than there is."""
    entries = _entries(shop)
    forged = lg.Deducted(lg.Line("forged"), 99, ((1200, 99),), NOW)
    _write(shop, [*entries[:2], attrs.evolve(entries[2], fact=forged), *entries[3:]])
    damage = _first(shop)
    assert (damage.rule, damage.seq) == ("I1", 3)
    assert "not there" in damage.problem


def test_a_cached_balance_that_the_entries_do_not_give_is_named(shop: House) -> None:
    """By the field that differs (I1)."""
    stored = _data(shop).passes.rows[_pass_id(shop)]
    balance = attrs.evolve(stored.state.balance, available=99)
    forged = attrs.evolve(stored.state, balance=balance)
    _data(shop).passes.rows[_pass_id(shop)] = attrs.evolve(stored, state=forged)
    (damage,) = shop.damage()
    assert (damage.rule, damage.problem) == (
        "I1",
        "has cached balance that its entries do not give",
    )


def test_a_doubled_deduction_is_named(shop: House) -> None:
    """One booking line is paid for once (I3)."""
    entries = _entries(shop)
    captured = next(e for e in entries if isinstance(e.fact, lg.Captured))
    assert isinstance(captured.fact, lg.Captured)
    again = lg.Deducted(captured.fact.line, 1, ((1200, 1),), NOW)
    _write(shop, [*entries, attrs.evolve(entries[-1], seq=7, fact=again)])
    found = [d for d in shop.damage() if d.rule == "I3"]
    assert (found[0].seq, found[0].problem) == (7, "deducts one booking line twice")


@pytest.mark.parametrize("reverses", [1, 2, 5])
def test_a_reversal_of_what_cannot_be_reversed_is_named(shop: House, reverses: int) -> None:
    """A grant, a hold, a deduction that was reversed before (I3)."""
    entries = _entries(shop)
    reversal = entries[-1].fact
    assert isinstance(reversal, lg.Reversed)
    assert reversal.reverses == 5
    forged = attrs.evolve(reversal, reverses=reverses)
    _write(shop, [*entries, attrs.evolve(entries[-1], seq=7, fact=forged)])
    found = [d for d in shop.damage() if d.rule == "I3"]
    assert (found[0].seq, found[0].problem) == (7, "reverses what it cannot")


def test_a_reversal_of_other_sessions_than_were_deducted_is_named(shop: House) -> None:
    """One of two, say (I3)."""
    owner = _data(shop).passes.rows[_pass_id(shop)].state.client_id
    told = builders.story(of=shop.product.terms, client_id=owner)
    told.do(cm.Deduct(lg.Line("b"), builders.visit(seats=2)))
    told.do(cm.Reverse(2, lg.Line("b"), 1, ((1200, 1),), NOW))
    with shop.store.begin(shop.id) as tx:
        first = builders.stored(fold(told.entries[:1]))
        tx.passes.add(first, told.entries[0])
        before = tx.passes.get(told.state.id)
        tx.passes.append([PassChange(before, tuple(told.entries[1:]), told.state)])
    (damage,) = shop.damage()
    assert (damage.ref, damage.seq) == (told.state.id, 3)


@pytest.mark.parametrize("change", [{"seq": 99}, {"sessions": 2}, {"occasion": 2}])
def test_a_booking_that_claims_what_was_not_taken_is_named(
    shop: House, change: dict[str, int]
) -> None:
    """Another entry, other sessions, another occasion."""
    rows = _data(shop).bookings.rows
    for booking in list(rows.values()):
        line = booking.lines[0]
        if line.payment.state.value == "captured":
            forged = attrs.evolve(line, payment=attrs.evolve(line.payment, **change))
            rows[booking.id] = attrs.evolve(booking, lines=(forged,))
    (damage,) = shop.damage()
    assert (damage.rule, damage.what) == ("I3", "booking")


@pytest.mark.parametrize("state", ["held", "captured"])
def test_a_booking_that_claims_what_was_given_back_is_named(shop: House, state: str) -> None:
    """Its hold was released, its deduction reversed (I3)."""
    rows = _data(shop).bookings.rows
    booking = next(b for b in rows.values() if b.lines[0].payment.state.value == state)
    payment = booking.lines[0].payment
    entries = _entries(shop)
    units = ((1200, 1),)
    line = booking.line(0, 1)
    fact: lg.Fact = lg.Released(payment.seq, line, 1, units)
    if state == "captured":
        fact = lg.Reversed(payment.seq, line, 1, units)
    _write(shop, [*entries, attrs.evolve(entries[-1], seq=7, fact=fact)])
    found = [d for d in shop.damage() if d.what == "booking"]
    assert [(d.ref, d.problem) for d in found] == [
        (booking.id, "claims sessions that were not taken")
    ]


def _forge_order(shop: House, kind: str) -> None:
    data = _data(shop)
    (order,) = data.orders.rows.values()
    (payment,) = data.payments.rows.values()
    if kind == "refunded":
        data.payments.rows[payment.id] = attrs.evolve(payment, refunded=Money(99_999, "EUR"))
    elif kind == "twice":
        data.payments.rows["pay_x"] = attrs.evolve(payment, id="pay_x", payment_ref="x")
    elif kind == "pass":
        data.orders.rows[order.id] = attrs.evolve(order, pass_id=None)
    else:
        data.invoices.rows.clear()
    assert payment.standing is PaymentStanding.APPLIED


@pytest.mark.parametrize(
    ("kind", "rule", "problem"),
    [
        ("refunded", "I4", "gave back more than was paid"),
        ("twice", "I6", "was paid twice"),
        ("pass", "I6", "is fulfilled without a pass"),
        ("invoice", "I4", "has not exactly one invoice"),
    ],
)
def test_an_order_that_does_not_add_up_is_named(
    shop: House, kind: str, rule: str, problem: str
) -> None:
    """Money, pass and invoice belong together."""
    _forge_order(shop, kind)
    (damage,) = shop.damage()
    assert (damage.rule, damage.what, damage.problem) == (rule, "order", problem)


def test_a_gap_in_the_invoices_is_named(shop: House) -> None:
    """And a number that comes twice; each series by itself (I5)."""
    shop.relay.confirm_order(shop.id, shop.paid_order().id)
    rows = _data(shop).invoices.rows
    first, second = sorted(rows.values(), key=lambda i: i.number)
    for number, missing in ((3, 2), (1, 2)):
        rows[second.id] = attrs.evolve(second, number=number)
        (damage,) = shop.damage()
        assert damage.problem == f"leaves a gap in series 2027: {missing} is missing"
    rows[second.id] = attrs.evolve(second, series="2028", number=1)
    assert shop.damage() == ()
    rows[second.id] = attrs.evolve(second, issued_on=first.issued_on - timedelta(days=1))
    (damage,) = shop.damage()
    assert (damage.rule, damage.ref) == ("I5", second.id)


def test_verification_stops_after_as_many_findings_as_asked(shop: House) -> None:
    """The first ones."""
    _forge_order(shop, "twice")
    _data(shop).invoices.rows.clear()
    assert len(shop.damage()) == 2
    assert len(shop.app.read(shop.id, verify, Verify(most=1)).damage) == 1


def test_all_pages_are_verified() -> None:
    """Also what lies beyond the first: passes, their bookings, orders, invoices."""
    house = House()
    passed = house.assign(house.add_product("All", None))
    with house.store.begin(house.id) as tx:
        for _ in range(201):
            told = builders.story(of=house.product.terms, client_id=passed.client.id)
            tx.passes.add(builders.stored(told.state), told.entries[0])
            order = builders.order(passed.client.id, house.product.terms)
            tx.orders.add(order)
            tx.invoices.add(builders.invoice(order, tx.invoices.next_number("2027")))
    for number in range(201):
        house.report("booked", ref=f"visit-{number}")
    found = house.app.read(house.id, verify, Verify())
    assert (found.passes, found.entries, found.damage) == (202, 403, ())
    data = _data(house)
    oldest = min(data.passes.rows.values(), key=lambda p: (p.state.created_at, p.state.id))
    data.passes.rows[oldest.state.id] = attrs.evolve(oldest, head="x")
    earliest = min(data.bookings.rows.values(), key=lambda b: (b.starts_at, b.id))
    line = earliest.lines[0]
    forged = attrs.evolve(line, payment=attrs.evolve(line.payment, sessions=9))
    data.bookings.rows[earliest.id] = attrs.evolve(earliest, lines=(forged,))
    data.invoices.rows.pop(max(data.invoices.rows.values(), key=lambda i: -i.number).id)
    assert sorted(d.what for d in house.damage()) == ["booking", "invoice", "pass"]
