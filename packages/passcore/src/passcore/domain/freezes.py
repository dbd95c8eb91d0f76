"""Freezes: days on which a pass is set aside, and what they do to its end (V7).

Theory of operation. A freeze is an interval of local days, dated or until further notice. A pass
may have several, and they may overlap: a day is frozen or it is not, and counts once. A pass has so
many days to be used; a frozen day uses up none of them, so each one from the pass's first day on
moves the end by one. A freeze that begins after the end does nothing: by then no day is left.

The window that entries and rows keep has its end moved already. The end without freezes is not
stored; `unmoved` finds it, because every freeze that counted lies wholly before the end it gave.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Final

import attrs

from passcore.domain.checks import bounded
from passcore.domain.time import DAY, LATEST_YEAR, start_of_day
from passcore.domain.validity import Window
from passcore.errors import Invalid

#: The most freezes one pass may have, whatever its terms allow.
MAX_FREEZES: Final = 100


@attrs.frozen
class Freeze:
    """Set aside from `first_day` to `last_day` inclusive; None is until further notice."""

    first_day: date
    last_day: date | None

    def holds(self, instant: datetime, zone: str) -> bool:
        """Tell whether *instant* falls on one of its days in *zone*."""
        if instant < start_of_day(self.first_day, zone):
            return False
        return self.last_day is None or instant < start_of_day(self.last_day + DAY, zone)

    def has(self, day: date) -> bool:
        """Tell whether *day* is one of its days."""
        return self.first_day <= day and (self.last_day is None or day <= self.last_day)


Freezes = tuple[Freeze, ...]


@attrs.frozen
class FreezeLimits:
    """How far a pass may be frozen: how often, how many days in all, and how many days ahead it has
    to be asked for (0: not for days that are over). None is without a limit."""

    count: int | None = attrs.field(
        default=None, validator=bounded("freeze.count", 0, MAX_FREEZES, optional=True)
    )
    days: int | None = attrs.field(
        default=None, validator=bounded("freeze.days", 0, 36_500, optional=True)
    )
    notice: int | None = attrs.field(
        default=None, validator=bounded("freeze.notice", 0, 3_650, optional=True)
    )


def with_freeze(freezes: Freezes, freeze: Freeze) -> Freezes:
    """Return *freezes* and *freeze*, the earliest first, of two that begin alike the shorter."""
    return tuple(sorted((*freezes, freeze), key=lambda f: (f.first_day, f.last_day or date.max)))


def ended_on(freezes: Freezes, day: date) -> Freezes:
    """Return what is left of *freezes* when the pass is taken up again on *day*.

    Those that have the day end with the one before it. Where none has, the next to begin is taken
    back. Freezes that begin later stay.
    """
    running = [freeze for freeze in freezes if freeze.has(day)]
    if running:
        cut = (attrs.evolve(f, last_day=day - DAY) if f.has(day) else f for f in freezes)
        return tuple(f for f in cut if f.last_day is None or f.first_day <= f.last_day)
    coming = min((f.first_day for f in freezes if f.first_day > day), default=None)
    return tuple(f for f in freezes if f.first_day != coming)


def stretches(freezes: Iterable[Freeze]) -> list[Freeze]:
    """Return the frozen days as intervals that neither overlap nor touch, in order."""
    found: list[Freeze] = []
    for freeze in sorted(freezes, key=lambda f: f.first_day):
        last = found[-1].last_day if found else None
        if not found or (last is not None and freeze.first_day > last + DAY):
            found.append(freeze)
        elif last is not None and (freeze.last_day is None or freeze.last_day > last):
            found[-1] = Freeze(found[-1].first_day, freeze.last_day)
    return found


def days_in(freezes: Iterable[Freeze]) -> int | None:
    """Return how many days *freezes* are, each counted once; None where one has no end."""
    total = 0
    for freeze in stretches(freezes):
        if freeze.last_day is None:
            return None
        total += (freeze.last_day - freeze.first_day).days + 1
    return total


def adds_nothing(freezes: Freezes, freeze: Freeze) -> Freeze | None:
    """Return the stretch of frozen days that has all days of *freeze* already, None without."""
    for known in stretches(freezes):
        whole = known.last_day is None or (
            freeze.last_day is not None and freeze.last_day <= known.last_day
        )
        if known.first_day <= freeze.first_day and whole:
            return known
    return None


def open_from(freezes: Iterable[Freeze]) -> date | None:
    """Return the day from which a pass is frozen until further notice, None without one."""
    return min((f.first_day for f in freezes if f.last_day is None), default=None)


def is_open(freezes: Freezes, last_day: date | None) -> bool:
    """Tell whether *freezes* hold off the end of a pass whose last day is else *last_day*."""
    begins = open_from(freezes)
    return begins is not None and (last_day is None or begins <= last_day)


def dated(freezes: Freezes) -> list[Freeze]:
    """Return the stretches that move an end now: what an open freeze has moves it when it ends."""
    begins = open_from(freezes)
    if begins is None:
        return stretches(freezes)
    until = begins - DAY
    before = (f for f in freezes if f.first_day <= until)
    return stretches(
        Freeze(f.first_day, until if f.last_day is None else min(f.last_day, until)) for f in before
    )


def moved(first_day: date, last_day: date, freezes: Freezes) -> date:
    """Return the last day of a pass that without *freezes* would run to *last_day*."""
    for freeze in dated(freezes):
        if freeze.first_day > last_day:
            break
        last_day = later(last_day, _days(freeze, first_day))
    return last_day


def unmoved(first_day: date, last_day: date, freezes: Freezes) -> date:
    """Return the last day that `moved` made *last_day* of."""
    counted = (freeze for freeze in dated(freezes) if freeze.first_day <= last_day)
    return last_day - timedelta(days=sum(_days(freeze, first_day) for freeze in counted))


def _days(freeze: Freeze, first_day: date) -> int:
    """Return how many days of a dated *freeze* are days of a pass that begins on *first_day*."""
    assert freeze.last_day is not None
    return max(0, (freeze.last_day - max(freeze.first_day, first_day)).days + 1)


def later(day: date, days: int) -> date:
    """Return the day *days* after *day*; raises `Invalid` past the year 9999."""
    try:
        return day + timedelta(days=days)
    except OverflowError:
        raise Invalid(field="last_day", problem="ends after the year 9999") from None


def refrozen(
    window: Window, before: Freezes, after: Freezes, rule: str, *, longer: int = 0
) -> Window:
    """Return *window*, whose end has the days of *before* in it, with those of *after* instead and
    *longer* by so many days; the very same where its end stays."""
    if window.last_day is None:
        return window
    plain = later(unmoved(window.first_day, window.last_day, before), longer)
    last_day = moved(window.first_day, plain, after)
    return window if last_day == window.last_day else window.until(last_day, rule)


def within_calendar(day: date, field: str) -> date:
    """Return *day*; raises `Invalid` where reckoning with it could leave the calendar."""
    if day.year > LATEST_YEAR:
        raise Invalid(field=field, problem="ends after the year 9999")
    return day
