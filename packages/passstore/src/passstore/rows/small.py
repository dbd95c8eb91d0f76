"""Small values inside a row, as compact JSON: units, windows, freezes, holds, visits that count,
booking lines.

The readers keep what they read in a cache: the values are immutable, and few texts are common
(``[]``, ``[[1200,9]]``).
"""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any

from passcore.domain.bookings import BookingLine, LinePayment, PaymentState
from passcore.domain.caps import Counted, Counts
from passcore.domain.freezes import Freeze, Freezes
from passcore.domain.ledger import Line, Units
from passcore.domain.passes import Hold
from passcore.domain.validity import Window


def dumps(value: Any) -> str:
    """Return *value* as compact JSON."""
    return _ENCODE(value)


_ENCODE = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode


def instant(text: str) -> datetime:
    """Read an instant written with its offset."""
    return datetime.fromisoformat(text).astimezone(UTC)


@lru_cache(maxsize=8192)
def units_text(units: Units) -> str:
    """Return units as text, for example ``[[1200,10]]``."""
    return dumps(units)


@lru_cache(maxsize=8192)
def read_units(text: str) -> Units:
    """Read what `units_text` wrote."""
    return _units(json.loads(text))


def _units(plain: Any) -> Units:
    return tuple((value, count) for value, count in plain)


@lru_cache(maxsize=8192)
def window_text(window: Window | None) -> str | None:
    """Return a window as text, None for none."""
    if window is None:
        return None
    plain: dict[str, Any] = {
        "starts_at": window.starts_at.isoformat(),
        "ends_at": None if window.ends_at is None else window.ends_at.isoformat(),
        "first_day": window.first_day.isoformat(),
        "last_day": None if window.last_day is None else window.last_day.isoformat(),
        "zone": window.zone,
        "rule": window.rule,
    }
    if window.grace_days:
        plain["grace_days"] = window.grace_days
    return dumps(plain)


@lru_cache(maxsize=8192)
def read_window(text: str | None) -> Window | None:
    """Read what `window_text` wrote."""
    if text is None:
        return None
    plain = json.loads(text)
    ends_at, last_day = plain["ends_at"], plain["last_day"]
    return Window(
        instant(plain["starts_at"]),
        None if ends_at is None else instant(ends_at),
        date.fromisoformat(plain["first_day"]),
        None if last_day is None else date.fromisoformat(last_day),
        plain["zone"],
        plain["rule"],
        plain.get("grace_days", 0),
    )


def freezes_text(freezes: Freezes) -> str | None:
    """Return freezes as text, for example ``[["2027-03-05","2027-03-09"]]``, None for none."""
    if not freezes:
        return None
    ends = (None if f.last_day is None else f.last_day.isoformat() for f in freezes)
    return dumps([[f.first_day.isoformat(), end] for f, end in zip(freezes, ends, strict=True)])


def read_freezes(text: str | None) -> Freezes:
    """Read what `freezes_text` wrote."""
    if text is None:
        return ()
    return tuple(
        Freeze(date.fromisoformat(first), None if last is None else date.fromisoformat(last))
        for first, last in json.loads(text)
    )


def holds_text(holds: tuple[Hold, ...]) -> str:
    """Return open holds as text."""
    if not holds:
        return "[]"
    return dumps(
        [
            {
                "seq": hold.seq,
                "booking_id": hold.line.booking_id,
                "line": hold.line.number,
                "occasion": hold.line.occasion,
                "sessions": hold.sessions,
                "units": hold.units,
                "starts_at": hold.starts_at.isoformat(),
            }
            for hold in holds
        ]
    )


@lru_cache(maxsize=1024)
def read_holds(text: str) -> tuple[Hold, ...]:
    """Read what `holds_text` wrote."""
    return tuple(
        Hold(
            plain["seq"],
            Line(plain["booking_id"], plain["line"], plain["occasion"]),
            plain["sessions"],
            _units(plain["units"]),
            instant(plain["starts_at"]),
        )
        for plain in json.loads(text)
    )


def counted_text(counted: Counts) -> str:
    """Return the visits caps count as text, for example ``[[7,"2027-03-01","svc_1",null]]``."""
    return dumps(
        [[seq, visit.day.isoformat(), visit.service_id, visit.category] for seq, visit in counted]
    )


@lru_cache(maxsize=1024)
def read_counted(text: str) -> Counts:
    """Read what `counted_text` wrote."""
    return tuple(
        (seq, Counted(date.fromisoformat(day), service_id, category))
        for seq, day, service_id, category in json.loads(text)
    )


def lines_text(lines: tuple[BookingLine, ...]) -> str:
    """Return a booking's lines, with what pays for them, as text."""
    return dumps(
        [
            {
                "number": line.number,
                "service_id": line.service_id,
                "payment": None if line.payment is None else _payment(line.payment),
            }
            for line in lines
        ]
    )


def _payment(payment: LinePayment) -> dict[str, Any]:
    until = payment.free_cancel_until
    return {
        "pass_id": payment.pass_id,
        "state": payment.state.value,
        "sessions": payment.sessions,
        "units": payment.units,
        "seq": payment.seq,
        "occasion": payment.occasion,
        "remaining_after": payment.remaining_after,
        "free_cancel_until": None if until is None else until.isoformat(),
    }


def read_lines(text: str) -> tuple[BookingLine, ...]:
    """Read what `lines_text` wrote."""
    return tuple(
        BookingLine(
            plain["number"],
            plain["service_id"],
            None if plain["payment"] is None else _read_payment(plain["payment"]),
        )
        for plain in json.loads(text)
    )


def _read_payment(plain: dict[str, Any]) -> LinePayment:
    until = plain["free_cancel_until"]
    return LinePayment(
        plain["pass_id"],
        PaymentState(plain["state"]),
        plain["sessions"],
        _units(plain["units"]),
        plain["seq"],
        plain["occasion"],
        plain["remaining_after"],
        None if until is None else instant(until),
    )
