"""Freezes and redeem rules: the vectors, a day-by-day count beside the rule, limits, what revives.

The count here is written apart from the rule and from what made the vectors: it keeps the set of
frozen days and crosses the days of a pass off one by one.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import attrs
import pytest
from hypothesis import given, strategies as st

from passcore.domain import commands as cm, ledger as lg
from passcore.domain.freezes import Freeze, FreezeLimits, days_in, stretches
from passcore.domain.passes import Status
from passcore.domain.time import Length, start_of_day
from passcore.domain.validity import Anchor, Redeem, Validity
from passcore.errors import (
    BookedTooEarly,
    BookedTooLate,
    BookingsInside,
    Invalid,
    InvalidTransition,
    LimitReached,
    PassCancelled,
    PassError,
    PassExpired,
    PassFrozen,
    PassNotYetValid,
    PassRefunded,
    ShortNotice,
)
from passcore.testing import vectors
from passcore.testing.builders import NOW, ZONE, Story, story, terms, visit
from passcore.testing.vectors import FreezeVector, RedeemVector, Step

TODAY = NOW.date()
DAY = timedelta(days=1)
LINE = lg.Line("b1")
HORIZON = 400
KEEP = cm.Inside.KEEP


def _day(offset: int) -> date:
    return TODAY + timedelta(days=offset)


def _noon(offset: int) -> datetime:
    return NOW + timedelta(days=offset)


def _thirty(**changes: object) -> Story:
    fields = {"validity": Validity(length=Length(30, "days"))} | changes
    return story(of=terms(**fields))


def _last(told: Story) -> date | None:
    assert told.state.window is not None
    return told.state.window.last_day


def _command(step: Step) -> cm.Command:
    if step.do == "freeze":
        return cm.Freeze(step.day, step.until)
    return cm.Unfreeze(step.day) if step.do == "unfreeze" else cm.Extend(step.day)


# --- counted a second time ------------------------------------------------------------------------


class Count:
    """Crosses the days of a pass off: those in `frozen` sets stay, whichever set has them."""

    def __init__(self, first: date, days: int) -> None:
        self.first, self.days = first, days
        self.sets: list[set[date]] = []

    def all(self) -> set[date]:
        return set().union(*self.sets)

    def do(self, step: Step) -> None:
        if step.do == "freeze":
            until = step.until or step.day + 10 * HORIZON * DAY
            self.sets.append({step.day + n * DAY for n in range((until - step.day).days + 1)})
        elif step.do == "extend":
            # what an open freeze has is not known yet, and comes on top when it ends
            openly = min((min(s) for s in self.sets if len(s) > HORIZON), default=date.max)
            span = (self.first + n * DAY for n in range((step.day - self.first).days + 1))
            self.days = len([day for day in span if day not in self.all() or day >= openly])
        elif step.day in self.all():
            for frozen in self.sets:
                if step.day in frozen:
                    frozen.difference_update({day for day in frozen if day >= step.day})
        else:
            coming = min(min(s) for s in self.sets if s and min(s) > step.day)
            self.sets = [s for s in self.sets if s and min(s) != coming]

    def last_day(self) -> date | None:
        frozen, left, day = self.all(), self.days, self.first - DAY
        while left and (day - self.first).days < HORIZON:
            day += DAY
            left -= day not in frozen
        return None if left else day


def _begun(vector: FreezeVector | RedeemVector, **rule: object) -> Story:
    """A pass that was issued a month before the day it was chosen to begin on."""
    validity = Validity(Anchor.CHOSEN_DATE, vector.length, **rule)  # type: ignore[arg-type]  # fields
    issued = start_of_day(vector.first_day - 30 * DAY, vector.zone)
    return story(
        of=terms(validity=validity), at=issued, zone=vector.zone, starts_on=vector.first_day
    )


def test_the_vectors_are_many_and_all_different() -> None:
    """Open, ended and refused ones among them, and every answer a redeem rule gives."""
    known = vectors.freezes()
    assert len(known) >= 80
    assert len({str(v) for v in known}) == len(known)
    assert {v.refused for v in known} >= {None, "pass_frozen", "pass_expired", "validation"}
    assert any(v.last_day is None for v in known)
    rules = vectors.redeeming()
    assert len(rules) >= 80
    assert {v.answer for v in rules} == {"pays", "pass_expired", "pass_not_yet_valid"}


@pytest.mark.parametrize("vector", vectors.freezes(), ids=lambda v: f"{v.note} {v.zone}")
def test_a_frozen_pass_ends_as_the_vector_says(vector: FreezeVector) -> None:
    """By the rule and by the count; a refused step changes nothing (V7)."""
    told = _begun(vector)
    count = Count(vector.first_day, vector.length.count + 1)
    *steps, last = vector.steps
    for step in steps if vector.refused else vector.steps:
        told.do(_command(step), at=_at_noon(step.on, vector.zone))
        count.do(step)
    if vector.refused:
        with pytest.raises(PassError) as refused:
            told.do(_command(last), at=_at_noon(last.on, vector.zone))
        assert refused.value.code == vector.refused
    assert count.last_day() == vector.last_day
    assert told.state.ends_at == vector.until
    if vector.last_day is not None:
        assert _last(told) == vector.last_day


def _at_noon(day: date, zone: str) -> datetime:
    return datetime.combine(day, time(12), ZoneInfo(zone)).astimezone(UTC)


@st.composite
def steps(draw: st.DrawFn) -> list[Step]:
    """Draw what happens to a pass on days that follow each other."""
    found, on = list[Step](), 0
    for _ in range(draw(st.integers(1, 7))):
        on += draw(st.integers(0, 6))
        do = draw(st.sampled_from(["freeze", "freeze", "freeze", "unfreeze", "extend"]))
        day = draw(st.integers(-8, 45))
        until = draw(st.none() | st.integers(0, 12)) if do == "freeze" else None
        found.append(Step(_day(on), do, _day(day), None if until is None else _day(day + until)))
    return found


@given(steps())
def test_whatever_happens_the_end_is_the_one_counted(taken: list[Step]) -> None:
    """Each frozen day moves the end by one, however freezes overlap, end and follow."""
    validity = Validity(Anchor.CHOSEN_DATE, Length(20, "days"))
    told = story(of=terms(validity=validity), at=_noon(-30), starts_on=TODAY)
    count = Count(TODAY, 21)
    for step in taken:
        try:
            told.do(_command(step), at=_noon((step.on - TODAY).days))
        except PassError:
            continue
        count.do(step)
        expected = count.last_day()
        end = None if expected is None else start_of_day(expected + DAY, ZONE)
        assert told.state.ends_at == end
        frozen = count.all()
        for offset in range(-10, 60):
            is_frozen = told.state.frozen_at(_noon(offset)) is not None
            assert is_frozen is (_day(offset) in frozen)


@pytest.mark.parametrize("vector", vectors.redeeming(), ids=str)
def test_a_visit_is_paid_for_as_the_vector_says(vector: RedeemVector) -> None:
    """By the rule, and by comparing local days (V6)."""
    told = _begun(vector, redeem=vector.redeem, grace_days=vector.grace_days)
    about = visit(starts_at=vector.starts_at)
    if vector.booked_at is None:
        command: cm.Command = cm.Deduct(LINE, about)
        at = vector.starts_at + timedelta(hours=1)
    else:
        command, at = cm.Reserve(LINE, about), vector.booked_at
    answer = "pays"
    try:
        told.do(command, at=at)
    except PassError as refusal:
        answer = refusal.code
    assert answer == vector.answer == _by_days(vector)


def _by_days(vector: RedeemVector) -> str:
    by_act = vector.redeem is Redeem.BOOKED_WITHIN and vector.booked_at is not None
    counts = vector.booked_at if by_act else vector.starts_at
    assert counts is not None
    first, last = vector.first_day, vector.first_day + vector.length.count * DAY
    zone = ZoneInfo(vector.zone)
    days = [moment.astimezone(zone).date() for moment in (counts, vector.starts_at)]
    if min(days) < first:
        return "pass_not_yet_valid"
    return "pays" if days[0] <= last + vector.grace_days * DAY else "pass_expired"


# --- intervals ------------------------------------------------------------------------------------


def test_days_frozen_twice_count_once() -> None:
    """Freezes that overlap or touch are one stretch; an open one has no number of days."""
    three = (Freeze(_day(1), _day(3)), Freeze(_day(2), _day(5)), Freeze(_day(6), _day(6)))
    assert stretches(three) == [Freeze(_day(1), _day(6))]
    assert days_in(three) == 6
    assert days_in(()) == 0
    assert days_in((*three, Freeze(_day(9), None))) is None
    assert stretches((Freeze(_day(1), None), Freeze(_day(9), _day(12)))) == [Freeze(_day(1), None)]
    assert stretches((Freeze(_day(1), _day(9)), Freeze(_day(2), _day(3)))) == [
        Freeze(_day(1), _day(9))
    ]


def test_a_stretch_is_told_whole() -> None:
    """Who may not book learns until when, not which of two freezes is in the way."""
    told = _thirty()
    told.do(cm.Freeze(_day(3), _day(5)))
    told.do(cm.Freeze(_day(6), _day(9)))
    with pytest.raises(PassFrozen) as refused:
        told.do(cm.Reserve(LINE, visit(starts_at=_noon(4))))
    assert (refused.value.first_day, refused.value.last_day) == (_day(3), _day(9))
    assert [told.state.status(_noon(n)) for n in (2, 3, 9, 10)] == [
        Status.ACTIVE, Status.FROZEN, Status.FROZEN, Status.ACTIVE,
    ]  # fmt: skip


def test_an_open_freeze_beyond_the_end_holds_nothing_off() -> None:
    """The days before it, by which the pass still ran, were given back."""
    told = _thirty()
    told.do(cm.Freeze(_day(3), _day(12)))
    told.do(cm.Freeze(_day(36), None))
    assert told.state.ends_at is None
    told.do(cm.Unfreeze(_day(3)))
    assert told.state.ends_at == start_of_day(_day(31), ZONE)


def test_a_won_dispute_does_not_end_on_a_frozen_day() -> None:
    """The days it gives are days that can be used."""
    told = _thirty()
    told.do(cm.Freeze(_day(3), _day(12)))
    told.do(cm.Freeze(_day(36), _day(38)))
    told.do(cm.Unfreeze(_day(3)))
    told.do(cm.Suspend())
    told.do(cm.Resume(7))
    assert _last(told) == _day(30 + 7 + 3)


# --- limits ---------------------------------------------------------------------------------------


def test_the_terms_limit_how_often_and_for_how_long() -> None:
    """Days frozen twice are days once; an open freeze has no number to keep to (V7)."""
    told = _thirty(freeze=FreezeLimits(count=2, days=10))
    with pytest.raises(LimitReached) as refused:
        told.do(cm.Freeze())
    assert (refused.value.what, refused.value.limit) == ("frozen days", 10)
    told.do(cm.Freeze(_day(1), _day(8)))
    with pytest.raises(LimitReached):
        told.do(cm.Freeze(_day(5), _day(11)))
    told.do(cm.Freeze(_day(5), _day(10)))
    with pytest.raises(LimitReached) as refused:
        told.do(cm.Freeze(_day(20), _day(20)))
    assert (refused.value.what, refused.value.limit) == ("freezes", 2)


def test_a_freeze_is_asked_for_in_time() -> None:
    """From the first day that keeps the notice; without a limit also for days that are over."""
    told = _thirty(freeze=FreezeLimits(notice=3))
    with pytest.raises(ShortNotice) as refused:
        told.do(cm.Freeze(_day(2), _day(4)))
    assert refused.value.fields() == {"what": "days of notice", "limit": 3, "earliest": _day(3)}
    told.do(cm.Freeze(_day(3), _day(4)))
    with pytest.raises(ShortNotice):
        _thirty(freeze=FreezeLimits(notice=0)).do(cm.Freeze(TODAY, _day(3)), at=_noon(1))
    _thirty().do(cm.Freeze(TODAY, _day(3)), at=_noon(1))


def test_staff_go_beyond_the_limits_and_that_is_kept() -> None:
    """Where nothing was exceeded nothing is said of it."""
    told = _thirty(freeze=FreezeLimits(count=1, days=5, notice=2))
    for days, beyond in ((4, False), (9, True)):
        freeze = cm.Freeze(_day(days), _day(days + 1), beyond_limits=True)
        ((fact),) = [entry.fact for entry in told.do(freeze)]
        assert isinstance(fact, lg.Frozen)
        assert fact.beyond_limits is beyond


def test_no_pass_has_endless_freezes() -> None:
    """Whoever says so."""
    told = _thirty(validity=Validity())
    for number in range(100):
        told.do(cm.Freeze(_day(2 * number), _day(2 * number)))
    with pytest.raises(LimitReached) as refused:
        told.do(cm.Freeze(_day(1), _day(3), beyond_limits=True))
    assert (refused.value.what, refused.value.limit) == ("freezes", 100)


@pytest.mark.parametrize(
    ("command", "field"),
    [
        (cm.Freeze(date.min), "first_day"),
        (cm.Freeze(date.max), "first_day"),
        (cm.Freeze(TODAY, date.max), "last_day"),
        (cm.Unfreeze(date.max), "on_day"),
        (cm.Freeze(_day(-1), TODAY), "first_day"),
    ],
)
def test_days_that_nobody_can_mean_are_invalid(command: cm.Command, field: str) -> None:
    """Also on a pass without end, which has nothing to move; and no pass is frozen on days before
    there was one."""
    told = story(of=terms(validity=Validity()))
    told.do(cm.Freeze(_day(5), None))
    with pytest.raises(Invalid) as refused:
        told.do(command)
    assert refused.value.field == field


# --- bookings inside ------------------------------------------------------------------------------


def test_bookings_inside_are_named_until_it_is_said_what_becomes_of_them() -> None:
    """Those before and after the freeze are not."""
    told = _thirty()
    for number in (2, 5, 9):
        told.book(number, starts_at=_noon(number))
    before = told.state
    with pytest.raises(BookingsInside) as refused:
        told.do(cm.Freeze(_day(5), _day(9)))
    assert refused.value.bookings == ("booking_5", "booking_9")
    assert told.state == before
    told.do(cm.Freeze(_day(5), _day(9), KEEP))
    told.do(cm.Capture(lg.Line("booking_5")), at=_noon(5))
    assert (told.state.balance.used, told.state.balance.held, _last(told)) == (1, 2, _day(35))


# --- reviving -------------------------------------------------------------------------------------


def _lapsed() -> Story:
    told = _thirty()
    told.do(cm.Deduct(LINE, visit()))
    told.do(cm.Expire(), at=_noon(31))
    assert told.state.balance.expired == 9
    return told


def test_a_pass_that_is_over_is_revived_with_what_lapsed() -> None:
    """In one decision, and only where that is asked for."""
    told = _lapsed()
    with pytest.raises(PassExpired):
        told.do(cm.Extend(_day(60)))
    made = told.do(cm.Extend(_day(60), revive=True), reason="was in hospital")
    assert [type(entry.fact) for entry in made] == [lg.Extended, lg.Reinstated]
    assert (told.state.balance.available, told.state.balance.expired) == (9, 0)
    assert told.state.balance.units == ((1200, 9),)
    assert told.state.status(_noon(31)) is Status.ACTIVE
    assert told.do(cm.Expire(), at=_noon(59)) == ()
    told.do(cm.Expire(), at=_noon(61))
    assert told.state.balance.expired == 9


def test_a_pass_is_revived_before_the_sweep_has_come() -> None:
    """Then nothing has lapsed and nothing is brought back."""
    told = _thirty()
    (entry,) = told.do(cm.Extend(_day(60), revive=True), at=_noon(31))
    assert isinstance(entry.fact, lg.Extended)
    assert told.state.balance.available == 10


@pytest.mark.parametrize(
    ("command", "refusal"), [(cm.Cancel(), PassCancelled), (cm.Refund(100), PassRefunded)]
)
def test_what_was_given_up_is_not_revived(command: cm.Command, refusal: type[PassError]) -> None:
    """Refunded or cancelled (S6)."""
    told = _lapsed()
    told.do(command)
    with pytest.raises(refusal):
        told.do(cm.Extend(_day(60), revive=True))


def test_a_pass_that_was_never_started_is_revived_from_now() -> None:
    """It runs from the day it is revived on."""
    lapsing = Validity(Anchor.FIRST_USE, activate_within=Length(30, "days"))
    told = story(of=terms(validity=lapsing))
    told.do(cm.Expire(), at=_noon(31))
    with pytest.raises(PassExpired):
        told.do(cm.Freeze(revive=True))
    told.do(cm.Extend(_day(60), revive=True))
    assert told.state.window is not None
    assert (told.state.window.first_day, _last(told)) == (_day(31), _day(60))
    assert told.state.balance.available == 10


def test_a_freeze_with_hindsight_revives_a_pass() -> None:
    """As far as its days carry it past now."""
    told = _lapsed()
    freeze = cm.Freeze(_day(20), _day(27))
    with pytest.raises(PassExpired):
        told.do(freeze)
    with pytest.raises(PassExpired):
        told.do(cm.Freeze(_day(20), _day(20), revive=True), at=_noon(33))
    told.do(attrs.evolve(freeze, revive=True))
    assert (_last(told), told.state.balance.available) == (_day(38), 9)


def test_a_visit_in_the_days_a_revived_pass_was_over_is_paid_for() -> None:
    """As if it had never ended."""
    told = _thirty()
    told.do(cm.Extend(_day(60), revive=True), at=_noon(40))
    told.do(cm.Deduct(LINE, visit(starts_at=_noon(35))))
    assert told.state.balance.used == 1


# --- grace and the act of booking -----------------------------------------------------------------


def test_in_its_grace_a_pass_is_active_and_shows_its_last_day() -> None:
    """It lapses with the grace, not before, and can still be extended (V5, V6)."""
    told = _thirty(validity=Validity(length=Length(30, "days"), grace_days=7))
    assert _last(told) == _day(30)
    assert told.state.ends_at == start_of_day(_day(38), ZONE)
    assert told.state.status(_noon(37)) is Status.ACTIVE
    assert told.do(cm.Expire(), at=_noon(37)) == ()
    with pytest.raises(Invalid, match="after the last day"):
        told.do(cm.Freeze(), at=_noon(35))
    told.do(cm.Extend(_day(40)), at=_noon(35))
    assert told.state.ends_at == start_of_day(_day(48), ZONE)
    told.do(cm.Freeze(_day(39), _day(40)))
    assert _last(told) == _day(42)
    told.do(cm.Expire(), at=_noon(50))
    assert isinstance(told.entries[-1].fact, lg.Expired)
    assert told.entries[-1].fact.ends_at == start_of_day(_day(50), ZONE)


def _by_booking(anchor: Anchor = Anchor.PURCHASE) -> Story:
    return _thirty(validity=Validity(anchor, Length(30, "days"), redeem=Redeem.BOOKED_WITHIN))


def test_what_was_booked_in_time_is_completed_later() -> None:
    """The sweep takes what is free, not what is held; what comes back lapses with the pass."""
    told = _by_booking()
    told.book(1, starts_at=_noon(90))
    told.book(2, starts_at=_noon(95))
    told.do(cm.Expire(), at=_noon(31))
    assert (told.state.balance.expired, told.state.balance.held) == (8, 2)
    assert told.state.status(_noon(31)) is Status.EXPIRED
    with pytest.raises(BookedTooLate):
        told.book(3, starts_at=_noon(96))
    told.do(cm.Capture(lg.Line("booking_1")), at=_noon(90))
    told.do(cm.Release(lg.Line("booking_2")))
    assert (told.state.balance.used, told.state.balance.expired) == (1, 9)


def test_a_booking_known_to_be_older_counts_from_then() -> None:
    """As one that is held again does; a late report has its limit all the same (R11)."""
    told = _by_booking()
    about = visit(starts_at=_noon(40))
    again = cm.Deduct(LINE, about, booked_at=_noon(20))
    with pytest.raises(BookedTooLate):
        told.do(cm.Reserve(LINE, about), at=_noon(35))
    with pytest.raises(BookedTooLate):
        told.do(attrs.evolve(again, booked_at=None), at=_noon(41))
    with pytest.raises(BookedTooLate):
        told.do(again, at=_noon(70))
    told.do(cm.Reserve(lg.Line("b2"), about, booked_at=_noon(20)))
    told.do(again)
    assert told.state.balance.used == 1


def test_frozen_days_are_not_for_booking_where_the_booking_counts() -> None:
    """Nor for visits; where the visit counts, one after the freeze may be booked during it."""
    told = _by_booking()
    told.do(cm.Freeze(_day(3), _day(9)))
    for booked, starts in ((4, 20), (2, 5)):
        with pytest.raises(PassFrozen):
            told.do(cm.Reserve(LINE, visit(starts_at=_noon(starts)), booked_at=_noon(booked)))
    other = _thirty()
    other.do(cm.Freeze(_day(3), _day(9)))
    other.do(cm.Reserve(LINE, visit(starts_at=_noon(20))), at=_noon(4))


def test_a_pass_that_bookings_start_may_be_booked_past_its_end() -> None:
    """While it runs; before it has begun as well, for that is how it begins."""
    told = _by_booking(Anchor.FIRST_BOOKING)
    told.book(1, starts_at=_noon(10))
    told.book(2, starts_at=_noon(70))
    assert _last(told) == _day(40)
    told.do(cm.Release(lg.Line("booking_1")), at=_noon(8))
    assert _last(told) == _day(100)
    with pytest.raises(BookedTooLate):  # it would have ended by now
        told.do(cm.Reserve(LINE, visit(starts_at=_noon(-30))), at=_noon(9))
    late = _by_booking(Anchor.FIRST_USE)
    late.do(cm.Reserve(LINE, visit(starts_at=_noon(70))))
    assert late.state.balance.held == 1


def test_an_unstarted_pass_lapses_whatever_counts() -> None:
    """By the start that would begin it (V1)."""
    rule = Validity(
        Anchor.FIRST_USE, activate_within=Length(30, "days"), redeem=Redeem.BOOKED_WITHIN
    )
    told = _thirty(validity=rule)
    with pytest.raises(PassExpired):
        told.do(cm.Reserve(LINE, visit(starts_at=_noon(31))))


def test_a_rule_is_told_with_what_is_unusual_about_it() -> None:
    """It is stored beside the window (V4)."""
    assert Validity(grace_days=3).rule == "purchase: without end, grace of 3 days"
    rule = Validity(length=Length(1, "months"), redeem=Redeem.BOOKED_WITHIN).rule
    assert rule == "purchase: 1 month, next_day, booked within"


def test_an_early_booking_is_told_as_one() -> None:
    """And is no less a pass that is not valid yet."""
    rule = Validity(Anchor.CHOSEN_DATE, Length(30, "days"), redeem=Redeem.BOOKED_WITHIN)
    told = story(of=terms(validity=rule), starts_on=_day(5))
    with pytest.raises(BookedTooEarly) as refused:
        told.do(cm.Reserve(LINE, visit(starts_at=_noon(6))))
    assert isinstance(refused.value, PassNotYetValid)
    assert refused.value.first_day == _day(5)


def _nothing(told: Story) -> None:
    del told


@pytest.mark.parametrize("prepare", [_nothing, lambda told: told.do(cm.Freeze(_day(2), _day(4)))])
def test_there_has_to_be_a_freeze_to_end(prepare: Callable[[Story], object]) -> None:
    """One that is over is none, until it is ended with hindsight."""
    told = _thirty()
    prepare(told)
    with pytest.raises(InvalidTransition):
        told.do(cm.Unfreeze(), at=_noon(5))
