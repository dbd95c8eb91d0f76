"""Orders: a purchase and its one table of transitions (S1)."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from enum import Enum
from typing import Final

import attrs

from passcore.domain.money import Money
from passcore.domain.products import PaymentMethod, Terms
from passcore.errors import InvalidTransition


class OrderStatus(str, Enum):
    """Where a purchase stands."""

    DRAFTED = "drafted"
    AWAITING_PAYMENT = "awaiting_payment"
    AWAITING_APPROVAL = "awaiting_approval"
    PAID = "paid"
    FULFILLED = "fulfilled"
    CANCELLED = "cancelled"
    PART_REFUNDED = "part_refunded"
    REFUNDED = "refunded"
    DISPUTED = "disputed"


class OrderEvent(str, Enum):
    """What can happen to a purchase."""

    PLACE_ONLINE = "place_online"
    PLACE_FOR_APPROVAL = "place_for_approval"
    PAY = "pay"
    APPROVE = "approve"
    DECLINE = "decline"
    CANCEL = "cancel"
    FULFIL = "fulfil"
    REFUND_PART = "refund_part"
    REFUND_WHOLE = "refund_whole"
    DISPUTE = "dispute"
    WIN_DISPUTE = "win_dispute"
    LOSE_DISPUTE = "lose_dispute"


_S, _E = OrderStatus, OrderEvent

#: The whole life of an order. What is not here is refused with `InvalidTransition`.
TRANSITIONS: Final[dict[tuple[OrderStatus, OrderEvent], OrderStatus]] = {
    (_S.DRAFTED, _E.PLACE_ONLINE): _S.AWAITING_PAYMENT,
    (_S.DRAFTED, _E.PLACE_FOR_APPROVAL): _S.AWAITING_APPROVAL,
    (_S.DRAFTED, _E.PAY): _S.PAID,
    (_S.DRAFTED, _E.CANCEL): _S.CANCELLED,
    (_S.AWAITING_PAYMENT, _E.PAY): _S.PAID,
    (_S.AWAITING_PAYMENT, _E.CANCEL): _S.CANCELLED,
    (_S.AWAITING_APPROVAL, _E.APPROVE): _S.PAID,
    (_S.AWAITING_APPROVAL, _E.DECLINE): _S.CANCELLED,
    (_S.AWAITING_APPROVAL, _E.CANCEL): _S.CANCELLED,
    (_S.PAID, _E.FULFIL): _S.FULFILLED,
    (_S.PAID, _E.REFUND_WHOLE): _S.REFUNDED,
    (_S.FULFILLED, _E.REFUND_PART): _S.PART_REFUNDED,
    (_S.FULFILLED, _E.REFUND_WHOLE): _S.REFUNDED,
    (_S.FULFILLED, _E.DISPUTE): _S.DISPUTED,
    (_S.PART_REFUNDED, _E.REFUND_PART): _S.PART_REFUNDED,
    (_S.PART_REFUNDED, _E.REFUND_WHOLE): _S.REFUNDED,
    (_S.PART_REFUNDED, _E.DISPUTE): _S.DISPUTED,
    (_S.DISPUTED, _E.WIN_DISPUTE): _S.FULFILLED,
    (_S.DISPUTED, _E.LOSE_DISPUTE): _S.REFUNDED,
}


def transition(status: OrderStatus, event: OrderEvent) -> OrderStatus:
    """Return where *event* takes an order at *status*; raises `InvalidTransition`."""
    try:
        return TRANSITIONS[status, event]
    except KeyError:
        raise InvalidTransition("order", status.value, event.value) from None


#: How soon, and how late at most, a provider is asked about the same order again.
SOONEST_QUESTION: Final = timedelta(minutes=1)
LATEST_QUESTION: Final = timedelta(days=1)


@attrs.frozen
class Order:
    """A purchase of one product by one client; `terms` are those offered when it was placed.

    `provider_key` is sent to the payment provider with every attempt, so that all attempts are one.
    `pass_id` is the pass it gave, from the start where the pass waits for approval. `renews` names
    the pass this one follows.
    """

    id: str
    client_id: str
    product_id: str
    terms: Terms
    price: Money
    method: PaymentMethod
    status: OrderStatus
    provider_key: str
    created_at: datetime
    provider: str | None = None
    checkout_ref: str | None = None
    checkout_url: str | None = None
    success_url: str | None = None
    pass_id: str | None = None
    renews: str | None = None
    starts_on: date | None = None
    version: int = 1

    def can(self, event: OrderEvent) -> bool:
        """Tell whether *event* is possible now."""
        return (self.status, event) in TRANSITIONS

    def moved(self, event: OrderEvent) -> Order:
        """Return the order after *event*; raises `InvalidTransition`."""
        return attrs.evolve(self, status=transition(self.status, event))

    def next_question(self, now: datetime) -> datetime:
        """Return when the provider, asked *now* about an order that waits, is asked again.

        The distance grows by a quarter of the order's age, so that one that nobody pays costs ever
        less and one whose event was lost is found before it is a quarter older.
        """
        pause = (now - self.created_at) / 4
        return now + min(max(pause, SOONEST_QUESTION), LATEST_QUESTION)
