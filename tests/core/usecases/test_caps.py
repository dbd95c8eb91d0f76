"""Caps at work: which pass pays once one is reached, moved and called-off visits, who is told what
(C3, C4, L5)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from passcore import (
    AddService,
    Book,
    CancelBooking,
    CancelPolicy,
    CancelTier,
    Cap,
    CapReached,
    CapWindow,
    Complete,
    EditProduct,
    ExplainVisit,
    NoShow,
    Undo,
    add_service,
    book,
    cancel,
    complete,
    edit_product,
    explain_visit,
    no_show,
    undo,
)
from passcore.domain.bookings import PaymentState
from passcore.errors import Invalid
from passcore.testing.builders import NOW
from passcore.usecases.views import BookingView
from tests.core.house import ANA, House

DAY = timedelta(days=1)
STRICT = CancelPolicy((CancelTier(24 * 60, 0),))


def _flat(house: House, *caps: str, **fields: Any) -> str:
    """Give Ana an unlimited pass with *caps*; return its id."""
    named = tuple(map(Cap.parse, caps))
    product = house.add_product("Flat", None, caps=named, priority=1, **fields)
    return house.assign(product).state.id


def _book(house: House, days: float = 1, **fields: Any) -> BookingView:
    fields.setdefault("service", house.service.id)
    view: BookingView = house.run(book, Book(ANA, starts_at=NOW + days * DAY, **fields))
    return view


def _payer(view: BookingView) -> str | None:
    payment = view.booking.lines[0].payment
    return None if payment is None else payment.pass_id


def test_where_a_cap_is_reached_the_next_pass_pays(house: House) -> None:
    """And the first one again in the next window; both count what is held (C4)."""
    flat, ten = _flat(house, "2/week"), house.assign().state.id
    payers = [_payer(_book(house, days)) for days in (1, 2, 3, 8)]
    assert payers == [flat, flat, ten, flat]
    assert house.damage() == ()


def test_a_walk_in_goes_on_to_the_next_pass_as_well(house: House) -> None:
    """A report of a completed visit that nobody booked (B1)."""
    flat, ten = _flat(house, "1/day"), house.assign().state.id
    views = [house.report(ref=f"visit-{n}").view for n in range(2)]
    assert list(map(_payer, views)) == [flat, ten]


def test_without_another_pass_the_visit_is_refused(house: House) -> None:
    """Saying from which day on it pays again; nothing is changed."""
    flat = _flat(house, "1/week")
    _book(house)
    before = house.state(flat)
    with pytest.raises(CapReached) as refused:
        _book(house, 3)
    assert refused.value == CapReached(flat, 1, "week", "week", 1, free_from=date(2027, 3, 8))
    assert house.state(flat) == before
    _book(house, 7)


def test_a_named_pass_is_not_replaced_by_another(house: House) -> None:
    """The caller's choice stands, and is refused."""
    flat = _flat(house, "1/day")
    house.assign()
    _book(house, choice=flat)
    with pytest.raises(CapReached):
        _book(house, choice=flat)


def test_explain_tells_the_cap_and_who_pays_instead(house: House) -> None:
    """In the order of use, with what would mend it (C4, L5)."""
    flat, ten = _flat(house, "1/week"), house.assign().state.id
    _book(house)
    found = house.run(
        explain_visit, ExplainVisit(house.service.id, NOW + 2 * DAY, client=ANA.email)
    )
    first, second = found.verdicts
    assert [first.state.id, second.state.id] == [flat, ten]
    assert [reason.code for reason in first.reasons] == ["cap_reached"]
    assert found.chosen is second


def test_a_visit_moved_within_its_window_does_not_count_against_itself(house: House) -> None:
    """Another system moves it by a day, and by an hour (B2)."""
    flat = _flat(house, "1/week")
    for revision, days in ((1, 1), (2, 2), (3, 2.04)):
        told = house.report("booked", revision, starts_at=NOW + days * DAY)
        assert (told.applied, _payer(told.view)) == (True, flat)
    assert [visit.day for _, visit in house.state(flat).counted] == [date(2027, 3, 3)]


def test_a_visit_moved_across_the_edge_of_a_window_frees_one_and_fills_the_other(
    house: House,
) -> None:
    """Into a week that is full it is refused and stays where it was."""
    flat = _flat(house, "1/week")
    house.report("booked", 1)
    house.report("booked", 1, ref="visit-2", starts_at=NOW + 8 * DAY)
    with pytest.raises(CapReached):
        house.report("booked", 2, starts_at=NOW + 7 * DAY)
    assert [visit.day for _, visit in house.state(flat).counted] == [
        date(2027, 3, 2),
        date(2027, 3, 9),
    ]
    house.report("booked", 2, starts_at=NOW + 14 * DAY)
    assert _payer(house.report("booked", 1, ref="visit-3").view) == flat
    assert house.damage() == ()


def test_a_moved_visit_goes_on_to_the_next_pass(house: House) -> None:
    """Where the one that paid so far is full in the other week, its session comes back."""
    flat, ten = _flat(house, "1/week"), house.assign().state.id
    house.report("booked", 1)
    house.report("booked", 1, ref="visit-2", starts_at=NOW + 8 * DAY)
    moved = house.report("booked", 2, starts_at=NOW + 7 * DAY)
    assert _payer(moved.view) == ten
    assert len(house.state(flat).counted) == 1


def test_called_off_in_time_it_does_not_count_and_too_late_it_does(house: House) -> None:
    """As the cancel policy has it; the business itself always gives back (B4)."""
    flat = _flat(house, "1/day", cancel=STRICT)
    first = _book(house, 2)
    house.run(cancel, CancelBooking(first.booking.id))
    second = _book(house, 2)
    house.later(hours=36)
    view = house.run(cancel, CancelBooking(second.booking.id))
    assert view.booking.lines[0].payment.state is PaymentState.FORFEITED
    assert len(house.state(flat).counted) == 1
    with pytest.raises(CapReached):
        _book(house, 2)


def test_a_no_show_counts_until_it_is_undone(house: House) -> None:
    """Undone it is booked again, and counts as that: it needs no second place (B6)."""
    flat = _flat(house, "1/day")
    booking = _book(house).booking.id
    house.later(days=1, hours=1)
    house.run(no_show, NoShow(booking))
    for step in (undo, complete, undo):
        command = Undo(booking) if step is undo else Complete(booking)
        view = house.run(step, command)
        assert _payer(view) == flat
        assert len(house.state(flat).counted) == 1
    assert house.damage() == ()


def test_a_visit_that_nobody_came_to_is_recorded_without_a_pass_where_a_cap_is_reached(
    house: House,
) -> None:
    """It was never booked here, and did not take place: nothing is refused."""
    _flat(house, "1/day")
    house.report("completed")
    told = house.report("no_show", ref="visit-2")
    assert (told.applied, _payer(told.view)) == (True, None)


def test_reports_in_another_order_come_to_the_same(house: House) -> None:
    """The late booking of a visit that was moved meanwhile takes no place (B2)."""
    flat = _flat(house, "1/week")
    house.report("booked", 2, starts_at=NOW + 8 * DAY)
    assert house.report("booked", 1).applied is False
    assert _payer(house.report("booked", 1, ref="visit-2").view) == flat
    assert len(house.state(flat).counted) == 2


def test_a_subset_is_named_by_service_or_category(house: House) -> None:
    """By slug or id, as covers are; frozen as ids, so a renamed service stays meant."""
    yoga = house.run(add_service, AddService("Yoga", category="Mind"))
    flat = _flat(house, "1/day:yoga", f"2/week:{house.service.id},mind")
    day, week = house.state(flat).terms.caps
    assert day == Cap(1, CapWindow.DAY, services=frozenset({yoga.id}))
    reformer, mind = frozenset({house.service.id}), frozenset({"mind"})
    assert week == Cap(2, CapWindow.WEEK, None, reformer, mind)
    _book(house, service="yoga")
    _book(house)
    with pytest.raises(CapReached) as refused:
        _book(house, service="yoga")
    assert refused.value.window == "day"


@pytest.mark.parametrize("text", ["1/day:nothing", "1/day:yoga,nothing"])
def test_a_subset_of_nothing_known_is_invalid(house: House, text: str) -> None:
    house.run(add_service, AddService("Yoga"))
    with pytest.raises(Invalid, match="caps"):
        _flat(house, text)


def test_new_caps_make_a_new_version_and_leave_what_was_sold(house: House) -> None:
    """Also where they are taken away (Terms are frozen at the sale)."""
    product = house.add_product("Flat", None)
    sold = house.assign(product).state.id
    for caps, version in (((Cap(1, CapWindow.DAY),), 2), ((), 3)):
        edited = house.run(edit_product, EditProduct(product.id, {"caps": caps}))
        assert (edited.terms.caps, edited.terms.version) == (caps, version)
    assert house.state(sold).terms.caps == ()
