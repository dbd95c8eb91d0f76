"""Reconciling: orders whose event may be lost each have their turn, however many wait (K4)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from passcore import Order, Relay
from passcore.domain.orders import LATEST_QUESTION, SOONEST_QUESTION, OrderStatus
from passcore.relay import LEASE, POLL_AFTER
from passcore.testing import builders
from passcore.testing.builders import NOW
from tests.core.house import House

ROUND = timedelta(minutes=1)
#: More than one round asks about.
CROWD = 130


def _abandon(house: House, number: int) -> list[Order]:
    """Orders whose checkout was opened and left."""
    return [house.relay.start_checkout(house.id, house.order().id) for _ in range(number)]


def _asked(house: House) -> int:
    """How many payments the provider was asked for since the last time."""
    questions = [call for call in house.gateway.calls if isinstance(call, tuple)]
    house.gateway.calls.clear()
    return len(questions)


def test_orders_nobody_pays_do_not_keep_a_newer_paid_one_waiting(house: House) -> None:
    """However long they have been there, and though they fill every round."""
    _abandon(house, CROWD)
    house.clock.move(timedelta(days=1))
    for _ in range(3):
        house.relay.reconcile()
        house.clock.move(ROUND)
    lost = house.paid_order()
    house.clock.move(POLL_AFTER)
    house.relay.reconcile()
    assert house.order_now(lost.id).status is OrderStatus.FULFILLED


def test_a_crowd_that_is_due_at_once_has_its_turn_round_after_round(house: House) -> None:
    """Each is asked about once before any is asked again, and a round asks about a hundred."""
    orders = _abandon(house, CROWD)
    house.clock.move(timedelta(days=1))
    _asked(house)
    assert [house.relay.reconcile() for _ in range(3)] == [100, CROWD - 100, 0]
    assert _asked(house) == CROWD
    lost = orders[-1]
    assert lost.checkout_ref is not None
    house.gateway.pay(lost.checkout_ref)
    house.clock.move(timedelta(hours=6))
    while house.relay.reconcile():
        pass
    assert house.order_now(lost.id).status is OrderStatus.FULFILLED


def test_the_distance_between_questions_grows(house: House) -> None:
    """An order that nobody pays costs a few dozen questions in a month, not one a minute."""
    _abandon(house, 1)
    _asked(house)
    asked = 0
    for _ in range(30 * 24 * 6):
        house.clock.move(timedelta(minutes=10))
        asked += house.relay.reconcile()
    assert asked == _asked(house)
    assert 40 < asked < 60


def test_the_turns_survive_a_restart(house: House) -> None:
    """They are the store's: another worker goes on where the first ended."""
    _abandon(house, CROWD)
    house.clock.move(POLL_AFTER)
    first, second = (Relay(house.app, house.outward()) for _ in range(2))
    assert (first.reconcile(), second.reconcile()) == (100, CROWD - 100)
    assert Relay(house.app, house.outward()).reconcile() == 0


def test_an_order_whose_worker_died_is_asked_about_after_the_lease(house: House) -> None:
    """It was claimed, and nothing was done with it."""
    lost = house.paid_order()
    house.clock.move(POLL_AFTER)
    now = house.clock.now()
    with house.store.registry() as registry:
        assert registry.claim_orders(now, now + LEASE, 9, placed_before=now)
    assert house.relay.reconcile() == 0
    house.clock.move(LEASE)
    assert house.relay.reconcile() == 1
    assert house.order_now(lost.id).status is OrderStatus.FULFILLED


def test_an_order_that_breaks_the_adapter_keeps_no_other_from_its_turn(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The fault is raised for the worker to log, when the others had theirs."""
    broken = house.paid_order()
    house.clock.move(ROUND)
    lost = house.paid_order()
    fetch = house.gateway.fetch_payment

    def fetch_payment(**names: Any) -> Any:
        if names["checkout_ref"] == broken.checkout_ref:
            raise KeyError("metadata")
        return fetch(**names)

    monkeypatch.setattr(house.gateway, "fetch_payment", fetch_payment)
    house.clock.move(POLL_AFTER)
    with pytest.raises(KeyError):
        house.relay.reconcile()
    assert house.order_now(lost.id).status is OrderStatus.FULFILLED


@pytest.mark.parametrize(
    ("age", "pause"),
    [
        (timedelta(0), SOONEST_QUESTION),
        (-timedelta(days=1), SOONEST_QUESTION),
        (timedelta(minutes=4), SOONEST_QUESTION),
        (timedelta(minutes=6), timedelta(minutes=1.5)),
        (timedelta(days=2), timedelta(hours=12)),
        (timedelta(days=4), LATEST_QUESTION),
        (timedelta(days=400), LATEST_QUESTION),
    ],
)
def test_the_next_question_comes_after_a_quarter_of_the_age(
    age: timedelta, pause: timedelta
) -> None:
    """Within bounds, also where the clock was set back."""
    order = builders.order("client_1", builders.terms(), created_at=NOW - age)
    assert order.next_question(NOW) == NOW + pause
