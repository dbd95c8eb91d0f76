"""Eligibility on the wire: which passes would pay for a visit, and why the others would not."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from passcore.domain.clients import Client
from passcore.errors import Refusal
from passcore.usecases.passes import Explanation
from passcore.usecases.views import PassView
from passweb.problems import problem_of
from passweb.schemas.common import Output
from passweb.schemas.passes import PassOut, pass_out


class ReasonOut(Output, frozen=True):
    """Why a pass does not pay, and what would mend it."""

    code: str
    detail: str
    mend: str


class VerdictOut(Output, frozen=True, rename={"pass_": "pass"}):
    """How one pass stands to the visit: `cost` in sessions, and what would be left after it."""

    pass_: PassOut
    verdict: Literal["eligible", "refused"]
    cost: int
    remaining_after: int | None
    reasons: list[ReasonOut]


class EligibilityOut(msgspec.Struct, frozen=True, kw_only=True):
    """Every pass in the order of use; `chosen` is the pass ID of the one that would pay."""

    items: list[VerdictOut]
    chosen: str | None
    next_cursor: str | None = None


def eligibility_out(found: Explanation, owner: Client | None, at: datetime) -> EligibilityOut:
    """Return the verdicts on *owner*'s passes."""
    items = []
    for verdict in found.verdicts:
        assert owner is not None, "whoever has a pass is known"
        view = PassView(verdict.state, found.codes[verdict.state.id], owner)
        items.append(
            VerdictOut(
                pass_=pass_out(view, at),
                verdict="eligible" if verdict.eligible else "refused",
                cost=verdict.cost,
                remaining_after=verdict.remaining_after if verdict.eligible else None,
                reasons=[_reason(refusal) for refusal in verdict.reasons],
            )
        )
    chosen = found.chosen
    code = None if chosen is None else found.codes[chosen.state.id]
    return EligibilityOut(items=items, chosen=code)


def _reason(refusal: Refusal) -> ReasonOut:
    told = problem_of(refusal)
    return ReasonOut(code=refusal.code, detail=told["detail"], mend=told["mend"])
