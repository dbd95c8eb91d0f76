"""Passes: the state a ledger folds to, and what that state means at an instant.

Theory of operation. A `Pass` is made by folding its entries (`passcore.domain.folding`) and by
nothing else. It holds what decisions need and no more: its terms, its window, its balance and its
open holds. What a hold became stands with the booking and in the ledger. A store keeps the latest
state in one row, as a cache that is checked by refolding (ARCHITECTURE, decision 4).

`status` is a function of the state and an instant (V5). No job has to run for a pass to expire; the
sweep only books what already holds.
"""

from __future__ import annotations

from datetime import datetime
from enum import Enum

import attrs

from passcore.domain import ledger as lg
from passcore.domain.caps import Counts
from passcore.domain.freezes import Freeze, Freezes, is_open, stretches
from passcore.domain.ledger import Units
from passcore.domain.products import Terms
from passcore.domain.validity import Window


class Standing(str, Enum):
    """What was done to a pass, as opposed to what time does to it."""

    PENDING = "pending"
    LIVE = "live"
    SUSPENDED = "suspended"
    REFUNDED = "refunded"
    CANCELLED = "cancelled"


class Status(str, Enum):
    """How a pass stands at an instant."""

    PENDING = "pending"
    ACTIVE = "active"
    FROZEN = "frozen"
    SUSPENDED = "suspended"
    USED_UP = "used_up"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    REFUNDED = "refunded"


@attrs.frozen
class Hold:
    """Sessions set aside for one booking line by entry `seq`, until captured or released."""

    seq: int
    line: lg.Line
    sessions: int
    units: Units
    starts_at: datetime


@attrs.frozen
class Balance:
    """Where every session of a pass is (L2), and what the free ones are worth.

    `available` counts `units`; `lapsed` are the units behind `expired`. An unlimited pass keeps
    no units and `available` stays 0, its `used` counts all the same (L4).
    """

    granted: int
    used: int
    held: int
    expired: int
    refunded: int
    transferred: int
    adjusted: int
    available: int
    units: Units
    lapsed: Units
    holds: tuple[Hold, ...]

    @property
    def remaining(self) -> int:
        """Sessions not yet used or gone, those held included."""
        return self.available + self.held


@attrs.frozen
class Pass:
    """What one client holds: the fold of its entries. `version` is the last entry's number and
    `at` when that was recorded; `zone` is the business's at the sale. `counted` are the visits
    its caps count, none where it has no caps (C3)."""

    id: str
    client_id: str
    terms: Terms
    zone: str
    created_at: datetime
    standing: Standing
    window: Window | None
    locked: bool
    lapses_at: datetime | None
    freezes: Freezes
    balance: Balance
    version: int
    at: datetime
    counted: Counts = ()

    @property
    def unlimited(self) -> bool:
        """True where no number of sessions was sold."""
        return self.terms.sessions is None

    @property
    def ends_at(self) -> datetime | None:
        """The first instant at which the pass is over, None while there is none: grace counts to
        the pass (V6), and an open freeze holds the end off (V7)."""
        window = self.window
        if window is None:
            return self.lapses_at
        if self.freezes and is_open(self.freezes, window.last_day):
            return None
        return window.ends_at

    def hold_of(self, line: lg.Line) -> Hold | None:
        """Return the open hold of *line*, None where it has none."""
        return next((hold for hold in self.balance.holds if hold.line == line), None)

    def frozen_at(self, instant: datetime) -> Freeze | None:
        """Return the stretch of frozen days that *instant* falls into, None where it does not."""
        if not self.freezes:
            return None
        return next((f for f in stretches(self.freezes) if f.holds(instant, self.zone)), None)

    def status(self, at: datetime) -> Status:
        """Return how the pass stands at the instant *at* (V5)."""
        if self.standing is not Standing.LIVE:
            return Status(self.standing.value)
        ends_at = self.ends_at
        if ends_at is not None and at >= ends_at:
            return Status.EXPIRED
        if not self.unlimited and self.balance.remaining == 0:
            return Status.EXPIRED if self.balance.expired else Status.USED_UP
        if self.freezes and self.frozen_at(at):
            return Status.FROZEN
        if self.window is not None and at < self.window.starts_at:
            return Status.PENDING
        return Status.ACTIVE
