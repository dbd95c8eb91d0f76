"""Answers to the letter: refusals with their fields, facts with their balance, entries' moments."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import attrs
import pytest

from passcore.domain import commands as cm, ledger as lg
from passcore.domain.folding import apply
from passcore.domain.ledger import Entry, Line
from passcore.domain.money import Money
from passcore.domain.passes import Balance, Status
from passcore.domain.time import Length
from passcore.domain.validity import Anchor, Validity, lapse_instant
from passcore.errors import PassError
from passcore.testing.builders import NOW, ZONE, Story, story, story_at, terms, visit

TODAY = NOW.date()
LINE = Line("booking_1")
OTHER = Line("booking_2")
START = visit().starts_at
THIRTY = Validity(length=Length(30, "days"))
LAST = TODAY + timedelta(days=30)


def _thirty() -> Story:
    return story(of=terms(validity=THIRTY))


def _held() -> Story:
    told = _thirty()
    told.do(cm.Reserve(LINE, visit()))
    return told


def _frozen() -> Story:
    told = _thirty()
    told.do(cm.Freeze(TODAY, TODAY + timedelta(days=3)))
    return told


def _deducted() -> Story:
    told = _thirty()
    told.do(cm.Deduct(LINE, visit()))
    return told


def _anchored() -> Story:
    told = story(of=terms(validity=Validity(Anchor.FIRST_BOOKING, Length(30, "days"))))
    told.book(1, starts_at=NOW + timedelta(days=40))
    return told


def _at(status: Status) -> Callable[[], Story]:
    return lambda: story_at(status)


def _moved(what: str, state: str, attempt: str) -> dict[str, object]:
    return {"what": what, "state": state, "attempt": attempt}


_UNITS = ((1200, 1),)
_NO_DEDUCTION = _moved("deduction", "not there", "reverse")

#: How the pass is, what is asked (days later), and the refusal: its code and its own fields.
REFUSED: list[tuple[Callable[[], Story], cm.Command, int, str, dict[str, object]]] = [
    (_at(Status.SUSPENDED), cm.Adjust(1), 0, "pass_suspended", {}),
    (_at(Status.PENDING), cm.Extend(LAST), 0, "pass_pending", {}),
    (_at(Status.PENDING), cm.Suspend(), 0, "pass_pending", {}),
    (_at(Status.CANCELLED), cm.Cancel(), 0, "pass_cancelled", {}),
    (_at(Status.REFUNDED), cm.Refund(0), 0, "pass_refunded", {}),
    (_at(Status.REFUNDED), cm.Reverse(1, LINE, 1, _UNITS, NOW), 0, "pass_refunded", {}),
    (_thirty, cm.Adjust(-11), 0, "pass_exhausted", {"available": 10, "needed": 11}),
    (_thirty, cm.Adjust(9_991), 0, "limit_reached", {"what": "sessions", "limit": 10_000}),
    (_thirty, cm.Activate(), 0, "invalid_transition", _moved("pass", "live", "activate")),
    (_thirty, cm.Resume(), 0, "invalid_transition", _moved("pass", "live", "resume")),
    (_thirty, cm.Unfreeze(), 0, "invalid_transition", _moved("pass", "not frozen", "unfreeze")),
    (_thirty, cm.Extend(LAST), 31, "pass_expired", {"last_day": LAST}),
    (_thirty, cm.Freeze(), 31, "pass_expired", {"last_day": LAST}),
    (_thirty, cm.Capture(LINE), 0, "invalid_transition", _moved("hold", "resolved", "capture")),
    (_thirty, cm.Release(LINE), 0, "invalid_transition", _moved("hold", "resolved", "release")),
    (_thirty, cm.Forfeit(LINE, 1), 0, "invalid_transition", _moved("hold", "resolved", "forfeit")),
    (_held, cm.Reserve(LINE, visit()), 0, "invalid_transition", _moved("hold", "held", "reserve")),
    (_held, cm.Cancel(), 0, "invalid_transition", _moved("pass", "held by bookings", "cancel")),
    (_held, cm.Refund(0), 0, "invalid_transition", _moved("pass", "held by bookings", "refund")),
    (
        _held,
        cm.ChangeOwner("client_x"),
        0,
        "invalid_transition",
        _moved("pass", "held by bookings", "transfer"),
    ),
    (
        _frozen,
        cm.Freeze(TODAY, TODAY),
        0,
        "pass_frozen",
        {"first_day": TODAY, "last_day": TODAY + timedelta(days=3)},
    ),
    (
        _frozen,
        cm.Deduct(LINE, visit()),
        0,
        "pass_frozen",
        {"first_day": TODAY, "last_day": TODAY + timedelta(days=3)},
    ),
    (
        _anchored,
        cm.Reserve(OTHER, visit()),
        0,
        "pass_expired",
        {"last_day": TODAY + timedelta(days=31)},
    ),
    (_deducted, cm.Reverse(2, LINE, 0, (), NOW), 0, "invalid_transition", _NO_DEDUCTION),
    (_deducted, cm.Reverse(2, LINE, 2, ((1200, 2),), NOW), 0, "invalid_transition", _NO_DEDUCTION),
    (_deducted, cm.Reverse(0, LINE, 1, _UNITS, NOW), 0, "invalid_transition", _NO_DEDUCTION),
    (_deducted, cm.Reverse(3, LINE, 1, _UNITS, NOW), 0, "invalid_transition", _NO_DEDUCTION),
    (_deducted, cm.Reverse(2, LINE, 1, (), NOW), 0, "invalid_transition", _NO_DEDUCTION),
]


@pytest.mark.parametrize(
    ("made", "command", "days", "code", "fields"),
    REFUSED,
    ids=lambda v: getattr(v, "__name__", str(v)[:40]),
)
def test_a_refusal_says_exactly_what_it_is_about(
    made: Callable[[], Story], command: cm.Command, days: int, code: str, fields: dict[str, Any]
) -> None:
    """Its code and its own fields; about a pass it names the pass."""
    told = made()
    before = told.state
    with pytest.raises(PassError) as refused:
        told.do(command, at=NOW + timedelta(days=days))
    wanted = (
        fields
        if code in ("invalid_transition", "limit_reached")
        else fields | {"pass_id": told.state.id}
    )
    assert (refused.value.code, refused.value.fields()) == (code, wanted)
    assert told.state == before


def test_a_hold_of_a_suspended_pass_names_the_pass() -> None:
    """When it is captured."""
    told = _held()
    told.do(cm.Suspend())
    with pytest.raises(PassError) as refused:
        told.do(cm.Capture(LINE))
    assert refused.value.fields() == {"pass_id": told.state.id}


def _busy() -> Story:
    """A pass on which every number of its balance is different."""
    told = story(of=terms(sessions=40, price=Money(40_003, "EUR")))
    told.do(cm.Deduct(Line("used"), visit(seats=3)))
    told.do(cm.Reserve(LINE, visit(seats=4)))
    told.do(cm.Adjust(-2))
    assert told.state.ends_at is not None
    told.state = attrs.evolve(
        told.state,
        balance=attrs.evolve(
            told.state.balance,
            granted=46,
            expired=5,
            lapsed=((1000, 5),),
            refunded=0,
            transferred=1,
        ),
    )
    return told


def _changed(**changes: object) -> Callable[[Balance], Balance]:
    return lambda before: attrs.evolve(before, **changes)  # type: ignore[arg-type]  # any field


_HELD = ((1000, 4),)
_NEW = lg.Reserved(OTHER, 1, ((1000, 1),), START)


@pytest.mark.parametrize(
    ("fact", "changes"),
    [
        (lg.Deducted(OTHER, 2, ((1000, 2),), START), {"used": 5, "available": 29}),
        (lg.Captured(3, LINE, 4, _HELD), {"used": 7, "held": 0, "holds": ()}),
        (lg.Released(3, LINE, 4, _HELD), {"held": 0, "available": 35, "holds": ()}),
        (
            lg.Forfeited(3, LINE, 1, ((1000, 1),), ((1000, 3),)),
            {"used": 4, "held": 0, "available": 34, "holds": ()},
        ),
        (lg.Reversed(2, Line("used"), 1, ((1000, 1),)), {"used": 2, "available": 32}),
        (lg.Adjusted(3, ((1000, 3),)), {"adjusted": 1, "available": 34}),
        (lg.Adjusted(-1, ((1000, 1),)), {"adjusted": -3, "available": 30}),
        (
            lg.Expired(2, ((1000, 2),), NOW),
            {"expired": 7, "available": 29, "lapsed": ((1000, 7),)},
        ),
        (lg.Reinstated(2, ((1000, 2),)), {"expired": 3, "available": 33, "lapsed": ((1000, 3),)}),
        (lg.Refunded(31, ((1000, 31),), 0), {"refunded": 31, "available": 0, "units": ()}),
        (lg.Cancelled(31, ((1000, 31),)), {"adjusted": -33, "available": 0, "units": ()}),
    ],
    ids=lambda v: type(v).__name__,
)
def test_a_fact_moves_exactly_what_it_says(fact: lg.Fact, changes: dict[str, Any]) -> None:
    """And leaves every other number of the balance, and of the pass, as it was."""
    state = _busy().state
    assert state.balance.units == ((1000, 31),)
    later = NOW + timedelta(hours=1)
    after = apply(state, Entry(state.version + 1, later, NOW, lg.SYSTEM, fact))
    count = changes.get("available", 31)
    wanted = attrs.evolve(state.balance, **{"units": ((1000, count),)} | changes)
    assert after.balance == wanted
    standing = after.standing
    same = attrs.evolve(
        state, balance=wanted, version=state.version + 1, standing=standing, at=later
    )
    assert after == same


def test_a_new_hold_stands_beside_the_others() -> None:
    """With the number of its entry."""
    state = _busy().state
    after = apply(state, Entry(5, NOW, NOW, lg.SYSTEM, _NEW)).balance
    assert [(h.seq, h.line, h.units) for h in after.holds] == [
        (3, LINE, _HELD),
        (5, OTHER, ((1000, 1),)),
    ]
    assert (after.held, after.available, after.units) == (5, 30, ((1000, 30),))


@pytest.mark.parametrize("anchor", [Anchor.PURCHASE, Anchor.FIRST_USE, Anchor.FIRST_BOOKING])
def test_entries_about_a_visit_are_about_its_start(anchor: Anchor) -> None:
    """Recorded when they were; everything else is about now."""
    told = story(of=terms(validity=Validity(anchor, Length(30, "days"))))
    told.do(cm.Reserve(LINE, visit()))
    told.do(cm.Capture(LINE))
    told.do(cm.Reverse(told.state.version, LINE, 1, _UNITS, START))
    told.do(cm.Reserve(OTHER, visit(seats=2)))
    told.do(cm.Forfeit(OTHER, 1))
    third = Line("booking_3")
    told.do(cm.Reserve(third, visit()))
    told.do(cm.Release(third))
    told.do(cm.Deduct(Line("booking_4"), visit()))
    told.do(cm.Adjust(1))
    of_visits = lg.Reserved | lg.Captured | lg.Reversed | lg.Forfeited | lg.Released | lg.Deducted
    for entry in told.entries:
        about = START if isinstance(entry.fact, of_visits) else NOW
        assert (entry.at, entry.about) == (NOW, about), entry.fact


def test_an_approved_pass_lapses_where_its_terms_say_so() -> None:
    """Counted from the approval."""
    rule = Validity(Anchor.FIRST_USE, activate_within=Length(20, "days"))
    told = story(of=terms(validity=rule), pending=True)
    told.do(cm.Activate(), at=NOW + timedelta(days=3))
    assert told.state.lapses_at == lapse_instant(rule, NOW + timedelta(days=3), ZONE)
    assert told.state.lapses_at is not None


def test_windows_say_what_gave_them() -> None:
    """The product's rule, a hand, a freeze, a dispute (V4)."""
    told = _thirty()
    rules = [told.state.window.rule if told.state.window else None]
    for command in (
        cm.Freeze(TODAY, TODAY + timedelta(days=3)),
        cm.Unfreeze(TODAY + timedelta(days=2)),
        cm.Extend(LAST),
        cm.Suspend(),
        cm.Resume(4),
    ):
        told.do(command)
        rules.append(told.state.window.rule if told.state.window else None)
    assert rules == [
        "purchase: 30 days, next_day",
        f"frozen {TODAY} to {TODAY + timedelta(days=3)}",
        "frozen for 2 days",
        f"set by hand to {LAST}",
        f"set by hand to {LAST}",
        "suspended for 4 days",
    ]
    started = story(of=terms(validity=Validity(Anchor.FIRST_USE)))
    started.do(cm.Extend(LAST))
    assert started.state.window is not None
    assert started.state.window.rule == f"set by hand to {LAST}"


def test_a_freeze_that_moves_nothing_leaves_the_rule() -> None:
    """Its days all lie before the first, or it is taken back on its first day."""
    rule = Validity(Anchor.CHOSEN_DATE, Length(30, "days"))
    told = story(of=terms(validity=rule), starts_on=TODAY + timedelta(days=5))
    told.do(cm.Freeze(TODAY, TODAY + timedelta(days=2)))
    assert told.state.window is not None
    assert told.state.window.rule == "chosen_date: 30 days, next_day"
    told.do(cm.Unfreeze(TODAY))
    assert told.state.window.rule == "chosen_date: 30 days, next_day"
    assert told.state.freezes == ()


def test_a_freeze_may_be_one_day_long_and_begin_on_the_last() -> None:
    """Both are days of the pass."""
    told = _thirty()
    told.do(cm.Freeze(LAST, LAST))
    assert told.state.window is not None
    assert told.state.window.last_day == LAST + timedelta(days=1)


def test_all_that_is_left_may_be_taken_away() -> None:
    """And no more."""
    told = _thirty()
    told.do(cm.Adjust(-10))
    assert told.state.balance.units == ()


def test_an_end_set_to_the_present_instant_has_passed() -> None:
    """At the first instant of a day yesterday is over."""
    from passcore.domain.time import start_of_day

    midnight = start_of_day(TODAY + timedelta(days=3), ZONE)
    told = _thirty()
    with pytest.raises(PassError) as refused:
        told.do(cm.Extend(TODAY + timedelta(days=2)), at=midnight)
    assert refused.value.fields() == {"field": "last_day", "problem": "has already passed"}


def test_costs_differ_by_service() -> None:
    """Held or deducted, lapsed or not."""
    told = story(of=terms(costs={"svc_reformer": 3}))
    told.do(cm.Deduct(LINE, visit(seats=2)))
    assert told.state.balance.used == 6
    told.do(cm.Reserve(OTHER, visit()))
    assert told.state.balance.held == 3
    late = story(of=terms(costs={"svc_reformer": 3}, sessions=None))
    late.do(cm.Deduct(LINE, visit(seats=2)))
    assert late.state.balance.used == 6


def test_taking_exactly_one_run_leaves_the_others() -> None:
    """Of three values."""
    units = ((9, 2), (5, 1), (1, 3))
    assert lg.take(units, 2) == (((9, 2),), ((5, 1), (1, 3)))
    assert lg.dearest(units, 2) == ((9, 2),)
    assert lg.dearest(units, 3) == ((9, 2), (5, 1))
