"""Bookings: a visit, what pays for it, and what a report about it changes (B1, B2, B6).

Theory of operation. The latest word on a visit is all that counts. A report carries the booking's
revision; the highest wins, an older one changes nothing. What the newest report wants (`held`,
`captured`, `forfeited` or nothing) is compared with what the line's payment is now, and the
difference is posted. Duplicates, late, reordered and corrected reports are all this one case, and
a `reversed` that arrives before its `completed` leaves a row that the late one cannot pass.
"""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import Final

import attrs

from passcore.domain.checks import bounded
from passcore.domain.ledger import Line, Units

#: The source of bookings made here, as opposed to those another system reports.
OWN: Final = "sessionpass"
#: The pass is chosen by rule C4.
AUTO: Final = "auto"
MAX_REVISION: Final = 2**31 - 1


class BookingStatus(str, Enum):
    """What became of a visit."""

    BOOKED = "booked"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    NO_SHOW = "no_show"
    REVERSED = "reversed"


class PaymentState(str, Enum):
    """What a line's claim on a pass is."""

    HELD = "held"
    CAPTURED = "captured"
    RELEASED = "released"
    FORFEITED = "forfeited"


#: States in which sessions of a pass are with the booking.
LIVE: Final = (PaymentState.HELD, PaymentState.CAPTURED, PaymentState.FORFEITED)


class CancelledBy(str, Enum):
    """Who called the visit off; a business always gives the session back (B4)."""

    CLIENT = "client"
    BUSINESS = "business"


@attrs.frozen
class LinePayment:
    """A line's claim: entry `seq` of pass `pass_id` moved `sessions` (and `units`)."""

    pass_id: str
    state: PaymentState
    sessions: int
    units: Units
    seq: int
    occasion: int
    remaining_after: int | None
    free_cancel_until: datetime | None


@attrs.frozen
class BookingLine:
    """One service of a visit, and what pays for it, if a pass does."""

    number: int
    service_id: str
    payment: LinePayment | None = None


@attrs.frozen
class Booking:
    """A visit as the newest report has it. `choice` is how its pass was named: ``auto``, a pass id,
    or None for a visit without a pass. `fingerprint` tells a repeated report from a different one.
    """

    id: str
    source: str
    ref: str
    revision: int
    status: BookingStatus
    client_id: str
    starts_at: datetime
    ends_at: datetime
    seats: int
    lines: tuple[BookingLine, ...]
    choice: str | None
    fingerprint: str
    created_at: datetime
    version: int = 1

    def line(self, number: int, occasion: int) -> Line:
        """Return the ledger's name for the claim of line *number*."""
        return Line(self.id, number, occasion)


@attrs.frozen
class Report:
    """What is said about a visit. `ref` and `revision` are the reporting system's own; `client` and
    `service` are resolved ids. `by` and `cancelled_at` matter for ``cancelled`` alone."""

    source: str
    ref: str
    revision: int = attrs.field(validator=bounded("revision", 0, MAX_REVISION))
    status: BookingStatus
    client_id: str
    service_id: str
    starts_at: datetime
    seats: int = attrs.field(default=1, validator=bounded("seats", 1, 1000))
    choice: str | None = AUTO
    by: CancelledBy = CancelledBy.CLIENT
    cancelled_at: datetime | None = None

    @property
    def fingerprint(self) -> str:
        """The report's content in one line, without what may differ between two deliveries."""
        parts = (self.status.value, self.client_id, self.service_id, self.starts_at.isoformat())
        return "|".join((*parts, str(self.seats), str(self.choice), self.by.value))


class Newness(str, Enum):
    """How a report stands to what is known of its booking."""

    NEW = "new"
    REPEATED = "repeated"
    STALE = "stale"
    CONFLICTING = "conflicting"


def newness(booking: Booking | None, report: Report) -> Newness:
    """Tell how *report* stands to *booking*: only ``NEW`` changes anything (B2)."""
    if booking is None or report.revision > booking.revision:
        return Newness.NEW
    if report.revision < booking.revision:
        return Newness.STALE
    same = booking.fingerprint == report.fingerprint
    return Newness.REPEATED if same else Newness.CONFLICTING


def same_claim(booking: Booking, line: BookingLine, report: Report) -> bool:
    """Tell whether *report* is about the same client, service, time, seats and choice of pass."""
    return (
        booking.client_id == report.client_id
        and line.service_id == report.service_id
        and booking.starts_at == report.starts_at
        and booking.seats == report.seats
        and booking.choice == report.choice
    )
