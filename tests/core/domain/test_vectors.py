"""The published vectors hold, as they stand in the package."""

from __future__ import annotations

import pytest

from passcore.domain.ledger import count_of, units_of, value_of
from passcore.domain.money import split
from passcore.domain.time import DAY, start_of_day
from passcore.domain.validity import Anchor, Validity, last_day_of, opening_window
from passcore.testing import vectors
from passcore.testing.vectors import SplitVector, ValidityVector


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
