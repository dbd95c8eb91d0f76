"""Instants and local days: the only place that knows how a time zone bends a calendar (V2, V3).

An *instant* is an aware `datetime` in UTC, a *day* a `date` in the business's zone. Instants are
compared in UTC only: two local times of one zone compare by their clock faces, which is wrong in
the hour that a change of the clocks repeats.
"""

from __future__ import annotations

import calendar
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import attrs

from passcore.errors import Invalid

DAY = timedelta(days=1)
EARLIEST_YEAR, LATEST_YEAR = 1900, 9900
_MIDNIGHT = time(0)


@lru_cache(maxsize=1024)
def zone(name: str) -> ZoneInfo:
    """Return the IANA zone *name*; raises `Invalid` where there is none of that name."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Invalid(field="time_zone", problem="is not an IANA time zone name") from None


def utc(moment: datetime, field: str = "instant") -> datetime:
    """Return *moment* in UTC; raises `Invalid` for a time without offset, or so far away that
    reckoning with it would leave the calendar."""
    if moment.tzinfo is None or moment.utcoffset() is None:
        raise Invalid(field=field, problem="needs an offset, for example 2027-03-01T18:00:00+01:00")
    if not EARLIEST_YEAR <= moment.year <= LATEST_YEAR:
        raise Invalid(field=field, problem=f"is not from {EARLIEST_YEAR} to {LATEST_YEAR}")
    return moment.astimezone(UTC)


def local(instant: datetime, zone_name: str) -> datetime:
    """Return *instant* as a clock on the wall of *zone_name* shows it, for words to people."""
    return instant.astimezone(zone(zone_name))


def local_day(instant: datetime, zone_name: str) -> date:
    """Return the day on the wall calendar of *zone_name* at *instant*."""
    return local(instant, zone_name).date()


def start_of_day(day: date, zone_name: str) -> datetime:
    """Return the first instant of *day* in *zone_name*, in UTC (V3).

    A midnight that occurs twice counts at its first occurrence; one that the clocks skip gives
    the first instant after the gap, wherever in the gap midnight lies.
    """
    where = zone(zone_name)
    midnight = datetime.combine(day, _MIDNIGHT)
    first = midnight.replace(tzinfo=where).astimezone(UTC)
    if first.astimezone(where).replace(tzinfo=None) == midnight:
        return first
    return _end_of_gap(midnight, where)


def _end_of_gap(midnight: datetime, where: ZoneInfo) -> datetime:
    """Find the change of offset that skips *midnight*, to the second."""
    low = midnight.replace(tzinfo=where, fold=1).astimezone(UTC)  # before the change
    high = midnight.replace(tzinfo=where, fold=0).astimezone(UTC)  # at the change or after it
    after = high.astimezone(where).utcoffset()
    while high - low > timedelta(seconds=1):
        middle = low + timedelta(seconds=int((high - low).total_seconds()) // 2)
        if middle.astimezone(where).utcoffset() == after:
            high = middle
        else:
            low = middle
    return high


def from_local(moment: datetime, zone_name: str) -> datetime:
    """Return the instant of the wall-clock time *moment* (no offset) in *zone_name*, in UTC.

    A time that occurs twice means the first; one that the clocks skip means as long after the
    change as it was written after the last hour that exists, as calendars do.
    """
    if moment.tzinfo is not None:
        return utc(moment)
    return utc(moment.replace(tzinfo=zone(zone_name)))


def add_months(day: date, months: int) -> tuple[date, bool]:
    """Return *day* moved by *months*, and whether it had to be clamped to the month's end."""
    year, month0 = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = calendar.monthrange(year, month0 + 1)[1]
    return date(year, month0 + 1, min(day.day, last)), day.day > last


@attrs.frozen
class Length:
    """A calendar length: *count* of *unit*, which is days, weeks, months or years."""

    count: int
    unit: str

    def __attrs_post_init__(self) -> None:
        if self.unit not in ("days", "weeks", "months", "years"):
            raise Invalid(field="length.unit", problem="is not days, weeks, months or years")
        if type(self.count) is not int or not 1 <= self.count <= 36_500:
            raise Invalid(field="length.count", problem="is not from 1 to 36500")

    def after(self, day: date) -> tuple[date, bool]:
        """Return the day this length after *day*, and whether a month end clamped it.

        Raises `Invalid` past the year 9999.
        """
        try:
            if self.unit == "days":
                return day + timedelta(days=self.count), False
            if self.unit == "weeks":
                return day + timedelta(weeks=self.count), False
            return add_months(day, self.count * (12 if self.unit == "years" else 1))
        except (OverflowError, ValueError):
            raise Invalid(field="length", problem="ends after the year 9999") from None

    def __str__(self) -> str:
        return f"{self.count} {self.unit if self.count != 1 else self.unit[:-1]}"

    @classmethod
    def parse(cls, text: str) -> Length:
        """Read ``6 months``, ``1 year`` or ``30 days``; raises `Invalid` for anything else."""
        words = text.split()
        if len(words) == 2 and words[0].isascii() and words[0].isdigit() and len(words[0]) < 7:
            unit = words[1].lower()
            unit = unit if unit.endswith("s") else unit + "s"
            return cls(int(words[0]), unit)
        raise Invalid(field="length", problem="is not a number and a unit, such as 6 months")
