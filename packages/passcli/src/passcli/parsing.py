"""Parsing: texts of the command line into values; what is wrong is told by its flag."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Final, TypeVar

from passcore.domain.caps import Cap
from passcore.domain.clients import ClientRef
from passcore.domain.money import Money
from passcore.domain.time import Length, from_local
from passcore.errors import Invalid

T = TypeVar("T")

#: Instants are taken from these years only, so that nothing added to one can leave the calendar.
FIRST_YEAR: Final = 1970
LAST_YEAR: Final = 9000
_MINUTES: Final = {"minute": 1, "hour": 60, "day": 24 * 60, "week": 7 * 24 * 60}


def under(flag: str, read: Callable[[], T]) -> T:
    """Return what *read* gives; an `Invalid` then names *flag*."""
    try:
        return read()
    except Invalid as error:
        raise Invalid(field=flag, problem=error.problem) from None


def instant(text: str, flag: str, zone: str, now: datetime | None = None) -> datetime:
    """Read an instant; a time without offset is on the wall clock of *zone*, ``now`` is *now*."""
    if now is not None and text.strip().lower() == "now":
        return now
    shape = "is not a time, such as 2027-03-01T18:00 or 2027-03-01T18:00+01:00"
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise Invalid(field=flag, problem=shape) from None
    if ":" not in text and "T" not in text.upper():
        raise Invalid(field=flag, problem=shape)
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise Invalid(field=flag, problem=f"is not in the years {FIRST_YEAR} to {LAST_YEAR}")
    return under(flag, lambda: from_local(moment, zone))


def day(text: str, flag: str) -> date:
    """Read a day, ``2027-03-01``."""
    try:
        found = date.fromisoformat(text.strip())
    except ValueError:
        raise Invalid(field=flag, problem="is not a day, such as 2027-03-01") from None
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise Invalid(field=flag, problem=f"is not in the years {FIRST_YEAR} to {LAST_YEAR}")
    return found


def optional_day(text: str | None, flag: str) -> date | None:
    """Read a day, None where none was given."""
    return None if text is None else day(text, flag)


def money(text: str, flag: str, currency: str) -> Money:
    """Read an amount such as ``120.00`` or ``120.00 EUR``, in *currency*."""
    amount, _, named = text.strip().partition(" ")
    if named and named.strip().upper() != currency:
        raise Invalid(field=flag, problem=f"must be in {currency}")
    return under(flag, lambda: Money.of(amount, currency))


def optional_money(text: str | None, flag: str, currency: str) -> Money | None:
    """Read an amount, None where none was given."""
    return None if text is None else money(text, flag, currency)


def length(text: str, flag: str) -> Length:
    """Read a calendar length such as ``6 months``."""
    return under(flag, lambda: Length.parse(text))


def optional_length(text: str | None, flag: str) -> Length | None:
    """Read a length, None where none was given; ``none`` and ``unlimited`` are without end."""
    if text is None or text.strip().lower() in ("none", "unlimited"):
        return None
    return length(text, flag)


def minutes(text: str, flag: str) -> int:
    """Read a duration such as ``24 hours``, ``90 minutes`` or ``2 days`` as minutes."""
    words = text.split()
    unit = words[1].lower().removesuffix("s") if len(words) == 2 else ""
    if unit in _MINUTES and words[0].isascii() and words[0].isdigit() and len(words[0]) < 7:
        return int(words[0]) * _MINUTES[unit]
    raise Invalid(field=flag, problem="is not a duration, such as 24 hours, 90 minutes or 2 days")


def limit(text: str, flag: str) -> int | None:
    """Read a whole number; ``none`` and ``unlimited`` are without a limit."""
    if text.strip().lower() in ("none", "unlimited"):
        return None
    if not text.isascii() or not text.isdigit() or len(text) > 6:
        raise Invalid(field=flag, problem="is not a whole number or 'none'")
    return int(text)


def percent(text: str, flag: str) -> int:
    """Read a rate such as ``27`` or ``5.5`` percent as hundredths of a percent."""
    return under(flag, lambda: Money.of(text.strip().removesuffix("%").strip(), "EUR")).minor


def costs(texts: Sequence[str], flag: str) -> dict[str, int]:
    """Read ``service=2`` pairs."""
    found: dict[str, int] = {}
    for text in texts:
        service, equals, count = text.rpartition("=")
        whole = count.isascii() and count.isdigit() and len(count) < 7
        if not equals or not service or not whole:
            raise Invalid(field=flag, problem="is not SERVICE=SESSIONS, such as reformer=2")
        found[service] = int(count)
    return found


def caps(texts: Sequence[str], flag: str) -> tuple[Cap, ...]:
    """Read caps such as ``3/week``, ``8/30 days`` or ``1/day:reformer``; ``none`` is none."""
    named = [text for text in texts if text.strip().lower() != "none"]
    return under(flag, lambda: tuple(Cap.parse(text) for text in named))


def client_ref(text: str, name: str | None = None) -> ClientRef:
    """Name a client by e-mail, so that a new one can be made on the way, or by id."""
    return ClientRef(email=text, name=name) if "@" in text else ClientRef(id=text)
