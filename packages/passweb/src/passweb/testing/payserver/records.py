"""What the test payment server keeps, and how each thing looks over the wire."""

from __future__ import annotations

import random
import secrets
import string
from typing import Final

import attrs

from passweb.testing.payserver.problem import Json

_LETTERS: Final = string.ascii_letters + string.digits

#: Decimal places of currencies that do not have two, as the provider counts them.
_PLACES: Final = {
    **dict.fromkeys("BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF".split(), 0),
    **dict.fromkeys("BHD JOD KWD OMR TND".split(), 3),
}


class Names:
    """Makes ids; with a seed the same ones in the same order."""

    def __init__(self, seed: int | None) -> None:
        self._random = random.Random(seed) if seed is not None else secrets.SystemRandom()

    def new(self, prefix: str) -> str:
        """Return a new id such as `pi_` and 24 letters and digits."""
        return f"{prefix}_{''.join(self._random.choices(_LETTERS, k=24))}"


def in_words(amount: int, currency: str) -> str:
    """Return an amount for people, for example `120.00 EUR`."""
    code = currency.upper()
    places = _PLACES.get(code, 2)
    whole, rest = divmod(amount, 10**places)
    return f"{whole}.{rest:0{places}d} {code}" if places else f"{whole} {code}"


@attrs.define
class Customer:
    """A client with a saved card."""

    id: str
    created: int
    livemode: bool
    email: str | None
    metadata: dict[str, str] = attrs.field(factory=dict)

    def json(self) -> Json:
        """Return it as it goes over the wire."""
        return {"object": "customer", **attrs.asdict(self)}


@attrs.define
class Card:
    """A payment method; *declines* is the code a charge on it is declined with."""

    id: str
    created: int
    livemode: bool
    customer: str | None
    declines: str | None = None

    def json(self) -> Json:
        """Return it as it goes over the wire."""
        return {
            "object": "payment_method",
            "id": self.id,
            "created": self.created,
            "livemode": self.livemode,
            "customer": self.customer,
            "type": "card",
            "card": {"brand": "visa", "last4": "4242", "exp_month": 12, "exp_year": 2034},
        }


@attrs.define
class Session:
    """A Checkout Session; the parameters that make its PaymentIntent wait in it."""

    id: str
    created: int
    livemode: bool
    amount: int
    currency: str
    title: str
    url: str
    success_url: str
    cancel_url: str | None
    reference: str | None
    metadata: dict[str, str]
    intent_metadata: dict[str, str]
    customer: str | None
    customer_email: str | None
    customer_creation: str | None
    save_card: bool
    status: str = "open"
    payment_status: str = "unpaid"
    payment_intent: str | None = None

    def json(self) -> Json:
        """Return it as it goes over the wire."""
        return {
            "object": "checkout.session",
            "id": self.id,
            "created": self.created,
            "livemode": self.livemode,
            "mode": "payment",
            "amount_subtotal": self.amount,
            "amount_total": self.amount,
            "currency": self.currency,
            "cancel_url": self.cancel_url,
            "success_url": self.success_url,
            "client_reference_id": self.reference,
            "customer": self.customer,
            "customer_creation": self.customer_creation,
            "customer_email": self.customer_email,
            "customer_details": {"email": self.customer_email},
            "expires_at": self.created + 24 * 3600,
            "metadata": dict(self.metadata),
            "payment_intent": self.payment_intent,
            "payment_status": self.payment_status,
            "status": self.status,
            # Only an open session has a page.
            "url": self.url if self.status == "open" else None,
        }

    @property
    def return_url(self) -> str:
        """Where the client goes after paying."""
        return self.success_url.replace("{CHECKOUT_SESSION_ID}", self.id)


@attrs.define
class Intent:
    """A PaymentIntent; *received* is what came in, where it is not what was asked for."""

    id: str
    created: int
    livemode: bool
    amount: int
    currency: str
    metadata: dict[str, str]
    description: str | None
    customer: str | None
    payment_method: str | None
    setup_future_usage: str | None = None
    status: str = "requires_payment_method"
    latest_charge: str | None = None
    last_payment_error: Json | None = None
    received: int | None = None

    def json(self) -> Json:
        """Return it as it goes over the wire."""
        shown = attrs.asdict(self)
        other = shown.pop("received")
        received = self.amount if other is None else other
        return {
            "object": "payment_intent",
            **shown,
            "amount_received": received if self.status == "succeeded" else 0,
            "client_secret": f"{self.id}_secret_test",
            "capture_method": "automatic_async",
        }


@attrs.define
class Charge:
    """One attempt to take the money; *refunded* is cumulative."""

    id: str
    created: int
    livemode: bool
    amount: int
    currency: str
    payment_intent: str
    customer: str | None
    payment_method: str | None
    status: str
    metadata: dict[str, str]
    refunded: int = 0
    disputed: bool = False

    def json(self) -> Json:
        """Return it as it goes over the wire."""
        paid = self.status == "succeeded"
        shown = attrs.asdict(self)
        shown["amount_refunded"] = shown.pop("refunded")
        return {
            "object": "charge",
            **shown,
            "amount_captured": self.amount if paid else 0,
            "captured": paid,
            "paid": paid,
            "refunded": paid and self.refunded == self.amount,
        }


@attrs.define
class Refund:
    """Money given back."""

    id: str
    created: int
    amount: int
    currency: str
    charge: str
    payment_intent: str
    status: str
    reason: str | None
    metadata: dict[str, str]

    def json(self) -> Json:
        """Return it as it goes over the wire."""
        return {"object": "refund", **attrs.asdict(self)}


@attrs.define
class Dispute:
    """A client's bank taking the money back."""

    id: str
    created: int
    livemode: bool
    amount: int
    currency: str
    charge: str
    payment_intent: str
    status: str
    reason: str = "fraudulent"

    def json(self) -> Json:
        """Return it as it goes over the wire."""
        return {"object": "dispute", **attrs.asdict(self)}


Record = Customer | Card | Session | Intent | Charge | Refund | Dispute


@attrs.frozen
class Event:
    """Something that happened, with its object as it was then."""

    id: str
    created: int
    livemode: bool
    kind: str
    subject: Json

    def json(self) -> Json:
        """Return it as it goes over the wire."""
        return {
            "object": "event",
            "id": self.id,
            "api_version": "2026-10-28.endive",
            "created": self.created,
            "livemode": self.livemode,
            "pending_webhooks": 1,
            "request": {"id": None, "idempotency_key": None},
            "type": self.kind,
            "data": {"object": self.subject},
        }
