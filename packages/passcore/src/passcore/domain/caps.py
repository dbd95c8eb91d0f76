"""Caps: at most so many visits in a window of local days (C3).

A cap counts visits: each booking line counts once, on the local day of its start, however many
seats or sessions it takes. What is set aside counts like what was used or forfeited; what went back
does not count.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from enum import Enum
from typing import Final, assert_never

import attrs

from passcore.domain.checks import bounded
from passcore.domain.time import DAY, add_months
from passcore.errors import Invalid

#: The most caps one product may have, visits one may allow, and days a rolling one may span.
MAX_CAPS: Final = 10
MAX_VISITS: Final = 1_000
MAX_ROLLING: Final = 366

#: How many days a visit stays on record beyond the longest window of its pass's caps.
KEPT: Final = 366

Span = tuple[date, date]


class CapWindow(str, Enum):
    """Which days a cap counts together (C3)."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    PASS_MONTH = "pass_month"  # noqa: S105  # a month, no password
    ROLLING = "rolling"


@attrs.frozen
class Counted:
    """A visit as caps count it: its local day at the sale's zone, its service and category."""

    day: date
    service_id: str
    category: str | None = None


#: The visits that count, each with the ledger entry that holds, used or forfeited its sessions.
Counts = tuple[tuple[int, Counted], ...]

_LONGEST: Final = {CapWindow.DAY: 1, CapWindow.WEEK: 7, CapWindow.ROLLING: 0}
_GRAMMAR: Final = re.compile(r"([0-9]{1,4})/([a-z_ ]+|[0-9]{1,3} days?)(?::(.+))?")


@attrs.frozen
class Cap:
    """At most `most` visits a window: local day, ISO week, calendar month, pass month (from the
    pass's first day, clamped to month ends from that day) or any `days` days in a row.

    `services` and `categories` name the visits it counts and concerns; none named means all.
    """

    most: int = attrs.field(validator=bounded("caps.most", 1, MAX_VISITS))
    window: CapWindow
    days: int | None = attrs.field(
        default=None, validator=bounded("caps.days", 1, MAX_ROLLING, optional=True)
    )
    services: frozenset[str] = frozenset()
    categories: frozenset[str] = frozenset()

    def __attrs_post_init__(self) -> None:
        if (self.days is None) == (self.window is CapWindow.ROLLING):
            raise Invalid(field="caps.days", problem="goes with the window rolling, and only there")

    @property
    def longest(self) -> int:
        """The most days its window can span."""
        return self.days or _LONGEST.get(self.window, 31)

    @property
    def span(self) -> str:
        """The window in English words, for example ``week`` or ``30 days``."""
        if self.days is not None:
            return f"{self.days} days" if self.days > 1 else "1 day"
        return self.window.value.replace("_", " ")

    def concerns(self, service_id: str, category: str | None) -> bool:
        """Tell whether visits of a service count, and are refused once the cap is reached."""
        if not self.services and not self.categories:
            return True
        return service_id in self.services or category in self.categories

    def fill(self, days: Sequence[date], day: date, first_day: date) -> tuple[int, date]:
        """Return how many of *days* (sorted) share a window with *day*, at most, and from which
        day on those windows that are full are over: *day* itself where none is.

        *first_day* is the pass's, from which pass months are counted.
        """
        used, free_from = 0, day
        for first, after in self._spans(days, day, first_day):
            there = bisect_left(days, after) - bisect_left(days, first)
            used = max(used, there)
            if there >= self.most:
                free_from = max(free_from, after)
        return used, free_from

    def _spans(self, days: Sequence[date], day: date, first_day: date) -> Iterable[Span]:
        """Return the windows that hold *day*, each as its first day and the first one after it.

        Of the rolling ones these are enough: every other one counts no more than the next one that
        begins with a visit, or with *day*.
        """
        match self.window:
            case CapWindow.ROLLING:
                long = timedelta(days=self.days or 0)
                starts = days[bisect_left(days, day - long + DAY) : bisect_left(days, day)]
                return [(start, start + long) for start in (*starts, day)]
            case CapWindow.DAY:
                return [(day, day + DAY)]
            case CapWindow.WEEK:
                monday = day - timedelta(days=day.weekday())
                return [(monday, monday + timedelta(days=7))]
            case CapWindow.MONTH:
                first = day.replace(day=1)
                return [(first, add_months(first, 1)[0])]
            case CapWindow.PASS_MONTH:
                return [pass_month(day, first_day)]
            case _:
                assert_never(self.window)

    def __str__(self) -> str:
        subset = ",".join(sorted(self.services | self.categories))
        return f"{self.most}/{self.span}" + (f":{subset}" if subset else "")

    @classmethod
    def parse(cls, text: str) -> Cap:
        """Read ``3/week``, ``8/30 days`` or ``1/day:reformer,yoga``; names go to `services`,
        whatever they are of. Raises `Invalid` for anything else."""
        found = _GRAMMAR.fullmatch(text.strip().lower())
        if found is None:
            raise Invalid(field="caps", problem="is not such as 3/week, 8/30 days or 1/day:yoga")
        most, span, subset = found.groups()
        names = frozenset(name.strip() for name in (subset or "").split(",") if name.strip())
        if span[0].isdigit():
            return cls(int(most), CapWindow.ROLLING, int(span.split()[0]), names)
        try:
            window = CapWindow(span.strip().replace(" ", "_"))
        except ValueError:
            problem = "has a window that is not day, week, month, pass month or a number of days"
            raise Invalid(field="caps", problem=problem) from None
        return cls(int(most), window, None, names)


def pass_month(day: date, first_day: date) -> Span:
    """Return the pass month *day* lies in, as its first day and that of the next.

    Every one begins on the day of the month of *first_day*, or on the month's last day where it has
    no such day.

    >>> pass_month(date(2027, 3, 30), date(2027, 1, 31))
    (datetime.date(2027, 2, 28), datetime.date(2027, 3, 31))
    """
    months = (day.year - first_day.year) * 12 + day.month - first_day.month
    if day < add_months(first_day, months)[0]:
        months -= 1
    return add_months(first_day, months)[0], add_months(first_day, months + 1)[0]


def check_caps(caps: Sequence[Cap]) -> None:
    """Raise `Invalid` for more caps than may be, or two that differ in their number alone."""
    if len(caps) > MAX_CAPS:
        raise Invalid(field="caps", problem=f"are more than {MAX_CAPS}")
    if len({attrs.evolve(cap, most=1) for cap in caps}) != len(caps):
        raise Invalid(field="caps", problem="have two of one window and the same services")


def oldest_kept(caps: Sequence[Cap], at: date) -> date:
    """Return the first day on record once an entry was written on the day *at*: what is older
    reaches no window of a visit of the last `KEPT` days."""
    return at - timedelta(days=KEPT + max(cap.longest for cap in caps))
