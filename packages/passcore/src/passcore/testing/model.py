"""A small model of passes and visits, to compare a whole system with.

It shares no arithmetic with passcore: a pass is lists of session values in cents, its end is a day
of the standard library's calendar, and the newest report on a visit is acted on by taking back what
the visit has and claiming afresh. It knows passes that start at their purchase, in one zone, and
one cancel policy: free up to a day before, one session after that, one for a no-show.
"""

from __future__ import annotations

import copy
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import attrs

ZONE: Final = ZoneInfo("Europe/Budapest")
LATE: Final = timedelta(days=30)
DAY: Final = timedelta(days=1)
NEVER: Final = datetime.max.replace(tzinfo=UTC)


class No(Exception):
    """The model refuses; nothing is changed."""


def midnight(day: date) -> datetime:
    """Return the first instant of *day*."""
    return datetime.combine(day, time(), ZONE).astimezone(UTC)


@attrs.define
class ModelPass:
    """Every session of a pass by its value, in the one place where it is."""

    owner: str
    free: list[int]
    days: int
    created: datetime
    at: datetime
    id: str = ""
    used: list[int] = attrs.field(factory=list)
    lapsed: list[int] = attrs.field(factory=list)
    void: list[int] = attrs.field(factory=list)
    held: dict[str, list[int]] = attrs.field(factory=dict)
    starts: datetime | None = None
    last: date | None = None
    frozen: tuple[date, date | None] | None = None
    pending: bool = False
    cancelled: bool = False

    @property
    def end(self) -> datetime:
        """The first instant at which it no longer holds."""
        if self.last is None or (self.frozen is not None and self.frozen[1] is None):
            return NEVER
        return midnight(self.last + DAY)

    def start(self, now: datetime) -> None:
        """Let the validity begin."""
        self.pending, self.starts = False, now
        self.last = now.astimezone(ZONE).date() + timedelta(days=self.days)

    def pays(self, cost: int, starts: datetime, now: datetime) -> bool:
        """Tell whether it pays for a visit."""
        now = max(now, self.at)
        if self.pending or self.cancelled or self.starts is None:
            return False
        if not self.starts <= starts < self.end or (self.end < NEVER and now >= self.end + LATE):
            return False
        day = starts.astimezone(ZONE).date()
        if self.frozen and self.frozen[0] <= day <= (self.frozen[1] or date.max):
            return False
        return len(self.free) + len(self.lapsed) >= cost

    def claim(self, cost: int) -> list[int]:
        """Take the dearest *cost* sessions, lapsed ones only where the free do not suffice."""
        for _ in range(cost - len(self.free)):
            self.free.append(_dearest(self.lapsed))
        return [_dearest(self.free) for _ in range(cost)]

    def over(self, now: datetime) -> bool:
        """Tell whether it has ended; the clock may have been set back since the last entry."""
        return max(now, self.at) >= self.end

    def give_back(self, values: list[int], now: datetime) -> None:
        """Put sessions back; where the pass is over they lapse."""
        (self.lapsed if self.over(now) else self.free).extend(values)


def _dearest(values: list[int]) -> int:
    return values.pop(values.index(max(values)))


@attrs.define
class ModelVisit:
    """The newest report on a visit, and the sessions it has: `state` is where they are."""

    content: tuple[object, ...] = ()
    revision: int = -1
    status: str = ""
    by: str = ""
    claimed: int | None = None
    state: str = "none"
    values: list[int] = attrs.field(factory=list)


class Model:
    """All passes and visits of one business."""

    def __init__(self) -> None:
        self.passes: list[ModelPass] = []
        self.visits: dict[str, ModelVisit] = {}

    def report(
        self,
        ref: str,
        revision: int,
        status: str,
        by: str,
        content: tuple[str, datetime, int],
        now: datetime,
    ) -> None:
        """Act on a report; *content* is client, start and seats. Raises `No`."""
        known = self.visits.get(ref, ModelVisit())
        said = (status, by, *content)
        if revision < known.revision:
            return
        if revision == known.revision:
            if said != (known.status, known.by, *known.content):
                raise No("conflict")
            return
        before = copy.deepcopy((self.passes, self.visits))
        visit = self.visits.setdefault(ref, known)
        try:
            if said != (known.status, known.by, *known.content):
                self._follow(ref, visit, status, by, content, now)
        except No:
            self.passes, self.visits = before
            raise
        visit.content, visit.status, visit.by, visit.revision = content, status, by, revision

    def _follow(
        self,
        ref: str,
        visit: ModelVisit,
        status: str,
        by: str,
        content: tuple[str, datetime, int],
        now: datetime,
    ) -> None:
        wanted = {"booked": "held", "completed": "used", "reversed": "none"}.get(status, "lost")
        if status == "cancelled" and by == "business":
            wanted = "none"
        same = visit.content in ((), content)
        if same and visit.state == wanted and wanted in ("held", "used"):
            return
        _, starts, seats = content
        if same and visit.state == "held":
            self._resolve(ref, visit, wanted, status, starts, now)
            return
        undone = visit.state in ("used", "lost") and wanted == "held"
        preferred = visit.claimed if same else None
        self._take_back(ref, visit, now)
        if wanted == "none":
            return
        if undone and preferred is not None and self.passes[preferred].over(now):
            return
        chosen = self._choose(content, preferred, now)
        if chosen is None:
            if wanted == "lost" or (undone and preferred is not None):
                return
            raise No("no pass pays")
        payer = self.passes[chosen]
        visit.claimed, visit.values, payer.at = chosen, payer.claim(seats), max(now, payer.at)
        visit.state, payer.held[ref] = "held", visit.values
        if wanted != "held":
            self._resolve(ref, visit, wanted, status, starts, now)

    def _choose(
        self, content: tuple[str, datetime, int], preferred: int | None, now: datetime
    ) -> int | None:
        client, starts, seats = content
        able = [
            (p.end, len(p.free) + sum(map(len, p.held.values())), p.created, p.id, number)
            for number, p in enumerate(self.passes)
            if p.owner == client and p.pays(seats, starts, now)
        ]
        if preferred is not None and preferred in [row[-1] for row in able]:
            return preferred
        return min(able)[-1] if able else None

    def _resolve(
        self,
        ref: str,
        visit: ModelVisit,
        wanted: str,
        status: str,
        starts: datetime,
        now: datetime,
    ) -> None:
        """End a hold: all of it is used, part of it lost, or none."""
        assert visit.claimed is not None
        payer, values = self.passes[visit.claimed], visit.values
        del payer.held[ref]
        lost = len(values) if wanted == "used" else 0
        if wanted == "lost":
            free_until = starts - timedelta(days=1)
            late_until = starts if status == "cancelled" else NEVER
            lost = 0 if status == "cancelled" and now <= free_until else 1
            lost = lost if now <= late_until else len(values)
        values = sorted(values, reverse=True)
        payer.used += values[:lost]
        payer.give_back(values[lost:], now)
        payer.at = max(now, payer.at)
        visit.values, visit.state = values[:lost], wanted if lost else "none"

    def _take_back(self, ref: str, visit: ModelVisit, now: datetime) -> None:
        if visit.state == "none" or visit.claimed is None:
            return
        payer = self.passes[visit.claimed]
        if visit.state == "held":
            del payer.held[ref]
        elif payer.cancelled:
            raise No("the pass was given up")
        else:
            for value in visit.values:
                payer.used.remove(value)
        payer.give_back(visit.values, now)
        payer.at = max(now, payer.at)
        visit.values, visit.state = [], "none"
