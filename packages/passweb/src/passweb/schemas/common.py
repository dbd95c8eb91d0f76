"""What several models share: bounded texts and numbers, money, instants, and lists."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Final, Generic, TypeVar

import msgspec
from msgspec import Meta

from passcore.domain import money as core
from passcore.domain.clients import ClientRef
from passcore.domain.time import utc
from passcore.errors import Invalid

T = TypeVar("T")

#: No control characters and no bidirectional overrides (X1), as a pattern that OpenAPI can show.
_PLAIN: Final = r"^[^\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]*$"
_LINES: Final = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]*$"
#: The same with something to see in it. Lengths are checked before patterns, so it stays quick.
_WORD: Final = r"^{0}*[^\s{1}]{0}*$".format(_PLAIN[1:-2], _PLAIN[3:-3])

#: Names something that exists: an id, a slug, an e-mail address or a pass ID.
Ref = Annotated[str, Meta(min_length=1, max_length=200, pattern=_PLAIN)]
Slug = Annotated[str, Meta(min_length=1, max_length=64, pattern="^[a-z0-9]([a-z0-9-]*[a-z0-9])?$")]
Name = Annotated[str, Meta(min_length=1, max_length=200, pattern=_WORD)]
Short = Annotated[str, Meta(min_length=1, max_length=100, pattern=_WORD)]
MaybeEmpty = Annotated[str, Meta(max_length=200, pattern=_PLAIN)]
Reason = Annotated[str, Meta(min_length=1, max_length=500, pattern=_WORD)]
Paragraph = Annotated[str, Meta(max_length=2000, pattern=_LINES)]
Email = Annotated[
    str,
    Meta(
        min_length=6,
        max_length=254,
        pattern=r"^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
        r"@([A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?$",
        description="One plain e-mail address.",
        examples=["ana@example.com"],
    ),
]
Seats = Annotated[int, Meta(ge=1, le=1000, description="How many come.")]
Instant = Annotated[datetime, Meta(tz=True, description="RFC 3339 with an offset.")]
Percent = Annotated[
    str,
    Meta(
        pattern=r"^(100(\.0{1,2})?|[0-9]{1,2}(\.[0-9]{1,2})?)$",
        description="A rate in percent.",
        examples=["27.00"],
    ),
]
Url = Annotated[
    str,
    Meta(
        min_length=8,
        max_length=2000,
        pattern=r"^https?://[A-Za-z0-9\[][!-~]*$",
        description="Where the payment page leads back to.",
    ),
]

_EARLIEST: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST: Final = datetime(9000, 1, 1, tzinfo=UTC)


class Input(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What comes in: unknown fields are refused (X8)."""


class Output(msgspec.Struct, frozen=True, kw_only=True):
    """What goes out."""


class Money(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An amount in major units, as text, and its ISO 4217 currency."""

    amount: Annotated[str, Meta(pattern=r"^[0-9]{1,12}(\.[0-9]{1,3})?$", examples=["120.00"])]
    currency: Annotated[str, Meta(pattern="^[A-Z]{3}$", examples=["EUR"])]


class Listed(msgspec.Struct, Generic[T], frozen=True):
    """A page of a list; `next_cursor` asks for the next one, null at the end."""

    items: list[T]
    next_cursor: str | None = None


class ClientIn(Input, frozen=True):
    """A client by id, or by e-mail with a name; one named by a new e-mail is made on the way."""

    id: Ref | None = None
    email: Email | None = None
    name: MaybeEmpty | None = None


def money_in(value: Money, field: str) -> core.Money:
    """Return *value* in minor units; raises `Invalid` for more decimals than the currency has."""
    try:
        return core.Money.of(value.amount, value.currency)
    except Invalid as wrong:
        raise Invalid(field=f"{field}.{wrong.field}", problem=wrong.problem) from None


def money_out(value: core.Money) -> Money:
    """Return *value* in major units."""
    return Money(f"{value.amount:f}", value.currency)


def minor_out(minor: int, currency: str) -> Money:
    """Return *minor* units of *currency*."""
    return money_out(core.Money(minor, currency))


def percent_in(text: str) -> int:
    """Return hundredths of a percent: ``27.00`` is 2700."""
    return int(Decimal(text) * 100)


def percent_out(hundredths: int) -> str:
    """Return a rate in percent with two decimals."""
    return f"{hundredths // 100}.{hundredths % 100:02d}"


def client_in(given: ClientIn | str) -> ClientRef:
    """Return how the core names the client; raises `Invalid` unless by one of id and e-mail."""
    if isinstance(given, str):
        return ClientRef(email=given) if "@" in given else ClientRef(id=given)
    if (given.id is None) == (given.email is None):
        raise Invalid(field="client", problem="needs either an id or an e-mail address")
    return ClientRef(id=given.id, email=given.email, name=given.name)


def instant_in(value: datetime, field: str) -> datetime:
    """Return *value* in UTC; raises `Invalid` outside the years 1970 to 8999."""
    moment = utc(value, field)
    if not _EARLIEST <= moment < _LATEST:
        raise Invalid(field=field, problem="is not within the years 1970 to 8999")
    return moment
