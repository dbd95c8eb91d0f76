"""Redemption: holding, using up, giving back and lapsing of sessions (B1, B6, V1, V5).

Each function answers one command on one pass for `passcore.domain.decisions`.
"""

from __future__ import annotations

from datetime import datetime

from passcore.domain import commands as cm
from passcore.domain import ledger as lg
from passcore.domain.coverage import Visit
from passcore.domain.eligibility import NOT_LIVE, moves_anchor, objections
from passcore.domain.ledger import Entry
from passcore.domain.passes import Hold, Pass, Standing
from passcore.domain.validity import Anchor, window_from
from passcore.domain.writing import Pen
from passcore.errors import InvalidTransition, PassExpired, PassSuspended


def _usable(state: Pass, visit: Visit, at: datetime) -> tuple[int, lg.Units, lg.Units]:
    """Return the cost of *visit*, the units that pay for it, and those to reinstate first."""
    for refusal in objections(state, visit, at):
        raise refusal
    terms = state.terms
    cost = terms.cost(visit.service_id, visit.seats)
    if terms.sessions is None:
        return cost, (), ()
    balance = state.balance
    if balance.available >= cost:
        return cost, lg.take(balance.units, cost)[0], ()
    back, _ = lg.take(balance.lapsed, cost - balance.available)
    return cost, lg.take(lg.join(balance.units, back), cost)[0], back


def deduct(state: Pass, command: cm.Deduct, pen: Pen) -> tuple[Entry, ...]:
    visit = command.visit
    cost, units, back = _usable(state, visit, pen.at)
    fact = lg.Deducted(command.line, cost, units, visit.starts_at)
    if not back and (state.locked or not state.terms.validity.starts_later):
        return (pen.write(fact, visit.starts_at),)
    entries = [pen.write(lg.Reinstated(lg.count_of(back), back))] if back else []
    entries += _anchor_at_use(state, visit.starts_at, pen)
    return (*entries, pen.write(fact, visit.starts_at))


def reserve(state: Pass, command: cm.Reserve, pen: Pen) -> tuple[Entry, ...]:
    visit = command.visit
    if state.hold_of(command.line) is not None:
        raise InvalidTransition("hold", "held", "reserve")
    cost, units, back = _usable(state, visit, pen.at)
    entries = [pen.write(lg.Reinstated(lg.count_of(back), back))] if back else []
    fact = lg.Reserved(command.line, cost, units, visit.starts_at)
    entries.append(pen.write(fact, visit.starts_at))
    starts = [hold.starts_at for hold in state.balance.holds] + [visit.starts_at]
    entries += _anchor_at_booking(state, starts, pen)
    return tuple(entries)


def _anchor_at_booking(state: Pass, starts: list[datetime], pen: Pen) -> list[Entry]:
    """Set the window from the earliest live booking while nothing was completed yet (V1)."""
    if not moves_anchor(state):
        return []
    window = window_from(state.terms.validity, min(starts), state.zone) if starts else None
    if window == state.window:
        return []
    if window is not None and not window.holds(max(starts)):
        raise PassExpired(state.id, window.last_day)
    return [pen.write(lg.Anchored(window, locked=False))]


def _anchor_at_use(state: Pass, starts_at: datetime, pen: Pen) -> list[Entry]:
    """Start the clock with the first completed visit, or lock what a booking set (V1)."""
    validity = state.terms.validity
    if not validity.starts_later or state.locked:
        return []
    window = state.window
    if validity.anchor is Anchor.FIRST_USE or window is None or starts_at < window.starts_at:
        window = window_from(validity, starts_at, state.zone)
    return [pen.write(lg.Anchored(window, locked=True))]


def _open_hold(state: Pass, line: lg.Line, attempt: str) -> Hold:
    hold = state.hold_of(line)
    if hold is None:
        raise InvalidTransition("hold", "resolved", attempt)
    return hold


def capture(state: Pass, command: cm.Capture, pen: Pen) -> tuple[Entry, ...]:
    hold = _open_hold(state, command.line, "capture")
    if state.standing is Standing.SUSPENDED:
        raise PassSuspended(state.id)
    fact = lg.Captured(hold.seq, hold.line, hold.sessions, hold.units)
    entries = _anchor_at_use(state, hold.starts_at, pen)
    return (*entries, pen.write(fact, hold.starts_at))


def release(state: Pass, command: cm.Release, pen: Pen) -> tuple[Entry, ...]:
    hold = _open_hold(state, command.line, "release")
    fact = lg.Released(hold.seq, hold.line, hold.sessions, hold.units)
    entries = [pen.write(fact, hold.starts_at)]
    starts = [h.starts_at for h in state.balance.holds if h is not hold]
    entries += _anchor_at_booking(state, starts, pen)
    entries += _expire_again(state, hold.units, hold.sessions, pen)
    return tuple(entries)


def forfeit(state: Pass, command: cm.Forfeit, pen: Pen) -> tuple[Entry, ...]:
    hold = _open_hold(state, command.line, "forfeit")
    lost = min(command.sessions, hold.sessions)
    if lost == 0:
        return release(state, cm.Release(command.line), pen)
    units, returned = (hold.units, ()) if lost == hold.sessions else lg.take(hold.units, lost)
    fact = lg.Forfeited(hold.seq, hold.line, lost, units, returned)
    entries = [*_anchor_at_use(state, hold.starts_at, pen), pen.write(fact, hold.starts_at)]
    entries += _expire_again(state, returned, hold.sessions - lost, pen)
    return tuple(entries)


def reverse(state: Pass, command: cm.Reverse, pen: Pen) -> tuple[Entry, ...]:
    if state.standing in (Standing.REFUNDED, Standing.CANCELLED):
        raise NOT_LIVE[state.standing](state.id)
    fact = lg.Reversed(command.reverses, command.line, command.sessions, command.units)
    entries = [pen.write(fact, command.starts_at)]
    entries += _expire_again(state, command.units, command.sessions, pen)
    return tuple(entries)


def _expire_again(state: Pass, units: lg.Units, sessions: int, pen: Pen) -> list[Entry]:
    """A session that comes back to a pass whose breakage was booked lapses with it (B6)."""
    ends_at = state.ends_at
    if state.unlimited or not sessions or ends_at is None or pen.at < ends_at:
        return []
    return [pen.write(lg.Expired(sessions, units, ends_at))]


def expire(state: Pass, _command: cm.Expire, pen: Pen) -> tuple[Entry, ...]:
    ends_at, balance = state.ends_at, state.balance
    due = state.standing is Standing.LIVE and ends_at is not None and pen.at >= ends_at
    if not due or ends_at is None or state.unlimited or not balance.available:
        return ()
    return (pen.write(lg.Expired(balance.available, balance.units, ends_at), ends_at),)
