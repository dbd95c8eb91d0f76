"""Choice: which pass pays, and why the others do not (C4).

One total order, the same in every adapter: highest product priority, covers fewest services,
soonest end (none last), promotional before paid, fewest remaining, oldest, id.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

import attrs

from passcore.domain.coverage import Visit
from passcore.domain.eligibility import objections
from passcore.domain.passes import Pass
from passcore.domain.services import Service
from passcore.errors import NoPass, Refusal

_NEVER: Final = datetime.max.replace(tzinfo=UTC)
_UNLIMITED: Final = 10**9

#: Where no pass pays, the refusal told is the one nearest to success, in this order.
_NEAREST: Final = (
    "pass_exhausted",
    "cap_reached",
    "pass_frozen",
    "pass_suspended",
    "pass_pending",
    "pass_not_yet_valid",
    "pass_expired",
    "not_covered",
    "pass_refunded",
    "pass_cancelled",
)


@attrs.frozen
class Verdict:
    """How one pass stands to one visit: what it would cost and leave, or every reason it refuses.

    `remaining_after` counts what is then free to use; None on an unlimited pass.
    """

    state: Pass
    cost: int
    remaining_after: int | None
    reasons: tuple[Refusal, ...]

    @property
    def eligible(self) -> bool:
        """True where the pass pays."""
        return not self.reasons


def rank(passes: Sequence[Pass], catalogue: Sequence[Service]) -> list[Pass]:
    """Return *passes* in the order in which they would be used.

    *catalogue* are the services of the business, against which breadth is counted.
    """

    def key(state: Pass) -> tuple[object, ...]:
        terms, ends_at = state.terms, state.ends_at
        return (
            -terms.priority,
            terms.coverage.breadth(catalogue),
            ends_at or _NEVER,
            not terms.promotional,
            _UNLIMITED if state.unlimited else state.balance.remaining,
            state.created_at,
            state.id,
        )

    return sorted(passes, key=key)


def explain(
    passes: Sequence[Pass],
    visit: Visit,
    at: datetime,
    catalogue: Sequence[Service],
    booked_at: datetime | None = None,
) -> tuple[Verdict, ...]:
    """Return the verdict on every pass for *visit*, in the order of use. It is booked at *at*, or
    was at *booked_at* (V6)."""
    return tuple(_verdict(state, visit, at, booked_at) for state in rank(passes, catalogue))


def _verdict(state: Pass, visit: Visit, at: datetime, booked_at: datetime | None) -> Verdict:
    cost = state.terms.cost(visit.service_id, visit.seats)
    left = None if state.unlimited else max(0, state.balance.available - cost)
    return Verdict(state, cost, left, tuple(objections(state, visit, at, booked_at)))


def eligible(
    passes: Sequence[Pass], visit: Visit, at: datetime, booked_at: datetime | None = None
) -> list[Pass]:
    """Return those of *passes* that pay for *visit*, in the order given."""
    return [p for p in passes if not objections(p, visit, at, booked_at, first=True)]


def choose(  # what a choice depends on
    passes: Sequence[Pass],
    visit: Visit,
    at: datetime,
    catalogue: Sequence[Service],
    client_id: str,
    booked_at: datetime | None = None,
) -> Pass:
    """Return the pass that pays for *visit*; raises the refusal that is nearest to success."""
    usable = eligible(passes, visit, at, booked_at)
    if len(usable) == 1:
        return usable[0]
    if usable:
        return rank(usable, catalogue)[0]
    if not passes:
        raise NoPass(client_id)
    raise nearest(explain(passes, visit, at, catalogue, booked_at))


def nearest(verdicts: Sequence[Verdict]) -> Refusal:
    """Return, of all that stands against a visit, the refusal that needs least to be mended."""

    def distance(verdict: Verdict) -> tuple[int, int]:
        first = verdict.reasons[0].code
        place = _NEAREST.index(first) if first in _NEAREST else len(_NEAREST)
        return (len(verdict.reasons), place)

    return min((v for v in verdicts if v.reasons), key=distance).reasons[0]
