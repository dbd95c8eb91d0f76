"""Capping: what the caps of a pass say to one more visit (C3)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final

from passcore.domain.anchoring import may_start_before
from passcore.domain.caps import Cap, Counted
from passcore.domain.coverage import Visit
from passcore.domain.passes import Pass
from passcore.domain.time import local_day, start_of_day
from passcore.errors import CapReached

Tally = tuple[Cap, Sequence[date]]

_NONE: Final[tuple[CapReached, ...]] = ()


def counted(state: Pass, visit: Visit) -> Counted | None:
    """Return what a fact about *visit* carries for the caps of its pass, None where none of them
    concerns it."""
    service_id, category = visit.service_id, visit.category
    if not any(cap.concerns(service_id, category) for cap in state.terms.caps):
        return None
    return Counted(local_day(visit.starts_at, state.zone), service_id, category)


def reached(state: Pass, visit: Visit) -> Sequence[CapReached]:
    """Return a refusal for every cap that *visit* would exceed, in the order of the terms."""
    concerned = [c for c in state.terms.caps if c.concerns(visit.service_id, visit.category)]
    if not concerned:
        return _NONE
    day = local_day(visit.starts_at, state.zone)
    tallies = [(cap, _days(state, cap)) for cap in concerned]
    first_day = _first_day(state, day)
    full = [
        (cap, used)
        for cap, days in tallies
        if (used := cap.fill(days, day, first_day)[0]) >= cap.most
    ]
    if not full:
        return _NONE
    free_from = _free_from(state, tallies, day)
    return [_refusal(state, cap, used, free_from) for cap, used in full]


def _days(state: Pass, cap: Cap) -> list[date]:
    visits = (visit for _, visit in state.counted)
    return sorted(v.day for v in visits if cap.concerns(v.service_id, v.category))


def _first_day(state: Pass, day: date) -> date:
    """Return the day from which pass months are counted for a visit on *day*: the first of the
    window, as that visit would set or move it; without one, that of the earliest visit."""
    window = state.window
    if window is None:
        return min((day, *(visit.day for _, visit in state.counted)))
    return day if day < window.first_day and may_start_before(state) else window.first_day


def _free_from(state: Pass, tallies: Sequence[Tally], day: date) -> date | None:
    """Return the first day after *day* on which no cap is reached, None where the pass is over by
    then."""
    ends_at = state.ends_at
    later = day
    while True:
        first_day = _first_day(state, later)
        free_from = max(cap.fill(days, later, first_day)[1] for cap, days in tallies)
        if free_from == later:
            over = ends_at is not None and start_of_day(later, state.zone) >= ends_at
            return None if over else later
        later = free_from


def _refusal(state: Pass, cap: Cap, used: int, free_from: date | None) -> CapReached:
    return CapReached(
        state.id,
        most=cap.most,
        window=cap.window.value,
        per=cap.span,
        used=used,
        days=cap.days,
        services=tuple(sorted(cap.services)) or None,
        categories=tuple(sorted(cap.categories)) or None,
        free_from=free_from,
    )
