"""The published examples: what a validity gives, what freezes and redeem rules make of it, how a
price is split over sessions, what a cap counts, and what a refund comes to.

Six JSON files lie beside this module, made for any language to read; all are lists of objects.

``validity.json``: a pass anchored on the local day ``anchor_day`` in the IANA ``zone``, running for
``length`` (one of ``days``, ``weeks``, ``months``, ``years`` and a number), counted by ``counting``
(``next_day`` or ``first_day``), is valid through the local day ``last_day`` and ends at the instant
``until`` (UTC, exclusive: the first instant of the local day after). Some carry a ``note``.

``freezes.json``: a pass in ``zone`` whose first day was chosen to be ``first_day``, valid for
``length`` (counted as ``next_day``). At noon of the day ``on`` each of ``steps`` is done:
``freeze`` from ``day`` up to ``until`` (inclusive, null is until further notice), ``unfreeze`` on
``day``, or ``extend`` to ``day``. Then it is valid through ``last_day`` and ends at ``until``; both
are null while an open freeze holds the end off. Where ``refused`` is given, the last step is
refused with that code, and the days are those before it.

``redeeming.json``: such a pass with the redeem rule ``redeem`` and ``grace_days``. A visit that
starts at ``starts_at`` is booked at ``booked_at``, or walked in where that is null; ``answer`` is
``pays`` or the code of the refusal.

``splits.json``: ``minor`` units of money split over ``sessions`` by largest remainder give
``parts``, dearest first, which add up to ``minor``.

``caps.json``: a pass that begins with the local day ``first_day`` in ``zone`` has the one ``cap``
(``most`` visits a ``window``: ``day``, ``week``, ``month``, ``pass_month`` or ``rolling`` with
``days``; of ``services`` alone where they are given). The visits in ``counted`` are held or used.
Each, like the ``visit`` asked about, has its instant ``starts_at`` (UTC), the local ``day`` of that
and its ``service``. The pass ``pays`` for the visit or does not; ``used`` visits share the fullest
of its windows; where it does not pay, ``free_from`` is the first local day on which it would.

``refunds.json``: a pass sold at ``sold_at`` in the IANA ``zone`` for ``price`` (minor units; with
``tax_rate`` in hundredths of a percent, in the price where ``tax_inclusive``) with so many
``sessions`` (null: without a number), valid for ``valid`` (null: without end), costing ``costs``
sessions a seat where that is not 1, and refunded by ``policy``. ``events`` happened to it in order:
``visit`` (a deduction) and ``book`` of ``seats`` seats of a ``service`` as ``booking``; of a booked
one ``complete``, ``release`` and ``forfeit`` of so many ``sessions``; of a visit ``undo``;
``adjust`` by ``delta``; ``expire``, ``freeze``, ``unfreeze``, ``extend``, ``suspend``, ``resume``
with its end moved by ``days``, ``transfer``. ``last_day`` is then its last day (of one frozen until
further notice, the day before that), ``sold_days`` the days a pass without a number was sold for.
``list_prices`` are those of one seat. Asked at the instant ``at``, with ``paid`` paid and
``refunded_before`` given back, ``expected`` has the ``basis``, the last day to change one's mind,
what was used by either measure, the ``amounts`` of all lines by label, the ``fee`` and what is
``refundable``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime
from functools import cache
from importlib.resources import files
from typing import Any

import attrs

from passcore.domain.caps import Cap, CapWindow
from passcore.domain.money import Money
from passcore.domain.products import Terms
from passcore.domain.refunds import RefundFormula, RefundPolicy
from passcore.domain.time import Length
from passcore.domain.validity import Counting, Redeem, Validity


@attrs.frozen
class ValidityVector:
    """One line of ``validity.json``."""

    zone: str
    anchor_day: date
    length: Length
    counting: Counting
    last_day: date
    until: datetime


@attrs.frozen
class SplitVector:
    """One line of ``splits.json``."""

    minor: int
    sessions: int
    parts: tuple[int, ...]


@attrs.frozen
class VisitVector:
    """A visit in ``caps.json``."""

    starts_at: datetime
    day: date
    service: str


@attrs.frozen
class CapVector:
    """One line of ``caps.json``."""

    zone: str
    first_day: date
    cap: Cap
    counted: tuple[VisitVector, ...]
    visit: VisitVector
    pays: bool
    used: int
    free_from: date | None


@attrs.frozen
class Step:
    """What is done to a pass on a local day: `do` is ``freeze``, ``unfreeze`` or ``extend``."""

    on: date
    do: str
    day: date
    until: date | None


@attrs.frozen
class FreezeVector:
    """One line of ``freezes.json``."""

    note: str
    zone: str
    first_day: date
    length: Length
    steps: tuple[Step, ...]
    last_day: date | None
    until: datetime | None
    refused: str | None


@attrs.frozen
class RedeemVector:
    """One line of ``redeeming.json``."""

    zone: str
    first_day: date
    length: Length
    redeem: Redeem
    grace_days: int
    booked_at: datetime | None
    starts_at: datetime
    answer: str


@attrs.frozen
class RefundVector:
    """One line of ``refunds.json``; `events`, `list_prices` and `expected` as they stand there."""

    note: str
    terms: Terms
    zone: str
    sold_at: datetime
    at: datetime
    last_day: date | None
    paid: int
    refunded_before: int
    events: tuple[Mapping[str, Any], ...]
    list_prices: Mapping[str, int | None]
    expected: Mapping[str, Any]


@cache
def validity() -> tuple[ValidityVector, ...]:
    """Return every example of a validity."""
    return tuple(_validity(row) for row in _rows("validity"))


@cache
def freezes() -> tuple[FreezeVector, ...]:
    """Return every example of a pass that is frozen."""
    return tuple(_freezes(row) for row in _rows("freezes"))


@cache
def redeeming() -> tuple[RedeemVector, ...]:
    """Return every example of a redeem rule."""
    return tuple(_redeeming(row) for row in _rows("redeeming"))


@cache
def splits() -> tuple[SplitVector, ...]:
    """Return every example of a split."""
    rows = _rows("splits")
    return tuple(SplitVector(r["minor"], r["sessions"], tuple(r["parts"])) for r in rows)


@cache
def caps() -> tuple[CapVector, ...]:
    """Return every example of a cap."""
    return tuple(_capped(row) for row in _rows("caps"))


def refunds() -> tuple[RefundVector, ...]:
    """Return every example of a refund; money is in euro."""
    return tuple(_refund(row) for row in _rows("refunds"))


def _rows(name: str) -> list[dict[str, Any]]:
    text = (files(__package__) / f"{name}.json").read_text(encoding="utf-8")
    rows: list[dict[str, Any]] = json.loads(text)
    return rows


def _validity(row: dict[str, Any]) -> ValidityVector:
    return ValidityVector(
        zone=row["zone"],
        anchor_day=date.fromisoformat(row["anchor_day"]),
        length=_length(row),
        counting=Counting(row["counting"]),
        last_day=date.fromisoformat(row["last_day"]),
        until=datetime.fromisoformat(row["until"]),
    )


def _capped(row: dict[str, Any]) -> CapVector:
    cap, free_from = row["cap"], row.get("free_from")
    return CapVector(
        zone=row["zone"],
        first_day=date.fromisoformat(row["first_day"]),
        cap=Cap(
            cap["most"],
            CapWindow(cap["window"]),
            cap.get("days"),
            frozenset(cap.get("services", ())),
        ),
        counted=tuple(map(_visit, row["counted"])),
        visit=_visit(row["visit"]),
        pays=row["pays"],
        used=row["used"],
        free_from=None if free_from is None else date.fromisoformat(free_from),
    )


def _visit(row: dict[str, Any]) -> VisitVector:
    return VisitVector(
        datetime.fromisoformat(row["starts_at"]), date.fromisoformat(row["day"]), row["service"]
    )


def _freezes(row: dict[str, Any]) -> FreezeVector:
    steps = (
        Step(_day(s["on"]), s["do"], _day(s["day"]), _optional_day(s.get("until")))
        for s in row["steps"]
    )
    return FreezeVector(
        note=row["note"],
        zone=row["zone"],
        first_day=_day(row["first_day"]),
        length=_length(row),
        steps=tuple(steps),
        last_day=_optional_day(row["last_day"]),
        until=_optional_instant(row["until"]),
        refused=row.get("refused"),
    )


def _redeeming(row: dict[str, Any]) -> RedeemVector:
    return RedeemVector(
        zone=row["zone"],
        first_day=_day(row["first_day"]),
        length=_length(row),
        redeem=Redeem(row["redeem"]),
        grace_days=row["grace_days"],
        booked_at=_optional_instant(row["booked_at"]),
        starts_at=datetime.fromisoformat(row["starts_at"]),
        answer=row["answer"],
    )


def _length(row: dict[str, Any]) -> Length:
    ((unit, count),) = row["length"].items()
    return Length(count, unit)


def _day(text: str) -> date:
    return date.fromisoformat(text)


def _optional_day(text: str | None) -> date | None:
    return None if text is None else _day(text)


def _optional_instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _refund(row: dict[str, Any]) -> RefundVector:
    policy, valid = row["policy"], row["valid"] or {}
    length = next((Length(count, unit) for unit, count in valid.items()), None)
    terms = Terms(
        product_id="product",
        version=1,
        name=row["note"],
        sessions=row["sessions"],
        price=Money(row["price"], "EUR"),
        validity=Validity(length=length),
        costs=row["costs"],
        tax_rate=row["tax_rate"],
        tax_inclusive=row["tax_inclusive"],
        refund=RefundPolicy(
            RefundFormula(policy["formula"]), policy["fee"], policy["cooling_off_days"]
        ),
    )
    return RefundVector(
        note=row["note"],
        terms=terms,
        zone=row["zone"],
        sold_at=datetime.fromisoformat(row["sold_at"]),
        at=datetime.fromisoformat(row["at"]),
        last_day=date.fromisoformat(row["last_day"]) if row["last_day"] else None,
        paid=row["paid"],
        refunded_before=row["refunded_before"],
        events=tuple(row["events"]),
        list_prices=row["list_prices"],
        expected=row["expected"],
    )
