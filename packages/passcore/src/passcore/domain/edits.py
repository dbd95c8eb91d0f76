"""Edits: what staff, payments and disputes change on a pass (S2, S6, S12, S13, V7).

Each function answers one command on one pass for `passcore.domain.decisions`: it returns the facts
the command comes to at an instant, or raises the refusal.
"""

from __future__ import annotations

from datetime import date, datetime

from passcore.domain import commands as cm, ledger as lg
from passcore.domain.anchoring import BY_HAND
from passcore.domain.eligibility import NOT_LIVE
from passcore.domain.passes import Freeze, Pass, Standing, Status, frozen_days
from passcore.domain.products import MAX_SESSIONS, Terms
from passcore.domain.time import DAY, local_day
from passcore.domain.validity import Window, lapse_instant, opening_window
from passcore.domain.writing import Decided
from passcore.errors import (
    Invalid,
    InvalidTransition,
    LimitReached,
    PassExhausted,
    PassExpired,
    PassFrozen,
)


def adjust(state: Pass, command: cm.Adjust, at: datetime) -> Decided:
    """Add free sessions, or take some away."""
    _must_stand(state)
    delta, balance = command.delta, state.balance
    if state.unlimited or delta == 0:
        problem = "changes nothing" if delta == 0 else "does not go with an unlimited pass"
        raise Invalid(field="delta", problem=problem)
    if delta < 0:
        if balance.available < -delta:
            raise PassExhausted(state.id, balance.available, -delta)
        units, _ = lg.take(balance.units, -delta)
    else:
        if balance.remaining + delta > MAX_SESSIONS:
            raise LimitReached("sessions", MAX_SESSIONS)
        units = ((0, delta),)
    return ((lg.Adjusted(delta, units), at),)


def _must_stand(state: Pass) -> None:
    if state.standing not in (Standing.LIVE, Standing.PENDING):
        raise NOT_LIVE[state.standing](state.id)


def _must_live(state: Pass) -> None:
    """Refuse to edit a validity that has not begun, which its approval would overwrite."""
    if state.standing is not Standing.LIVE:
        raise NOT_LIVE[state.standing](state.id)


def activate(state: Pass, command: cm.Activate, at: datetime) -> Decided:
    """Start a pending pass."""
    if state.standing is not Standing.PENDING:
        raise InvalidTransition("pass", state.standing.value, "activate")
    validity = state.terms.validity
    window = opening_window(validity, at, state.zone, chosen=command.starts_on)
    return ((lg.Activated(window, lapse_instant(validity, at, state.zone)), at),)


def extend(state: Pass, command: cm.Extend, at: datetime) -> Decided:
    """Set the last day of a pass that is not over."""
    _must_live(state)
    ends_at = state.ends_at
    if ends_at is not None and at >= ends_at:
        raise PassExpired(state.id, state.window.last_day if state.window else None)
    window = ending(state.window, state.terms, at, state.zone, command.last_day)
    if window.ends_at is not None and window.ends_at <= at:
        raise Invalid(field="last_day", problem="has already passed")
    return ((lg.Extended(window), at),)


def ending(window: Window | None, terms: Terms, at: datetime, zone: str, last_day: date) -> Window:
    """Return *window*, or one that starts now where there is none, ending with *last_day*."""
    if window is None:
        first = local_day(at, zone)
        window = Window(at, None, first, None, zone, terms.validity.rule)
    if last_day < window.first_day:
        raise Invalid(field="last_day", problem="is before the first day")
    return window.until(last_day, f"{BY_HAND} to {last_day}")


def freeze(state: Pass, command: cm.Freeze, at: datetime) -> Decided:
    """Set the pass aside; a dated freeze moves the end at once, an open one when it ends."""
    _must_live(state)
    today = local_day(at, state.zone)
    if state.status(at) is Status.EXPIRED:
        raise PassExpired(state.id, state.window.last_day if state.window else None)
    current = state.freeze
    if current is not None and (current.last_day is None or current.last_day >= today):
        raise PassFrozen(state.id, current.first_day, current.last_day)
    first, last = command.first_day or today, command.last_day
    if first < today:
        raise Invalid(field="first_day", problem="is in the past")
    if last is not None and last < first:
        raise Invalid(field="last_day", problem="is before the first day")
    window = state.window
    if window is not None:
        if window.last_day is not None and first > window.last_day:
            raise Invalid(field="first_day", problem="is after the last day of the pass")
        days = frozen_days(Freeze(first, last), window)
        window = window.moved(days, f"frozen {first} to {last}") if days else window
    return ((lg.Frozen(first, last, window), at),)


def unfreeze(state: Pass, command: cm.Unfreeze, at: datetime) -> Decided:
    """Take the pass up again; ending early gives back only the days frozen (V7)."""
    _must_live(state)
    freeze, window = state.freeze, state.window
    day = command.on_day or local_day(at, state.zone)
    if freeze is None or (freeze.last_day is not None and freeze.last_day < day):
        raise InvalidTransition("pass", "not frozen", "unfreeze")
    if window is not None:
        days = frozen_days(Freeze(freeze.first_day, day - DAY), window)
        granted = frozen_days(freeze, window)
        window = (
            window.moved(days - granted, f"frozen for {days} days") if days != granted else window
        )
    return ((lg.Unfrozen(day, window), at),)


def suspend(state: Pass, _command: cm.Suspend, at: datetime) -> Decided:
    """Stop the pass."""
    _must_live(state)
    return ((lg.Suspended(), at),)


def resume(state: Pass, command: cm.Resume, at: datetime) -> Decided:
    """Let a suspended pass go on, its end moved by the days it stood still (S13)."""
    if state.standing is not Standing.SUSPENDED:
        raise InvalidTransition("pass", state.standing.value, "resume")
    window = state.window
    if window is not None and command.days:
        window = window.moved(command.days, f"suspended for {command.days} days")
    return ((lg.Resumed(window), at),)


def cancel(state: Pass, _command: cm.Cancel, at: datetime) -> Decided:
    """Void what is left."""
    _nothing_held(state, "cancel")
    balance = state.balance
    return ((lg.Cancelled(balance.available, balance.units), at),)


def refund(state: Pass, command: cm.Refund, at: datetime) -> Decided:
    """Void what is left against money."""
    _nothing_held(state, "refund")
    balance = state.balance
    return ((lg.Refunded(balance.available, balance.units, command.amount_minor), at),)


def _nothing_held(state: Pass, attempt: str) -> None:
    if state.standing in (Standing.REFUNDED, Standing.CANCELLED):
        raise NOT_LIVE[state.standing](state.id)
    if state.balance.holds:
        raise InvalidTransition("pass", "held by bookings", attempt)


def cover(state: Pass, command: cm.ChangeCover, at: datetime) -> Decided:
    """Replace what the pass covers."""
    _must_stand(state)
    return ((lg.CoverChanged(command.coverage), at),)


def hand_over(state: Pass, command: cm.ChangeOwner, at: datetime) -> Decided:
    """Give the whole pass to another client."""
    _must_stand(state)
    if command.client_id == state.client_id:
        raise Invalid(field="client", problem="owns the pass already")
    if state.balance.holds:
        raise InvalidTransition("pass", "held by bookings", "transfer")
    return ((lg.OwnerChanged(command.client_id), at),)
