"""Edits: what staff, payments and disputes change on a pass (S2, S6, S12, S13, V7).

Each function answers one command on one pass for `passcore.domain.decisions`.
"""

from __future__ import annotations

from datetime import date, datetime

from passcore.domain import commands as cm
from passcore.domain import ledger as lg
from passcore.domain.eligibility import NOT_LIVE
from passcore.domain.ledger import Entry
from passcore.domain.passes import Pass, Standing, Status
from passcore.domain.products import MAX_SESSIONS, Terms
from passcore.domain.time import local_day
from passcore.domain.validity import Window, lapse_instant, opening_window
from passcore.domain.writing import Pen
from passcore.errors import (
    Invalid,
    InvalidTransition,
    LimitReached,
    PassExhausted,
    PassExpired,
    PassFrozen,
)


def adjust(state: Pass, command: cm.Adjust, pen: Pen) -> tuple[Entry, ...]:
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
    return (pen.write(lg.Adjusted(delta, units)),)


def _must_stand(state: Pass) -> None:
    if state.standing not in (Standing.LIVE, Standing.PENDING):
        raise NOT_LIVE[state.standing](state.id)


def activate(state: Pass, command: cm.Activate, pen: Pen) -> tuple[Entry, ...]:
    if state.standing is not Standing.PENDING:
        raise InvalidTransition("pass", state.standing.value, "activate")
    validity = state.terms.validity
    window = opening_window(validity, pen.at, state.zone, chosen=command.starts_on)
    return (pen.write(lg.Activated(window, lapse_instant(validity, pen.at, state.zone))),)


def extend(state: Pass, command: cm.Extend, pen: Pen) -> tuple[Entry, ...]:
    _must_stand(state)
    ends_at = state.ends_at
    if ends_at is not None and pen.at >= ends_at:
        raise PassExpired(state.id, state.window.last_day if state.window else None)
    window = ending(state.window, state.terms, pen.at, state.zone, command.last_day)
    if window.ends_at is not None and window.ends_at <= pen.at:
        raise Invalid(field="last_day", problem="has already passed")
    return (pen.write(lg.Extended(window)),)


def ending(
    window: Window | None, terms: Terms, at: datetime, zone: str, last_day: date
) -> Window:
    """Return *window*, or one that starts now where there is none, ending with *last_day*."""
    if window is None:
        first = local_day(at, zone)
        window = Window(at, None, first, None, zone, terms.validity.rule)
    if last_day < window.first_day:
        raise Invalid(field="last_day", problem="is before the first day")
    return window.until(last_day, f"set by hand to {last_day}")


def freeze(state: Pass, command: cm.Freeze, pen: Pen) -> tuple[Entry, ...]:
    _must_stand(state)
    today = local_day(pen.at, state.zone)
    if state.status(pen.at) is Status.EXPIRED:
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
    if window is not None and last is not None:
        window = window.moved((last - first).days + 1, f"frozen {first} to {last}")
    return (pen.write(lg.Frozen(first, last, window)),)


def unfreeze(state: Pass, command: cm.Unfreeze, pen: Pen) -> tuple[Entry, ...]:
    freeze, window = state.freeze, state.window
    day = command.on_day or local_day(pen.at, state.zone)
    if freeze is None or (freeze.last_day is not None and freeze.last_day < day):
        raise InvalidTransition("pass", "not frozen", "unfreeze")
    frozen_days = max(0, (day - freeze.first_day).days)
    granted_days = 0 if freeze.last_day is None else (freeze.last_day - freeze.first_day).days + 1
    if window is not None and frozen_days != granted_days:
        window = window.moved(frozen_days - granted_days, f"frozen for {frozen_days} days")
    return (pen.write(lg.Unfrozen(day, window)),)


def suspend(state: Pass, _command: cm.Suspend, pen: Pen) -> tuple[Entry, ...]:
    if state.standing is not Standing.LIVE:
        raise NOT_LIVE[state.standing](state.id)
    return (pen.write(lg.Suspended()),)


def resume(state: Pass, _command: cm.Resume, pen: Pen) -> tuple[Entry, ...]:
    if state.standing is not Standing.SUSPENDED:
        raise InvalidTransition("pass", state.standing.value, "resume")
    return (pen.write(lg.Resumed(state.window)),)


def cancel(state: Pass, _command: cm.Cancel, pen: Pen) -> tuple[Entry, ...]:
    _nothing_held(state, "cancel")
    balance = state.balance
    return (pen.write(lg.Cancelled(balance.available, balance.units)),)


def refund(state: Pass, command: cm.Refund, pen: Pen) -> tuple[Entry, ...]:
    _nothing_held(state, "refund")
    balance = state.balance
    return (pen.write(lg.Refunded(balance.available, balance.units, command.amount_minor)),)


def _nothing_held(state: Pass, attempt: str) -> None:
    if state.standing in (Standing.REFUNDED, Standing.CANCELLED):
        raise NOT_LIVE[state.standing](state.id)
    if state.balance.holds:
        raise InvalidTransition("pass", "held by bookings", attempt)


def cover(state: Pass, command: cm.ChangeCover, pen: Pen) -> tuple[Entry, ...]:
    _must_stand(state)
    return (pen.write(lg.CoverChanged(command.coverage)),)


def hand_over(state: Pass, command: cm.ChangeOwner, pen: Pen) -> tuple[Entry, ...]:
    _must_stand(state)
    if command.client_id == state.client_id:
        raise Invalid(field="client", problem="owns the pass already")
    if state.balance.holds:
        raise InvalidTransition("pass", "held by bookings", "transfer")
    return (pen.write(lg.OwnerChanged(command.client_id)),)
