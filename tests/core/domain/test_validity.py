"""Validity and anchoring: from when until when (V1 to V4), whatever the order of reports (B2)."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime, timedelta

import pytest

from passcore.domain import commands as cm, ledger as lg
from passcore.domain.freezes import Freeze, refrozen
from passcore.domain.passes import Status
from passcore.domain.time import DAY, Length, start_of_day
from passcore.domain.validity import (
    Anchor,
    Counting,
    Redeem,
    Validity,
    lapse_instant,
    opening_window,
    window_from,
)
from passcore.errors import Invalid, PassExpired, PassNotYetValid
from passcore.testing import builders
from passcore.testing.builders import NOW, ZONE, Story, story, terms, visit

THIRTY = Length(30, "days")
TODAY = NOW.date()


def _noon(offset: int) -> datetime:
    return NOW + timedelta(days=offset)


def _line(number: int) -> lg.Line:
    return lg.Line(f"booking_{number}")


def _unstarted(anchor: Anchor, *, within: int | None = None) -> Story:
    lapse = None if within is None else Length(within, "days")
    return story(of=terms(validity=Validity(anchor, THIRTY, activate_within=lapse)))


def _first(told: Story) -> date | None:
    return told.state.window.first_day if told.state.window is not None else None


def _last(told: Story) -> date | None:
    return told.state.window.last_day if told.state.window is not None else None


def _reverse(told: Story, seq: int) -> cm.Reverse:
    fact = told.entries[seq - 1].fact
    assert isinstance(fact, lg.Deducted | lg.Captured | lg.Forfeited)
    return cm.Reverse(seq, fact.line, fact.sessions, fact.units, NOW)


def test_a_purchase_starts_the_clock_at_once() -> None:
    """At the instant it becomes active."""
    window = opening_window(Validity(length=THIRTY), NOW, ZONE)
    assert window is not None
    assert (window.starts_at, window.first_day) == (NOW, TODAY)
    assert window.last_day == TODAY + timedelta(days=30)
    assert window.holds(NOW)
    assert not window.holds(NOW - timedelta(microseconds=1))
    assert window.ends_at is not None
    assert window.holds(window.ends_at - timedelta(microseconds=1))
    assert not window.holds(window.ends_at)
    assert window.rule == "purchase: 30 days, next_day"


def test_a_chosen_day_is_needed_where_the_product_asks_for_it() -> None:
    """And only there."""
    rule = Validity(Anchor.CHOSEN_DATE, THIRTY)
    with pytest.raises(Invalid, match="needed"):
        opening_window(rule, NOW, ZONE)
    for other in (Validity(), Validity(Anchor.FIRST_USE)):
        with pytest.raises(Invalid, match="does not go"):
            opening_window(other, NOW, ZONE, chosen=TODAY)


def test_a_fixed_range_is_the_same_for_everybody() -> None:
    """Both days inclusive, in the business's zone."""
    first, last = date(2027, 9, 1), date(2027, 12, 31)
    rule = Validity(Anchor.FIXED_RANGE, fixed_from=first, fixed_until=last)
    window = opening_window(rule, NOW, ZONE)
    assert window is not None
    assert (window.starts_at, window.first_day) == (start_of_day(first, ZONE), first)
    one_day = Validity(Anchor.FIXED_RANGE, fixed_from=first, fixed_until=first)
    assert opening_window(one_day, NOW, ZONE) is not None
    assert window.ends_at == start_of_day(date(2028, 1, 1), ZONE)
    assert window.rule == "fixed_range: 2027-09-01 to 2027-12-31"


def test_without_a_length_there_is_no_end() -> None:
    """Moving it moves nothing."""
    window = window_from(Validity(), NOW, ZONE)
    assert (window.ends_at, window.last_day) == (None, None)
    assert window.holds(NOW + timedelta(days=99_999))
    assert refrozen(window, (), (Freeze(TODAY, TODAY + DAY),), "frozen") is window
    assert window.rule == "purchase: without end"


@pytest.mark.parametrize(
    "wrong",
    [
        {"anchor": Anchor.FIXED_RANGE},
        {"anchor": Anchor.FIXED_RANGE, "fixed_from": TODAY},
        {"fixed_from": TODAY},
        {"fixed_until": TODAY},
        {"anchor": Anchor.FIXED_RANGE, "fixed_from": TODAY, "fixed_until": TODAY, "length": THIRTY},
        {"anchor": Anchor.FIXED_RANGE, "fixed_from": TODAY, "fixed_until": TODAY - DAY},
        {"anchor": Anchor.FIXED_RANGE, "fixed_from": TODAY, "fixed_until": date.max},
        {"activate_within": THIRTY},
        {"grace_days": -1},
        {"grace_days": 3_651},
        {"grace_days": 1, "redeem": Redeem.BOOKED_WITHIN},
    ],
)
def test_a_rule_that_makes_no_sense_is_invalid(wrong: dict[str, object]) -> None:
    """Half a range, a range with a length, a lapse without a late start."""
    with pytest.raises(Invalid) as refused:
        Validity(**wrong)  # type: ignore[arg-type]  # wrong on purpose
    assert refused.value.field.startswith("validity.")


def test_an_end_beyond_the_calendar_is_invalid() -> None:
    """Of a window, of a move, of a lapse."""
    late = datetime(9900, 6, 1, tzinfo=UTC)
    to_the_end = Length((date.max - late.date()).days, "days")
    for length in (Length(200, "years"), to_the_end):
        with pytest.raises(Invalid, match="9999"):
            window_from(Validity(length=length), late, "UTC")
    with pytest.raises(Invalid, match="9999"):
        refrozen(window_from(Validity(length=THIRTY), late, "UTC"), (), (), "won", longer=10**6)
    lapsing = Validity(Anchor.FIRST_USE, activate_within=to_the_end)
    with pytest.raises(Invalid, match="9999"):
        lapse_instant(lapsing, late, "UTC")


def test_a_changed_zone_moves_nothing_sold() -> None:
    """The window keeps the zone it was made in (V4, S9)."""
    sold = story(zone="America/Havana").state
    assert sold.window is not None
    assert sold.window.zone == "America/Havana"
    later = sold.window.until(TODAY, "set by hand")
    assert later.ends_at == start_of_day(TODAY + DAY, "America/Havana")


def test_first_day_counting_includes_the_anchor() -> None:
    """A month that was clamped is not shortened again (V2)."""
    rule = Validity(length=Length(1, "months"), counting=Counting.FIRST_DAY)
    start = datetime(2027, 1, 31, 12, tzinfo=UTC)
    assert window_from(rule, start, ZONE).last_day == date(2027, 2, 28)
    assert window_from(rule, start - DAY * 10, ZONE).last_day == date(2027, 2, 20)


# --- first booking --------------------------------------------------------------------------------


def test_the_earliest_live_booking_sets_the_window() -> None:
    """Recomputed as bookings come and go, gone when none is left (V1)."""
    told = _unstarted(Anchor.FIRST_BOOKING)
    assert (told.state.window, told.state.status(NOW)) == (None, Status.ACTIVE)
    later = told.book(1, starts_at=_noon(10))
    assert _first(told) == TODAY + timedelta(days=10)
    earlier = told.book(2, starts_at=_noon(5))
    assert (_first(told), _last(told)) == (TODAY + timedelta(5), TODAY + timedelta(35))
    told.do(cm.Release(earlier))
    assert _first(told) == TODAY + timedelta(days=10)
    told.do(cm.Release(later))
    assert told.state.window is None


def test_a_booking_that_would_push_another_out_is_refused() -> None:
    """Earlier than the first, or later than the end."""
    told = _unstarted(Anchor.FIRST_BOOKING)
    told.book(1, starts_at=_noon(40))
    for offset in (5, 71):
        with pytest.raises(PassExpired):
            told.book(2, starts_at=_noon(offset))
    told.book(2, starts_at=_noon(10))


def test_the_first_completion_locks_what_a_booking_set() -> None:
    """From then on no booking moves it."""
    told = _unstarted(Anchor.FIRST_BOOKING)
    first = told.book(1, starts_at=_noon(5))
    other = told.book(2, starts_at=_noon(10))
    told.do(cm.Capture(first), at=_noon(5))
    told.do(cm.Release(other))
    assert (_first(told), told.state.locked) == (TODAY + timedelta(days=5), True)
    with pytest.raises(PassNotYetValid):
        told.book(3, starts_at=_noon(4))


def test_a_walk_in_before_the_first_booking_starts_the_clock() -> None:
    """At its own start."""
    told = _unstarted(Anchor.FIRST_BOOKING)
    told.book(1, starts_at=_noon(10))
    told.do(cm.Deduct(_line(2), visit(starts_at=_noon(1))), at=_noon(1))
    assert (_first(told), told.state.locked) == (TODAY + timedelta(days=1), True)
    walk_in = _unstarted(Anchor.FIRST_BOOKING)
    walk_in.do(cm.Deduct(_line(1), visit(starts_at=_noon(1))))
    assert _first(walk_in) == TODAY + timedelta(days=1)


def test_a_visit_that_did_not_take_place_starts_no_clock() -> None:
    """Forfeited, it is no live booking either: only a completion locks (V1)."""
    told = _unstarted(Anchor.FIRST_BOOKING)
    missed, next_one = told.book(1, starts_at=_noon(5)), told.book(2, starts_at=_noon(10))
    told.do(cm.Forfeit(missed, 1), at=_noon(6))
    assert (_first(told), told.state.locked) == (TODAY + timedelta(days=10), False)
    told.do(cm.Forfeit(next_one, 1), at=_noon(11))
    assert told.state.window is None


# --- first use ------------------------------------------------------------------------------------


def test_the_first_completed_visit_starts_the_clock() -> None:
    """Not a booking."""
    told = _unstarted(Anchor.FIRST_USE)
    line = told.book(1, starts_at=_noon(5))
    assert told.state.window is None
    told.do(cm.Capture(line), at=_noon(5))
    assert (_first(told), _last(told)) == (TODAY + timedelta(5), TODAY + timedelta(35))


@pytest.mark.parametrize("order", list(itertools.permutations((5, 8, 12))))
def test_the_clock_starts_with_the_earliest_visit_in_whatever_order(order: tuple[int, ...]) -> None:
    """Walk-ins and bookings reported late end as if they had come in order (B2)."""
    held, walked = _unstarted(Anchor.FIRST_USE), _unstarted(Anchor.FIRST_USE)
    lines = {offset: held.book(offset, starts_at=_noon(offset)) for offset in (5, 8, 12)}
    for offset in order:
        held.do(cm.Capture(lines[offset]), at=_noon(20))
        walked.do(cm.Deduct(_line(offset), visit(starts_at=_noon(offset))), at=_noon(20))
    for told in (held, walked):
        assert (_first(told), told.state.balance.used) == (TODAY + timedelta(days=5), 3)


def test_an_earlier_visit_moves_the_start_but_not_an_end_set_by_hand() -> None:
    """Staff's word stays."""
    told = _unstarted(Anchor.FIRST_USE)
    told.do(cm.Deduct(_line(1), visit(starts_at=_noon(8))), at=_noon(9))
    told.do(cm.Extend(TODAY + timedelta(days=99)))
    told.do(cm.Deduct(_line(2), visit(starts_at=_noon(5))))
    assert (_first(told), _last(told)) == (TODAY + timedelta(5), TODAY + timedelta(99))


def test_undoing_the_only_use_takes_the_start_back() -> None:
    """As if it had not been; a second use keeps it."""
    told = _unstarted(Anchor.FIRST_USE)
    told.do(cm.Deduct(_line(1), visit(starts_at=_noon(1))))
    told.do(_reverse(told, 3))
    assert (told.state.window, told.state.locked) == (None, False)
    told.do(cm.Deduct(_line(2), visit(starts_at=_noon(1))))
    told.do(cm.Deduct(_line(3), visit(starts_at=_noon(2))))
    told.do(_reverse(told, len(told.entries)))
    assert _first(told) == TODAY + timedelta(days=1)


def test_undoing_the_only_completion_gives_the_clock_back_to_the_bookings() -> None:
    """To the earliest that is still live, or to none."""
    told = _unstarted(Anchor.FIRST_BOOKING)
    line, _ = told.book(1, starts_at=_noon(5)), told.book(2, starts_at=_noon(10))
    told.do(cm.Capture(line), at=_noon(5))
    told.do(_reverse(told, told.state.version))
    assert (_first(told), told.state.locked) == (TODAY + timedelta(days=10), False)
    alone = _unstarted(Anchor.FIRST_BOOKING)
    alone.do(cm.Deduct(_line(1), visit(starts_at=_noon(5))))
    alone.do(_reverse(alone, 3))
    assert alone.state.window is None


def test_a_window_that_was_edited_is_not_taken_back() -> None:
    """Undoing the only use leaves what staff set."""
    told = _unstarted(Anchor.FIRST_USE)
    told.do(cm.Deduct(_line(1), visit(starts_at=_noon(1))))
    told.do(cm.Extend(TODAY + timedelta(days=99)))
    told.do(_reverse(told, 3))
    assert _last(told) == TODAY + timedelta(days=99)


# --- lapse ----------------------------------------------------------------------------------------


def test_a_pass_not_started_in_time_lapses() -> None:
    """At the first instant after the last day to start."""
    told = _unstarted(Anchor.FIRST_USE, within=20)
    end = start_of_day(TODAY + timedelta(days=21), ZONE)
    assert told.state.ends_at == end
    assert told.state.status(end - timedelta(microseconds=1)) is Status.ACTIVE
    assert told.state.status(end) is Status.EXPIRED
    with pytest.raises(PassExpired):
        told.do(cm.Deduct(_line(1), visit(starts_at=end)))


def test_the_time_to_start_is_counted_like_the_length() -> None:
    """The day of the purchase counts where the product says so."""
    for counting, days in ((Counting.NEXT_DAY, 21), (Counting.FIRST_DAY, 20)):
        rule = Validity(Anchor.FIRST_USE, THIRTY, counting, activate_within=Length(20, "days"))
        assert lapse_instant(rule, NOW, ZONE) == start_of_day(TODAY + timedelta(days=days), ZONE)


@pytest.mark.parametrize("anchor", [Anchor.FIRST_USE, Anchor.FIRST_BOOKING])
def test_a_visit_before_the_lapse_reported_after_it_ends_as_if_in_time(anchor: Anchor) -> None:
    """All that had lapsed is back, the clock runs from the visit (B2, R11)."""
    in_time, late = _unstarted(anchor, within=20), _unstarted(anchor, within=20)
    command = cm.Deduct(_line(1), visit(starts_at=_noon(20)))
    in_time.do(command, at=_noon(20))
    late.do(cm.Expire(), at=_noon(22))
    assert late.state.balance.expired == 10
    late.do(command, at=_noon(23))
    for told in (in_time, late):
        b = told.state.balance
        assert (b.used, b.available, b.expired) == (1, 9, 0)
        assert _last(told) == TODAY + timedelta(days=50)
    with pytest.raises(PassExpired):
        _unstarted(anchor, within=20).do(command, at=_noon(51))


def test_a_late_booking_brings_a_lapsed_pass_back_to_life() -> None:
    """Where the visit lies before the lapse."""
    told = _unstarted(Anchor.FIRST_BOOKING, within=20)
    told.do(cm.Expire(), at=_noon(22))
    told.do(cm.Reserve(_line(1), visit(starts_at=_noon(20))))
    assert (told.state.balance.available, told.state.balance.held) == (9, 1)


def test_a_window_that_moves_on_takes_what_had_lapsed_with_it() -> None:
    """The first booking was called off late: the clock never ran from it."""
    told = _unstarted(Anchor.FIRST_BOOKING)
    first, _ = told.book(1, starts_at=_noon(1)), told.book(2, starts_at=_noon(25))
    told.do(cm.Expire(), at=_noon(40))
    assert told.state.balance.expired == 8
    told.do(cm.Release(first))
    b = told.state.balance
    assert (_last(told), b.available, b.held, b.expired) == (TODAY + timedelta(55), 9, 1, 0)


def test_undoing_after_the_end_lapses_or_comes_back_with_the_lapse() -> None:
    """Unstarted again, the pass is over only if its time to start is."""
    for within, available in ((100, 10), (20, 0)):
        told = _unstarted(Anchor.FIRST_USE, within=within)
        told.do(cm.Deduct(_line(1), visit(starts_at=_noon(1))), at=_noon(1))
        told.do(cm.Expire(), at=_noon(40))
        told.do(_reverse(told, 3))
        b = told.state.balance
        assert (told.state.window, b.available, b.used) == (None, available, 0)
        assert b.available + b.expired == 10


# --- freezes and late starts ----------------------------------------------------------------------


def test_a_freeze_survives_the_bookings_that_move_the_window() -> None:
    """Its days stay added to the end."""
    told = _unstarted(Anchor.FIRST_BOOKING)
    told.book(1, starts_at=_noon(10))
    told.do(cm.Freeze(TODAY + timedelta(12), TODAY + timedelta(16)))
    assert _last(told) == TODAY + timedelta(days=45)
    told.book(2, starts_at=_noon(8))
    assert _last(told) == TODAY + timedelta(days=43)
    told.do(cm.Unfreeze(TODAY + timedelta(14)))
    assert _last(told) == TODAY + timedelta(days=40)


def test_a_pass_frozen_before_it_started_gets_its_days_when_it_starts() -> None:
    """Those from its first day on."""
    told = _unstarted(Anchor.FIRST_USE)
    told.do(cm.Freeze(TODAY + timedelta(5), TODAY + timedelta(9)))
    told.do(cm.Deduct(_line(1), visit(starts_at=_noon(3))))
    assert _last(told) == TODAY + timedelta(days=38)
    after = _unstarted(Anchor.FIRST_USE)
    after.do(cm.Freeze(TODAY + timedelta(5), TODAY + timedelta(9)))
    after.do(cm.Deduct(_line(1), visit(starts_at=_noon(10))))
    assert _last(after) == TODAY + timedelta(days=40)


def test_a_late_start_without_end_has_none() -> None:
    """Frozen or not, started earlier or later."""
    told = story(of=terms(validity=Validity(Anchor.FIRST_USE)))
    told.do(cm.Freeze(TODAY, TODAY + timedelta(1)))
    for offset in (5, 3):
        told.do(cm.Deduct(_line(offset), visit(starts_at=_noon(offset))))
    assert told.state.window is not None
    assert (told.state.window.starts_at, told.state.window.ends_at) == (_noon(3), None)


def test_a_pass_given_with_a_last_day_does_not_wait_for_a_start() -> None:
    """What was set by hand at the sale is not moved by bookings."""
    day = TODAY + timedelta(days=9)
    for anchor in (Anchor.FIRST_BOOKING, Anchor.FIRST_USE):
        told = builders.story(of=terms(validity=Validity(anchor, THIRTY)), last_day=day)
        line = told.book(1, starts_at=_noon(3))
        assert (_first(told), _last(told)) == (TODAY, day)
        told.do(cm.Capture(line), at=_noon(3))
        assert (_first(told), _last(told)) == (TODAY, day)
