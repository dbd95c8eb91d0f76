"""Refunds and disputes of the test payment server."""

from __future__ import annotations

from typing import Final, Literal

from passweb.testing.payserver.book import Book
from passweb.testing.payserver.forms import Form
from passweb.testing.payserver.problem import Json, Problem
from passweb.testing.payserver.records import Charge, Dispute, Intent, Refund
from passweb.testing.payserver.selling import amount_of

_REFUND: Final = ("payment_intent", "charge", "amount", "reason", "metadata", "expand")


def create_refund(book: Book, form: Form, *, pending: bool = False) -> Json:
    """Give part or all of a payment back; *pending* leaves it unsettled, as some methods do."""
    form.only(*_REFUND)
    with book.lock:
        charge = _charge(book, form)
        left = charge.amount - charge.refunded
        if left == 0:
            raise Problem(
                f"Charge {charge.id} has already been refunded.",
                code="charge_already_refunded",
                saved=True,
            )
        asked = amount_of(form, "amount", charge.currency) if form.text("amount") else left
        if asked > left:
            raise Problem(
                "Refund amount is greater than unrefunded amount on charge.",
                param="amount",
                saved=True,
            )
        charge.refunded += asked
        refund = book.add(
            Refund(
                id=book.new_id("re"),
                created=book.now(),
                amount=asked,
                currency=charge.currency,
                charge=charge.id,
                payment_intent=charge.payment_intent,
                status="pending" if pending else "succeeded",
                reason=form.text("reason"),
                metadata=form.texts("metadata"),
            )
        )
        book.tell("refund.created", refund)
        book.tell("charge.refunded", charge)
        return refund.json()


def _charge(book: Book, form: Form) -> Charge:
    ref = form.text("charge")
    if ref is None:
        intent = book.get(Intent, form.need("payment_intent"), "payment_intent")
        ref = intent.latest_charge
    charge = book.get(Charge, ref, "charge") if ref is not None else None
    if charge is None or charge.status != "succeeded":
        raise Problem("This payment has no successful charge to refund.", saved=True)
    if charge.disputed:
        raise Problem("This charge is disputed.", code="charge_disputed", saved=True)
    return charge


def settle_refund(book: Book, ref: str, *, succeeded: bool) -> Refund:
    """End a pending refund; a failed one gives the money back to the business."""
    with book.lock:
        refund = book.get(Refund, ref)
        if refund.status != "pending":
            raise Problem("This refund is not pending.")
        refund.status = "succeeded" if succeeded else "failed"
        if succeeded:
            book.tell("refund.updated", refund)
        else:
            book.get(Charge, refund.charge).refunded -= refund.amount
            book.tell("refund.failed", refund)
        return refund


def open_dispute(book: Book, payment_ref: str) -> Dispute:
    """Let the client's bank take a payment back."""
    with book.lock:
        intent = book.get(Intent, payment_ref)
        if intent.status != "succeeded" or intent.latest_charge is None:
            raise Problem("This payment was never taken.")
        charge = book.get(Charge, intent.latest_charge)
        charge.disputed = True
        dispute = book.add(
            Dispute(
                id=book.new_id("dp"),
                created=book.now(),
                livemode=book.live,
                amount=charge.amount - charge.refunded,
                currency=charge.currency,
                charge=charge.id,
                payment_intent=intent.id,
                status="needs_response",
            )
        )
        book.tell("charge.dispute.created", dispute)
        book.tell("charge.dispute.funds_withdrawn", dispute)
        return dispute


def close_dispute(book: Book, ref: str, outcome: Literal["won", "lost"]) -> Dispute:
    """Decide a dispute."""
    with book.lock:
        dispute = book.get(Dispute, ref)
        if dispute.status in ("won", "lost"):
            raise Problem("This dispute is closed.")
        dispute.status = outcome
        book.tell("charge.dispute.closed", dispute)
        if outcome == "won":
            book.get(Charge, dispute.charge).disputed = False
            book.tell("charge.dispute.funds_reinstated", dispute)
        return dispute
