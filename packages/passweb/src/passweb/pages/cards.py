"""Cards: a pass as pages draw it, the punch card counted out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final

import attrs

from passcore import Pass, Service, Status
from passweb.pages.words import Words

#: More sessions than this are drawn as a bar, not as holes.
MOST_HOLES: Final = 30
_BAR_WIDTH: Final = 300
_OVER: Final = (Status.USED_UP, Status.EXPIRED, Status.CANCELLED, Status.REFUNDED)


@attrs.frozen
class Bar:
    """A piece of the compact card: where it begins and how wide it is, of 300."""

    kind: str
    x: int
    width: int


@attrs.frozen
class Card:
    """A pass, worded. `holes` are ``used``, ``held``, ``free`` or ``gone``, empty on a compact or
    unlimited card; `label` says the same to who cannot see them."""

    id: str
    code: str
    name: str
    status: Status
    status_words: str
    live: bool
    unlimited: bool
    left: int
    held: int
    total: int
    holes: tuple[str, ...]
    bars: tuple[Bar, ...]
    label: str
    covers: str
    validity: str
    first_day: date | None
    last_day: date | None
    frozen_until: date | None
    state: Pass


def card_of(
    state: Pass, code: str, services: Sequence[Service], words: Words, at: datetime
) -> Card:
    """Return *state* as a card at the instant *at*."""
    balance, status, window = state.balance, state.status(at), state.window
    frozen = state.frozen_at(at)
    gone = balance.expired + balance.refunded + balance.transferred
    counts = {
        "used": balance.used, "held": balance.held, "free": balance.available, "gone": gone
    }  # fmt: skip
    total = sum(counts.values())
    holes: tuple[str, ...] = ()
    bars: tuple[Bar, ...] = ()
    if not state.unlimited and 0 < total <= MOST_HOLES:
        holes = tuple(kind for kind, count in counts.items() for _ in range(count))
    elif not state.unlimited and total:
        bars = _bars(counts, total)
    return Card(
        id=state.id,
        code=code,
        name=state.terms.name,
        status=status,
        status_words=words.status(status),
        live=status not in _OVER,
        unlimited=state.unlimited,
        left=balance.available,
        held=balance.held,
        total=total,
        holes=holes,
        bars=bars,
        label=_label(state, total, words),
        covers=words.covers(state.terms.coverage, services),
        validity=words.validity(state.terms.validity),
        first_day=window.first_day if window else None,
        last_day=window.last_day if window else None,
        frozen_until=frozen.last_day if frozen else None,
        state=state,
    )


def _bars(counts: dict[str, int], total: int) -> tuple[Bar, ...]:
    made, done = [], 0
    for kind, count in counts.items():
        begin = done * _BAR_WIDTH // total
        done += count
        width = done * _BAR_WIDTH // total - begin
        if width:
            made.append(Bar(kind, begin, width))
    return tuple(made)


def _label(state: Pass, total: int, words: Words) -> str:
    balance = state.balance
    if state.unlimited:
        return words.count_used(balance.used)
    parts = [words.count_left(balance.available, total)]
    if balance.held:
        parts.append(words.count_held(balance.held))
    if balance.used:
        parts.append(words.count_used(balance.used))
    return ", ".join(parts)
