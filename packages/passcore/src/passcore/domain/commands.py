"""Commands: what can be asked of one pass; `passcore.domain.decisions` answers."""

from __future__ import annotations

from datetime import date, datetime
from enum import Enum

import attrs

from passcore.domain.coverage import Coverage, Visit
from passcore.domain.ledger import Line, Units
from passcore.domain.products import Terms


@attrs.frozen
class Issue:
    """Begin a pass on *terms*. `pending` until it is paid; `starts_on` is the day chosen where
    the product asks for one; `last_day` overrides the product's validity (S5)."""

    pass_id: str
    client_id: str
    terms: Terms
    zone: str
    pending: bool = False
    starts_on: date | None = None
    last_day: date | None = None


@attrs.frozen
class Activate:
    """Start a pending pass, now that it is paid or approved."""

    starts_on: date | None = None


@attrs.frozen
class Reserve:
    """Hold what *visit* costs for a booking line (B1). `booked_at` is the act of booking, where it
    is known to have been before now (V6)."""

    line: Line
    visit: Visit
    booked_at: datetime | None = None


@attrs.frozen
class Capture:
    """Use up the line's open hold."""

    line: Line


@attrs.frozen
class Release:
    """Give the line's open hold back whole."""

    line: Line


@attrs.frozen
class Forfeit:
    """Use up *sessions* of the line's open hold and give the rest back (B4)."""

    line: Line
    sessions: int


@attrs.frozen
class Deduct:
    """Pay for *visit* in one step, without a hold. `booked_at` is the act of booking; a visit that
    nobody booked counts as booked when it starts (V6)."""

    line: Line
    visit: Visit
    booked_at: datetime | None = None


@attrs.frozen
class Reverse:
    """Take back the deduction of entry *reverses*, as the booking recorded it (B6)."""

    reverses: int
    line: Line
    sessions: int
    units: Units
    starts_at: datetime


@attrs.frozen
class Adjust:
    """Add *delta* free sessions, or take that many away (S6)."""

    delta: int


@attrs.frozen
class Expire:
    """Book what lapsed, where the window has ended; nothing otherwise (V5)."""


@attrs.frozen
class Extend:
    """Set the last valid day. `revive` a pass that is over: what lapsed comes back (V7)."""

    last_day: date
    revive: bool = False


class Inside(str, Enum):
    """What becomes of the bookings inside a freeze (V7)."""

    KEEP = "keep"
    RELEASE = "release"


@attrs.frozen
class Freeze:
    """Set the pass aside from *first_day* (None: today) to *last_day* (None: open) inclusive.

    `bookings` says what becomes of those inside; the use case `edit` releases them, `decide` takes
    it as said. `beyond_limits` leaves the limits of the terms aside. `revive` a pass that is over,
    for days before its end.
    """

    first_day: date | None = None
    last_day: date | None = None
    bookings: Inside | None = None
    beyond_limits: bool = False
    revive: bool = False


@attrs.frozen
class Unfreeze:
    """Take the pass up again on *on_day* (None: today), which no longer counts as frozen. Where no
    freeze has that day, the next to begin is taken back."""

    on_day: date | None = None


@attrs.frozen
class Suspend:
    """Stop the pass while its payment is disputed or given back."""


@attrs.frozen
class Resume:
    """Let a suspended pass go on, its end moved by *days* (S13)."""

    days: int = 0


@attrs.frozen
class Cancel:
    """Void what is left."""


@attrs.frozen
class Refund:
    """Void what is left against *amount_minor* given back."""

    amount_minor: int


@attrs.frozen
class ChangeCover:
    """Replace what the pass covers."""

    coverage: Coverage


@attrs.frozen
class ChangeOwner:
    """Hand the whole pass to another client."""

    client_id: str


Command = (
    Activate | Reserve | Capture | Release | Forfeit | Deduct | Reverse | Adjust | Expire | Extend
    | Freeze | Unfreeze | Suspend | Resume | Cancel | Refund | ChangeCover | ChangeOwner
)  # fmt: skip
