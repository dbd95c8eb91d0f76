"""Folding: a ledger gives the state, and one that cannot be is damaged at its first bad row."""

from __future__ import annotations

from datetime import timedelta

import attrs
import pytest
from hypothesis import given, strategies as st

from passcore.domain import commands as cm, ledger as lg
from passcore.domain.folding import apply, begin, fold
from passcore.domain.ledger import Entry, Fact, Line, count_of, join, take, units_of, without
from passcore.domain.passes import Pass, Status
from passcore.errors import Invalid, LedgerDamaged, Refusal
from passcore.testing import strategies
from passcore.testing.builders import NOW, Story, story, story_at, terms, visit

LINE = Line("booking_1")
STARTS = visit().starts_at


def _next(told: Story, fact: Fact) -> Entry:
    return Entry(told.state.version + 1, NOW, NOW, lg.SYSTEM, fact)


def _damage(told: Story, fact: Fact) -> str:
    with pytest.raises(LedgerDamaged) as found:
        apply(told.state, _next(told, fact))
    assert (found.value.pass_id, found.value.seq) == (told.state.id, told.state.version + 1)
    return found.value.problem


def test_a_ledger_begins_with_its_grant() -> None:
    """Nothing, another fact, another number: damaged."""
    told = story()
    assert begin(told.entries[0]) == told.state == fold(told.entries)
    for rows in ([], [_next(told, lg.Suspended())], [attrs.evolve(told.entries[0], seq=2)]):
        with pytest.raises(LedgerDamaged):
            fold(rows)


def test_a_grant_whose_units_do_not_match_is_damaged() -> None:
    """Too few, too many, or a run of none."""
    first = story().entries[0]
    for units in (((1200, 9),), ((1200, 11),), (), ((1200, 11), (1, -1)), ((1200, 10), (1, 0))):
        assert isinstance(first.fact, lg.Granted)
        with pytest.raises(LedgerDamaged):
            begin(attrs.evolve(first, fact=attrs.evolve(first.fact, units=units)))


def test_numbers_leave_no_gap() -> None:
    """Nor come twice; and there is one grant."""
    told = story()
    for seq in (1, 3):
        with pytest.raises(LedgerDamaged, match="gap"):
            apply(told.state, attrs.evolve(_next(told, lg.Suspended()), seq=seq))
    assert _damage(told, told.entries[0].fact) == "is a second grant"


def _held(sessions: int = 3) -> Story:
    told = story()
    told.do(cm.Reserve(LINE, visit(seats=sessions)))
    return told


@pytest.mark.parametrize(
    "fact",
    [
        lg.Deducted(LINE, 11, ((1200, 11),), STARTS),
        lg.Deducted(LINE, 1, (), STARTS),
        lg.Deducted(LINE, 1, ((1200, 2),), STARTS),
        lg.Deducted(LINE, 1, ((9999, 1),), STARTS),
        lg.Deducted(LINE, 0, (), STARTS),
        lg.Deducted(LINE, -1, ((1200, -1),), STARTS),
        lg.Deducted(LINE, 2, ((1200, 3), (1200, -1)), STARTS),
        lg.Reserved(LINE, 11, ((1200, 11),), STARTS),
        lg.Reserved(LINE, 0, (), STARTS),
        lg.Captured(1, LINE, 1, ((1200, 1),)),
        lg.Released(1, LINE, 1, ((1200, 1),)),
        lg.Forfeited(1, LINE, 1, ((1200, 1),), ()),
        lg.Reversed(1, LINE, 1, ((1200, 1),)),
        lg.Adjusted(2, ((0, 1),)),
        lg.Adjusted(-1, ((0, 1),)),
        lg.Adjusted(1, ((0, 2), (5, -1))),
        lg.Expired(11, ((1200, 11),), NOW),
        lg.Expired(3, (), NOW),
        lg.Reinstated(1, ((1200, 1),)),
        lg.Refunded(1, (), 0),
        lg.Cancelled(11, ((1200, 11),)),
        lg.Activated(None, None),
        lg.Unfrozen(NOW.date(), None),
        lg.Resumed(None),
    ],
    ids=str,
)
def test_what_could_not_be_decided_on_a_new_pass_is_damage(fact: Fact) -> None:
    """Sessions and units that are not there or do not match; holds, uses, freezes and disputes
    that never began."""
    assert _damage(story(), fact)


@pytest.mark.parametrize(
    "fact",
    [
        lg.Reserved(LINE, 1, ((1200, 1),), STARTS),
        lg.Captured(2, LINE, 2, ((1200, 2),)),
        lg.Captured(2, Line("other"), 3, ((1200, 3),)),
        lg.Captured(1, LINE, 3, ((1200, 3),)),
        lg.Released(2, LINE, 3, ((1200, 2),)),
        lg.Forfeited(2, LINE, 4, ((1200, 4),), ()),
        lg.Forfeited(2, LINE, 2, ((1200, 2),), ((1200, 2),)),
        lg.Forfeited(2, LINE, 1, ((1200, 2),), ((1200, 1),)),
        lg.Forfeited(2, LINE, 0, (), ((1200, 3),)),
    ],
    ids=str,
)
def test_what_does_not_fit_the_open_hold_is_damage(fact: Fact) -> None:
    """Another line, another entry, other sessions."""
    assert _damage(_held(), fact)


@pytest.mark.parametrize(
    "fact",
    [
        lg.Reversed(2, LINE, 4, ((1200, 4),)),
        lg.Reversed(3, LINE, 1, ((1200, 1),)),
        lg.Reversed(0, LINE, 1, ((1200, 1),)),
        lg.Reversed(2, LINE, 1, ((1200, 2),)),
        lg.Reversed(2, LINE, 0, ()),
    ],
    ids=str,
)
def test_what_does_not_fit_the_deduction_is_damage(fact: Fact) -> None:
    """More than was used, an entry still to come, units of another number."""
    told = story()
    told.do(cm.Deduct(LINE, visit(seats=3)))
    assert _damage(told, fact)


@pytest.mark.parametrize("status", [Status.SUSPENDED, Status.CANCELLED, Status.REFUNDED])
def test_a_pass_that_does_not_stand_is_not_used(status: Status) -> None:
    """Nor given up twice."""
    told = story_at(status)
    units = ((1200, 1),)
    assert _damage(told, lg.Deducted(LINE, 1, units, STARTS))
    assert _damage(told, lg.Reserved(LINE, 1, units, STARTS))
    assert _damage(told, lg.Suspended())
    if status is not Status.SUSPENDED:
        assert _damage(told, lg.Cancelled(0, ())) == (
            f"does not follow on a pass that is {status.value}"
        )
        assert _damage(told, lg.Refunded(0, (), 0))


def test_a_pass_without_a_number_has_no_units() -> None:
    """None are taken and none come back."""
    told = story(of=terms(sessions=None))
    assert "without a number" in _damage(told, lg.Deducted(LINE, 1, ((1, 1),), STARTS))
    told.do(cm.Deduct(LINE, visit()))
    assert _damage(told, lg.Reversed(2, LINE, 1, ((1, 1),)))
    told.do(cm.Reserve(Line("b2"), visit(seats=3)))
    assert _damage(told, lg.Forfeited(3, Line("b2"), 4, (), ()))


def test_reinstating_takes_no_more_than_lapsed() -> None:
    """Of each value."""
    told = story()
    assert told.state.ends_at is not None
    told.do(cm.Expire(), at=told.state.ends_at)
    assert _damage(told, lg.Reinstated(1, ((1, 1),))) == "reinstates what did not lapse"
    assert _damage(told, lg.Reinstated(2, ((1200, 1),)))
    after = apply(told.state, _next(told, lg.Reinstated(10, ((1200, 10),))))
    assert (after.balance.lapsed, after.balance.expired) == ((), 0)


@given(fact=strategies.facts)
def test_any_fact_is_applied_soundly_or_damaged(fact: Fact) -> None:
    """Whatever a forged row holds: no other exception, no balance that does not add up."""
    told = _held()
    told.do(cm.Deduct(Line("b2"), visit()))
    try:
        after = apply(told.state, _next(told, fact))
    except LedgerDamaged:
        return
    assert _sound(after)


def _sound(state: Pass) -> bool:
    b = state.balance
    if state.unlimited:
        return b.available == 0
    parts = b.used + b.held + b.available + b.expired + b.refunded + b.transferred
    held = sum(h.sessions for h in b.holds)
    return (
        b.granted + b.adjusted == parts
        and count_of(b.units) == b.available
        and count_of(b.lapsed) == b.expired
        and b.held == held
        and min(b.available, b.held, b.used, b.expired) >= 0
        and b.units == tuple(sorted(b.units, reverse=True))
    )


@given(st.lists(strategies.commands, max_size=12), st.integers(0, 400))
def test_whatever_is_decided_adds_up_and_folds_to_the_same(
    commands: list[cm.Command], days: int
) -> None:
    """A refusal changes nothing; the state after is the fold of all entries (L1, L2, L5)."""
    told = story()
    for number, command in enumerate(commands):
        before = told.state
        try:
            told.do(command, at=NOW + timedelta(days=days * number / 12))
        except (Refusal, Invalid):
            assert told.state == before
    assert _sound(told.state)
    assert fold(told.entries) == told.state


@given(units=strategies.units, more=strategies.units)
def test_units_joined_and_parted_keep_their_sum(units: lg.Units, more: lg.Units) -> None:
    """Dearest first, one run a value; what was joined can be taken out again."""
    both = join(units, more)
    assert lg.value_of(both) == lg.value_of(units) + lg.value_of(more)
    assert count_of(both) == count_of(units) + count_of(more)
    assert without(both, more) == join((), units)
    assert both == tuple(sorted(both, reverse=True))


@given(units=strategies.units.filter(bool), data=st.data())
def test_taking_parts_units_in_two(units: lg.Units, data: st.DataObject) -> None:
    """The dear end and the rest; together they are what was there."""
    sessions = data.draw(st.integers(1, count_of(units)))
    taken, left = take(units, sessions)
    assert count_of(taken) == sessions
    assert join(taken, left) == units
    assert without(units, taken) == left
    if left:
        assert taken[-1][0] >= left[0][0]


def test_without_is_strict() -> None:
    """More than there is, or none of it, is not taken."""
    units = units_of(10, 3)
    for taken in (((4, 2),), ((9, 1),), ((4, 0),), ((4, -1),), ((4, 1), (4, 1))):
        assert without(units, taken) is None
