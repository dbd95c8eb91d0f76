"""Caps: at most so many visits in a window, held, used and forfeited ones alike (C3)."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from passcore.codec import entry_body, read_entry
from passcore.domain import commands as cm, ledger as lg
from passcore.domain.cancellation import CancelPolicy
from passcore.domain.caps import KEPT, Cap, CapWindow, Counted, pass_month
from passcore.domain.choice import explain
from passcore.domain.coverage import Coverage
from passcore.domain.decisions import decide
from passcore.domain.folding import fold
from passcore.domain.ledger import Line
from passcore.domain.time import DAY, Length, add_months
from passcore.domain.validity import Anchor, Validity
from passcore.errors import CapReached, Invalid, NotCovered, PassExhausted
from passcore.testing.builders import NOW, Story, new_id, story, terms, visit

ONE_A_DAY = Cap(1, CapWindow.DAY)
TOMORROW = (NOW + DAY).date()


def _capped(*caps: Cap, **changes: Any) -> Story:
    """An unlimited pass with *caps*, without end where nothing else is said."""
    fields: dict[str, Any] = {"sessions": None, "caps": caps, "validity": Validity()}
    return story(of=terms(**fields | changes))


def _line() -> Line:
    return Line(new_id("booking"))


def _deduct(told: Story, days: float = 1, **about: Any) -> Line:
    line = _line()
    told.do(cm.Deduct(line, visit(starts_at=NOW + days * DAY, **about)))
    return line


def _refused(told: Story, days: float = 1, **about: Any) -> CapReached:
    """The refusal of one more visit; it changes nothing."""
    before = told.state
    with pytest.raises(CapReached) as refused:
        _deduct(told, days, **about)
    assert told.state is before
    return refused.value


# --- What a cap is --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "cap"),
    [
        ("3/week", Cap(3, CapWindow.WEEK)),
        ("1/day:reformer", Cap(1, CapWindow.DAY, services=frozenset({"reformer"}))),
        ("8/30 days", Cap(8, CapWindow.ROLLING, 30)),
        ("1/1 day", Cap(1, CapWindow.ROLLING, 1)),
        ("4/month:barre,yoga", Cap(4, CapWindow.MONTH, services=frozenset({"yoga", "barre"}))),
        ("12/pass month", Cap(12, CapWindow.PASS_MONTH)),
    ],
)
def test_a_cap_is_written_in_few_words(text: str, cap: Cap) -> None:
    """There and back; underscores, capitals and spaces around do not matter."""
    assert (Cap.parse(text), str(cap)) == (cap, text)
    assert Cap.parse(f" {text.upper()} ".replace("PASS MONTH", "pass_month")) == cap


@pytest.mark.parametrize(
    "text",
    ["", "week", "3", "3/", "/week", "3/year", "3/week:", "0/week", "1001/week", "3/0 days",
     "3/367 days", "3/rolling", "-1/day", "3/30 weeks", "³/day"],
)  # fmt: skip
def test_what_is_no_cap_is_invalid(text: str) -> None:
    with pytest.raises(Invalid, match="caps"):
        Cap.parse(text)


@pytest.mark.parametrize(
    "fields",
    [
        {"most": 0},
        {"most": 1001},
        {"most": True},
        {"window": CapWindow.ROLLING},
        {"days": 7},
        {"window": CapWindow.ROLLING, "days": 0},
        {"window": CapWindow.ROLLING, "days": 367},
    ],
)
def test_a_cap_that_makes_no_sense_is_invalid(fields: dict[str, Any]) -> None:
    """Numbers have bounds; days go with a rolling window, and it with them."""
    given: dict[str, Any] = {"most": 1, "window": CapWindow.WEEK}
    with pytest.raises(Invalid):
        Cap(**given | fields)


def test_terms_take_a_few_caps_that_differ() -> None:
    """Two of one window for the same services would only contradict one another."""
    yoga = Cap(2, CapWindow.DAY, services=frozenset({"yoga"}))
    assert terms(caps=(ONE_A_DAY, yoga)).caps == (ONE_A_DAY, yoga)
    ten = tuple(Cap(1, CapWindow.ROLLING, days) for days in range(1, 11))
    assert terms(caps=ten).caps == ten
    with pytest.raises(Invalid, match="more than 10"):
        terms(caps=(*ten, ONE_A_DAY))
    with pytest.raises(Invalid, match="two of one window"):
        terms(caps=(ONE_A_DAY, Cap(2, CapWindow.DAY)))


def test_the_longest_window_of_a_cap_in_days() -> None:
    caps = [Cap(1, window) for window in CapWindow if window is not CapWindow.ROLLING]
    assert [cap.longest for cap in caps] == [1, 7, 31, 31]
    assert Cap(1, CapWindow.ROLLING, 90).longest == 90


@pytest.mark.parametrize("first", [date(2027, 1, 29), date(2027, 1, 31), date(2028, 2, 29)])
def test_pass_months_follow_one_another_without_gap(first: date) -> None:
    """Each begins where the one before ends, clamped from the original day, not from the last."""
    for months in range(-14, 30):
        start, after = add_months(first, months)[0], add_months(first, months + 1)[0]
        assert {pass_month(day, first) for day in (start, after - DAY)} == {(start, after)}


# --- What counts ----------------------------------------------------------------------------------


def test_what_is_held_counts_like_what_was_used() -> None:
    """And a capture changes nothing about it."""
    told = _capped(ONE_A_DAY)
    line = told.book(1)
    assert _refused(told).used == 1
    told.do(cm.Capture(line))
    assert _refused(told).used == 1
    assert told.state.counted == ((told.state.version, Counted(TOMORROW, "svc_reformer")),)


def test_what_was_given_back_in_time_does_not_count() -> None:
    told = _capped(ONE_A_DAY)
    told.do(cm.Release(told.book(1)))
    assert told.state.counted == ()
    told.do(cm.Forfeit(told.book(2), 0))
    assert told.state.counted == ()
    _deduct(told)


def test_a_visit_that_was_forfeited_counts() -> None:
    """Also where the policy kept only a part of it (late-cancelled visits count)."""
    told = _capped(ONE_A_DAY, sessions=10, cancel=CancelPolicy())
    told.do(cm.Forfeit(told.book(1, seats=3), 1))
    assert told.state.balance.available == 9
    assert _refused(told).used == 1


@pytest.mark.parametrize("how", ["deducted", "captured", "forfeited"])
def test_an_outcome_that_is_taken_back_does_not_count(how: str) -> None:
    """Whatever it was; only the visit it names (B6)."""
    told = _capped(Cap(2, CapWindow.DAY))
    _deduct(told)
    if how == "deducted":
        line = _deduct(told)
    else:
        line = told.book(1)
        told.do(cm.Capture(line) if how == "captured" else cm.Forfeit(line, 1))
    assert _refused(told).used == 2
    told.do(cm.Reverse(told.state.version, line, 1, (), NOW + DAY))
    assert len(told.state.counted) == 1
    _deduct(told)


def test_seats_do_not_count() -> None:
    """A visit is a visit, however many come along; what they cost is for the sessions to limit."""
    told = _capped(Cap(2, CapWindow.DAY), sessions=10)
    _deduct(told, seats=4)
    assert len(told.state.counted) == 1
    _deduct(told)
    _refused(told)


def test_only_visits_a_cap_concerns_are_counted_and_refused() -> None:
    """By service or category; others are neither kept on record nor written into entries."""
    named = Cap(1, CapWindow.DAY, None, frozenset({"svc_yoga"}), frozenset({"pilates"}))
    told = _capped(named)
    for _ in range(3):
        _deduct(told)
    assert told.state.counted == ()
    assert "counts" not in entry_body(told.entries[-1])
    _deduct(told, category="pilates")
    refusal = _refused(told, service_id="svc_yoga")
    assert (refusal.services, refusal.categories) == (("svc_yoga",), ("pilates",))
    _deduct(told)


def test_several_caps_all_hold() -> None:
    """Each that is reached is told, with the day from which none is."""
    caps = (ONE_A_DAY, Cap(2, CapWindow.WEEK), Cap(9, CapWindow.MONTH))
    told = _capped(*caps)
    for days in (1, 2):
        _deduct(told, days)
    (verdict,) = explain([told.state], visit(starts_at=NOW + 2 * DAY), NOW, ())
    monday = date(2027, 3, 8)
    assert verdict.reasons == (
        CapReached(told.state.id, 1, "day", "day", 1, free_from=monday),
        CapReached(told.state.id, 2, "week", "week", 2, free_from=monday),
    )
    _deduct(told, 7)


def test_a_visit_that_would_fill_a_window_of_others_is_refused() -> None:
    """Rolling days are counted both ways: a visit before others shares windows with them."""
    told = _capped(Cap(2, CapWindow.ROLLING, 7))
    for days in (10, 14):
        _deduct(told, days)
    refusal = _refused(told, 8)
    assert (refusal.window, refusal.days, refusal.per) == ("rolling", 7, "7 days")
    assert (refusal.used, refusal.free_from) == (2, (NOW + 17 * DAY).date())
    _deduct(told, 7)


def test_the_other_reasons_come_first() -> None:
    """A cap is the last thing to look at, and no matter where the visit is not covered."""
    told = _capped(ONE_A_DAY, sessions=1)
    _deduct(told)
    (verdict,) = explain([told.state], visit(), NOW, ())
    assert [type(reason) for reason in verdict.reasons] == [PassExhausted, CapReached]
    with pytest.raises(PassExhausted):
        decide(told.state, cm.Reserve(_line(), visit()), at=NOW)
    elsewhere = terms(coverage=Coverage(services=frozenset({"svc_yoga"})), caps=(ONE_A_DAY,))
    with pytest.raises(NotCovered):
        decide(story(of=elsewhere).state, cm.Reserve(_line(), visit()), at=NOW)


def test_where_the_pass_ends_before_it_pays_again_no_day_is_told() -> None:
    """Its last day is still told, the day after it is not."""
    last = NOW.date() + 6 * DAY
    for cap, free_from in ((Cap(1, CapWindow.WEEK), None), (ONE_A_DAY, last)):
        told = _capped(cap, validity=Validity(length=Length(6, "days")))
        _deduct(told, 5)
        assert _refused(told, 5).free_from == free_from


# --- Passes that start later ----------------------------------------------------------------------

PASS_MONTH = Cap(1, CapWindow.PASS_MONTH)


def test_pass_months_are_counted_from_the_first_day() -> None:
    """Which is today; a month from it the count begins anew."""
    told = _capped(PASS_MONTH, validity=Validity(length=Length(1, "years")))
    _deduct(told)
    assert _refused(told, 30).free_from == date(2027, 4, 1)
    _deduct(told, 31)


@pytest.mark.parametrize("anchor", [Anchor.FIRST_BOOKING, Anchor.FIRST_USE])
def test_a_pass_not_started_counts_as_if_its_earliest_visit_started_it(anchor: Anchor) -> None:
    """Later and earlier ones alike (V1)."""
    told = _capped(PASS_MONTH, validity=Validity(anchor, Length(1, "years")))
    told.book(1, starts_at=NOW + 10 * DAY)
    for days in (8, 12):
        with pytest.raises(CapReached):
            told.book(2, starts_at=NOW + days * DAY)
    told.book(3, starts_at=NOW + 10 * DAY + 31 * DAY)
    assert len(told.state.counted) == 2


def test_an_earlier_booking_that_moves_the_start_moves_the_months() -> None:
    """It counts from its own day, as the window then does."""
    told = _capped(PASS_MONTH, validity=Validity(Anchor.FIRST_BOOKING, Length(1, "years")))
    told.book(1, starts_at=NOW + 40 * DAY)
    told.book(2, starts_at=NOW + 5 * DAY)
    assert told.state.window is not None
    assert told.state.window.first_day == NOW.date() + 5 * DAY
    assert _refused(told, 20).free_from == date(2027, 5, 6)


# --- The ledger -----------------------------------------------------------------------------------


def test_the_entries_say_what_counts() -> None:
    """The local day is written down, so folding needs no calendar; entries read back the same."""
    told = _capped(ONE_A_DAY)
    late = datetime(2027, 3, 5, 23, 30, tzinfo=UTC)  # half past midnight in Budapest
    told.do(cm.Deduct(_line(), visit(starts_at=late, category="pilates")))
    told.do(cm.Reserve(_line(), visit(starts_at=late + DAY)))
    for entry, day in ((told.entries[-2], date(2027, 3, 6)), (told.entries[-1], date(2027, 3, 7))):
        assert isinstance(entry.fact, lg.Deducted | lg.Reserved)
        assert entry.fact.counts is not None
        assert entry.fact.counts.day == day
        assert read_entry(entry_body(entry), entry.prev) == entry
    assert fold(told.entries) == told.state


def test_a_pass_without_caps_keeps_nothing() -> None:
    """Neither in its entries nor in its state: they are as they were before there were caps."""
    told = story()
    _deduct(told)
    told.book(1)
    assert told.state.counted == ()
    assert not any("counts" in entry_body(entry) or "caps" in entry_body(entry)
                   for entry in told.entries)  # fmt: skip


def test_what_no_window_reaches_is_dropped() -> None:
    """A year beyond the longest window, when the next visit is written; what was dropped can still
    be taken back, and what is held stays held."""
    told = _capped(ONE_A_DAY, Cap(5, CapWindow.ROLLING, 40))
    kept, gone = KEPT + 40, KEPT + 41
    for days in (0, 1):
        told.do(cm.Deduct(_line(), visit(starts_at=NOW + days * DAY)), at=NOW + days * DAY)
    held = told.book(1, starts_at=NOW + 2 * DAY)
    first = told.entries[1]
    assert isinstance(first.fact, lg.Deducted)
    told.do(cm.Deduct(_line(), visit(starts_at=NOW + kept * DAY)), at=NOW + kept * DAY)
    assert len(told.state.counted) == 4
    told.do(cm.Deduct(_line(), visit(starts_at=NOW + gone * DAY)), at=NOW + gone * DAY)
    assert [seq for seq, _ in told.state.counted] == [3, 4, 5, 6]
    told.do(cm.Reverse(2, first.fact.line, 1, (), NOW))
    told.do(cm.Capture(held))
    assert [seq for seq, _ in told.state.counted] == [3, 8, 5, 6]
    assert fold(told.entries) == told.state
