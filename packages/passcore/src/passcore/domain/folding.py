"""Folding: how each kind of entry changes a pass (L1).

`fold` starts from the `Granted` entry and applies the others one by one. `apply` is strict: an
entry that could not have been decided on the state before it raises `LedgerDamaged`, which is how
`verify` finds the first bad row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

import attrs

from passcore.domain import ledger as lg
from passcore.domain.caps import Counts, oldest_kept
from passcore.domain.freezes import Freeze, ended_on, with_freeze
from passcore.domain.ledger import Entry, Units
from passcore.domain.passes import Balance, Hold, Pass, Standing
from passcore.errors import LedgerDamaged

_LIVE: Final = Standing.LIVE


def fold(entries: Iterable[Entry]) -> Pass:
    """Return the state a pass's *entries* add up to; raises `LedgerDamaged` at the first that
    cannot follow from those before it."""
    rows = iter(entries)
    first = next(rows, None)
    if first is None:
        raise LedgerDamaged(pass_id="", seq=0, problem="has no entries")
    state = begin(first)
    for entry in rows:
        state = apply(state, entry)
    return state


def begin(entry: Entry) -> Pass:
    """Return the state after a pass's first entry."""
    fact = entry.fact
    if not isinstance(fact, lg.Granted) or entry.seq != 1:
        raise LedgerDamaged(pass_id="", seq=entry.seq, problem="does not begin with a grant")
    granted = fact.sessions or 0
    if lg.count_of(fact.units) != granted or any(count < 1 for _, count in fact.units):
        raise LedgerDamaged(pass_id=fact.pass_id, seq=1, problem="units do not match sessions")
    balance = Balance(granted, 0, 0, 0, 0, 0, 0, granted, fact.units, (), ())
    standing = Standing.PENDING if fact.pending else Standing.LIVE
    by_hand = fact.window is not None and fact.terms.validity.starts_later
    return Pass(
        id=fact.pass_id,
        client_id=fact.client_id,
        terms=fact.terms,
        zone=fact.zone,
        created_at=entry.at,
        standing=standing,
        window=fact.window,
        locked=by_hand,
        lapses_at=fact.lapses_at,
        freezes=(),
        balance=balance,
        version=1,
        at=entry.at,
    )


def apply(state: Pass, entry: Entry) -> Pass:
    """Return *state* after *entry*; raises `LedgerDamaged` where it cannot follow."""
    if entry.seq != state.version + 1:
        raise LedgerDamaged(pass_id=state.id, seq=entry.seq, problem="leaves a gap in the sequence")
    fact = entry.fact
    move = _MOVES.get(type(fact))
    if move is not None:
        balance = move(state, entry, fact)
        counted = _recounted(state, entry) if state.terms.caps else ()
        return Pass(
            state.id, state.client_id, state.terms, state.zone, state.created_at, state.standing,
            state.window, state.locked, state.lapses_at, state.freezes, balance, entry.seq,
            entry.at, counted,
        )  # fmt: skip
    change = _CHANGES.get(type(fact))
    if change is None:
        raise _damaged(state, entry, "is a second grant")
    return attrs.evolve(state, **change(state, entry, fact), version=entry.seq, at=entry.at)


def _damaged(state: Pass, entry: Entry, problem: str) -> LedgerDamaged:
    return LedgerDamaged(pass_id=state.id, seq=entry.seq, problem=problem)


def _out(
    state: Pass, entry: Entry, sessions: int, units: Units, *, using: bool = False
) -> tuple[int, Units]:
    """Take exactly *units* from the free ones; a pass without a number has nothing to take.

    *using* a pass needs one that stands, and at least one session.
    """
    if using and (sessions < 1 or state.standing is not _LIVE):
        raise _damaged(state, entry, "uses a pass that could not be used")
    if state.terms.sessions is None:
        if units:
            raise _damaged(state, entry, "takes units from a pass without a number")
        return 0, ()
    balance = state.balance
    free = balance.units
    if len(units) == 1 and free:  # the usual case, and the quick one
        (value, count), (dearest, there) = units[0], free[0]
        if value == dearest and 0 < count == sessions < there:
            return balance.available - sessions, ((value, there - count), *free[1:])
    left = lg.without(free, units)
    if left is None or lg.count_of(units) != sessions:
        raise _damaged(state, entry, "takes sessions that are not there")
    return balance.available - sessions, left


def _back(state: Pass, entry: Entry, sessions: int, units: Units) -> tuple[int, Units]:
    """Put exactly *units* back among the free ones."""
    if state.terms.sessions is None:
        sessions = 0
    if lg.count_of(units) != sessions or any(count < 1 for _, count in units):
        raise _damaged(state, entry, "gives back units that do not match its sessions")
    balance = state.balance
    return balance.available + sessions, lg.join(balance.units, units)


def _deducted(state: Pass, entry: Entry, fact: lg.Deducted) -> Balance:
    b = state.balance
    available, units = _out(state, entry, fact.sessions, fact.units, using=True)
    return Balance(
        b.granted, b.used + fact.sessions, b.held, b.expired, b.refunded, b.transferred, b.adjusted,
        available, units, b.lapsed, b.holds,
    )  # fmt: skip


def _reserved(state: Pass, entry: Entry, fact: lg.Reserved) -> Balance:
    b = state.balance
    if state.hold_of(fact.line) is not None:
        raise _damaged(state, entry, "opens a second hold for one booking line")
    available, units = _out(state, entry, fact.sessions, fact.units, using=True)
    hold = Hold(entry.seq, fact.line, fact.sessions, fact.units, fact.starts_at)
    return Balance(
        b.granted, b.used, b.held + fact.sessions, b.expired, b.refunded, b.transferred, b.adjusted,
        available, units, b.lapsed, (*b.holds, hold),
    )  # fmt: skip


def _resolved(state: Pass, entry: Entry, seq: int, line: lg.Line) -> tuple[Hold, tuple[Hold, ...]]:
    for hold in state.balance.holds:
        if hold.seq == seq and hold.line == line:
            return hold, tuple(h for h in state.balance.holds if h is not hold)
    raise _damaged(state, entry, "resolves a hold that is not open")


def _captured(state: Pass, entry: Entry, fact: lg.Captured) -> Balance:
    b = state.balance
    hold, holds = _resolved(state, entry, fact.resolves, fact.line)
    if (fact.sessions, fact.units) != (hold.sessions, hold.units):
        raise _damaged(state, entry, "captures other sessions than were held")
    return Balance(
        b.granted, b.used + hold.sessions, b.held - hold.sessions, b.expired, b.refunded,
        b.transferred, b.adjusted, b.available, b.units, b.lapsed, holds,
    )  # fmt: skip


def _released(state: Pass, entry: Entry, fact: lg.Released) -> Balance:
    hold, holds = _resolved(state, entry, fact.resolves, fact.line)
    if (fact.sessions, fact.units) != (hold.sessions, hold.units):
        raise _damaged(state, entry, "releases other sessions than were held")
    available, units = _back(state, entry, hold.sessions, hold.units)
    held = state.balance.held - hold.sessions
    return attrs.evolve(state.balance, held=held, available=available, units=units, holds=holds)


def _forfeited(state: Pass, entry: Entry, fact: lg.Forfeited) -> Balance:
    b = state.balance
    hold, holds = _resolved(state, entry, fact.resolves, fact.line)
    lost = fact.sessions if state.terms.sessions is None else lg.count_of(fact.units)
    whole = lg.without(hold.units, fact.units) == fact.returned
    if lost != fact.sessions or not 0 < lost <= hold.sessions or not whole:
        raise _damaged(state, entry, "forfeits other sessions than were held")
    available, units = _back(state, entry, hold.sessions - lost, fact.returned)
    return attrs.evolve(
        b,
        used=b.used + fact.sessions,
        held=b.held - hold.sessions,
        available=available,
        units=units,
        holds=holds,
    )


def _reversed(state: Pass, entry: Entry, fact: lg.Reversed) -> Balance:
    b = state.balance
    if not 0 < fact.sessions <= b.used or not 0 < fact.reverses < entry.seq:
        raise _damaged(state, entry, "reverses what was not deducted")
    available, units = _back(state, entry, fact.sessions, fact.units)
    return attrs.evolve(b, used=b.used - fact.sessions, available=available, units=units)


def _adjusted(state: Pass, entry: Entry, fact: lg.Adjusted) -> Balance:
    b = state.balance
    if fact.delta < 0:
        available, units = _out(state, entry, -fact.delta, fact.units)
    else:
        available, units = _back(state, entry, fact.delta, fact.units)
    return attrs.evolve(b, adjusted=b.adjusted + fact.delta, available=available, units=units)


def _expired(state: Pass, entry: Entry, fact: lg.Expired) -> Balance:
    b = state.balance
    available, units = _out(state, entry, fact.sessions, fact.units)
    lapsed = lg.join(b.lapsed, fact.units)
    expired = b.expired + fact.sessions
    return attrs.evolve(b, expired=expired, available=available, units=units, lapsed=lapsed)


def _reinstated(state: Pass, entry: Entry, fact: lg.Reinstated) -> Balance:
    b = state.balance
    lapsed = lg.without(b.lapsed, fact.units)
    if lapsed is None:
        raise _damaged(state, entry, "reinstates what did not lapse")
    available, units = _back(state, entry, fact.sessions, fact.units)
    expired = b.expired - fact.sessions
    return attrs.evolve(b, expired=expired, available=available, units=units, lapsed=lapsed)


_MOVES: Final[dict[type, Callable[[Pass, Entry, Any], Balance]]] = {
    lg.Deducted: _deducted,
    lg.Reserved: _reserved,
    lg.Captured: _captured,
    lg.Released: _released,
    lg.Forfeited: _forfeited,
    lg.Reversed: _reversed,
    lg.Adjusted: _adjusted,
    lg.Expired: _expired,
    lg.Reinstated: _reinstated,
}


def _recounted(state: Pass, entry: Entry) -> Counts:
    """Return the visits that count after *entry* (C3), under the entry that has their sessions."""
    fact, counted = entry.fact, state.counted
    match fact:
        case lg.Reserved() | lg.Deducted():
            if fact.counts is None:
                return counted
            oldest = oldest_kept(state.terms.caps, entry.at.date())
            kept = (known for known in counted if known[1].day >= oldest)
            return (*kept, (entry.seq, fact.counts))
        case lg.Captured() | lg.Forfeited():
            moved = fact.resolves
            return tuple((entry.seq if seq == moved else seq, visit) for seq, visit in counted)
        case lg.Released():
            gone = fact.resolves
        case lg.Reversed():
            gone = fact.reverses
        case _:
            return counted
    return tuple(known for known in counted if known[0] != gone)


Change = dict[str, Any]


def _stands_at(state: Pass, entry: Entry, *standings: Standing) -> None:
    if state.standing not in standings:
        problem = f"does not follow on a pass that is {state.standing.value}"
        raise _damaged(state, entry, problem)


_OPEN: Final = (Standing.PENDING, Standing.LIVE, Standing.SUSPENDED)


def _refunded(state: Pass, entry: Entry, fact: lg.Refunded) -> Change:
    _stands_at(state, entry, *_OPEN)
    b = state.balance
    available, units = _out(state, entry, fact.sessions, fact.units)
    refunded = b.refunded + fact.sessions
    balance = attrs.evolve(b, refunded=refunded, available=available, units=units)
    return {"balance": balance, "standing": Standing.REFUNDED}


def _cancelled(state: Pass, entry: Entry, fact: lg.Cancelled) -> Change:
    _stands_at(state, entry, *_OPEN)
    b = state.balance
    available, units = _out(state, entry, fact.sessions, fact.units)
    adjusted = b.adjusted - fact.sessions
    balance = attrs.evolve(b, adjusted=adjusted, available=available, units=units)
    return {"balance": balance, "standing": Standing.CANCELLED}


def _activated(state: Pass, entry: Entry, fact: lg.Activated) -> Change:
    _stands_at(state, entry, Standing.PENDING)
    return {"standing": Standing.LIVE, "window": fact.window, "lapses_at": fact.lapses_at}


def _anchored(_state: Pass, _entry: Entry, fact: lg.Anchored) -> Change:
    return {"window": fact.window, "locked": fact.locked}


def _frozen(state: Pass, _entry: Entry, fact: lg.Frozen) -> Change:
    """Keep every freeze, also when it is over: a visit on one of its days may still be reported."""
    freezes = with_freeze(state.freezes, Freeze(fact.first_day, fact.last_day))
    return {"freezes": freezes, "window": fact.window}


def _unfrozen(state: Pass, entry: Entry, fact: lg.Unfrozen) -> Change:
    left = ended_on(state.freezes, fact.on_day)
    if left == state.freezes:
        raise _damaged(state, entry, "ends a freeze that was not there")
    return {"freezes": left, "window": fact.window}


def _extended(_state: Pass, _entry: Entry, fact: lg.Extended) -> Change:
    return {"window": fact.window, "locked": True}


def _suspended(state: Pass, entry: Entry, _fact: lg.Suspended) -> Change:
    _stands_at(state, entry, Standing.LIVE)
    return {"standing": Standing.SUSPENDED}


def _resumed(state: Pass, entry: Entry, fact: lg.Resumed) -> Change:
    _stands_at(state, entry, Standing.SUSPENDED)
    return {"standing": Standing.LIVE, "window": fact.window}


def _cover_changed(state: Pass, _entry: Entry, fact: lg.CoverChanged) -> Change:
    return {"terms": attrs.evolve(state.terms, coverage=fact.coverage)}


def _owner_changed(_state: Pass, _entry: Entry, fact: lg.OwnerChanged) -> Change:
    return {"client_id": fact.client_id}


_CHANGES: Final[dict[type, Callable[[Pass, Entry, Any], Change]]] = {
    lg.Refunded: _refunded,
    lg.Cancelled: _cancelled,
    lg.Activated: _activated,
    lg.Anchored: _anchored,
    lg.Frozen: _frozen,
    lg.Unfrozen: _unfrozen,
    lg.Extended: _extended,
    lg.Suspended: _suspended,
    lg.Resumed: _resumed,
    lg.CoverChanged: _cover_changed,
    lg.OwnerChanged: _owner_changed,
}
