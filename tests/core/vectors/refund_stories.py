"""The stories behind `refunds.json`, written by hand; `tests.core.vectors.refunds` reckons them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

Story = dict[str, Any]
SOLD = "2027-03-01T12:00:00Z"


def _policy(formula: str = "pro_rata", fee: int = 0, cooling: int = 0) -> Story:
    return {"formula": formula, "fee": fee, "cooling_off_days": cooling}


LIST, NONE = _policy("used_at_list"), _policy("none")
COOL = _policy(cooling=14)


def _visits(count: int, service: str = "yoga", on: str | None = None) -> list[Story]:
    return [_visit(f"{service}{n}", service, on) for n in range(count)]


def _visit(name: str, service: str = "yoga", on: str | None = None, seats: int = 1) -> Story:
    return {"do": "visit", "booking": name, "service": service, "seats": seats, "at": on}


def _book(name: str, service: str = "yoga", seats: int = 1) -> Story:
    return {"do": "book", "booking": name, "service": service, "seats": seats, "at": None}


def _do(what: str, on: str | None = None, **fields: Any) -> Story:
    return {"do": what, "at": on, **fields}


def _story(note: str, events: list[Story] | None = None, **fields: Any) -> Story:
    sold = fields.get("sold_at", SOLD)
    told: Story = {
        "note": note, "zone": "Europe/Budapest", "sold_at": sold, "at": "2027-04-10T10:00:00Z",
        "price": 12_000, "tax_rate": 0, "tax_inclusive": True, "sessions": 10,
        "valid": {"months": 6}, "last_day": "2027-09-01", "sold_days": None, "costs": {},
        "policy": _policy(), "list_prices": {"yoga": 1_500}, "refunded_before": 0,
    } | fields  # fmt: skip
    told.setdefault("paid", told["price"])
    moment = datetime.fromisoformat(sold).astimezone(UTC)
    told["events"] = []
    for event in events or []:
        moment += timedelta(minutes=1)
        at = moment.isoformat().replace("+00:00", "Z")
        told["events"].append(event | {"at": event["at"] or at})
    return told


def _month(note: str, events: list[Story] | None = None, **fields: Any) -> Story:
    """A pass without a number for 30.00, from 1 March through 31 March: 31 days."""
    given = {
        "sessions": None, "price": 3_000, "valid": {"days": 30}, "last_day": "2027-03-31",
        "sold_days": ["2027-03-01", "2027-03-31"], "at": "2027-03-10T10:00:00Z",
    }  # fmt: skip
    return _story(note, events, **given | fields)


SESSIONS = [
    _story("nothing used"),
    _story("three of ten used", _visits(3)),
    _story("used up", _visits(10)),
    _story("100.00 over 7, one used", _visits(1), price=10_000, sessions=7),
    _story("100.00 over 7, the dear ones used", _visits(4), price=10_000, sessions=7),
    _story("100.00 over 7, one cheap one used", _visits(5), price=10_000, sessions=7),
    _story("100.00 over 7, six used", _visits(6), price=10_000, sessions=7),
    _story("100.00 over 7, used up", _visits(7), price=10_000, sessions=7),
    _story("0.01 over 3, one used", _visits(1), price=1, sessions=3),
    _story("0.02 over 3, three used", _visits(3), price=2, sessions=3),
    _story("99.99 over 12, five used", _visits(5), price=9_999, sessions=12),
    _story("one session, unused", price=1_999, sessions=1),
    _story("a visit that costs three", [_visit("a", "spa")], costs={"spa": 3}),
    _story("a visit of two seats", [_visit("a", seats=2)]),
    _story("a completion undone", [*_visits(2), _do("undo", booking="yoga0")]),
    _story("undone after the dear ones", [*_visits(5), _do("undo", booking="yoga1")],
           price=10_000, sessions=7),
    _story("one held", [_book("a")]),
    _story("one held and completed", [_book("a"), _do("complete", booking="a")]),
    _story("held and released", [_book("a"), _do("release", booking="a")]),
    _story("held, one of two forfeited",
           [_book("a", seats=2), _do("forfeit", booking="a", sessions=1)]),
    _story("held, all forfeited", [_book("a"), _do("forfeit", booking="a", sessions=1)]),
    _story("two free added, three used", [_do("adjust", delta=2), *_visits(3)]),
    _story("two free added, eleven used", [_do("adjust", delta=2), *_visits(11)]),
    _story("two free added, nothing used", [_do("adjust", delta=2)]),
    _story("two taken away", [_do("adjust", delta=-2)]),
    _story("two free added, three taken away", [_do("adjust", delta=2), _do("adjust", delta=-3)]),
    _story("expired, not swept", at="2027-09-01T22:00:00Z"),
    _story("the last instant of the last day", at="2027-09-01T21:59:59Z"),
    _story("expired and swept", [*_visits(2), _do("expire", "2027-09-02T08:00:00Z")],
           at="2027-09-03T08:00:00Z"),
    _story("frozen until further notice, past its day",
           [*_visits(1),
            _do("freeze", "2027-08-20T08:00:00Z", first_day="2027-08-20", last_day=None)],
           at="2027-12-01T08:00:00Z"),
    _story("frozen for ten days", [_do("freeze", first_day="2027-03-05", last_day="2027-03-14")],
           last_day="2027-09-11", at="2027-09-11T12:00:00Z"),
    _story("handed over, two used", [*_visits(2), _do("transfer", client="ben")]),
    _story("never paid", _visits(2), paid=0),
    _story("free of charge", price=0),
    _story("20.00 went back before", _visits(3), refunded_before=2_000),
    _story("all but 10.00 went back before", _visits(3), refunded_before=11_000),
    _story("a fee", _visits(3), policy=_policy(fee=500)),
    _story("a fee larger than the rest", _visits(9), policy=_policy(fee=5_000)),
    _story("a fee and nothing left", _visits(10), policy=_policy(fee=500)),
    _story("a fee and money back before", _visits(3), policy=_policy(fee=500), refunded_before=800),
    _story("no refund", _visits(1), policy=NONE),
    _story("27 % tax in the price", _visits(3), tax_rate=2_700),
    _story("27 % tax in an odd price", _visits(2), tax_rate=2_700, price=9_999, sessions=7),
    _story("20 % tax on the price", _visits(3), tax_rate=2_000, tax_inclusive=False, paid=14_400),
    _story("19 % tax, used up", _visits(10), tax_rate=1_900),
]  # fmt: skip

AT_LIST = [
    _story("three at list", _visits(3), policy=LIST),
    _story("eight at list: more than was paid", _visits(8), policy=LIST),
    _story("nothing used, at list", policy=LIST),
    _story("two services at list", [*_visits(2), _visit("b", "pilates")], policy=LIST,
           list_prices={"yoga": 1_500, "pilates": 2_250}),
    _story("a service without a list price", [*_visits(2), _visit("b", "talk")], policy=LIST,
           list_prices={"yoga": 1_500, "talk": None}),
    _story("no list price at all", _visits(2), policy=LIST, list_prices={}, price=10_000,
           sessions=7),
    _story("two seats at list", [_visit("a", seats=2)], policy=LIST),
    _story("a visit of three sessions at list", [_visit("a", "spa")], policy=LIST,
           costs={"spa": 3}, list_prices={"spa": 5_000}),
    _story("a third forfeited at list",
           [_book("a", "spa"), _do("forfeit", booking="a", sessions=1)], policy=LIST,
           costs={"spa": 3}, list_prices={"spa": 5_000}),
    _story("partly paid by a free session, at list",
           [_do("adjust", delta=1), *_visits(9), _visit("b", "spa", seats=2)], policy=LIST,
           list_prices={"yoga": 1_210, "spa": 2_001}),
    _story("free sessions at list cost nothing", [_do("adjust", delta=3), *_visits(12)],
           policy=LIST, list_prices={"yoga": 1_201}),
    _story("a list price below the pack", _visits(5), policy=LIST, list_prices={"yoga": 500}),
    _story("at list with a fee", _visits(3), policy=_policy("used_at_list", 1_000)),
    _story("at list, one held, two taken away", [*_visits(1), _book("h"), _do("adjust", delta=-2)],
           policy=LIST),
    _story("at list, expired", _visits(3), policy=LIST, at="2027-10-01T08:00:00Z"),
    _story("at list with tax", [*_visits(2), _visit("b", "talk")], policy=LIST, tax_rate=2_700),
]  # fmt: skip

COOLING_OFF = [
    _story("unused, within 14 days", policy=_policy("none", 900, 14), at="2027-03-10T08:00:00Z"),
    _story("the last instant to change one's mind", policy=_policy("none", 900, 14),
           at="2027-03-15T22:59:59Z"),
    _story("the first instant after it", policy=_policy("none", 900, 14),
           at="2027-03-15T23:00:00Z"),
    _story("sold just before midnight", policy=_policy("none", 900, 1),
           sold_at="2027-03-01T22:59:59Z", at="2027-03-02T22:59:59Z"),
    _story("sold just after midnight", policy=_policy("none", 900, 1), last_day="2027-09-02",
           sold_at="2027-03-01T23:00:00Z", at="2027-03-03T22:59:59Z"),
    _story("used, within 14 days: at pack rate, no fee", _visits(2),
           policy=_policy("used_at_list", 900, 14), at="2027-03-10T08:00:00Z"),
    _story("used, one day too late", _visits(2), policy=_policy("used_at_list", 900, 14),
           at="2027-03-16T08:00:00Z"),
    _story("a short pass, lapsed within 14 days", policy=COOL, valid={"days": 3},
           last_day="2027-03-04", at="2027-03-08T08:00:00Z"),
    _story("free sessions and changing one's mind", [_do("adjust", delta=5), *_visits(1)],
           policy=COOL, at="2027-03-08T08:00:00Z"),
    _story("the clocks change on the last day", policy=_policy("none", 0, 14),
           sold_at="2027-03-14T12:00:00Z", last_day="2027-09-14", at="2027-03-28T21:59:59Z"),
    _story("and just after it", policy=_policy("none", 0, 14),
           sold_at="2027-03-14T12:00:00Z", last_day="2027-09-14", at="2027-03-28T22:00:00Z"),
    _story("on the other side of the date line", policy=_policy("none", 0, 1),
           zone="Pacific/Kiritimati", sold_at="2027-03-01T09:59:59Z", at="2027-03-02T09:59:59Z"),
    _story("held while changing one's mind", [_book("a")], policy=COOL, at="2027-03-08T08:00:00Z"),
    _month("a month without a number, unvisited, within 14 days", policy=COOL),
    _month("visited, within 14 days: the days passed", _visits(2, on="2027-03-05T10:00:00Z"),
           policy=_policy("none", 900, 14)),
]  # fmt: skip

BY_DAY = [
    _month("the day of the sale", at="2027-03-01T13:00:00Z"),
    _month("ten days in"),
    _month("the last day", at="2027-03-31T10:00:00Z"),
    _month("over", at="2027-03-31T22:00:00Z"),
    _month("the clocks have changed", at="2027-03-28T22:00:00Z"),
    _month("an hour before that midnight", at="2027-03-28T21:00:00Z"),
    _month("31.00 over 31 days, with a fee", price=3_100, policy=_policy(fee=250)),
    _month("frozen for five days",
           [_do("freeze", "2027-03-04T08:00:00Z", first_day="2027-03-05", last_day="2027-03-09")],
           last_day="2027-04-05"),
    _month("frozen until further notice",
           [_do("freeze", "2027-03-04T08:00:00Z", first_day="2027-03-05", last_day=None)],
           at="2027-05-20T08:00:00Z"),
    _month("frozen and taken up again",
           [_do("freeze", "2027-03-04T08:00:00Z", first_day="2027-03-05", last_day=None),
            _do("unfreeze", "2027-03-08T08:00:00Z")],
           last_day="2027-04-03", at="2027-04-01T08:00:00Z"),
    _month("ten days given for free", [_do("extend", last_day="2027-04-10")],
           last_day="2027-04-10"),
    _month("ten days given for free, used", [_do("extend", last_day="2027-04-10")],
           last_day="2027-04-10", at="2027-04-05T08:00:00Z"),
    _month("ten days taken away", [_do("extend", last_day="2027-03-21")], last_day="2027-03-21"),
    _month("disputed for seven days, won",
           [_do("suspend", "2027-03-03T08:00:00Z"), _do("resume", "2027-03-10T08:00:00Z", days=7)],
           last_day="2027-04-07", at="2027-03-20T08:00:00Z"),
    _month("a leap year's February", sold_at="2028-02-01T12:00:00Z", valid={"months": 1},
           last_day="2028-03-01", sold_days=["2028-02-01", "2028-03-01"],
           at="2028-02-29T12:00:00Z"),
    _month("a year with a leap day", sold_at="2028-01-10T12:00:00Z", valid={"years": 1},
           price=36_500, last_day="2029-01-10", sold_days=["2028-01-10", "2029-01-10"],
           at="2028-03-01T12:00:00Z"),
    _month("clocks back, half-hour zone", zone="Australia/Lord_Howe",
           sold_at="2027-03-20T12:00:00Z", last_day="2027-04-19",
           sold_days=["2027-03-20", "2027-04-19"], at="2027-04-03T14:00:00Z"),
    _month("visits at list cost more than the days", _visits(2, on="2027-03-05T10:00:00Z"),
           policy=LIST),
    _month("visits at list cost less than the days", _visits(1, on="2027-03-05T10:00:00Z"),
           policy=LIST, at="2027-03-25T10:00:00Z"),
    _month("visits without a list price, a day's value each",
           _visits(12, "talk", on="2027-03-05T10:00:00Z"), policy=LIST),
    _month("without end, unvisited", valid=None, last_day=None, sold_days=None,
           at="2030-01-01T08:00:00Z"),
    _month("without end, visited", _visits(1), valid=None, last_day=None, sold_days=None),
    _month("without end, visited, at list", _visits(1), valid=None, last_day=None,
           sold_days=None, policy=LIST),
    _month("a visit undone", [*_visits(1, on="2027-03-05T10:00:00Z"),
                              _do("undo", "2027-03-06T10:00:00Z", booking="yoga0")],
           policy=_policy("none", 0, 14)),
    _month("with tax", price=3_810, tax_rate=2_700),
]  # fmt: skip

STORIES = [*SESSIONS, *AT_LIST, *COOLING_OFF, *BY_DAY]
