"""Edits: what staff, payments and disputes change on a pass (S2, S6, S12, S13, V7).

Each function answers one command on one pass for `passcore.domain.decisions`: it returns the facts
the command comes to at an instant, or raises the refusal.
"""

from __future__ import annotations

from datetime import date, datetime

import attrs

from passcore.domain import commands as cm, ledger as lg
from passcore.domain.anchoring import BY_HAND
from passcore.domain.eligibility import NOT_LIVE
from passcore.domain.freezes import (
    MAX_FREEZES,
    Freeze,
    FreezeLimits,
    Freezes,
    adds_nothing,
    dated,
    days_in,
    ended_on,
    later,
    moved,
    refrozen,
    unmoved,
    with_freeze,
    within_calendar,
)
from passcore.domain.passes import Pass, Standing, Status
from passcore.domain.products import MAX_SESSIONS, Terms
from passcore.domain.time import local_day
from passcore.domain.validity import Window, bare, lapse_instant, opening_window
from passcore.domain.writing import Decided, Draft
from passcore.errors import (
    BookingsInside,
    Invalid,
    InvalidTransition,
    LimitReached,
    PassExhausted,
    PassExpired,
    PassFrozen,
    Refusal,
    ShortNotice,
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
    """Set the last day; of a pass that is over only to revive it, with what had lapsed (V7)."""
    _must_live(state)
    if _over(state, at) and not command.revive:
        raise PassExpired(state.id, state.window.last_day if state.window else None)
    last_day = command.last_day
    window = ending(state.window, state.terms, at, state.zone, last_day)
    if window.ends_at is not None and window.ends_at <= at:
        raise Invalid(field="last_day", problem="has already passed")
    if any(freeze.has(last_day) for freeze in dated(state.freezes)):
        raise Invalid(field="last_day", problem="is a frozen day")
    return _running_on(state, at, lg.Extended(window))


def _over(state: Pass, at: datetime) -> bool:
    return state.ends_at is not None and at >= state.ends_at


def _running_on(state: Pass, at: datetime, fact: lg.Extended | lg.Frozen) -> Decided:
    """Write *fact*, after which the pass runs: what had lapsed is back, in the same decision."""
    if not state.balance.lapsed:
        return ((fact, at),)
    draft = Draft(state, at)
    draft.add(fact)
    draft.reinstate(state.balance.lapsed)
    return draft.facts


def ending(window: Window | None, terms: Terms, at: datetime, zone: str, last_day: date) -> Window:
    """Return *window*, or one that starts now where there is none, ending with *last_day*."""
    if window is None:
        window = bare(terms.validity, at, local_day(at, zone), zone)
    if last_day < window.first_day:
        raise Invalid(field="last_day", problem="is before the first day")
    return window.until(last_day, f"{BY_HAND} to {last_day}")


def freeze(state: Pass, command: cm.Freeze, at: datetime) -> Decided:
    """Set the pass aside; a dated freeze moves the end at once, an open one when it ends (V7)."""
    _must_live(state)
    window, today = state.window, local_day(at, state.zone)
    told = window.last_day if window else None
    if state.status(at) is Status.EXPIRED and not command.revive:
        raise PassExpired(state.id, told)
    asked = _asked(state, command, today)
    if known := adds_nothing(state.freezes, asked):
        raise PassFrozen(state.id, known.first_day, known.last_day)
    if told is not None and asked.first_day > told:
        raise Invalid(field="first_day", problem="is after the last day of the pass")
    freezes = with_freeze(state.freezes, asked)
    if window is not None:
        until = f"to {asked.last_day}" if asked.last_day else "until further notice"
        window = refrozen(window, state.freezes, freezes, f"frozen {asked.first_day} {until}")
    if _over(attrs.evolve(state, window=window, freezes=freezes), at):
        raise PassExpired(state.id, told)
    beyond = _beyond(state.terms.freeze, freezes, asked, today)
    if beyond is not None and not command.beyond_limits:
        raise beyond
    inside = [hold for hold in state.balance.holds if asked.holds(hold.starts_at, state.zone)]
    if inside and command.bookings is None:
        bookings = tuple(hold.line.booking_id for hold in inside)
        raise BookingsInside(state.id, asked.first_day, asked.last_day, bookings)
    fact = lg.Frozen(asked.first_day, asked.last_day, window, beyond_limits=beyond is not None)
    return _running_on(state, at, fact)


def _asked(state: Pass, command: cm.Freeze, today: date) -> Freeze:
    """Return the freeze asked for; raises `Invalid` where it ends before it begins, or begins
    before there was a pass."""
    first, last = within_calendar(command.first_day or today, "first_day"), command.last_day
    if first < local_day(state.created_at, state.zone):
        raise Invalid(field="first_day", problem="is before the pass was made")
    if last is not None and within_calendar(last, "last_day") < first:
        raise Invalid(field="last_day", problem="is before the first day")
    return Freeze(first, last)


def _beyond(limits: FreezeLimits, freezes: Freezes, asked: Freeze, today: date) -> Refusal | None:
    """Return what the terms have against *asked*, of which *freezes* are with it, or None."""
    if len(freezes) > MAX_FREEZES:
        raise LimitReached("freezes", MAX_FREEZES)
    if limits.count is not None and len(freezes) > limits.count:
        return LimitReached("freezes", limits.count)
    if limits.days is not None:
        days = days_in(freezes)
        if days is None or days > limits.days:
            return LimitReached("frozen days", limits.days)
    if limits.notice is not None:
        earliest = later(today, limits.notice)
        if asked.first_day < earliest:
            return ShortNotice("days of notice", limits.notice, earliest)
    return None


def unfreeze(state: Pass, command: cm.Unfreeze, at: datetime) -> Decided:
    """Take the pass up again; ending early gives back only the days frozen (V7)."""
    _must_live(state)
    window = state.window
    day = within_calendar(command.on_day or local_day(at, state.zone), "on_day")
    left = ended_on(state.freezes, day)
    if left == state.freezes:
        raise InvalidTransition("pass", "not frozen", "unfreeze")
    if window is not None and window.last_day is not None:
        plain = unmoved(window.first_day, window.last_day, state.freezes)
        days = (moved(window.first_day, plain, left) - plain).days
        window = refrozen(window, state.freezes, left, f"frozen for {days} days")
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
        days, rule = command.days, f"suspended for {command.days} days"
        window = refrozen(window, state.freezes, state.freezes, rule, longer=days)
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
