"""The ledger: facts, the entries that carry them, and the chain that makes them tamper-evident.

Theory of operation. A pass is what its entries say, and entries are only ever added (L1). An
`Entry` is an envelope (when, who, for which booking or order, why) around one *fact* in the past
tense. A fact writes down everything that was decided when it happened: how many sessions moved, the
minor units each of them is worth, the window they live in. Folding a ledger therefore never
consults a price list, a clock or a calendar, and a ledger written years ago folds to the same
state.

Session values travel as `Units`: runs of ``(value in minor units, count)``, dearest first. Ten
sessions for 120.00 are ``((1200, 10),)``, seven for 100.00 are ``((1429, 4), (1428, 3))``. Taking
units from one side of a fact and putting them on the other keeps their sum, so the books add up by
construction (I3).

Each recorded entry carries the hash of the one before it. The hash is over the exact text that was
stored, not over a re-encoding of it, so no later change of the codec can break a chain.
"""

from __future__ import annotations

import hashlib
from datetime import date, datetime
from typing import Final

import attrs

from passcore.domain.caps import Counted
from passcore.domain.coverage import Coverage
from passcore.domain.products import Terms
from passcore.domain.validity import Window

Units = tuple[tuple[int, int], ...]

#: What the first entry of a pass carries in place of a hash.
GENESIS: Final = ""


def value_of(units: Units) -> int:
    """Return what *units* are worth together, in minor units."""
    return sum(value * count for value, count in units)


def count_of(units: Units) -> int:
    """Return how many sessions *units* are."""
    return sum(count for _, count in units)


def units_of(minor: int, sessions: int) -> Units:
    """Return *sessions* units that share *minor* by largest remainder (I3), as `split` does."""
    share, left = divmod(minor, sessions)
    runs = ((share + 1, left), (share, sessions - left))
    return tuple(run for run in runs if run[1])


def take(units: Units, sessions: int) -> tuple[Units, Units]:
    """Take *sessions* from the dear end of *units*: what was taken, and what is left.

    The caller has checked that there are enough.
    """
    value, count = units[0]
    if sessions < count:
        return ((value, sessions),), ((value, count - sessions), *units[1:])
    if sessions == count:
        return (units[0],), units[1:]
    more, rest = take(units[1:], sessions - count)
    return (units[0], *more), rest


def dearest(units: Units, sessions: int) -> Units:
    """Return what `take` takes."""
    value, count = units[0]
    return ((value, sessions),) if sessions <= count else take(units, sessions)[0]


def join(units: Units, more: Units) -> Units:
    """Return *units* and *more* together, dearest first, one run a value."""
    if not more:
        return units
    counts = dict(units)
    for value, count in more:
        counts[value] = counts.get(value, 0) + count
    return tuple(sorted(counts.items(), reverse=True))


def without(units: Units, taken: Units) -> Units | None:
    """Return *units* less *taken*, None where they are not all among them."""
    counts = dict(units)
    for value, count in taken:
        if not 0 < count <= counts.get(value, 0):
            return None
        counts[value] -= count
    return tuple((value, count) for value, count in counts.items() if count)


def beyond(wanted: Units, units: Units) -> Units:
    """Return what of *wanted* is not among *units*."""
    counts = dict(units)
    missing = ((value, count - counts.get(value, 0)) for value, count in wanted)
    return tuple((value, count) for value, count in missing if count > 0)


@attrs.frozen
class Origin:
    """Who did it and where.

    `actor` is ``client``, ``system``, ``integration:NAME`` or a staff member's name; `channel` is
    ``web``, ``api``, ``cli``, ``webhook``, ``worker`` or ``library``.
    """

    actor: str = "system"
    channel: str = "library"


SYSTEM: Final = Origin()


@attrs.frozen
class Line:
    """Names one booking line's claim on a pass: the booking, which line, and which time round.

    `occasion` counts how often the line has been paid for; undoing a completion and completing
    again is occasion 2, so a repeated report can never be mistaken for a new deduction.
    """

    booking_id: str
    number: int = 0
    occasion: int = 1


@attrs.frozen
class Granted:
    """The pass began. `window` is None while something later starts it, `pending` while unpaid."""

    pass_id: str
    client_id: str
    terms: Terms
    sessions: int | None
    units: Units
    zone: str
    window: Window | None
    lapses_at: datetime | None
    pending: bool


@attrs.frozen
class Activated:
    """A pending pass was paid or approved; its validity starts now (S2)."""

    window: Window | None
    lapses_at: datetime | None


@attrs.frozen
class Anchored:
    """A booking or a visit set the window; `locked` once the first visit was completed (V1)."""

    window: Window | None
    locked: bool


@attrs.frozen
class Reserved:
    """A hold was opened for a booking line. `counts` is the visit where a cap counts it (C3)."""

    line: Line
    sessions: int
    units: Units
    starts_at: datetime
    counts: Counted | None = None


@attrs.frozen
class Captured:
    """The hold opened by entry `resolves` was used up."""

    resolves: int
    line: Line
    sessions: int
    units: Units


@attrs.frozen
class Released:
    """The hold opened by entry `resolves` went back whole."""

    resolves: int
    line: Line
    sessions: int
    units: Units


@attrs.frozen
class Forfeited:
    """The hold opened by entry `resolves` was lost: `sessions` and `units` count as used, what the
    policy gives back stands in `returned`."""

    resolves: int
    line: Line
    sessions: int
    units: Units
    returned: Units


@attrs.frozen
class Deducted:
    """A visit without a hold was paid for in one step. `counts` is the visit where a cap counts it
    (C3)."""

    line: Line
    sessions: int
    units: Units
    starts_at: datetime
    counts: Counted | None = None


@attrs.frozen
class Reversed:
    """The deduction of entry `reverses` was taken back (B6)."""

    reverses: int
    line: Line
    sessions: int
    units: Units


@attrs.frozen
class Adjusted:
    """Staff changed the count by `delta`; `units` are those added or taken away."""

    delta: int
    units: Units


@attrs.frozen
class Expired:
    """What was left lapsed with the window that ended at `ends_at` (breakage)."""

    sessions: int
    units: Units
    ends_at: datetime


@attrs.frozen
class Reinstated:
    """Lapsed sessions came back, because a visit inside the window was reported late, or because
    the pass runs again."""

    sessions: int
    units: Units


@attrs.frozen
class Refunded:
    """Money was given back for what was left: `amount_minor` in the pass's currency."""

    sessions: int
    units: Units
    amount_minor: int


@attrs.frozen
class Cancelled:
    """The pass was called off; what was left is void."""

    sessions: int
    units: Units


@attrs.frozen
class Frozen:
    """Set aside from `first_day` up to `last_day` (None: until further notice); `window` has the
    end moved by a dated freeze. `beyond_limits` where the terms would not have allowed it."""

    first_day: date
    last_day: date | None
    window: Window | None
    beyond_limits: bool = False


@attrs.frozen
class Unfrozen:
    """Taken up again: freezes that have `on_day` end with the day before, else the next to begin is
    taken back; `window` has the end moved by the days really frozen."""

    on_day: date
    window: Window | None


@attrs.frozen
class Extended:
    """The validity was changed by hand."""

    window: Window


@attrs.frozen
class Suspended:
    """Stopped by a payment dispute, or while its refund is under way."""


@attrs.frozen
class Resumed:
    """Taken up after a dispute, or after a refund that was refused."""

    window: Window | None


@attrs.frozen
class CoverChanged:
    """What the pass covers was changed by hand."""

    coverage: Coverage


@attrs.frozen
class OwnerChanged:
    """The pass went to another client, whole."""

    client_id: str


Fact = (
    Granted | Activated | Anchored | Reserved | Captured | Released | Forfeited | Deducted
    | Reversed | Adjusted | Expired | Reinstated | Refunded | Cancelled | Frozen | Unfrozen
    | Extended | Suspended | Resumed | CoverChanged | OwnerChanged
)  # fmt: skip


@attrs.frozen
class Entry:
    """One immutable row of a pass's ledger (L3).

    `seq` counts from 1 without a gap. `at` is when it was recorded, `about` the moment it is about
    (a visit's start; else the same). `prev` is the hash of the entry before it, empty until the
    entry is recorded and for the first.
    """

    seq: int
    at: datetime
    about: datetime
    origin: Origin
    fact: Fact
    reason: str | None = None
    order_id: str | None = None
    prev: str = GENESIS


def chained(prev: str, body: str) -> str:
    """Return the hash of an entry stored as *body* after the one whose hash is *prev*."""
    return hashlib.sha256(f"{prev}\n{body}".encode()).hexdigest()
