"""Stripe's errors as the port's two: the outcome is unknown, or the answer is no.

Details are built from codes and Stripe's own sentence with everything key-like blotted out, so no
secret can reach a log or a page through them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from passcore.errors import ProviderRefused, ProviderUnavailable
from passweb.payments.stripe.amounts import PROVIDER

if TYPE_CHECKING:
    import stripe

_SECRET: Final = re.compile(r"(?:[sr]k_(?:test|live)|whsec|sk|rk)_[^\s'\",;)]+")
_MAX_DETAIL: Final = 300
#: Timeout, conflict with a running call of the same key, a dependency of the provider, rate.
_UNKNOWN: Final = frozenset({408, 409, 424, 429})


def translate(
    error: stripe.StripeError, *, secrets: tuple[str, ...]
) -> ProviderUnavailable | ProviderRefused:
    """Return what *error* means to the core.

    Unknown outcome: no connection, no answer in time, a server error, a limit on the rate, and a
    conflict with a request of the same key that is still running. Everything else is a refusal.
    """
    status = error.http_status
    if status is None:
        return ProviderUnavailable(provider=PROVIDER, detail="no answer from the provider")
    if not 400 <= status < 500 or status in _UNKNOWN or error.code == "rate_limit":
        return ProviderUnavailable(
            provider=PROVIDER, detail=f"the provider answered with status {status}"
        )
    return ProviderRefused(provider=PROVIDER, detail=_detail(error, secrets))


def _detail(error: stripe.StripeError, secrets: tuple[str, ...]) -> str:
    given = error.error
    reasons = [
        getattr(given, "type", None) if given is not None else None,
        error.code or (getattr(given, "code", None) if given is not None else None),
        getattr(given, "decline_code", None) if given is not None else None,
    ]
    codes = "/".join(str(reason) for reason in reasons if reason)
    return blot(f"{codes}: {error.user_message or 'no reason given'}", secrets)[:_MAX_DETAIL]


def blot(text: str, secrets: tuple[str, ...]) -> str:
    """Return *text* in one line without any of *secrets* or anything of their shape."""
    for secret in secrets:
        text = text.replace(secret, "[secret]")
    return " ".join(_SECRET.sub("[secret]", text).split())
