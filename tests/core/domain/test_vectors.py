"""The published vectors hold, as they stand in the package."""

from __future__ import annotations

import json
from importlib.resources import files
from itertools import product
from typing import Any

import pytest

from passcore.domain import commands as cm
from passcore.domain.caps import CapWindow
from passcore.domain.coverage import Visit
from passcore.domain.ledger import Line, count_of, units_of, value_of
from passcore.domain.money import split
from passcore.domain.time import DAY, local_day, start_of_day
from passcore.domain.validity import Anchor, Validity, last_day_of, opening_window
from passcore.errors import CapReached
from passcore.testing import vectors
from passcore.testing.builders import Story, story, terms
from passcore.testing.vectors import CapVector, SplitVector, ValidityVector, VisitVector
from tests.core.vectors.caps import answer_to


def test_the_vectors_are_many_and_all_different() -> None:
    """Both files were read whole; every kind of length and counting is among them."""
    known = vectors.validity()
    assert len(known) >= 500
    assert len(set(map(str, known))) == len(known)
    assert {v.length.unit for v in known} == {"days", "weeks", "months", "years"}
    assert len({v.zone for v in known}) >= 15
    assert len(vectors.splits()) >= 40


@pytest.mark.parametrize("vector", vectors.validity(), ids=str)
def test_a_pass_is_valid_through_the_last_day(vector: ValidityVector) -> None:
    """Day and instant, from the anchor's first instant and from any later one of its day (V2)."""
    last_day = last_day_of(vector.anchor_day, vector.length, vector.counting)
    assert last_day == vector.last_day
    rule = Validity(length=vector.length, counting=vector.counting)
    first = start_of_day(vector.anchor_day, vector.zone)
    late = start_of_day(vector.anchor_day + DAY, vector.zone) - DAY / 24
    for bought in (first, late):
        window = opening_window(rule, bought, vector.zone)
        assert window is not None
        assert (window.last_day, window.ends_at) == (vector.last_day, vector.until)
    chosen = Validity(Anchor.CHOSEN_DATE, vector.length, vector.counting)
    window = opening_window(chosen, late, vector.zone, chosen=vector.anchor_day)
    assert window is not None
    assert (window.starts_at, window.ends_at) == (first, vector.until)


@pytest.mark.parametrize("vector", vectors.splits(), ids=lambda v: f"{v.minor}/{v.sessions}")
def test_a_price_is_split_by_largest_remainder(vector: SplitVector) -> None:
    """The parts add up, and the runs of a ledger say the same (I3)."""
    assert split(vector.minor, vector.sessions) == vector.parts
    units = units_of(vector.minor, vector.sessions)
    assert tuple(value for value, count in units for _ in range(count)) == vector.parts
    assert (value_of(units), count_of(units)) == (vector.minor, vector.sessions)


CAPS: list[dict[str, Any]] = json.loads(
    (files(vectors.__name__) / "caps.json").read_text(encoding="utf-8")
)


def test_the_vectors_of_caps_are_many_and_of_every_window() -> None:
    """Paid and refused ones of each; the days the clocks change and the year's 53rd week too."""
    known = vectors.caps()
    assert len(known) == len(CAPS) >= 200
    assert {(v.cap.window, v.pays) for v in known} == set(product(CapWindow, (True, False)))
    assert len({v.zone for v in known}) >= 10
    assert {"2026-W53", "2020-W53"} <= {v.visit.day.strftime("%G-W%V") for v in known}
    assert any(v.cap.services for v in known)


@pytest.mark.parametrize("row", CAPS, ids=lambda row: f"{row['cap']}")
def test_a_second_computation_gives_the_published_answers(row: dict[str, Any]) -> None:
    """By brute force over labels of days, without any code of the package (C3)."""
    told = {key: row[key] for key in ("pays", "used", "free_from") if key in row}
    assert answer_to(row) == told


def _capped(vector: CapVector, *, held: bool) -> Story:
    """The pass of *vector* after the visits that count, held or used."""
    on = terms(sessions=None, caps=(vector.cap,), validity=Validity(Anchor.CHOSEN_DATE))
    first = start_of_day(vector.first_day, vector.zone)
    told = story(at=first, of=on, zone=vector.zone, starts_on=vector.first_day)
    for number, visit in enumerate(vector.counted):
        line, about = Line(f"booking_{number}"), _visit(visit)
        told.do(cm.Reserve(line, about) if held else cm.Deduct(line, about))
    return told


def _visit(visit: VisitVector) -> Visit:
    return Visit(visit.service, None, visit.starts_at)


@pytest.mark.parametrize("held", [True, False], ids=["held", "used"])
@pytest.mark.parametrize("vector", vectors.caps(), ids=lambda v: f"{v.cap}")
def test_a_cap_counts_by_local_days(vector: CapVector, held: bool) -> None:
    """Held and used visits alike; refused with what is used and when it pays again (C3, L5)."""
    told = _capped(vector, held=held)
    days = [local_day(visit.starts_at, vector.zone) for visit in (*vector.counted, vector.visit)]
    assert days == [visit.day for visit in (*vector.counted, vector.visit)]
    line, visit = Line("booking_asked"), _visit(vector.visit)
    if vector.pays:
        told.do(cm.Reserve(line, visit))
        return
    with pytest.raises(CapReached) as refused:
        told.do(cm.Deduct(line, visit))
    assert (refused.value.used, refused.value.free_from) == (vector.used, vector.free_from)
    assert (refused.value.most, refused.value.window) == (
        vector.cap.most,
        vector.cap.window.value,
    )
