"""Stripe behind the payment port: hosted Checkout, saved cards, refunds and verified events.

The client's card is typed on Stripe's own page only. Importing this package costs nothing: the
`stripe` library is loaded when the first call goes out.
"""

from __future__ import annotations

from collections.abc import Mapping

from passcore.ports.payments import PaymentGateway
from passweb.payments.stripe.gateway import StripeGateway
from passweb.payments.stripe.settings import StripeSettings

__all__ = ["StripeGateway", "StripeSettings", "provider"]


def provider(config: Mapping[str, str]) -> PaymentGateway:
    """Return the gateway for one Stripe account; see `StripeSettings.from_config` for *config*.

    Raises `passcore.errors.Invalid` naming the setting that is missing, weak or contradictory.
    """
    return StripeGateway(StripeSettings.from_config(config))
