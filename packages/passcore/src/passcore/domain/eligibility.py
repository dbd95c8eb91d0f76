"""Eligibility: every reason why a pass does not pay for a visit, in one fixed order (C1, C2, V3, V6)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Final

from passcore.domain import ledger as lg
from passcore.domain.coverage import Visit
from passcore.domain.passes import Pass, Standing
from passcore.domain.validity import Anchor
from passcore.errors import (
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

NOT_LIVE: Final[dict[Standing, Callable[[str], Refusal]]] = {
    Standing.PENDING: PassPending,
    Standing.SUSPENDED: PassSuspended,
    Standing.REFUNDED: PassRefunded,
    Standing.CANCELLED: PassCancelled,
}


def objections(
    state: Pass, visit: Visit, at: datetime, holding: int = 0
) -> Iterator[Refusal]:
    """Yield every reason why *state* does not pay for *visit*, the most telling first.

    *at* is when the visit is booked or reported; *holding* sessions are held for it already. The
    order is fixed, so that `decide` refuses with the same reason everywhere.
    """
    if state.standing is not Standing.LIVE:
        yield NOT_LIVE[state.standing](state.id)
        return
    terms, starts_at = state.terms, visit.starts_at
    why = terms.coverage.misses(visit, state.zone)
    if why is not None:
        yield NotCovered(state.id, visit.service_id, why)
    late = _outside(state, starts_at, at)
    if late is not None:
        yield late
    freeze = state.freeze
    if freeze is not None and state.frozen_on(starts_at):
        yield PassFrozen(state.id, freeze.first_day, freeze.last_day)
    if terms.sessions is not None:
        balance = state.balance
        needed = terms.cost(visit.service_id, visit.seats)
        if balance.available + holding < needed:
            free = balance.available + holding + (lg.count_of(balance.lapsed) if not late else 0)
            if free < needed:
                yield PassExhausted(state.id, balance.available + holding, needed)


def _outside(state: Pass, starts_at: datetime, at: datetime) -> Refusal | None:
    """Return the refusal of a visit outside the window, or None (V3, V6 ``service_within``)."""
    window = state.window
    if window is None:
        lapses_at = state.lapses_at
        if lapses_at is not None and (starts_at >= lapses_at or at >= lapses_at):
            return PassExpired(state.id, None)
        return None
    if starts_at < window.starts_at and not moves_anchor(state):
        return PassNotYetValid(state.id, window.first_day)
    ends_at = state.ends_at
    if ends_at is not None and (starts_at >= ends_at or at >= ends_at + LATE_REPORTS):
        return PassExpired(state.id, window.last_day)
    return None


def moves_anchor(state: Pass) -> bool:
    return state.terms.validity.anchor is Anchor.FIRST_BOOKING and not state.locked
