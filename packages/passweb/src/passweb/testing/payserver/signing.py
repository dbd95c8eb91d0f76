"""Signatures of the provider's events, made by hand: shared with nothing that verifies them."""

from __future__ import annotations

import hmac
from collections.abc import Sequence


def sign(body: bytes, secrets: Sequence[str], at: int) -> str:
    """Return the `Stripe-Signature` header for *body* at Unix time *at*, one v1 for each secret."""
    signed = b"%d." % at + body
    parts = [f"v1={hmac.new(secret.encode(), signed, 'sha256').hexdigest()}" for secret in secrets]
    return ",".join((f"t={at}", *parts))
