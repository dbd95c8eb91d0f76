"""Problems: one table, whole, and nothing in a problem that JSON cannot hold."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import attrs
import pytest

import passcore.errors
import passweb.problems
from passcore.domain.messages import WORDINGS
from passcore.errors import NotFound, PassError, RateLimited, TooEarly
from passweb.problems import (
    TABLE,
    WORDS,
    headers_of,
    kind_of,
    plain,
    problem_of,
    shape_error,
    told,
)


def _errors(cls: type[PassError] = PassError) -> Iterator[type[PassError]]:
    yield cls
    for child in cls.__subclasses__():
        yield from _errors(child)


ERRORS = [
    cls
    for cls in _errors()
    if cls.__module__ in (passcore.errors.__name__, passweb.problems.__name__)
]
SAMPLES: dict[str, Any] = {
    "str": "a \ud800 b",
    "int": 7,
    "date": date(2027, 3, 1),
    "date | None": date(2027, 3, 1),
    "datetime": datetime(2027, 3, 1, 18, tzinfo=UTC),
    "int | None": 7,
    "tuple[str, ...] | None": ("a \ud800 b",),
    "tuple[str, ...]": ("a \ud800 b", "c"),
}


def _made(cls: type[PassError]) -> PassError:
    return cls(**{a.name: SAMPLES[str(a.type)] for a in attrs.fields(cls)})


def test_the_table_has_every_error_and_no_other() -> None:
    assert {kind_of(cls) for cls in ERRORS} == set(TABLE)


def test_every_error_has_words_in_one_place() -> None:
    for cls in ERRORS:
        assert (kind_of(cls) in WORDS) or (cls.code in WORDINGS), cls


@pytest.mark.parametrize("cls", ERRORS, ids=lambda cls: cls.__name__)
def test_every_error_is_told_as_json(cls: type[PassError]) -> None:
    error = _made(cls)
    document = json.loads(json.dumps(problem_of(error)).encode())
    assert document["code"] == cls.code
    assert document["status"] == told(error).status
    assert document["type"] == f"/docs#{cls.code}"
    assert 400 <= document["status"] < 600
    assert "{" not in document["detail"] + document["mend"]
    assert all(value.isascii() or value for value in headers_of(error).values())


def test_an_error_that_passes_says_when_to_try_again() -> None:
    for kind, row in TABLE.items():
        assert (row.retry_after is not None) == (row.status == 503), kind
    assert headers_of(RateLimited(17)) == {"Retry-After": "17"}


def test_a_refusals_own_fields_stand_beside_the_rest() -> None:
    found = problem_of(TooEarly("visit", datetime(2027, 3, 1, 18, tzinfo=UTC)))
    assert (found["what"], found["not_before"]) == ("visit", "2027-03-01T18:00:00Z")


def test_what_was_sent_comes_back_short_and_readable() -> None:
    found = problem_of(NotFound("pass", "\ud800" + "x" * 10_000))
    assert len(found["ref"]) == 500
    assert json.dumps(found).encode()
    assert plain(object) == "<class 'object'>"


@pytest.mark.parametrize(
    ("text", "field", "problem"),
    [
        ("Expected `int`, got `str` - at `$.seats`", "seats", "expected `int`, got `str`"),
        ("Object missing required field `ref`", "ref", "is required"),
        (
            "Object missing required field `id` - at `$.items[0]`",
            "items[0].id",
            "is required",
        ),
        ("Object contains unknown field `x` - at `$.client`", "client.x", "is not a known field"),
        ("JSON is malformed: invalid character (byte 0)", "body", "jSON is malformed: …"),
    ],
)
def test_a_wrong_shape_is_told_by_its_field(text: str, field: str, problem: str) -> None:
    found = shape_error(text)
    assert found.field == field
    assert found.problem.startswith(problem.removesuffix("…"))
