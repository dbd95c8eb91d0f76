"""Anchoring: how bookings and visits set and move the window of a pass sold unstarted (V1).

With ``first_booking`` the window follows the earliest live booking until a visit is completed; with
``first_use`` it begins with the earliest completed visit, also where that is reported later than
others. Undoing the only use of a pass takes its start back. A window set by hand keeps its end.
"""

from __future__ import annotations

from datetime import datetime

import attrs

from passcore.domain.passes import Pass, frozen_days
from passcore.domain.time import local_day
from passcore.domain.validity import Anchor, Window, window_from
from passcore.domain.writing import Draft
from passcore.errors import PassExpired

#: How the rule of a window begins that was set by hand.
BY_HAND = "set by hand"


def follows_bookings(state: Pass) -> bool:
    """Tell whether the window still moves with the bookings."""
    return state.terms.validity.anchor is Anchor.FIRST_BOOKING and not state.locked


def may_start_before(state: Pass) -> bool:
    """Tell whether a visit before the window moves the window instead of lying outside it."""
    return follows_bookings(state) or state.terms.validity.anchor is Anchor.FIRST_USE


def at_booking(draft: Draft, *more: datetime) -> None:
    """Set the window from the earliest live booking, those that start at *more* among them.

    Raises `PassExpired` where the latest of them would then lie outside.
    """
    state = draft.state
    if not follows_bookings(state):
        return
    starts = [hold.starts_at for hold in state.balance.holds] + list(more)
    window = _from(state, min(starts)) if starts else None
    if window is not None and not window.holds(max(starts)):
        raise PassExpired(state.id, window.last_day)
    draft.anchor(window, locked=False)


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
    """Return the window that begins at *starts_at*, with the days that freezes have added."""
    validity, old = state.terms.validity, state.window
    if old is not None and old.rule.startswith(BY_HAND):
        first_day = local_day(starts_at, state.zone)
        return attrs.evolve(old, starts_at=starts_at, first_day=first_day)
    window = window_from(validity, starts_at, state.zone)
    if window.last_day is None:
        return window
    if old is None:
        days, rule = frozen_days(state.freeze, window), f"{validity.rule}, with days frozen"
    else:
        plain = window_from(validity, old.starts_at, state.zone).last_day
        assert old.last_day is not None and plain is not None
        days, rule = (old.last_day - plain).days, old.rule
    return window.moved(days, rule) if days else window
