"""Redemption: holding, using up, giving back and lapsing of sessions (B1, B6, V1, V5).

Each function answers one command on one pass for `passcore.domain.decisions`: it returns the facts
the command comes to at an instant, or raises the refusal.
"""

from __future__ import annotations

from datetime import datetime

from passcore.domain import anchoring, commands as cm, ledger as lg
from passcore.domain.coverage import Visit
from passcore.domain.eligibility import NOT_LIVE, objections
from passcore.domain.passes import Hold, Pass, Standing
from passcore.domain.writing import Decided, Draft
from passcore.errors import InvalidTransition, PassSuspended


def _cost(state: Pass, visit: Visit, at: datetime) -> int:
    """Return what *visit* costs; raises the first reason why the pass does not pay for it."""
    against = objections(state, visit, at, first=True)
    if against:
        raise against[0]
    return state.terms.cost(visit.service_id, visit.seats)


def _plain(state: Pass, cost: int) -> bool:
    """Tell whether paying *cost* moves free sessions and nothing else."""
    terms = state.terms
    if terms.sessions is not None and state.balance.available < cost:
        return False
    return state.locked or not terms.validity.starts_later


def _units(state: Pass, cost: int) -> lg.Units:
    return () if state.terms.sessions is None else lg.take(state.balance.units, cost)[0]


def _make_room(draft: Draft, cost: int) -> None:
    """Bring back as many lapsed sessions as a visit inside the window needs (R11)."""
    state = draft.state
    missing = cost - state.balance.available
    if missing > 0 and not state.unlimited:
        draft.reinstate(lg.take(state.balance.lapsed, missing)[0])


def deduct(state: Pass, command: cm.Deduct, at: datetime) -> Decided:
    """Pay for a visit in one step."""
    line, visit = command.line, command.visit
    cost, starts_at = _cost(state, visit, at), visit.starts_at
    if _plain(state, cost) and not anchoring.begins_earlier(state, starts_at):
        return ((lg.Deducted(line, cost, _units(state, cost), starts_at), starts_at),)
    draft = Draft(state, at)
    anchoring.at_use(draft, starts_at)
    _make_room(draft, cost)
    draft.add(lg.Deducted(line, cost, _units(draft.state, cost), starts_at), starts_at)
    return draft.facts


def reserve(state: Pass, command: cm.Reserve, at: datetime) -> Decided:
    """Hold what a visit costs."""
    line, visit = command.line, command.visit
    if state.hold_of(line) is not None:
        raise InvalidTransition("hold", "held", "reserve")
    cost, starts_at = _cost(state, visit, at), visit.starts_at
    if _plain(state, cost):
        return ((lg.Reserved(line, cost, _units(state, cost), starts_at), starts_at),)
    draft = Draft(state, at)
    anchoring.at_booking(draft, starts_at)
    _make_room(draft, cost)
    draft.add(lg.Reserved(line, cost, _units(draft.state, cost), starts_at), starts_at)
    return draft.facts


def _open_hold(state: Pass, line: lg.Line, attempt: str) -> Hold:
    hold = state.hold_of(line)
    if hold is None:
        raise InvalidTransition("hold", "resolved", attempt)
    return hold


def capture(state: Pass, command: cm.Capture, at: datetime) -> Decided:
    """Use up a hold; that the pass ended meanwhile does not matter (B1)."""
    hold = _open_hold(state, command.line, "capture")
    if state.standing is Standing.SUSPENDED:
        raise PassSuspended(state.id)
    fact = lg.Captured(hold.seq, hold.line, hold.sessions, hold.units)
    if not state.terms.validity.starts_later:
        return ((fact, hold.starts_at),)
    draft = Draft(state, at)
    anchoring.at_use(draft, hold.starts_at)
    draft.add(fact, hold.starts_at)
    return draft.facts


def release(state: Pass, command: cm.Release, at: datetime) -> Decided:
    """Give a hold back whole; on a pass that is over it lapses at once."""
    hold = _open_hold(state, command.line, "release")
    draft = Draft(state, at)
    draft.add(lg.Released(hold.seq, hold.line, hold.sessions, hold.units), hold.starts_at)
    anchoring.at_booking(draft)
    draft.lapse(hold.units)
    return draft.facts


def forfeit(state: Pass, command: cm.Forfeit, at: datetime) -> Decided:
    """Use up part of a hold, or all of it, for a visit that did not take place. It starts no
    clock: only a completed visit does (V1)."""
    hold = _open_hold(state, command.line, "forfeit")
    lost = min(command.sessions, hold.sessions)
    if lost == 0:
        return release(state, cm.Release(command.line), at)
    units, returned = (hold.units, ()) if lost == hold.sessions else _part(hold, lost)
    draft = Draft(state, at)
    draft.add(lg.Forfeited(hold.seq, hold.line, lost, units, returned), hold.starts_at)
    anchoring.at_booking(draft)
    draft.lapse(returned)
    return draft.facts


def _part(hold: Hold, lost: int) -> tuple[lg.Units, lg.Units]:
    return lg.take(hold.units, lost) if hold.units else ((), ())


def reverse(state: Pass, command: cm.Reverse, at: datetime) -> Decided:
    """Take a deduction back; on a pass that is over the sessions lapse at once (B6)."""
    if state.standing in (Standing.REFUNDED, Standing.CANCELLED):
        raise NOT_LIVE[state.standing](state.id)
    draft = Draft(state, at)
    fact = lg.Reversed(command.reverses, command.line, command.sessions, command.units)
    draft.add(fact, command.starts_at)
    anchoring.at_undo(draft)
    draft.lapse(command.units)
    return draft.facts


def expire(state: Pass, _command: cm.Expire, at: datetime) -> Decided:
    """Book what is left on a pass that is over; nothing where there is none."""
    ends_at, balance = state.ends_at, state.balance
    due = state.standing is Standing.LIVE and ends_at is not None and at >= ends_at
    if not due or ends_at is None or not balance.available:
        return ()
    return ((lg.Expired(balance.available, balance.units, ends_at), ends_at),)
