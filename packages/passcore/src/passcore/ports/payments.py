"""The payment port: what every payment provider can be asked, in the core's own words.

An adapter maps its provider's protocol to these calls. It never decides: amounts are compared,
passes issued and orders moved by the use cases, on what `fetch_payment` answers.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from typing import Protocol

import attrs

from passcore.domain.money import Money


class PaymentState(str, Enum):
    """Where a payment stands at its provider."""

    OPEN = "open"  # nobody has paid yet, the checkout can still be used
    PROCESSING = "processing"  # paid with a delayed method, the money is not there yet
    SUCCEEDED = "succeeded"
    FAILED = "failed"  # cannot be paid any more (declined for good, expired, cancelled)


@attrs.frozen
class CheckoutRequest:
    """Everything a provider needs to let a client pay one order on the provider's own page.

    `key` is the order's stored idempotency key: the same key always gives the same checkout.
    """

    business_id: str
    order_id: str
    key: str
    amount: Money
    title: str
    client_email: str
    success_url: str
    cancel_url: str
    save_card: bool = False
    customer_ref: str | None = None


@attrs.frozen
class Checkout:
    """A started checkout: its id at the provider and the page to send the client to."""

    ref: str
    url: str


@attrs.frozen
class ProviderPayment:
    """A payment as its provider tells it now, fetched, never taken from an event's body.

    `payment_ref` names the payment for ever and is what fulfilment is keyed by; it may be None
    while nobody has paid. `refunded` is the cumulative amount. `customer_ref` and `card_ref`
    are set where the client let the card be saved.
    """

    provider: str
    checkout_ref: str | None
    payment_ref: str | None
    order_id: str | None
    business_id: str | None
    state: PaymentState
    amount: Money
    refunded: Money
    live: bool
    customer_ref: str | None = None
    card_ref: str | None = None


@attrs.frozen
class ChargeRequest:
    """Charge a saved card without the client present (renewal)."""

    business_id: str
    order_id: str
    key: str
    amount: Money
    title: str
    customer_ref: str
    card_ref: str


@attrs.frozen
class RefundRequest:
    """Give *amount* of a payment back; `key` is the refund's own stored id."""

    key: str
    payment_ref: str
    amount: Money


@attrs.frozen
class ProviderRefund:
    """A refund as its provider tells it; `settled` is False while the provider works on it."""

    ref: str
    payment_ref: str
    amount: Money
    settled: bool
    failed: bool = False


@attrs.frozen
class ProviderEvent:
    """A verified event: which payment to fetch because something happened to it.

    One of `checkout_ref` and `payment_ref` is set where the event is about a payment; both are
    None for kinds the product has no use for.
    """

    event_id: str
    kind: str
    checkout_ref: str | None
    payment_ref: str | None


class PaymentGateway(Protocol):
    """One provider account of one business.

    Every call but `verify_event` goes over the network and may raise `ProviderUnavailable`
    (outcome unknown: try again with the same key) or `ProviderRefused` (the provider said no).
    """

    @property
    def name(self) -> str:
        """The provider's name in addresses and records, for example ``stripe``."""
        ...

    def start_checkout(self, request: CheckoutRequest) -> Checkout: ...

    def fetch_payment(
        self, *, checkout_ref: str | None = None, payment_ref: str | None = None
    ) -> ProviderPayment: ...

    def charge(self, request: ChargeRequest) -> ProviderPayment: ...

    def refund(self, request: RefundRequest) -> ProviderRefund: ...

    def verify_event(
        self, headers: Mapping[str, str], body: bytes, *, now: datetime
    ) -> ProviderEvent:
        """Check the signature over the raw *body* and say what it is about.

        *headers* have lower-case names. Raises `SignatureInvalid` for anything that is not a
        fresh, correctly signed event: wrong or missing signature, a time more than 300 seconds
        from *now* in either direction, a body that does not parse.
        """
        ...
