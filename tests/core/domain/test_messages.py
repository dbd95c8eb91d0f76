"""Words for errors: every code has them, in one table (L5)."""

from __future__ import annotations

import string
from datetime import date

import attrs
import pytest

from passcore import errors
from passcore.domain.choice import explain
from passcore.domain.messages import APART, WORDINGS, wording
from passcore.domain.passes import Status
from passcore.domain.time import local
from passcore.errors import PassError
from passcore.testing import builders
from passcore.testing.builders import NOW


def _every() -> list[type[PassError]]:
    found = [c for c in vars(errors).values() if isinstance(c, type) and issubclass(c, PassError)]
    return [c for c in found if c not in (errors.PassError, errors.Refusal)]


def _made(cls: type[PassError]) -> PassError:
    values: dict[str, object] = {"str": "thing", "int": 3, "date": date(2027, 3, 1)}
    values |= {"datetime": NOW, "date | None": None, "int | None": None}
    values |= {"tuple[str, ...]": ("a", "b"), "tuple[str, ...] | None": None}
    return cls(**{a.name: values[str(a.type)] for a in attrs.fields(cls)})


@pytest.mark.parametrize("cls", _every())
def test_every_error_says_what_happened_and_what_to_do(cls: type[PassError]) -> None:
    """Two whole sentences without a gap, from the error's own fields."""
    for sentence in wording(_made(cls)):
        assert sentence.endswith(".")
        assert sentence[0].isupper() or sentence.startswith(("thing", "3"))
        assert "{" not in sentence
        assert "None" not in sentence


def test_every_wording_belongs_to_an_error() -> None:
    """And names only fields that the error always has."""
    by_key = {APART.get(c, c.code): c for c in _every()}
    by_key["cap_reached_to_the_end"] = errors.CapReached
    assert by_key.keys() == WORDINGS.keys()
    for key, words in WORDINGS.items():
        always = {a.name for a in attrs.fields(by_key[key]) if "None" not in str(a.type)}
        for text in (words.detail, words.mend):
            named = {name for _, name, _, _ in string.Formatter().parse(text) if name}
            assert named <= always | ({"free_from"} if key == "cap_reached" else set()), key


def test_a_cap_says_from_which_day_on_it_pays_again() -> None:
    """Or, where that is past the last day, what else there is to do (C3, L5)."""
    told = errors.CapReached("pass_1", 3, "week", "week", 3, free_from=date(2027, 3, 8))
    assert wording(told) == (
        "The pass pays for at most 3 per week, and 3 count there already.",
        "Choose a day from 2027-03-08 on, cancel another visit in time, or use another pass.",
    )
    last = attrs.evolve(told, free_from=None)
    assert wording(last)[1] == "Cancel another visit in time, use another pass, or buy a new one."


def test_codes_are_one_kind_of_error_each() -> None:
    """Few share a code with another, and those have words of their own."""
    apart: dict[type[PassError], type[PassError]] = {
        errors.TooEarly: errors.InvalidTransition,
        errors.ShortNotice: errors.LimitReached,
        errors.BookedTooLate: errors.PassExpired,
        errors.BookedTooEarly: errors.PassNotYetValid,
    }
    codes = [c.code for c in _every() if c not in apart]
    assert len(set(codes)) == len(codes)
    assert all(cls.code == other.code for cls, other in apart.items())
    assert len({APART.get(c, c.code) for c in _every()}) == len(_every())


def test_values_are_shown_as_people_read_them() -> None:
    """Days and instants by the calendar, braces in a value as they are."""
    detail, _ = wording(errors.PassFrozen("pass_1", date(2027, 3, 1)))
    assert detail == "The pass is frozen from 2027-03-01."
    detail, _ = wording(errors.TooEarly("visit", local(NOW, "Europe/Budapest")))
    assert detail == "The visit can be completed from 2027-03-01 13:00 CET on."
    assert errors.TooEarly("visit", NOW) == errors.TooEarly("visit", local(NOW, "Asia/Tokyo"))
    detail, _ = wording(errors.BookingsInside("pass_1", date(2027, 3, 1), None, ("b1", "b2")))
    assert detail == "The pass pays for visits inside the freeze: b1, b2."
    detail, _ = wording(errors.NotFound("pass", "{code} {0}"))
    assert "{code} {0}" in detail


def test_fields_are_told_by_name_without_those_that_are_empty() -> None:
    """As API and command line show them."""
    assert errors.PassExpired("pass_1").fields() == {"pass_id": "pass_1"}
    assert errors.LoginRefused().fields() == {}


@pytest.mark.parametrize("cls", _every())
def test_errors_are_equal_by_class_and_fields(cls: type[PassError]) -> None:
    """And alike in sets and as keys; another class, or one field more or less, is another error."""
    first, second = _made(cls), _made(cls)
    assert first == second
    assert len({first, second}) == 1
    others = [_made(other) for other in _every() if other is not cls]
    assert first not in others
    assert first != first.fields()
    for name in first.fields():
        assert attrs.evolve(first, **{name: None}) != first


def test_verdicts_that_refuse_for_the_same_reasons_are_equal() -> None:
    """What is asked twice is answered alike (C4)."""
    told = builders.story_at(Status.EXPIRED)
    asked = [explain([told.state], builders.visit(), NOW, []) for _ in range(2)]
    assert asked[0][0].reasons
    assert asked[0] == asked[1]
    assert asked[0][0].reasons[0] is not asked[1][0].reasons[0]


def test_equal_errors_survive_being_raised() -> None:
    """One can be raised from the other; traceback and notes can be set and change nothing."""
    first, second = errors.Contention("pass"), errors.Contention("pass")
    with pytest.raises(errors.Contention) as raised:
        raise first from second
    assert raised.value is first
    assert raised.value.__cause__ is second
    raised.value.add_note("seen")
    assert first == second
    assert str(errors.Invalid(field="name", problem="is empty")) != ""
