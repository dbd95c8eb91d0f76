"""The published examples: what a validity gives, and how a price is split over sessions.

Two JSON files lie beside this module, made for any language to read; both are lists of objects.

``validity.json``: a pass anchored on the local day ``anchor_day`` in the IANA ``zone``, running for
``length`` (one of ``days``, ``weeks``, ``months``, ``years`` and a number), counted by ``counting``
(``next_day`` or ``first_day``), is valid through the local day ``last_day`` and ends at the instant
``until`` (UTC, exclusive: the first instant of the local day after). Some carry a ``note``.

``splits.json``: ``minor`` units of money split over ``sessions`` by largest remainder give
``parts``, dearest first, which add up to ``minor``.
"""

from __future__ import annotations

import json
from datetime import date, datetime
from functools import cache
from importlib.resources import files
from typing import Any

import attrs

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


@cache
def validity() -> tuple[ValidityVector, ...]:
    """Return every example of a validity."""
    return tuple(_validity(row) for row in _rows("validity"))


@cache
def splits() -> tuple[SplitVector, ...]:
    """Return every example of a split."""
    rows = _rows("splits")
    return tuple(SplitVector(r["minor"], r["sessions"], tuple(r["parts"])) for r in rows)


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
