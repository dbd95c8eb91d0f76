"""Comparing: what one command added, the fold after each entry, and the model beside it."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import attrs

from passcore.domain import ledger as lg
from passcore.domain.bookings import LIVE, Booking
from passcore.domain.ledger import Entry, Units
from passcore.domain.passes import Pass
from passcore.errors import PassError
from tests.core.state_machine.bench import Held
from tests.core.state_machine.model import ModelPass, Values
from tests.core.state_machine.visits import Model, Visit
from tests.core.vectors.caps import fullest


def outcome_of(answer: object) -> str | None:
    """Return the code of a refusal, None for a result."""
    return answer.code if isinstance(answer, PassError) else None


def follow(model: Model, pass_id: str, trace: list[tuple[Entry, Pass]]) -> None:
    """Let the model read the entries along; after each the fold is where the model is."""
    walk = model.walk(pass_id)
    for entry, state in trace:
        if not isinstance(entry.fact, lg.Granted):
            booking = getattr(getattr(entry.fact, "line", None), "booking_id", None)
            over = state.ends_at is not None and entry.at >= state.ends_at
            walk.entry(type(entry.fact).__name__, booking, sessions_of(entry), over=over)
        compare(walk.state, state)
    walk.done()


def sessions_of(entry: Entry) -> int:
    """How many sessions an entry moves."""
    if isinstance(entry.fact, lg.Adjusted):
        return entry.fact.delta
    return getattr(entry.fact, "sessions", 0) or 0


def compare(model: ModelPass, state: Pass) -> None:
    """Every balance, and the value of every session behind it."""
    balance = state.balance
    assert balance.granted == len(model.granted)
    assert balance.used == sum(map(len, model.spent.values()))
    assert balance.held == sum(map(len, model.held.values()))
    assert balance.expired == len(model.lapsed)
    assert balance.adjusted == model.added - len(model.gone)
    assert (balance.refunded, balance.transferred) == (0, 0)
    assert balance.available == len(model.free)
    assert values(balance.units) == model.free
    assert values(balance.lapsed) == model.lapsed
    assert len(balance.holds) == len(model.held)
    for hold in balance.holds:
        assert hold.sessions == len(model.held[hold.line.booking_id])
        if not model.unlimited:
            assert values(hold.units) == model.held[hold.line.booking_id]


def within_caps(model: Model, state: Pass) -> None:
    """A pass with caps knows the visits that have its sessions, and they are never too many (C3).
    The caps here count by days in a row or weeks, so nothing that moves a window can move them."""
    if not state.terms.caps:
        assert state.counted == ()
        return
    days = sorted(
        visit.report.starts_at.astimezone(ZoneInfo(state.zone)).date()
        for visit in model.visits.values()
        if visit.live and visit.pass_id == state.id
    )
    assert sorted(counted.day for _, counted in state.counted) == days
    for cap in state.terms.caps:
        there = [c.day for _, c in state.counted if cap.concerns(c.service_id, c.category)]
        row = {"window": cap.window.value, "days": cap.days}
        assert all(fullest(row, days[0], there, day) <= cap.most for day in there)


def agree(visit: Visit, booking: Booking) -> None:
    """The stored booking is as the newest report of it says, and so is its claim."""
    report, (line,) = visit.report, booking.lines
    assert (booking.source, booking.ref) == (report.source, report.ref)
    assert (booking.revision, booking.status) == (report.revision, report.status)
    assert (booking.client_id, booking.starts_at) == (report.client.id, report.starts_at)
    assert (booking.seats, booking.choice) == (report.seats, report.choice)
    paid = line.payment
    assert (None if paid is None else paid.state.value) == visit.state
    if paid is not None:
        assert (paid.pass_id, paid.occasion) == (visit.pass_id, visit.occasion)
        assert not visit.live or paid.sessions == visit.sessions


def values(units: Units) -> Values:
    """Write runs of equal sessions out, one number a session."""
    return [value for value, count in units for _ in range(count)]


def recognised(entries: list[Entry]) -> int:
    """What the books earned from a ledger: the value of all that was used and not reversed (I3)."""
    total = 0
    for entry in entries:
        match entry.fact:
            case lg.Captured() | lg.Deducted() | lg.Forfeited():
                total += sum(values(entry.fact.units))
            case lg.Reversed():
                total -= sum(values(entry.fact.units))
            case _:
                pass
    return total


def summary(held: Held) -> object:
    """What is so about passes and bookings, whatever way it came to be so."""
    passes = [
        (
            stored.state.id, stored.state.standing, stored.state.window, stored.state.locked,
            attrs.evolve(stored.state.balance, holds=()),
            sorted(attrs.astuple(counted) for _, counted in stored.state.counted),
            sorted((hold.starts_at, hold.units) for hold in stored.state.balance.holds),
        )
        for stored in held.passes.values()
    ]  # fmt: skip
    bookings = [
        (b.source, b.ref, b.revision, b.status, b.client_id, b.starts_at, b.seats, b.choice,
         claim_of(b))
        for b in held.bookings.values()
    ]  # fmt: skip
    return sorted(passes, key=lambda row: row[0]), sorted(bookings, key=lambda row: row[:2])


def claim_of(booking: Booking) -> object:
    """What a booking has of which pass."""
    (line,) = booking.lines
    paid = line.payment
    if paid is None or paid.state not in LIVE:
        return line.service_id
    return line.service_id, paid.pass_id, paid.state, paid.sessions, paid.units


def moved_start(before: Held, after: Held) -> bool:
    """Tell whether a pass that a visit starts was touched. Once something else was used, undoing
    the visit that started it leaves it started, so there the order of reports may show."""
    changed = (s.state for s in after.passes.values() if s != before.passes[s.state.id])
    return any(state.terms.validity.starts_later for state in changed)
