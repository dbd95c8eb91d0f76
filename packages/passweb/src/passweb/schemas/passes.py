"""Passes on the wire: the pass, and what is done to it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from msgspec import Meta

from passcore.domain import commands as cm
from passcore.domain.passes import Pass
from passcore.domain.products import PaymentMethod
from passcore.usecases.assignment import AssignPass
from passcore.usecases.passes import AdjustPass, EditPass
from passcore.usecases.views import PassView
from passweb.schemas.caps import CapOut, caps_out
from passweb.schemas.clients import ClientBrief, client_brief
from passweb.schemas.common import (
    ClientIn,
    Input,
    Money,
    Output,
    Reason,
    Ref,
    client_in,
    money_in,
)
from passweb.schemas.products import ProductBrief, Sessions, product_brief

StatusName = Literal[
    "pending", "active", "frozen", "suspended", "used_up", "expired", "cancelled", "refunded"
]


class NewPass(Input, frozen=True):
    """A pass to assign: any product, on its own terms or changed ones. `payment` records how it
    was paid, with an invoice; left out, there is neither."""

    product_id: Ref
    client: ClientIn | Ref
    sessions: Sessions | None = None
    last_day: date | None = None
    starts_on: date | None = None
    price: Money | None = None
    payment: Literal["on_site", "bank_transfer"] | None = None
    reason: Reason | None = None
    notify: bool = True


class Adjustment(Input, frozen=True):
    """Sessions to add or take away by hand."""

    delta: Annotated[int, Meta(ge=-1000, le=1000, description="Not 0.")]
    reason: Reason
    notify: bool = False


class Extension(Input, frozen=True):
    """A new last day. A pass that is over is set going again with `revive` only: what lapsed on it
    comes back."""

    last_day: date
    reason: Reason
    revive: bool = False


class FreezeIn(Input, frozen=True):
    """A freeze: from today where `first_day` is left out, until further notice without
    `last_day`. `bookings` says what becomes of those inside: they are kept, or called off with all
    they hold given back. `beyond_limits` leaves the product's limits aside, `revive` takes days
    before the end of a pass that is over."""

    reason: Reason
    first_day: date | None = None
    last_day: date | None = None
    bookings: Literal["keep", "release"] | None = None
    beyond_limits: bool = False
    revive: bool = False


class Unfreezing(Input, frozen=True):
    """The end of a freeze, today where `on_day` is left out. Where no freeze has that day, the next
    to begin is taken back."""

    reason: Reason
    on_day: date | None = None


class Transfer(Input, frozen=True):
    """The new owner."""

    client: ClientIn | Ref
    reason: Reason = "transfer"


class Cancellation(Input, frozen=True):
    """Why a pass is called off."""

    reason: Reason


class SessionCounts(Output, frozen=True):
    """Where the sessions are. `granted`, `remaining` and `available` are null when unlimited;
    `adjusted` is what staff added or took away since."""

    granted: int | None
    used: int
    held: int
    remaining: int | None
    available: int | None
    expired: int
    refunded: int
    transferred: int
    adjusted: int


class FrozenDays(Output, frozen=True):
    """Days on which a pass is set aside, both inclusive; until further notice without the last."""

    first_day: date
    last_day: date | None


class PassOut(Output, frozen=True):
    """A pass. `valid_until` is its last instant exclusive, days of grace included, `last_day` the
    day people are told."""

    id: str
    code: str
    status: StatusName
    product: ProductBrief
    client: ClientBrief
    sessions: SessionCounts
    valid_from: datetime | None
    valid_until: datetime | None
    first_day: date | None
    last_day: date | None
    freezes: list[FrozenDays]
    time_zone: str
    created_at: datetime
    version: int
    caps: list[CapOut]


def pass_out(view: PassView, at: datetime) -> PassOut:
    """Return a pass as it stands at the instant *at*."""
    state, window = view.state, view.state.window
    return PassOut(
        id=state.id,
        code=view.code,
        status=state.status(at).value,
        product=product_brief(state.terms),
        client=client_brief(view.client),
        sessions=_counts(state),
        valid_from=window.starts_at if window else None,
        valid_until=state.ends_at,
        first_day=window.first_day if window else None,
        last_day=window.last_day if window else None,
        freezes=[FrozenDays(first_day=f.first_day, last_day=f.last_day) for f in state.freezes],
        time_zone=state.zone,
        created_at=state.created_at,
        version=state.version,
        caps=caps_out(state.terms.caps),
    )


def _counts(state: Pass) -> SessionCounts:
    balance, unlimited = state.balance, state.unlimited
    return SessionCounts(
        granted=None if unlimited else balance.granted,
        used=balance.used,
        held=balance.held,
        remaining=None if unlimited else balance.remaining,
        available=None if unlimited else balance.available,
        expired=balance.expired,
        refunded=balance.refunded,
        transferred=balance.transferred,
        adjusted=balance.adjusted,
    )


def assign_in(given: NewPass) -> AssignPass:
    """Return the command."""
    return AssignPass(
        product=given.product_id,
        client=client_in(given.client),
        sessions=given.sessions,
        last_day=given.last_day,
        starts_on=given.starts_on,
        price=None if given.price is None else money_in(given.price, "price"),
        payment=None if given.payment is None else PaymentMethod(given.payment),
        reason=given.reason,
        notify=given.notify,
    )


def adjust_in(ref: str, given: Adjustment) -> AdjustPass:
    """Return the command."""
    return AdjustPass(ref, given.delta, given.reason, given.notify)


def extend_in(ref: str, given: Extension) -> EditPass:
    """Return the command."""
    return EditPass(ref, cm.Extend(given.last_day, given.revive), given.reason)


def freeze_in(ref: str, given: FreezeIn) -> EditPass:
    """Return the command."""
    bookings = None if given.bookings is None else cm.Inside(given.bookings)
    asked = cm.Freeze(
        given.first_day, given.last_day, bookings, given.beyond_limits, revive=given.revive
    )
    return EditPass(ref, asked, given.reason)


def unfreeze_in(ref: str, given: Unfreezing) -> EditPass:
    """Return the command."""
    return EditPass(ref, cm.Unfreeze(given.on_day), given.reason)


def cancel_in(ref: str, given: Cancellation) -> EditPass:
    """Return the command."""
    return EditPass(ref, cm.Cancel(), given.reason)
