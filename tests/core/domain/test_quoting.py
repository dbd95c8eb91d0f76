"""Refund quotes: the published stories, played on a ledger, and what holds of every quote (S12)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, strategies as st

from passcore import (
    Anchor,
    Length,
    ListRate,
    Money,
    QuoteLabel,
    RefundPolicy,
    RefundQuote,
    Rounding,
    Validity,
    quote,
)
from passcore.domain import commands as cm, ledger as lg
from passcore.domain.coverage import Visit
from passcore.domain.ledger import Line
from passcore.domain.quoting import uses
from passcore.domain.refunds import ADDED
from passcore.testing import builders, vectors
from passcore.testing.builders import NOW, Story
from passcore.testing.vectors import RefundVector
from tests.core.vectors.refund_stories import STORIES
from tests.core.vectors.refunds import expected

ALL = vectors.refunds()


def play(vector: RefundVector) -> tuple[Story, dict[Line, ListRate]]:
    """Play a story on a ledger; return it with what its visits cost without the pass."""
    told = builders.story(at=vector.sold_at, of=vector.terms, zone=vector.zone)
    rates: dict[Line, ListRate] = {}
    for event in vector.events:
        at = datetime.fromisoformat(event["at"])
        told.do(_command(told, event, at), at=at)
        if event["do"] in ("visit", "book"):
            service = event["service"]
            price = vector.list_prices.get(service)
            minor = None if price is None else price * event["seats"]
            rates[Line(event["booking"])] = ListRate(service, service.title(), minor)
    return told, rates


def _command(told: Story, event: Mapping[str, Any], at: datetime) -> cm.Command:
    line = Line(event.get("booking", ""))
    match event["do"]:
        case "visit":
            return cm.Deduct(line, Visit(event["service"], None, at, event["seats"]))
        case "book":
            return cm.Reserve(line, Visit(event["service"], None, at, event["seats"]))
        case "complete":
            return cm.Capture(line)
        case "release":
            return cm.Release(line)
        case "forfeit":
            return cm.Forfeit(line, event["sessions"])
        case "undo":
            (entry,) = (e for e in told.entries if getattr(e.fact, "line", None) == line)
            assert isinstance(entry.fact, lg.Deducted)
            return cm.Reverse(entry.seq, line, entry.fact.sessions, entry.fact.units, entry.about)
        case _:
            return _edit(event)


def _edit(event: Mapping[str, Any]) -> cm.Command:
    match event["do"]:
        case "adjust":
            return cm.Adjust(event["delta"])
        case "expire":
            return cm.Expire()
        case "freeze":
            last = event["last_day"]
            first = date.fromisoformat(event["first_day"])
            return cm.Freeze(first, date.fromisoformat(last) if last else None)
        case "unfreeze":
            return cm.Unfreeze()
        case "extend":
            return cm.Extend(date.fromisoformat(event["last_day"]))
        case "suspend":
            return cm.Suspend()
        case "resume":
            return cm.Resume(event["days"])
        case _:
            return cm.ChangeOwner(event["client"])


def quoted(vector: RefundVector) -> RefundQuote:
    """Return the quote of a story."""
    told, rates = play(vector)
    return quote(
        told.state,
        told.entries,
        paid=Money(vector.paid, "EUR"),
        refunded=Money(vector.refunded_before, "EUR"),
        rates=rates,
        at=vector.at,
    )


def test_the_file_is_what_the_stories_come_to() -> None:
    """Reckoned anew by the other computation, from the stories as they were written."""
    rows = vectors._rows("refunds")
    assert rows == [story | {"expected": expected(story)} for story in STORIES]
    assert len({row["note"] for row in rows}) == len(rows) >= 60


@pytest.mark.parametrize("vector", ALL, ids=lambda v: v.note)
def test_a_story_comes_to_what_was_reckoned_without_a_ledger(vector: RefundVector) -> None:
    """By label, by either measure, and in all."""
    told, _ = play(vector)
    window = told.state.window
    assert window is not None
    assert window.last_day == vector.last_day
    found = quoted(vector)
    amounts: Counter[str] = Counter()
    for line in found.lines:
        amounts[line.label.value] += line.amount_minor
    until = found.cooling_off_until
    assert {
        "basis": found.basis.value,
        "cooling_off_until": until.isoformat() if until else None,
        "used_at_pack": found.used_at_pack.minor,
        "used_at_list": found.used_at_list.minor,
        "amounts": {label: n for label, n in amounts.items() if n or label == "paid"},
        "fee": found.fee.minor,
        "refundable": found.refundable.minor,
    } == vector.expected


@pytest.mark.parametrize("vector", ALL, ids=lambda v: v.note)
def test_the_lines_add_up_and_never_to_more_than_was_paid(vector: RefundVector) -> None:
    """Each is count times unit, with the sign of its label; a rounded one says how."""
    found = quoted(vector)
    for line in found.lines:
        sign = 1 if line.label in ADDED else -1
        assert line.amount_minor == sign * line.count * line.unit_minor
        assert line.unit_minor >= 0
        if line.rounding is Rounding.LARGEST_REMAINDER:
            sold = vector.terms.net_minor
            assert vector.terms.sessions is None or sold % vector.terms.sessions
    assert sum(line.amount_minor for line in found.lines) == found.refundable.minor
    assert 0 <= found.refundable.minor <= vector.paid - vector.refunded_before


@pytest.mark.parametrize("vector", ALL, ids=lambda v: v.note)
def test_no_session_and_no_value_is_lost(vector: RefundVector) -> None:
    """Granted is used, held, available, expired, refunded and transferred, less what was added;
    and so it stays when what is left is refunded."""
    told, _ = play(vector)
    for hold in told.state.balance.holds:
        told.do(cm.Release(hold.line))
    told.do(cm.Refund(1), at=vector.at)
    balance, granted = told.state.balance, told.entries[0].fact
    assert isinstance(granted, lg.Granted)
    gone = balance.expired + balance.refunded + balance.transferred - balance.adjusted
    spent = 0 if told.state.unlimited else balance.used
    assert balance.granted == spent + balance.held + balance.available + gone
    worth = sum(lg.value_of(use.units) for use in uses(told.entries))
    for entry in told.entries:
        fact = entry.fact
        if isinstance(fact, lg.Expired | lg.Refunded):
            worth += lg.value_of(fact.units)
        elif isinstance(fact, lg.Adjusted):
            worth += lg.value_of(fact.units) * (1 if fact.delta < 0 else -1)
    assert worth + lg.value_of(balance.units) == lg.value_of(granted.units)


def _asked(told: Story, at: datetime, paid: int = 3_000) -> RefundQuote:
    money = Money(paid, "EUR")
    return quote(told.state, told.entries, paid=money, refunded=Money(0, "EUR"), rates={}, at=at)


def _month(**validity: Any) -> Story:
    rule = Validity(length=Length(30, "days"), **validity)
    return builders.story(
        of=builders.terms(sessions=None, price=Money(3_000, "EUR"), validity=rule)
    )


def test_a_month_that_has_not_begun_is_whole_until_it_lapses() -> None:
    """No day of it has passed (V1)."""
    told = _month(anchor=Anchor.FIRST_USE, activate_within=Length(1, "years"))
    assert _asked(told, NOW).refundable == Money(3_000, "EUR")
    late = _asked(told, NOW + timedelta(days=400))
    assert [line.label for line in late.lines] == [QuoteLabel.PAID, QuoteLabel.LAPSED]


def test_a_month_begun_by_a_visit_passes_from_that_day_on() -> None:
    """Of the 31 days from there to its last."""
    told = _month(anchor=Anchor.FIRST_USE)
    told.do(cm.Deduct(Line("b"), builders.visit(starts_at=NOW)), at=NOW)
    told.do(cm.Suspend(), at=NOW)
    told.do(cm.Resume(), at=NOW + timedelta(days=1))
    found = _asked(told, NOW + timedelta(days=2), 3_100)
    assert [(line.label, line.count) for line in found.lines[1:]] == [
        (QuoteLabel.DAYS_PASSED, 3),
        (QuoteLabel.TAX, 1),
    ]


def test_a_range_bought_late_is_sold_from_that_day_on() -> None:
    """Its days before the sale were never sold, so they have not passed."""
    fixed = Validity(Anchor.FIXED_RANGE, fixed_from=date(2027, 1, 1), fixed_until=date(2027, 3, 10))
    terms = builders.terms(sessions=None, price=Money(1_000, "EUR"), validity=fixed)
    found = _asked(builders.story(of=terms), NOW, 1_000)
    assert [(line.count, line.amount_minor) for line in found.lines[1:]] == [(1, -100)]
    sold_too_late = builders.story(of=terms, at=NOW + timedelta(days=60))
    assert _asked(sold_too_late, NOW + timedelta(days=60), 1_000).refundable.minor == 0


def test_a_dispute_of_a_pass_without_end_moves_nothing() -> None:
    """There is no day to move."""
    terms = builders.terms(sessions=None, price=Money(1_000, "EUR"), validity=Validity())
    told = builders.story(of=terms)
    told.do(cm.Suspend())
    told.do(cm.Resume(3))
    told.do(cm.Extend(date(2027, 12, 31)))
    assert _asked(told, NOW, 1_000).refundable == Money(1_000, "EUR")


PRICES = st.integers(0, 1_000_000)


@given(PRICES, st.integers(1, 60), st.integers(0, 60), st.integers(0, 9), st.integers(0, 9_000))
def test_using_never_gives_more_back_and_free_sessions_never_do(
    price: int, sessions: int, used: int, free: int, fee: int
) -> None:
    """Whatever the price: each use takes off what it was worth, a free session changes nothing."""
    policy = RefundPolicy(fee_minor=fee)
    terms = builders.terms(sessions=sessions, price=Money(price, "EUR"), refund=policy)
    told = builders.story(of=terms)
    last = _asked(told, NOW, price).refundable.minor
    assert last == max(0, price - fee)
    if free:
        told.do(cm.Adjust(free))
        assert _asked(told, NOW, price).refundable.minor == last
    for number in range(min(used, sessions + free)):
        told.do(cm.Deduct(Line(f"b{number}"), builders.visit()))
        found = _asked(told, NOW, price)
        assert 0 <= found.refundable.minor <= last
        assert sum(line.amount_minor for line in found.lines) == found.refundable.minor
        last = found.refundable.minor
    left = Fraction(max(0, sessions - used) * price, sessions) - fee
    assert abs(last - max(Fraction(0), left)) <= sessions
