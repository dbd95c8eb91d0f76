"""Choice: which pass pays, in one total order, and why the others do not (C4)."""

from __future__ import annotations

import itertools
from datetime import timedelta

import pytest
from hypothesis import given, strategies as st

from passcore.domain import commands as cm
from passcore.domain.choice import choose, explain, nearest, rank
from passcore.domain.coverage import Coverage
from passcore.domain.ledger import Line
from passcore.domain.passes import Pass, Status
from passcore.domain.time import Length
from passcore.domain.validity import Anchor, Validity
from passcore.errors import NoPass, NotCovered, PassExhausted, PassExpired, PassSuspended
from passcore.testing import builders
from passcore.testing.builders import NOW, story, story_at, terms

CATALOGUE = tuple(builders.service(id=f"svc_{n}") for n in range(3))
VISIT = builders.visit(service_id="svc_0")


def _pass(name: str, **changes: object) -> Pass:
    issued = {k: changes.pop(k) for k in ("at",) if k in changes}
    sold = terms(product_id="prod_1", **changes)
    return story(of=sold, pass_id=name, client_id="client_1", **issued).state  # type: ignore[arg-type]  # any field


def _months(count: int) -> Validity:
    return Validity(length=Length(count, "months"))


def _ladder() -> list[Pass]:
    """Passes of which each loses to the one before by exactly one more rule."""
    narrow = Coverage(services=frozenset({"svc_0"}))
    base = {"priority": 1, "coverage": narrow, "validity": _months(3), "promotional": True}
    few = _pass("few", **base, sessions=2)
    return [
        _pass("priority", priority=2, coverage=Coverage(), sessions=None, validity=Validity()),
        _pass("end", **base | {"validity": _months(2)}, sessions=None),
        few,
        _pass("more", **base, sessions=3),
        _pass("younger", **base, sessions=3, at=NOW + timedelta(seconds=1)),
        _pass("younger_by_id", **base, sessions=3, at=NOW + timedelta(seconds=1)),
        _pass("unlimited", **base, sessions=None),
        _pass("paid", **base | {"promotional": False}, sessions=1),
        _pass("endless", **base | {"validity": Validity()}, sessions=1),
        _pass("broad", **base | {"coverage": Coverage()}, sessions=1),
        _pass("low", **base | {"priority": 0}, sessions=1),
    ]


def test_the_order_is_that_of_the_rule() -> None:
    """Priority, breadth, end, promotion, remaining, age, id: each decides where those before it are
    equal."""
    ladder = _ladder()
    assert [p.id for p in rank(ladder[::-1], CATALOGUE)] == [p.id for p in ladder]


@given(st.permutations(_ladder()))
def test_the_order_does_not_depend_on_how_passes_are_given(passes: list[Pass]) -> None:
    """It is total: no two passes are equal in it."""
    assert [p.id for p in rank(passes, CATALOGUE)] == [p.id for p in _ladder()]


def test_held_sessions_count_as_remaining_in_the_order() -> None:
    """Remaining is what is not used or gone, held included (L2)."""
    busy = story(of=terms(product_id="prod_1", sessions=4), pass_id="b", client_id="c")
    busy.book(1)
    busy.book(2)
    three = story(of=terms(product_id="prod_1", sessions=3), pass_id="z", client_id="c")
    assert [p.id for p in rank([busy.state, three.state], CATALOGUE)] == ["z", "b"]


def test_an_unstarted_pass_ends_when_it_lapses() -> None:
    """For the order its lapse is its end; without one it has none."""
    late = Validity(Anchor.FIRST_USE, activate_within=Length(1, "months"))
    lapsing, open_ended = _pass("z", validity=late), _pass("a", validity=Validity(Anchor.FIRST_USE))
    running = _pass("m", validity=_months(2))
    assert [p.id for p in rank([open_ended, running, lapsing], ())] == ["z", "m", "a"]


def test_every_pass_is_explained_in_the_order_of_use() -> None:
    """With cost and what is left, or with every reason against it."""
    ladder = _ladder()
    verdicts = explain(ladder[::-1], VISIT, NOW, CATALOGUE)
    assert [v.state.id for v in verdicts] == [p.id for p in ladder]
    assert all(v.eligible and v.cost == 1 for v in verdicts)
    left = {v.state.id: v.remaining_after for v in verdicts}
    assert (left["few"], left["unlimited"], left["paid"]) == (1, None, 0)


def test_all_reasons_are_told_at_once() -> None:
    """Not covered, outside, frozen and too few: all four, in that order."""
    told = story(of=terms(sessions=1, coverage=Coverage(services=frozenset({"other"}))))
    told.do(cm.Freeze())
    visit = builders.visit(service_id="svc_0", starts_at=NOW - timedelta(days=1), seats=2)
    (verdict,) = explain([told.state], visit, NOW, CATALOGUE)
    assert [r.code for r in verdict.reasons] == [
        "not_covered",
        "pass_not_yet_valid",
        "pass_exhausted",
    ]
    inside = builders.visit(service_id="svc_0", starts_at=NOW, seats=2)
    (verdict,) = explain([told.state], inside, NOW, CATALOGUE)
    assert [r.code for r in verdict.reasons] == ["not_covered", "pass_frozen", "pass_exhausted"]
    assert not verdict.eligible


def test_what_lapsed_is_left_out_of_what_is_left() -> None:
    """A late report on a swept pass takes a session back and leaves none free."""
    told = story_at(Status.EXPIRED)
    assert told.state.ends_at is not None
    told.do(cm.Expire(), at=told.state.ends_at)
    inside = builders.visit(starts_at=told.state.ends_at - timedelta(hours=1))
    (verdict,) = explain([told.state], inside, told.state.ends_at, ())
    assert verdict.eligible
    assert verdict.remaining_after == 0


def test_the_best_pass_that_pays_is_chosen() -> None:
    """One that would come first but does not pay is passed over (R13)."""
    ladder = _ladder()
    empty = story(of=ladder[0].terms, pass_id="empty", client_id="client_1")
    empty.do(cm.Suspend())
    chosen = choose([*ladder[1:], empty.state], VISIT, NOW, CATALOGUE, "client_1")
    assert chosen.id == "end"
    assert choose([ladder[3], empty.state], VISIT, NOW, (), "client_1").id == "more"


def test_without_any_pass_that_is_the_reason() -> None:
    """Named by the client."""
    with pytest.raises(NoPass) as refused:
        choose([], VISIT, NOW, (), "client_1")
    assert refused.value.client_id == "client_1"


def test_where_none_pays_the_nearest_refusal_is_told() -> None:
    """The one with the fewest reasons, and of those the easiest to mend."""
    used, off = (story(of=terms(sessions=1)) for _ in range(2))
    used.do(cm.Deduct(Line("b"), builders.visit()))
    over_pass = story_at(Status.EXPIRED).state
    off.do(cm.Suspend())
    elsewhere = story(of=terms(coverage=Coverage(services=frozenset({"x"})))).state
    passes = [elsewhere, over_pass, off.state, used.state]
    expected = [PassExhausted, PassSuspended, PassExpired, NotCovered]
    for _ in range(4):
        for order in itertools.permutations(passes):
            with pytest.raises(expected[0]):
                choose(order, VISIT, NOW, (), "c")
        expected.pop(0)
        passes.pop()
        if not passes:
            break


def test_a_code_without_a_place_comes_last() -> None:
    """A refusal an embedder added is told only where there is no other."""

    class OutOfOrder(PassSuspended):
        code = "out_of_order"

    verdicts = explain([story().state, story_at(Status.SUSPENDED).state], VISIT, NOW, ())
    ours = [v for v in verdicts if not v.eligible]
    from attrs import evolve

    odd = evolve(ours[0], reasons=(OutOfOrder("pass_1"),))
    assert nearest([odd, *verdicts]).code == "pass_suspended"
    assert nearest([odd]).code == "out_of_order"
