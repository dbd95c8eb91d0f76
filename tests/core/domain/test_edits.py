"""Edits: what staff, payments and disputes change (S2, S6, S12, S13, V7)."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from passcore.domain import commands as cm, ledger as lg
from passcore.domain.coverage import Coverage
from passcore.domain.passes import Status
from passcore.domain.time import Length, start_of_day
from passcore.domain.validity import Anchor, Validity
from passcore.errors import (
    Invalid,
    InvalidTransition,
    LimitReached,
    NotCovered,
    PassCancelled,
    PassExhausted,
    PassExpired,
    PassFrozen,
    PassPending,
    PassRefunded,
    PassSuspended,
    Refusal,
)
from passcore.testing import builders
from passcore.testing.builders import NOW, ZONE, Story, story, story_at, terms, visit

TODAY = NOW.date()
LINE = lg.Line("booking_1")


def _day(offset: int) -> date:
    return TODAY + timedelta(days=offset)


def _noon(offset: int) -> datetime:
    return NOW + timedelta(days=offset)


def _thirty() -> Story:
    """A pass valid for 30 days after today."""
    return story(of=terms(validity=Validity(length=Length(30, "days"))))


def _last(told: Story) -> date:
    window = told.state.window
    assert window is not None
    assert window.last_day is not None
    assert window.ends_at == start_of_day(window.last_day + timedelta(days=1), ZONE)
    return window.last_day


def test_sessions_are_added_free_and_taken_dearest_first() -> None:
    """Granted stays; adjusted tells both."""
    told = _thirty()
    told.do(cm.Adjust(5), reason="a gift")
    assert told.state.balance.units == ((1200, 10), (0, 5))
    told.do(cm.Adjust(-12))
    b = told.state.balance
    assert (b.granted, b.adjusted, b.available, b.units) == (10, -7, 3, ((0, 3),))


def test_an_adjustment_leaves_neither_too_few_nor_too_many() -> None:
    """Nor nothing changed, nor a number where there is none (R18)."""
    told = _thirty()
    told.book(1)
    with pytest.raises(PassExhausted) as short:
        told.do(cm.Adjust(-10))
    assert (short.value.available, short.value.needed) == (9, 10)
    with pytest.raises(LimitReached) as many:
        told.do(cm.Adjust(9_991))
    assert many.value.limit == 10_000
    told.do(cm.Adjust(9_990))
    with pytest.raises(Invalid, match="changes nothing"):
        told.do(cm.Adjust(0))
    with pytest.raises(Invalid, match="unlimited"):
        story(of=terms(sessions=None)).do(cm.Adjust(1))


def test_a_pass_is_adjusted_while_it_waits_for_its_approval() -> None:
    """Not once it was given up or stopped."""
    story_at(Status.PENDING).do(cm.Adjust(1))
    for status, refusal in (
        (Status.CANCELLED, PassCancelled),
        (Status.REFUNDED, PassRefunded),
        (Status.SUSPENDED, PassSuspended),
    ):
        for command in (cm.Adjust(1), cm.ChangeCover(Coverage()), cm.ChangeOwner("client_x")):
            with pytest.raises(refusal):
                story_at(status).do(command)


def test_validity_begins_with_the_approval() -> None:
    """Not with the order (S2)."""
    told = story(pending=True)
    told.do(cm.Activate(), at=_noon(9))
    assert told.state.window is not None
    assert told.state.window.starts_at == _noon(9)
    assert told.state.status(_noon(9)) is Status.ACTIVE
    with pytest.raises(InvalidTransition):
        told.do(cm.Activate())


def test_a_chosen_day_is_named_at_the_approval() -> None:
    """The window begins with it, at its first instant."""
    told = story(of=terms(validity=Validity(Anchor.CHOSEN_DATE)), pending=True)
    with pytest.raises(Invalid):
        told.do(cm.Activate())
    told.do(cm.Activate(_day(5)))
    assert told.state.window is not None
    assert told.state.window.starts_at == start_of_day(_day(5), ZONE)


def test_the_last_day_is_set_by_hand() -> None:
    """Later or sooner, but neither in the past nor before the first; an endless one gets an end."""
    told = _thirty()
    told.do(cm.Extend(_day(60)))
    assert _last(told) == _day(60)
    told.do(cm.Extend(TODAY))
    assert _last(told) == TODAY
    with pytest.raises(Invalid, match="first day"):
        told.do(cm.Extend(_day(-1)))
    fresh = _thirty()
    with pytest.raises(Invalid, match="passed"):
        fresh.do(cm.Extend(_day(1)), at=_noon(3))
    endless = story(of=terms(validity=Validity()))
    endless.do(cm.Extend(_day(7)))
    assert _last(endless) == _day(7)


def test_the_last_day_of_an_unstarted_pass_starts_it() -> None:
    """And no booking moves what was set by hand."""
    told = story(of=terms(validity=Validity(Anchor.FIRST_BOOKING, Length(30, "days"))))
    told.do(cm.Extend(_day(10)))
    assert _last(told) == _day(10)
    told.book(1, starts_at=_noon(3))
    assert _last(told) == _day(10)
    assert told.state.window is not None
    assert told.state.window.starts_at == NOW


def test_a_pass_that_ended_is_not_extended() -> None:
    """Nor one that lapsed unstarted."""
    told = _thirty()
    with pytest.raises(PassExpired) as refused:
        told.do(cm.Extend(_day(90)), at=_noon(31))
    assert refused.value.last_day == _day(30)
    lapsing = Validity(Anchor.FIRST_USE, activate_within=Length(30, "days"))
    with pytest.raises(PassExpired) as refused:
        story(of=terms(validity=lapsing)).do(cm.Extend(_day(90)), at=_noon(31))
    assert refused.value.last_day is None


@pytest.mark.parametrize("command", [cm.Extend(_day(9)), cm.Freeze(), cm.Unfreeze(), cm.Suspend()])
def test_a_validity_that_has_not_begun_is_not_edited(command: cm.Command) -> None:
    """The approval would overwrite it."""
    with pytest.raises(PassPending):
        story_at(Status.PENDING).do(command)


def test_a_dated_freeze_moves_the_end_by_its_days() -> None:
    """Visits on its days are refused, those before and after are not (V7)."""
    told = _thirty()
    told.do(cm.Freeze(_day(5), _day(9)))
    assert _last(told) == _day(35)
    with pytest.raises(PassFrozen) as refused:
        told.do(cm.Deduct(LINE, visit(starts_at=_noon(5))))
    assert (refused.value.first_day, refused.value.last_day) == (_day(5), _day(9))
    told.do(cm.Deduct(LINE, visit(starts_at=_noon(4))))
    told.do(cm.Deduct(lg.Line("b2"), visit(starts_at=_noon(10))))
    assert told.state.status(_noon(4)) is Status.ACTIVE
    assert told.state.status(_noon(9)) is Status.FROZEN
    assert told.state.status(_noon(10)) is Status.ACTIVE


def test_ending_a_freeze_early_gives_back_only_the_days_frozen() -> None:
    """The day of taking up again no longer counts as frozen."""
    told = _thirty()
    told.do(cm.Freeze(_day(5), _day(9)))
    told.do(cm.Unfreeze(), at=_noon(7))
    assert _last(told) == _day(32)
    assert told.state.status(_noon(7)) is Status.ACTIVE
    with pytest.raises(PassFrozen):  # it was frozen on that day, whenever it is reported
        told.do(cm.Deduct(LINE, visit(starts_at=_noon(6))))


def test_a_freeze_taken_back_before_it_began_leaves_no_trace() -> None:
    """The end is where it was."""
    told = _thirty()
    told.do(cm.Freeze(_day(5), _day(9)))
    told.do(cm.Unfreeze())
    assert _last(told) == _day(30)
    told.do(cm.Deduct(LINE, visit(starts_at=_noon(6))))


def test_a_freeze_that_ends_as_planned_moves_nothing_more() -> None:
    """Taken up on the day after its last it is over already."""
    told = _thirty()
    told.do(cm.Freeze(_day(5), _day(9)))
    with pytest.raises(InvalidTransition):
        told.do(cm.Unfreeze(_day(10)))
    told.do(cm.Unfreeze(_day(9)))
    assert _last(told) == _day(34)


def test_an_open_freeze_has_no_end_until_it_is_ended() -> None:
    """Then the end moves by the days really frozen."""
    told = _thirty()
    told.do(cm.Freeze())
    assert told.state.ends_at is None
    assert told.state.status(_noon(999)) is Status.FROZEN
    assert told.do(cm.Expire(), at=_noon(999)) == ()
    told.do(cm.Unfreeze(), at=_noon(1_000))
    assert _last(told) == _day(1_030)
    with pytest.raises(InvalidTransition):
        told.do(cm.Unfreeze(), at=_noon(1_000))


def test_a_freeze_may_be_ended_on_a_later_day() -> None:
    """Until then it stays frozen."""
    told = _thirty()
    told.do(cm.Freeze())
    told.do(cm.Unfreeze(_day(5)))
    assert _last(told) == _day(35)
    assert told.state.status(_noon(4)) is Status.FROZEN
    assert told.state.status(_noon(5)) is Status.ACTIVE
    with pytest.raises(PassFrozen):
        told.do(cm.Freeze(TODAY, _day(4)))


@pytest.mark.parametrize(
    ("freeze", "field"),
    [
        (cm.Freeze(_day(5), _day(4)), "last_day"),
        (cm.Freeze(_day(31), _day(40)), "first_day"),
        (cm.Freeze(_day(31)), "first_day"),
    ],
)
def test_a_freeze_lies_within_the_pass(freeze: cm.Freeze, field: str) -> None:
    """Backwards or after the end it would be days for nothing."""
    with pytest.raises(Invalid) as refused:
        _thirty().do(freeze)
    assert refused.value.field == field


def test_days_before_the_first_are_not_frozen_days() -> None:
    """A pass that begins on the 3rd and is frozen from today to the 4th loses two days."""
    rule = Validity(Anchor.CHOSEN_DATE, Length(30, "days"))
    told = story(of=terms(validity=rule), starts_on=_day(3))
    told.do(cm.Freeze(TODAY, _day(4)))
    assert _last(told) == _day(35)
    told.do(cm.Unfreeze(_day(4)))
    assert _last(told) == _day(34)
    early = story(of=terms(validity=rule), starts_on=_day(3))
    early.do(cm.Freeze(TODAY, _day(2)))
    assert _last(early) == _day(33)


def test_a_pass_that_ended_is_not_frozen() -> None:
    """Its value does not rise again by that."""
    with pytest.raises(PassExpired):
        _thirty().do(cm.Freeze(), at=_noon(31))
    lapsing = Validity(Anchor.FIRST_USE, activate_within=Length(30, "days"))
    with pytest.raises(PassExpired):
        story(of=terms(validity=lapsing)).do(cm.Freeze(), at=_noon(31))


def test_a_freeze_leaves_the_day_by_which_a_pass_must_start() -> None:
    """V1 and V7 are silent: nothing runs yet that could stand still. Where the pass is started
    meanwhile, the days frozen since then count."""
    rule = Validity(Anchor.FIRST_USE, Length(30, "days"), activate_within=Length(30, "days"))
    told = story(of=terms(validity=rule))
    lapses_at = told.state.lapses_at
    told.do(cm.Freeze(TODAY, _day(9)))
    assert told.state.lapses_at == told.state.ends_at == lapses_at
    told.do(cm.Deduct(LINE, visit(starts_at=_noon(-1))))
    assert _last(told) == _day(-1 + 30 + 10)


def test_an_endless_pass_is_frozen_without_moving_anything() -> None:
    """There is no end to move; an unstarted one has none yet either."""
    for rule in (Validity(), Validity(Anchor.FIRST_USE)):
        told = story(of=terms(validity=rule))
        told.do(cm.Freeze(TODAY, _day(3)))
        window = told.state.window
        assert window is None or window.last_day is None
        told.do(cm.Unfreeze(_day(2)))
        assert told.state.status(_noon(1)) is Status.FROZEN
        assert told.state.status(_noon(2)) is Status.ACTIVE


def test_a_won_dispute_moves_the_end_by_the_days_lost() -> None:
    """As many as the caller says (S13)."""
    told = _thirty()
    told.do(cm.Suspend())
    assert told.state.status(NOW) is Status.SUSPENDED
    with pytest.raises(PassSuspended):
        told.do(cm.Suspend())
    told.do(cm.Resume(12), at=_noon(12))
    assert _last(told) == _day(42)
    with pytest.raises(InvalidTransition):
        told.do(cm.Resume())
    told.do(cm.Suspend())
    told.do(cm.Resume())
    assert _last(told) == _day(42)


@pytest.mark.parametrize(
    ("command", "status", "gone"),
    [(cm.Cancel(), Status.CANCELLED, "adjusted"), (cm.Refund(9_000), Status.REFUNDED, "refunded")],
)
def test_a_pass_is_given_up_whole(command: cm.Command, status: Status, gone: str) -> None:
    """What was used stays used, what is left is void; it happens once."""
    told = _thirty()
    told.do(cm.Deduct(LINE, visit()))
    told.do(command)
    b = told.state.balance
    assert (told.state.status(NOW), b.available, b.used) == (status, 0, 1)
    assert abs(getattr(b, gone)) == 9
    with pytest.raises(Refusal) as refused:
        told.do(command)
    assert refused.value.code == f"pass_{status.value}"


@pytest.mark.parametrize("command", [cm.Cancel(), cm.Refund(0), cm.ChangeOwner("client_x")])
def test_a_pass_that_bookings_hold_is_not_given_away(command: cm.Command) -> None:
    """They are released first."""
    told = _thirty()
    line = told.book(1)
    with pytest.raises(InvalidTransition, match="held by bookings"):
        told.do(command)
    told.do(cm.Release(line))
    told.do(command)


def test_cover_and_owner_change_and_nothing_else() -> None:
    """A hand-over to the owner is no change."""
    told = _thirty()
    before = told.state
    told.do(cm.ChangeCover(Coverage(services=frozenset({"other"}))))
    with pytest.raises(NotCovered):
        told.do(cm.Deduct(LINE, visit()))
    told.do(cm.ChangeOwner("client_x"))
    assert told.state.client_id == "client_x"
    assert told.state.balance == before.balance
    with pytest.raises(Invalid):
        told.do(cm.ChangeOwner("client_x"))


def test_an_end_beyond_the_calendar_is_invalid() -> None:
    """By whichever edit."""
    for command in (
        cm.Extend(date.max),
        cm.Freeze(TODAY, date(9990, 1, 1)),
        cm.Unfreeze(date.max),
    ):
        told = story(of=terms(validity=Validity(length=Length(90, "years"))))
        if isinstance(command, cm.Unfreeze):
            told.do(cm.Freeze())
        with pytest.raises(Invalid, match="9999"):
            told.do(command)
    with pytest.raises(Invalid, match="9999"):
        builders.story(
            of=terms(validity=Validity(length=Length(36_500, "months"))), at=_noon(0)
        ).do(cm.Extend(date.max))
