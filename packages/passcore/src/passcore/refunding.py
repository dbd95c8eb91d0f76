"""Refunding: asking a provider, once, for a refund that was placed here (S12).

The refund was stored with the key it is asked under, and the answer is stored when it is known: no
transaction is open while the provider is asked.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from passcore.app import App
from passcore.domain.ledger import Origin
from passcore.domain.money import Money
from passcore.errors import ProviderRefused, ProviderUnavailable
from passcore.ports.payments import PaymentGateway, RefundRequest
from passcore.ports.store import InboxEvent
from passcore.usecases.refunds import (
    SettleRefund,
    give_up_refund,
    refund_total,
    settle_refund,
)

_WORKER: Final = Origin("system", "worker")


def give_back(  # a step of the relay, with what it works with
    app: App,
    gateway: PaymentGateway,
    business_id: str,
    event: InboxEvent,
    live: bool | None,
    fail_at: Callable[[str], None],
) -> None:
    """Carry out the placed refund *event*, and refund its pass or let it go on.

    The provider is asked first whether the money has gone back, so that a key it has forgotten
    meanwhile pays nothing twice (P11). Raises `ProviderUnavailable` while the outcome is unknown:
    the same again settles it later.
    """
    ref = event.payment_ref or ""
    paid = gateway.fetch_payment(payment_ref=ref)
    if paid.refunded.minor < refund_total(event):
        amount = Money(event.refund_minor or 0, paid.amount.currency)
        fail_at("K14")
        try:
            refused = gateway.refund(RefundRequest(event.id, ref, amount)).failed
        except ProviderRefused:
            refused = True
        if refused:
            app.run(business_id, give_up_refund, event, by=_WORKER)
            return
        fail_at("K15")
        paid = gateway.fetch_payment(payment_ref=ref)
    if not app.run(business_id, settle_refund, SettleRefund(event, paid, live), by=_WORKER):
        raise ProviderUnavailable(event.provider, "the refund is not settled yet")
