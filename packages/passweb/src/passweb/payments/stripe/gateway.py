"""The payment port on Stripe's official library.

Every call carries the caller's own idempotency key and is sent once: when no answer comes, the
outcome is unknown, and only the caller knows when to ask again with the same key. Calls are
synchronous and safe from many threads.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Final

from passcore.errors import Invalid
from passcore.ports.payments import (
    ChargeRequest,
    Checkout,
    CheckoutRequest,
    ProviderEvent,
    ProviderPayment,
    ProviderRefund,
    RefundRequest,
)
from passweb.payments.stripe import mapping, signature
from passweb.payments.stripe.amounts import PROVIDER, to_stripe
from passweb.payments.stripe.faults import translate
from passweb.payments.stripe.mapping import Answer
from passweb.payments.stripe.settings import StripeSettings

if TYPE_CHECKING:
    import stripe
    from stripe.params import PaymentIntentCreateParams, RefundCreateParams
    from stripe.params.checkout import SessionCreateParams, SessionCreateParamsPaymentIntentData

__all__ = ["StripeGateway"]

_EXPAND_SESSION: Final = ["payment_intent.latest_charge"]
_EXPAND_INTENT: Final = ["latest_charge"]
_MAX_TITLE: Final = 250


class StripeGateway:
    """One Stripe account as a `passcore.ports.payments.PaymentGateway`."""

    def __init__(self, settings: StripeSettings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._connected: stripe.StripeClient | None = None

    @property
    def name(self) -> str:
        """The provider's name in addresses and records."""
        return PROVIDER

    def start_checkout(self, request: CheckoutRequest) -> Checkout:
        """Create the order's Checkout Session, or return the one its key made before."""
        params = _session_params(request)
        with self._calling() as client:
            session = client.v1.checkout.sessions.create(params, {"idempotency_key": request.key})
            return mapping.checkout(Answer(session.to_dict()))

    def fetch_payment(
        self, *, checkout_ref: str | None = None, payment_ref: str | None = None
    ) -> ProviderPayment:
        """Ask for a payment by its Checkout Session, else by its PaymentIntent."""
        if checkout_ref:
            return self._fetch_session(checkout_ref)
        if payment_ref:
            return self._fetch_intent(payment_ref)
        raise Invalid(field="payment_ref", problem="or checkout_ref is needed")

    def charge(self, request: ChargeRequest) -> ProviderPayment:
        """Charge a saved card; `ProviderRefused` when it is declined or wants its owner."""
        params: PaymentIntentCreateParams = {
            "amount": to_stripe(request.amount),
            "currency": request.amount.currency.lower(),
            "customer": request.customer_ref,
            "payment_method": request.card_ref,
            "off_session": True,
            "confirm": True,
            # Without it an account with redirecting methods wants a page to return to.
            "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
            "description": request.title[:_MAX_TITLE],
            "metadata": _metadata(request.business_id, request.order_id),
            "expand": _EXPAND_INTENT,
        }
        with self._calling() as client:
            intent = client.v1.payment_intents.create(params, {"idempotency_key": request.key})
            return mapping.payment_of_intent(Answer(intent.to_dict()), live=self._settings.live)

    def refund(self, request: RefundRequest) -> ProviderRefund:
        """Refund *amount* of the payment, once per key."""
        params: RefundCreateParams = {
            "payment_intent": request.payment_ref,
            "amount": to_stripe(request.amount),
        }
        with self._calling() as client:
            refund = client.v1.refunds.create(params, {"idempotency_key": request.key})
            return mapping.refund(Answer(refund.to_dict()))

    def verify_event(
        self, headers: Mapping[str, str], body: bytes, *, now: datetime
    ) -> ProviderEvent:
        """Check the signature of an event; needs neither the network nor Stripe's library."""
        event = signature.check(
            headers.get("stripe-signature"), body, self._settings.webhook_secrets, now=now
        )
        return mapping.event(event, live=self._settings.live)

    def _fetch_session(self, ref: str) -> ProviderPayment:
        with self._calling() as client:
            session = client.v1.checkout.sessions.retrieve(ref, {"expand": _EXPAND_SESSION})
            return mapping.payment_of_session(Answer(session.to_dict()), live=self._settings.live)

    def _fetch_intent(self, ref: str) -> ProviderPayment:
        """Fetch an intent; while it is undecided, the checkout it belongs to knows more.

        A declined card leaves the intent waiting for another one: with the checkout still open the
        client may try again, without a checkout (a renewal) the payment has failed.
        """
        live = self._settings.live
        with self._calling() as client:
            intent = Answer(
                client.v1.payment_intents.retrieve(ref, {"expand": _EXPAND_INTENT}).to_dict()
            )
            if mapping.is_settled(intent):
                return mapping.payment_of_intent(intent, live=live)
            sessions = client.v1.checkout.sessions.list(
                {
                    "payment_intent": ref,
                    "limit": 1,
                    "expand": [f"data.{path}" for path in _EXPAND_SESSION],
                }
            ).data
            if sessions:
                return mapping.payment_of_session(Answer(sessions[0].to_dict()), live=live)
            return mapping.payment_of_intent(intent, live=live)

    @contextmanager
    def _calling(self) -> Iterator[stripe.StripeClient]:
        """Give the client; turn what goes wrong on the way into the port's errors."""
        import stripe  # noqa: PLC0415  # a fifth of a second at start-up, for those who never pay

        settings = self._settings
        try:
            yield self._client()
        except stripe.StripeError as error:
            # Not chained: the library's errors carry headers and bodies that logs must not show.
            raise translate(
                error, secrets=(settings.secret_key, *settings.webhook_secrets)
            ) from None

    def _client(self) -> stripe.StripeClient:
        with self._lock:
            if self._connected is None:
                from passweb.payments.stripe.wire import connect  # noqa: PLC0415  # as above

                self._connected = connect(self._settings)
            return self._connected


def _metadata(business_id: str, order_id: str) -> dict[str, str]:
    return {"business_id": business_id, "order_id": order_id}


def _session_params(request: CheckoutRequest) -> SessionCreateParams:
    """Return the parameters of a session: the same request always gives the same ones.

    Nothing here may depend on the time, or a repeated key would be refused as reused.
    """
    metadata = _metadata(request.business_id, request.order_id)
    intent: SessionCreateParamsPaymentIntentData = {
        "metadata": metadata,
        "description": request.title[:_MAX_TITLE],
    }
    params: SessionCreateParams = {
        "mode": "payment",
        "line_items": [
            {
                "quantity": 1,
                "price_data": {
                    "currency": request.amount.currency.lower(),
                    "unit_amount": to_stripe(request.amount),
                    "product_data": {"name": request.title[:_MAX_TITLE]},
                },
            }
        ],
        "client_reference_id": request.order_id,
        "metadata": metadata,
        "payment_intent_data": intent,
        # The client pays in the currency of the order: a converted amount would never match it.
        "adaptive_pricing": {"enabled": False},
        "success_url": request.success_url,
        "cancel_url": request.cancel_url,
    }
    if request.save_card:
        intent["setup_future_usage"] = "off_session"
    if request.customer_ref is not None:
        params["customer"] = request.customer_ref
    else:
        params["customer_email"] = request.client_email
        if request.save_card:
            params["customer_creation"] = "always"
    return params
