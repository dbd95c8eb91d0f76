"""What each kind of notice may show: the allow-list, how each value is read, and its links.

A value that is not named here never reaches a template. One that is needed and missing is an error
of whoever queued the notice, told by name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Final

import attrs

from passcore.domain.notices import NoticeKind
from passcore.errors import Invalid

#: Values as they stand in a notice.
Value = str | int | None


@attrs.frozen
class Allowed:
    """The values of one kind: those it cannot do without, and those that may be None or absent."""

    needed: frozenset[str]
    optional: frozenset[str] = frozenset()

    @property
    def names(self) -> frozenset[str]:
        """Both together."""
        return self.needed | self.optional


def _allowed(needed: str, optional: str = "") -> Allowed:
    return Allowed(frozenset(needed.split()), frozenset(f"client_name {optional}".split()))


_PASS: Final = _allowed("product code price_minor currency pass_id", "sessions last_day")

ALLOWED: Final[Mapping[NoticeKind, Allowed]] = {
    NoticeKind.PURCHASE: _PASS,
    NoticeKind.ASSIGNED: _PASS,
    NoticeKind.PENDING_APPROVAL: _allowed(
        "product price_minor currency order_id method", "transfer_details code"
    ),
    NoticeKind.DECLINED: _allowed("product"),
    NoticeKind.SESSIONS_CHANGED: _allowed("product code delta remaining", "reason"),
    NoticeKind.USED_UP: _allowed("product code pass_id"),
    NoticeKind.REFUNDED: _allowed("product code amount_minor currency"),
    NoticeKind.BOOKING_CONFIRMED: _allowed(
        "service starts_local time_zone booking_id",
        "product code sessions remaining_after free_cancel_until_local",
    ),
    NoticeKind.SIGN_IN_CODE: _allowed("code minutes"),
}

#: Whole numbers; everything else is text.
NUMBERS: Final = frozenset(
    "sessions price_minor amount_minor delta remaining remaining_after minutes".split()
)
_DAYS: Final = frozenset({"last_day"})
_WALL_TIMES: Final = frozenset({"starts_local", "free_cancel_until_local"})
#: Text that keeps its lines.
_LINES: Final = frozenset({"transfer_details", "reason"})
#: Control characters and what turns the direction of the text around it (X1).
_UNSEEN: Final = re.compile(
    "[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)


def read(kind: NoticeKind, values: Mapping[str, Value]) -> dict[str, Value]:
    """Return the allow-listed of *values*, checked and cleaned; an absent optional one is None.

    Raises `Invalid` naming the value that is missing or has the wrong shape.
    """
    allowed = ALLOWED[kind]
    return {
        name: _checked(name, values.get(name), needed=name in allowed.needed)
        for name in sorted(allowed.names)
    }


def cleaned(text: str, *, lines: bool = False) -> str:
    """Return *text* without what cannot be seen; in one line unless *lines*."""
    seen = _UNSEEN.sub("", text)
    if not lines:
        return " ".join(seen.split())
    return "\n".join(" ".join(line.split()) for line in seen.splitlines()).strip()


def _checked(name: str, value: Value, *, needed: bool) -> Value:
    field = f"values.{name}"
    if value is None:
        if needed:
            raise Invalid(field=field, problem="is missing from the notice")
        return None
    if name in NUMBERS:
        if type(value) is not int:
            raise Invalid(field=field, problem="is not a whole number")
        return value
    if not isinstance(value, str):
        raise Invalid(field=field, problem="is not text")
    if name in _DAYS or name in _WALL_TIMES:
        _check_time(field, value, day=name in _DAYS)
        return value
    return cleaned(value, lines=name in _LINES)


def _check_time(field: str, value: str, *, day: bool) -> None:
    try:
        moment = date.fromisoformat(value) if day else datetime.fromisoformat(value)
    except ValueError:
        raise Invalid(field=field, problem="is not an ISO 8601 day or time") from None
    if isinstance(moment, datetime) and moment.tzinfo is not None:
        raise Invalid(field=field, problem="has an offset; it is a time on the wall")
