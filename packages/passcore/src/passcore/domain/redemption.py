"""Redemption: holding, using up, giving back and lapsing of sessions (B1, B6, V1, V5).

Each function answers one command on one pass for `passcore.domain.decisions`: it returns the facts
the command comes to at an instant, or raises the refusal.
"""

from __future__ import annotations

from datetime import datetime

from passcore.domain import anchoring, capping, commands as cm, ledger as lg
from passcore.domain.eligibility import NOT_LIVE, objections
from passcore.domain.passes import Hold, Pass, Standing
from passcore.domain.validity import STARTS_LATER
from passcore.domain.writing import Decided, Draft
from passcore.errors import InvalidTransition, PassSuspended


def _plain(state: Pass, cost: int) -> lg.Units | None:
    """Return the units that pay *cost*, None where more has to change than free sessions."""
    terms, balance = state.terms, state.balance
    if terms.validity.anchor in STARTS_LATER:
        return None
    if terms.sessions is None:
        return ()
    enough = balance.available >= cost and not balance.lapsed
    return lg.dearest(balance.units, cost) if enough else None


def _units(state: Pass, cost: int) -> lg.Units:
    return () if state.terms.sessions is None else lg.dearest(state.balance.units, cost)


def _make_room(draft: Draft, cost: int) -> None:
    """Bring back the lapsed sessions that a visit inside the window needs (R11). On a pass that is
    over these are the dearest of all, so that it makes no difference which have lapsed yet (B2)."""
    balance = draft.state.balance
    missing = cost - balance.available
    if balance.lapsed and draft.ended:
        wanted = lg.dearest(lg.join(balance.units, balance.lapsed), cost)
        draft.reinstate(lg.beyond(wanted, balance.units))
    elif missing > 0 and not draft.state.unlimited:
        draft.reinstate(lg.take(balance.lapsed, missing)[0])


def deduct(state: Pass, command: cm.Deduct, at: datetime) -> Decided:
    """Pay for a visit in one step."""
    line, visit = command.line, command.visit
    if against := objections(state, visit, at, command.booked_at or visit.starts_at, first=True):
        raise against[0]
    cost, starts_at = state.terms.cost(visit.service_id, visit.seats), visit.starts_at
    counts = capping.counted(state, visit) if state.terms.caps else None
    units = _plain(state, cost)
    if units is not None:
        return ((lg.Deducted(line, cost, units, starts_at, counts), starts_at),)
    draft = Draft(state, at)
    anchoring.at_use(draft, starts_at)
    _make_room(draft, cost)
    units = _units(draft.state, cost)
    draft.add(lg.Deducted(line, cost, units, starts_at, counts), starts_at)
    return draft.facts


def reserve(state: Pass, command: cm.Reserve, at: datetime) -> Decided:
    """Hold what a visit costs."""
    line, visit = command.line, command.visit
    if state.hold_of(line) is not None:
        raise InvalidTransition("hold", "held", "reserve")
    if against := objections(state, visit, at, command.booked_at, first=True):
        raise against[0]
    cost, starts_at = state.terms.cost(visit.service_id, visit.seats), visit.starts_at
    counts = capping.counted(state, visit) if state.terms.caps else None
    units = _plain(state, cost)
    if units is not None:
        return ((lg.Reserved(line, cost, units, starts_at, counts), starts_at),)
    draft = Draft(state, at)
    anchoring.at_booking(draft, starts_at, at)
    _make_room(draft, cost)
    units = _units(draft.state, cost)
    draft.add(lg.Reserved(line, cost, units, starts_at, counts), starts_at)
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
    anchoring.at_return(draft)
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
    anchoring.at_return(draft)
    draft.lapse(returned)
    return draft.facts


def _part(hold: Hold, lost: int) -> tuple[lg.Units, lg.Units]:
    return lg.take(hold.units, lost) if hold.units else ((), ())


def reverse(state: Pass, command: cm.Reverse, at: datetime) -> Decided:
    """Take a deduction back; on a pass that is over the sessions lapse at once (B6)."""
    if state.standing in (Standing.REFUNDED, Standing.CANCELLED):
        raise NOT_LIVE[state.standing](state.id)
    used, moved = state.balance.used, command.sessions
    there = 0 < moved <= used and 0 < command.reverses <= state.version
    if not there or lg.count_of(command.units) != (0 if state.unlimited else moved):
        raise InvalidTransition("deduction", "not there", "reverse")
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
