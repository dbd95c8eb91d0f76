"""The published examples: what a validity gives, how a price is split, and what a cap counts.

Three JSON files lie beside this module, made for any language to read; all are lists of objects.

``validity.json``: a pass anchored on the local day ``anchor_day`` in the IANA ``zone``, running for
``length`` (one of ``days``, ``weeks``, ``months``, ``years`` and a number), counted by ``counting``
(``next_day`` or ``first_day``), is valid through the local day ``last_day`` and ends at the instant
``until`` (UTC, exclusive: the first instant of the local day after). Some carry a ``note``.

``splits.json``: ``minor`` units of money split over ``sessions`` by largest remainder give
``parts``, dearest first, which add up to ``minor``.

``caps.json``: a pass that begins with the local day ``first_day`` in ``zone`` has the one ``cap``
(``most`` visits a ``window``: ``day``, ``week``, ``month``, ``pass_month`` or ``rolling`` with
``days``; of ``services`` alone where they are given). The visits in ``counted`` are held or used.
Each, like the ``visit`` asked about, has its instant ``starts_at`` (UTC), the local ``day`` of that
and its ``service``. The pass ``pays`` for the visit or does not; ``used`` visits share the fullest
of its windows; where it does not pay, ``free_from`` is the first local day on which it would.
"""

from __future__ import annotations

import json
from datetime import date, datetime
from functools import cache
from importlib.resources import files
from typing import Any

import attrs

from passcore.domain.caps import Cap, CapWindow
from passcore.domain.time import Length
from passcore.domain.validity import Counting


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


@cache
def validity() -> tuple[ValidityVector, ...]:
    """Return every example of a validity."""
    return tuple(_validity(row) for row in _rows("validity"))


@cache
def splits() -> tuple[SplitVector, ...]:
    """Return every example of a split."""
    rows = _rows("splits")
    return tuple(SplitVector(r["minor"], r["sessions"], tuple(r["parts"])) for r in rows)


@cache
def caps() -> tuple[CapVector, ...]:
    """Return every example of a cap."""
    return tuple(_capped(row) for row in _rows("caps"))


def _rows(name: str) -> list[dict[str, Any]]:
    text = (files(__package__) / f"{name}.json").read_text(encoding="utf-8")
    rows: list[dict[str, Any]] = json.loads(text)
    return rows


def _validity(row: dict[str, Any]) -> ValidityVector:
    ((unit, count),) = row["length"].items()
    return ValidityVector(
        zone=row["zone"],
        anchor_day=date.fromisoformat(row["anchor_day"]),
        length=Length(count, unit),
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
