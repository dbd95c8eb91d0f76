"""The house as pages find it on a request, and which addresses belong to it."""

from __future__ import annotations

from typing import Any, Final, cast
from urllib.parse import urlsplit

from litestar import Request
from litestar.datastructures import State

from passweb.house import House

AnyRequest = Request[Any, Any, State]

__all__ = ["AnyRequest", "House", "checkout_origins", "host_of", "house_of"]

#: The card pages of the providers a form's answer may lead to (X4: `form-action`).
_CHECKOUTS: Final = {"stripe": ("https://checkout.stripe.com",)}


def house_of(request: AnyRequest) -> House:
    """Return the house this request came to."""
    return cast("House", request.app.state.house)


def checkout_origins(house: House) -> tuple[str, ...]:
    """Return the origins a payment leads to, besides our own.

    A provider at an address of its own (`api_base`, the test server) has its pages there too.
    """
    origins: list[str] = []
    for provider, config in house.settings.payments.items():
        base = urlsplit(config.get("api_base", ""))
        if base.scheme and base.netloc:
            origins.append(f"{base.scheme}://{base.netloc}")
        else:
            origins.extend(_CHECKOUTS.get(provider, ()))
    return tuple(origins)


def host_of(address: str) -> str:
    """Return host and port of *address*, lower case, for comparing origins."""
    try:
        return urlsplit(address).netloc.lower()
    except ValueError:
        return ""
