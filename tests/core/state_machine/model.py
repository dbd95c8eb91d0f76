"""The reference model: what every session of every pass is worth and where it is.

It is written from `PRODUCT.md` with arithmetic of its own: a session is one number in a list, its
value in minor units. It predicts what each command moves (`Step`) and then reads the ledger along:
every entry must be the next predicted move, or one that time explains (`Expired`, `Reinstated`).
From the product it takes only which pass was chosen, whether a rule refused, and when a pass ends.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from passcore.domain.bookings import BookingStatus
from passcore.usecases.intake import VisitReport

Values = list[int]
#: One predicted move: the entry's name, the booking it is for, how many sessions.
Step = tuple[str, str, int]
TAKES = ("Reserved", "Deducted")
REOPENS = ("Anchored", "Extended", "Frozen")
STILL = "Anchored Activated Extended Frozen Unfrozen OwnerChanged CoverChanged".split()


@dataclass(frozen=True)
class Deal:
    """A product in the model's words; `tiers` are minutes before the start and what is lost."""

    name: str
    sessions: int | None
    price: int
    tax: int = 0
    costs: tuple[tuple[str, int], ...] = ()
    tiers: tuple[tuple[int, int | None], ...] = ((0, 0),)
    no_show: int | None = None
    caps: tuple[str, ...] = ()

    def values(self) -> Values:
        """The net price, split so that the parts add up, the dearer first (I3)."""
        if self.sessions is None:
            return []
        net = Decimal(self.price) * 10_000 / (10_000 + self.tax)
        minor = int(net.quantize(Decimal(1), ROUND_HALF_UP))
        parts = [minor * (n + 1) // self.sessions - minor * n // self.sessions
                 for n in range(self.sessions)]  # fmt: skip
        return sorted(parts, reverse=True)

    def cost(self, report: VisitReport) -> int:
        return dict(self.costs).get(report.service, 1) * report.seats

    def lost(self, report: VisitReport, held: int, now: datetime) -> int:
        """How many of *held* sessions a visit that did not take place costs (B4)."""
        if report.status is BookingStatus.NO_SHOW:
            return held if self.no_show is None else min(held, self.no_show)
        before = report.starts_at - (report.cancelled_at or now)
        for minutes, lost in self.tiers:
            if before >= timedelta(minutes=minutes):
                return held if lost is None else min(held, lost)
        return held


@dataclass
class ModelPass:
    """One pass: the values of its sessions by where they are; bookings name what they have."""

    deal: Deal
    free: Values
    granted: Values
    lapsed: Values = field(default_factory=list)
    gone: Values = field(default_factory=list)
    held: dict[str, Values] = field(default_factory=dict)
    spent: dict[str, Values] = field(default_factory=dict)
    added: int = 0
    cancelled: bool = False

    @property
    def unlimited(self) -> bool:
        return self.deal.sessions is None

    def take(self, count: int) -> Values:
        """Take the dearest free sessions."""
        if self.unlimited:
            return [0] * count
        assert 0 < count <= len(self.free), f"takes {count} of {self.free}"
        taken, self.free = self.free[:count], self.free[count:]
        return taken

    def back(self, values: Values) -> None:
        if not self.unlimited:
            self.free = sorted(self.free + values, reverse=True)

    def lapse(self, values: Values) -> None:
        for value in values:
            self.free.remove(value)
        self.lapsed = sorted(self.lapsed + values, reverse=True)

    def reinstate(self, count: int) -> None:
        assert 0 < count <= len(self.lapsed), f"brings back {count} of {self.lapsed}"
        back, self.lapsed = self.lapsed[:count], self.lapsed[count:]
        self.back(back)

    def missing(self, cost: int) -> int:
        """Return how many of the dearest that pay *cost* have lapsed, of all that are not used."""
        dearest = sorted(self.free + self.lapsed, reverse=True)[:cost]
        return (Counter(dearest) - Counter(self.free)).total()

    def check(self) -> None:
        """What was granted or added is somewhere, once, with its value."""
        if self.unlimited:
            return
        rows = [*self.held.values(), *self.spent.values(), self.free, self.lapsed, self.gone]
        there = sorted(value for row in rows for value in row)
        assert there == sorted(self.granted + [0] * self.added)


class Walk:
    """Reads the entries one command added to a pass, next to the steps predicted for it."""

    def __init__(self, state: ModelPass, steps: list[Step]) -> None:
        self.state, self.steps = state, steps
        self._returned: Values = []  # came back, and lapses if the pass is over
        self._over = self._reopened = False

    def entry(self, kind: str, booking: str | None, count: int, *, over: bool) -> None:
        """Follow one entry; *over* tells whether the pass, after it, has ended by then."""
        state = self.state
        if self._reopened:
            self._reopened = False
            assert (kind, count) == ("Reinstated", len(state.lapsed)), "lapsed stays lapsed"
            state.reinstate(count)
        elif kind in STILL:
            self._over = self._over and over
            self._reopened = kind in REOPENS and not over and bool(state.lapsed)
        elif kind == "Expired":
            self._expired(count, over=over)
        elif kind == "Reinstated":
            name, _, cost = self.steps[0]
            assert name in TAKES, "reinstates for nothing"
            missing = state.missing(cost) if over else cost - len(state.free)
            assert count == missing, "reinstates without need"
            state.reinstate(count)
        else:
            self._settled()
            assert self.steps, f"{kind} was not asked for"
            step = self.steps.pop(0)
            assert (kind, booking or "") == step[:2], f"{kind} {booking} instead of {step}"
            self._returned = self._move(*step)
            self._over = over
        state.check()

    def _expired(self, count: int, *, over: bool) -> None:
        assert over, "lapses before its end"
        if self._returned:
            lapsing, self._returned = self._returned, []
        else:
            step = self.steps.pop(0) if self.steps else None
            assert step == ("Expired", "", 0), "lapses on its own"
            lapsing = list(self.state.free)
        assert count == len(lapsing)
        self.state.lapse(lapsing)

    def _move(self, kind: str, booking: str, count: int) -> Values:
        """Move what a step moves; return what came back to the free ones."""
        state, back = self.state, list[int]()
        match kind:
            case "Reserved":
                state.held[booking] = state.take(count)
            case "Deducted":
                state.spent[booking] = state.take(count)
            case "Captured":
                state.spent[booking] = state.held.pop(booking)
            case "Released":
                back = state.held.pop(booking)
            case "Forfeited":
                held = state.held.pop(booking)
                state.spent[booking], back = held[:count], held[count:]
            case "Reversed":
                back = state.spent.pop(booking)
            case "Adjusted" if count > 0:
                state.added += count
                state.back([0] * count)
            case "Adjusted":
                state.gone += state.take(-count)
            case "Cancelled":
                state.gone, state.free, state.cancelled = state.gone + state.free, [], True
            case _:
                raise AssertionError(f"no step is called {kind}")
        if kind in ("Released", "Forfeited", "Reversed"):
            state.back(back)
        return [] if state.unlimited else back

    def _settled(self) -> None:
        assert not (self._returned and self._over), "came back to a pass that is over, and stayed"
        assert not self._reopened, "the pass runs again, and what had lapsed did not come back"
        self._returned = []

    def done(self) -> None:
        self._settled()
        assert not self.steps, f"did not happen: {self.steps}"
