"""Bookings made here: book, complete, cancel, no-show, undo (B1, B4, B6, C5)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import attrs
import pytest

from passcore import (
    Book,
    CancelBooking,
    CancelledBy,
    ClientRef,
    Complete,
    EditBusiness,
    NoShow,
    SweepExpired,
    Undo,
    book,
    cancel,
    complete,
    edit_business,
    no_show,
    sweep_expired,
    undo,
)
from passcore.domain.bookings import MAX_REVISION, BookingStatus, PaymentState
from passcore.domain.messages import wording
from passcore.errors import BookingConflict, Invalid, InvalidTransition, NotFound, TooEarly
from passcore.testing.builders import NOW
from passcore.usecases.views import BookingView, booking_view, booking_views
from tests.core.house import ANA, House

START = NOW + timedelta(days=3)


def _book(house: House, **fields: object) -> BookingView:
    command = Book(ANA, house.service.slug, START, **fields)  # type: ignore[arg-type]  # any field
    view: BookingView = house.run(book, command)
    return view


def _payment(view: BookingView) -> PaymentState | None:
    payment = view.booking.lines[0].payment
    return None if payment is None else payment.state


def test_booking_holds_and_says_what_it_costs(house: House) -> None:
    """Which pass pays, what is left, until when cancelling is free, in the business's time (C5)."""
    passed = house.assign()
    view = _book(house)
    assert _payment(view) is PaymentState.HELD
    (message,) = (m for m in house.messages() if m.notice.kind.value == "booking_confirmed")
    told = message.notice.values
    assert (told["code"], told["sessions"], told["remaining_after"]) == (passed.code, 1, 9)
    assert told["starts_local"] == told["free_cancel_until_local"] == "2027-03-04T13:00"
    assert told["time_zone"] == "Europe/Budapest"


def test_a_visit_may_be_booked_without_a_pass(house: House) -> None:
    """The client is made on the way; the mail names no pass."""
    view = _book(house, choice=None)
    assert _payment(view) is None
    (message,) = house.messages()
    assert message.notice.values["code"] is None
    house.run(complete, Complete(_moved_to_start(house, view)))
    house.run(undo, Undo(view.booking.id))


def _moved_to_start(house: House, view: BookingView) -> str:
    house.clock.set(START)
    return view.booking.id


def test_the_callers_own_name_makes_a_booking_once(house: House) -> None:
    """Again it is the same booking and one mail; for another visit it is a conflict."""
    passed = house.assign()
    first = _book(house, external_id="web-42")
    assert _book(house, external_id="web-42") == first
    with pytest.raises(BookingConflict):
        _book(house, external_id="web-42", seats=2)
    assert house.balance(passed.state.id).held == 1
    assert house.told().count("booking_confirmed") == 1
    with pytest.raises(Invalid):
        _book(house, external_id="a\0b")


def test_a_booking_needs_an_instant_and_a_service(house: House) -> None:
    """A local time without offset is for the adapters to resolve."""
    house.assign()
    with pytest.raises(Invalid):
        house.run(book, Book(ANA, house.service.id, datetime(2027, 3, 4, 12)))  # noqa: DTZ001  # naive on purpose
    with pytest.raises(NotFound):
        house.run(book, Book(ANA, "nothing", START))
    with pytest.raises(NotFound):
        house.run(book, Book(ClientRef(id="nobody"), house.service.id, START))


def test_a_visit_is_completed_once_from_a_day_before(house: House) -> None:
    """Exactly then; again it changes nothing."""
    passed = house.assign().state.id
    view = _book(house)
    house.clock.set(START - timedelta(days=1, microseconds=1))
    with pytest.raises(TooEarly) as refused:
        house.run(complete, Complete(view.booking.id))
    assert refused.value.not_before == START - timedelta(days=1)
    house.later(microseconds=1)
    done = house.run(complete, Complete(view.booking.ref))
    assert _payment(done) is PaymentState.CAPTURED
    assert house.run(complete, Complete(view.booking.id)) == done
    assert house.balance(passed).used == 1


@pytest.mark.parametrize("use_case", [complete, no_show])
def test_when_it_is_not_too_early_any_more_is_told_by_the_business_clock(use_case: Any) -> None:
    """People are not told UTC; the instant is the same."""
    house = House(time_zone="America/New_York", complete_window_hours=0)
    house.assign()
    view = _book(house)
    command = {complete: Complete, no_show: NoShow}[use_case](view.booking.id)
    with pytest.raises(TooEarly) as refused:
        house.run(use_case, command)
    assert refused.value.not_before == START
    there = START.astimezone(ZoneInfo("America/New_York"))
    assert wording(refused.value)[0].endswith(f" from {there:%Y-%m-%d %H:%M} EST on.")


def test_a_business_sets_how_early_a_visit_may_be_completed(house: House) -> None:
    """Not before its start, for one."""
    house.assign()
    view = _book(house)
    house.run(edit_business, EditBusiness({"complete_window_hours": 0}))
    house.clock.set(START - timedelta(microseconds=1))
    with pytest.raises(TooEarly):
        house.run(complete, Complete(view.booking.id))
    house.clock.set(START)
    house.run(complete, Complete(view.booking.id))


def test_a_visit_is_cancelled_once(house: House) -> None:
    """In time for nothing; by the business always."""
    passed = house.assign().state.id
    by_client, by_business = _book(house), _book(house)
    first = house.run(cancel, CancelBooking(by_client.booking.id))
    house.clock.set(START + timedelta(hours=1))
    assert house.run(cancel, CancelBooking(by_client.booking.id)) == first
    house.run(cancel, CancelBooking(by_business.booking.id, CancelledBy.BUSINESS))
    assert house.balance(passed).available == 10
    with pytest.raises(InvalidTransition):
        house.run(complete, Complete(by_client.booking.id))


def test_a_no_show_is_known_from_the_start_on(house: House) -> None:
    """Not before; again it changes nothing; it may turn out to have come."""
    passed = house.assign().state.id
    view = _book(house)
    with pytest.raises(TooEarly):
        house.run(no_show, NoShow(view.booking.id))
    house.clock.set(START)
    missed = house.run(no_show, NoShow(view.booking.id))
    assert _payment(missed) is PaymentState.FORFEITED
    assert house.run(no_show, NoShow(view.booking.id)) == missed
    done = house.run(complete, Complete(view.booking.id))
    assert (_payment(done), house.balance(passed).used) == (PaymentState.CAPTURED, 1)
    assert house.run(no_show, NoShow(view.booking.id)).booking.status is BookingStatus.NO_SHOW


def test_every_outcome_can_be_undone(house: House) -> None:
    """Back to booked, with its hold (B6)."""
    passed = house.assign().state.id
    view = _book(house)
    assert house.run(undo, Undo(view.booking.id)) == view
    house.clock.set(START)
    for use_case, command in (
        (complete, Complete(view.booking.id)),
        (no_show, NoShow(view.booking.id)),
        (cancel, CancelBooking(view.booking.id)),
    ):
        house.run(use_case, command)
        back = house.run(undo, Undo(view.booking.id))
        assert (back.booking.status, _payment(back)) == (BookingStatus.BOOKED, PaymentState.HELD)
        b = house.balance(passed)
        assert (b.used, b.held, b.available) == (0, 1, 9)


def test_a_completion_undone_here_on_a_pass_that_ended_lapses(house: House) -> None:
    """Back and expired in one; completing again takes it from there (R9, R11)."""
    passed = house.assign().state.id
    view = _book(house)
    house.clock.set(START)
    house.run(complete, Complete(view.booking.id))
    house.later(days=200)
    house.run(sweep_expired, SweepExpired())
    back = house.run(undo, Undo(view.booking.id))
    assert (back.booking.status, _payment(back)) == (BookingStatus.BOOKED, PaymentState.RELEASED)
    b = house.balance(passed)
    assert (b.used, b.held, b.available, b.expired) == (0, 0, 0, 10)
    house.run(complete, Complete(view.booking.id))
    assert (house.balance(passed).used, house.balance(passed).expired) == (1, 9)


def test_a_booking_that_moved_too_often_moves_no_more(house: House) -> None:
    """Its revision is a number that a database can hold."""
    house.assign()
    view = _book(house)
    with house.store.begin(house.id) as tx:
        worn = attrs.evolve(view.booking, revision=MAX_REVISION, version=2)
        tx.bookings.put([worn])
    with pytest.raises(Invalid):
        house.run(cancel, CancelBooking(view.booking.id))


def test_a_booking_is_shown_with_all_it_names(house: House) -> None:
    """As it was answered."""
    house.assign()
    view = _book(house)
    with house.store.begin(house.id) as tx:
        assert booking_view(tx, tx.bookings.get(view.booking.id)) == view
        with pytest.raises(NotFound):
            tx.bookings.get("nothing")


def test_a_list_of_bookings_is_shown_as_each_of_them(house: House) -> None:
    """With a pass that pays or without, in the order given; none is none."""
    house.assign()
    shown = [_book(house, choice=choice) for choice in ("auto", None, "auto")]
    with house.store.begin(house.id, write=False) as tx:
        assert booking_views(tx, [view.booking for view in shown]) == shown
        assert booking_views(tx, []) == []
    assert [len(view.codes) for view in shown] == [1, 0, 1]
