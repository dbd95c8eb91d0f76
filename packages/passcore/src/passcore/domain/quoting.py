"""Quoting: what goes back of a pass, reckoned from its ledger and its payment alone (S12).

The caller has read the pass, its entries, what was paid and given back, and the list prices of the
visits; nothing else is asked, and nothing changes. Free sessions are worth nothing: used, they cost
nothing, and left, they bring nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import reduce

import attrs

from passcore.domain import ledger as lg
from passcore.domain.days import days_of, is_over, sold_at
from passcore.domain.ledger import Entry, Line, Units
from passcore.domain.money import Money
from passcore.domain.passes import Pass
from passcore.domain.refunds import (
    ListRate,
    OpenBooking,
    QuoteLabel as Q,
    QuoteLine,
    RefundBasis,
    RefundQuote,
    Rounding,
)
from passcore.domain.time import DAY, local_day, start_of_day


@attrs.frozen
class Use:
    """Sessions that count as used for one booking line, of the `cost` its visit had; a visit that
    was cancelled late may have lost only part of it."""

    line: Line
    sessions: int
    units: Units
    cost: int


def uses(entries: Iterable[Entry]) -> tuple[Use, ...]:
    """Return what counts as used, in the order of the ledger; what was reversed does not."""
    held: dict[int, int] = {}
    found: dict[int, Use] = {}
    for entry in entries:
        fact = entry.fact
        if isinstance(fact, lg.Reserved):
            held[entry.seq] = fact.sessions
        elif isinstance(fact, lg.Captured | lg.Deducted):
            found[entry.seq] = Use(fact.line, fact.sessions, fact.units, fact.sessions)
        elif isinstance(fact, lg.Forfeited):
            cost = held[fact.resolves]
            found[entry.seq] = Use(fact.line, fact.sessions, fact.units, cost)
        elif isinstance(fact, lg.Reversed):
            del found[fact.reverses]
    return tuple(found.values())


@attrs.frozen
class _Parts:
    """Where the value of a pass is, without tax: `total` split over `count` sessions or days."""

    total: int
    count: int
    used: Units
    held: Units
    lapsed: Units
    taken: Units
    dearest: int

    @property
    def rounding(self) -> Rounding | None:
        """How the value of one came about."""
        return Rounding.LARGEST_REMAINDER if self.total % self.count else None


def _unit_parts(state: Pass, entries: Sequence[Entry], used: Sequence[Use], at: datetime) -> _Parts:
    """Count the units of a pass with a number. What is nowhere else was taken away by hand."""
    granted, balance = entries[0].fact, state.balance
    assert isinstance(granted, lg.Granted), "a ledger begins with a grant"
    over = is_over(state, at)
    gone = _paid_for(reduce(lg.join, (use.units for use in used), ()))
    held = _paid_for(reduce(lg.join, (hold.units for hold in balance.holds), ()))
    lapsed = _paid_for(lg.join(balance.lapsed, balance.units if over else ()))
    left = () if over else _paid_for(balance.units)
    taken: Units | None = _paid_for(granted.units)
    for part in (gone, held, lapsed, left):
        assert taken is not None, "units are conserved by folding"
        taken = lg.without(taken, part)
    assert taken is not None, "units are conserved by folding"
    count = lg.count_of(granted.units)
    return _Parts(lg.value_of(granted.units), count, gone, held, lapsed, taken, granted.units[0][0])


def _paid_for(units: Units) -> Units:
    """Return *units* without the free ones."""
    return tuple(run for run in units if run[0])


def _day_parts(state: Pass, entries: Sequence[Entry], at: datetime) -> _Parts:
    """Count the days of a pass without a number, each worth its share of the price."""
    days, total = days_of(state, entries, at), state.terms.net_minor
    units = lg.units_of(total, days.total)
    passed, rest = _first(units, days.passed)
    lost, _ = _first(rest, days.total - days.passed - days.left)
    lapsed, taken = (lost, ()) if is_over(state, at) else ((), lost)
    paid = [_paid_for(part) for part in (passed, lapsed, taken)]
    return _Parts(total, days.total, paid[0], (), paid[1], paid[2], units[0][0])


def _first(units: Units, count: int) -> tuple[Units, Units]:
    return lg.take(units, count) if count else ((), units)


@attrs.frozen
class _Case:
    """All that a quote is reckoned from."""

    unlimited: bool
    used: tuple[Use, ...]
    parts: _Parts
    paid: int
    refunded: int
    rates: Mapping[Line, ListRate]


class _Sheet:
    """The lines of a quote in the making; `rest` is what they add up to."""

    def __init__(self, case: _Case) -> None:
        self.lines: list[QuoteLine] = []
        self._case, self._net = case, 0
        self.add(Q.PAID, 1, case.paid)
        self.add(Q.REFUNDED_BEFORE, 1, case.refunded)

    @property
    def rest(self) -> int:
        """What the lines so far add up to."""
        return sum(line.amount_minor for line in self.lines)

    def add(
        self, label: Q, count: int, unit: int, rounding: Rounding | None = None,
        rate: ListRate | None = None,
    ) -> None:  # fmt: skip
        """Add a line, unless it says nothing."""
        if count and (unit or label in (Q.PAID, Q.USED_FREE)):
            self.lines.append(QuoteLine.of(label, count, unit, rounding, rate))

    def units(self, label: Q, units: Units, rate: ListRate | None = None) -> None:
        """Add a line for each run of *units*, at pack rate and without tax."""
        for value, count in units:
            self.add(label, count, value, self._case.parts.rounding, rate)
        self._net += lg.value_of(units)

    def lost(self, *, lapsed: bool = True) -> None:
        """Add what is not there to be given back."""
        parts = self._case.parts
        self.units(Q.HELD, parts.held)
        self.units(Q.LAPSED, parts.lapsed if lapsed else ())
        self.units(Q.TAKEN_AWAY, parts.taken)

    def tax(self) -> None:
        """Add what the units so far are worth more with tax: their share of what was paid."""
        gross, rounding = share(self._case.paid, self._net, self._case.parts.total)
        self.add(Q.TAX, 1, gross - self._net, rounding)

    def at_pack(self) -> None:
        """Add what was used, as the pack was sold."""
        case = self._case
        self.units(Q.DAYS_PASSED if case.unlimited else Q.USED, case.parts.used)
        if not case.unlimited:
            self.add(Q.USED_FREE, sum(use.sessions - _charged(case, use) for use in case.used), 0)

    def at_list(self) -> None:
        """Add what was used, as the visits are sold one by one."""
        case, free = self._case, 0
        rated: Counter[tuple[ListRate, int, Rounding | None]] = Counter()
        unrated: dict[ListRate | None, Units] = {}
        for use in case.used:
            charged, rate = _charged(case, use), case.rates.get(use.line)
            free += use.sessions - charged
            if rate is None or rate.minor is None:
                units = _paid_for(use.units)
                if case.unlimited:
                    units = ((case.parts.dearest, use.sessions),)
                unrated[rate] = lg.join(unrated.get(rate, ()), units)
            else:
                amount, rounding = share(rate.minor, charged, use.cost)
                rated[attrs.evolve(rate, minor=None), amount, rounding] += 1
        for (rate, amount, rounding), count in rated.items():
            self.add(Q.USED_AT_LIST, count, amount, rounding, rate)
        for rate, units in unrated.items():
            self.units(Q.USED_WITHOUT_LIST, units, rate)
        self.add(Q.USED_FREE, free, 0)


def _charged(case: _Case, use: Use) -> int:
    """Return how many of the sessions used were paid for."""
    return use.sessions if case.unlimited else lg.count_of(_paid_for(use.units))


def share(whole: int, part: int, of: int) -> tuple[int, Rounding | None]:
    """Return *whole* times *part* / *of*, rounded half up, and how it was rounded; 0 of nothing."""
    if not of:
        return 0, None
    return (2 * whole * part + of) // (2 * of), Rounding.HALF_UP if whole * part % of else None


def quote(  # what was paid, given back and charged elsewhere, each by its name
    state: Pass,
    entries: Sequence[Entry],
    *,
    paid: Money,
    refunded: Money,
    rates: Mapping[Line, ListRate],
    at: datetime,
) -> RefundQuote:
    """Return what goes back of *state*, the fold of *entries*, at the instant *at*.

    *paid* is what came for the pass, tax included, and *refunded* what of it went back before.
    *rates* has the list price of each booking line that was paid with the pass; a line that is not
    there, or whose service has no list price, counts at pack rate: on a pass without a number at
    the value of one day.
    """
    used, currency, policy = uses(entries), paid.currency, state.terms.refund
    by_day = state.unlimited
    parts = _day_parts(state, entries, at) if by_day else _unit_parts(state, entries, used, at)
    case = _Case(by_day, used, parts, paid.minor, refunded.minor, rates)
    until = _cooling_off(state, entries)
    cooling = until is not None and at < start_of_day(until + DAY, state.zone)
    basis = RefundBasis.COOLING_OFF if cooling else RefundBasis(policy.formula.value)
    sheet = _reckoned(case, basis) if paid.minor else _Sheet(case)
    sheet.add(Q.NOT_BELOW_ZERO, 1, max(0, -sheet.rest))
    fee = 0 if cooling else min(policy.fee_minor, sheet.rest)
    sheet.add(Q.FEE, 1, fee)
    held = (OpenBooking(h.line.booking_id, h.sessions, h.starts_at) for h in state.balance.holds)
    return RefundQuote(
        pass_id=state.id,
        at=at,
        basis=basis,
        cooling_off_until=until,
        paid=paid,
        refunded_before=refunded,
        used_at_pack=Money(_worth(case, _Sheet.at_pack), currency),
        used_at_list=Money(_worth(case, _Sheet.at_list), currency),
        fee=Money(fee, currency),
        refundable=Money(sheet.rest, currency),
        lines=tuple(sheet.lines),
        open_bookings=tuple(held),
    )


def _cooling_off(state: Pass, entries: Sequence[Entry]) -> date | None:
    """Return the last day to change one's mind, None where the product grants none."""
    days = state.terms.refund.cooling_off_days
    return local_day(sold_at(entries), state.zone) + timedelta(days=days) if days else None


def _reckoned(case: _Case, basis: RefundBasis) -> _Sheet:
    """Return the sheet by *basis*, before it is kept from falling below nothing."""
    sheet = _Sheet(case)
    if basis is RefundBasis.NONE:
        sheet.add(Q.NOT_REFUNDABLE, 1, sheet.rest)
    elif basis is RefundBasis.COOLING_OFF:
        if case.used or not case.unlimited:
            sheet.at_pack()
            sheet.lost(lapsed=False)
            sheet.tax()
    elif basis is RefundBasis.PRO_RATA:
        sheet.at_pack()
        sheet.lost()
        sheet.tax()
    else:
        sheet.at_list()
        sheet.lost()
        sheet.tax()
        # A list price below the pack's rate, or days that passed unvisited, give nothing more back.
        sheet = min(sheet, _reckoned(case, RefundBasis.PRO_RATA), key=lambda made: made.rest)
    return sheet


def _worth(case: _Case, fill: Callable[[_Sheet], None]) -> int:
    """Return what was used by one measure, tax included."""
    sheet = _Sheet(case)
    before = sheet.rest
    fill(sheet)
    sheet.tax()
    return before - sheet.rest
