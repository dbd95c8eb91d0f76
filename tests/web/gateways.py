"""A payment provider in a few lines: what the hooks and orders are tested against."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime

import attrs

from passcore.domain.money import Money
from passcore.errors import SignatureInvalid
from passcore.ports.payments import (
    ChargeRequest,
    Checkout,
    CheckoutRequest,
    PaymentState,
    ProviderEvent,
    ProviderPayment,
    ProviderRefund,
    RefundRequest,
)

SECRET = b"the provider's signing secret"


@attrs.define
class FakeGateway:
    """Takes the money of whatever was started; *faults* are raised by the next checkouts."""

    faults: list[Exception] = attrs.field(factory=list)
    started: dict[str, CheckoutRequest] = attrs.field(factory=dict)
    calls: int = 0
    name: str = "stripe"

    def start_checkout(self, request: CheckoutRequest) -> Checkout:
        self.calls += 1
        if self.faults:
            raise self.faults.pop(0)
        self.started[request.key] = request
        return Checkout(f"cs_{request.order_id}", f"https://pay.example/{request.order_id}")

    def fetch_payment(
        self,
        *,
        checkout_ref: str | None = None,
        payment_ref: str | None = None,  # noqa: ARG002  # as the port has it
    ) -> ProviderPayment:
        order_id = (checkout_ref or "").removeprefix("cs_")
        request = next(r for r in self.started.values() if r.order_id == order_id)
        return ProviderPayment(
            provider=self.name,
            checkout_ref=checkout_ref,
            payment_ref=f"pi_{order_id}",
            order_id=order_id,
            business_id=request.business_id,
            state=PaymentState.SUCCEEDED,
            amount=request.amount,
            refunded=Money(0, request.amount.currency),
            live=False,
        )

    def charge(self, request: ChargeRequest) -> ProviderPayment:
        raise NotImplementedError

    def refund(self, request: RefundRequest) -> ProviderRefund:
        raise NotImplementedError

    def verify_event(
        self,
        headers: Mapping[str, str],
        body: bytes,
        *,
        now: datetime,  # noqa: ARG002  # as the port has it
    ) -> ProviderEvent:
        if not hmac.compare_digest(headers.get("x-signature", ""), signature(body)):
            raise SignatureInvalid("does not match")
        event_id, _, ref = body.decode().partition(" ")
        return ProviderEvent(event_id, "paid", ref or None, None)


def signature(body: bytes) -> str:
    return hmac.new(SECRET, body, hashlib.sha256).hexdigest()


def signed(event_id: str, order_id: str = "") -> tuple[dict[str, str], bytes]:
    """Headers and body of an event about an order's checkout."""
    body = f"{event_id} {f'cs_{order_id}' if order_id else ''}".strip().encode()
    return {"x-signature": signature(body)}, body
