"""The codec: strict both ways, the same text for the same value, stored names for ever."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import attrs
import pytest
from hypothesis import given

from passcore.adapters.recording import FakeGateway
from passcore.codec import (
    KINDS,
    dumps,
    entry_body,
    enum_values,
    from_plain,
    kind_of,
    loads,
    read_entry,
    to_plain,
)
from passcore.domain import commands as cm
from passcore.domain.bookings import BookingStatus
from passcore.domain.coverage import Coverage, Hours
from passcore.domain.folding import fold
from passcore.domain.ledger import Entry, Fact, Line, chained
from passcore.domain.money import Money
from passcore.domain.notices import Message
from passcore.domain.passes import Pass, Status
from passcore.domain.products import Product, Terms
from passcore.domain.validity import Validity
from passcore.errors import Invalid
from passcore.testing import builders, strategies
from passcore.testing.gateway import request

#: Every stored name, as released. A name may be added; none may go or change its meaning.
RELEASED = """
granted/1 activated/1 anchored/1 reserved/1 captured/1 released/1 forfeited/1 deducted/1 reversed/1
adjusted/1 expired/1 reinstated/1 refunded/1 cancelled/1 frozen/1 unfrozen/1 extended/1 suspended/1
resumed/1 cover_changed/1 owner_changed/1
""".split()


def test_the_stored_names_are_those_that_were_released() -> None:
    """Every fact has one."""
    assert list(KINDS) == RELEASED


@given(strategies.entries)
def test_every_entry_is_read_as_it_was_written(entry: Entry) -> None:
    """Every kind of fact with whatever is in it; reading and writing again gives the same text."""
    body = entry_body(entry)
    read = read_entry(body, "abc")
    assert read == attrs.evolve(entry, prev="abc")
    assert entry_body(read) == body
    assert json.loads(body)["fact"]["kind"] == kind_of(entry.fact)


def test_a_stored_entry_reads_the_same_for_ever() -> None:
    """This text was written by version 0.1.0; its hash is what the next entry carries."""
    body = (
        '{"about":"2027-03-02T12:00:00+00:00","at":"2027-03-01T12:00:00+00:00","fact":'
        '{"kind":"deducted/1","line":{"booking_id":"booking_1"},"sessions":1,'
        '"starts_at":"2027-03-02T12:00:00+00:00","units":[[1200,1]]},"origin":{},"seq":2}'
    )
    told = builders.story()
    line = Line("booking_1")
    (entry,) = told.do(cm.Deduct(line, builders.visit()))
    assert entry_body(entry) == body
    assert read_entry(body, "") == entry
    assert chained("", body) == ("8b3363766fd74363b1baba2ed0ccbbd6ea77b59d8d222aa5691fd3e5872cf87b")


def test_a_freeze_that_was_stored_before_there_could_be_several_folds() -> None:
    """What it says is what it said; a new one within the limits is written the same."""
    told = builders.story()
    frozen, back = date(2027, 3, 5), date(2027, 3, 8)
    for command in (cm.Freeze(frozen, date(2027, 3, 9)), cm.Unfreeze(back)):
        (entry,) = told.do(command)
        fact = json.loads(entry_body(entry))["fact"]
        assert fact.keys() <= {"kind", "first_day", "last_day", "on_day", "window"}
        assert fact["window"].keys() == {
            "starts_at", "ends_at", "first_day", "last_day", "zone", "rule",
        }  # fmt: skip
    assert fold([read_entry(entry_body(entry), "") for entry in told.entries]) == told.state
    assert [(f.first_day, f.last_day) for f in told.state.freezes] == [(frozen, date(2027, 3, 7))]


@pytest.mark.parametrize(
    "value",
    [
        builders.business(email="a@example.com"),
        builders.product(costs={"svc_1": 2}),
        builders.order("client_1", builders.terms()),
        builders.booking("client_1", "svc_1"),
        builders.invoice(builders.order("client_1", builders.terms()), 1),
        builders.message(),
        builders.event(),
        builders.receipt(),
        builders.login(),
        *(builders.story_at(status).state for status in Status),
        Coverage(frozenset("ab"), hours=(Hours(frozenset({2, 1})),)),
    ],
    ids=lambda value: type(value).__name__,
)
def test_every_record_is_read_as_it_was_written(value: Any) -> None:
    """As text, as plain values, and with the same text for equal values."""
    text = dumps(value)
    assert loads(text, type(value)) == value
    assert from_plain(to_plain(value), type(value)) == value
    assert dumps(loads(text, type(value))) == text


@given(strategies.terms)
def test_all_terms_are_read_as_they_were_written(terms: Terms) -> None:
    """Every rule of validity, coverage and cancelling."""
    assert loads(dumps(terms), Terms) == terms


@given(strategies.facts)
def test_equal_facts_have_equal_text(fact: Fact) -> None:
    """Sets are written in order."""
    assert dumps(fact) == dumps(attrs.evolve(fact))


@pytest.mark.parametrize(
    ("text", "wanted", "field", "problem"),
    [
        ("{", Money, "$", "not JSON"),
        ("[]", Money, "$", "not an object"),
        ("3", Money, "$", "not an object"),
        ("{}", Money, "minor", "required"),
        ('{"minor":1,"currency":"EUR","x":1}', Money, "$", "unknown fields: x"),
        ('{"minor":"1","currency":"EUR"}', Money, "minor", "whole number"),
        ('{"minor":1.0,"currency":"EUR"}', Money, "minor", "whole number"),
        ('{"minor":true,"currency":"EUR"}', Money, "minor", "whole number"),
        ('{"minor":null,"currency":"EUR"}', Money, "minor", "whole number"),
        ('{"minor":NaN,"currency":"EUR"}', Money, "minor", "whole number"),
        ('{"minor":1,"currency":2}', Money, "currency", "not text"),
        ('{"services":"abc"}', Coverage, "services", "not a list"),
        ('{"services":{"a":1}}', Coverage, "services", "not a list"),
        ('{"services":["a",1]}', Coverage, "services[1]", "not text"),
        ('{"hours":[{"weekdays":[1.5]}]}', Coverage, "hours[0].weekdays[0]", "whole number"),
        ('{"hours":[{"weekdays":[9]}]}', Coverage, "hours[0]", "outside 0 to 6"),
        ('{"anchor":"never"}', Validity, "anchor", "not a valid"),
        ('{"anchor":1}', Validity, "anchor", "not text"),
        ('{"length":{"count":0,"unit":"days"}}', Validity, "length", "1 to 36500"),
        ('{"anchor":"fixed_range","fixed_from":"2027-13-01"}', Validity, "fixed_from", "month"),
        ('{"anchor":"fixed_range","fixed_from":20270101}', Validity, "fixed_from", "not text"),
    ],
)
def test_what_is_not_exactly_right_is_refused_by_its_path(
    text: str, wanted: type, field: str, problem: str
) -> None:
    """Unknown and missing fields, wrong types, texts for lists, values out of bounds."""
    with pytest.raises(Invalid) as refused:
        loads(text, wanted)
    assert refused.value.field == field
    assert problem in refused.value.problem


@pytest.mark.parametrize(
    ("path", "bad", "problem"),
    [
        (("fact", "kind"), "vanished/1", "unknown kind"),
        (("fact", "kind"), None, "unknown kind"),
        (("fact",), [], "not an object"),
        (("fact", "locked"), 1, "true or false"),
        (("at",), "2027-03-01T12:00:00", "offset"),
        (("at",), 1, "not text"),
        (("seq",), "1", "whole number"),
        (("prev",), 1, "not text"),
    ],
)
def test_a_stored_entry_that_was_tampered_with_is_refused(
    path: tuple[str, ...], bad: object, problem: str
) -> None:
    """Where it is not what an entry can be."""
    fact = {"kind": "anchored/1", "window": None, "locked": True}
    plain: dict[str, Any] = {"seq": 1, "at": "2027-03-01T12:00:00Z", "origin": {}, "fact": fact}
    plain["about"] = plain["at"]
    assert read_entry(json.dumps(plain), "").seq == 1
    place = plain
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = bad
    with pytest.raises(Invalid) as refused:
        loads(json.dumps(plain), Entry)
    assert problem in refused.value.problem


def test_instants_are_read_in_utc_from_any_offset() -> None:
    """And the values of a notice are texts, whole numbers or nothing."""
    message = to_plain(builders.message()) | {"due_at": "2027-03-01T13:00:00+01:00"}
    assert from_plain(message, Message).due_at == builders.NOW
    message["notice"]["values"]["remaining"] = 1.5
    with pytest.raises(Invalid, match="text, a whole number or nothing"):
        from_plain(message, Message)


def test_units_are_pairs_of_whole_numbers() -> None:
    """Nothing else."""
    plain = to_plain(builders.story().state)
    for bad in ([[1]], [["1", 1]], [[1, True]], 3):
        plain["balance"]["units"] = bad
        with pytest.raises(Invalid):
            from_plain(plain, Pass)


def test_depth_and_size_are_refused_not_fatal() -> None:
    """A hundred thousand brackets, a number of ten thousand digits."""
    for text in ("[" * 100_000, '{"minor":' + "9" * 10_000 + ',"currency":"EUR"}'):
        with pytest.raises(Invalid):
            loads(text, Money)
    deep: Any = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(Invalid):
        from_plain({"slug": deep}, Product)


def test_stored_enumerations_are_their_values() -> None:
    """As texts."""
    assert enum_values(BookingStatus) == "booked completed cancelled no_show reversed".split()
    plain = to_plain(builders.booking("client_1", "svc_1"))
    assert type(plain["status"]) is str


def test_any_attrs_value_of_a_port_is_written() -> None:
    """For logs and receipts of embedders."""
    gateway = FakeGateway()
    checkout = gateway.start_checkout(request())
    assert json.loads(dumps(checkout))["ref"] == checkout.ref
