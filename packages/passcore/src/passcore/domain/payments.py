"""Payments: money that came, as it was recorded once per provider payment (S4)."""

from __future__ import annotations

from datetime import datetime
from enum import Enum

import attrs

from passcore.domain.money import Money


class PaymentStanding(str, Enum):
    """Whether the money did what it was for. Anything but ``applied`` waits for a person."""

    APPLIED = "applied"
    MISMATCH = "mismatch"  # amount or currency is not the order's
    SURPLUS = "surplus"  # the order was paid already, or called off


@attrs.frozen
class Payment:
    """One payment; (`provider`, `payment_ref`) is unique in the business. `method` is how it was
    made, ``cash`` and ``bank_transfer`` being recorded by staff."""

    id: str
    provider: str
    payment_ref: str
    order_id: str
    amount: Money
    refunded: Money
    standing: PaymentStanding
    received_at: datetime
