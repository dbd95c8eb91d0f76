"""Redemption: holding, using up, giving back and lapsing of sessions (B1, B6, R8 to R15)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from passcore.domain import commands as cm, ledger as lg
from passcore.domain.decisions import decide, decide_and_apply, issue
from passcore.domain.folding import fold
from passcore.domain.ledger import Line, Origin
from passcore.domain.money import Money
from passcore.domain.passes import Pass, Status
from passcore.domain.time import Length
from passcore.domain.validity import Anchor, Validity
from passcore.errors import (
    Invalid,
    InvalidTransition,
    PassCancelled,
    PassExhausted,
    PassExpired,
    PassFrozen,
    PassNotYetValid,
    PassPending,
    PassRefunded,
    PassSuspended,
    Refusal,
)
from passcore.testing.builders import NOW, Story, story, story_at, terms, visit

TICK = timedelta(microseconds=1)
LINE = Line("booking_1")


def _seven() -> Story:
    """Seven sessions for 100.00: four worth 14.29, three worth 14.28."""
    return story(of=terms(sessions=7, price=Money(10_000, "EUR")))


def _end(told: Story) -> datetime:
    assert told.state.ends_at is not None
    return told.state.ends_at


def _ended(told: Story) -> Story:
    """The pass after its end was swept."""
    told.do(cm.Expire(), at=_end(told))
    return told


def _facts(told: Story, after: int = 1) -> list[str]:
    return [type(entry.fact).__name__ for entry in told.entries[after:]]


def test_a_hold_sets_aside_and_its_capture_uses_up() -> None:
    """Three balances: remaining falls with the capture, available with the hold (L2)."""
    told = _seven()
    told.do(cm.Reserve(LINE, visit(seats=2)))
    b = told.state.balance
    assert (b.remaining, b.held, b.available, b.used) == (7, 2, 5, 0)
    told.do(cm.Capture(LINE))
    b = told.state.balance
    assert (b.remaining, b.held, b.available, b.used) == (5, 0, 5, 2)
    assert b.units == ((1429, 2), (1428, 3))
    assert _facts(told) == ["Reserved", "Captured"]


def test_a_released_hold_is_as_if_it_had_not_been() -> None:
    """Down to the values of the sessions."""
    told = _seven()
    before = told.state.balance
    told.do(cm.Reserve(LINE, visit(seats=5)))
    told.do(cm.Release(LINE))
    assert told.state.balance == before


def test_a_forfeited_hold_gives_back_the_rest() -> None:
    """What is lost counts as used, dearest first."""
    told = _seven()
    told.do(cm.Reserve(LINE, visit(seats=5)))
    (entry,) = told.do(cm.Forfeit(LINE, 3))
    assert entry.fact == lg.Forfeited(2, LINE, 3, ((1429, 3),), ((1429, 1), (1428, 1)))
    b = told.state.balance
    assert (b.used, b.held, b.available, b.units) == (3, 0, 4, ((1429, 1), (1428, 3)))


@pytest.mark.parametrize(("lost", "fact"), [(0, "Released"), (5, "Forfeited"), (9, "Forfeited")])
def test_forfeiting_nothing_releases_and_all_is_all(lost: int, fact: str) -> None:
    """Never more than was held."""
    told = _seven()
    told.do(cm.Reserve(LINE, visit(seats=5)))
    told.do(cm.Forfeit(LINE, lost))
    assert _facts(told) == ["Reserved", fact]
    assert told.state.balance.used == min(lost, 5)


def test_a_visit_without_a_hold_is_paid_in_one_step() -> None:
    """About the visit's start, recorded now, by whom and why."""
    told = _seven()
    by = Origin("Desk Dora", "web")
    (entry,) = decide(
        told.state, cm.Deduct(LINE, visit()), at=NOW, by=by, reason="walk-in", order_id="order_1"
    )
    assert entry.fact == lg.Deducted(LINE, 1, ((1429, 1),), visit().starts_at)
    assert (entry.seq, entry.at, entry.about) == (2, NOW, visit().starts_at)
    assert (entry.origin, entry.reason, entry.order_id) == (by, "walk-in", "order_1")


def test_units_of_two_values_are_taken_dearest_first() -> None:
    """Across the runs of the ledger."""
    told = _seven()
    (entry,) = told.do(cm.Deduct(LINE, visit(seats=6)))
    assert isinstance(entry.fact, lg.Deducted)
    assert entry.fact.units == ((1429, 4), (1428, 2))
    assert told.state.balance.units == ((1428, 1),)


@pytest.mark.parametrize(
    "command", [cm.Deduct(LINE, visit(seats=8)), cm.Reserve(LINE, visit(seats=8))]
)
def test_more_than_there_is_is_refused(command: cm.Command) -> None:
    """Telling how many there are and how many are needed; nothing changed."""
    told = _seven()
    before = told.state
    with pytest.raises(PassExhausted) as refused:
        told.do(command)
    assert (refused.value.available, refused.value.needed) == (7, 8)
    assert told.state == before


def test_a_line_holds_once_and_its_hold_resolves_once() -> None:
    """A second hold, capture, release or forfeit is refused (R14)."""
    told = _seven()
    told.do(cm.Reserve(LINE, visit()))
    with pytest.raises(InvalidTransition):
        told.do(cm.Reserve(LINE, visit()))
    told.do(cm.Capture(LINE))
    for again in (cm.Capture(LINE), cm.Release(LINE), cm.Forfeit(LINE, 1)):
        with pytest.raises(InvalidTransition) as refused:
            told.do(again)
        assert refused.value.state == "resolved"
    told.do(cm.Reserve(Line("booking_1", 0, 2), visit()))  # another occasion is another claim


def test_an_unlimited_pass_counts_without_a_number() -> None:
    """Held and used are counted, nothing runs out, nothing lapses (L4)."""
    told = story(of=terms(sessions=None))
    told.do(cm.Reserve(LINE, visit(seats=500)))
    assert (told.state.balance.held, told.state.balance.available) == (500, 0)
    told.do(cm.Forfeit(LINE, 200))
    told.do(cm.Deduct(Line("b2"), visit(seats=3)))
    assert (told.state.balance.held, told.state.balance.used) == (0, 203)
    told.do(cm.Reverse(4, Line("b2"), 3, (), visit().starts_at))
    assert told.state.balance.used == 200
    assert told.state.status(NOW) is Status.ACTIVE
    assert told.do(cm.Expire(), at=_end(told)) == ()
    assert told.state.status(_end(told)) is Status.EXPIRED


@pytest.mark.parametrize(
    ("status", "refusal"),
    [
        (Status.PENDING, PassPending),
        (Status.SUSPENDED, PassSuspended),
        (Status.REFUNDED, PassRefunded),
        (Status.CANCELLED, PassCancelled),
        (Status.FROZEN, PassFrozen),
        (Status.EXPIRED, PassExpired),
        (Status.USED_UP, PassExhausted),
    ],
)
def test_a_pass_that_does_not_stand_refuses_by_name(status: Status, refusal: type[Refusal]) -> None:
    """Holding and deducting alike."""
    told = story_at(status)
    for command in (cm.Reserve(LINE, visit()), cm.Deduct(LINE, visit())):
        with pytest.raises(refusal):
            told.do(command, at=NOW)


def test_a_visit_at_the_end_instant_is_outside() -> None:
    """One microsecond earlier is inside (R12); so is the first instant."""
    told = _seven()
    told.do(cm.Deduct(LINE, visit(starts_at=_end(told) - TICK)))
    told.do(cm.Deduct(Line("b2"), visit(starts_at=NOW)))
    with pytest.raises(PassExpired):
        told.do(cm.Deduct(Line("b3"), visit(starts_at=_end(told))))
    with pytest.raises(PassNotYetValid) as refused:
        told.do(cm.Deduct(Line("b3"), visit(starts_at=NOW - TICK)))
    assert refused.value.first_day is not None


def test_a_visit_inside_the_window_may_be_reported_late() -> None:
    """Thirty days, not a microsecond more (R11)."""
    told = _seven()
    inside = visit(starts_at=_end(told) - TICK)
    told.do(cm.Deduct(LINE, inside), at=_end(told) + timedelta(days=30) - TICK)
    fresh = _seven()
    with pytest.raises(PassExpired):
        fresh.do(cm.Deduct(LINE, inside), at=_end(fresh) + timedelta(days=30))


def test_a_late_report_takes_back_what_the_sweep_booked() -> None:
    """As many sessions as the visit needs come back and are used, in one decision (R11)."""
    told = _ended(_seven())
    assert (told.state.balance.expired, told.state.balance.available) == (7, 0)
    made = told.do(cm.Deduct(LINE, visit(starts_at=_end(told) - TICK, seats=2)))
    assert [type(e.fact) for e in made] == [lg.Reinstated, lg.Deducted]
    assert [e.seq for e in made] == [3, 4]
    b = told.state.balance
    assert (b.expired, b.used, b.available) == (5, 2, 0)
    assert b.lapsed == ((1429, 2), (1428, 3))
    with pytest.raises(PassExhausted):
        told.do(cm.Deduct(Line("b2"), visit(starts_at=_end(told) - TICK, seats=6)))


def test_a_late_hold_takes_back_what_the_sweep_booked() -> None:
    """The same where the visit is not completed yet."""
    told = _ended(_seven())
    told.do(cm.Reserve(LINE, visit(starts_at=_end(told) - TICK)))
    assert _facts(told, 2) == ["Reinstated", "Reserved"]
    told.do(cm.Release(LINE))
    assert _facts(told, 4) == ["Released", "Expired"]
    assert told.state.balance.available == 0


def test_a_hold_outlives_its_pass() -> None:
    """It is captured after the end, and not swept before (R11)."""
    told = _seven()
    told.do(cm.Reserve(LINE, visit(seats=2)))
    _ended(told)
    assert (told.state.balance.held, told.state.balance.expired) == (2, 5)
    told.do(cm.Capture(LINE), at=_end(told) + timedelta(days=300))
    assert (told.state.balance.used, told.state.balance.held) == (2, 0)


@pytest.mark.parametrize("how", [cm.Release(LINE), cm.Forfeit(LINE, 1)])
def test_what_comes_back_to_a_pass_that_ended_lapses_with_it(how: cm.Command) -> None:
    """In the same decision (B6)."""
    told = _seven()
    told.do(cm.Reserve(LINE, visit(seats=2)))
    _ended(told)
    told.do(how)
    assert _facts(told)[-1] == "Expired"
    b = told.state.balance
    assert (b.available, b.held, b.expired + b.used) == (0, 0, 7)


def test_a_deduction_is_reversed_by_a_linked_entry() -> None:
    """The session is back with its value, the first entry stays as it is (R8)."""
    told = _seven()
    before = told.state.balance
    (entry,) = told.do(cm.Deduct(LINE, visit()))
    assert isinstance(entry.fact, lg.Deducted)
    (undone,) = told.do(cm.Reverse(2, LINE, 1, entry.fact.units, visit().starts_at))
    assert undone.fact == lg.Reversed(2, LINE, 1, ((1429, 1),))
    assert told.state.balance == before
    assert told.entries[1] == entry


def test_a_reversal_on_a_pass_that_ended_lapses_at_once() -> None:
    """Back and expired in one decision: remaining stays 0 (R9)."""
    told = _seven()
    told.do(cm.Deduct(LINE, visit()))
    _ended(told)
    made = told.do(cm.Reverse(2, LINE, 1, ((1429, 1),), visit().starts_at))
    assert [type(e.fact) for e in made] == [lg.Reversed, lg.Expired]
    assert (told.state.balance.available, told.state.balance.expired) == (0, 7)


@pytest.mark.parametrize(
    ("end", "refusal"), [(cm.Refund(0), PassRefunded), (cm.Cancel(), PassCancelled)]
)
def test_a_reversal_after_the_pass_was_given_up_is_refused(
    end: cm.Command, refusal: type[Refusal]
) -> None:
    """No value rises again (R10)."""
    told = _seven()
    told.do(cm.Deduct(LINE, visit()))
    told.do(end)
    with pytest.raises(refusal):
        told.do(cm.Reverse(2, LINE, 1, ((1429, 1),), visit().starts_at))


def test_a_hold_of_a_suspended_pass_waits() -> None:
    """It can be released, not captured."""
    told = _seven()
    told.do(cm.Reserve(LINE, visit()))
    told.do(cm.Suspend())
    with pytest.raises(PassSuspended):
        told.do(cm.Capture(LINE))
    told.do(cm.Release(LINE))


def test_expiry_is_booked_once_from_the_end_on() -> None:
    """Not a microsecond before, not a second time, and about the end itself (R15)."""
    told = _seven()
    assert told.do(cm.Expire(), at=_end(told) - TICK) == ()
    (entry,) = told.do(cm.Expire(), at=_end(told) + timedelta(days=3))
    assert entry.fact == lg.Expired(7, ((1429, 4), (1428, 3)), _end(told))
    assert entry.about == _end(told)
    assert told.do(cm.Expire(), at=_end(told) + timedelta(days=4)) == ()
    endless = story(of=terms(validity=Validity()))
    assert endless.do(cm.Expire(), at=NOW + timedelta(days=9_999)) == ()
    assert story_at(Status.SUSPENDED).do(cm.Expire(), at=NOW + timedelta(days=999)) == ()


def test_status_needs_no_job() -> None:
    """It is a function of entries and time (V5)."""
    told = _seven()
    assert told.state.status(_end(told) - TICK) is Status.ACTIVE
    assert told.state.status(_end(told)) is Status.EXPIRED
    _ended(told)
    assert told.state.status(_end(told) - TICK) is Status.EXPIRED


@pytest.mark.parametrize("status", list(Status))
def test_a_pass_stands_as_it_was_built(status: Status) -> None:
    """Each of the eight."""
    assert story_at(status).state.status(NOW) is status


def test_a_pass_is_pending_before_its_window() -> None:
    """With a chosen day in the future."""
    rule = Validity(Anchor.CHOSEN_DATE, Length(1, "months"))
    told = story(of=terms(validity=rule), starts_on=NOW.date() + timedelta(days=3))
    assert told.state.status(NOW) is Status.PENDING
    assert told.state.window is not None
    assert told.state.status(told.state.window.starts_at) is Status.ACTIVE


def test_the_clock_may_be_set_back() -> None:
    """An entry is never recorded before the last: what had ended stays so (S6)."""
    told = _ended(_seven())
    (entry,) = told.do(cm.Cancel(), at=NOW)
    assert entry.at == _end(told)
    with pytest.raises(PassExpired):
        _ended(_seven()).do(cm.Extend(NOW.date() + timedelta(days=900)), at=NOW)


def test_deciding_and_applying_gives_what_folding_gives() -> None:
    """The state after is the fold of all entries."""
    told = _seven()
    made, after = decide_and_apply(told.state, cm.Deduct(LINE, visit()), at=NOW)
    assert after == fold([*told.entries, *made])
    assert isinstance(after, Pass)


def test_each_session_has_its_value_from_the_sale_on() -> None:
    """The net price split by largest remainder; free sessions are worth nothing (I3)."""
    sold = terms(sessions=7, price=Money(12_700, "EUR"), tax_rate=2_700)
    assert story(of=sold).state.balance.units == ((1429, 4), (1428, 3))
    assert story(of=terms(price=Money(0, "EUR"))).state.balance.units == ((0, 10),)
    assert story(of=terms(sessions=None)).state.balance.units == ()


def test_a_pass_may_be_given_another_last_day() -> None:
    """Kept over the product's own; not before the first day (S5)."""
    day = NOW.date() + timedelta(days=10)
    state = story(last_day=day).state
    assert state.window is not None
    assert state.window.last_day == day
    with pytest.raises(Invalid):
        story(last_day=NOW.date() - timedelta(days=1))


def test_a_pass_that_waits_for_money_has_no_window() -> None:
    """Whatever its validity."""
    command = cm.Issue("pass_1", "client_1", terms(), "UTC", pending=True)
    fact = issue(command, at=datetime(2027, 1, 1, tzinfo=UTC)).fact
    assert isinstance(fact, lg.Granted)
    assert (fact.window, fact.lapses_at, fact.pending) == (None, None, True)
