"""Decisions: what a command adds to a pass, or the typed refusal that changes nothing (L5).

`decide` is pure: state, command and instant in, entries out. It never asks who may do this or
which pass is meant; that is settled before. What it chose (units, window) stands in the entries.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from passcore.domain import commands as cm, edits, ledger as lg, redemption
from passcore.domain.folding import apply
from passcore.domain.ledger import Entry, Origin
from passcore.domain.passes import Pass
from passcore.domain.validity import lapse_instant, opening_window
from passcore.domain.writing import Decided


def decide(
    state: Pass,
    command: cm.Command,
    *,
    at: datetime,
    by: Origin = lg.SYSTEM,
    reason: str | None = None,
    order_id: str | None = None,
) -> tuple[Entry, ...]:
    """Return the entries *command* adds to *state*, or raise a `Refusal` that changes nothing.

    *at* is now, an instant in UTC; where the clock was set back, the last entry's time counts.
    """
    now = max(at, state.at)
    decided = _HANDLERS[type(command)](state, command, now)
    seq = state.version
    if len(decided) == 1:
        ((fact, about),) = decided
        return (Entry(seq + 1, now, about, by, fact, reason, order_id),)
    return tuple(
        Entry(number, now, about, by, fact, reason, order_id)
        for number, (fact, about) in enumerate(decided, start=seq + 1)
    )


def decide_and_apply(
    state: Pass, command: cm.Command, *, at: datetime, by: Origin = lg.SYSTEM
) -> tuple[tuple[Entry, ...], Pass]:
    """Return the entries *command* adds to *state*, and the state after them."""
    entries = decide(state, command, at=at, by=by)
    after = state
    for entry in entries:
        after = apply(after, entry)
    return entries, after


def issue(
    command: cm.Issue,
    *,
    at: datetime,
    by: Origin = lg.SYSTEM,
    reason: str | None = None,
    order_id: str | None = None,
) -> Entry:
    """Return the first entry of a new pass, with each session's value fixed (I3)."""
    terms, zone = command.terms, command.zone
    window = lapses_at = None
    if not command.pending:
        window = opening_window(terms.validity, at, zone, chosen=command.starts_on)
        lapses_at = lapse_instant(terms.validity, at, zone)
        if command.last_day is not None:
            window = edits.ending(window, terms, at, zone, command.last_day)
    units = lg.units_of(terms.net_minor, terms.sessions) if terms.sessions else ()
    fact = lg.Granted(
        pass_id=command.pass_id,
        client_id=command.client_id,
        terms=terms,
        sessions=terms.sessions,
        units=units,
        zone=zone,
        window=window,
        lapses_at=lapses_at,
        pending=command.pending,
    )
    return Entry(1, at, at, by, fact, reason, order_id)


_HANDLERS: Final[dict[type, Callable[[Pass, Any, datetime], Decided]]] = {
    cm.Deduct: redemption.deduct,
    cm.Reserve: redemption.reserve,
    cm.Capture: redemption.capture,
    cm.Release: redemption.release,
    cm.Forfeit: redemption.forfeit,
    cm.Reverse: redemption.reverse,
    cm.Adjust: edits.adjust,
    cm.Expire: redemption.expire,
    cm.Activate: edits.activate,
    cm.Extend: edits.extend,
    cm.Freeze: edits.freeze,
    cm.Unfreeze: edits.unfreeze,
    cm.Suspend: edits.suspend,
    cm.Resume: edits.resume,
    cm.Cancel: edits.cancel,
    cm.Refund: edits.refund,
    cm.ChangeCover: edits.cover,
    cm.ChangeOwner: edits.hand_over,
}
