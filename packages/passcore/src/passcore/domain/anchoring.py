"""Anchoring: how bookings and visits set and move the window of a pass sold unstarted (V1).

With ``first_booking`` the window follows the earliest live booking until a visit is completed; with
``first_use`` it begins with the earliest completed visit, also where that is reported later than
others. Undoing the only use of a pass takes its start back. A window set by hand keeps its end.
"""

from __future__ import annotations

from datetime import datetime

import attrs

from passcore.domain.freezes import later, moved, unmoved
from passcore.domain.passes import Pass
from passcore.domain.time import local_day
from passcore.domain.validity import Anchor, Redeem, Window, window_from
from passcore.domain.writing import Draft
from passcore.errors import BookedTooLate, PassExpired

#: How the rule of a window begins that was set by hand.
BY_HAND = "set by hand"


def follows_bookings(state: Pass) -> bool:
    """Tell whether the window still moves with the bookings."""
    return state.terms.validity.anchor is Anchor.FIRST_BOOKING and not state.locked


def may_start_before(state: Pass) -> bool:
    """Tell whether a visit before the window moves the window instead of lying outside it."""
    return follows_bookings(state) or state.terms.validity.anchor is Anchor.FIRST_USE


def at_booking(draft: Draft, starts_at: datetime, at: datetime) -> None:
    """Set the window from the earliest live booking, the one now made among them.

    Raises `PassExpired` where the latest of them would then lie outside. Where it is the booking
    that has to lie inside, the others may all be as late as *at*, which is now (V6).
    """
    state = draft.state
    if not follows_bookings(state):
        return
    starts = [*(hold.starts_at for hold in state.balance.holds), starts_at]
    window = _from(state, min(starts))
    by_act = state.terms.validity.redeem is Redeem.BOOKED_WITHIN
    latest = max(starts) if not by_act else at if state.balance.holds else starts_at
    if window.ends_at is not None and window.ends_at <= latest:
        raise (BookedTooLate if by_act else PassExpired)(state.id, window.last_day)
    draft.anchor(window, locked=False)


def at_return(draft: Draft) -> None:
    """Set the window from the earliest booking that is left."""
    state = draft.state
    if follows_bookings(state):
        starts = [hold.starts_at for hold in state.balance.holds]
        draft.anchor(_from(state, min(starts)) if starts else None, locked=False)


def at_use(draft: Draft, starts_at: datetime) -> None:
    """Start the clock with the first completed visit, or lock what a booking set."""
    state = draft.state
    validity, window = state.terms.validity, state.window
    if not validity.starts_later or (state.locked and validity.anchor is Anchor.FIRST_BOOKING):
        return
    if window is None or starts_at < window.starts_at:
        window = _from(state, starts_at)
    draft.anchor(window, locked=True)


def at_undo(draft: Draft) -> None:
    """Take the start back where the use that was undone was the only one."""
    state = draft.state
    validity, window = state.terms.validity, state.window
    untouched = window is not None and window.rule == validity.rule
    if not validity.starts_later or not untouched or state.balance.used:
        return
    starts = [hold.starts_at for hold in state.balance.holds]
    if starts and validity.anchor is Anchor.FIRST_BOOKING:
        draft.anchor(_from(state, min(starts)), locked=False)
    else:
        draft.anchor(None, locked=False)


def _from(state: Pass, starts_at: datetime) -> Window:
    """Return the window that begins at *starts_at*, with the days that freezes and disputes have
    added."""
    validity, old = state.terms.validity, state.window
    if old is not None and old.rule.startswith(BY_HAND):
        first_day = local_day(starts_at, state.zone)
        return attrs.evolve(old, starts_at=starts_at, first_day=first_day)
    window = window_from(validity, starts_at, state.zone)
    if window.last_day is None:
        return window
    longer, rule = 0, f"{validity.rule}, with days frozen"
    if old is not None:
        plain = window_from(validity, old.starts_at, state.zone).last_day
        assert old.last_day is not None and plain is not None
        known = unmoved(old.first_day, old.last_day, state.freezes)
        longer, rule = (known - plain).days, old.rule
    last_day = moved(window.first_day, later(window.last_day, longer), state.freezes)
    return window if last_day == window.last_day else window.until(last_day, rule)
