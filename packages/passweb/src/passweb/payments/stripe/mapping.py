"""Stripe's objects as the payment port's values.

What Stripe answers is treated as foreign: every field is checked for its type, and an answer that
makes no sense is `ProviderUnavailable`, so that it is asked again instead of believed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

import attrs

from passcore.domain.money import Money
from passcore.errors import ProviderRefused, ProviderUnavailable, SignatureInvalid
from passcore.ports.payments import (
    Checkout,
    PaymentState,
    ProviderEvent,
    ProviderPayment,
    ProviderRefund,
)
from passweb.payments.stripe.amounts import PROVIDER, from_stripe

_ID: Final = re.compile(r"[A-Za-z0-9_]{1,255}", re.ASCII)
_KIND: Final = re.compile(r"[a-z0-9_.]{1,100}", re.ASCII)

#: States of a PaymentIntent that will not change without a new attempt by the client.
_INTENT_STATES: Final = {
    "succeeded": PaymentState.SUCCEEDED,
    "processing": PaymentState.PROCESSING,
    "canceled": PaymentState.FAILED,
}


@attrs.frozen
class Answer:
    """One object of Stripe's, read field by field."""

    fields: Mapping[str, object]

    def text(self, name: str) -> str | None:
        """Return a string, None where it is absent or null."""
        value = self.fields.get(name)
        if value is None or isinstance(value, str):
            return value
        raise _senseless(name)

    def ref(self, name: str) -> str | None:
        """Return the id of another object, expanded or not."""
        value = self.fields.get(name)
        if isinstance(value, Mapping):
            value = value.get("id")
        if value is None:
            return None
        if isinstance(value, str) and _ID.fullmatch(value):
            return value
        raise _senseless(name)

    def own_ref(self) -> str:
        """Return the object's own id."""
        value = self.ref("id")
        if value is None:
            raise _senseless("id")
        return value

    def whole(self, name: str) -> int:
        """Return a number of minor units that is not negative."""
        value = self.fields.get(name)
        if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
            return value
        raise _senseless(name)

    def flag(self, name: str) -> bool:
        """Return a truth value, which must be there."""
        value = self.fields.get(name)
        if isinstance(value, bool):
            return value
        raise _senseless(name)

    def sub(self, name: str) -> Answer | None:
        """Return an object within, None where it is absent, null or only named by its id."""
        value = self.fields.get(name)
        return Answer(value) if isinstance(value, Mapping) else None

    def note(self, name: str) -> str | None:
        """Return a value of the object's metadata."""
        metadata = self.sub("metadata")
        return metadata.text(name) if metadata is not None else None


def _senseless(name: str) -> ProviderUnavailable:
    return ProviderUnavailable(provider=PROVIDER, detail=f"the answer's {name} makes no sense")


def checkout(session: Answer) -> Checkout:
    """Return a new Checkout Session as the port tells it."""
    url = session.text("url")
    if url is None or not url.startswith(("https://", "http://")):
        raise _senseless("url")
    return Checkout(ref=session.own_ref(), url=url)


def payment_of_session(session: Answer, *, live: bool) -> ProviderPayment:
    """Return the payment of a Checkout Session whose intent and charge are expanded."""
    _same_mode(session, live=live)
    intent = session.sub("payment_intent")
    state = _session_state(session, intent)
    if intent is not None and state is PaymentState.SUCCEEDED:
        # What came in counts, not what was asked for: the two differ when something is wrong.
        amount = from_stripe(intent.whole("amount_received"), intent.text("currency") or "")
    else:
        amount = from_stripe(session.whole("amount_total"), session.text("currency") or "")
    return ProviderPayment(
        provider=PROVIDER,
        checkout_ref=session.own_ref(),
        payment_ref=session.ref("payment_intent"),
        order_id=session.note("order_id") or session.text("client_reference_id"),
        business_id=session.note("business_id"),
        state=state,
        amount=amount,
        refunded=_refunded(intent, amount.currency),
        live=session.flag("livemode"),
        customer_ref=_saved(intent, "customer"),
        card_ref=_saved(intent, "payment_method"),
    )


def payment_of_intent(intent: Answer, *, live: bool) -> ProviderPayment:
    """Return the payment of a PaymentIntent without a checkout, its charge expanded.

    One that waits for a method or an action has failed: nobody is there to give it.
    """
    _same_mode(intent, live=live)
    state = _INTENT_STATES.get(intent.text("status") or "", PaymentState.FAILED)
    paid = state is PaymentState.SUCCEEDED
    currency = intent.text("currency") or ""
    amount = from_stripe(intent.whole("amount_received" if paid else "amount"), currency)
    return ProviderPayment(
        provider=PROVIDER,
        checkout_ref=None,
        payment_ref=intent.own_ref(),
        order_id=intent.note("order_id"),
        business_id=intent.note("business_id"),
        state=state,
        amount=amount,
        refunded=_refunded(intent, amount.currency),
        live=intent.flag("livemode"),
        customer_ref=_saved(intent, "customer"),
        card_ref=_saved(intent, "payment_method"),
    )


def is_settled(intent: Answer) -> bool:
    """Tell whether an intent's own state is enough to know where its payment stands."""
    return (intent.text("status") or "") in _INTENT_STATES


def _session_state(session: Answer, intent: Answer | None) -> PaymentState:
    if session.text("payment_status") in ("paid", "no_payment_required"):
        return PaymentState.SUCCEEDED
    match session.text("status"):
        case "open":
            return PaymentState.OPEN
        case "expired":
            return PaymentState.FAILED
        case "complete":
            # Completed and not paid: a delayed method, under way until its intent says otherwise.
            status = intent.text("status") if intent is not None else "processing"
            if status in ("requires_payment_method", "canceled"):
                return PaymentState.FAILED
            return PaymentState.PROCESSING
        case _:
            raise _senseless("status")


def _refunded(intent: Answer | None, currency: str) -> Money:
    charge = intent.sub("latest_charge") if intent is not None else None
    return from_stripe(charge.whole("amount_refunded") if charge is not None else 0, currency)


def _saved(intent: Answer | None, name: str) -> str | None:
    """Return the customer or card, only where the client let it be saved for later charges."""
    if intent is None or intent.text("setup_future_usage") != "off_session":
        return None
    return intent.ref(name)


def _same_mode(found: Answer, *, live: bool) -> None:
    if found.flag("livemode") is not live:
        here, there = ("live", "test") if live else ("test", "live")
        raise ProviderRefused(
            provider=PROVIDER, detail=f"a {there} mode payment in a {here} mode account"
        )


def refund(answer: Answer) -> ProviderRefund:
    """Return a Refund as the port tells it."""
    status = answer.text("status")
    payment = answer.ref("payment_intent")
    if payment is None or status is None:
        raise _senseless("payment_intent" if payment is None else "status")
    failed = status in ("failed", "canceled")
    return ProviderRefund(
        ref=answer.own_ref(),
        payment_ref=payment,
        amount=from_stripe(answer.whole("amount"), answer.text("currency") or ""),
        settled=failed or status == "succeeded",
        failed=failed,
    )


def event(body: Mapping[str, object], *, live: bool) -> ProviderEvent:
    """Return a verified event's body as the port tells it, or raise `SignatureInvalid`."""
    event_id, kind = body.get("id"), body.get("type")
    if not isinstance(event_id, str) or not _ID.fullmatch(event_id):
        raise SignatureInvalid(detail="the event has no id")
    if not isinstance(kind, str) or not _KIND.fullmatch(kind):
        raise SignatureInvalid(detail="the event has no type")
    if body.get("livemode", live) is not live:
        raise SignatureInvalid(detail="the event is of the other mode, live or test")
    where = _place(kind)
    if where is None:
        return ProviderEvent(event_id=event_id, kind=kind, checkout_ref=None, payment_ref=None)
    try:
        ref = _subject(body).ref(where)
    except ProviderUnavailable:
        raise SignatureInvalid(detail="the event's object makes no sense") from None
    is_checkout = kind.startswith("checkout.")
    return ProviderEvent(
        event_id=event_id,
        kind=kind,
        checkout_ref=ref if is_checkout else None,
        payment_ref=None if is_checkout else ref,
    )


def _place(kind: str) -> str | None:
    """Return the field of an event's object that names the payment to fetch, if it is of use."""
    match kind:
        case (
            "checkout.session.completed"
            | "checkout.session.async_payment_succeeded"
            | "checkout.session.async_payment_failed"
            | "checkout.session.expired"
            | "payment_intent.succeeded"
            | "payment_intent.payment_failed"
        ):
            return "id"
        case "charge.refunded":
            return "payment_intent"
        case _ if kind.startswith(("refund.", "charge.refund.", "charge.dispute.")):
            return "payment_intent"
        case _:
            return None


def _subject(body: Mapping[str, object]) -> Answer:
    data = body.get("data")
    found = data.get("object") if isinstance(data, Mapping) else None
    if not isinstance(found, Mapping):
        raise _senseless("object")
    return Answer(found)
