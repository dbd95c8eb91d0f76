"""Caps on the wire: how many visits a pass pays for in a window of days (C3)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

from msgspec import Meta, field

from passcore.domain.caps import MAX_CAPS, MAX_ROLLING, MAX_VISITS, Cap, CapWindow
from passweb.schemas.common import Input, Output, Ref

Most = Annotated[int, Meta(ge=1, le=MAX_VISITS)]
CapWindowName = Literal["day", "week", "month", "pass_month", "rolling"]
Rolling = Annotated[int, Meta(ge=1, le=MAX_ROLLING)]
Subset = Annotated[list[Ref], Meta(max_length=100)]


class CapIn(Input, frozen=True):
    """At most `most` visits a local day, ISO week, calendar month, month of the pass or any `days`
    days in a row (`rolling`, and only there). `services` and `categories` name the visits it counts
    and limits; none means all the pass covers."""

    most: Most
    window: CapWindowName
    days: Rolling | None = None
    services: Subset = field(default_factory=list)
    categories: Subset = field(default_factory=list)


class CapOut(Output, frozen=True):
    """At most `most` visits in a window; `days` is its length where it is `rolling`. The visits of
    `services` (ids) and `categories` count; where both are empty, all do."""

    most: int
    window: CapWindowName
    days: int | None
    services: list[str]
    categories: list[str]


Caps = Annotated[list[CapIn], Meta(max_length=MAX_CAPS)]


def caps_in(given: Sequence[CapIn]) -> tuple[Cap, ...]:
    """Return the caps; raises `Invalid` where `days` does not go with the window."""
    return tuple(
        Cap(
            cap.most,
            CapWindow(cap.window),
            cap.days,
            frozenset(cap.services),
            frozenset(cap.categories),
        )
        for cap in given
    )


def caps_out(caps: Sequence[Cap]) -> list[CapOut]:
    """Return the caps of a product or pass."""
    return [
        CapOut(
            most=cap.most,
            window=cap.window.value,
            days=cap.days,
            services=sorted(cap.services),
            categories=sorted(cap.categories),
        )
        for cap in caps
    ]
