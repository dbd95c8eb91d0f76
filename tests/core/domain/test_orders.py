"""Orders: the one table of transitions (S1)."""

from __future__ import annotations

import itertools

import pytest

from passcore.domain.orders import TRANSITIONS, OrderEvent, OrderStatus
from passcore.errors import InvalidTransition
from passcore.testing import builders

#: The table once more, in words: event -> from -> to.
WRITTEN = {
    "place_online": {"drafted": "awaiting_payment"},
    "place_for_approval": {"drafted": "awaiting_approval"},
    "pay": {"drafted": "paid", "awaiting_payment": "paid"},
    "approve": {"awaiting_approval": "paid"},
    "decline": {"awaiting_approval": "cancelled"},
    "cancel": {
        "drafted": "cancelled",
        "awaiting_payment": "cancelled",
        "awaiting_approval": "cancelled",
    },
    "fulfil": {"paid": "fulfilled"},
    "refund_part": {"fulfilled": "part_refunded", "part_refunded": "part_refunded"},
    "refund_whole": {"paid": "refunded", "fulfilled": "refunded", "part_refunded": "refunded"},
    "dispute": {"fulfilled": "disputed", "part_refunded": "disputed"},
    "win_dispute": {"disputed": "fulfilled"},
    "lose_dispute": {"disputed": "refunded"},
}


@pytest.mark.parametrize(
    ("status", "event"), list(itertools.product(OrderStatus, OrderEvent)), ids=str
)
def test_an_order_goes_where_the_table_says(status: OrderStatus, event: OrderEvent) -> None:
    """Every state with every event: led on, or refused and unchanged."""
    order = builders.order("client_1", builders.terms(), status=status)
    leads_to = WRITTEN[event.value].get(status.value)
    assert order.can(event) == (leads_to is not None)
    if leads_to is not None:
        assert order.moved(event).status is OrderStatus(leads_to)
    else:
        with pytest.raises(InvalidTransition) as refused:
            order.moved(event)
        fields = {"what": "order", "state": status.value, "attempt": event.value}
        assert refused.value.fields() == fields


def test_nothing_leads_on_from_the_end() -> None:
    """A cancelled or refunded order stays so; every other state leads to an end."""
    ends = {OrderStatus.CANCELLED, OrderStatus.REFUNDED}
    assert not {status for status, _ in TRANSITIONS} & ends
    for start in OrderStatus:
        reached = {start}
        while True:
            more = {to for (status, _), to in TRANSITIONS.items() if status in reached} - reached
            if not more:
                break
            reached |= more
        assert reached & ends
