"""Recording adapters: outward ports that keep what they were asked, for tests and for embedders
who try things out. Nothing leaves the process.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final, TypeVar

import attrs

from passcore.domain.businesses import Business
from passcore.domain.invoices import Invoice
from passcore.domain.money import Money
from passcore.domain.notices import Notice
from passcore.errors import NotFound, ProviderRefused, ProviderUnavailable, SignatureInvalid
from passcore.ports.documents import Written
from passcore.ports.mail import Mail, MailRefused
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

_A = TypeVar("_A")

#: How far an event's time may be from now, either way.
TOLERANCE: Final = timedelta(seconds=300)


class FakeGateway:
    """A payment provider in memory: honours keys, keeps every call, pays when told to.

    `pay`, `fail` and `give_back` do what a client or the provider's dashboard would;
    `lose_replies` makes the next calls act and then not answer, `break_down` makes them not act.
    """

    name = "fake"

    def __init__(self, *, live: bool = False, secret: bytes = b"fake-signing-secret") -> None:
        self.calls: list[object] = []
        self.payments: dict[str, ProviderPayment] = {}
        self.declines: set[str] = set()
        self._live = live
        self._secret = secret
        self._checkouts: dict[str, Checkout] = {}
        self._charges: dict[str, str] = {}
        self._refunds: dict[str, ProviderRefund] = {}
        self._lost = 0
        self._down = 0

    # --- what a test does to it ---

    def lose_replies(self, count: int = 1) -> None:
        """Let the next *count* calls take effect, but answer nothing."""
        self._lost = count

    def break_down(self, count: int = 1) -> None:
        """Let the next *count* calls reach nobody."""
        self._down = count

    def pay(self, checkout_ref: str, *, amount: Money | None = None) -> ProviderPayment:
        """Pay a checkout as its client would, another *amount* where given; return the payment."""
        known = self.payments[checkout_ref]
        paid = attrs.evolve(
            known,
            state=PaymentState.SUCCEEDED,
            payment_ref=f"pay_{checkout_ref}",
            amount=amount or known.amount,
            customer_ref=f"cus_{checkout_ref}",
            card_ref=f"card_{checkout_ref}",
        )
        self.payments[checkout_ref] = paid
        return paid

    def set_state(self, checkout_ref: str, state: PaymentState) -> None:
        """Let a checkout be paid with a delayed method (``PROCESSING``), or fail."""
        self.payments[checkout_ref] = attrs.evolve(self.payments[checkout_ref], state=state)

    def give_back(self, payment_ref: str, total: Money) -> None:
        """Refund from the dashboard: *total* is all that has gone back so far."""
        ref = self._of(payment_ref)
        self.payments[ref] = attrs.evolve(self.payments[ref], refunded=total)

    def sign(self, event_id: str, kind: str, checkout_ref: str, at: datetime) -> dict[str, str]:
        """Return the header that makes `event_body` an event of this provider."""
        body = self.event_body(event_id, kind, checkout_ref)
        return {"fake-signature": f"{int(at.timestamp())}.{self._mac(int(at.timestamp()), body)}"}

    @staticmethod
    def event_body(event_id: str, kind: str, checkout_ref: str) -> bytes:
        """Return the raw body of an event about a checkout."""
        return json.dumps({"id": event_id, "kind": kind, "checkout": checkout_ref}).encode()

    # --- the port ---

    def start_checkout(self, request: CheckoutRequest) -> Checkout:
        """Start a checkout; the same key again gives the same one."""
        self._called(request)
        if request.key not in self._checkouts:
            ref = f"checkout_{len(self._checkouts) + 1}"
            self._checkouts[request.key] = Checkout(ref, f"https://pay.example/{ref}")
            self.payments[ref] = self._open(request, ref)
        return self._answered(self._checkouts[request.key])

    def fetch_payment(
        self, *, checkout_ref: str | None = None, payment_ref: str | None = None
    ) -> ProviderPayment:
        """Return a payment as it is now; raises `NotFound`."""
        self._called((checkout_ref, payment_ref))
        ref = checkout_ref if checkout_ref is not None else self._of(payment_ref or "")
        if ref not in self.payments:
            raise NotFound("payment", ref)
        return self._answered(self.payments[ref])

    def charge(self, request: ChargeRequest) -> ProviderPayment:
        """Charge a saved card; the same key again charges nothing more."""
        self._called(request)
        if request.card_ref in self.declines:
            raise ProviderRefused(self.name, "card_declined")
        if request.key not in self._charges:
            ref = self._charges[request.key] = f"charge_{len(self._charges) + 1}"
            self.payments[ref] = attrs.evolve(
                self._open(request, None), state=PaymentState.SUCCEEDED, payment_ref=f"pay_{ref}"
            )
        return self._answered(self.payments[self._charges[request.key]])

    def refund(self, request: RefundRequest) -> ProviderRefund:
        """Give money back; the same key again gives nothing more. Never more than was paid."""
        self._called(request)
        if request.key not in self._refunds:
            ref = self._of(request.payment_ref)
            payment = self.payments[ref]
            total = payment.refunded + request.amount
            if total.minor > payment.amount.minor:
                raise ProviderRefused(self.name, "more than was paid")
            self.payments[ref] = attrs.evolve(payment, refunded=total)
            name = f"refund_{len(self._refunds) + 1}"
            made = ProviderRefund(name, request.payment_ref, request.amount, settled=True)
            self._refunds[request.key] = made
        return self._answered(self._refunds[request.key])

    def verify_event(
        self, headers: Mapping[str, str], body: bytes, *, now: datetime
    ) -> ProviderEvent:
        """Check an event signed by `sign`."""
        stamp, _, mac = headers.get("fake-signature", "").partition(".")
        if not stamp.isascii() or not stamp.isdigit() or len(stamp) > 12:
            raise SignatureInvalid("has no time")
        if abs(now.timestamp() - int(stamp)) > TOLERANCE.total_seconds():
            raise SignatureInvalid("is not fresh")
        if not hmac.compare_digest(mac.encode(), self._mac(int(stamp), body).encode()):
            raise SignatureInvalid("is not signed rightly")
        found = json.loads(body)
        return ProviderEvent(found["id"], found["kind"], found["checkout"], None)

    def _mac(self, stamp: int, body: bytes) -> str:
        return hmac.new(self._secret, f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()

    def _open(self, request: CheckoutRequest | ChargeRequest, ref: str | None) -> ProviderPayment:
        return ProviderPayment(
            provider=self.name,
            checkout_ref=ref,
            payment_ref=None,
            order_id=request.order_id,
            business_id=request.business_id,
            state=PaymentState.OPEN,
            amount=request.amount,
            refunded=Money(0, request.amount.currency),
            live=self._live,
        )

    def _of(self, payment_ref: str) -> str:
        for ref, payment in self.payments.items():
            if payment.payment_ref == payment_ref:
                return ref
        raise NotFound("payment", payment_ref)

    def _called(self, request: object) -> None:
        if self._down:
            self._down -= 1
            raise ProviderUnavailable(self.name, "broken down")
        self.calls.append(request)

    def _answered(self, answer: _A) -> _A:
        if self._lost:
            self._lost -= 1
            raise ProviderUnavailable(self.name, "reply lost")
        return answer


class RecordingMailer:
    """A post office that keeps mails: `refuses` and `fails` name addresses it will never, or for
    now, take mail for."""

    def __init__(self) -> None:
        self.sent: list[Mail] = []
        self.refuses: set[str] = set()
        self.fails: set[str] = set()

    def send(self, mail: Mail) -> None:
        """Keep *mail*."""
        if mail.to in self.refuses:
            raise MailRefused("no such mailbox")
        if mail.to in self.fails:
            raise OSError("try again later")
        self.sent.append(mail)


class PlainWriter:
    """Writes a notice as the list of its values, in no language at all."""

    def write(self, notice: Notice, business: Business) -> Written:
        """Return kind and values, one a line."""
        values = "\n".join(f"{name}: {value}" for name, value in sorted(notice.values.items()))
        return Written(f"{business.name}: {notice.kind.value}", values, f"<pre>{values}</pre>")


class PlainInvoices:
    """Renders an invoice as text, and keeps the codes of those it rendered."""

    def __init__(self) -> None:
        self.rendered: list[str] = []

    def pdf(self, invoice: Invoice) -> bytes:
        """Return the same bytes for the same invoice."""
        self.rendered.append(invoice.code)
        lines = [f"{line.title}: {line.gross_minor} {invoice.currency}" for line in invoice.lines]
        return "\n".join([invoice.code, *lines]).encode()
