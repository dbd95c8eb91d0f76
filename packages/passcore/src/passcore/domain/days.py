"""Days: how much of a pass that is sold by time has passed, and how much is left (I3, S12).

A pass without a number earns by day: its value is split over the local days it was sold for. A day
counts once it has begun; days on which the pass stood still (V7) do not count, they come after its
end instead. Days added by hand are worth nothing, as added sessions are.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta

import attrs

from passcore.domain import ledger as lg
from passcore.domain.freezes import open_from, stretches
from passcore.domain.ledger import Entry
from passcore.domain.passes import Pass
from passcore.domain.time import DAY, local_day
from passcore.domain.validity import Window, window_from


@attrs.frozen
class Days:
    """The days a pass was sold for: `passed` and `left` of `total`; what is in neither was lost
    with its end, or taken away by hand. A pass without end is one single day, which its first
    visit passes."""

    total: int
    passed: int
    left: int


def is_over(state: Pass, at: datetime) -> bool:
    """Tell whether the pass's time is over at the instant *at* (V5)."""
    return state.ends_at is not None and at >= state.ends_at


def sold_at(entries: Sequence[Entry]) -> datetime:
    """Return when a pass was sold: its approval where it waited for one, else its beginning."""
    approved = (entry.at for entry in entries if isinstance(entry.fact, lg.Activated))
    return next(approved, entries[0].at)


def days_of(state: Pass, entries: Sequence[Entry], at: datetime) -> Days:
    """Return how the days of *state*, the fold of *entries*, stand at the instant *at*."""
    over = is_over(state, at)
    window = state.window
    if window is None:
        return Days(1, 0, 0 if over else 1)
    sold = _sold(state, window, entries)
    if sold.last_day is None or window.last_day is None:
        passed = min(1, state.balance.used)
        return Days(1, passed, 0 if over else 1 - passed)
    today, sale = local_day(at, state.zone), local_day(sold_at(entries), state.zone)
    total = max(1, _between(max(sold.first_day, sale), sold.last_day))
    first, still = max(window.first_day, sale), _still(state, entries, today)
    passed = min(total, _between(first, min(today, window.last_day), still))
    if over:
        return Days(total, passed, 0)
    left = _between(max(first, today + DAY), window.last_day, still)
    begins = open_from(state.freezes)
    if begins is not None:  # the end will move by these
        left += _between(max(first, begins), today)
    return Days(total, passed, min(total - passed, left))


def _sold(state: Pass, window: Window, entries: Iterable[Entry]) -> Window:
    """Return the window as it was sold: before freezes moved it, and before it was set by hand."""
    for entry in entries:
        if isinstance(entry.fact, lg.Granted | lg.Activated) and entry.fact.window is not None:
            return entry.fact.window
    return window_from(state.terms.validity, window.starts_at, state.zone)


def _still(state: Pass, entries: Iterable[Entry], today: date) -> list[tuple[date, date]]:
    """Return the stretches of days on which the pass stood still: those frozen, and as many from
    the beginning of a dispute on as its end moved the pass's."""
    freezes = [(f.first_day, f.last_day or today) for f in stretches(state.freezes)]
    disputes: list[tuple[date, date]] = []
    last_day: date | None = None
    since = today
    for entry in entries:
        fact = entry.fact
        window: Window | None = getattr(fact, "window", None)
        if isinstance(fact, lg.Suspended):
            since = local_day(entry.at, state.zone)
        elif isinstance(fact, lg.Resumed) and window is not None and window.last_day and last_day:
            moved = (window.last_day - last_day).days
            disputes.append((since, since + timedelta(days=moved - 1)))
        if window is not None:
            last_day = window.last_day
    return freezes + disputes


def _between(first: date, last: date, still: Iterable[tuple[date, date]] = ()) -> int:
    """Return how many days from *first* to *last*, both counted, lie in none of *still*."""
    days = max(0, (last - first).days + 1)
    for stretch in sorted(still):
        begins, ends = max(stretch[0], first), min(stretch[1], last)
        if begins <= ends:
            days -= (ends - begins).days + 1
            first = ends + DAY
    return days
