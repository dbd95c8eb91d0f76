"""Eligibility: why a pass does not pay for a visit, in one fixed order (C1 to C3, V3, V6)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final

from passcore.domain import capping, ledger as lg
from passcore.domain.anchoring import may_start_before
from passcore.domain.coverage import Visit
from passcore.domain.passes import Pass, Standing
from passcore.domain.validity import Redeem
from passcore.errors import (
    BookedTooEarly,
    BookedTooLate,
    NotCovered,
    PassCancelled,
    PassExhausted,
    PassExpired,
    PassFrozen,
    PassNotYetValid,
    PassPending,
    PassRefunded,
    PassSuspended,
    Refusal,
)

#: How long after a pass ended a visit inside its window may still be reported (RELIABILITY R11).
LATE_REPORTS: Final = timedelta(days=30)

_LIVE: Final = Standing.LIVE
_BOOKED: Final = Redeem.BOOKED_WITHIN

NOT_LIVE: Final[dict[Standing, Callable[[str], Refusal]]] = {
    Standing.PENDING: PassPending,
    Standing.SUSPENDED: PassSuspended,
    Standing.REFUNDED: PassRefunded,
    Standing.CANCELLED: PassCancelled,
}


def objections(
    state: Pass,
    visit: Visit,
    at: datetime,
    booked_at: datetime | None = None,
    *,
    first: bool = False,
) -> Sequence[Refusal]:
    """Return every reason why *state* does not pay for *visit*, the most telling first, or only
    the *first*.

    *at* is when the visit is booked or reported; where the clock was set back, the last entry's
    time counts. *booked_at* is the act of booking where that was not now; it is never after the
    visit's start. The order is fixed, so that `decide` refuses with the same reason everywhere.
    """
    if state.standing is not _LIVE:
        return (NOT_LIVE[state.standing](state.id),)
    terms, starts_at = state.terms, visit.starts_at
    found: list[Refusal] = []
    why = terms.coverage.misses(visit, state.zone)
    if why is not None:
        found.append(NotCovered(state.id, visit.service_id, why))
    if first and found:
        return found
    now = max(at, state.at)
    if terms.validity.redeem is _BOOKED:
        act = min(booked_at or now, starts_at)
        late = _booked_outside(state, starts_at, act, now)
    else:
        act = None
        late = _outside(state, starts_at, now)
    if late is not None:
        found.append(late)
    if state.freezes:
        freeze = state.frozen_at(starts_at) or (act and state.frozen_at(act))
        if freeze:
            found.append(PassFrozen(state.id, freeze.first_day, freeze.last_day))
    if first and found:
        return found
    if terms.sessions is not None:
        needed = terms.cost(visit.service_id, visit.seats)
        available, lapsed = state.balance.available, state.balance.lapsed
        if available < needed and (late or not lapsed or available + lg.count_of(lapsed) < needed):
            found.append(PassExhausted(state.id, available, needed))
    if terms.caps:
        found += capping.reached(state, visit)
    return found


def _outside(state: Pass, starts_at: datetime, at: datetime) -> Refusal | None:
    """Return the refusal of a visit outside the window, or None (V3, V6 ``service_within``)."""
    window = state.window
    if window is None:
        return _unstarted(state, starts_at, at)
    if starts_at < window.starts_at and not may_start_before(state):
        return PassNotYetValid(state.id, window.first_day)
    ends_at = state.ends_at
    if ends_at is not None and (starts_at >= ends_at or at >= ends_at + LATE_REPORTS):
        return PassExpired(state.id, window.last_day)
    return None


def _booked_outside(
    state: Pass, starts_at: datetime, act: datetime, at: datetime
) -> Refusal | None:
    """Return the refusal of a visit booked outside the window, or None (V6 ``booked_within``).

    Nothing is paid for that starts before the window, however early it was booked.
    """
    window = state.window
    if window is None:
        return _unstarted(state, starts_at, at)
    if act < window.starts_at and not may_start_before(state):
        return BookedTooEarly(state.id, window.first_day)
    ends_at = state.ends_at
    if ends_at is not None and (act >= ends_at or at >= max(ends_at, starts_at) + LATE_REPORTS):
        return BookedTooLate(state.id, window.last_day)
    return None


def _unstarted(state: Pass, starts_at: datetime, at: datetime) -> Refusal | None:
    """Return the refusal of a visit by which a pass would start too late (V1)."""
    lapses_at = state.lapses_at
    if lapses_at is not None and (starts_at >= lapses_at or at >= lapses_at + LATE_REPORTS):
        return PassExpired(state.id, None)
    return None
