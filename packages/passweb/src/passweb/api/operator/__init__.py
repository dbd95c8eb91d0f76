"""The API of the business's own programs: every call with a key, every call documented."""

from __future__ import annotations

from typing import Final

from litestar import Router

from passweb.api.operator import (
    bookings,
    clients,
    holdings,
    invoices,
    orders,
    passes,
    products,
    refunds,
    services,
)
from passweb.auth import admit

_NOUNS: Final = (services, products, clients, orders, passes, holdings, refunds, bookings, invoices)


def router() -> Router:
    """Return the operator API, fresh for one application."""
    handlers = [noun.router() for noun in _NOUNS]
    return Router("/", route_handlers=handlers, guards=[admit], security=[{"key": []}])
