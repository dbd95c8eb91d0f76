"""Validity: from when until when a pass pays (V1 to V6).

Theory of operation. A product carries a `Validity`: which event anchors the pass and how long it
then runs. A pass carries a `Window`: what that rule gave for this one pass, as two instants, the
local days people are shown, the zone and the rule's text. The window is computed once, from the
original anchor, and stored; later changes (freeze, extension) store a new one. Nothing ever
recomputes a stored window from today's zone rules, so a change of the business's zone or of the
time-zone database moves nothing already sold.

The interval is half-open: a visit at `ends_at` is outside, one microsecond earlier is inside. The
day of the anchor is not counted (Regulation (EEC, Euratom) 1182/71, art. 3(1)), unless the product
says ``first_day``; then it is, and a month that had to be clamped is not shortened again.

The redeem rule says what has to lie in the window: the start of the visit, or the act of booking
it. Days of grace are in the window's instants and not in its last day: people are told the day they
were sold, and the pass pays a little longer (V6).
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from enum import Enum
from typing import Final

import attrs

from passcore.domain.checks import bounded
from passcore.domain.time import DAY, Length, local_day, start_of_day
from passcore.errors import Invalid


class Anchor(str, Enum):
    """Which event starts the clock (V1)."""

    PURCHASE = "purchase"
    CHOSEN_DATE = "chosen_date"
    FIXED_RANGE = "fixed_range"
    FIRST_BOOKING = "first_booking"
    FIRST_USE = "first_use"


#: The anchors of passes that are sold unstarted.
STARTS_LATER: Final = (Anchor.FIRST_BOOKING, Anchor.FIRST_USE)


class Counting(str, Enum):
    """Whether the anchor's own day counts (V2)."""

    NEXT_DAY = "next_day"
    FIRST_DAY = "first_day"


class Redeem(str, Enum):
    """What has to lie inside the window: the visit's start, or the act of booking it (V6)."""

    SERVICE_WITHIN = "service_within"
    BOOKED_WITHIN = "booked_within"


#: The most days of grace.
MAX_GRACE: Final = 3_650


@attrs.frozen
class Validity:
    """A product's rule of validity.

    `length` None means without end. `fixed_from` and `fixed_until` (both inclusive) belong to the
    anchor ``fixed_range`` alone. `activate_within` applies to the anchors ``first_booking`` and
    ``first_use``: a pass not started by then lapses. `grace_days` go with ``service_within``: for
    so many days after the last one a visit is still paid for.
    """

    anchor: Anchor = Anchor.PURCHASE
    length: Length | None = None
    counting: Counting = Counting.NEXT_DAY
    activate_within: Length | None = None
    fixed_from: date | None = None
    fixed_until: date | None = None
    redeem: Redeem = Redeem.SERVICE_WITHIN
    grace_days: int = attrs.field(default=0, validator=bounded("validity.grace_days", 0, MAX_GRACE))

    def __attrs_post_init__(self) -> None:
        fixed = self.anchor is Anchor.FIXED_RANGE
        if fixed and (self.fixed_from is None or self.fixed_until is None):
            raise Invalid(field="validity.fixed_from", problem="and fixed_until must both be given")
        if not fixed and (self.fixed_from or self.fixed_until):
            raise Invalid(field="validity.fixed_from", problem="belongs to anchor fixed_range only")
        if fixed and self.length is not None:
            raise Invalid(field="validity.length", problem="does not go with anchor fixed_range")
        if self.fixed_from and self.fixed_until and self.fixed_until < self.fixed_from:
            raise Invalid(field="validity.fixed_until", problem="is before fixed_from")
        if self.fixed_until and self.fixed_until >= date(9999, 12, 31):
            raise Invalid(field="validity.fixed_until", problem="ends after the year 9999")
        if self.activate_within and not self.starts_later:
            raise Invalid(
                field="validity.activate_within",
                problem="goes with the anchors first_booking and first_use only",
            )
        if self.grace_days and self.redeem is Redeem.BOOKED_WITHIN:
            raise Invalid(field="validity.grace_days", problem="goes with service_within only")

    @property
    def starts_later(self) -> bool:
        """True where a pass is sold unstarted, and a booking or a visit starts it."""
        return self.anchor in STARTS_LATER

    @property
    def rule(self) -> str:
        """The rule in one line, stored beside the window it gave (V4)."""
        span = "without end" if self.length is None else f"{self.length}, {self.counting.value}"
        if self.anchor is Anchor.FIXED_RANGE:
            span = f"{self.fixed_from} to {self.fixed_until}"
        if self.redeem is Redeem.BOOKED_WITHIN:
            span += ", booked within"
        if self.grace_days:
            span += f", grace of {self.grace_days} days"
        return f"{self.anchor.value}: {span}"


@attrs.frozen
class Window:
    """The half-open interval ``[starts_at, ends_at)`` in UTC, and the local days behind it.

    `ends_at` and `last_day` are None where the pass has no end. `zone` is the business's zone when
    the window was made. `ends_at` is `grace_days` after the end of `last_day` (V6).
    """

    starts_at: datetime
    ends_at: datetime | None
    first_day: date
    last_day: date | None
    zone: str
    rule: str
    grace_days: int = 0

    def holds(self, instant: datetime) -> bool:
        """Tell whether *instant* lies inside."""
        return self.starts_at <= instant and (self.ends_at is None or instant < self.ends_at)

    def until(self, last_day: date, rule: str) -> Window:
        """Return the same window ending with *last_day*, for the reason given as *rule*."""
        ends_at = _after(last_day, self.zone, self.grace_days)
        return attrs.evolve(self, ends_at=ends_at, last_day=last_day, rule=rule)


def _after(last_day: date, zone_name: str, grace_days: int = 0) -> datetime:
    """Return the first instant after *last_day* and *grace_days* more (V3, V6)."""
    try:
        return start_of_day(last_day + DAY + timedelta(days=grace_days), zone_name)
    except OverflowError:
        raise Invalid(field="last_day", problem="ends after the year 9999") from None


def last_day_of(anchor_day: date, length: Length, counting: Counting) -> date:
    """Return the last valid day of a pass anchored on *anchor_day* (V2).

    >>> last_day_of(date(2026, 5, 10), Length(30, "days"), Counting.NEXT_DAY)
    datetime.date(2026, 6, 9)
    """
    end, clamped = length.after(anchor_day)
    if counting is Counting.FIRST_DAY and not clamped:
        return end - DAY
    return end


def bare(validity: Validity, starts_at: datetime, first_day: date, zone_name: str) -> Window:
    """Return a window of *validity* that has no end yet."""
    rule, grace = validity.rule, validity.grace_days
    return Window(starts_at, None, first_day, None, zone_name, rule, grace)


def window_from(
    validity: Validity, starts_at: datetime, zone_name: str, *, day: date | None = None
) -> Window:
    """Return the window of a pass whose clock starts at the instant *starts_at*.

    *day* is the anchor's local day where it was chosen as a day; then the window begins with it.
    """
    first_day = day or local_day(starts_at, zone_name)
    begins = start_of_day(first_day, zone_name) if day else starts_at
    window = bare(validity, begins, first_day, zone_name)
    if validity.length is None:
        return window
    return window.until(last_day_of(first_day, validity.length, validity.counting), validity.rule)


def opening_window(
    validity: Validity, active_at: datetime, zone_name: str, *, chosen: date | None = None
) -> Window | None:
    """Return the window a pass has when it becomes active, None where something later starts it.

    Raises `Invalid` where *chosen* is missing for ``chosen_date``, or given for another anchor.
    """
    if (chosen is not None) != (validity.anchor is Anchor.CHOSEN_DATE):
        problem = "is needed" if chosen is None else "does not go with this product"
        raise Invalid(field="starts_on", problem=problem)
    if validity.starts_later:
        return None
    if validity.anchor is Anchor.FIXED_RANGE:
        assert validity.fixed_from is not None and validity.fixed_until is not None
        begins = start_of_day(validity.fixed_from, zone_name)
        window = bare(validity, begins, validity.fixed_from, zone_name)
        return window.until(validity.fixed_until, validity.rule)
    return window_from(validity, active_at, zone_name, day=chosen)


def lapse_instant(validity: Validity, active_at: datetime, zone_name: str) -> datetime | None:
    """Return when an unstarted pass lapses: the first instant after `activate_within`, or None."""
    if validity.activate_within is None:
        return None
    bought = local_day(active_at, zone_name)
    last = last_day_of(bought, validity.activate_within, validity.counting)
    return _after(last, zone_name)
