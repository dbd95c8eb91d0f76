"""Ledger entries on the wire: what happened to a pass, row by row, and what was left after each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from passcore.codec import kind_of, to_plain
from passcore.domain.folding import apply, begin
from passcore.domain.ledger import Entry
from passcore.domain.passes import Pass
from passweb.schemas.common import Output


class EntryOut(Output, frozen=True):
    """A row of a pass's ledger. `kind` and `fact` are as stored, `remaining` and `available` what
    was left after it (null when unlimited), `previous` the hash of the row before."""

    seq: int
    kind: str
    at: datetime
    about: datetime
    actor: str
    channel: str
    reason: str | None
    order_id: str | None
    booking_id: str | None
    remaining: int | None
    available: int | None
    fact: dict[str, Any]
    previous: str


def entries_out(entries: Sequence[Entry]) -> list[EntryOut]:
    """Return a whole ledger, folding it on the way."""
    rows: list[EntryOut] = []
    state: Pass | None = None
    for entry in entries:
        state = begin(entry) if state is None else apply(state, entry)
        rows.append(_entry(entry, state))
    return rows


def _entry(entry: Entry, state: Pass) -> EntryOut:
    line = getattr(entry.fact, "line", None)
    return EntryOut(
        seq=entry.seq,
        kind=kind_of(entry.fact),
        at=entry.at,
        about=entry.about,
        actor=entry.origin.actor,
        channel=entry.origin.channel,
        reason=entry.reason,
        order_id=entry.order_id,
        booking_id=None if line is None else line.booking_id,
        remaining=None if state.unlimited else state.balance.remaining,
        available=None if state.unlimited else state.balance.available,
        fact=to_plain(entry.fact),
        previous=entry.prev,
    )
