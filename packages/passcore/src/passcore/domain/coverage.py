"""Coverage: which visits a pass pays for, and what a visit costs in sessions (C1, C2)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import attrs

from passcore.domain.services import Service
from passcore.domain.time import zone
from passcore.errors import Invalid


@attrs.frozen
class Visit:
    """What a pass is asked to pay for: one line of a booking.

    `starts_at` is an instant; `category` is the service's category or None.
    """

    service_id: str
    category: str | None
    starts_at: datetime
    seats: int = 1
    location: str | None = None


@attrs.frozen
class Hours:
    """A weekly window of local time: *weekdays* (Monday is 0, none means every day), and minutes
    of the day from `from_minute` up to, not including, `until_minute`."""

    weekdays: frozenset[int] = frozenset()
    from_minute: int = 0
    until_minute: int = 24 * 60

    def __attrs_post_init__(self) -> None:
        if not self.weekdays <= set(range(7)):
            raise Invalid(field="coverage.hours.weekdays", problem="has a day outside 0 to 6")
        if not 0 <= self.from_minute < self.until_minute <= 24 * 60:
            raise Invalid(field="coverage.hours", problem="must run forward within one day")


@attrs.frozen
class Coverage:
    """Services and categories included, minus excluded services; nothing included means all.

    `locations` and `hours` narrow it further where they are not empty.
    """

    services: frozenset[str] = frozenset()
    categories: frozenset[str] = frozenset()
    excluded: frozenset[str] = frozenset()
    locations: frozenset[str] = frozenset()
    hours: tuple[Hours, ...] = ()

    def misses(self, visit: Visit, zone_name: str) -> str | None:
        """Return why *visit* is not covered (``service``, ``location``, ``weekday``, ``time``),
        None where it is. Weekday and time of day are those on the wall in *zone_name*."""
        if not self.includes(visit.service_id, visit.category):
            return "service"
        if self.locations and visit.location not in self.locations:
            return "location"
        return self._misses_hours(visit.starts_at, zone_name) if self.hours else None

    def includes(self, service_id: str, category: str | None) -> bool:
        """Tell whether a service is covered, leaving place and time aside."""
        if self.excluded and service_id in self.excluded:
            return False
        if not self.services and not self.categories:
            return True
        return service_id in self.services or category in self.categories

    def breadth(self, catalogue: Iterable[Service]) -> int:
        """Count the services of *catalogue* this covers (C4: the narrower pass goes first)."""
        return sum(self.includes(s.id, s.category) for s in catalogue)

    def _misses_hours(self, starts_at: datetime, zone_name: str) -> str | None:
        local = starts_at.astimezone(zone(zone_name))
        minute = local.hour * 60 + local.minute
        today = [h for h in self.hours if not h.weekdays or local.weekday() in h.weekdays]
        if not today:
            return "weekday"
        return None if any(h.from_minute <= minute < h.until_minute for h in today) else "time"
