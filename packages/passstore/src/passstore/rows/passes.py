"""Pass rows and entry rows. Built by position: this is the way of every visit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final

from passcore import codec
from passcore.domain import ledger as lg
from passcore.domain.passes import Balance, Pass, Standing
from passcore.domain.products import Terms
from passcore.ports.store import StoredPass
from passstore.rows import small
from passstore.rows.frozen_terms import TERMS

#: What a pass is read from, in the order `read_pass` takes it.
PASS: Final = (
    "id client_id terms_key code zone created_at standing version head at window_json locked "
    "lapses_at freeze_json granted used held expired refunded transferred adjusted available units "
    "lapsed holds counted_json"
).split()
TERMS_KEY: Final = PASS.index("terms_key")

#: What a new entry changes of a pass row, in the order of `state_values`.
STATE: Final = (
    "client_id terms_key standing version head at window_json locked lapses_at freeze_json granted "
    "used held expired refunded transferred adjusted available units lapsed holds "
    "counted_json ends_at sweep_at owed_minor"
).split()

#: What stands in the row from the start and stays.
FIXED: Final = ("id", "product_id", "code", "zone", "created_at", "currency")

ENTRY: Final = (
    "pass_id seq kind sessions value_minor booking_id line occasion names_seq recorded_at about "
    "order_id prev body"
).split()

_STANDING: Final = {standing.value: standing for standing in Standing}

Out = Callable[[datetime], Any]


def read_pass(row: Sequence[Any], moment: Callable[[Any], datetime], terms: Terms) -> StoredPass:
    """Return the pass of a row of `PASS`; *moment* reads the database's instants."""
    (
        pass_id, client_id, _, code, zone, created_at, standing, version, head, at, window, locked,
        lapses_at, freezes, granted, used, held, expired, refunded, transferred, adjusted,
        available, units, lapsed, holds, counted,
    ) = row  # fmt: skip
    balance = Balance(
        granted, used, held, expired, refunded, transferred, adjusted, available,
        small.read_units(units), small.read_units(lapsed), small.read_holds(holds),
    )  # fmt: skip
    state = Pass(
        pass_id, client_id, terms, zone, moment(created_at), _STANDING[standing],
        small.read_window(window), bool(locked), None if lapses_at is None else moment(lapses_at),
        small.read_freezes(freezes), balance, version, moment(at),
        small.read_counted(counted) if counted else (),
    )  # fmt: skip
    return StoredPass(state, code, head)


def state_values(state: Pass, head: str, out: Out) -> tuple[Any, ...]:
    """Return the values of `STATE` for *state* after the entry whose hash is *head*."""
    b = state.balance
    lapses_at, ends_at = state.lapses_at, state.ends_at
    ends = None if ends_at is None else out(ends_at)
    sweep = ends if b.available and state.standing is Standing.LIVE else None
    owed = lg.value_of(b.units)
    for hold in b.holds:
        owed += lg.value_of(hold.units)
    return (
        state.client_id, TERMS.key_of(state.terms), state.standing.value, state.version, head,
        out(state.at), small.window_text(state.window), state.locked,
        None if lapses_at is None else out(lapses_at), small.freezes_text(state.freezes), b.granted,
        b.used, b.held, b.expired, b.refunded, b.transferred, b.adjusted, b.available,
        small.units_text(b.units), small.units_text(b.lapsed), small.holds_text(b.holds),
        small.counted_text(state.counted) if state.counted else None, ends, sweep, owed,
    )  # fmt: skip


def fixed_values(stored: StoredPass, out: Out) -> tuple[Any, ...]:
    """Return the values of `FIXED` for a new pass."""
    state = stored.state
    terms = state.terms
    created_at, currency = out(state.created_at), terms.price.currency
    return (state.id, terms.product_id, stored.code, state.zone, created_at, currency)


def entry_values(pass_id: str, entry: lg.Entry, prev: str, out: Out) -> tuple[tuple[Any, ...], str]:
    """Return the values of `ENTRY`, and the entry's own hash."""
    body = codec.entry_body(entry)
    fact: Any = entry.fact
    kind = fact.__class__
    units = getattr(fact, "units", ())
    value = lg.value_of(units)
    if kind is lg.Adjusted:
        sessions = fact.delta
        value = -value if sessions < 0 else value
    else:
        sessions = getattr(fact, "sessions", None) or 0
    line = getattr(fact, "line", None)
    names = fact.reverses if kind is lg.Reversed else getattr(fact, "resolves", None)
    booking = (None, None, None) if line is None else (line.booking_id, line.number, line.occasion)
    values = (
        pass_id, entry.seq, codec.kind_of(fact), sessions, value, *booking, names, out(entry.at),
        out(entry.about), entry.order_id, prev, body,
    )  # fmt: skip
    return values, lg.chained(prev, body)
