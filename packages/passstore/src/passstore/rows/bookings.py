"""Booking rows, built by position."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final

from passcore.domain.bookings import Booking, BookingStatus
from passstore.rows import small

BOOKING: Final = (
    "id source ref revision status client_id starts_at ends_at seats lines choice fingerprint "
    "created_at version paid_by"
).split()

#: What a later report may change. The other columns of `BOOKING` stay.
CHANGING: Final = (
    "revision status client_id starts_at ends_at seats lines choice fingerprint version paid_by"
).split()

_STATUS: Final = {status.value: status for status in BookingStatus}


def read_booking(row: Sequence[Any], moment: Callable[[Any], datetime]) -> Booking:
    """Return the booking of a row of `BOOKING`; *moment* reads the database's instants."""
    return Booking(
        row[0], row[1], row[2], row[3], _STATUS[row[4]], row[5], moment(row[6]), moment(row[7]),
        row[8], small.read_lines(row[9]), row[10], row[11], moment(row[12]), row[13],
    )  # fmt: skip


def booking_values(booking: Booking, out: Callable[[datetime], Any]) -> tuple[Any, ...]:
    """Return the values of `BOOKING`."""
    paid = [line.payment.pass_id for line in booking.lines if line.payment is not None]
    return (
        booking.id, booking.source, booking.ref, booking.revision, booking.status.value,
        booking.client_id, out(booking.starts_at), out(booking.ends_at), booking.seats,
        small.lines_text(booking.lines), booking.choice, booking.fingerprint,
        out(booking.created_at), booking.version, " ".join(paid),
    )  # fmt: skip
